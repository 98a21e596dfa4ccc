"""Avro object container files, as SCiMMA Hopskotch and IGWN send them: their records read as the JSON would be."""

from __future__ import annotations

import io
from typing import Any

import msgspec

from listeners.formats import FORMATS, Format, Message, igwn
from nuncius.core.errors import FormatError
from nuncius.core.event import Event

_MAGIC = b"Obj\x01"
#: A container may hold any number of records; alerts come one at a time.
MAX_RECORDS = 1000


def accepts(message: Message, content: Any) -> bool:
    """Begins with Avro's magic number."""
    return bytes(content[:4]) == _MAGIC


def parse(message: Message, content: bytes) -> list[Event]:
    """The events of the records. Raises FormatError, also for Avro of other kinds (survey alert packets)."""
    import fastavro

    events: list[Event] = []
    try:
        reader = fastavro.reader(io.BytesIO(content))
        schema = reader.writer_schema.get("name", "") if isinstance(reader.writer_schema, dict) else ""
        records = []
        for record in reader:
            records.append(record)
            if len(records) > MAX_RECORDS:
                raise FormatError(f"{message.label}: more than {MAX_RECORDS} Avro records in one message are refused")
    except FormatError:
        raise
    except Exception as error:  # fastavro raises whatever a broken schema or codec leads it to
        raise FormatError(f"{message.label}: not readable Avro: {type(error).__name__}: {error}") from error
    for record in records:
        if not isinstance(record, dict) or not igwn.accepts(message, record):
            raise FormatError(
                f"{message.label}: Avro of schema {schema!r} is no alert that is read here (igwn.gwalert is)"
            )
        typed = msgspec.structs.replace(message, content_type="application/avro")
        events += igwn.parse(typed, record)
    if not events:
        raise FormatError(f"{message.label}: an Avro file of schema {schema!r} without records")
    return events


FORMATS.add("avro", Format(order=20, json=False, accepts=accepts, parse=parse))
