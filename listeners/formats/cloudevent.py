"""CloudEvents 1.0 in structured JSON: what other tools, and Nuncius itself, send."""

from __future__ import annotations

from typing import Any

import msgspec

from listeners.formats import FORMATS, Format, Message
from listeners.words import is_probability, position, within
from nuncius.core.event import Event, from_cloudevent

#: What a region measures, in degrees.
_SIZES = {"circle": ("radius",), "ellipse": ("semi_major", "semi_minor"), "annulus": ("inner", "outer")}


def accepts(message: Message, content: Any) -> bool:
    """A JSON object that names the specification's version."""
    return isinstance(content, dict) and "specversion" in content


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event itself, with the bytes as received. Raises FormatError."""
    event = from_cloudevent(content, received=message.received)
    data = _on_sky(event.data)
    return [msgspec.structs.replace(event, data=data, raw=message.raw, content_type="application/cloudevents+json")]


def _on_sky(data: dict[str, Any]) -> dict[str, Any]:
    """The data with what cannot be on the sky, a declination of 95 degrees, moved to the parameters."""
    odd = _off(data, ("ra_dec_error",))
    sky = data.get("sky")
    if isinstance(sky, dict) and str(sky.get("type")) in _SIZES and _off(sky, _SIZES[str(sky["type"])]):
        odd.add("sky")
    if not odd:
        return data
    kept = data.get("parameters")
    parameters = {**(kept if isinstance(kept, dict) else {}), **{name: data[name] for name in sorted(odd)}}
    return {**{name: value for name, value in data.items() if name not in odd}, "parameters": parameters}


def _off(place: dict[str, Any], sizes: tuple[str, ...]) -> set[str]:
    """The names of what is out of its domain."""
    there = {name: value for name, value in place.items() if value is not None}
    off = {name for name in sizes if name in there and not within(there[name], 0.0, 180.0)}
    if {"ra", "dec"} & there.keys() and position(there.get("ra"), there.get("dec")) is None:
        off |= {"ra", "dec"} & there.keys()
    if not is_probability(there.get("containment_probability", 0.9)):
        off.add("containment_probability")
    return off


FORMATS.add("cloudevent", Format(order=43, json=True, accepts=accepts, parse=parse))
