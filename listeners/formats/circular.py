"""GCN Circulars: JSON of the archive and of Kafka, and the older text with TITLE, NUMBER, SUBJECT, DATE, FROM.

E-mail addresses are left out of the data; the bytes as received keep them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from listeners.formats import FORMATS, Format, Message
from listeners.words import floats
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso

_ADDRESS = re.compile(r"\s*<?[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}>?")
_TEXT = re.compile(rb"\A\s*TITLE:\s+GCN (?:GRB OBSERVATION REPORT|CIRCULAR)\s*\n", re.IGNORECASE)
_FIELD = re.compile(r"^([A-Z]+):[ \t]*(.*)$")
_RETRACTS = re.compile(r"\bretract(?:ion|ed|s)?\b", re.IGNORECASE)
#: Takes back the object itself; any other "retraction" in a subject may be of one result only.
_RETRACTS_OBJECT = re.compile(r"retraction of (?:the )?GW ", re.IGNORECASE)
_KNOWN = frozenset(
    {"circularId", "subject", "body", "createdOn", "submitter", "eventId", "version", "$schema", "email", "editedBy"}
)


def accepts(message: Message, content: Any) -> bool:
    """JSON with a circular's number and body."""
    return isinstance(content, dict) and "circularId" in content and "body" in content


def accepts_text(message: Message, content: Any) -> bool:
    """Text that opens with a circular's title line."""
    return _TEXT.match(content[:200]) is not None


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of one circular, each version its own. Raises FormatError."""
    number = content["circularId"]
    # Early circulars have fractional numbers where two were given the same one.
    if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 1:
        raise FormatError(f"{message.label}: a circular's circularId is a number; received {number!r}")
    subject, body = content.get("subject"), content.get("body")
    if not isinstance(subject, str) or not isinstance(body, str):
        raise FormatError(f"{message.label}: circular {number} needs subject and body as text")
    version = content.get("version") or 1
    if not isinstance(version, int):
        raise FormatError(f"{message.label}: circular {number} has version {version!r}; a whole number is expected")
    number = int(number) if number == int(number) else number
    names = content.get("eventId")
    data: dict[str, Any] = {
        "subject": subject,
        "body": body,
        "circular": number,
        "version": version,
        "ids": [],
        "event_name": [names.strip()] if isinstance(names, str) and names.strip() else [],
        "role": "observation",
        "url": f"https://gcn.nasa.gov/circulars/{number}" + (f"/{version}" if version > 1 else ""),
        "parameters": {k: floats(v) for k, v in content.items() if k not in _KNOWN},
    }
    submitter = content.get("submitter")
    if isinstance(submitter, str):
        data["submitter"] = _ADDRESS.sub("", submitter).strip()
    created = _created(content.get("createdOn"))
    if created is not None:
        data["created"] = iso(created)
    tense = Tense.UPDATE if version > 1 else Tense.INITIAL
    if _RETRACTS.search(subject):
        data["mentions_retraction"] = True
        tense = Tense.RETRACTION if _RETRACTS_OBJECT.search(subject) else tense
    data["tense"] = tense.value
    return [
        Event(
            id=f"circular:{number}/{version}",
            kind="gcn.circular",
            source="gcn.circulars",
            received=message.received,
            tense=tense,
            revision=version,
            data=data,
            raw=message.raw,
            content_type=message.content_type or "application/json",
        )
    ]


def _created(value: Any) -> datetime | None:
    """Milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 32_503_680_000_000:
        return None
    return datetime.fromtimestamp(value / 1000.0, UTC)


def parse_text(message: Message, content: bytes) -> list[Event]:
    """A circular as it was sent by e-mail until 2023."""
    text = content.decode("utf-8", errors="replace").replace("\r\n", "\n").lstrip()
    head, _, body = text.partition("\n\n")
    fields = {m[1]: m[2].strip() for line in head.split("\n") if (m := _FIELD.match(line))}
    number = fields.get("NUMBER", "")
    if not number.isdigit() or "SUBJECT" not in fields:
        raise FormatError(f"{message.label}: a circular's text needs NUMBER and SUBJECT; received {sorted(fields)}")
    created = None
    for pattern in ("%y/%m/%d %H:%M:%S", "%y/%m/%d %H:%M"):
        try:
            created = datetime.strptime(fields.get("DATE", "").removesuffix("GMT").strip(), pattern).replace(tzinfo=UTC)
            break
        except ValueError:
            continue
    record = {
        "circularId": int(number),
        "subject": fields["SUBJECT"],
        "body": body.lstrip("\n"),
        "submitter": fields.get("FROM", ""),
        "createdOn": created.timestamp() * 1000.0 if created else None,
    }
    return parse(message, record)


FORMATS.add("circular", Format(order=42, json=True, accepts=accepts, parse=parse))
FORMATS.add("circular.text", Format(order=50, json=False, accepts=accepts_text, parse=parse_text))
