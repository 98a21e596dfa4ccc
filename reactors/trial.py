"""Rules on a stream of events and a virtual clock: the engine of the live service with nothing outward behind it.
Inline tests, `rules explain` and `rules backtest` stand on it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from analyses.fields import ALONE, Surroundings
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import PermanentError
from nuncius.core.event import Event
from nuncius.journal.records import Decided, NewReaction, Stored
from reactors.asking import GraphAnswers, Queries
from reactors.engine import decide
from reactors.functions import Maps
from reactors.previewing import Preview, preview
from reactors.recalling import RamMemory
from reactors.recollection import Recollection
from reactors.ruleset import RuleSet
from reactors.schedules import missing_schedules
from reactors.shelves import pack, unpack
from reactors.timers import ring_due

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: Events that windows may rest on, kept to show what a rule would do when they close.
KEEP_EVENTS = 20_000


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """An event and what the rules said about it; `rang`: it is a wait that came due, `about` the event it waited on."""

    event: Event
    decided: Decided
    rang: bool = False

    @property
    def about(self) -> str:
        """The id of the event it is about: the anchor's where a wait rang."""
        return str(self.event.data.get("anchor") or self.event.id) if self.rang else self.event.id


class Trial:
    """Decides about events in the order they are given; the clock follows their `received`. Nothing is forgotten but
    what is beyond the bounds of the engine's own memory."""

    def __init__(
        self,
        rules: RuleSet,
        *,
        blob: Callable[[str], bytes] | None = None,
        start: datetime = BEGINNING,
        memory: Recollection | None = None,
        upto: int = 0,
        around: Surroundings = ALONE,
        queries: Queries | None = None,
    ) -> None:
        """`around` tells where spacecraft were; `queries` are asked as of the clock's time, and where there are none,
        whatever a rule asks of the graph is unknown."""
        self.rules = rules
        self.clock = VirtualClock(start)
        graph = None
        if queries is not None:
            graph = GraphAnswers(queries, version=lambda: 0, moment=self.clock.now, lag=lambda: 0.0)
        self.maps = Maps(blob or _no_blob, around=around, graph=graph)
        self.memory: Recollection = memory or RamMemory()
        self._seq = upto
        self._begun = memory is not None  # else the schedules begin now
        self._events: OrderedDict[str, bytes] = OrderedDict()
        # Rules that look back at events or forward to a moment; of their events it may be asked what was said.
        self._windows = frozenset(
            rule.name
            for rule in rules.rules
            if rule.aliases or rule.absent or rule.after or rule.count > 1 or rule.escalate
        )

    def hear(self, event: Event) -> Iterator[Heard]:
        """Ring what is due by then, then decide about the event and about what rules emit on it. Only what a rule had a
        word on is given."""
        if not self._begun:
            self.clock.advance_to(event.received)
        yield from self.run_until(event.received)
        yield from self._about(event)

    def _about(self, event: Event) -> Iterator[Heard]:
        self._seq += 1
        now = self.clock.now()
        stored = Stored(seq=self._seq, event=event, journalled=now)
        if self._windows and any(rule.name in self._windows for rule in self.rules.listening(event.kind)):
            self._remember(event)
        decided = decide(self.rules, stored, now=now, memory=self.memory, maps=self.maps)
        if decided is not None:
            yield from self._with_emitted(Heard(event=event, decided=decided))

    def _with_emitted(self, heard: Heard) -> Iterator[Heard]:
        """What was heard, then the events that its reactions would emit. They come at once: how long an analysis before
        them takes is not known here."""
        yield heard
        for reaction in heard.decided.reactions:
            if any(action["do"] == "emit" for action in reaction.actions):
                for act in self.preview(heard, reaction):
                    if act.emits is not None:
                        yield from self._about(act.emits)

    def run_until(self, moment: datetime) -> Iterator[Heard]:
        """Ring the waits that are due by then, each at its own time."""
        if not self._begun:
            self._begun = True
            for wait in missing_schedules(self.rules, self.memory, self.clock.now()):
                self.memory.open(wait, [])
        if self.memory.first_due(moment) is not None:
            due = ring_due(self.rules, moment, memory=self.memory, maps=self.maps, advance=self.clock.advance_to)
            for decided in due:
                if decided.rings is not None:
                    yield from self._with_emitted(Heard(event=decided.rings, decided=decided, rang=True))
        self.clock.advance_to(moment)

    def stand_still(self, begin: datetime, end: datetime, missed: Sequence[Event] = ()) -> Iterator[Heard]:
        """The service does not run from `begin` to `end`: then it reads what was `missed`, and rings what was due."""
        yield from self.run_until(begin)
        self.clock.advance_to(end)
        for event in missed:
            yield from self._about(msgspec.structs.replace(event, received=end))
        for decided in ring_due(self.rules, end, memory=self.memory, maps=self.maps, standstill=True):
            if decided.rings is not None:
                yield from self._with_emitted(Heard(event=decided.rings, decided=decided, rang=True))

    def _remember(self, event: Event) -> None:
        self._events[event.id] = pack(event)
        if len(self._events) > KEEP_EVENTS:
            self._events.popitem(last=False)

    def event(self, event_id: str) -> Event | None:
        """An event that was heard not too long ago."""
        packed = self._events.get(event_id)
        return self.memory.event(event_id) if packed is None else unpack(packed)

    def preview(
        self, heard: Heard, reaction: NewReaction, results: Mapping[str, Mapping[str, Any]] | None = None
    ) -> list[Preview]:
        """What a reaction would do, in order."""
        about = reaction.context
        event = heard.event if about["event"] == heard.event.id else self.event(str(about["event"])) or heard.event
        partners = {name: self.event(str(of)) for name, of in about.get("aliases", {}).items()}
        known = {name: partner for name, partner in partners.items() if partner is not None}
        return preview(reaction, event, self.maps, now=self.clock.now(), partners=known, results=results)

    def t0(self, heard: Heard) -> datetime | None:
        """The trigger time of what an event is about; a schedule is about nothing that happened."""
        if heard.rang and "anchor" not in heard.event.data:
            return None
        event = (self.event(heard.about) or heard.event) if heard.rang else heard.event
        return event.trigger_time


def _no_blob(sha256: str) -> bytes:
    raise PermanentError(f"the sky map {sha256[:12]} is not here")
