"""Do two populations coincide more often than chance: neutrinos and bursts, say, in time and, where both have places,
on the sky.

Chance is found by shifting the times of the second population around the common span by the same random amount, which
keeps its gaps and clusters; the places stay, and with them each detector's exposure. The number seen is then a Poisson
number about the mean of the shifted ones. Trials count how many such windows were tried.
"""

from __future__ import annotations

import math
from datetime import datetime
from statistics import NormalDist
from typing import Annotated, Any

import msgspec
import numpy as np

from analyses.contract import Unit, analysis
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table

#: Shifts closer than so many windows to none would find the true pairs again.
APART = 3.0
MOST = 200_000


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One detection. Without a place it coincides in time alone."""

    time: Annotated[datetime, "T0"]
    name: Annotated[str, "what to call it"] = ""
    ra: Annotated[float | None, Unit("deg"), "right ascension"] = None
    dec: Annotated[float | None, Unit("deg"), "declination"] = None
    radius: Annotated[float, Unit("deg"), "error radius that holds 90 %"] = 0.0


@analysis(
    "association-rate",
    version="1",
    about="Coincidences of two populations in time and place against their number by chance",
    example="nuncius analyse association-rate --with first=@neutrinos.json --with second=@bursts.json "
    "--with before=1000 --with after=1000",
)
def association_rate(
    *,
    first: Annotated[list[Seen], "detections, neutrinos say"],
    second: Annotated[list[Seen], "those of the other messenger"],
    before: Annotated[float, Unit("s"), "how much earlier the second may be"] = 500.0,
    after: Annotated[float, Unit("s"), "how much later"] = 500.0,
    shifts: Annotated[int, "how many times the second are shifted"] = 1000,
    trials: Annotated[int, "how many windows and samples were tried"] = 1,
    seed: Annotated[int, "of the shifts"] = 1,
) -> Result:
    if before + after <= 0.0 or shifts < 10 or trials < 1 or len(first) + len(second) > MOST:
        raise PermanentError(
            f"association-rate needs a window, 10 shifts or more, and at most {MOST} detections; received "
            f"{before:g} and {after:g} s, {shifts} shifts, {trials} trials, {len(first) + len(second)} detections"
        )
    one, two = _common(_table(first), _table(second), max(before, after))
    if len(one) < 1 or len(two) < 2:
        raise PermanentError(f"in their common span there are {len(one)} of the first and {len(two)} of the second")
    start, span = float(two[0, 0]), float(two[-1, 0] - two[0, 0])
    if span <= 2.0 * APART * (before + after):
        raise PermanentError(f"a common span of {span:g} s is too short for shifts of a window of {before + after:g} s")
    pairs = _pairs(one, two, before, after)
    chance = np.random.default_rng(seed).uniform(APART * (before + after), span - APART * (before + after), shifts)
    counts = np.array([len(_pairs(one, _shifted(two, start, span, shift), before, after)) for shift in chance])
    expected = max(float(counts.mean()), 1.0 / shifts)
    p = poisson_tail(len(pairs), expected)
    p = -math.expm1(trials * math.log1p(-p)) if p < 1.0 else 1.0
    sigma = -NormalDist().inv_cdf(p) if 0.0 < p < 1.0 else 0.0 if p >= 1.0 else 38.0
    values = {
        "coincidences": Quantity(value=float(len(pairs))),
        "expected": Quantity(value=expected, minus=float(counts.std()), plus=float(counts.std())),
        "p_value": Quantity(value=p),
        "excess": Quantity(value=sigma),
        "pairs_possible": Quantity(value=float(len(one) * len(two))),
        "detections": Quantity(value=float(len(one))),
    }
    return Result(
        answer=f"{len(pairs)} coincidences of {len(one)} with {len(two)} where chance makes {expected:.3g}: "
        f"p = {p:.2g} ({sigma:+.1f} sigma)",
        values=values,
        tables=[_listed(pairs, first, second)] if pairs else [],
        caveats=[
            f"Window {-before:g} to {after:+g} s; {shifts} shifts of the second within {span / 86400.0:.0f} days"
            f"{f'; {trials} trials' if trials > 1 else ''}. Detections without a place coincide in time alone."
        ],
    )


def poisson_tail(seen: int, expected: float) -> float:
    """Probability of so many or more, as a sum of its terms."""
    if seen <= 0:
        return 1.0
    term = math.exp(-expected + seen * math.log(expected) - math.lgamma(seen + 1))
    total, n = 0.0, seen
    while term > total * 1e-16 and n < seen + 10_000:
        total += term
        n += 1
        term *= expected / n
    return min(total, 1.0)


def _table(seen: list[Seen]) -> np.ndarray:
    """Rows of time, unit vector (nan where there is no place), radius in radian and number, by time."""
    rows = np.empty((len(seen), 6))
    for number, item in enumerate(seen):
        place = (math.nan,) * 3
        if item.ra is not None and item.dec is not None:
            ra, dec = math.radians(item.ra), math.radians(item.dec)
            place = (math.cos(dec) * math.cos(ra), math.cos(dec) * math.sin(ra), math.sin(dec))
        rows[number] = (item.time.timestamp(), *place, math.radians(item.radius), number)
    return rows[np.argsort(rows[:, 0])]


def _common(one: np.ndarray, two: np.ndarray, window: float) -> tuple[np.ndarray, np.ndarray]:
    """Both populations within the span in which both were taking data."""
    if not len(one) or not len(two):
        return one, two
    begin, end = max(one[0, 0], two[0, 0]) - window, min(one[-1, 0], two[-1, 0]) + window
    return tuple(rows[(rows[:, 0] >= begin) & (rows[:, 0] <= end)] for rows in (one, two))


def _shifted(two: np.ndarray, start: float, span: float, shift: float) -> np.ndarray:
    moved = two.copy()
    moved[:, 0] = start + (two[:, 0] - start + shift) % span
    return moved[np.argsort(moved[:, 0])]


def _pairs(one: np.ndarray, two: np.ndarray, before: float, after: float) -> list[tuple[int, int]]:
    """Numbers of those that coincide: in time, and within both radii where both have places."""
    low = np.searchsorted(two[:, 0], one[:, 0] - before, side="left")
    high = np.searchsorted(two[:, 0], one[:, 0] + after, side="right")
    found: list[tuple[int, int]] = []
    for number in np.flatnonzero(high > low):
        for other in range(low[number], high[number]):
            a, b = one[number], two[other]
            cosine = float(a[1:4] @ b[1:4])
            if math.isnan(cosine) or cosine >= math.cos(min(math.hypot(a[4], b[4]), math.pi)):
                found.append((int(a[5]), int(b[5])))
    return found


def _listed(pairs: list[tuple[int, int]], first: list[Seen], second: list[Seen]) -> Table:
    rows: list[list[Any]] = []
    for i, j in pairs[:20]:
        a, b = first[i], second[j]
        rows.append([a.name or f"{a.time:%Y-%m-%d %H:%M:%S}", b.name, round((b.time - a.time).total_seconds(), 1)])
    return Table(name="coincidences", columns=["first", "second", "later by [s]"], rows=rows)
