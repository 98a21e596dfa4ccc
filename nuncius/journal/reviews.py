"""Questions to people, and what they answered: a step that asks waits in the queue until its time is over or a verdict
makes it due. Every function runs inside its caller's transaction.

A review is `open` while its step waits, then `approved` or `rejected` by a person, `expired` when nobody answered in
time, or `withdrawn` because what it was about was retracted or replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, case, or_, select, update

from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.report import Report
from nuncius.journal import log, outbox
from nuncius.journal import tables as t
from nuncius.journal.records import NewReview, Review, Standing, Verdict

_s = t.steps.c
_r = t.reviews.c
_state = case(
    (_r.verdict != "", _r.verdict),
    (_s.state == "cancelled", "withdrawn"),
    (_s.state.in_(("queued", "running", "waiting")), "open"),
    else_="expired",
)


def ask(connection: Connection, step_id: int, reaction_id: int, review: NewReview, now: datetime) -> None:
    """Keep a question; asked again (after a crash), it stays as it was."""
    values = {
        "step_id": step_id,
        "reaction_id": reaction_id,
        "thread": review.thread,
        "question": review.question,
        "asked": now,
        "due": review.due,
        "verdict": "",
        "by": "",
        "why": "",
    }
    connection.execute(log.upsert(connection, t.reviews).on_conflict_do_nothing(index_elements=["step_id"]), [values])


def get(connection: Connection, review_id: int) -> Review | None:
    """The review of that number, which is its step's."""
    return next(iter(_found(connection, _r.step_id == review_id, limit=1)), None)


def listed(
    connection: Connection, *, open_only: bool, reaction_id: int | None, obj: str | None, limit: int
) -> list[Review]:
    """Reviews, the newest first."""
    conditions: list[Any] = [_state == "open"] if open_only else []
    conditions += [_r.reaction_id == reaction_id] if reaction_id is not None else []
    conditions += [t.reactions.c.object == obj] if obj is not None else []
    return _found(connection, *conditions, limit=limit)


def _found(connection: Connection, *conditions: Any, limit: int) -> list[Review]:
    query = select(t.reviews, _state.label("state"), t.reactions.c.rule, t.reactions.c.object)
    query = query.join(t.steps, _s.id == _r.step_id).join(t.reactions, t.reactions.c.id == _r.reaction_id)
    rows = connection.execute(query.where(*conditions).order_by(_r.step_id.desc()).limit(limit)).mappings()
    same = ("thread", "question", "due", "rule", "object", "asked", "state", "by", "why", "decided")
    return [
        Review(id=row["step_id"], reaction=row["reaction_id"], **{name: row[name] for name in same}) for row in rows
    ]


def decide(connection: Connection, review_id: int, verdict: Verdict, by: str, why: str, now: datetime) -> Review:
    """Answer an open review: its step becomes due. Raises PermanentError where it is not open (any more),
    TransientError in the moment in which its step looks at the clock."""
    found = get(connection, review_id)
    if found is None:
        raise PermanentError(f"no review has the number {review_id}; `nuncius review list` shows those that are open")
    if found.state != "open":
        who = f" by {found.by}" if found.by else ""
        raise PermanentError(f"review {review_id} is not open: it was {found.state}{who}")
    due = update(t.steps).where(_s.id == review_id, _s.state == "queued").values(not_before=None, updated=now)
    if not connection.execute(due).rowcount:
        raise TransientError(f"review {review_id} is being looked at just now; try again in a second")
    row = update(t.reviews).where(_r.step_id == review_id, _r.verdict == "")
    connection.execute(row.values(verdict=verdict, by=t.clean(by), why=t.clean(why), decided=now))
    return msgspec.structs.replace(found, state=verdict, by=by, why=why, decided=now)


def withdraw(connection: Connection, reactions: Sequence[int], state: str, now: datetime) -> None:
    """Take back the open questions of reactions that end as `state`, before their steps do: what was not sent is not
    sent any more, and what people may have seen is edited and says why nobody needs to answer."""
    still = _s.state.in_(("queued", "running", "waiting"))
    asked = select(_r.step_id, _r.reaction_id, _r.question).join(t.steps, _s.id == _r.step_id)
    found = {
        row.step_id: row
        for row in connection.execute(asked.where(_r.reaction_id.in_(reactions), _r.verdict == "", still))
    }
    if not found:
        return
    o = t.outbox.c
    sent = select(t.outbox).where(o.reaction_id.in_({row.reaction_id for row in found.values()})).order_by(o.id)
    for row in connection.execute(sent).mappings().all():
        report = msgspec.convert(row["report"], type=Report)
        if report.asks not in found:
            continue
        if row["state"] == "pending":
            connection.execute(update(t.outbox).where(o.id == row["id"]).values(state="cancelled", updated=now))
        elif row["state"] in ("sending", "delivered"):
            edit = _withdrawn(report, found[report.asks].question, WITHDRAWN.get(state, WITHDRAWN["cancelled"]))
            outbox.enqueue(connection, [(row["target"], edit)], now, reaction_id=row["reaction_id"])


#: Why nobody needs to answer any more, by what became of the reaction that asked.
WITHDRAWN = {
    "retracted": "What it was about was retracted",
    "superseded": "Something newer took its place",
    "cancelled": "What asked it was ended",
}


def _withdrawn(report: Report, question: str, why: str) -> Report:
    title, _, rest = question.partition("\n")
    text = f"{why}: nobody needs to answer.\n\n{rest.strip()}".strip()
    changes: dict[str, Any] = {"key": f"{report.key}/withdrawn", "title": f"Withdrawn: {title}", "text": text}
    return msgspec.structs.replace(report, **changes, asks=0, hint="", caveats=[])


def acknowledge(connection: Connection, reaction_id: int, by: str, why: str, now: datetime) -> bool:
    """Note that somebody has seen it; False where somebody has before."""
    if connection.scalar(select(t.reactions.c.id).where(t.reactions.c.id == reaction_id)) is None:
        raise PermanentError(f"no reaction has the number {reaction_id}")
    values = {"reaction_id": reaction_id, "by": t.clean(by), "why": t.clean(why), "at": now}
    new = log.upsert(connection, t.acknowledgements).on_conflict_do_nothing(index_elements=["reaction_id"])
    return connection.scalar(new.values(values).returning(t.acknowledgements.c.reaction_id)) is not None


def acknowledged(connection: Connection, slot: str, since: datetime) -> bool:
    """Whether somebody has seen a reaction of that slot, or an escalation of one, since then."""
    seen = select(t.acknowledgements.c.reaction_id).join(
        t.reactions, t.reactions.c.id == t.acknowledgements.c.reaction_id
    )
    place = or_(t.reactions.c.slot == slot, t.reactions.c.slot.startswith(f"{slot}/escalation/", autoescape=True))
    return connection.scalar(seen.where(place, t.acknowledgements.c.at >= since).limit(1)) is not None


def standing(connection: Connection, reaction_id: int) -> Standing:
    """What has become of a reaction. Whoever has answered one of its questions has also acknowledged it."""
    state = connection.scalar(select(t.reactions.c.state).where(t.reactions.c.id == reaction_id))
    verdicts = set(connection.scalars(select(_r.verdict).where(_r.reaction_id == reaction_id)))
    seen = select(t.acknowledgements.c.reaction_id).where(t.acknowledgements.c.reaction_id == reaction_id)
    approved, rejected = "approved" in verdicts, "rejected" in verdicts
    return Standing(
        acknowledged=approved or rejected or connection.scalar(seen) is not None,
        approved=approved,
        rejected=rejected,
        done=state == "done",
        failed=state == "failed",
    )
