"""What there is to measure in a journal of any length: only rows written since the last look are read, the rest is
asked by an index. Everything here runs through `Journal.ask`; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, select

from nuncius.journal import consumers, log
from nuncius.journal import tables as t
from nuncius.journal.outbox import waiting_since
from nuncius.journal.statistics import asking

#: Rows of one table that one look reads; what is beyond waits for the next look.
MOST = 20_000
#: Reactions and reports that are watched until they end.
WATCHED = 50_000
_UNDER_WAY = ("queued", "running")
_UNSENT = ("pending", "sending")

#: The way of an event, in order: (stage, from when to when).
STAGES = {
    "journal": "received to journalled",
    "decide": "journalled to decided by the rules",
    "react": "decided to the end of the last action",
    "deliver": "report written to report delivered",
    "total": "event received to report delivered",
}


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """How far was looked: numbers of the last event, decided event, reaction and report; and what had not ended."""

    event: int
    decided: int
    reaction: int
    report: int
    reactions: frozenset[int] = frozenset()
    reports: frozenset[int] = frozenset()


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What was written since the marks before: how often each kind came and each outcome was decided, reactions ended
    (rule, state), and seconds by stage."""

    marks: Marks
    kinds: dict[str, int]
    outcomes: dict[str, int]
    ended: dict[tuple[str, str], int]
    seconds: dict[str, list[float]]


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How many events a consumer has not read, when the oldest of them was journalled, and when it last moved."""

    consumer: str
    events: int
    oldest: datetime | None
    moved: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand now. `reports` counts by (target, state), `oldest` is since when the oldest unfinished step and
    report wait; what waits for a person's answer is not meant."""

    rejects: int
    rejects_open: int
    lags: list[Lag]
    steps: dict[str, int]
    reports: dict[tuple[str, str], int]
    oldest: dict[str, datetime | None]
    waits: int


def begin(connection: Connection, consumer: str) -> Marks:
    """Marks at the end of everything; what is under way is watched."""
    r, o = t.reactions.c, t.outbox.c
    running = connection.scalars(select(r.id).where(r.state.in_(_UNDER_WAY)).limit(WATCHED))
    unsent = connection.scalars(select(o.id).where(o.target.in_(_targets(connection)), o.state.in_(_UNSENT)))
    return Marks(
        event=log.last_seq(connection),
        decided=consumers.cursor(connection, consumer),
        reaction=int(connection.scalar(select(func.max(r.id))) or 0),
        report=int(connection.scalar(select(func.max(o.id))) or 0),
        reactions=frozenset(running),
        reports=frozenset(list(unsent)[:WATCHED]),
    )


def kinds(connection: Connection, upto: int) -> dict[str, int]:
    """Events of each kind, numbered up to `upto`."""
    e = t.events.c
    return _counts(connection, select(e.kind, func.count()).where(e.seq <= upto).group_by(e.kind))


def news(connection: Connection, marks: Marks, consumer: str) -> News:
    """What was written since."""
    last = min(log.last_seq(connection), marks.event + MOST)
    decided = min(consumers.cursor(connection, consumer), marks.decided + MOST)
    e, d = t.events.c, t.decisions.c
    arrived = connection.execute(select(e.kind, e.received, e.journalled).where(e.seq > marks.event, e.seq <= last))
    counts: dict[str, int] = {}
    seconds: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for row in arrived:
        counts[row.kind] = counts.get(row.kind, 0) + 1
        seconds["journal"].append(_since(row.received, row.journalled))
    said = (d.seq > marks.decided, d.seq <= decided)
    outcomes = _counts(connection, select(d.outcome, func.count()).where(*said).group_by(d.outcome))
    first = select(d.seq, func.min(d.decided).label("decided")).where(*said).group_by(d.seq).subquery()
    decisions = select(e.journalled, first.c.decided).join(first, first.c.seq == e.seq)
    seconds["decide"] += [_since(journalled, then) for journalled, then in connection.execute(decisions)]
    reactions, ended = _reactions(connection, marks, seconds["react"])
    reports = _reports(connection, marks, seconds)
    return News(
        marks=Marks(
            event=last,
            decided=decided,
            reaction=max([marks.reaction, *reactions.seen]),
            report=max([marks.report, *reports.seen]),
            reactions=reactions.open,
            reports=reports.open,
        ),
        kinds=counts,
        outcomes=outcomes,
        ended=ended,
        seconds=seconds,
    )


