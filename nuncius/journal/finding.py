"""Looks for objects and firings by what people know of them: the beginning of a name, a time, what came last. Every
question reads a bounded number of rows, however large the journal is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from nuncius.journal import log, objects
from nuncius.journal import tables as t
from nuncius.journal.decisions import stored_reactions
from nuncius.journal.journal import Journal
from nuncius.journal.records import ObjectSummary, Stored, StoredReaction

#: Rows that one question looks at before it gives what it has.
_ROWS, _PAGES = 2000, 10


class Finder:
    """Asks a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def summaries(self, objs: Sequence[str]) -> list[ObjectSummary]:
        """What is known of these objects; those without events are left out."""
        return self._journal.ask(lambda c: objects.summaries(c, objs))

    def named(self, start: str, *, limit: int = 20) -> list[str]:
        """Objects of which a name begins so (normalised spelling)."""
        links = t.object_links.c
        query = select(links.object).where(links.name >= start, links.name < start + "\uffff", ~links.withdrawn)
        rows = self._journal.ask(lambda c: c.scalars(query.order_by(links.name).limit(20 * limit)).all())
        return list(dict.fromkeys(rows))[:limit]

    def between(self, start: datetime, end: datetime, *, limit: int = 50) -> list[str]:
        """Objects whose T0 lies between, then those of which something was heard then, the newest first."""
        e, o = t.events.c, t.event_objects.c

        def work(connection: Connection) -> list[str]:
            timed = (
                select(o.object)
                .join_from(t.event_objects, t.events)
                .where(e.trigger_time >= start, e.trigger_time <= end)
                .order_by(e.trigger_time.desc())
                .limit(_ROWS)
            )
            first, last = log.seq_before(connection, start), log.seq_before(connection, end)
            heard = select(o.object).where(o.seq > first, o.seq <= last).order_by(o.seq.desc()).limit(_ROWS)
            return [*connection.scalars(timed), *connection.scalars(heard)]

        return list(dict.fromkeys(self._journal.ask(work)))[:limit]

    def recent(self, *, before: int | None = None, limit: int = 50) -> tuple[list[str], int | None]:
        """Objects by their newest event, the newest first, and the event number from which to go on (None: that is
        all). An object stands where its newest event does, and nowhere else."""
        return self._journal.ask(lambda c: _recent(c, before, limit))

    def events(self, obj: str, *, before: int | None = None, limit: int = 50) -> list[Stored]:
        """Events of an object, the newest first."""
        query = log.stored_events().where(t.event_objects.c.object == obj)
        if before is not None:
            query = query.where(t.events.c.seq < before)
        query = query.order_by(t.events.c.seq.desc()).limit(limit)
        return self._journal.ask(lambda c: [log.to_stored(row) for row in c.execute(query)])

    def reactions(self, rule: str | None, *, before: int | None = None, limit: int = 50) -> list[StoredReaction]:
        """What rules did, the newest first; without a rule, all but subscriptions, which are their owners' business."""
        r = t.reactions.c
        query = stored_reactions().order_by(r.id.desc()).limit(limit)
        query = query.where(r.rule == rule) if rule is not None else query.where(~r.rule.startswith("subscription-"))
        if before is not None:
            query = query.where(r.id < before)
        return self._journal.ask(lambda c: [StoredReaction(**row) for row in c.execute(query).mappings()])


def _recent(connection: Connection, before: int | None, limit: int) -> tuple[list[str], int | None]:
    o = t.event_objects.c
    found: dict[str, int] = {}
    at = before
    for _ in range(_PAGES):
        query = select(o.seq, o.object).order_by(o.seq.desc()).limit(_ROWS)
        rows = connection.execute(query if at is None else query.where(o.seq < at)).all()
        new = {obj: None for _, obj in rows if obj not in found}
        later = _spoken_of_since(connection, list(new), before) if before is not None else set()
        for seq, obj in rows:
            if obj not in found and obj not in later:
                found[obj] = seq
            if len(found) > limit:
                kept = list(found.items())[:limit]
                return [name for name, _ in kept], kept[-1][1]
        if len(rows) < _ROWS:
            return list(found), None
        at = rows[-1].seq
    return list(found), at


def _spoken_of_since(connection: Connection, objs: Sequence[str], seq: int) -> set[str]:
    """Those of these objects that a newer event is about: they stood on an earlier page."""
    o = t.event_objects.c
    found: set[str] = set()
    for piece in log.chunks(objs):
        found.update(connection.scalars(select(o.object).where(o.object.in_(piece), o.seq >= seq).distinct()))
    return found
