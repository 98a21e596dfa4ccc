"""The envelope that everything travels in: a notice, a circular, a paper, a timer or a result is one `Event`.

Maps one-to-one to CloudEvents 1.0. The normalised content is `data`, in the words of the GCN unified schema;
`docs/events.md` lists them. The bytes as received stay beside it in `raw`.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from nuncius.core.errors import FormatError


class Tense(StrEnum):
    """What an event says about the sky, in one word. Test, injection and utility win over the others: a
    retraction of a mock alert is TEST, and `data["alert_type"]` still says `retraction`."""

    INITIAL = "initial"
    UPDATE = "update"
    RETRACTION = "retraction"
    TEST = "test"
    INJECTION = "injection"
    UTILITY = "utility"  # pointing directions, heartbeats: nothing was seen
    COMMANDED = "commanded"
    PLANNED = "planned"
    ARCHIVAL = "archival"


#: Tenses of events that are about something really seen in the sky.
REAL = frozenset({Tense.INITIAL, Tense.UPDATE, Tense.RETRACTION, Tense.ARCHIVAL})


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that arrived or happened.

    `id` is derived from content and stable (an IVORN, `circular:34926/2`): the same message twice is one event.
    `object` is the IRI of the astrophysical event it is about, once known. `trigger_time` (T0) and `received`
    are UTC. `data` holds JSON values only, numbers as floats; `blobs` holds large binary parts by SHA-256
    (sky maps), which `data` refers to and which never enter JSON.
    """

    id: str
    kind: str
    source: str
    received: datetime
    tense: Tense = Tense.INITIAL
    revision: int = 0
    object: str | None = None
    trigger_time: datetime | None = None
    data: dict[str, Any] = {}
    raw: bytes = b""
    content_type: str = "application/json"
    blobs: dict[str, bytes] = {}

    @property
    def is_real(self) -> bool:
        """About something really seen: not a test, an injection, a plan or a housekeeping message."""
        return self.tense in REAL

    @property
    def is_retraction(self) -> bool:
        """Takes back what was said before, in a real or in a mock sequence."""
        return self.tense is Tense.RETRACTION or self.data.get("alert_type") == "retraction"

    def is_a(self, kind: str) -> bool:
        """Whether the event is of that kind or below it: `gcn.notice.fermi.gbm` is a `gcn.notice`."""
        return self.kind == kind or self.kind.startswith(kind + ".")


def content_id(prefix: str, raw: bytes) -> str:
    """An id for a message that carries none: the prefix and 128 bits of the SHA-256 of its bytes."""
    return f"{prefix}:{hashlib.sha256(raw).hexdigest()[:32]}"


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, microseconds only where there are any."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_json(event: Event, *, with_raw: bool = False) -> bytes:
    """One JSON object without line breaks; `raw` (base64) only on request, blobs never."""
    out: dict[str, Any] = {
        "id": event.id,
        "kind": event.kind,
        "source": event.source,
        "object": event.object,
        "trigger_time": iso(event.trigger_time),
        "received": iso(event.received),
        "tense": event.tense.value,
        "revision": event.revision,
        "data": event.data,
        "content_type": event.content_type,
    }
    if with_raw:
        out["raw"] = base64.b64encode(event.raw).decode("ascii")
    return msgspec.json.encode(out)


def from_json(line: bytes | str) -> Event:
    """The inverse of `to_json`; raises FormatError naming the field that is wrong."""
    try:
        return msgspec.json.decode(line, type=Event)
    except msgspec.DecodeError as error:
        raise FormatError(f"not an event: {error}; received {line[:120]!r}") from error


def to_cloudevent(event: Event) -> dict[str, Any]:
    """CloudEvents 1.0, structured mode (https://github.com/cloudevents/spec); our extras are extensions."""
    cloud: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "type": event.kind,
        "source": event.source,
        "time": iso(event.received),
        "subject": event.object,
        "datacontenttype": "application/json",
        "data": event.data,
        "tense": event.tense.value,
        "revision": event.revision,
        "triggertime": iso(event.trigger_time),
    }
    return {key: value for key, value in cloud.items() if value is not None}


def from_cloudevent(cloud: dict[str, Any], *, received: datetime) -> Event:
    """An event from a CloudEvent; `received` stands in where it carries no time. Raises FormatError."""
    try:
        if cloud["specversion"] != "1.0":
            raise FormatError(f"CloudEvents specversion {cloud['specversion']!r}; this reads 1.0")
        return msgspec.convert(
            {
                "id": cloud["id"],
                "kind": cloud["type"],
                "source": cloud["source"],
                "object": cloud.get("subject"),
                "received": cloud.get("time") or received,
                "trigger_time": cloud.get("triggertime"),
                "tense": cloud.get("tense", "initial"),
                "revision": cloud.get("revision", 0),
                "data": cloud.get("data") or {},
            },
            type=Event,
            strict=False,
        )
    except KeyError as error:
        raise FormatError(f"a CloudEvent needs {error}; received keys {sorted(cloud)}") from error
    except msgspec.ValidationError as error:
        raise FormatError(f"CloudEvent {cloud.get('id')!r}: {error}") from error
