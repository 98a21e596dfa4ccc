"""Steps of reactions: leased by a worker, renewed while it works, finished in one transaction.

Every function runs inside its caller's transaction. A step waits until the one before it has ended, so at most
one step of a reaction is ever queued or running.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from nuncius.journal import decisions
from nuncius.journal import tables as t
from nuncius.journal.records import LeasedStep, StepOutcome, StoredReaction, StoredStep


def _due(now: datetime) -> ColumnElement[bool]:
    s = t.steps.c
    waiting = and_(s.state == "queued", or_(s.not_before.is_(None), s.not_before <= now))
    abandoned = and_(s.state == "running", or_(s.lease_until.is_(None), s.lease_until <= now))
    return and_(s.state.in_(("queued", "running")), or_(waiting, abandoned))


def any_due(connection: Connection, now: datetime) -> bool:
    """Whether there is a step to take."""
    return connection.scalar(select(t.steps.c.id).where(_due(now)).limit(1)) is not None


def owners(connection: Connection) -> list[str]:
    """Who holds steps."""
    return list(connection.scalars(select(t.steps.c.owner).where(t.steps.c.state == "running").distinct()))


def release(connection: Connection, owner: str, now: datetime) -> int:
    """End the leases of a dead owner; returns how many."""
    s = t.steps.c
    theirs = update(t.steps).where(s.owner == owner, s.state == "running")
    return connection.execute(theirs.values(lease_until=None, updated=now)).rowcount


def lease(connection: Connection, owner: str, now: datetime, lease_s: float, limit: int) -> list[LeasedStep]:
    """Take steps that are due, or whose worker let its lease run out."""
    s = t.steps.c
    query = select(s.id, s.reaction_id, s.position, s.action, s.attempt).join_from(t.steps, t.reactions)
    query = query.where(_due(now)).order_by(s.id).limit(limit)
    rows = connection.execute(query.with_for_update(skip_locked=True)).all()
    if not rows:
        return []
    taken = {"state": "running", "owner": owner, "lease_until": now + timedelta(seconds=lease_s), "updated": now}
    ids, reaction_ids = [row.id for row in rows], [row.reaction_id for row in rows]
    connection.execute(update(t.steps).where(s.id.in_(ids)).values(**taken, attempt=s.attempt + 1))
    begun = update(t.reactions).where(t.reactions.c.id.in_(reaction_ids), t.reactions.c.state == "queued")
    connection.execute(begun.values(state="running", updated=now))
    earlier = _results(connection, reaction_ids)
    found = connection.execute(decisions.stored_reactions().where(t.reactions.c.id.in_(reaction_ids))).mappings()
    reactions = {row["id"]: StoredReaction(**row) for row in found}
    return [
        LeasedStep(
            id=row.id,
            reaction=reactions[row.reaction_id],
            position=row.position,
            action=row.action,
            attempt=row.attempt + 1,
            earlier=earlier.get(row.reaction_id, {}),
        )
        for row in rows
    ]


def _results(connection: Connection, reaction_ids: list[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """Results of finished steps that carry a name, by reaction."""
    s = t.steps.c
    query = select(s.reaction_id, s.action, s.result).where(s.reaction_id.in_(reaction_ids), s.result.is_not(None))
    results: dict[int, dict[str, dict[str, Any]]] = {}
    for row in connection.execute(query.where(s.state.in_(("done", "failed", "skipped"))).order_by(s.position)):
        if name := row.action.get("as"):
            results.setdefault(row.reaction_id, {})[name] = row.result
    return results


def renew(
    connection: Connection,
    step_id: int,
    owner: str,
    now: datetime,
    lease_s: float,
    progress: dict[str, Any] | None = None,
) -> bool:
    """Keep a step, and note how far it is; False: it was lost or cancelled."""
    s = t.steps.c
    mine = update(t.steps).where(s.id == step_id, s.owner == owner, s.state == "running")
    values: dict[str, Any] = {"lease_until": now + timedelta(seconds=lease_s)}
    if progress is not None:
        values["progress"] = progress
    return bool(connection.execute(mine.values(values)).rowcount)


def held(connection: Connection, step_id: int, owner: str) -> Row[Any] | None:
    """The step if this owner still has it; its reaction is locked first, as everywhere."""
    s = t.steps.c
    reaction = select(s.reaction_id).where(s.id == step_id).scalar_subquery()
    connection.execute(select(t.reactions.c.id).where(t.reactions.c.id == reaction).with_for_update())
    mine = select(t.steps).where(s.id == step_id, s.owner == owner, s.state == "running")
    return connection.execute(mine.with_for_update()).first()


def finish(
    connection: Connection,
    step: Row[Any],
    now: datetime,
    outcome: StepOutcome,
    result: dict[str, Any] | None,
    error: str,
    retry_at: datetime | None,
) -> None:
    """End a held step, or queue it again; the next one becomes due, or the reaction ends."""
    s = t.steps.c
    values: dict[str, Any] = {"state": outcome, "not_before": None, "result": result, "error": t.clean(error)}
    if outcome == "retry":
        values |= {"state": "queued", "not_before": retry_at}
    values |= {"owner": None, "lease_until": None, "progress": None, "updated": now}
    connection.execute(update(t.steps).where(s.id == step.id).values(values))
    if outcome == "retry":
        return
    following = (s.reaction_id == step.reaction_id, s.position == step.position + 1, s.state == "waiting")
    if connection.execute(update(t.steps).where(*following).values(state="queued", updated=now)).rowcount:
        return
    failed = select(s.id).where(s.reaction_id == step.reaction_id, s.state == "failed").limit(1)
    end = "done" if connection.scalar(failed) is None else "failed"
    whole = update(t.reactions).where(t.reactions.c.id == step.reaction_id, t.reactions.c.state == "running")
    connection.execute(whole.values(state=end, updated=now))
    slot = connection.scalar(select(t.reactions.c.slot).where(t.reactions.c.id == step.reaction_id))
    decisions.release(connection, str(slot), now)


def of_reaction(connection: Connection, reaction_id: int) -> list[StoredStep]:
    """All steps of a reaction, in order."""
    s = t.steps.c
    query = select(t.steps, s.reaction_id.label("reaction")).where(s.reaction_id == reaction_id).order_by(s.position)
    names = StoredStep.__struct_fields__
    return [StoredStep(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()]
