"""CloudEvents 1.0 in structured JSON: what other tools, and Nuncius itself, send."""

from __future__ import annotations

from typing import Any

import msgspec

from listeners.formats import FORMATS, Format, Message
from nuncius.core.event import Event, from_cloudevent


def accepts(message: Message, content: Any) -> bool:
    """A JSON object that names the specification's version."""
    return isinstance(content, dict) and "specversion" in content


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event itself, with the bytes as received. Raises FormatError."""
    event = from_cloudevent(content, received=message.received)
    return [msgspec.structs.replace(event, raw=message.raw, content_type="application/cloudevents+json")]


FORMATS.add("cloudevent", Format(order=43, json=True, accepts=accepts, parse=parse))
