"""The consumer that decides: reads the journal after its own cursor, and stores what rules say together with the new
cursor, in one transaction a batch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec

from nuncius.core.clock import Clock, VirtualClock
from nuncius.core.errors import ConfigurationError, TransientError
from nuncius.core.event import Event, content_id
from nuncius.journal import Journal
from nuncius.journal.records import Decided, Stored
from reactors.engine import decide
from reactors.functions import Maps
from reactors.memory import JournalMemory
from reactors.problems import Problem
from reactors.rulebook import RuleBook

log = logging.getLogger(__name__)

CONSUMER = "reactors"
BATCH = 500

#: Resolves which objects events are about, before rules see them (sequence number → IRI): the knowledge graph's.
Identify = Callable[[Journal, Sequence[Stored]], Mapping[int, str]]


class Reactor:
    """Decides about every event once, in the journal's order."""

    def __init__(
        self, journal: Journal, rules: RuleBook, clock: Clock, *, identify: Identify | None = None, batch: int = BATCH
    ) -> None:
        self._journal = journal
        self._book = rules
        self._clock = clock
        self._identify = identify
        self._batch = batch
        self._maps = Maps(journal.blob)
        self._memory = JournalMemory(journal)
        self._decided_to = -1
        self._told: set[str] = set()

    def step(self) -> int:
        """Decide about the next batch; returns how many events it had."""
        self._book.refresh_if_due()
        self._tell_problems(self._book.problems)
        cursor = self._journal.cursor(CONSUMER)
        if cursor != self._decided_to:  # the first time, after a failure, or another process has decided meanwhile
            self._memory = JournalMemory(self._journal)
        stored: Sequence[Stored] = self._journal.read(cursor, limit=self._batch)
        if not stored:
            return 0
        last = stored[-1].seq
        if self._identify is not None:
            objects = self._objects(self._identify, stored)
            stored = [_about(item, objects.get(item.seq)) for item in stored]
        self._decided_to = -1  # until it is committed, what the memory holds may not be true
        self._journal.decide(CONSUMER, last, [d for d in map(self._decide, stored) if d is not None])
        self._decided_to = last
        return len(stored)

    def _objects(self, identify: Identify, stored: Sequence[Stored]) -> Mapping[int, str]:
        """Which objects the events are about. An event that cannot be identified is logged and decided on without
        one, so that it does not keep all later ones waiting."""
        try:
            return identify(self._journal, stored)
        except (TransientError, ConfigurationError, OSError):
            raise  # nothing is wrong with the events: the same batch succeeds later
        except Exception as error:
            if len(stored) == 1:
                log.exception("%s is decided on without its object: %r", stored[0].event.id, error)
                return {}
        return {seq: obj for item in stored for seq, obj in self._objects(identify, [item]).items()}

    def _decide(self, stored: Stored) -> Decided | None:
        if isinstance(self._clock, VirtualClock):  # in a replay, processing time is the archive's
            self._clock.advance_to(stored.event.received)
        now = self._clock.now()
        return decide(self._book.rules, stored, now=now, memory=self._memory, maps=self._maps)

    def run(self, stop: threading.Event) -> None:
        """Decide until told to stop."""
        while not stop.is_set():
            if self.step() == 0:
                self._journal.wait(self._journal.cursor(CONSUMER), timeout_s=0.5)

    def _tell_problems(self, problems: Sequence[Problem]) -> None:
        """A bad rule file is itself an event, once for each new set of errors, so that a rule can report it."""
        errors = [str(problem) for problem in problems if problem.level == "error"]
        text = "\n".join(errors)
        if not errors or text in self._told:
            return
        self._told.add(text)
        event = Event(
            id=content_id("rules", text.encode()),
            kind="platform.rules",
            source="reactors",
            received=self._clock.now(),
            data={"subject": f"{len(errors)} errors in rule files", "detail": text[:4000]},
        )
        self._journal.append([event])


def _about(stored: Stored, obj: str | None) -> Stored:
    if obj is None or stored.event.object == obj:
        return stored
    return msgspec.structs.replace(stored, event=msgspec.structs.replace(stored.event, object=obj))
