"""From messages of a queue to one transaction of the journal: understood, refused or broken, none is lost.

Works on values; knows neither Kafka nor SQL. A message that cannot be understood is kept with its bytes and its
reason and never stands in the way of the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from listeners.formats import Message
from nuncius.core.errors import ConfigurationError, FormatError, TransientError
from nuncius.core.event import Event
from nuncius.journal import Journal
from nuncius.journal.records import Appended, Offset, Reject

log = logging.getLogger(__name__)

Parse = Callable[[Message], list[Event]]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One message as a queue delivered it."""

    topic: str
    partition: int
    offset: int
    value: bytes
    received: datetime
    content_type: str | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A record and what it turned out to be: events, or a reject."""

    record: Record
    events: list[Event] = []
    reject: Reject | None = None


def understand(record: Record, *, source: str, parse: Parse) -> Taken:
    """Parse one record. Whatever goes wrong is a reject: a parser's own mistake must not stop a topic either."""
    message = Message(raw=record.value, received=record.received, topic=record.topic, content_type=record.content_type)
    try:
        return Taken(record=record, events=parse(message))
    except FormatError as error:
        return Taken(record=record, reject=refused(record, source, error))
    except Exception as error:
        log.exception("a parser failed on %s[%d]@%d", record.topic, record.partition, record.offset)
        return Taken(record=record, reject=refused(record, source, error))


def refused(record: Record, source: str, error: Exception) -> Reject:
    """The record as a reject, for the reason that `error` gives."""
    return Reject(
        received=record.received,
        source=source,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        content_type=record.content_type or "",
        raw=record.value,
        error=type(error).__name__,
        reason=str(error) or repr(error),
    )


def rejected(message: Message, source: str, error: Exception) -> Reject:
    """A message that came by itself, over the web say, as a reject, for the reason that `error` gives."""
    if not isinstance(error, FormatError):
        log.error("a parser failed on %s", message.label, exc_info=error)
    return Reject(
        received=message.received,
        source=source,
        topic=message.name or message.topic or "",
        content_type=message.content_type or "",
        raw=message.raw,
        error=type(error).__name__,
        reason=str(error) or repr(error),
    )


def keep(journal: Journal, batch: Sequence[Taken], *, source: str, offsets: Sequence[Offset]) -> Appended:
    """Append a batch in one transaction. Raises TransientError when it may be tried again: nothing is written then."""
    events = [event for taken in batch for event in taken.events]
    rejects = [taken.reject for taken in batch if taken.reject is not None]
    try:
        return journal.append(events, rejects=rejects, offsets=offsets)
    except (TransientError, ConfigurationError):
        raise
    except Exception:
        log.exception("the journal refused a batch of %d; its messages are tried one by one", len(batch))
        return _one_by_one(journal, batch, source, offsets)


def _one_by_one(journal: Journal, batch: Sequence[Taken], source: str, offsets: Sequence[Offset]) -> Appended:
    """Find the message that the journal cannot take and reject it. When even the reject cannot be written the
    journal itself is broken, and everything is to be tried again."""
    new: list[int] = []
    duplicates = rejected = 0
    for taken in batch:
        try:
            done = journal.append(taken.events, rejects=[taken.reject] if taken.reject else [])
        except (TransientError, ConfigurationError):
            raise
        except Exception as error:
            done = _as_reject(journal, taken, source, error)
        new += done.new
        duplicates, rejected = duplicates + done.duplicates, rejected + done.rejected
    journal.append([], offsets=offsets)
    return Appended(new=new, duplicates=duplicates, rejected=rejected)


def _as_reject(journal: Journal, taken: Taken, source: str, error: Exception) -> Appended:
    try:
        return journal.append([], rejects=[taken.reject or refused(taken.record, source, error)])
    except (TransientError, ConfigurationError):
        raise
    except Exception as worse:
        raise TransientError(f"the journal takes neither events nor rejects: {worse}") from worse
