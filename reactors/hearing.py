"""One event being heard: what all rules share of it, so that it, and each of its partners, is converted once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nuncius.core.event import Event
from nuncius.journal.records import Stored
from reactors.context import context
from reactors.evaluation import Evaluation, Outcome
from reactors.functions import Maps
from reactors.memory import Memory
from reactors.rulebook import RuleSet
from reactors.shelves import Seen, seen


class Hearing:
    """The event, the moment, the rules and the past."""

    def __init__(self, stored: Stored, rules: RuleSet, *, now: datetime, memory: Memory, maps: Maps) -> None:
        self.stored = stored
        self.event = stored.event
        self.rules = rules
        self.now = now
        self.memory = memory
        self.maps = maps
        self._alone: Evaluation | None = None
        self._seen: Seen | None = None
        self._contexts: dict[str, dict[str, Any]] = {}
        self._called: dict[tuple[str, ...], Outcome] = {}

    @property
    def alone(self) -> Evaluation:
        """The event by itself."""
        if self._alone is None:
            self._alone = Evaluation(self._context(self.event), self.maps)
        return self._alone

    @property
    def seen(self) -> Seen:
        """The event as a partner of others."""
        if self._seen is None:
            self._seen = seen(self.stored)
        return self._seen

    def read(self, item: Seen) -> Event:
        """A partner's event."""
        if item.id == self.event.id:
            return self.event
        event, self._contexts[item.id] = self.memory.view(item)
        return event

    def together(self, anchor: Event, aliases: Mapping[str, Event]) -> Evaluation:
        """An anchor with its partners. What functions give is shared by all that name the same events."""
        return Evaluation(
            self._context(anchor),
            self.maps,
            aliases={name: self._context(event) for name, event in aliases.items()},
            called=self._called,
            ids={"ev": anchor.id} | {name: event.id for name, event in aliases.items()},
        )

    def _context(self, event: Event) -> dict[str, Any]:
        if event.id not in self._contexts:
            self._contexts[event.id] = context(event)
        return self._contexts[event.id]
