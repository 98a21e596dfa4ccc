"""The consumer that decides: reads the journal after its own cursor, and stores what rules say together with the new
cursor, in one transaction a batch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from nuncius.core.clock import FIRST_ARCHIVE, Clock, VirtualClock
from nuncius.core.errors import ConfigurationError, TransientError
from nuncius.core.event import Event, content_id
from nuncius.journal import Journal
from nuncius.journal.records import Decided, Stored
from reactors.engine import decide
from reactors.functions import Maps
from reactors.problems import Problem
from reactors.recalling import JournalMemory
from reactors.rulebook import RuleBook, RuleSet
from reactors.schedules import missing_schedules
from reactors.timers import ring, ring_due

log = logging.getLogger(__name__)

CONSUMER = "reactors"
BATCH = 500

#: Resolves which objects events are about, before rules see them (sequence number → IRI): the knowledge graph's.
Identify = Callable[[Journal, Sequence[Stored]], Mapping[int, str]]


class Reactor:
    """Decides about every event once, in the journal's order, and about what rules wait for when it is due."""

    def __init__(
        self,
        journal: Journal,
        rules: RuleBook,
        clock: Clock,
        *,
        identify: Identify | None = None,
        batch: int = BATCH,
        maps: Maps | None = None,
    ) -> None:
        self._journal = journal
        self._book = rules
        self._clock = clock
        self._identify = identify
        self._batch = batch
        self._maps = maps or Maps(journal.blob)
        self._memory = JournalMemory(journal, 0)
        self._decided_to = -1
        self._scheduled: RuleSet | None = None
        self._watched = FIRST_ARCHIVE
        self._told: set[str] = set()
        self._indexes: set[str] = set()

    def step(self) -> int:
        """Decide about the next batch; returns how many events and timers it had."""
        self._book.refresh_if_due()
        self._tell_problems(self._book.problems)
        cursor = self._journal.cursor(CONSUMER)
        if cursor != self._decided_to:  # the first time, after a failure, or another process has decided meanwhile
            self._memory = JournalMemory(self._journal, cursor)
            self._scheduled = None
        self._memory.fresh_batch()
        stored: Sequence[Stored] = self._journal.read(cursor, limit=self._batch)
        last = stored[-1].seq if stored else cursor
        if stored and self._identify is not None:
            objects = self._objects(self._identify, stored)
            stored = [_about(item, objects.get(item.seq)) for item in stored]
        self._memory.foresee(item.event.object for item in stored if item.event.object)
        self._decided_to = -1  # until it is committed, what the memory holds may not be true
        batch = [decided for item in stored for decided in self._decide(item)]
        # A live service rings when it has read all that has come: what was sent in time counts.
        if len(stored) < self._batch:
            batch += self._ring(self._clock.now())
        self._keep_indexes(batch)
        if stored or batch:
            self._journal.decide(CONSUMER, last, batch)
        self._decided_to = last
        self._tell_bounds()
        return len(stored) + sum(decided.rings is not None for decided in batch)

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

    def _decide(self, stored: Stored) -> list[Decided]:
        """What is due before the event, in a replay, and what is said about the event."""
        before: list[Decided] = []
        if isinstance(self._clock, VirtualClock):  # in a replay, processing time is the archive's
            before = self._ring(stored.event.received)
            self._clock.advance_to(stored.event.received)
        now = self._clock.now()
        decided = decide(self._book.rules, stored, now=now, memory=self._memory, maps=self._maps)
        return before if decided is None else [*before, decided]

    def _ring(self, until: datetime) -> list[Decided]:
        """Ring what is due."""
        rules, clock = self._book.rules, self._clock
        if isinstance(clock, VirtualClock):
            if max(clock.now(), until) < FIRST_ARCHIVE:
                return []  # nothing of the archive has been read yet: its time is not known
            self._watch_schedules(max(clock.now(), until))
            ringing = ring_due(rules, until, memory=self._memory, maps=self._maps, advance=clock.advance_to)
            return list(ringing)
        self._watch_schedules(until)
        rung: list[Decided] = []
        while len(rung) < self._batch and (wait := self._memory.first_due(until)) is not None:
            rung.append(ring(rules, wait, now=until, memory=self._memory, maps=self._maps))
        return rung

    def _keep_indexes(self, batch: Sequence[Decided]) -> None:
        """Lists of rules that decisions refer to are kept before them."""
        for index in {d.passed.index for d in batch if d.passed is not None} - self._indexes:
            self._journal.keep_rule_index(index, self._book.rules.listing(index))
            self._indexes.add(index)

    def _watch_schedules(self, now: datetime) -> None:
        """Wait for the next run of rules whose schedule is new; an archive begins with its first event. After a clock
        was set back all are looked at: what it set while it ran ahead would be too far away."""
        if self._book.rules is self._scheduled and now >= self._watched:
            self._watched = now
            return
        self._scheduled, self._watched = self._book.rules, now
        wanted = missing_schedules(self._book.rules, self._memory, now, self._ever_opened)
        if wanted:
            self._journal.open_waits(wanted)
        for wait in wanted:
            self._memory.open(wait, ())

    def _ever_opened(self, rule: str) -> set[str]:
        """The keys of a rule's waits, also of those that have ended."""
        return {wait.key for wait in self._journal.waits_of(rule, limit=5000)}

    @property
    def last_due(self) -> datetime | None:
        """When the last of what events made rules wait for is due; schedules have no end."""
        return max((w.due for w in self._journal.waits() if w.form != "schedule"), default=None)

    def run(self, stop: threading.Event) -> None:
        """Decide until told to stop."""
        while not stop.is_set():
            if self.step() == 0:
                self._journal.wait(self._journal.cursor(CONSUMER), timeout_s=0.5)

    def _tell_bounds(self) -> None:
        """A bound that was reached is an event, once, so that a rule can report it."""
        for text in self._memory.complaints:
            self._tell("a bound of the rules was reached", text)
        self._memory.complaints.clear()

    def _tell_problems(self, problems: Sequence[Problem]) -> None:
        """A bad rule file is itself an event, once for each new set of errors, so that a rule can report it."""
        errors = [str(problem) for problem in problems if problem.level == "error"]
        text = "\n".join(errors)
        if not errors:
            return
        self._tell(f"{len(errors)} errors in rule files", text)

    def _tell(self, subject: str, text: str) -> None:
        if text in self._told:
            return
        self._told.add(text)
        event = Event(
            id=content_id("rules", text.encode()),
            kind="platform.rules",
            source="reactors",
            received=self._clock.now(),
            data={"subject": subject, "detail": text[:4000]},
        )
        self._journal.append([event])


def _about(stored: Stored, obj: str | None) -> Stored:
    if obj is None or stored.event.object == obj:
        return stored
    return msgspec.structs.replace(stored, event=msgspec.structs.replace(stored.event, object=obj))
