"""Compares what a service answered with what it must answer: values by their place in the JSON, with tolerances."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from nuncius.core.errors import ConfigurationError

Plain = float | bool | str


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must stand at a place: a `value` (a number may be off by `absolute`), a `time` (UTC, off by `within_s`), or
    a list or map that `includes` these names, or something at all (`present`)."""

    value: Plain | None = None
    absolute: float = 0.0
    time: str = ""
    within_s: float = 0.0
    includes: tuple[str, ...] = ()
    present: bool = False

    def __post_init__(self) -> None:
        if (self.value is not None) + bool(self.time) + bool(self.includes) + self.present != 1:
            raise ValueError("says one of value, time, includes and present")


def expectations(raw: Mapping[str, Any]) -> dict[str, Expected]:
    """Expectations as written: a plain value stands for `{value: …}`. Raises ConfigurationError."""
    found = {}
    for place, said in raw.items():
        try:
            found[str(place)] = msgspec.convert(said if isinstance(said, dict) else {"value": said}, Expected)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"expect, {place}: {error}; received {said!r:.100}") from error
    if not found:
        raise ConfigurationError("expect names nothing: write expect: {ra: {value: 83.63, absolute: 0.1}}")
    return found


def compare(answer: Any, expected: Mapping[str, Expected]) -> tuple[list[str], dict[str, float]]:
    """What is other than expected, in words, and the numbers that were read."""
    wrong, values = [], {}
    for place, wanted in expected.items():
        there, got = at(answer, place)
        if isinstance(got, int | float) and not isinstance(got, bool):
            values[place] = float(got)
        if not there or got is None:
            wrong.append(f"it has no {place}")
        elif said := _wrong(got, wanted):
            wrong.append(f"{place or 'the answer'} {said}")
    return wrong, values


def at(answer: Any, place: str) -> tuple[bool, Any]:
    """What stands at a place such as `products.list.0.name`; empty: the whole answer."""
    for key in place.split(".") if place else ():
        if isinstance(answer, dict) and key in answer:
            answer = answer[key]
        elif isinstance(answer, list) and key.isdigit() and int(key) < len(answer):
            answer = answer[int(key)]
        else:
            return False, None
    return True, answer


def _wrong(got: Any, wanted: Expected) -> str:
    if wanted.present:
        return "" if got not in ([], {}, "") else "is empty"
    if wanted.includes:
        there = {str(item) for item in got} if isinstance(got, list | dict) else set()
        missing = [name for name in wanted.includes if name not in there]
        return f"lacks {', '.join(missing)}; it has {', '.join(sorted(there)[:12]) or 'nothing'}" if missing else ""
    if wanted.time:
        return _wrong_time(got, wanted)
    number = isinstance(wanted.value, int | float) and not isinstance(wanted.value, bool)
    if number:
        if not isinstance(got, int | float) or isinstance(got, bool):
            return f"is {got!r:.60}, no number; expected {wanted.value:g}"
        off = abs(float(got) - float(wanted.value or 0.0))
        return "" if off <= wanted.absolute else f"is {got:g}; expected {wanted.value:g} ± {wanted.absolute:g}"
    return "" if got == wanted.value else f"is {got!r:.60}; expected {wanted.value!r:.60}"


def _wrong_time(got: Any, wanted: Expected) -> str:
    try:
        off = abs((_moment(str(got)) - _moment(wanted.time)).total_seconds())
    except ValueError:
        return f"is {got!r:.60}, no time; expected {wanted.time}"
    return "" if off <= wanted.within_s else f"is {got}; expected {wanted.time} within {wanted.within_s:g} s"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
