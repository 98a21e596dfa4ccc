"""The outbox: reports wait here as rows until a target has them. Every function runs inside its caller's transaction.

    pending ──► sending ──► delivered
       │  ▲________│  └───► failed        (given up)
       └──► cancelled                     (retracted before it was sent)

A row that is `sending` when its lease runs out is in doubt: the outward call may or may not have happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Text, and_, case, func, or_, select, type_coerce, update

from nuncius.core.report import Report
from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.database import LOCK_OUTBOX, lock
from nuncius.journal.records import LeasedReport, StoredReport

OPEN = ("pending", "sending")


def enqueue(
    connection: Connection,
    reports: Sequence[tuple[str, Report]],
    now: datetime,
    *,
    reaction_id: int | None = None,
    not_before: datetime | None = None,
) -> int:
    """Add reports for targets, each key once per target; returns how many are new. The lock makes row numbers
    follow the order of commits, on which the order within a thread rests."""
    lock(connection, LOCK_OUTBOX)
    new = 0
    for target, report in reports:
        row = {
            "target": target,
            "key": report.key,
            "thread": report.thread,
            "slot": report.slot,
            "report": report,
            "reaction_id": reaction_id,
            "state": "pending",
            "not_before": not_before,
            "created": now,
            "updated": now,
        }
        statement = log.upsert(connection, t.outbox).on_conflict_do_nothing(index_elements=["target", "key"])
        added = connection.scalar(statement.values(row).returning(t.outbox.c.id))
        if added is not None:
            new += 1
            _overtake(connection, target, report, added, now)
    return new


def _overtake(connection: Connection, target: str, report: Report, added: int, now: datetime) -> None:
    """Of words about work under way (revision 0) only the newest need be said, and none once the work is done."""
    o = t.outbox.c
    before = select(o.id, o.report).where(o.target == target, o.thread == report.thread, o.slot == report.slot)
    waiting = connection.execute(before.where(o.state == "pending", o.id < added)).all()
    stale = [row.id for row in waiting if row.report["revision"] == 0]
    if stale:
        connection.execute(update(t.outbox).where(o.id.in_(stale)).values(state="cancelled", updated=now))


def _due(target: str, now: datetime) -> ColumnElement[bool]:
    o = t.outbox.c
    heads = select(func.min(o.id)).where(o.target == target, o.state.in_(OPEN)).group_by(o.thread)
    return and_(
        o.id.in_(heads),
        o.state.in_(OPEN),
        or_(o.lease_until.is_(None), o.lease_until <= now),
        or_(o.not_before.is_(None), o.not_before <= now),
    )


def waiting_since() -> ColumnElement[datetime]:
    """Since when the report has waited that has waited longest. One that was written for a later hour, that in which
    somebody's quiet hours end say, waits from then on."""
    o = t.outbox.c
    since = case((o.attempt == 0, func.coalesce(o.not_before, o.created)), else_=o.created)
    return func.min(since, type_=o.created.type)


def any_due(connection: Connection, target: str, now: datetime) -> bool:
    """Whether there is a report to take."""
    return connection.scalar(select(t.outbox.c.id).where(_due(target, now)).limit(1)) is not None


def owners(connection: Connection) -> list[str]:
    """Who holds reports."""
    o = t.outbox.c
    return list(connection.scalars(select(o.owner).where(o.owner.is_not(None), o.state.in_(OPEN)).distinct()))


def release(connection: Connection, owner: str, now: datetime) -> int:
    """End the leases of a dead owner; what it was sending is in doubt. Returns how many."""
    o = t.outbox.c
    theirs = update(t.outbox).where(o.owner == owner, o.state.in_(OPEN))
    return connection.execute(theirs.values(owner=None, lease_until=None, updated=now)).rowcount


def lease(
    connection: Connection, owner: str, target: str, now: datetime, lease_s: float, limit: int
) -> list[LeasedReport]:
    """Take reports that are due: of each thread only the first that has not ended."""
    o = t.outbox.c
    query = select(t.outbox).where(_due(target, now))
    rows = connection.execute(query.order_by(o.id).limit(limit).with_for_update(skip_locked=True)).all()
    if rows:
        mine = update(t.outbox).where(o.id.in_([row.id for row in rows]))
        until = now + timedelta(seconds=lease_s)
        connection.execute(mine.values(owner=owner, lease_until=until, attempt=o.attempt + 1, updated=now))
    return [
        LeasedReport(
            id=row.id,
            target=target,
            report=msgspec.convert(row.report, type=Report),
            attempt=row.attempt + 1,
            in_doubt=row.state == "sending",
            # Where an earlier try did a part of it, that is what there is.
            previous=row.reference or _previous(connection, target, row.thread, row.slot, row.id),
        )
        for row in rows
    ]


