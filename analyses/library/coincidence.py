"""Do two candidates of different messengers belong together? Their times, places, and how often chance would do it.

Chance pairs of independent searches, each with false alarms at a constant rate, come at known rates:

- the first is ranked, the second comes at a rate R: F = f1 R w / I;
- both are ranked by the product of their false-alarm rates, up to thresholds T1 and T2:
  F = x (1 + ln(w T1 T2 / x)) with x = w f1 f2 / I

where w is the length of the window in time and I the overlap integral of the two places (4 pi times the integral of the
product of their densities; 1 where places say nothing). I has a mean of 1 over chance pairs, which makes the first an
equality and the second a bound from above. Both are those of RAVEN (Cho et al. in preparation; `ligo-raven`).
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from analyses.contract import Unit, analysis
from nuncius.core.errors import PermanentError
from nuncius.core.numbers import rounded
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table
from nuncius.core.sky import Localization, overlap_integral

Pair = Literal["gw-grb", "gw-neutrino", "other"]
#: How much earlier and later than the first the second may be, seconds.
WINDOWS: dict[Pair, tuple[float, float]] = {
    "gw-grb": (1.0, 5.0),  # the online search of LIGO, Virgo and KAGRA
    "gw-neutrino": (500.0, 500.0),  # Baret et al. 2011, Astropart. Phys. 35, 1
}
YEAR_S = 365.25 * 86400.0
#: False alarms of one in so many years are called a joint detection, of one in a year a candidate.
DETECTION_YEARS, CANDIDATE_YEARS = 100.0, 1.0


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate. `far` is how often noise gives one as loud, `threshold` the highest FAR that its search lets
    through; where a search has no FAR, `rate` is how often it reports anything at all."""

    name: Annotated[str, "what to call it"]
    time: Annotated[datetime, "T0"]
    sky: Annotated[Localization | None, "where"] = None
    far: Annotated[float | None, Unit("Hz"), "false-alarm rate"] = None
    threshold: Annotated[float | None, Unit("Hz"), "highest FAR that is reported"] = None
    rate: Annotated[float | None, Unit("Hz"), "rate of all reports"] = None


@analysis(
    "coincidence",
    version="1",
    about="Two candidates of different messengers: times, places, and the joint false-alarm rate after trials",
    example="nuncius analyse coincidence --with pair=gw-grb "
    '--with first=\'{"name": "S1", "time": "2017-08-17T12:41:04.4Z", "far": 3.9e-14}\' '
    '--with second=\'{"name": "GRB", "time": "2017-08-17T12:41:06.5Z", "rate": 9.8e-6}\'',
)
def coincidence(
    *,
    first: Annotated[Candidate, "one candidate, with a FAR"],
    second: Annotated[Candidate, "the other one, with a FAR and a threshold, or a rate"],
    pair: Annotated[Pair, "which window in time"] = "other",
    before: Annotated[float | None, Unit("s"), "how much earlier the second may be; wins over the pair's"] = None,
    after: Annotated[float | None, Unit("s"), "how much later"] = None,
    trials: Annotated[int, "how many such searches were made: pairs of instruments, classes, windows"] = 1,
    object: Annotated[str, "name of the object, for the title"] = "",
) -> Result:
    usual = WINDOWS.get(pair)
    early, late = (usual or (None, None)) if before is None and after is None else (before or 0.0, after or 0.0)
    if early is None or late is None or not early + late > 0.0:
        raise PermanentError(
            f"coincidence needs a window: a pair of {', '.join(WINDOWS)}, or before and after; received '{pair}', "
            f"{before}, {after}"
        )
    if trials < 1:
        raise PermanentError(f"trials count from 1; received {trials}")
    offset = (second.time - first.time).total_seconds()
    together = -early <= offset <= late
    overlap = None if first.sky is None or second.sky is None else overlap_integral(first.sky, second.sky)
    name = object or f"{first.name} and {second.name}"
    values = {"time_offset": Quantity(value=offset, unit="s"), "window": Quantity(value=early + late, unit="s")}
    if overlap is not None:
        values["overlap_integral"] = Quantity(value=overlap)
    rows: list[list[str | float | None]] = [
        ["time", f"{offset:+.4g} s", f"window {-early:g} to {late:+g} s: {'inside' if together else 'outside'}"],
        ["place", "unknown" if overlap is None else f"{overlap:.3g}", _place(overlap)],
    ]
    caveats = [
        "False alarms of both searches are taken as independent, at constant rates, the second's spread over the "
        "sky evenly."
    ]
    if not together:
        answer = f"{name}: not coincident, {offset:+.4g} s apart"
    else:
        temporal = joint_far(first, second, early + late, 1.0) * trials
        values["temporal_far"] = Quantity(value=temporal, unit="Hz")
        rows.append(
            ["joint FAR, by time alone", _often(temporal), f"{trials} searches" if trials > 1 else "one search"]
        )
        far = temporal
        if overlap is not None:
            far = joint_far(first, second, early + late, overlap) * trials
            values["joint_far"] = Quantity(value=far, unit="Hz")
            rows.append(["joint FAR, by time and place", _often(far), ""])
        answer = f"{name}: {offset:+.3g} s apart{_there(overlap)}; joint FAR {_often(far)}: {_verdict(far, overlap)}"
        values["chance_in_a_year"] = Quantity(value=-math.expm1(-far * YEAR_S) if math.isfinite(far) else 1.0)
    return Result(
        answer=answer,
        values=values,
        tables=[Table(name="coincidence", columns=["what", "is", "which means"], rows=rows)],
        caveats=caveats,
    )


