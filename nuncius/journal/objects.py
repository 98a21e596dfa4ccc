"""Which astrophysical object an event is about: links from names, and what is known of each object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from nuncius.core.errors import PermanentError
from nuncius.core.event import Tense
from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.records import ObjectLink, ObjectSummary, Stored


def link(connection: Connection, links: Sequence[ObjectLink]) -> None:
    """Note claims; the same claim again may withdraw or restore it."""
    if links:
        new = log.upsert(connection, t.object_links)
        statement = new.on_conflict_do_update(
            index_elements=["name", "object", "event_id"],
            set_={"how": new.excluded.how, "withdrawn": new.excluded.withdrawn},
        )
        fields = ("name", "object", "event_id", "how")
        rows = [{f: t.clean(getattr(item, f)) for f in fields} | {"withdrawn": item.withdrawn} for item in links]
        connection.execute(statement, rows)


def objects_of(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    """The object of each name that has one; among standing claims about a name the oldest counts."""
    links = t.object_links.c
    query = select(links.name, links.object).where(links.withdrawn.is_(False)).order_by(links.id.desc())
    kept = {name: t.clean(name) for name in names}
    known: dict[str, str] = {}
    for piece in log.chunks(list(dict.fromkeys(kept.values()))):
        known.update((name, obj) for name, obj in connection.execute(query.where(links.name.in_(piece))))
    return {name: known[as_kept] for name, as_kept in kept.items() if as_kept in known}


def names_of(connection: Connection, obj: str) -> list[ObjectLink]:
    """All claims about an object, oldest first, withdrawn ones too."""
    links = t.object_links.c
    query = select(links.name, links.object, links.event_id, links.how, links.withdrawn)
    rows = connection.execute(query.where(links.object == obj).order_by(links.id)).mappings()
    return [ObjectLink(**row) for row in rows]


def set_object(connection: Connection, assignments: Sequence[tuple[int, str]]) -> None:
    """Say which object events (by number) are about."""
    received: dict[int, datetime] = {}
    for piece in log.chunks([seq for seq, _ in assignments]):
        query = select(t.events.c.seq, t.events.c.received).where(t.events.c.seq.in_(piece))
        received.update((seq, moment) for seq, moment in connection.execute(query))
    missing = [seq for seq, _ in assignments if seq not in received]
    if missing:
        raise PermanentError(f"no event has the number {missing[0]}; an object can be given to journalled events only")
    log.set_objects(connection, [(seq, obj, received[seq]) for seq, obj in assignments])


def events_of(connection: Connection, obj: str) -> list[Stored]:
    query = log.stored_events().where(t.event_objects.c.object == obj).order_by(t.events.c.seq)
    return [log.to_stored(row) for row in connection.execute(query)]


def retractions(connection: Connection, objs: Sequence[str]) -> dict[str, list[Stored]]:
    """Retractions of each of these objects, in order; objects without any are left out."""
    found: dict[str, list[Stored]] = {}
    for piece in log.chunks(objs):
        query = log.stored_events().where(t.event_objects.c.object.in_(piece), t.events.c.retraction)
        for row in connection.execute(query.order_by(t.events.c.seq)):
            stored = log.to_stored(row)
            found.setdefault(str(stored.event.object), []).append(stored)
    return found


def objects(connection: Connection, limit: int, before: datetime | None) -> list[ObjectSummary]:
    """The objects spoken of last, newest first; `before` pages on from the `updated` of the last one seen."""
    newest = func.max(t.event_objects.c.received)
    query = select(t.event_objects.c.object, newest).group_by(t.event_objects.c.object)
    if before is not None:
        query = query.having(newest < before)
    return summaries(connection, [obj for obj, _ in connection.execute(query.order_by(newest.desc()).limit(limit))])


def summaries(connection: Connection, found: Sequence[str]) -> list[ObjectSummary]:
    """What is known of these objects, in their order; those without events are left out."""
    names: dict[str, dict[str, None]] = {}
    rows: dict[str, list[Any]] = {}
    for piece in log.chunks(found):
        links = t.object_links.c
        standing = select(links.object, links.name).where(links.object.in_(piece), links.withdrawn.is_(False))
        for obj, name in connection.execute(standing.order_by(links.id)):
            names.setdefault(obj, {})[name] = None
        e, o = t.events.c, t.event_objects.c
        told = select(o.object, e.seq, e.kind, e.tense, e.retraction, e.trigger_time, e.received)
        for row in connection.execute(told.join_from(t.event_objects, t.events).where(o.object.in_(piece))):
            rows.setdefault(row.object, []).append(row)
    return [
        _summary(obj, list(names.get(obj, ())), sorted(rows[obj], key=lambda row: row.seq))
        for obj in found
        if obj in rows
    ]


def _summary(obj: str, names: list[str], rows: list[Any]) -> ObjectSummary:
    return ObjectSummary(
        object=obj,
        names=names,
        first_seq=rows[0].seq,
        last_seq=rows[-1].seq,
        events=len(rows),
        trigger_time=next((row.trigger_time for row in rows if row.trigger_time), None),
        tenses=[Tense(word) for word in dict.fromkeys(row.tense for row in rows)],
        retracted=_retracted(rows),
        updated=max(row.received for row in rows),
    )


def _retracted(rows: Iterable[Any]) -> bool:
    """Whether each mission's last notice is a retraction; circulars, results and facts announce nothing."""
    last: dict[str, bool] = {}
    for row in rows:
        if row.kind.startswith("gcn.notice."):
            last[row.kind.split(".")[2]] = row.retraction
        elif row.kind.startswith("lvk.alert"):
            last["lvk"] = row.retraction
    return bool(last) and all(last.values())
