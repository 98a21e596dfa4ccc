"""What a result says beside its reference: *equal*, *within tolerance*, *changed*, *broken* or *could not be built*,
quantity by quantity. Pure: values in, verdicts out."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from analyses.regression.cases import Expected

Verdict = Literal["equal", "within tolerance", "changed", "broken", "could not be built"]
#: From good to bad.
ORDER: tuple[Verdict, ...] = ("equal", "within tolerance", "changed", "broken", "could not be built")
BAD = frozenset({"changed", "broken", "could not be built"})
#: By how many standard deviations repeated runs may be off where a case does not say.
SIGMAS = 3.0

#: The quantities of one run, each with value, error and unit.
Values = Mapping[str, Mapping[str, Any]]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity over repeated runs, in the reference's unit: mean, the uncertainty of that mean as the runs scatter,
    and the error that the runs themselves state (None: they state none)."""

    mean: float
    scatter: float
    error: float | None
    runs: tuple[float, ...]

    def __str__(self) -> str:
        spread = max(self.scatter, self.error or 0.0)
        return f"{self.mean:.8g}" + (f" ± {spread:.2g}" if spread else "")


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity: the reference, the old and the new version's results (None where one is missing), by how much the
    new one may be off and the verdict. `before`: the old version's result is the same, so this release changed nothing;
    `mended`: the old one was off the reference, the new one is not."""

    quantity: str
    expected: Expected
    old: Sample | None
    new: Sample | None
    allowed: float
    verdict: Verdict
    before: bool = False
    mended: bool = False


def compare(expect: Mapping[str, Expected], new: Sequence[Values], old: Sequence[Values] = ()) -> list[Compared]:
    """Every quantity of a case."""
    return [_compared(name, expected, new, old) for name, expected in expect.items()]


def worst(quantities: Sequence[Compared]) -> Verdict:
    """The verdict on a case: the worst of its quantities'."""
    return max((q.verdict for q in quantities), key=ORDER.index, default="equal")


def _compared(name: str, expected: Expected, new: Sequence[Values], old: Sequence[Values]) -> Compared:
    after, before = sample(name, expected.unit, new), sample(name, expected.unit, old)
    if after is None:
        return Compared(quantity=name, expected=expected, old=before, new=None, allowed=0.0, verdict="broken")
    allowed = _allowed(expected, after, before)
    off = _off(after.mean, expected.value)
    moved = before is not None and _off(after.mean, before.mean) > _drift(expected, after, before)
    return Compared(
        quantity=name,
        expected=expected,
        old=before,
        new=after,
        allowed=allowed,
        verdict=_verdict(off, allowed, moved, before is not None and before.runs == after.runs),
        before=before is not None and off > allowed and not moved,
        mended=moved and off <= allowed,
    )


def _verdict(off: float, allowed: float, moved: bool, unchanged: bool) -> Verdict:
    """A release that moves a result has changed it, towards the reference too."""
    if off > allowed or moved:
        return "changed"
    return "equal" if off == 0.0 or unchanged else "within tolerance"


def _allowed(expected: Expected, after: Sample, before: Sample | None) -> float:
    """The tolerance, or the statistical one where that is wider: the scatter of repeated runs always counts, the error
    that a result states only where the case asks for it by `sigmas`, because with fixed seeds it need not show."""
    stated = after.error if expected.sigmas is not None else None
    own = max(after.scatter, stated or 0.0)
    of_reference = expected.error if expected.error is not None else before.scatter if before is not None else 0.0
    sigmas = SIGMAS if expected.sigmas is None else expected.sigmas
    return max(expected.tolerance, sigmas * math.hypot(own, of_reference))


def _drift(expected: Expected, after: Sample, before: Sample) -> float:
    """How far the new result may be from the old one. With equal seeds no error that they state counts."""
    sigmas = SIGMAS if expected.sigmas is None else expected.sigmas
    return max(expected.tolerance, sigmas * math.hypot(before.scatter, after.scatter))


def _off(value: float, reference: float) -> float:
    if math.isnan(value) or math.isnan(reference):
        return 0.0 if math.isnan(value) and math.isnan(reference) else math.inf
    return 0.0 if value == reference else abs(value - reference)


def sample(name: str, unit: str, runs: Sequence[Values]) -> Sample | None:
    """A quantity over runs; None where a run has none, or one in a unit that cannot be converted."""
    found = [_in_unit(run.get(name), unit) for run in runs]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return None
    values = tuple(value for value, _ in known)
    errors = [error for _, error in known if error is not None]
    scatter = statistics.stdev(values) / math.sqrt(len(values)) if len(set(values)) > 1 and _finite(values) else 0.0
    mean = values[0] if len(set(values)) == 1 else statistics.fmean(values)
    error = math.sqrt(statistics.fmean(e * e for e in errors) / len(errors)) if errors else None
    return Sample(mean=mean, scatter=scatter, error=error, runs=values)


def _finite(values: Sequence[float]) -> bool:
    return all(math.isfinite(value) for value in values)


def _in_unit(quantity: Mapping[str, Any] | None, unit: str) -> tuple[float, float | None] | None:
    if quantity is None:
        return None
    value = quantity.get("value")
    number = math.nan if value is None else float(value)  # JSON has no NaN
    error = None if quantity.get("error") is None else float(quantity["error"])
    given = str(quantity.get("unit") or "")
    if not unit or not given or given == unit:
        return number, error
    from astropy import units as u

    try:
        factor = float(u.Unit(given).to(u.Unit(unit)))
    except (ValueError, TypeError, u.UnitConversionError):
        return None
    return number * factor, None if error is None else error * factor
