"""Messages between neutrino detectors in SNEWS 2.0's own JSON (https://github.com/SNEWS2/SNEWS_Publishing_Tools)."""

from __future__ import annotations

from typing import Any

import msgspec

from listeners.formats import FORMATS, Format, Message
from listeners.missions import kind_of
from listeners.words import floats, utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, content_id, iso

_TIERS = {"timing_series": "timing_tier", "p_values": "significance_tier", "neutrino_time_utc": "coincidence_tier"}
_TIMES = frozenset(
    {"neutrino_time_utc", "neutrino_time", "machine_time", "machine_time_utc", "sent_time_utc", "sent_time"}
)


def accepts(message: Message, content: Any) -> bool:
    """A JSON object by a detector, with a neutrino's time or a status."""
    return isinstance(content, dict) and "detector_name" in content and bool(_TIMES & content.keys())


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of one observation or heartbeat. Raises FormatError."""
    detector = str(content["detector_name"])
    seen = content.get("neutrino_time_utc") or content.get("neutrino_time")
    when = utc(str(seen)) if seen else None
    if seen and when is None:
        raise FormatError(f"{message.label}: neutrino_time_utc is a time in ISO 8601; received {seen!r}")
    made = next(
        (utc(str(content[n])) for n in ("machine_time", "machine_time_utc", "sent_time_utc") if n in content), None
    )
    tier = next((tier for field, tier in _TIERS.items() if field in content), "heartbeat")
    tense = Tense.TEST if str(content.get("is_test", False)).lower() == "true" else Tense.INITIAL
    if tier == "heartbeat" and tense is Tense.INITIAL:
        tense = Tense.UTILITY
    data: dict[str, Any] = {
        "mission": "SNEWS",
        "instrument": detector,
        "type": f"snews.{tier}",
        "messenger": "Neutrino",
        "role": "test" if tense is Tense.TEST else "observation" if seen else "utility",
        "tense": tense.value,
        "alert_type": "initial",
        "alert_tense": "test" if tense is Tense.TEST else "current",
        "ids": [],
        "event_name": [],
        "parameters": floats({k: v for k, v in content.items() if k not in ("detector_name", "p_val")}),
    }
    p_value = floats(content.get("p_val"))
    if isinstance(p_value, float):
        data["p_value"] = p_value
    elif p_value is not None:
        data["parameters"]["p_val"] = p_value
    if when is not None:
        data["trigger_time"] = iso(when)
    if made is not None:
        data["alert_datetime"] = iso(made)
    return [
        Event(
            id=content_id(f"snews:{tier}", msgspec.json.encode(content, order="deterministic")),
            kind=kind_of("SNEWS", detector, tier),
            source="snews.alert",
            received=message.received,
            tense=tense,
            trigger_time=when or (made if tier == "heartbeat" else None),
            data=data,
            raw=message.raw,
        )
    ]


FORMATS.add("snews", Format(order=55, json=True, accepts=accepts, parse=parse))