def _counts(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


class _Looked(msgspec.Struct, frozen=True, kw_only=True):
    seen: list[int]
    open: frozenset[int]


def _looked(rows: Sequence[Row[Any]], under_way: Sequence[str]) -> _Looked:
    still = [row.id for row in rows if row.state in under_way]
    return _Looked(seen=[row.id for row in rows], open=frozenset(sorted(still)[-WATCHED:]))


def _reactions(
    connection: Connection, marks: Marks, seconds: list[float]
) -> tuple[_Looked, dict[tuple[str, str], int]]:
    """New reactions and those watched: how the ones that have ended did, and how long the done ones took."""
    r = t.reactions.c
    query = select(r.id, r.rule, r.state, r.created, r.updated)
    rows = _watched(connection, query, r.id, marks.reaction, marks.reactions)
    ended: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.state not in _UNDER_WAY:
            ended[row.rule, row.state] = ended.get((row.rule, row.state), 0) + 1
            if row.state == "done":
                seconds.append(_since(row.created, row.updated))
    return _looked(rows, _UNDER_WAY), ended


def _reports(connection: Connection, marks: Marks, seconds: dict[str, list[float]]) -> _Looked:
    """New reports and those watched: how long the delivered ones took, since they were written and since the event."""
    o, r, e = t.outbox.c, t.reactions.c, t.events.c
    query = select(o.id, o.state, o.created, o.updated, e.received)
    query = query.outerjoin_from(t.outbox, t.reactions, o.reaction_id == r.id).outerjoin(t.events, e.seq == r.seq)
    rows = _watched(connection, query, o.id, marks.report, marks.reports)
    for row in rows:
        if row.state == "delivered":
            seconds["deliver"].append(_since(row.created, row.updated))
            if row.received is not None:
                seconds["total"].append(_since(row.received, row.updated))
    return _looked(rows, _UNSENT)


def _watched(connection: Connection, query: Any, key: Any, after: int, watched: Iterable[int]) -> list[Row[Any]]:
    rows = list(connection.execute(query.where(key > after).order_by(key).limit(MOST)))
    for piece in log.chunks(sorted(watched)):
        rows += connection.execute(query.where(key.in_(piece)))
    return rows


def standing(connection: Connection) -> Standing:
    """How things stand now."""
    s, o, r = t.steps.c, t.outbox.c, t.reactions.c
    last = log.last_seq(connection)
    unfinished = ("waiting", "queued", "running", "failed")
    steps = select(s.state, func.count()).where(s.state.in_(unfinished)).group_by(s.state)
    reports = connection.execute(select(o.target, o.state, func.count()).group_by(o.target, o.state))
    counts = {(row[0], row[1]): row[2] for row in reports}
    targets = sorted({target for target, _ in counts})
    begun = select(func.min(r.created)).join_from(t.steps, t.reactions).where(s.state.in_(unfinished[:3]))
    begun = begun.where(s.reaction_id.not_in(asking()))
    written = select(waiting_since()).where(o.target.in_(targets), o.state.in_(_UNSENT))
    return Standing(
        rejects=int(connection.scalar(select(func.count(t.rejects.c.id))) or 0),
        rejects_open=int(connection.scalar(select(func.count()).where(t.rejects.c.resolved.is_(None))) or 0),
        lags=lags(connection, last),
        steps=_counts(connection, steps),
        reports=counts,
        oldest={"step": connection.scalar(begun), "report": connection.scalar(written)},
        waits=int(connection.scalar(select(func.count()).where(t.waits.c.state == "open")) or 0),
    )


def lags(connection: Connection, last: int) -> list[Lag]:
    """How far each consumer is behind the event numbered `last`."""
    c, e = t.consumers.c, t.events.c
    query = select(c.consumer, c.cursor, c.updated, e.journalled).outerjoin_from(
        t.consumers, t.events, e.seq == c.cursor + 1
    )
    return [
        Lag(consumer=row.consumer, events=max(0, last - row.cursor), oldest=row.journalled, moved=row.updated)
        for row in connection.execute(query.order_by(c.consumer))
    ]


def _targets(connection: Connection) -> list[str]:
    return list(connection.scalars(select(t.outbox.c.target).distinct()))


def _since(begin: datetime, end: datetime) -> float:
    """Seconds between two moments; a clock that was set back meanwhile makes none negative."""
    return max(0.0, (end - begin).total_seconds())
