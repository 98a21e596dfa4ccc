"""Carries reports from the outbox to one target, each effectively once and in the order of its thread.

Before the outward call the row is marked as being sent. A row found in that state later is in doubt: the target is
asked what is there, and what is there is edited instead of posted again.
"""

from __future__ import annotations

import logging
import random
import threading
from datetime import datetime, timedelta
from typing import Any

import msgspec

from chat.changes import what_changed
from chat.contract import Partly, Target, rank
from chat.digest import Digests
from chat.dossier import read
from chat.heads import Heads
from chat.later import Later, is_later
from chat.people import People
from nuncius.core.clock import Clock
from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.event import Tense
from nuncius.core.report import Report, ReportState, Severity
from nuncius.journal import Journal
from nuncius.journal.records import LeasedReport, StoredReport

log = logging.getLogger(__name__)

_STANDING = ("pending", "sending", "delivered")


class CourierSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How patiently reports are delivered."""

    lease_s: float = 120.0
    """A courier that says nothing for so long is taken for dead, and another takes its reports over."""
    first_retry_s: float = 2.0
    """Wait after the first passing failure; it doubles from try to try, give or take a quarter."""
    longest_retry_s: float = 300.0
    """Longest wait between two tries."""
    most_attempts: int = 900
    """Tries before giving up on passing failures: about three days at the longest wait."""
    poll_s: float = 0.25
    """How often to look for new reports, in seconds."""
    refresh_s: float = 30.0
    """How often to bring first messages up to date for objects that changed without a new report."""
    page_url: str = ""
    """Address of the web page as people reach it; digests link to it."""


class Courier:
    """Delivers the outbox rows of `target`. Several may run side by side, in threads or processes."""

    def __init__(
        self,
        journal: Journal,
        target: Target,
        clock: Clock,
        owner: str,
        *,
        settings: CourierSettings | None = None,
        people: People | None = None,
        seed: int = 0,
    ) -> None:
        self._journal, self._target, self._clock, self._owner = journal, target, clock, owner
        self._settings = settings or CourierSettings()
        self._heads = Heads(journal, target)
        page = self._settings.page_url
        self._digests = Digests(journal, target, clock, page)
        self._later = Later(journal, target, clock, people or People({}), self._digests, page)
        self._random = random.Random(seed)  # noqa: S311 jitter is no secret
        self._not_before: datetime | None = None
        self._refreshed: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set."""
        while not stop.is_set():
            if self.step() == 0 and self.refresh() == 0:
                self._journal.wait_for_work(self._settings.poll_s)

    def step(self) -> int:
        """Try the reports that can go out now; returns how many were tried."""
        now = self._clock.now()
        if self._not_before is not None and now < self._not_before:
            return 0
        leased = self._journal.lease_reports(
            self._owner, target=self._target.name, now=now, lease_s=self._settings.lease_s, limit=4
        )
        for row in leased:
            self._carry(row)
        return len(leased)

    def _carry(self, row: LeasedReport) -> None:
        if not self._journal.sending(row.id, self._owner, self._clock.now()):
            return  # cancelled meanwhile, or taken over after a stall
        try:
            reference = self._deliver(row)
        except TransientError as error:
            self._postpone(row, error)
        except PermanentError as error:
            log.error("%s gave up on report %s: %s", self._target.name, row.report.key, error)
            self._give_up(row, str(error))
        except Exception as error:
            # A report that trips over a bug must not stop the others; the reason stays visible with the row.
            log.exception("%s cannot deliver report %s", self._target.name, row.report.key)
            self._give_up(row, f"{type(error).__name__}: {error}; this is a defect, please report it")
        else:
            self._journal.delivered(row.id, self._owner, now=self._clock.now(), reference=reference)

    def _deliver(self, row: LeasedReport) -> dict[str, Any]:
        report, target = row.report, self._target
        doubtful = row.in_doubt or row.attempt > 1
        thread: dict[str, Any] | None = None
        before, test, dossier = None, self._about_a_test(report), None
        if is_later(report):
            written = self._later.together(report)
            if written is None:
                return {"skipped": "nothing was left to tell"}
            report = written
        elif target.heads and (not report.to or target.head_in_reports):
            dossier = read(self._journal, report.thread)
            before = _before(dossier.reports, row)
            test = test or (dossier.present is not None and dossier.present.test)
            gathered = self._digests.gather(row, dossier, test=test)
            if gathered is not None:
                return gathered
        if target.head_in_reports and report.state is ReportState.RETRACTED and self._taken_back(row):
            # One message says that all is taken back; a mark on each would be one more message each.
            return {**(row.previous or {}), "skipped": "the retraction's own message says so"}
        held = self._later.hold(row, dossier, test=test)
        if held is not None:
            return held
        if dossier is not None:
            thread = self._heads.ensure(report, dossier, test=test, doubtful=doubtful)
        previous = row.previous
        # A report that claims to replace something we have no reference of may stand there all the same: its
        # delivery was in doubt when it was cancelled.
        orphan = previous is None and (report.revision > 1 or report.state is not ReportState.CURRENT)
        if target.certain and (doubtful or orphan):
            found = target.find(report, thread=thread, test=test)
            previous = {**(previous or {}), **found.reference} if found else previous
        delivery = target.deliver(report, blob=self._journal.blob, thread=thread, previous=previous, test=test)
        if target.silent_edits and before is not None:
            self._note_edit(before, report)
        return delivery.reference

    def _taken_back(self, row: LeasedReport) -> bool:
        """Whether a message of its own says, or is about to say, that what this report said is retracted."""
        mine = [
            stored
            for stored in self._journal.reports(thread=row.report.thread, limit=500)
            if stored.target == row.target and stored.report.to == row.report.to and stored.state in _STANDING
        ]
        said = [s.id for s in mine if s.report.slot == row.report.slot and s.id < row.id]
        return any(s.report.slot.startswith("retraction/") and s.id > max(said, default=0) for s in mine)

    def _about_a_test(self, report: Report) -> bool:
        stored = self._journal.get(report.event_id) if report.event_id else None
        return stored is not None and stored.event.tense in (Tense.TEST, Tense.INJECTION)

    def _note_edit(self, before: Report, report: Report) -> None:
        """Queue a short reply behind the edit; a row of its own, so that it too is said once."""
        weighty = max(rank(before.severity), rank(report.severity)) >= rank(Severity.NOTICE)
        # A retraction is announced once, by the report that the rules make of it; not again for every edit.
        if not weighty or report.state is ReportState.RETRACTED:
            return
        if report.marks != before.marks:  # who has reviewed it stands in the message
            return
        begun = before.revision == 0  # it said only how far the work was
        lines = "" if begun else "\n".join(f"- {line}" for line in what_changed(before, report))
        note = Report(
            thread=report.thread,
            slot=f"{report.slot}/note/{report.key}",
            key=f"{report.key}/note",
            title=f"Done: {report.title}" if begun else f"Updated: {before.title}",
            text=lines,
            rule=report.rule,
            event_id=report.event_id,
        )
        self._journal.enqueue([(self._target.name, note)], now=self._clock.now())

    def refresh(self) -> int:
        """Edit the first messages of objects that changed since the last look; returns how many were edited."""
        now = self._clock.now()
        if not self._target.heads:
            return 0
        if self._refreshed is not None and (now - self._refreshed).total_seconds() < self._settings.refresh_s:
            return 0
        self._refreshed = now
        edited = 0
        try:
            for summary in self._journal.objects(limit=50):
                edited += self._heads.refresh(summary.object)
        except (TransientError, PermanentError) as error:
            log.warning("%s: first messages stay as they were for now: %s", self._target.name, error)
        return edited

    def _postpone(self, row: LeasedReport, error: TransientError) -> None:
        settings, now = self._settings, self._clock.now()
        if row.attempt >= settings.most_attempts:
            self._give_up(row, f"{error} (after {row.attempt} tries)")
            return
        wait = min(settings.longest_retry_s, settings.first_retry_s * 2.0 ** min(row.attempt - 1, 30))
        wait *= self._random.uniform(0.75, 1.25)
        if error.retry_after_s is not None:
            wait = max(error.retry_after_s, 0.0) + self._random.uniform(0.0, 0.25)
            self._not_before = now + timedelta(seconds=wait)  # the other side means all of us
        log.warning("%s: report %s waits %.1f s: %s", self._target.name, row.report.key, wait, error)
        until = now + timedelta(seconds=wait)
        doubt = error.retry_after_s is None  # who asks to wait has not taken it; any other failure may have
        part = error.reference if isinstance(error, Partly) else None
        self._journal.postpone(
            row.id, self._owner, now=now, until=until, error=str(error), in_doubt=doubt, reference=part
        )

    def _give_up(self, row: LeasedReport, reason: str) -> None:
        now = self._clock.now()
        self._journal.postpone(row.id, self._owner, now=now, until=now, error=reason, give_up=True)


def _before(rows: list[StoredReport], row: LeasedReport) -> Report | None:
    """The report that stood in the slot until now, if it was delivered to this target."""
    earlier = [
        stored
        for stored in rows
        if stored.id < row.id
        and stored.target == row.target
        and stored.report.slot == row.report.slot
        and stored.state == "delivered"
    ]
    return max(earlier, key=lambda stored: stored.id).report if earlier else None
