"""What rules decided: decisions, the reactions they ask for, what these replace and what is taken back.

Every function runs inside its caller's transaction. In PostgreSQL rows are locked reaction first, steps after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, insert, or_, select, update

from nuncius.core.errors import PermanentError
from nuncius.journal import consumers, log
from nuncius.journal import tables as t
from nuncius.journal.database import LOCK_REACTIONS, lock
from nuncius.journal.records import Decided, NewReaction, Retraction, StoredDecision, StoredReaction

#: States of steps that have not ended.
OPEN_STEPS = ("waiting", "queued", "running")


def decide(connection: Connection, consumer: str, upto_seq: int, batch: Sequence[Decided], now: datetime) -> list[int]:
    """Store what a consumer decided up to an event and move its cursor there.

    Events at or before its cursor were decided already, by this process before a crash or by another one: they
    are passed over, so that a batch done twice counts once. Returns the numbers of new reactions.
    """
    lock(connection, LOCK_REACTIONS)
    done = consumers.hold(connection, consumer, now)
    batch = [item for item in batch if item.seq > done]
    ids = _event_ids(connection, [item.seq for item in batch])
    rows = [
        {
            "consumer": consumer,
            "seq": item.seq,
            "rule": decision.rule,
            "rule_hash": decision.rule_hash,
            "outcome": decision.outcome,
            "reason": t.clean(decision.reason),
            "trace": decision.trace,
            "decided": now,
        }
        for item in batch
        for decision in item.decisions
    ]
    if rows:
        connection.execute(insert(t.decisions), rows)
    created: list[int] = []
    for seq, retracts, wanted in _groups(batch):
        for retraction in retracts:
            created += _retract(connection, retraction, seq, ids[seq], now)
        created += _react(connection, wanted, now)
    consumers.advance(connection, consumer, upto_seq, now)
    return created


def _groups(batch: Sequence[Decided]) -> Iterator[tuple[int, list[Retraction], list[tuple[int, NewReaction]]]]:
    """Parts of a batch that can be stored at once, in order: first what an event retracts, then reactions in
    slots that are all different and before the next retraction."""
    seq, retracts, wanted, slots = 0, list[Retraction](), list[tuple[int, NewReaction]](), set[str]()
    for item in batch:
        if item.retracts:
            yield seq, retracts, wanted
            seq, retracts, wanted, slots = item.seq, item.retracts, [], set()
        for reaction in item.reactions:
            if reaction.slot in slots:
                yield seq, retracts, wanted
                seq, retracts, wanted, slots = item.seq, [], [], set()
            wanted.append((item.seq, reaction))
            slots.add(reaction.slot)
    yield seq, retracts, wanted


def _event_ids(connection: Connection, seqs: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for piece in log.chunks(seqs):
        query = select(t.events.c.seq, t.events.c.id).where(t.events.c.seq.in_(piece))
        found.update((seq, event_id) for seq, event_id in connection.execute(query))
    missing = [seq for seq in seqs if seq not in found]
    if missing:
        raise PermanentError(f"no event has the number {missing[0]}; decide about journalled events only")
    return found


def _react(connection: Connection, wanted: Sequence[tuple[int, NewReaction]], now: datetime) -> list[int]:
    """Create reactions whose keys are new, and end what is unfinished in their slots."""
    r = t.reactions.c
    created: list[int] = []
    for piece in log.chunks(wanted):
        known = set(connection.scalars(select(r.key).where(r.key.in_([reaction.key for _, reaction in piece]))))
        fresh = {reaction.key: (seq, reaction) for seq, reaction in reversed(piece) if reaction.key not in known}
        slots = [reaction.slot for _, reaction in fresh.values()]
        in_slots = (r.slot.in_(slots), r.retracts.is_(None))
        unfinished = select(r.id).where(*in_slots, r.state.in_(("queued", "running"))).with_for_update()
        _end(connection, list(connection.scalars(unfinished)), "superseded", now)
        before = {
            row[0]: row[1] for row in connection.execute(select(r.slot, func.count()).where(*in_slots).group_by(r.slot))
        }
        rows = [
            _row(reaction, seq, now, revision=1 + before.get(reaction.slot, 0), retracts=None)
            for seq, reaction in reversed(fresh.values())
        ]
        created += _create(connection, rows, now)
    return created


def _row(wanted: NewReaction, seq: int, now: datetime, *, revision: int, retracts: int | None) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in NewReaction.__struct_fields__} | {
        "seq": seq,
        "state": "queued" if wanted.actions else "done",
        "revision": revision,
        "retracts": retracts,
        "created": now,
        "updated": now,
    }


def _create(connection: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> list[int]:
    """Insert reactions, whose keys are known to be new, with their steps; returns their numbers."""
    if not rows:
        return []
    connection.execute(insert(t.reactions), rows)
    found = select(t.reactions.c.key, t.reactions.c.id).where(t.reactions.c.key.in_([row["key"] for row in rows]))
    numbers = {row.key: row.id for row in connection.execute(found)}
    steps = [
        {
            "reaction_id": numbers[row["key"]],
            "position": position,
            "action": action,
            "state": "waiting" if position else "queued",
            "updated": now,
        }
        for row in rows
        for position, action in enumerate(row["actions"])
    ]
    if steps:
        connection.execute(insert(t.steps), steps)
    return [numbers[row["key"]] for row in rows]


def _end(connection: Connection, reactions: Sequence[int], state: str, now: datetime) -> None:
    """End reactions before their time. A running step is cancelled in its row, which its worker finds out when
    it renews its lease or tries to finish."""
    for piece in log.chunks(reactions):
        ended = update(t.reactions).where(t.reactions.c.id.in_(piece))
        connection.execute(ended.values(state=state, updated=now))
        open_steps = update(t.steps).where(t.steps.c.reaction_id.in_(piece), t.steps.c.state.in_(OPEN_STEPS))
        connection.execute(open_steps.values(state="cancelled", updated=now))


def _retract(connection: Connection, retraction: Retraction, seq: int, event_id: str, now: datetime) -> list[int]:
    """Take back what was done about an object on the retracting mission's word, and queue each reaction's own
    follow-up.

    A failed reaction counts too when it had already said something.
    """
    r = t.reactions.c
    spoke = exists().where(t.outbox.c.reaction_id == r.id)
    standing = or_(r.state.in_(("queued", "running", "done")), (r.state == "failed") & spoke)
    query = select(t.reactions).where(r.object == retraction.object, r.retracts.is_(None), standing)
    found = connection.execute(query.order_by(r.id).with_for_update())
    rows = [row for row in found if retraction.covers(row.context.get("mission"))]
    reactions = [row.id for row in rows]
    _end(connection, reactions, "retracted", now)
    for piece in log.chunks(reactions):
        unsent = update(t.outbox).where(t.outbox.c.reaction_id.in_(piece), t.outbox.c.state == "pending")
        connection.execute(unsent.values(state="cancelled", updated=now))
    follow_ups = [
        _row(_follow_up(row, event_id), seq, now, revision=row.revision, retracts=row.id)
        for row in rows
        if row.on_retract
    ]
    return _create(connection, follow_ups, now)


def _follow_up(row: Row[Any], event_id: str) -> NewReaction:
    return NewReaction(
        slot=row.slot,
        key=f"retract:{row.id}:{event_id}",
        rule=row.rule,
        rule_hash=row.rule_hash,
        object=row.object,
        per=row.per,
        severity=row.severity,
        actions=row.on_retract,
        context=row.context | {"retracted_by": event_id},
    )


# --- looking at them ---


def decisions(connection: Connection, event_id: str | None, rule: str | None, limit: int) -> list[StoredDecision]:
    """The newest first."""
    query = select(t.decisions, t.events.c.id.label("event_id")).join_from(t.decisions, t.events)
    if event_id is not None:
        query = query.where(t.events.c.id == event_id)
    if rule is not None:
        query = query.where(t.decisions.c.rule == rule)
    rows = connection.execute(query.order_by(t.decisions.c.id.desc()).limit(limit)).mappings()
    return [StoredDecision(**row) for row in rows]


def stored_reactions() -> Select[Any]:
    """Reactions with the ids of the events that caused them, in no order yet."""
    return select(t.reactions, t.events.c.id.label("event_id")).join_from(t.reactions, t.events)


def latest_in_slot(connection: Connection, slot: str) -> StoredReaction | None:
    """The newest reaction in a slot that is no follow-up of a retraction."""
    r = t.reactions.c
    query = stored_reactions().where(r.slot == slot, r.retracts.is_(None)).order_by(r.id.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else StoredReaction(**row)


def reactions(
    connection: Connection, obj: str | None, rule: str | None, state: str | None, limit: int
) -> list[StoredReaction]:
    """The newest first."""
    query = stored_reactions().order_by(t.reactions.c.id.desc()).limit(limit)
    for column, value in ((t.reactions.c.object, obj), (t.reactions.c.rule, rule), (t.reactions.c.state, state)):
        if value is not None:
            query = query.where(column == value)
    return [StoredReaction(**row) for row in connection.execute(query).mappings()]
