"""The way of one event through the flow: when each stage had done with it, by the rows that the stages leave."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from nuncius.journal import consumers
from nuncius.journal import tables as t


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How far an event has come. Moments are None where it has not come so far. `understood`, `looked_at`: the graph's
    consumer and the reactors have passed it. `outcomes` are those of rules by name; `waiting` counts reports that are
    still on their way, `told` says when each target had its own, and `error` is the last failure on the way."""

    journalled: datetime
    understood: bool
    looked_at: bool
    decided: datetime | None
    outcomes: dict[str, str]
    acted: datetime | None
    waiting: int
    told: dict[str, datetime]
    error: str = ""


def way(connection: Connection, event_id: str) -> Way | None:
    """The way of the event of that id; None where the journal does not have it."""
    e = t.events.c
    row = connection.execute(select(e.seq, e.journalled).where(e.id == t.clean(event_id))).first()
    if row is None:
        return None
    cursors = consumers.cursors(connection)
    d, r, s, o = t.decisions.c, t.reactions.c, t.steps.c, t.outbox.c
    decided = connection.execute(select(d.rule, d.outcome, d.decided).where(d.seq == row.seq)).all()
    reactions = list(connection.scalars(select(r.id).where(r.seq == row.seq)))
    steps = connection.execute(select(s.state, s.updated, s.error).where(s.reaction_id.in_(reactions))).all()
    reports = connection.execute(
        select(o.target, o.state, o.updated, o.error).where(o.reaction_id.in_(reactions)).order_by(o.id)
    ).all()
    ended = [step.updated for step in steps if step.state in ("done", "failed", "skipped")]
    return Way(
        journalled=row.journalled,
        understood=cursors.get("kg", 0) >= row.seq,
        looked_at=cursors.get("reactors", 0) >= row.seq,
        decided=max((item.decided for item in decided), default=None),
        outcomes={item.rule: item.outcome for item in decided},
        acted=max(ended) if steps and len(ended) == len(steps) else None,
        waiting=sum(report.state in ("pending", "sending") for report in reports),
        told={report.target: report.updated for report in reports if report.state == "delivered"},
        error=next((row.error for row in [*reports, *steps] if row.error), ""),
    )
