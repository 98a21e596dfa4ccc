"""What people do about rules, reactions and reports: each act's event and its effect are one transaction, so that one
that is delivered twice, or cut off in the middle, happens once or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, insert, select

from nuncius.core.errors import PermanentError
from nuncius.core.event import Event
from nuncius.core.report import Report
from nuncius.journal import decisions, log, outbox, reviews, silences
from nuncius.journal import tables as t
from nuncius.journal.database import LOCK_REACTIONS, lock
from nuncius.journal.journal import Journal
from nuncius.journal.records import NewReaction, Review, Silence, StoredReaction, StoredReport, Verdict

T = TypeVar("T")

#: Runs of one reaction that people may ask for.
MOST_RUNS = 20


class Acts:
    """Acts in a journal. Each takes the event that says who did what; None: that event was journalled before."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def note(
        self, event: Event, reports: Sequence[tuple[StoredReport, Report]] = (), *, also: Sequence[Event] = ()
    ) -> bool:
        """Keep the event, events that follow from it and what is said because of it (each report beside the row that it
        edits or follows); False where it was kept before."""
        return self._once(event, lambda _: True, reports=reports, also=also) or False

    def answer(self, event: Event, review_id: int, verdict: Verdict, *, by: str, why: str) -> Review | None:
        """Answer an open question. Raises PermanentError where it is not open (any more)."""
        now = event.received
        return self._once(event, lambda c: reviews.decide(c, review_id, verdict, by, why, now))

    def silence(self, event: Event, silence: Silence) -> int | None:
        """Silence a rule; returns the number to end it by."""
        return self._once(event, lambda c: silences.add(c, silence))

    def rerun(self, event: Event, reaction_id: int) -> int | None:
        """Do a reaction's work again; returns the number of the run, which is part of all its keys. Raises
        PermanentError where it was taken back, is under way, or has been repeated too often."""
        return self._once(event, lambda c: _again(c, reaction_id, event.received))

    def _once(
        self,
        event: Event,
        work: Callable[[Connection], T],
        *,
        reports: Sequence[tuple[StoredReport, Report]] = (),
        also: Sequence[Event] = (),
    ) -> T | None:
        def all_of_it(connection: Connection) -> T | None:
            # Locks in the order in which steps are ended: reactions and their rows, the log, the outbox.
            lock(connection, LOCK_REACTIONS)
            if log.get(connection, event.id) is not None:
                return None
            done = work(connection)
            log.append(connection, [event, *also], event.received)
            for row, report in reports:
                outbox.enqueue(connection, [(row.target, report)], event.received, reaction_id=row.reaction_id)
            return done

        done = self._journal.transact(all_of_it)
        self._journal.wake()
        return done

    # --- looking ---

    def reaction(self, number: int) -> StoredReaction | None:
        """The reaction of that number."""
        query = decisions.stored_reactions().where(t.reactions.c.id == number)

        def work(connection: Connection) -> StoredReaction | None:
            row = connection.execute(query).mappings().first()
            return None if row is None else StoredReaction(**row)

        return self._journal.ask(work)

    def reported(self, key: str) -> list[StoredReport]:
        """The report of that key on every target that has or will have it."""
        return self._journal.ask(lambda c: outbox.of_key(c, key))


def _again(connection: Connection, reaction_id: int, now: datetime) -> int:
    r = t.reactions.c
    row = connection.execute(select(t.reactions).where(r.id == reaction_id).with_for_update()).mappings().first()
    if row is None:
        raise PermanentError(f"no reaction has the number {reaction_id}")
    if row["state"] == "retracted":
        raise PermanentError("what it was about was retracted")
    if connection.scalar(
        select(r.id).where(r.slot == row["slot"], r.retracts.is_(None), r.state.in_(decisions.UNFINISHED)).limit(1)
    ):
        raise PermanentError("it is still at work; wait until it has ended")
    base = row["key"].partition("#run")[0]
    known = connection.scalars(select(r.key).where(r.key.startswith(f"{base}#run", autoescape=True)))
    run = 2 + len(list(known))
    if run > MOST_RUNS:
        raise PermanentError(f"it has been repeated {MOST_RUNS - 1} times, which is the most")
    fields = {name: row[name] for name in NewReaction.__struct_fields__ if name not in ("members", "mode")}
    again = msgspec.convert(fields, type=NewReaction)
    again = msgspec.structs.replace(
        again, key=f"{base}#run{run}", actions=[_anew(action, run) for action in row["actions"]]
    )
    number = decisions.create(connection, again, int(row["seq"]), now)
    rests = connection.execute(select(t.members).where(t.members.c.reaction_id == reaction_id)).all()
    if rests:
        connection.execute(insert(t.members), [rest._asdict() | {"reaction_id": number} for rest in rests])
    return run


#: What is not done twice, because people were called or other rules have heard it.
_ONCE = ("page", "emit")


def _anew(action: dict[str, object], run: int) -> dict[str, object]:
    """An action under a key of its own, one revision later in its place."""
    if action["do"] in _ONCE:
        return action
    key = str(action.get("key") or "").partition("#run")[0]
    revision = action.get("revision", 1)
    later = revision + 1 if isinstance(revision, int) else 2
    return action | {"key": f"{key}#run{run}" if key else "", "revision": later}
