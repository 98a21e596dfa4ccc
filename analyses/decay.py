"""One decay for all bands: magnitudes at many wavelengths fitted by a power law of time, or two that meet."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

#: Telescopes differ by about so much, whatever errors they state, in magnitudes.
FLOOR_MAG = 0.08
#: By how much chi-square must fall for a break: three more parameters would do so by chance once in a thousand.
WORTH_A_BREAK = 16.3
#: Points beyond so many (scaled) errors are left out, once.
OUTLIER = 4.0


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """Flux goes as t^-alpha, before and after `break_s` (None: no break). `magnitudes` are each band's at `at_s`;
    `scatter` is the square root of chi-square per degree of freedom; errors are 1 sigma, widened by it."""

    alpha: float
    alpha_error: float
    later: float | None = None
    later_error: float | None = None
    break_s: float | None = None
    at_s: float
    magnitudes: dict[str, float]
    scatter: float
    points: int
    left_out: int

    def expected(self, band: str, seconds: float) -> float | None:
        """The magnitude of a band then; None for a band without a measurement."""
        if band not in self.magnitudes:
            return None
        return self.magnitudes[band] + float(_shape(np.array([seconds]), self)[0])


def _shape(seconds: Values, fit: Fit) -> Values:
    slopes = (fit.alpha, fit.alpha if fit.later is None else fit.later)
    made: Values = _magnitudes(seconds, fit.at_s, fit.break_s) @ np.array(slopes)
    return made


def _magnitudes(seconds: Values, at: float, turn: float | None) -> Values:
    """By how many magnitudes each of two slopes makes the source fainter since `at`: columns before and after the
    break."""
    logs, origin = 2.5 * np.log10(seconds), 2.5 * math.log10(at)
    if turn is None:
        return np.column_stack([logs - origin, np.zeros_like(logs)])
    bend = 2.5 * math.log10(turn)
    before = np.minimum(logs, bend) - min(origin, bend)
    after = np.maximum(logs, bend) - max(origin, bend)
    return np.column_stack([before, after])


def fit_decay(bands: list[str], seconds: Values, magnitudes: Values, errors: Values) -> Fit | None:
    """The best decay through measurements (no limits), `seconds` after T0 above 0; None where there are fewer than
    three, or none of a band at two times. A break is taken only where it is worth it and two points or more lie on
    either side."""
    chosen = np.ones(len(seconds), dtype=bool)
    spread = np.hypot(errors, FLOOR_MAG)
    first = _best(bands, seconds, magnitudes, spread, chosen)
    if first is None:
        return None
    off = np.abs(magnitudes - np.array([first.expected(b, float(t)) for b, t in zip(bands, seconds, strict=True)]))
    chosen = off < OUTLIER * max(first.scatter, 1.0) * spread
    return _best(bands, seconds, magnitudes, spread, chosen) or first


def _best(
    bands: list[str], seconds: Values, magnitudes: Values, spread: Values, chosen: NDArray[np.bool_]
) -> Fit | None:
    some = [band for band, kept in zip(bands, chosen, strict=True) if kept]
    t, m, e = seconds[chosen], magnitudes[chosen], spread[chosen]
    names = sorted(set(some))
    if (
        len(t) < len(names) + 2
        or len(np.unique(t)) < 3
        or not any(len(set(t[[b == n for b in some]])) > 1 for n in names)
    ):
        return None
    at = float(np.exp(np.mean(np.log(t))))
    columns = np.array([[band == name for name in names] for band in some], dtype=float)
    plain = _solve(columns, _magnitudes(t, at, None)[:, :1], m, e)
    best, turn = plain, None
    ordered = np.unique(t)
    for candidate in np.sqrt(ordered[1:-2] * ordered[2:-1]):
        if (t < candidate).sum() < 3 or (t > candidate).sum() < 3:
            continue
        tried = _solve(columns, _magnitudes(t, at, float(candidate)), m, e)
        if tried[2] < best[2]:
            best, turn = tried, float(candidate)
    if turn is not None and plain[2] - best[2] < WORTH_A_BREAK * max(1.0, plain[2] / max(len(t) - len(names) - 1, 1)):
        best, turn = plain, None
    values, variance, chi2 = best
    freedom = max(len(t) - len(values) - (turn is not None), 1)
    scatter = math.sqrt(chi2 / freedom)
    wide = max(1.0, scatter)
    slopes, errors = values[len(names) :], np.sqrt(variance[len(names) :]) * wide
    return Fit(
        alpha=float(slopes[0]),
        alpha_error=float(errors[0]),
        later=float(slopes[1]) if turn is not None else None,
        later_error=float(errors[1]) if turn is not None else None,
        break_s=turn,
        at_s=at,
        magnitudes={name: float(value) for name, value in zip(names, values, strict=False)},
        scatter=scatter,
        points=len(t),
        left_out=int((~chosen).sum()),
    )


def _solve(columns: Values, slopes: Values, magnitudes: Values, spread: Values) -> tuple[Values, Values, float]:
    """Weighted least squares: values, their variances, chi-square."""
    matrix = np.column_stack([columns, slopes]) / spread[:, None]
    covariance = np.linalg.pinv(matrix.T @ matrix)
    values = covariance @ (matrix.T @ (magnitudes / spread))
    return values, np.diag(covariance).copy(), float((((magnitudes / spread) - matrix @ values) ** 2).sum())
