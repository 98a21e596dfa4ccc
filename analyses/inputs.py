"""Turns the JSON-like inputs of a run (from a rule, a command line, another analysis) into what a function wants.

Every error names the analysis, the input, what was received and what was expected; a wrong input is a
PermanentError, because it will be wrong again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from analyses.contract import Analysis, Parameter, alternatives, is_sky, type_word, unwrap
from nuncius.core.errors import FormatError, PermanentError
from nuncius.core.registry import did_you_mean
from nuncius.core.sky import Circle, Localization, parse_sky, resolve

#: IVOA STC-S, the short form for a command line: `CIRCLE ICRS 197.45 -23.38 0.5` (degrees).
_STC_CIRCLE = re.compile(r"circle\s+(?:icrs\s+)?([^\s,]+)[\s,]+([^\s,]+)[\s,]+([^\s,]+)$", re.IGNORECASE)

_MISSING: Any = object()


class _Wrong(Exception):
    """A value that does not fit; `expected` says what would."""

    def __init__(self, expected: str, received: Any) -> None:
        super().__init__(f"expected {expected}, received {shorten(received)}")


def shorten(value: Any) -> str:
    """A value in an error message: never a whole sky map."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


def coerce(analysis: Analysis, inputs: Mapping[str, Any], blobs: Mapping[str, bytes]) -> dict[str, Any]:
    """Keyword arguments for `analysis.function`. A null input counts as not given. Raises PermanentError."""
    where = f"analysis '{analysis.name}'"
    arguments: dict[str, Any] = {}
    for name in inputs:
        if name not in analysis.parameters:
            hint = did_you_mean(name, list(analysis.parameters))
            raise PermanentError(f"{where} has no input '{name}'{hint}")
    for name, parameter in analysis.parameters.items():
        value = inputs.get(name)
        if value is None:
            if parameter.required:
                raise PermanentError(f"{where} needs the input '{name}' ({parameter.type}{_bracket(parameter.unit)})")
            continue
        try:
            arguments[name] = convert(parameter.annotation, value, blobs, unit=parameter.unit)
            _within(parameter, arguments[name])
        except (_Wrong, FormatError) as error:
            raise PermanentError(f"{where}, input '{name}': {error}") from error
    return arguments


def _within(parameter: Parameter, value: Any) -> None:
    """Raises _Wrong for a number, or an entry of a list of numbers, beyond the parameter's limits."""
    for number in value if isinstance(value, list) else [value]:
        if not isinstance(number, int | float) or isinstance(number, bool):
            continue
        if parameter.lower is not None and number < parameter.lower:
            raise _Wrong(f"{parameter.lower:g}{_bracket(parameter.unit)} or more", value)
        if parameter.upper is not None and number > parameter.upper:
            raise _Wrong(f"{parameter.upper:g}{_bracket(parameter.unit)} or less", value)


def convert(annotation: Any, value: Any, blobs: Mapping[str, bytes], *, unit: str = "") -> Any:
    """One value as the annotated type. Raises _Wrong or FormatError."""
    annotation, notes = unwrap(annotation)
    unit = next((note.name for note in notes if hasattr(note, "name")), unit)
    if is_sky(annotation):
        return _sky(value, blobs)
    members = alternatives(annotation)
    if len(members) > 1:
        return _first_fit(members, value, blobs, unit)
    (target,) = members
    if get_origin(target) is Literal:
        for choice in get_args(target):
            if value == choice or str(value) == str(choice):  # a command line writes numbers as text
                return choice
        raise _Wrong(type_word(target), value)
    if get_origin(target) is list:
        return _list(get_args(target)[0], value, blobs, unit)
    if isinstance(target, type) and issubclass(target, msgspec.Struct):
        return _struct(target, value, blobs)
    if target is float:
        return _number(value, unit)
    if target is datetime:
        return _time(value)
    return _plain(target, value)


def _bracket(unit: str) -> str:
    return f" [{unit}]" if unit else ""


