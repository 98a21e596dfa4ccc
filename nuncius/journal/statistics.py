"""What `nuncius status` shows of the journal: rows, states, lags. Runs in the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, Select, func, select, text

from nuncius.journal import consumers, log, outbox, schema
from nuncius.journal import tables as t


def statistics(connection: Connection) -> dict[str, Any]:
    """Plain JSON values. Times are ISO texts; `lag` is in events."""
    last = log.last_seq(connection)
    return {
        "revision": schema.revision(connection),
        "bytes": _size(connection),
        "events": {"total": last, "last_seq": last, "kinds": log.count(connection)},
        "rejects": {"total": _count(connection, t.rejects), "open": _count(connection, t.rejects, resolved=None)},
        "blobs": {"total": _count(connection, t.blobs), "bytes": _sum(connection, t.blobs.c.size)},
        "objects": int(connection.scalar(select(func.count(t.event_objects.c.object.distinct()))) or 0),
        "consumers": {
            name: {"cursor": cursor, "lag": max(0, last - cursor)}
            for name, cursor in sorted(consumers.cursors(connection).items())
        },
        "decisions": _by(connection, t.decisions.c.outcome),
        "reactions": _by(connection, t.reactions.c.state),
        "steps": _by(connection, t.steps.c.state),
        "outbox": _by(connection, t.outbox.c.state),
        "oldest_pending_report": _oldest(connection),
        "oldest_due_step": _oldest_step(connection),
        "waits": _by(connection, t.waits.c.state),
        "feeds": _count(connection, t.feeds),
    }


def unfinished(connection: Connection) -> dict[str, int]:
    """How many steps and reports have not ended yet. What waits for a person's answer is not waited for here."""
    steps = select(func.count()).where(t.steps.c.state.in_(("waiting", "queued", "running")))
    steps = steps.where(t.steps.c.reaction_id.not_in(asking()))
    reports = select(func.count()).where(t.outbox.c.state.in_(("pending", "sending")))
    return {"steps": int(connection.scalar(steps) or 0), "reports": int(connection.scalar(reports) or 0)}


def asking() -> Select[Any]:
    """Reactions with a question that nobody has answered."""
    asking = t.steps.alias()
    unanswered = select(t.reviews.c.reaction_id).join(asking, t.reviews.c.step_id == asking.c.id)
    return unanswered.where(t.reviews.c.verdict == "", asking.c.state == "queued")


def outcomes(connection: Connection) -> list[tuple[str, str, int]]:
    """(rule, outcome, how often) over all decisions."""
    rule, outcome = t.decisions.c.rule, t.decisions.c.outcome
    query = select(rule, outcome, func.count()).group_by(rule, outcome).order_by(rule, outcome)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _count(connection: Connection, table: Any, **equal: Any) -> int:
    return int(connection.scalar(select(func.count()).select_from(table).filter_by(**equal)) or 0)


def _sum(connection: Connection, column: Column[Any]) -> int:
    return int(connection.scalar(select(func.coalesce(func.sum(column), 0))) or 0)


def _by(connection: Connection, column: Column[Any]) -> dict[str, int]:
    rows = connection.execute(select(column, func.count()).group_by(column).order_by(column))
    return {row[0]: row[1] for row in rows}


def _oldest(connection: Connection) -> str | None:
    """Since when the oldest report has waited that is not delivered yet."""
    oldest = connection.scalar(select(outbox.waiting_since()).where(t.outbox.c.state.in_(outbox.OPEN)))
    return None if oldest is None else oldest.isoformat()


def _oldest_step(connection: Connection) -> str | None:
    """Since when the oldest step has waited that nobody has taken; one that waits for a moment is not meant."""
    s = t.steps.c
    oldest = connection.scalar(select(func.min(s.updated)).where(s.state == "queued", s.not_before.is_(None)))
    return None if oldest is None else oldest.isoformat()


def _size(connection: Connection) -> int:
    """Bytes of the database on disk."""
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    pages, size = connection.scalar(text("PRAGMA page_count")), connection.scalar(text("PRAGMA page_size"))
    return int(pages or 0) * int(size or 0)
