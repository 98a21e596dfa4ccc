"""GCN's heartbeat: one message a second on `gcn.heartbeat` that says the broker is alive and nothing else."""

from __future__ import annotations

from typing import Any

from listeners.formats import FORMATS, Format, Message
from listeners.words import utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso


def accepts(message: Message, content: Any) -> bool:
    """By topic; or by content: a schema and a date, and no more than GCN's alert words."""
    if not isinstance(content, dict) or "alert_datetime" not in content:
        return False
    return message.topic == "gcn.heartbeat" or set(content) <= {
        "$schema",
        "alert_datetime",
        "alert_type",
        "alert_tense",
    }


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of one heartbeat. Raises FormatError."""
    moment = utc(str(content["alert_datetime"]))
    if moment is None:
        raise FormatError(
            f"{message.label}: a heartbeat's alert_datetime is a time; received {content['alert_datetime']!r}"
        )
    return [
        Event(
            id=f"heartbeat:{iso(moment)}",
            kind="gcn.heartbeat",
            source="gcn.heartbeat",
            received=message.received,
            tense=Tense.UTILITY,
            trigger_time=moment,
            data={"alert_datetime": iso(moment), "tense": "utility", "role": "utility", "parameters": {}},
            raw=message.raw,
        )
    ]


FORMATS.add("heartbeat", Format(order=41, json=True, accepts=accepts, parse=parse))
