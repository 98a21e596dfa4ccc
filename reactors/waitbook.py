"""The open waits of all rules, at hand: which is due first, which belong to a place, which rest on an object."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime

from nuncius.journal.records import Retraction, Wait

#: Waits of one rule that may be open at a time.
MAX_WAITS = 20_000


class WaitBook:
    """Open waits."""

    def __init__(self, waits: Iterable[Wait] = ()) -> None:
        self._open: dict[str, Wait] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._of: dict[str, dict[str, set[str]]] = {}
        self._on: dict[str, set[str]] = {}
        for wait in waits:
            self.open(wait)

    def open(self, wait: Wait) -> None:
        """Add a wait; a known key changes nothing."""
        if wait.key in self._open:
            return
        self._open[wait.key] = wait
        heapq.heappush(self._heap, (wait.due, wait.key))
        self._of.setdefault(wait.rule, {}).setdefault(wait.per, set()).add(wait.key)
        for member in wait.members:
            if member.object:
                self._on.setdefault(member.object, set()).add(wait.key)

    def close(self, key: str) -> None:
        """Forget a wait."""
        wait = self._open.pop(key, None)
        if wait is None:
            return
        places = self._of[wait.rule]
        places[wait.per].discard(key)
        if not places[wait.per]:
            del places[wait.per]
        for member in wait.members:
            if member.object and key in self._on.get(member.object, ()):
                self._on[member.object].discard(key)
                if not self._on[member.object]:
                    del self._on[member.object]

    def first_due(self, until: datetime) -> Wait | None:
        """The wait that is due first, if it is by then."""
        while self._heap:
            due, key = self._heap[0]
            if key in self._open:
                return self._open[key] if due <= until else None
            heapq.heappop(self._heap)
        return None

    def of(self, rule: str, per: str | None = None) -> list[Wait]:
        """What a rule waits for (in one place)."""
        places = self._of.get(rule, {})
        keys = places.get(per, ()) if per is not None else (key for place in places.values() for key in place)
        return [self._open[key] for key in sorted(keys)]

    def full(self, rule: str) -> bool:
        """Whether a rule may open no more."""
        return len(self._of.get(rule, {})) >= MAX_WAITS

    def on(self, retraction: Retraction) -> list[Wait]:
        """What rests on something that is taken back."""
        keys = sorted(self._on.get(retraction.object, ()))
        return [
            self._open[key]
            for key in keys
            if any(m.object == retraction.object and retraction.covers(m.mission) for m in self._open[key].members)
        ]

    def last_due(self) -> datetime | None:
        """When the last window or moment that an event has opened is due; schedules have no end."""
        return max((wait.due for wait in self._open.values() if wait.form != "schedule"), default=None)

    def get(self, key: str) -> Wait | None:
        """An open wait."""
        return self._open.get(key)

    def __iter__(self) -> Iterator[Wait]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)
