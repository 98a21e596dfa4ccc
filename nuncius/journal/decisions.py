"""What rules decided: decisions, the reactions they ask for, what these replace and what is taken back.

Every function runs inside its caller's transaction. In PostgreSQL rows are locked reaction first, steps after.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, exists, func, insert, or_, select, update

from nuncius.core.errors import PermanentError
from nuncius.journal import consumers, log, passed, reviews, waits
from nuncius.journal import tables as t
from nuncius.journal.database import LOCK_REACTIONS, lock
from nuncius.journal.records import Decided, NewReaction, Retraction, StoredDecision, StoredReaction

#: States of steps that have not ended.
OPEN_STEPS = ("waiting", "queued", "running")
UNFINISHED = ("queued", "running")
#: What ids of timers' events begin with; the rest is the key of the wait.
TIMER = "timer:"


def decide(connection: Connection, consumer: str, upto_seq: int, batch: Sequence[Decided], now: datetime) -> list[int]:
    """Store what a consumer decided up to an event and move its cursor there.

    Events at or before its cursor were decided already, by this process before a crash or by another one: they
    are passed over, so that a batch done twice counts once. Returns the numbers of new reactions.
    """
    lock(connection, LOCK_REACTIONS)
    done = consumers.hold(connection, consumer, now)
    batch = _rung(connection, [item for item in batch if item.rings is not None or item.seq > done], now)
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
    over = [passed.row_of(item, now) for item in batch if item.passed is not None]
    if over:
        connection.execute(insert(t.passed_over), over)
    created: list[int] = []
    for seq, retracts, wanted in _groups(batch):
        for retraction in retracts:
            created += _retract(connection, retraction, seq, ids[seq], now)
        created += _react(connection, wanted, now)
    consumers.advance(connection, consumer, upto_seq, now)
    return created


def hold(connection: Connection) -> None:
    """Let nobody else make reactions until the end of this transaction; before any row is locked."""
    lock(connection, LOCK_REACTIONS)


def follow(connection: Connection, reaction_id: int, wanted: Sequence[NewReaction], now: datetime) -> None:
    """Create what follows from a reaction (when a step of it fails), on the same event and resting on the same."""
    seq = connection.scalar(select(t.reactions.c.seq).where(t.reactions.c.id == reaction_id))
    rests = connection.execute(select(t.members).where(t.members.c.reaction_id == reaction_id)).all()
    for number in _react(connection, [(int(seq or 0), reaction) for reaction in wanted], now):
        rows = [row._asdict() | {"reaction_id": number} for row in rests]
        if rows:
            connection.execute(insert(t.members), rows)


def _rung(connection: Connection, batch: Sequence[Decided], now: datetime) -> list[Decided]:
    """The batch with the numbers that its timers' events get here; those whose wait was rung before are dropped. What
    one item waits for, a later one may ring."""
    kept: list[Decided] = []
    settled = 0

    def settle() -> None:
        fresh = kept[settled:]
        waits.open_(connection, [wait for item in fresh for wait in item.waits], now)
        waits.close(connection, [key for item in fresh for key in item.closes], now)

    for item in batch:
        if item.rings is None:
            kept.append(item)
            continue
        settle()
        settled = len(kept)
        if waits.ring(connection, item.rings.id.removeprefix(TIMER), now):
            log.append(connection, [item.rings], now)
            seq = connection.scalar(select(t.events.c.seq).where(t.events.c.id == item.rings.id))
            kept.append(msgspec.structs.replace(item, seq=seq))
    settle()
    return kept


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
        unfinished = select(r.id, r.slot).where(*in_slots, r.state.in_(UNFINISHED)).with_for_update()
        going = connection.execute(unfinished).all()
        beside = {
            reaction.slot: reaction.mode for _, reaction in fresh.values() if reaction.mode in ("queue", "parallel")
        }
        _end(connection, [row.id for row in going if row.slot not in beside], "superseded", now)
        held = {row.slot for row in going if beside.get(row.slot) == "queue"}
        before = {
            row[0]: row[1] for row in connection.execute(select(r.slot, func.count()).where(*in_slots).group_by(r.slot))
        }
        rows = [
            _row(reaction, seq, now, revision=1 + before.get(reaction.slot, 0), retracts=None)
            for seq, reaction in reversed(fresh.values())
        ]
        created += _create(connection, rows, now, held=held)
        _join(connection, [reaction for _, reaction in fresh.values() if reaction.members])
    return created


def _join(connection: Connection, wanted: Sequence[NewReaction]) -> None:
    """Note the events that reactions rest on."""
    if not wanted:
        return
    found = select(t.reactions.c.key, t.reactions.c.id).where(t.reactions.c.key.in_([w.key for w in wanted]))
    numbers = {row.key: row.id for row in connection.execute(found)}
    rows = [
        {"reaction_id": numbers[w.key], "event_id": m.event, "object": m.object, "mission": m.mission}
        for w in wanted
        for m in {m.event: m for m in w.members}.values()
    ]
    connection.execute(insert(t.members), rows)


def _row(wanted: NewReaction, seq: int, now: datetime, *, revision: int, retracts: int | None) -> dict[str, Any]:
    return {
        name: getattr(wanted, name) for name in NewReaction.__struct_fields__ if name not in ("members", "mode")
    } | {
        "seq": seq,
        "state": "queued" if wanted.actions else "done",
        "revision": revision,
        "retracts": retracts,
        "created": now,
        "updated": now,
    }


def _create(
    connection: Connection, rows: Sequence[dict[str, Any]], now: datetime, *, held: Collection[str] = ()
) -> list[int]:
    """Insert reactions, whose keys are known to be new, with their steps; returns their numbers. In the slots `held`
    they wait for the reaction before them."""
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
            "state": "waiting" if position or row["slot"] in held else "queued",
            "updated": now,
        }
        for row in rows
        for position, action in enumerate(row["actions"])
    ]
    if steps:
        connection.execute(insert(t.steps), steps)
    return [numbers[row["key"]] for row in rows]


def release(connection: Connection, slot: str, now: datetime) -> None:
    """A reaction in a slot has ended: the one that waits behind it begins."""
    r, s = t.reactions.c, t.steps.c
    following = select(func.min(r.id)).where(r.slot == slot, r.retracts.is_(None), r.state.in_(UNFINISHED))
    first = update(t.steps).where(s.reaction_id == following.scalar_subquery(), s.position == 0, s.state == "waiting")
    connection.execute(first.values(state="queued", updated=now))


def create(connection: Connection, wanted: NewReaction, seq: int, now: datetime) -> int:
    """Create one reaction, whose key is known to be new, beside what its slot has; returns its number."""
    r = t.reactions.c
    before = connection.scalar(select(func.count()).where(r.slot == wanted.slot, r.retracts.is_(None))) or 0
    return _create(connection, [_row(wanted, seq, now, revision=1 + before, retracts=None)], now)[0]


def _end(connection: Connection, reactions: Sequence[int], state: str, now: datetime) -> None:
    """End reactions before their time, and take back what they ask people. A running step is cancelled in its row,
    which its worker finds out when it renews its lease or tries to finish."""
    for piece in log.chunks(reactions):
        reviews.withdraw(connection, piece, state, now)
        ended = update(t.reactions).where(t.reactions.c.id.in_(piece))
        connection.execute(ended.values(state=state, updated=now))
        open_steps = update(t.steps).where(t.steps.c.reaction_id.in_(piece), t.steps.c.state.in_(OPEN_STEPS))
        connection.execute(open_steps.values(state="cancelled", updated=now))


def _retract(connection: Connection, retraction: Retraction, seq: int, event_id: str, now: datetime) -> list[int]:
    """Take back what was done about an object on the retracting mission's word, and what rests on it among others;
    queue each reaction's own follow-up.

    A failed reaction counts too when it had already said something.
    """
    r = t.reactions.c
    spoke = exists().where(t.outbox.c.reaction_id == r.id)
    standing = or_(r.state.in_((*UNFINISHED, "done")), (r.state == "failed") & spoke)
    theirs = select(t.members.c.reaction_id, t.members.c.mission).where(t.members.c.object == retraction.object)
    joined = {row.reaction_id for row in connection.execute(theirs) if retraction.covers(row.mission)}
    rests = or_(r.object == retraction.object, r.id.in_(sorted(joined)))
    query = select(t.reactions).where(rests, r.retracts.is_(None), standing)
    found = connection.execute(query.order_by(r.id).with_for_update())
    rows = [
        row
        for row in found
        if row.id in joined or (row.object == retraction.object and retraction.covers(row.context.get("mission")))
    ]
    reactions = [row.id for row in rows]
    for piece in log.chunks(reactions):
        unsent = update(t.outbox).where(t.outbox.c.reaction_id.in_(piece), t.outbox.c.state == "pending")
        connection.execute(unsent.values(state="cancelled", updated=now))
    _end(connection, reactions, "retracted", now)
    for slot in sorted({row.slot for row in rows}):
        release(connection, slot, now)
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
    """The newest first. Of an event or a rule, those too that were passed over among thousands."""
    query = select(t.decisions, t.events.c.id.label("event_id")).join_from(t.decisions, t.events)
    if event_id is not None:
        query = query.where(t.events.c.id == event_id)
    if rule is not None:
        query = query.where(t.decisions.c.rule == rule)
    rows = connection.execute(query.order_by(t.decisions.c.id.desc()).limit(limit)).mappings()
    found = [StoredDecision(**row) for row in rows]
    if event_id is None and rule is None:
        return found
    own = {(item.seq, item.rule) for item in found}
    over = [d for d in passed.decisions(connection, event_id, rule, limit) if (d.seq, d.rule) not in own]
    return sorted([*found, *over], key=lambda d: d.seq, reverse=True)[:limit] if over else found


def open_questions(connection: Connection, obj: str) -> list[tuple[str, str]]:
    """Rules whose last decision about an object was `unknown`, with the event that it was on."""
    d, o = t.decisions.c, t.event_objects.c
    query = (
        select(d.rule, d.outcome, t.events.c.id).join_from(t.decisions, t.events).join(t.event_objects, o.seq == d.seq)
    )
    last = {row.rule: row for row in connection.execute(query.where(o.object == obj).order_by(d.id))}
    return [(row.rule, row.id) for row in last.values() if row.outcome == "unknown"]


def stored_reactions() -> Select[Any]:
    """Reactions with the ids of the events that caused them, in no order yet."""
    return select(t.reactions, t.events.c.id.label("event_id")).join_from(t.reactions, t.events)


def latest_in_slot(connection: Connection, slot: str) -> StoredReaction | None:
    """The newest reaction in a slot that is no follow-up of a retraction."""
    r = t.reactions.c
    query = stored_reactions().where(r.slot == slot, r.retracts.is_(None)).order_by(r.id.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else StoredReaction(**row)


def unfinished_in(connection: Connection, slot: str) -> list[StoredReaction]:
    """Reactions of a slot that have not ended, the newest first."""
    r = t.reactions.c
    query = stored_reactions().where(r.slot == slot, r.retracts.is_(None), r.state.in_(UNFINISHED))
    return [StoredReaction(**row) for row in connection.execute(query.order_by(r.id.desc())).mappings()]


def reactions(
    connection: Connection, obj: str | None, rule: str | None, state: str | None, limit: int
) -> list[StoredReaction]:
    """The newest first."""
    query = stored_reactions().order_by(t.reactions.c.id.desc()).limit(limit)
    for column, value in ((t.reactions.c.object, obj), (t.reactions.c.rule, rule), (t.reactions.c.state, state)):
        if value is not None:
            query = query.where(column == value)
    return [StoredReaction(**row) for row in connection.execute(query).mappings()]
