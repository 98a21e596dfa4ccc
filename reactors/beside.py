"""What other instruments localized at the same moment: a figure of one localization shows theirs too.

That they saw the same thing is not said here, only that they saw something within a minute of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from nuncius.core.errors import FormatError
from nuncius.core.event import Event
from nuncius.core.sky import Annulus, Circle, MapReference, parse_sky
from nuncius.journal import Journal

#: Longer than light takes across a low orbit and any gamma-ray delay after a merger so far (1.7 s for GW170817).
WINDOW_S = 60.0
#: A wider region tells a reader nothing, and covers the map.
WIDEST_DEG = 45.0
MOST = 4


def regions_beside(journal: Journal, ev: dict[str, Any]) -> list[dict[str, Any]]:
    """Named regions (`{"name", "sky"}`) of real events within a minute of `ev`'s trigger time, the latest of each
    instrument, without `ev`'s own."""
    if not isinstance(ev.get("trigger_time"), str):
        return []
    found: dict[str, dict[str, Any]] = {}
    for stored in journal.around(datetime.fromisoformat(ev["trigger_time"]), WINDOW_S):
        event = stored.event
        name = maker(event.data)
        if event.is_real and not event.is_retraction and name != maker(ev) and has_region(event):
            found.pop(name, None)
            found[name] = {"name": name, "sky": event.data["sky"]}
    return list(found.values())[-MOST:]


def maker(data: dict[str, Any]) -> str:
    """Who localizes as one: an instrument, or all gravitational-wave detectors together."""
    if data.get("messenger") == "GW":
        return str(data.get("mission") or "")
    return f"{data.get('mission') or ''} {data.get('instrument') or ''}".strip()


def has_region(event: Event) -> bool:
    """Whether an event tells a region that can be drawn and computed with."""
    try:
        sky = parse_sky(event.data.get("sky") or {})
    except FormatError:
        return False
    if isinstance(sky, MapReference):
        return sky.sha256 is not None
    if isinstance(sky, Annulus):
        return True
    return 0.0 < (sky.radius if isinstance(sky, Circle) else sky.semi_major) < WIDEST_DEG


def sky_maps(value: Any) -> Iterator[str]:
    """SHA-256 of every sky map among the inputs."""
    if isinstance(value, dict):
        if value.get("type") == "map" and isinstance(value.get("sha256"), str):
            yield value["sha256"]
        for inner in value.values():
            yield from sky_maps(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from sky_maps(inner)
