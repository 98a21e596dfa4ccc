"""Recurring duties of the service: `apscheduler` says when to look, a row of the journal whose turn it is.

The scheduler's own store cannot commit together with what a duty brings in, nor be shared by two processes; the rows
of `nuncius.journal.Turns` can. So the scheduler only wakes the threads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from nuncius.core.clock import Clock
from nuncius.core.errors import NunciusError, TransientError
from nuncius.journal import Journal, Turn, Turns

log = logging.getLogger(__name__)

#: How long after a failure a duty is tried again, doubling up to the longest, in seconds.
FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 3600.0
#: The longest wait that another side may ask for, in seconds.
LONGEST_ASKED_S = 6 * 3600.0
#: A duty is looked at at least so often, so that a process takes over soon from one that died, in seconds.
LOOK_S = 15.0
WORKERS = 8

Work = Callable[[Turn, Turns], object]


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done again and again: `work` gets the turn and keeps what it brings in by `Turns.keep`.
    `lease_s` is how long it may be silent before another process takes over."""

    name: str
    every_s: float
    work: Work
    lease_s: float = 120.0


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """What a duty's work gives that wants to be done again sooner than usual: something may have changed."""

    after_s: float


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How a look at a duty ended: whether it was this process's turn, what its work gave, or what went wrong."""

    taken: bool
    gave: object = None
    error: str = ""


class Recurring:
    """Runs duties until it is told to stop."""

    def __init__(self, journal: Journal, duties: Sequence[Duty], *, clock: Clock, owner: str) -> None:
        self.turns = Turns(journal, owner)
        self.duties = list(duties)
        self.clock = clock
        self._unkept: dict[str, tuple[int, float]] = {}

    def run(self, stop: threading.Event) -> None:
        """Look at each duty every few seconds, until `stop` is set; running ones are waited for."""
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler
        from apscheduler.triggers.interval import IntervalTrigger

        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns whenever a duty takes longer than a look
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(WORKERS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        for duty in self.duties:
            look_s = min(duty.every_s, LOOK_S)
            every = IntervalTrigger(seconds=look_s, jitter=look_s / 10)
            scheduler.add_job(partial(self.look, duty), every, id=duty.name, next_run_time=datetime.now(UTC))
        scheduler.start()
        try:
            stop.wait()
        finally:
            scheduler.shutdown(wait=True)

    def look(self, duty: Duty) -> bool:
        """Do a duty if it is due and nobody else is at it; whether it was done. Raises nothing."""
        attempt = self.attempt(duty)
        return attempt.taken and not attempt.error

    def attempt(self, duty: Duty, *, waits: bool = True) -> Attempt:
        """Do a duty if it is due (or `waits` for no such moment) and nobody else is at it. Raises nothing."""
        if waits and time.monotonic() < self._unkept.get(duty.name, (0, 0.0))[1]:
            return Attempt(taken=False)
        try:
            turn = self.turns.take(
                duty.name,
                now=self.clock.now(),
                lease_s=duty.lease_s,
                horizon_s=2 * duty.every_s,
                longest_pause_s=2 * LONGEST_ASKED_S,
                waits=waits,
            )
        except NunciusError as error:  # the journal cannot be reached
            log.warning("%s: %s", duty.name, error)
            return Attempt(taken=False, error=str(error))
        if turn is None:
            return Attempt(taken=False)
        gave, wrong = self._do(duty, turn)
        said = "" if wrong is None else str(wrong) or repr(wrong)
        now = self.clock.now()
        try:
            if wrong is None:
                next_s = min(duty.every_s, gave.after_s) if isinstance(gave, Again) else duty.every_s
                self.turns.done(turn, now=now, due=now + timedelta(seconds=next_s))
            else:
                self.turns.failed(turn, said, due=now + timedelta(seconds=pause(turn, wrong)))
        except NunciusError as lost:  # the journal cannot be reached, or another process took the turn
            log.warning("%s: %s", duty.name, lost)
            said = said or str(lost)
            self._rest(duty)
        else:
            self._unkept.pop(duty.name, None)
        return Attempt(taken=True, gave=gave, error=said)

    def _rest(self, duty: Duty) -> None:
        """The row could not be told how it went, so it still says that the duty is due. No server is to be asked every
        few seconds because our own disk is full: this process lets it be for a while, ever longer."""
        times = self._unkept.get(duty.name, (0, 0.0))[0] + 1
        pause_s = min(FIRST_PAUSE_S * 2.0 ** min(times - 1, 16), max(FIRST_PAUSE_S, duty.every_s))
        self._unkept[duty.name] = times, time.monotonic() + pause_s

    def _do(self, duty: Duty, turn: Turn) -> tuple[object, Exception | None]:
        try:
            return duty.work(turn, self.turns), None
        except NunciusError as error:
            log.warning("%s: %s", duty.name, error)
            return None, error
        except Exception as error:
            log.exception("%s: a mistake of ours", duty.name)
            return None, error


def pause(turn: Turn, error: Exception) -> float:
    """Seconds until a failed turn is tried again: what the other side asked for, else longer each time."""
    asked = error.retry_after_s if isinstance(error, TransientError) else None
    doubled = min(FIRST_PAUSE_S * 2.0 ** min(turn.failures, 16), LONGEST_PAUSE_S)
    return min(max(asked or 0.0, doubled), LONGEST_ASKED_S)
