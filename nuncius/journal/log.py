"""The append-only log: events, rejects, offsets and blobs. Every function runs inside its caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from nuncius.core.errors import PermanentError
from nuncius.core.event import Event, Tense
from nuncius.journal import tables as t
from nuncius.journal.database import LOCK_LOG, lock
from nuncius.journal.records import Appended, Offset, Reject, Stored

#: Bound parameters in one IN list.
CHUNK = 500


def upsert(connection: Connection, table: Any) -> Any:
    """INSERT in the dialect that can say ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Pieces short enough for one IN list."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def append(connection: Connection, events: Sequence[Event], now: datetime) -> Appended:
    """Store what is new, numbered without gaps.

    The lock is held until the commit, so numbers become visible in their order: a consumer that reads after its
    cursor never passes an event that is committed later.
    """
    lock(connection, LOCK_LOG)
    fresh = {t.clean(event.id): event for event in reversed(events)}  # the first of equal ids stands
    order = dict.fromkeys(t.clean(event.id) for event in events)
    for piece in chunks(list(order)):
        for (known,) in connection.execute(select(t.events.c.id).where(t.events.c.id.in_(piece))):
            del order[known]
    seq = last_seq(connection)
    new = list(range(seq + 1, seq + 1 + len(order)))
    if new:
        rows = [_event_row(number, event_id, fresh[event_id], now) for number, event_id in zip(new, order, strict=True)]
        connection.execute(insert(t.events), rows)
        kept = [fresh[event_id] for event_id in order]
        set_objects(connection, [(n, e.object, e.received) for n, e in zip(new, kept, strict=True) if e.object])
        for event in kept:
            for sha256, content in event.blobs.items():
                if put_blob(connection, content) != sha256:
                    raise PermanentError(f"event {event.id}: blob {sha256!r} is not the SHA-256 of its content")
    return Appended(new=new, duplicates=len(events) - len(new), rejected=0)


def _event_row(seq: int, event_id: str, event: Event, now: datetime) -> dict[str, Any]:
    return {
        "seq": seq,
        "id": event_id,
        "kind": t.clean(event.kind),
        "source": t.clean(event.source),
        "received": event.received,
        "journalled": now,
        "tense": event.tense.value,
        "retraction": event.is_retraction,
        "revision": event.revision,
        "trigger_time": event.trigger_time,
        "content_type": t.clean(event.content_type),
        "data": event.data,
        "raw": event.raw,
    }


def set_objects(connection: Connection, rows: Sequence[tuple[int, str, datetime]]) -> None:
    """Note which object an event (by its number) is about; a later word replaces an earlier one."""
    if rows:
        new = upsert(connection, t.event_objects)
        statement = new.on_conflict_do_update(index_elements=["seq"], set_={"object": new.excluded.object})
        connection.execute(statement, [{"seq": s, "object": t.clean(o), "received": r} for s, o, r in rows])


def stored_events() -> Select[Any]:
    """Events with their objects, in no order yet."""
    return select(t.events, t.event_objects.c.object).outerjoin_from(t.events, t.event_objects)


def to_stored(row: Row[Any]) -> Stored:
    event = Event(
        id=row.id,
        kind=row.kind,
        source=row.source,
        received=row.received,
        tense=Tense(row.tense),
        revision=row.revision,
        object=row.object,
        trigger_time=row.trigger_time,
        data=row.data,
        raw=row.raw,
        content_type=row.content_type,
    )
    return Stored(seq=row.seq, event=event, journalled=row.journalled)


def read(connection: Connection, after: int, limit: int, kinds: Sequence[str]) -> list[Stored]:
    """Events after a number, in order; a kind stands for all below it too."""
    query = stored_events().where(t.events.c.seq > after).order_by(t.events.c.seq).limit(limit)
    if kinds:
        kind = t.events.c.kind
        query = query.where(or_(*(or_(kind == k, kind.startswith(f"{k}.", autoescape=True)) for k in kinds)))
    return [to_stored(row) for row in connection.execute(query)]


def get(connection: Connection, event_id: str) -> Stored | None:
    row = connection.execute(stored_events().where(t.events.c.id == t.clean(event_id))).first()
    return None if row is None else to_stored(row)


def around(connection: Connection, moment: datetime, seconds: float, limit: int | None = None) -> list[Stored]:
    """Events whose trigger time is within `seconds` of a moment, in order of arrival; of more than `limit` those with
    the earliest trigger times."""
    e, margin = t.events.c, timedelta(seconds=seconds)
    query = stored_events().where(e.trigger_time >= moment - margin, e.trigger_time <= moment + margin)
    # In the order of the index: by number, a database would rather walk through the whole log than sort.
    found = [to_stored(row) for row in connection.execute(query.order_by(e.trigger_time, e.seq).limit(limit))]
    return sorted(found, key=lambda stored: stored.seq)


