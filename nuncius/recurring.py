"""Recurring duties of the service: `apscheduler` says when to look, a row of the journal whose turn it is.

The scheduler's own store cannot commit together with what a duty brings in, nor be shared by two processes; the rows
of `nuncius.journal.Turns` can. So the scheduler only wakes the threads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import msgspec

from nuncius.core.clock import Clock
from nuncius.core.errors import NunciusError, TransientError
from nuncius.journal import Journal, Turn, Turns

log = logging.getLogger(__name__)

#: How long after a failure a duty is tried again, doubling up to the longest, in seconds.
FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 3600.0
#: A duty is looked at at least so often, so that a process takes over soon from one that died, in seconds.
LOOK_S = 15.0
WORKERS = 8

Work = Callable[[Turn, Turns], None]


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done again and again: `work` gets the turn and keeps what it brings in by `Turns.keep`.
    `lease_s` is how long it may be silent before another process takes over."""

    name: str
    every_s: float
    work: Work
    lease_s: float = 120.0


class Recurring:
    """Runs duties until it is told to stop."""

    def __init__(self, journal: Journal, duties: Sequence[Duty], *, clock: Clock, owner: str) -> None:
        self.turns = Turns(journal, owner)
        self.duties = list(duties)
        self.clock = clock

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
            scheduler.add_job(
                partial(self.look, duty), IntervalTrigger(seconds=look_s, jitter=look_s / 10), id=duty.name
            )
            scheduler.add_job(partial(self.look, duty))  # and at once
        scheduler.start()
        try:
            stop.wait()
        finally:
            scheduler.shutdown(wait=True)

    def look(self, duty: Duty) -> bool:
        """Do a duty if it is due and nobody else is at it; whether it was done. Raises nothing."""
        now = self.clock.now()
        longest_s = 2 * max(duty.every_s, LONGEST_PAUSE_S)
        try:
            turn = self.turns.take(duty.name, now=now, lease_s=duty.lease_s, horizon_s=longest_s)
            if turn is None:
                return False
            error = self._do(duty, turn)
            now = self.clock.now()
            if error is None:
                self.turns.done(turn, now=now, due=now + timedelta(seconds=duty.every_s))
            else:
                self.turns.failed(
                    turn, str(error) or repr(error), due=now + timedelta(seconds=pause(duty, turn, error))
                )
        except NunciusError as error:  # the journal cannot be reached, or another process took the turn
            log.warning("%s: %s", duty.name, error)
            return False
        return error is None

    def _do(self, duty: Duty, turn: Turn) -> Exception | None:
        try:
            duty.work(turn, self.turns)
        except NunciusError as error:
            log.warning("%s: %s", duty.name, error)
            return error
        except Exception as error:
            log.exception("%s: a mistake of ours", duty.name)
            return error
        return None


def pause(duty: Duty, turn: Turn, error: Exception) -> float:
    """Seconds until a failed turn is tried again: what the other side asked for, else longer each time."""
    asked = error.retry_after_s if isinstance(error, TransientError) else None
    doubled = FIRST_PAUSE_S * 2.0 ** min(turn.failures, 16)
    return min(max(asked or 0.0, min(doubled, LONGEST_PAUSE_S)), 2 * LONGEST_PAUSE_S)
