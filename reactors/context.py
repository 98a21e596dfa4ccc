"""An event as expressions see it: `ev`."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from nuncius.core.event import Event, iso

MAX_TEXT = 100_000  # characters of one field that a condition sees
MAX_LIST = 2_000
MAX_NESTING = 10


def context(event: Event) -> dict[str, Any]:
    """An event as `ev`: its data flattened, the envelope's fields over them, numbers as floats, nothing binary."""
    ev: dict[str, Any] = {str(key): clean for key, value in event.data.items() if (clean := _clean(value)) is not None}
    envelope = {
        "id": event.id,
        "kind": event.kind,
        "source": event.source,
        "object": event.object,
        "tense": event.tense.value,
        "revision": float(event.revision),
        "received": iso(event.received),
        "trigger_time": iso(event.trigger_time),
    }
    ev["name"] = ev.get("name") or _name(ev, event)
    return ev | {key: value for key, value in envelope.items() if value is not None}


def _name(ev: dict[str, Any], event: Event) -> str:
    """What people call the object: the name that the event gives, else the last part of its IRI, else a number."""
    names = [*_texts(ev.get("event_name")), *_texts(ev.get("ids"))]
    if event.object:
        tail = unquote(event.object.rstrip("/").rsplit("/", 1)[-1]).replace("_", " ")
        scope, colon, number = tail.rpartition(":")  # an object known by a trigger number alone: fermi-gbm:524666471
        who = " ".join(_texts([ev.get("mission"), ev.get("instrument")])) or scope
        return f"{who} {number}" if colon else tail
    return names[0] if names else event.id


def _texts(value: Any) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str) and text]


def _clean(value: Any, depth: int = 0) -> Any:
    if type(value) is float:  # by far the most
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if depth >= MAX_NESTING:
        return None
    if isinstance(value, dict):
        return {str(k): c for k, v in value.items() if (c := _clean(v, depth + 1)) is not None}
    if isinstance(value, list | tuple):
        return [c for v in value[:MAX_LIST] if (c := _clean(v, depth + 1)) is not None]
    return None