def _first_fit(members: tuple[Any, ...], value: Any, blobs: Mapping[str, bytes], unit: str) -> Any:
    for member in members:
        try:
            return convert(member, value, blobs, unit=unit)
        except (_Wrong, FormatError):
            continue
    raise _Wrong(" or ".join(type_word(member) for member in members), value)


def _sky(value: Any, blobs: Mapping[str, bytes]) -> Localization:
    if isinstance(value, str):
        found = _STC_CIRCLE.match(value.strip())
        if found is None:
            raise _Wrong("a sky object such as 'CIRCLE ICRS 197.45 -23.38 0.5'", value)
        ra, dec, radius = (_number(part, "deg") for part in found.groups())
        value = {"type": "circle", "ra": ra, "dec": dec, "radius": radius}
    if not isinstance(value, dict):
        raise _Wrong('a sky object such as {"type": "circle", "ra": …, "dec": …, "radius": …}', value)

    def blob(sha256: str) -> bytes:
        try:
            return blobs[sha256]
        except KeyError:
            raise FormatError(f"the bytes of sky map {sha256} were not sent along with the inputs") from None

    sky = resolve(parse_sky(value), blob)
    if sky is None:
        raise FormatError(f"the sky map is known only by its address {value.get('url')!r}; fetch it first")
    if isinstance(sky, Circle) and not (0.0 <= sky.ra <= 360.0 and -90.0 <= sky.dec <= 90.0 and sky.radius >= 0.0):
        raise _Wrong("ra from 0 to 360, dec from -90 to 90 and a radius of 0 or more, in degrees", value)
    return sky


def _list(member: Any, value: Any, blobs: Mapping[str, bytes], unit: str) -> list[Any]:
    if isinstance(value, str):  # a command line writes `sites=paranal,palomar`
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise _Wrong(f"a list of {type_word(member)}", value)
    made = []
    for position, entry in enumerate(value):
        try:
            made.append(convert(member, entry, blobs, unit=unit))
        except (_Wrong, FormatError) as error:
            raise FormatError(f"entry {position}: {error}") from error
    return made


def _struct(target: type[msgspec.Struct], value: Any, blobs: Mapping[str, bytes]) -> Any:
    if isinstance(value, target):
        return value
    hints = get_type_hints(target, include_extras=True)
    if not isinstance(value, dict):
        raise _Wrong(f"an object with {', '.join(hints)}", value)
    made = {}
    for field in msgspec.structs.fields(target):
        entry = value.get(field.name, _MISSING)
        if entry is _MISSING:
            if field.required:
                raise _Wrong(f"an object with '{field.name}'", value)
            continue
        made[field.name] = convert(hints[field.name], entry, blobs)
    if unknown := set(value) - set(hints):
        hint = did_you_mean(min(unknown), list(hints))
        raise FormatError(f"no field '{min(unknown)}'{hint}")
    return target(**made)


def _number(value: Any, unit: str) -> float:
    expected = f"a number{_bracket(unit)}"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _Wrong(expected, value)
    try:
        number = float(value)
    except ValueError:
        if not unit:
            raise _Wrong(expected, value) from None
        number = _with_unit(str(value), unit, expected)
    if not math.isfinite(number):
        raise _Wrong(f"{expected}, finite", value)
    return number


def _with_unit(text: str, unit: str, expected: str) -> float:
    """`3 arcmin` as degrees."""
    from astropy import units as u

    try:
        return float(u.Quantity(text).to_value(unit))
    except (TypeError, ValueError, u.UnitsError) as error:
        raise _Wrong(f"{expected}, or one with a unit such as '3 arcmin'", text) from error


def _time(value: Any) -> datetime:
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise _Wrong("a UTC time such as 2017-08-17T12:41:04Z", value) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _plain(target: Any, value: Any) -> Any:
    if target is bool and isinstance(value, str) and value.lower() in _YES_NO:
        return _YES_NO[value.lower()]
    if target is int and isinstance(value, float | str) and not isinstance(value, bool):
        try:
            if float(value).is_integer():
                return int(float(value))
        except ValueError:
            pass
        raise _Wrong("a whole number", value)
    kind = get_origin(target) or target
    if isinstance(kind, type) and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise _Wrong(type_word(target), value)
    return value
