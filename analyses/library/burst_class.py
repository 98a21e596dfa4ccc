"""Whether a burst is short or long, by its duration and hardness, and whether it is like either sort at all.

Two classes, each log-normal in T90 and in the ratio of the fluences at 50-100 and 25-50 keV (a power law of photon
index G has 2^(2 - G)). The numbers are fits to Swift/BAT's bursts, because a duration means something for one
instrument only; `pytest tests/test_assumptions_bursts.py -k fitted` makes them again.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Annotated, Literal

import msgspec

from analyses.contract import Unit, analysis
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table


class Sort(msgspec.Struct, frozen=True, kw_only=True):
    """One class: its share of all bursts, mean and standard deviation of the logarithms (to 10) of T90 in seconds and
    of the hardness ratio."""

    share: float
    t90: tuple[float, float]
    hardness: tuple[float, float]


#: 1,259 bursts with a power law between 15 and 150 keV, 118 of them listed as short, up to May 2024.
BAT = {
    "short": Sort(share=0.0931, t90=(-0.380, 0.477), hardness=(0.2305, 0.1563)),
    "long": Sort(share=0.9069, t90=(1.590, 0.553), hardness=(0.0996, 0.1108)),
}


@analysis(
    "burst-class",
    version="1",
    about="Short or long, by T90 and hardness, and how unlike both sorts a burst is",
    example="nuncius analyse burst-class --with t90=0.3 --with photon_index=0.98",
)
def burst_class(
    *,
    t90: Annotated[float, Unit("s"), "duration as BAT measures it (15-150 keV)"],
    hardness: Annotated[float | None, "fluence in 50-100 keV over that in 25-50 keV"] = None,
    photon_index: Annotated[float | None, "of a power law, where no hardness is known"] = None,
    instrument: Annotated[Literal["bat"], "whose bursts it is compared with"] = "bat",
    object: Annotated[str, "name of the object"] = "",
) -> Result:
    if t90 <= 0.0 or (hardness is not None and hardness <= 0.0):
        raise PermanentError(f"burst-class needs a T90 and a hardness above 0; received {t90:g} s, {hardness}")
    ratio = hardness if hardness is not None else None if photon_index is None else 2.0 ** (2.0 - photon_index)
    far = {name: _distance(sort, t90, ratio) for name, sort in BAT.items()}
    short = p_short(t90, ratio)
    nearest = min(far, key=lambda name: far[name])
    sigma = as_sigma(far[nearest], 1 if ratio is None else 2)
    values = {
        "p_short": Quantity(value=short),
        "unlikeness": Quantity(value=sigma),
        "t90": Quantity(value=t90, unit="s"),
    }
    if ratio is not None:
        values["hardness"] = Quantity(value=ratio)
    sure = "short" if short > 0.9 else "long" if short < 0.1 else "between short and long"
    odd = f"; unlike both sorts by {sigma:.1f} sigma" if sigma > 3.0 else ""
    rows: list[list[str | float | None]] = [
        [name, f"{100 * sort.share:.0f} %", f"{10 ** sort.t90[0]:.2g} s", f"{10 ** sort.hardness[0]:.2f}", f"{d:.1f}"]
        for (name, sort), d in zip(BAT.items(), far.values(), strict=True)
    ]
    caveats = ["A class by duration is no origin: some long bursts come from mergers (GRB 211211A, GRB 230307A)."]
    if ratio is None:
        caveats.append("The hardness is not known: T90 alone decides.")
    return Result(
        answer=f"{object + ': ' if object else ''}{sure}, P(short) {told(short)}{odd}",
        values=values,
        tables=[Table(name="classes", columns=["sort", "share", "T90", "hardness", "distance [sigma]"], rows=rows)],
        caveats=caveats,
    )


def p_short(t90: float, hardness: float | None) -> float:
    """Probability that the burst is of the short sort, which is 9 % of all."""
    weight = {
        name: math.log(sort.share) - 0.5 * _distance(sort, t90, hardness) ** 2 - _width(sort, hardness)
        for name, sort in BAT.items()
    }
    return 1.0 / (1.0 + math.exp(min(weight["long"] - weight["short"], 700.0)))


def _distance(sort: Sort, t90: float, hardness: float | None) -> float:
    """Mahalanobis distance from the middle of a sort."""
    by_t90 = (math.log10(t90) - sort.t90[0]) / sort.t90[1]
    by_hardness = 0.0 if hardness is None else (math.log10(hardness) - sort.hardness[0]) / sort.hardness[1]
    return math.hypot(by_t90, by_hardness)


def _width(sort: Sort, hardness: float | None) -> float:
    return math.log(sort.t90[1]) + (0.0 if hardness is None else math.log(sort.hardness[1]))


def as_sigma(distance: float, dimensions: int) -> float:
    """The Mahalanobis distance in one or two dimensions that is as rare, as standard deviations of one Gaussian."""
    if dimensions == 1:
        return distance
    tail = math.exp(-0.5 * distance**2)
    return distance if tail < 1e-15 else -NormalDist().inv_cdf(tail / 2.0)


def told(probability: float) -> str:
    """A probability in words: one that is nearly 1 or 0 is not said to be so."""
    if not 0.001 <= probability <= 0.999:
        return "> 0.999" if probability > 0.5 else "< 0.001"
    return f"= {probability:.3f}" if probability > 0.99 else f"= {probability:.2g}"