def between(connection: Connection, kind: str, start: datetime, end: datetime | None, upto: int) -> list[Stored]:
    """Events of a kind, or below it, numbered up to `upto`, that happened from `start` to before `end`: by their
    trigger time, or where they have none by when they came."""
    e = t.events.c
    happened = [e.trigger_time >= start] + ([e.trigger_time < end] if end else [])
    came = [e.trigger_time.is_(None), e.received >= start] + ([e.received < end] if end else [])
    below = or_(e.kind == kind, e.kind.startswith(f"{kind}.", autoescape=True))
    query = stored_events().where(e.seq <= upto, below, or_(and_(*happened), and_(*came)))
    return [to_stored(row) for row in connection.execute(query)]


def seq_before(connection: Connection, moment: datetime) -> int:
    """By halving: numbers follow the moments of journalling, which have no index."""
    e = t.events.c
    low, high = 0, last_seq(connection)
    while low < high:
        middle = (low + high + 1) // 2
        at = connection.scalar(select(e.journalled).where(e.seq == middle))
        if at is not None and at < moment:
            low = middle
        else:
            high = middle - 1
    return low


def last_seq(connection: Connection) -> int:
    return int(connection.scalar(select(func.coalesce(func.max(t.events.c.seq), 0))) or 0)


def count(connection: Connection) -> dict[str, int]:
    """Events of each kind."""
    query = select(t.events.c.kind, func.count()).group_by(t.events.c.kind).order_by(t.events.c.kind)
    return {row[0]: row[1] for row in connection.execute(query)}


# --- rejects ---


def reject(connection: Connection, rejects: Sequence[Reject]) -> int:
    """Keep messages that were not understood; the same message twice is one. One that was resolved and fails
    again is open again. Returns how many are new."""
    new = 0
    for item in rejects:
        place = (item.source, item.topic, item.partition, item.offset)
        print_ = hashlib.sha256(repr(place).encode("utf-8", "replace") + item.raw).hexdigest()
        said = {"error": t.clean(item.error), "reason": t.clean(item.reason), "resolved": None}
        known = connection.execute(update(t.rejects).where(t.rejects.c.fingerprint == print_).values(said))
        if known.rowcount:
            continue
        values = {
            "fingerprint": print_,
            "received": item.received,
            "source": t.clean(item.source),
            "topic": t.clean(item.topic),
            "partition": item.partition,
            "offset": item.offset,
            "content_type": t.clean(item.content_type),
            "raw": item.raw,
        }
        connection.execute(insert(t.rejects).values(values | said))
        new += 1
    return new


def rejects(connection: Connection, limit: int, *, open_only: bool) -> list[Reject]:
    """The newest first; of those still open, the oldest first, as a replay wants them."""
    query = select(t.rejects).limit(limit)
    if open_only:
        query = query.where(t.rejects.c.resolved.is_(None)).order_by(t.rejects.c.id)
    else:
        query = query.order_by(t.rejects.c.id.desc())
    names = Reject.__struct_fields__
    return [Reject(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()]


def resolve_reject(connection: Connection, reject_id: int, now: datetime) -> None:
    done = connection.execute(update(t.rejects).where(t.rejects.c.id == reject_id).values(resolved=now))
    if not done.rowcount:
        raise PermanentError(f"no reject has the number {reject_id}")


# --- offsets ---


def set_offsets(connection: Connection, offsets: Sequence[Offset]) -> None:
    """Move offsets forward, never back: a batch redelivered after a crash must not look like progress lost."""
    if not offsets:
        return
    new = upsert(connection, t.offsets)
    old, excluded = t.offsets.c, new.excluded
    later = func.greatest if connection.dialect.name == "postgresql" else func.max
    statement = new.on_conflict_do_update(
        index_elements=["consumer_group", "topic", "partition"],
        set_={
            "next_offset": later(old.next_offset, excluded.next_offset),
            "high": func.coalesce(excluded.high, old.high),
            "updated": later(old.updated, excluded.updated),
        },
    )
    rows = [
        {
            "consumer_group": offset.group,
            "topic": offset.topic,
            "partition": offset.partition,
            "next_offset": offset.next_offset,
            "high": offset.high,
            "updated": offset.updated,
        }
        for offset in offsets
    ]
    connection.execute(statement, rows)


def offsets(connection: Connection) -> list[Offset]:
    order = (t.offsets.c.consumer_group, t.offsets.c.topic, t.offsets.c.partition)
    return [
        Offset(
            group=row.consumer_group,
            topic=row.topic,
            partition=row.partition,
            next_offset=row.next_offset,
            high=row.high,
            updated=row.updated,
        )
        for row in connection.execute(select(t.offsets).order_by(*order))
    ]


# --- blobs ---


def put_blob(connection: Connection, content: bytes) -> str:
    """Keep bytes under their SHA-256, once."""
    sha256 = hashlib.sha256(content).hexdigest()
    if connection.scalar(select(t.blobs.c.size).where(t.blobs.c.sha256 == sha256)) is None:
        row = {"sha256": sha256, "size": len(content), "content": content}
        connection.execute(upsert(connection, t.blobs).on_conflict_do_nothing(), [row])
    return sha256


def blob(connection: Connection, sha256: str) -> bytes:
    content = connection.scalar(select(t.blobs.c.content).where(t.blobs.c.sha256 == sha256))
    if content is None:
        raise PermanentError(f"the journal holds no blob {sha256!r}; was it appended with its event?")
    return bytes(content)
