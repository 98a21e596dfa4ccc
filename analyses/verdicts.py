"""The verdict on an assumption: it holds, it is violated, or it cannot be told. Arithmetic on what an analysis gave;
nothing is run and nothing is averaged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from analyses.assumptions import Assumption, Bounds, Holds, either
from nuncius.core.quantity import Quantity

Finding = Literal["holds", "violated", "cannot be told"]
HOLDS: Finding = "holds"
VIOLATED: Finding = "violated"
CANNOT: Finding = "cannot be told"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a test of an assumption says. `distance` is how far the value lies outside of what is assumed (negative:
    inside), in standard deviations; None where there is no error or no value."""

    assumption: str
    version: str
    verdict: Finding
    why: str
    quantity: str
    tolerance: str
    value: Quantity | None = None
    distance: float | None = None
    missing: tuple[str, ...] = ()


def missing(one: Assumption, inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """What the test needs and does not have."""
    return tuple(need for need in one.needs if all(inputs.get(name) in (None, "", []) for name in either(need)))


def untold(one: Assumption, why: str, *, lacking: Sequence[str] = ()) -> Verdict:
    """The verdict where nothing can be told."""
    return Verdict(
        assumption=one.assumption,
        version=one.version,
        verdict=CANNOT,
        why=why,
        quantity=one.holds.quantity,
        tolerance=tolerance(one.holds),
        missing=tuple(lacking),
    )


def lacking(one: Assumption, inputs: Mapping[str, Any]) -> Verdict | None:
    """The verdict where an input is missing or it is clear beforehand that the assumption is not about this case;
    None where the analysis may run."""
    if absent := missing(one, inputs):
        return untold(one, f"not known: {_listed(absent)}", lacking=absent)
    for name, bounds in one.applies.where.items():
        if name in inputs and (why := _outside(name, bounds, inputs[name])):
            return untold(one, why)
    return None


def judge(one: Assumption, values: Mapping[str, Quantity], inputs: Mapping[str, Any]) -> Verdict:
    """The verdict on what the analysis gave."""
    if (known := lacking(one, inputs)) is not None:
        return known
    for name, bounds in one.applies.where.items():
        if name not in inputs and name not in values:
            return untold(one, f"not known whether it applies ({one.applies.words}): {_words(name)}", lacking=[name])
        if name not in inputs and (why := _outside(name, bounds, values[name].value)):
            return untold(one, why)
    holds = one.holds
    value = values.get(holds.quantity)
    if value is None:
        return untold(one, f"the analysis gave no {_words(holds.quantity)}", lacking=[holds.quantity])
    finding, why, distance = _judge(holds, value)
    return msgspec.structs.replace(untold(one, why), verdict=finding, value=value, distance=distance)


def _judge(holds: Holds, value: Quantity) -> tuple[Finding, str, float | None]:
    low, high = holds.ends
    number = value.value
    shown = f"{_words(holds.quantity)} {_figure(value)}"
    if not math.isfinite(number):
        return CANNOT, f"{shown} is no number", None
    if value.limit is not None:
        return (*_limit(holds, value), None)
    above = number - high >= low - number  # which end is the nearer one, or the one that it lies beyond
    gap = max(number - high, low - number)
    own = (value.minus if above else value.plus) or 0.0
    error = math.hypot(own, holds.systematic)
    distance = gap / error if error > 0.0 else None
    beyond = f"{shown} against {tolerance(holds)}"
    if gap > 0.0 and (distance is None or distance > holds.sigma):
        by = f"{distance:.1f} sigma outside" if distance is not None else f"outside by {gap:.3g}"
        return VIOLATED, f"{beyond}: {by}", distance
    if holds.most_error is not None and own > holds.most_error:
        return CANNOT, f"{shown} is too uncertain to tell (at most ± {holds.most_error:g})", distance
    if gap > 0.0:
        return HOLDS, f"{beyond}: {distance:.1f} sigma off", distance
    return HOLDS, beyond, distance


def _limit(holds: Holds, value: Quantity) -> tuple[Finding, str]:
    """A limit leaves one side open: what it allows is all inside, all outside, or both."""
    low, high = holds.ends
    least, most = (value.value, math.inf) if value.limit == ">" else (-math.inf, value.value)
    beyond = f"{_words(holds.quantity)} {_figure(value)} against {tolerance(holds)}"
    if low <= least and most <= high:
        return HOLDS, beyond
    if least > high or most < low:
        return VIOLATED, f"{beyond}: outside"
    return CANNOT, f"{beyond}: the limit is too weak to tell"


def tolerance(holds: Holds) -> str:
    """What is assumed, in words: `0 ± 1 (3 sigma)`."""
    own = f" ± {holds.systematic:g}" if holds.systematic else ""
    return f"{Bounds.__str__(holds)}{own} (to {holds.sigma:g} sigma)"


def _outside(name: str, bounds: Bounds, given: Any) -> str:
    """Why a condition is not fulfilled; empty where it is."""
    try:
        number = float(given)
    except (TypeError, ValueError):
        return f"it is not about this case: {_words(name)} is {given!r:.40}, no number"
    low, high = bounds.ends
    return "" if low <= number <= high else f"it is not about this case: {_words(name)} is {number:g}, not {bounds}"


def _figure(value: Quantity) -> str:
    """A value in one line that people read: three digits say enough."""
    sign = f"{value.limit} " if value.limit else ""
    error = max(value.minus or 0.0, value.plus or 0.0)
    return f"{sign}{value.value:.3g}{f' ± {error:.2g}' if error else ''}{f' {value.unit}' if value.unit else ''}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(_words(name) for name in names)
