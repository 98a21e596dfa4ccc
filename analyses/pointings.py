"""Where spacecraft look and where they are, from their own notices: Swift, INTEGRAL and Fermi announce each pointing
on the alert stream (`SWIFT_POINTDIR`, `INTEGRAL_POINTDIR`, `FERMI_POINTDIR`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from nuncius.core.event import Event
from nuncius.core.regions import offset, polar

#: Events of these kinds whose T0 lies in a span of time; the journal's, or an archive's.
EventsBetween = Callable[[Sequence[str], datetime, datetime], Sequence[Event]]

#: How long a pointing is believed when no newer one has come. Swift slews several times an orbit and INTEGRAL every
#: hour; Fermi's notice holds the path for the next hour.
BELIEVED_S = {"swift": 5400.0, "integral": 7200.0, "fermi": 3700.0}


class Pointing(msgspec.Struct, frozen=True, kw_only=True):
    """Direction of a spacecraft's axis (ICRS degrees) at a moment; the place on Earth below it (degrees, east
    positive) where it was told; `off` says that instruments are switched off there (South Atlantic Anomaly)."""

    ra: float
    dec: float
    longitude: float | None = None
    latitude: float | None = None
    off: bool = False
    event: str = ""


def pointing(carrier: str, at: datetime, events: EventsBetween) -> Pointing | None:
    """Where a spacecraft looked at a moment, by the newest of its notices; None where none is recent enough."""
    believed = BELIEVED_S.get(carrier)
    if believed is None:
        return None
    found = events([f"gcn.notice.{carrier}.spacecraft"], at - timedelta(seconds=believed), at)
    told = [(event.trigger_time, event) for event in found if event.trigger_time is not None]
    told = [(moment, event) for moment, event in told if moment <= at and _direction(event) is not None]
    if not told:
        return None
    moment, event = max(told, key=lambda pair: (pair[0], pair[1].received))
    return _along(event, (at - moment).total_seconds())


def _direction(event: Event) -> tuple[float, float] | None:
    ra, dec = event.data.get("ra_pointing"), event.data.get("dec_pointing")
    return (ra, dec) if isinstance(ra, float) and isinstance(dec, float) else None


def _along(event: Event, seconds: float) -> Pointing:
    """The pointing `seconds` after the notice's moment, on the path that it announces, if it does."""
    ra, dec = _direction(event) or (0.0, 0.0)
    words: dict[str, Any] = event.data.get("parameters") or {}
    step = words.get("Delta_T")
    off = False
    if isinstance(step, float) and step > 0.0:
        path = [(ra, dec, 0.0), *_steps(words)]
        index = min(int(seconds // step), len(path) - 1)
        here, there = path[index], path[min(index + 1, len(path) - 1)]
        distance, angle = polar(here[0], here[1], there[0], there[1])
        part = min(seconds / step - index, 1.0)
        new_ra, new_dec = offset(here[0], here[1], angle, distance * part)
        ra, dec, off = float(new_ra), float(new_dec), bool(here[2])
    place = event.data.get("longitude"), event.data.get("latitude")
    # A place is that of the notice's moment; a low orbit moves on by 4 degrees a minute.
    known = seconds <= 60.0 and all(isinstance(x, float) for x in place)
    return Pointing(
        ra=ra,
        dec=dec,
        longitude=place[0] if known else None,
        latitude=place[1] if known else None,
        off=off,
        event=event.id,
    )


def _steps(words: dict[str, Any]) -> list[tuple[float, float, float]]:
    """(ra, dec, inside the anomaly) of each announced step."""
    path: list[tuple[float, float, float]] = []
    for n in count(1):
        step = [words.get(f"{word}_{n}dt") for word in ("RA", "Dec", "SAA")]
        if not all(isinstance(x, float) for x in step):
            return path
        path.append((step[0], step[1], step[2]))  # type: ignore[arg-type]
    return path
