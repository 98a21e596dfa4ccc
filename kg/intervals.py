"""A claim of a number as the interval that it allows: values with their errors, limits and ranges on one footing."""

from __future__ import annotations

import math
import re
from statistics import NormalDist

import msgspec

from kg.claim import Claim


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim allows: from `low` to `high`, softened by one-sigma errors outwards. A value has low = high."""

    low: float
    high: float
    sigma_down: float
    sigma_up: float
    unit: str


def interval(claim: Claim) -> Interval | None:
    """What a claim allows, in SI where its unit is known; None where it has neither a number nor a range."""
    number = claim.number
    if number is None:
        if claim.lower is None or claim.upper is None or not claim.lower <= claim.upper:
            return None
        return Interval(low=claim.lower, high=claim.upper, sigma_down=0.0, sigma_up=0.0, unit=claim.unit)
    factor, unit = 1.0, claim.unit
    if claim.si is not None and number != 0.0:
        factor, unit = claim.si / number, claim.si_unit
    value = number * factor
    if claim.limit is not None:
        low, high = (-math.inf, value) if claim.limit == "<" else (value, math.inf)
        return Interval(low=low, high=high, sigma_down=0.0, sigma_up=0.0, unit=unit)
    scale = 1.0 / _sigmas_of(claim.error_probability)
    rounding = _rounding(claim) * factor
    down, up = (abs(e) * factor * scale if e else rounding for e in (claim.minus, claim.plus))
    return Interval(low=value, high=value, sigma_down=down, sigma_up=up, unit=unit)


def _sigmas_of(probability: float | None) -> float:
    """How many standard deviations of a Gaussian an interval of this probability spans on either side."""
    if probability is None or not 0.0 < probability < 1.0:
        return 1.0
    return NormalDist().inv_cdf((1.0 + probability) / 2.0)


def _rounding(claim: Claim) -> float:
    """One standard deviation of the printed rounding, half a unit of the last digit being its bound; 0 where the text
    does not show it."""
    match = re.search(r"\d+(?:\.(?P<decimals>\d+))?(?P<power>\s*[eE]\s*[+-]?\d+)?", claim.text)
    if match is None or claim.number is None:
        return 0.0
    step = 10.0 ** -len(match["decimals"] or "")
    try:
        printed = float(match.group().replace(" ", ""))
        scale = abs(claim.number / float(re.sub(r"\s*[eE].*$", "", match.group()))) if printed else 1.0
    except (ValueError, OverflowError, ZeroDivisionError):
        return 0.0
    return step * scale / math.sqrt(12.0)
