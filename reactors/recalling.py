"""Memories for `decide`: one over the journal, for the service and replays; one that begins with nothing and keeps what
it needs in a bounded space, for tests and backtests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from nuncius.core.event import Event
from nuncius.journal import Journal
from nuncius.journal.records import NewReaction, Silence, Stored
from reactors.memory import Past, past_of
from reactors.recollection import Recollection

#: How many reactions of one rule or object are looked back at.
LOOK_BACK = 5_000
#: Places that a backtest remembers: a firing of a rule about one object each.
KEEP_IN_RAM = 200_000


class FromJournal:
    """The past as the journal has it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def latest(self, slot: str) -> Past | None:
        found = self._journal.latest_reaction(slot)
        return past_of(found, standing=found.state != "retracted") if found else None

    def reactions(self, rule: str) -> Iterable[tuple[NewReaction, bool]]:
        for reaction in reversed(self._journal.reactions(rule=rule, limit=LOOK_BACK)):
            if reaction.retracts is None and "follows" not in reaction.context:  # what follows a failure fired nothing
                yield reaction, reaction.state != "retracted"

    def reactions_about(self, obj: str) -> Iterable[NewReaction]:
        return self._journal.reactions(object=obj, limit=LOOK_BACK)

    def unfinished(self, slot: str) -> int:
        return len(self._journal.unfinished_in(slot))

    def reached(self, slot: str, since: datetime | None) -> dict[str, bool] | None:
        found = self._journal.latest_reaction(slot)
        if found is None:
            return None
        told = msgspec.structs.asdict(self._journal.standing(found.id))
        seen = since is not None and self._journal.acknowledged(slot, since=since)
        return told | {"acknowledged": told["acknowledged"] or seen}

    def events(self, kind: str, start: datetime, end: datetime | None, upto: int) -> Iterable[Stored]:
        return self._journal.between(kind, start, end, upto=upto)

    def retractions(self, objects: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        return self._journal.retractions(objects)

    def questions(self, obj: str) -> Iterable[tuple[str, str]]:
        return self._journal.open_questions(obj)

    def event(self, event_id: str) -> Event | None:
        stored = self._journal.get(event_id)
        return None if stored is None else stored.event

    def silences(self, now: datetime) -> list[Silence]:
        return self._journal.silences(now)


class FromNothing:
    """No past: what was not told in this run did not happen."""

    def latest(self, slot: str) -> Past | None:
        return None

    def reactions(self, rule: str) -> Iterable[tuple[NewReaction, bool]]:
        return ()

    def reactions_about(self, obj: str) -> Iterable[NewReaction]:
        return ()

    def unfinished(self, slot: str) -> int:
        return 0

    def reached(self, slot: str, since: datetime | None) -> dict[str, bool] | None:
        return None

    def events(self, kind: str, start: datetime, end: datetime | None, upto: int) -> Iterable[Stored]:
        return ()

    def retractions(self, objects: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        return {}

    def questions(self, obj: str) -> Iterable[tuple[str, str]]:
        return ()

    def event(self, event_id: str) -> Event | None:
        return None

    def silences(self, now: datetime) -> list[Silence]:
        return []


class JournalMemory(Recollection):
    """Memory over the journal as one consumer has decided about it so far: a restart makes it again."""

    def __init__(self, journal: Journal, upto: int) -> None:
        super().__init__(FromJournal(journal), whole=False, waits=journal.waits(), upto=upto)


class RamMemory(Recollection):
    """Memory of this run only. Nothing that it fires is ever performed, so nothing is unfinished or approved."""

    def __init__(self) -> None:
        super().__init__(FromNothing(), whole=True, keep=KEEP_IN_RAM)