def _previous(connection: Connection, target: str, thread: str, slot: str, before: int) -> dict[str, Any] | None:
    o = t.outbox.c
    last = select(o.reference).where(o.target == target, o.thread == thread, o.slot == slot, o.state == "delivered")
    reference: dict[str, Any] | None = connection.scalar(last.where(o.id < before).order_by(o.id.desc()).limit(1))
    return reference


def sending(connection: Connection, report_id: int, owner: str, now: datetime) -> bool:
    """Mark that the outward call comes now; False: the lease was lost or the report withdrawn, so do not send."""
    o = t.outbox.c
    mine = update(t.outbox).where(o.id == report_id, o.owner == owner, o.state.in_(OPEN))
    return bool(connection.execute(mine.values(state="sending", updated=now)).rowcount)


def delivered(connection: Connection, report_id: int, now: datetime, reference: dict[str, Any]) -> None:
    """Note that the target has it. True whoever says so: also of a report whose lease went to another meanwhile,
    or that was withdrawn too late, since later edits need its reference."""
    values = {"state": "delivered", "reference": reference, "owner": None, "lease_until": None}
    row = update(t.outbox).where(t.outbox.c.id == report_id)
    connection.execute(row.values(**values, not_before=None, error="", updated=now))


def postpone(
    connection: Connection,
    report_id: int,
    owner: str,
    now: datetime,
    until: datetime,
    error: str,
    *,
    give_up: bool,
    in_doubt: bool,
    reference: dict[str, Any] | None = None,
) -> None:
    """Try again later, or never. The call is known not to have happened, unless it is left `in_doubt`; `reference`
    says what of it was done. Nothing happens when the lease was lost."""
    o = t.outbox.c
    values: dict[str, Any] = {"owner": None, "lease_until": None, "not_before": until, "error": t.clean(error)}
    if give_up:
        values["state"] = "failed"
    elif not in_doubt:
        values["state"] = "pending"
    if reference is not None:
        values["reference"] = reference
    mine = update(t.outbox).where(o.id == report_id, o.owner == owner, o.state.in_(OPEN))
    connection.execute(mine.values(**values, updated=now))


def reports(connection: Connection, thread: str | None, limit: int) -> list[StoredReport]:
    """The newest `limit`, in their order."""
    query = select(t.outbox).order_by(t.outbox.c.id.desc()).limit(limit)
    if thread is not None:
        query = query.where(t.outbox.c.thread == thread)
    return [_stored(row) for row in reversed(connection.execute(query).mappings().all())]


def of_key(connection: Connection, key: str) -> list[StoredReport]:
    """The report of that key, once for each target."""
    query = select(t.outbox).where(t.outbox.c.key == key).order_by(t.outbox.c.id)
    return [_stored(row) for row in connection.execute(query).mappings()]


def _stored(row: RowMapping) -> StoredReport:
    names = StoredReport.__struct_fields__
    return StoredReport(**{name: row[name] for name in names} | {"report": msgspec.convert(row["report"], type=Report)})


# --- threads ---


def thread(connection: Connection, target: str, name: str) -> dict[str, Any] | None:
    place = (t.threads.c.target == target, t.threads.c.thread == name)
    reference: dict[str, Any] | None = connection.scalar(select(t.threads.c.reference).where(*place))
    return reference


def thread_at(connection: Connection, target: str, room: str, place: str) -> str | None:
    # References are a target's own words; those that keep first messages by room call them `heads`.
    query = select(t.threads).where(t.threads.c.target == target)
    words = type_coerce(t.threads.c.reference, Text)
    for row in connection.execute(query.where(words.contains(place, autoescape=True))):
        if row.reference.get("heads", {}).get(room) == place:
            return str(row.thread)
    return None


def change_thread(
    connection: Connection, target: str, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    lock(connection, LOCK_OUTBOX)
    set_thread(connection, target, name, change(thread(connection, target, name) or {}))


def set_thread(connection: Connection, target: str, name: str, reference: dict[str, Any]) -> None:
    new = log.upsert(connection, t.threads).values(target=target, thread=name, reference=reference)
    connection.execute(
        new.on_conflict_do_update(index_elements=["target", "thread"], set_={"reference": new.excluded.reference})
    )
