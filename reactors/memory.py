"""What the engine must know of the past: what a rule last did in a place, how often it fired lately, and whether an
object is a mock. Read from the journal when first asked for, so it survives a restart."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from nuncius.core.event import Event
from nuncius.journal import Journal
from nuncius.journal.records import NewReaction, Retraction, StoredReaction

KEEP_SLOTS = 20_000
#: How many reactions of one rule or object are looked back at.
LOOK_BACK = 5_000


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """The latest reaction in a slot: the event that caused it, its sender (None if never noted) and when that made
    it, and for each action its inputs, key and revision."""

    event: str
    mission: str | None = None
    made: str = ""
    object: str | None
    standing: bool
    parts: list[dict[str, Any]]


class Memory(Protocol):
    """What `decide` asks of the past."""

    def latest(self, slot: str) -> Past | None:
        """The latest reaction in a slot."""
        ...

    def firings(self, rule: str, value: str, since: datetime) -> int:
        """How often a rule fired for a value of its limit's `per`, since then."""
        ...

    def only_mock(self, obj: str) -> bool:
        """Whether all that was done about an object was done on tests and mocks."""
        ...

    def retracted_by(self, event: Event, before: int) -> Event | None:
        """The newest retraction of the event's object by its mission that was journalled before number `before`."""
        ...

    def note(self, reaction: NewReaction, now: datetime) -> None:
        """A reaction was decided."""
        ...

    def retract(self, retraction: Retraction) -> None:
        """What was done about an object is taken back by its mission."""
        ...


class JournalMemory:
    """Memory over the journal's reactions. Belongs to one consumer; made anew after a failed transaction."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._latest: OrderedDict[str, Past | None] = OrderedDict()
        self._fired: dict[str, dict[str, deque[datetime]]] = {}

    def latest(self, slot: str) -> Past | None:
        if slot not in self._latest:
            found = self._journal.latest_reaction(slot)
            self._keep(slot, _past(found, standing=found.state != "retracted") if found else None)
        return self._latest[slot]

    def _keep(self, slot: str, past: Past | None) -> None:
        self._latest[slot] = past
        self._latest.move_to_end(slot)
        if len(self._latest) > KEEP_SLOTS:
            self._latest.popitem(last=False)

    def firings(self, rule: str, value: str, since: datetime) -> int:
        moments = self._log(rule).get(value, deque())
        while moments and moments[0] <= since:
            moments.popleft()
        return len(moments)

    def _log(self, rule: str) -> dict[str, deque[datetime]]:
        if rule not in self._fired:
            log = self._fired[rule] = {}
            stored: Iterable[StoredReaction] = reversed(self._journal.reactions(rule=rule, limit=LOOK_BACK))
            for reaction in stored:
                if reaction.retracts is None:
                    _add(log, reaction)
        return self._fired[rule]

    def only_mock(self, obj: str) -> bool:
        return all(bool(r.context.get("mock")) for r in self._journal.reactions(object=obj, limit=LOOK_BACK))

    def retracted_by(self, event: Event, before: int) -> Event | None:
        told = self._journal.events_of(event.object) if event.object else []
        mission = event.data.get("mission")
        taken_back = [s.event for s in told if s.seq < before and s.event.is_retraction and s.event.is_real]
        return next((r for r in reversed(taken_back) if r.data.get("mission") == mission), None)

    def note(self, reaction: NewReaction, now: datetime) -> None:
        self._keep(reaction.slot, _past(reaction, standing=True))
        if reaction.rule in self._fired:
            _add(self._fired[reaction.rule], reaction)

    def retract(self, retraction: Retraction) -> None:
        for slot, past in self._latest.items():
            if past is not None and past.object == retraction.object and retraction.covers(past.mission):
                self._latest[slot] = msgspec.structs.replace(past, standing=False)


def _past(reaction: NewReaction, *, standing: bool) -> Past:
    context = reaction.context
    parts = context.get("parts", [])
    return Past(
        event=str(context.get("event", "")),
        mission=context.get("mission"),
        made=str(context.get("made", "")),
        object=reaction.object,
        standing=standing,
        parts=parts,
    )


def _add(log: dict[str, deque[datetime]], reaction: NewReaction) -> None:
    fired = datetime.fromisoformat(reaction.context["fired"])
    log.setdefault(str(reaction.context.get("limit", "")), deque()).append(fired)


def window_start(now: datetime, seconds: float) -> datetime:
    """The beginning of a window that ends now."""
    return now - timedelta(seconds=seconds)