def joint_far(first: Candidate, second: Candidate, window: float, overlap: float) -> float:
    """How often, in Hz, chance makes a pair as good as this one; see the head of the module. `window` in seconds.
    Infinite where the places exclude each other. Raises PermanentError for candidates without the rates it needs."""
    if first.far is None or not first.far > 0.0:
        raise PermanentError(
            f"{first.name}: a joint false-alarm rate needs the FAR of the first candidate; received {first.far}"
        )
    if overlap <= 0.0:
        return math.inf
    if second.far is not None and first.threshold and second.threshold:
        best = window * first.threshold * second.threshold
        ranked = window * first.far * second.far / overlap
        return best if ranked >= best else ranked * (1.0 + math.log(best / ranked))
    rate = second.rate or second.threshold
    if not rate:
        raise PermanentError(
            f"{second.name}: give its rate of reports, or FAR and threshold of both candidates; received "
            f"rate {second.rate}, FAR {second.far}, thresholds {first.threshold} and {second.threshold}"
        )
    return first.far * rate * window / overlap


def _place(overlap: float | None) -> str:
    if overlap is None:
        return "one of the two has no place"
    if overlap < 1e-3:
        return "they exclude each other"
    return (
        f"a common source explains them {overlap:.3g} times better" if overlap > 1.0 else "rather not a common source"
    )


def _there(overlap: float | None) -> str:
    return "" if overlap is None else f", overlap {overlap:.3g}"


def _often(far: float) -> str:
    """A rate as people say it."""
    if not math.isfinite(far):
        return "not given: the places exclude each other"
    if far <= 0.0:
        return "zero"
    years = 1.0 / (far * YEAR_S)
    return f"one in {rounded(years)} years" if years >= 1.0 else f"{rounded(1.0 / years)} a year"


def _verdict(far: float, overlap: float | None) -> str:
    if overlap is not None and overlap < 1e-3:
        return "not the same source"
    years = math.inf if far <= 0.0 else 1.0 / (far * YEAR_S)
    if years >= DETECTION_YEARS:
        return "a joint detection"
    return "a candidate" if years >= CANDIDATE_YEARS else "no more than chance"
