"""What a page shows at a glance: counts, what runs, what was spoken of last. Every question is answered from an index
or reads a bounded number of rows, because each open page asks whenever anything changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, text

from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.journal import Journal
from nuncius.journal.statistics import asking

#: Reports that are looked through for the threads spoken of last.
_ROWS = 5000


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Events of the log, reports that are not delivered yet or never will be, and messages not understood."""

    events: int
    waiting: int
    failed: int
    rejects: int


class RunningStep(msgspec.Struct, frozen=True, kw_only=True):
    """An analysis that runs now, for which object (an IRI), since when, and what it says of how far it is."""

    id: int
    rule: str
    object: str | None
    action: dict[str, Any]
    attempt: int
    since: datetime
    progress: dict[str, Any] | None


class Glance:
    """Asks a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def counts(self) -> Counts:
        """How much there is, and what is left to do."""
        return self._journal.ask(_counts)

    def objects(self) -> int:
        """How many objects anything is known of. Looks at every row of an index: ask seldom."""
        count = select(func.count(t.event_objects.c.object.distinct()))
        return int(self._journal.ask(lambda c: c.scalar(count)) or 0)

    def running(self, *, limit: int = 20) -> list[RunningStep]:
        """Steps that run now, the longest-running first; those of people's own subscriptions are their own business."""
        s, r = t.steps.c, t.reactions.c
        query = (
            select(s.id, r.rule, r.object, s.action, s.attempt, s.updated.label("since"), s.progress)
            .join_from(t.steps, t.reactions, s.reaction_id == r.id)
            .where(s.state == "running", ~r.rule.startswith("subscription-"))
            .order_by(s.id)
            .limit(limit)
        )
        return [RunningStep(**row) for row in self._journal.ask(lambda c: c.execute(query).mappings().all())]

    def queued(self) -> int:
        """Steps that wait for a worker; not those that wait for a moment or for a person."""
        s = t.steps.c
        query = select(func.count()).select_from(t.steps).where(s.state == "queued", s.not_before.is_(None))
        query = query.where(s.reaction_id.not_in(asking()))
        return int(self._journal.ask(lambda c: c.scalar(query)) or 0)

    def threads(self, *, limit: int) -> list[str]:
        """Threads by their newest report, the newest first."""
        o = t.outbox.c
        query = select(o.thread).where(o.state != "cancelled").order_by(o.id.desc()).limit(_ROWS)
        return list(dict.fromkeys(self._journal.ask(lambda c: c.scalars(query).all())))[:limit]

    def stamps(self, threads: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """For each thread values that change whenever a report of it or an event about it is written or changes."""
        o, e = t.outbox.c, t.event_objects.c

        def work(connection: Connection) -> dict[str, tuple[Any, ...]]:
            found: dict[str, tuple[Any, ...]] = dict.fromkeys(threads, ())
            for piece in log.chunks(threads):
                told = select(o.thread, func.max(o.id), func.count(), func.max(o.updated)).where(o.thread.in_(piece))
                for thread, *values in connection.execute(told.group_by(o.thread)):
                    found[thread] += tuple(values)
                heard = select(e.object, func.max(e.seq), func.count()).where(e.object.in_(piece)).group_by(e.object)
                for thread, *values in connection.execute(heard):
                    found[thread] += tuple(values)
            return found

        return self._journal.ask(work)


def _counts(connection: Connection) -> Counts:
    o, r = t.outbox.c, t.rejects.c
    unfinished = select(o.state, func.count()).where(text(t.UNFINISHED)).group_by(o.state)
    states: dict[str, int] = {row[0]: row[1] for row in connection.execute(unfinished)}
    rejects = select(func.count()).select_from(t.rejects).where(r.resolved.is_(None))
    return Counts(
        events=log.last_seq(connection),
        waiting=states.get("pending", 0) + states.get("sending", 0),
        failed=states.get("failed", 0),
        rejects=int(connection.scalar(rejects) or 0),
    )
