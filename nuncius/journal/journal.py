"""The journal as the rest of the flow sees it: each method is one transaction, durable when it returns.

What the transactions do is written in the modules beside this one; here stand only their bounds, the clock and the
wake-up calls. Threads may share a Journal; processes each open their own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

from nuncius.core.clock import Clock, SystemClock
from nuncius.core.event import Event
from nuncius.core.report import Report
from nuncius.journal import (
    consumers,
    decisions,
    feeds,
    log,
    objects,
    outbox,
    passed,
    reviews,
    schema,
    silences,
    steps,
    turns,
    waits,
)
from nuncius.journal import records as r
from nuncius.journal.database import Database, Synchronous
from nuncius.journal.statistics import outcomes, statistics, unfinished

#: How often other processes' work is looked for, in seconds; one look costs about a tenth of a millisecond.
POLL_S = 0.05

T = TypeVar("T")


class Journal:
    """Events, decisions, reactions and reports on one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self._changed = threading.Condition()
        self._work = 0

    @classmethod
    def open(
        cls,
        url: str,
        *,
        synchronous: Synchronous = "full",
        migrate: bool = True,
        busy_timeout_s: float = 30.0,
        clock: Clock | None = None,
    ) -> Journal:
        """Open `sqlite:///folder/file.db` or `postgresql+psycopg://…`, made or upgraded as needed.

        `synchronous` "full" survives power loss; "normal" is faster and survives the death of the process, not of
        the machine. Raises ConfigurationError for a database that cannot be used, TransientError for a server
        that cannot be reached.
        """
        database = Database(url, synchronous=synchronous, busy_timeout_s=busy_timeout_s)
        try:
            schema.ensure(database, migrate=migrate)
        except BaseException:
            database.close()
            raise
        return cls(database, clock or SystemClock())

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    @property
    def url(self) -> str:
        """For another process of ours that opens it. It may hold a password: it goes by a pipe, and into no log."""
        return self._db.url.render_as_string(hide_password=False)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wake(self) -> None:
        """Tell those who wait for work that there may be some."""
        self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._work += 1
            self._changed.notify_all()

    # --- for the modules of this package that keep tables of their own ---

    def transact(self, work: Callable[[Connection], T]) -> T:
        """What `work` writes as one transaction, durable when it returns."""
        return self._db.write(work)

    def ask(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads."""
        return self._db.read(work)

    # --- the log ---

    def append(
        self,
        events: Sequence[Event],
        *,
        rejects: Sequence[r.Reject] = (),
        offsets: Sequence[r.Offset] = (),
        also: Callable[[Connection], None] | None = None,
    ) -> r.Appended:
        """Keep events, rejects and offsets together, and what `also` writes. An event whose id is known already
        changes nothing."""
        now = self._clock.now()

        def work(connection: Connection) -> r.Appended:
            done = log.append(connection, events, now)
            rejected = log.reject(connection, rejects)
            log.set_offsets(connection, offsets)
            if also is not None:
                also(connection)
            return r.Appended(new=done.new, duplicates=done.duplicates, rejected=rejected)

        done = self._db.write(work)
        if done.new:
            self._notify()
        return done

    def read(self, after: int, *, limit: int = 500, kinds: Sequence[str] = ()) -> list[r.Stored]:
        """Events after `after` in order; `gcn.notice` stands for all kinds below it too."""
        return self._db.read(lambda c: log.read(c, after, limit, kinds))

    def get(self, event_id: str) -> r.Stored | None:
        """The event of that id."""
        return self._db.read(lambda c: log.get(c, event_id))

    def around(self, moment: datetime, seconds: float, *, limit: int | None = None) -> list[r.Stored]:
        """Events whose trigger time is within `seconds` of a moment, in order of arrival, the first `limit` of them."""
        return self._db.read(lambda c: log.around(c, moment, seconds, limit))

    def between(self, kind: str, start: datetime, end: datetime | None, *, upto: int) -> list[r.Stored]:
        """Events of a kind that happened from `start` to before `end`, numbered up to `upto`, in no order."""
        return self._db.read(lambda c: log.between(c, kind, start, end, upto))

    def seq_before(self, moment: datetime) -> int:
        """Number of the last event that was journalled before a moment, 0 when there is none."""
        return self._db.read(lambda c: log.seq_before(c, moment))

    def last_seq(self) -> int:
        """Number of the newest event, 0 when there is none."""
        return self._db.read(log.last_seq)

    def count(self) -> dict[str, int]:
        """Events of each kind."""
        return self._db.read(log.count)

    def rejects(self, *, limit: int = 100) -> list[r.Reject]:
        """Messages that were not understood, the newest first."""
        return self._db.read(lambda c: log.rejects(c, limit, open_only=False))

    def replayable_rejects(self, *, limit: int = 100) -> list[r.Reject]:
        """Rejects that no replay has resolved yet, the oldest first."""
        return self._db.read(lambda c: log.rejects(c, limit, open_only=True))

    def mark_reject_resolved(self, reject_id: int) -> None:
        """A replay after a fix has understood it."""
        now = self._clock.now()
        self._db.write(lambda c: log.resolve_reject(c, reject_id, now))

    def offsets(self) -> list[r.Offset]:
        """Where each group stands in each partition."""
        return self._db.read(log.offsets)

    def blob(self, sha256: str) -> bytes:
        """Bytes by their SHA-256; raises PermanentError when they are not here."""
        return self._db.read(lambda c: log.blob(c, sha256))

    def put_blob(self, content: bytes) -> str:
        """Keep bytes; returns their SHA-256."""
        return self._db.write(lambda c: log.put_blob(c, content))

    def wait(self, after: int, timeout_s: float) -> bool:
        """Wait until there is an event after `after`: at once for this process, within 50 ms for others."""
        return self._wait(lambda: self.last_seq() > after, timeout_s)

    def wait_for_work(self, timeout_s: float) -> bool:
        """Wait until this process may have made steps or reports due; False after the timeout. Other processes'
        are found by leasing again."""
        with self._changed:
            seen = self._work
            return self._changed.wait_for(lambda: self._work != seen, timeout_s)

    def _wait(self, there: Callable[[], bool], timeout_s: float) -> bool:
        end = time.monotonic() + timeout_s
        while True:
            with self._changed:
                seen = self._work
            if there():
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                if self._work == seen:
                    self._changed.wait(min(POLL_S, left))

    # --- consumers ---

    def cursor(self, consumer: str) -> int:
        """Number of the last event that a consumer has done."""
        return self._db.read(lambda c: consumers.cursor(c, consumer))

    def advance(self, consumer: str, seq: int) -> None:
        """Move a cursor forward; it never goes back by this."""
        now = self._clock.now()
        self._db.write(lambda c: consumers.advance(c, consumer, seq, now))

    def rewind(self, consumer: str, seq: int = 0) -> None:
        """Put a cursor back, to read again from after `seq`."""
        now = self._clock.now()
        self._db.write(lambda c: consumers.rewind(c, consumer, seq, now))

    # --- objects ---

    def link(self, links: Sequence[r.ObjectLink]) -> None:
        """Note that names mean objects, or (withdrawn) that they do not after all."""
        self._db.write(lambda c: objects.link(c, links))

    def object_of(self, names: Sequence[str]) -> str | None:
        """The object of the first of these names that is known."""
        known = self.objects_of(names)
        return next((known[name] for name in names if name in known), None)

    def objects_of(self, names: Sequence[str]) -> dict[str, str]:
        """The objects of those of these names that are known."""
        return self._db.read(lambda c: objects.objects_of(c, names))

    def names_of(self, obj: str) -> list[r.ObjectLink]:
        """Every claim about an object, withdrawn ones too."""
        return self._db.read(lambda c: objects.names_of(c, obj))

    def identify(self, links: Sequence[r.ObjectLink], assignments: Sequence[tuple[int, str]]) -> None:
        """`link` and `set_object` together."""

        def work(connection: Connection) -> None:
            objects.link(connection, links)
            objects.set_object(connection, assignments)

        self._db.write(work)

    def set_object(self, assignments: Sequence[tuple[int, str]]) -> None:
        """Say which object events are about."""
        self._db.write(lambda c: objects.set_object(c, assignments))

    def objects(self, *, limit: int = 100, before: datetime | None = None) -> list[r.ObjectSummary]:
        """Objects, those spoken of last first."""
        return self._db.read(lambda c: objects.objects(c, limit, before))

    def events_of(self, obj: str) -> list[r.Stored]:
        """All events about an object, in order."""
        return self._db.read(lambda c: objects.events_of(c, obj))

    def retractions(self, objs: Sequence[str]) -> dict[str, list[r.Stored]]:
        """Retractions of each of these objects, in order; objects without any are left out."""
        return self._db.read(lambda c: objects.retractions(c, objs))

    # --- decisions and reactions ---

    def decide(self, consumer: str, upto_seq: int, batch: Sequence[r.Decided]) -> list[int]:
        """Store decisions with the reactions they ask for, take back what is retracted, and move the cursor.
        Events at or before the cursor are passed over. Returns the numbers of new reactions."""
        now = self._clock.now()
        created = self._db.write(lambda c: decisions.decide(c, consumer, upto_seq, batch, now))
        if created:
            self._notify()
        return created

    def keep_rule_index(self, index: str, rules: Sequence[Sequence[Any]]) -> None:
        """Keep a list of rules, with the comparisons that each must pass, which `PassedOver` refers to."""
        now = self._clock.now()
        self._db.write(lambda c: passed.keep_index(c, index, rules, now))

    def decisions(
        self, *, event_id: str | None = None, rule: str | None = None, limit: int = 100
    ) -> list[r.StoredDecision]:
        """Decisions, the newest first."""
        return self._db.read(lambda c: decisions.decisions(c, event_id, rule, limit))

    def open_questions(self, obj: str) -> list[tuple[str, str]]:
        """Rules whose last decision about an object was `unknown`, with the event that it was on."""
        return self._db.read(lambda c: decisions.open_questions(c, obj))

    def reactions(
        self, *, object: str | None = None, rule: str | None = None, state: str | None = None, limit: int = 100
    ) -> list[r.StoredReaction]:
        """Reactions, the newest first."""
        return self._db.read(lambda c: decisions.reactions(c, object, rule, state, limit))

    def latest_reaction(self, slot: str) -> r.StoredReaction | None:
        """The newest reaction in a slot; follow-ups of retractions do not count."""
        return self._db.read(lambda c: decisions.latest_in_slot(c, slot))

    def unfinished_in(self, slot: str) -> list[r.StoredReaction]:
        """Reactions of a slot that have not ended, the newest first."""
        return self._db.read(lambda c: decisions.unfinished_in(c, slot))

    def steps(self, reaction_id: int) -> list[r.StoredStep]:
        """The steps of a reaction, in order."""
        return self._db.read(lambda c: steps.of_reaction(c, reaction_id))

    def lease_steps(self, owner: str, *, now: datetime, lease_s: float, limit: int = 8) -> list[r.LeasedStep]:
        """Take steps that are due, for `lease_s` seconds. Looking costs no write, so one may look often."""
        if not self._db.read(lambda c: steps.any_due(c, now)):
            return []
        return self._db.write(lambda c: steps.lease(c, owner, now, lease_s, limit))

    def renew(
        self, step_id: int, owner: str, now: datetime, lease_s: float, *, progress: dict[str, Any] | None = None
    ) -> bool:
        """Keep a step for longer, and note how far it is. False: it was lost or is no longer wanted; stop the work."""
        return self._db.write(lambda c: steps.renew(c, step_id, owner, now, lease_s, progress))

    def finish_step(
        self,
        step_id: int,
        owner: str,
        *,
        now: datetime,
        outcome: r.StepOutcome,
        result: dict[str, Any] | None = None,
        error: str = "",
        retry_at: datetime | None = None,
        reports: Sequence[tuple[str, Report]] = (),
        events: Sequence[Event] = (),
        review: r.NewReview | None = None,
        follow_ups: Sequence[r.NewReaction] = (),
    ) -> bool:
        """End a step together with all it has to say and to ask, and what follows from it. False, and nothing
        written, when the step was lost."""
        journalled = self._clock.now()

        def work(connection: Connection) -> bool:
            if follow_ups:
                decisions.hold(connection)
            step = steps.held(connection, step_id, owner)
            if step is None:
                return False
            steps.finish(connection, step, now, outcome, result, error, retry_at)
            if events:
                log.append(connection, events, journalled)
            if reports:
                outbox.enqueue(connection, reports, now, reaction_id=step.reaction_id)
            if review is not None:
                reviews.ask(connection, step.id, step.reaction_id, review, now)
            if follow_ups:
                decisions.follow(connection, step.reaction_id, follow_ups, now)
            return True

        done = self._db.write(work)
        if done:
            self._notify()
        return done

    # --- questions to people ---

    def review(self, review_id: int) -> r.Review | None:
        """The question of that number."""
        return self._db.read(lambda c: reviews.get(c, review_id))

    def reviews(
        self,
        *,
        open_only: bool = False,
        reaction: int | None = None,
        object: str | None = None,
        limit: int = 100,
    ) -> list[r.Review]:
        """Questions that were put to people, the newest first."""
        listed = partial(reviews.listed, open_only=open_only, reaction_id=reaction, obj=object, limit=limit)
        return self._db.read(listed)

    def answer(self, review_id: int, verdict: r.Verdict, *, by: str, why: str, now: datetime) -> r.Review:
        """Somebody approves or rejects; what waited goes on. Raises PermanentError where nothing is open."""
        answered = self._db.write(lambda c: reviews.decide(c, review_id, verdict, by, why, now))
        self._notify()
        return answered

    def acknowledge(self, reaction_id: int, *, by: str, why: str, now: datetime) -> bool:
        """Somebody has seen what a reaction said; False where somebody had before."""
        return self._db.write(lambda c: reviews.acknowledge(c, reaction_id, by, why, now))

    def acknowledged(self, slot: str, *, since: datetime) -> bool:
        """Whether somebody has seen any reaction of a slot, or a page about it, since then."""
        return self._db.read(lambda c: reviews.acknowledged(c, slot, since))

    def standing(self, reaction_id: int) -> r.Standing:
        """What has become of a reaction, for escalations."""
        return self._db.read(lambda c: reviews.standing(c, reaction_id))

    # --- what rules wait for, and what people do not want to hear ---

    def waits(self) -> list[r.StoredWait]:
        """All that rules wait for, the first due first."""
        return self._db.read(waits.waiting)

    def waits_of(self, rule: str, *, limit: int = 100) -> list[r.StoredWait]:
        """What a rule waits or has waited for, the newest first."""
        return self._db.read(lambda c: waits.of_rule(c, rule, limit))

    def open_waits(self, wanted: Sequence[r.Wait]) -> None:
        """Wait for these; those known already stay as they are."""
        now = self._clock.now()
        self._db.write(lambda c: waits.open_(c, wanted, now))

    def silence(self, silence: r.Silence) -> int:
        """Silence a rule, an object or both; returns the number to end it by."""
        return self._db.write(lambda c: silences.add(c, silence))

    def unsilence(self, number: int, *, now: datetime) -> None:
        """End a silence. Raises PermanentError where none of that number is in force."""
        self._db.write(lambda c: silences.end(c, number, now))

    def silences(self, now: datetime) -> list[r.Silence]:
        """Silences in force, the oldest first."""
        return self._db.read(lambda c: silences.in_force(c, now))

    # --- leases ---

    def owners(self) -> list[str]:
        """Who holds leases."""
        return self._db.read(lambda c: sorted({*steps.owners(c), *outbox.owners(c), *turns.owners(c)}))

    def release(self, owner: str) -> int:
        """End all leases of a process that is known to be dead; its work is due at once. Returns how many."""
        now = self._clock.now()
        return self._db.write(
            lambda c: steps.release(c, owner, now) + outbox.release(c, owner, now) + turns.release(c, owner)
        )

    # --- outbox ---

    def enqueue(
        self, reports: Sequence[tuple[str, Report]], *, now: datetime, not_before: datetime | None = None
    ) -> int:
        """Put (target, report) pairs into the outbox, to go out at once or `not_before` a moment; returns how many are
        new."""
        new = self._db.write(lambda c: outbox.enqueue(c, reports, now, not_before=not_before))
        if new:
            self._notify()
        return new

    def lease_reports(
        self, owner: str, *, target: str, now: datetime, lease_s: float, limit: int = 8
    ) -> list[r.LeasedReport]:
        """Take reports that are due for a target, of each thread the first only. Looking costs no write."""
        if not self._db.read(lambda c: outbox.any_due(c, target, now)):
            return []
        return self._db.write(lambda c: outbox.lease(c, owner, target, now, lease_s, limit))

    def sending(self, report_id: int, owner: str, now: datetime) -> bool:
        """Mark that the outward call comes now. False: lost or withdrawn; do not send."""
        return self._db.write(lambda c: outbox.sending(c, report_id, owner, now))

    def delivered(self, report_id: int, owner: str, *, now: datetime, reference: dict[str, Any]) -> None:
        """The target has it; `reference` is what an edit would need. Holds whoever has the lease by now."""
        self._db.write(lambda c: outbox.delivered(c, report_id, now, reference))
        self._notify()

    def postpone(
        self,
        report_id: int,
        owner: str,
        *,
        now: datetime,
        until: datetime,
        error: str,
        give_up: bool = False,
        in_doubt: bool = False,
        reference: dict[str, Any] | None = None,
    ) -> None:
        """Try again at `until`, or give up. `in_doubt`: the call may have happened (a timeout, say). `reference` says
        which part of it was done; the next try is given it as `previous`."""
        how: dict[str, Any] = {"give_up": give_up, "in_doubt": in_doubt, "reference": reference}
        self._db.write(lambda c: outbox.postpone(c, report_id, owner, now, until, error, **how))

    def thread(self, target: str, thread: str) -> dict[str, Any] | None:
        """Where a thread lives on a target."""
        return self._db.read(lambda c: outbox.thread(c, target, thread))

    def thread_at(self, target: str, room: str, place: str) -> str | None:
        """The thread whose first message stands at `place` (Slack's timestamp) of a room."""
        return self._db.read(lambda c: outbox.thread_at(c, target, room, place))

    def set_thread(self, target: str, thread: str, reference: dict[str, Any]) -> None:
        """Remember where a thread lives on a target."""
        self._db.write(lambda c: outbox.set_thread(c, target, thread, reference))

    def change_thread(self, target: str, thread: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Change what is remembered of a thread (nothing yet: `{}`), while nobody else does."""
        self._db.write(lambda c: outbox.change_thread(c, target, thread, change))

    def reports(self, *, thread: str | None = None, limit: int = 200) -> list[r.StoredReport]:
        """The newest reports, in their order."""
        return self._db.read(lambda c: outbox.reports(c, thread, limit))

    # --- feeds ---

    def feed_seen(self, observations: Sequence[r.FeedSeen]) -> None:
        """Note what came over feeds."""
        self._db.write(lambda c: feeds.seen(c, observations))

    def feeds(self) -> list[r.Feed]:
        """Every feed that was ever seen or judged."""
        return self._db.read(feeds.feeds)

    def set_feed_state(self, feed: str, state: str, *, since: datetime, detail: str) -> bool:
        """Note a watcher's verdict; True if it is another than before."""
        return self._db.write(lambda c: feeds.set_state(c, feed, state, since, detail))

    # --- status ---

    def statistics(self) -> dict[str, Any]:
        """Rows, states and lags, as JSON values."""
        return self._db.read(statistics) | {"url": self._db.shown}

    def unfinished(self) -> dict[str, int]:
        """How many steps and reports have not ended yet."""
        return self._db.read(unfinished)

    def outcomes(self) -> list[tuple[str, str, int]]:
        """(rule, outcome, how often) over all decisions."""
        return self._db.read(outcomes)
