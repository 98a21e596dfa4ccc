"""The decay of an afterglow: the slope of a light curve, and which slopes the fireball model allows it at a spectrum.

F ~ t^-alpha nu^-beta. The relations are those of synchrotron light from a forward shock (Sari, Piran & Narayan 1998,
ApJ 497, L17; Zhang & Meszaros 2004, IJMPA 19, 2385, table 1), for electron indices p above 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from nuncius.core.errors import FormatError, PermanentError


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """One closure relation: where it applies, in words, and the decay index for a spectral index. `fixed` is the only
    spectral index at which it applies, where there is one."""

    medium: str
    regime: str
    alpha: Callable[[float], float]
    fixed: float | None = None
    jet: bool = False
    injected: bool = False


def _above(beta: float) -> float:
    return (3.0 * beta - 1.0) / 2.0


RELATIONS = (
    Relation(medium="ISM", regime="slow cooling, between peak and cooling", alpha=lambda beta: 1.5 * beta),
    Relation(medium="wind", regime="slow cooling, between peak and cooling", alpha=lambda beta: (3 * beta + 1) / 2),
    Relation(medium="either", regime="above both frequencies", alpha=_above),
    Relation(medium="ISM", regime="fast cooling, between cooling and peak", alpha=lambda beta: 0.25, fixed=0.5),
    Relation(medium="wind", regime="fast cooling, between cooling and peak", alpha=lambda beta: 0.25, fixed=0.5),
    Relation(medium="ISM", regime="slow cooling, below the peak", alpha=lambda beta: -0.5, fixed=-1 / 3),
    Relation(medium="wind", regime="slow cooling, below the peak", alpha=lambda beta: 0.0, fixed=-1 / 3),
    Relation(medium="ISM", regime="fast cooling, below cooling", alpha=lambda beta: -1 / 6, fixed=-1 / 3),
    Relation(medium="wind", regime="fast cooling, below cooling", alpha=lambda beta: 2 / 3, fixed=-1 / 3),
    Relation(medium="jet", regime="between peak and cooling", alpha=lambda beta: 2 * beta + 1, jet=True),
    Relation(medium="jet", regime="above both frequencies", alpha=lambda beta: 2 * beta, jet=True),
    # Luminosity of the engine ~ t^-q with q = 0, the most that it can flatten a decay (Zhang et al. 2006).
    Relation(medium="ISM", regime="fed, between", alpha=lambda beta: beta - 1.0, injected=True),
    Relation(medium="wind", regime="fed, between", alpha=lambda beta: beta / 2.0, injected=True),
    Relation(medium="either", regime="fed, above", alpha=lambda beta: (beta - 2.0) / 2.0, injected=True),
)


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """A power law through a light curve: flux at one second, decay index with error, chi squared over degrees of
    freedom."""

    alpha: float
    error: float
    points: int
    chi2: float
    dof: int


def power_law(time: Any, flux: Any, error: Any) -> Fit:
    """Weighted least squares in the logarithms; where the points scatter more than their errors, the error of the index
    grows with them. Raises PermanentError where there are too few points."""
    t, f, e = (np.asarray(values, dtype=float) for values in (time, flux, error))
    good = (t > 0.0) & (f > 0.0) & (e > 0.0)
    t, f, e = t[good], f[good], e[good]
    if len(t) < 3 or not t.max() > t.min():
        raise PermanentError(f"a decay needs three or more points at different times; received {len(t)}")
    x, y, weight = np.log(t), np.log(f), (f / e) ** 2
    middle = np.sum(weight * x) / np.sum(weight)
    height = np.sum(weight * y) / np.sum(weight)
    spread = float(np.sum(weight * (x - middle) ** 2))
    slope = float(np.sum(weight * (x - middle) * (y - height)) / spread)
    chi2 = float(np.sum(weight * (y - height - slope * (x - middle)) ** 2))
    dof = len(t) - 2
    return Fit(
        alpha=-slope, error=math.sqrt(max(1.0, chi2 / dof) / spread), points=len(t), chi2=round(chi2, 3), dof=dof
    )


def gap(alpha: float, beta: float, beta_error: float, *, jet: bool, injected: bool) -> tuple[float, float, Relation]:
    """How far the decay lies from the nearest relation (0 between the flattest and the steepest that are allowed where
    energy is fed in), the error of the relation by that of the spectral index, and the relation."""
    usable = [
        one
        for one in RELATIONS
        if (jet or not one.jet)
        and not one.injected
        and (one.fixed is None or abs(one.fixed - beta) <= max(2.0 * beta_error, 0.05))
    ]
    nearest = min(usable, key=lambda one: abs(alpha - one.alpha(beta)))
    off = alpha - nearest.alpha(beta)
    if injected and off < 0.0:
        flattest = min((one for one in RELATIONS if one.injected), key=lambda one: one.alpha(beta))
        if alpha >= flattest.alpha(beta):
            return 0.0, beta_error, nearest
        nearest, off = flattest, alpha - flattest.alpha(beta)
    slope = (nearest.alpha(beta + 0.01) - nearest.alpha(beta - 0.01)) / 0.02
    return off, abs(slope) * beta_error, nearest


def xrt_points(content: bytes, name: str) -> list[tuple[float, float, float]]:
    """Time after the trigger in s, count rate and its mean error, of a light curve of Swift's XRT as JSON: columns by
    name, each a list or a map by row. Raises FormatError."""
    try:
        table = msgspec.json.decode(content)
        columns = [table[word] for word in ("Time", "Rate", "RatePos", "RateNeg")]
        rows = [list(c.values()) if isinstance(c, dict) else list(c) for c in columns]
        found = [
            (float(t), float(r), (float(p) - float(n)) / 2.0) for t, r, p, n in zip(*rows, strict=True) if n is not None
        ]
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{name}: not a light curve of XRT as JSON with Time, Rate, RatePos, RateNeg") from error
    return sorted(point for point in found if point[2] > 0.0)
