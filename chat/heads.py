"""Keeps the first message of each thread in place and up to date on one target.

A head is no row of the outbox: it can be composed again at any time, and editing it twice does no harm. Only its
first post could be doubled, so before that the target is always asked whether it is there.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chat.contract import HEAD, Target
from chat.dossier import Dossier, read
from chat.head import head_report
from nuncius.core.report import Report, Severity
from nuncius.journal import Journal

Reference = dict[str, Any]


class Heads:
    """First messages of threads on `target`. Beside the target's own words, a thread's reference holds `head`, the
    key of what its first message says, and `for`, the severities ("page real", "info test") it was posted for."""

    def __init__(self, journal: Journal, target: Target) -> None:
        self._journal, self._target = journal, target

    def ensure(self, report: Report, dossier: Dossier, *, test: bool, doubtful: bool) -> Reference:
        """The thread's reference, once its first message stands where `report` goes and says the present state."""
        # What one person is told is a thread of its own: it may begin later, and says nothing of whom others were told.
        name = f"{report.thread}#{report.to}" if report.to else report.thread
        thread: Reference | None = self._journal.thread(self._target.name, name)
        # A thread may be about no object (a broken feed, a platform check): its first report names it.
        nameless = Report(thread=report.thread, slot=HEAD, key=f"{HEAD}:{report.thread}", title=report.title)
        head = head_report(dossier.present) if dossier.present else nameless
        place = f"{report.severity.value} {'test' if test else 'real'}"
        known = thread is not None and thread.get("head") == head.key and place in thread.get("for", [])
        if thread is not None and known and not doubtful:
            return thread
        # Severity decides the channel; what the head says does not depend on it.
        head = msgspec.structs.replace(head, severity=report.severity)
        if self._target.certain and (thread is None or doubtful):
            found = self._target.find(head, thread=thread, test=test)
            thread = {**(thread or {}), **found.thread} if found else thread
        return self._deliver(head, thread, place, name)

    def refresh(self, thread: str) -> int:
        """Edit the head of a thread that people have been told of, if it would now say something else: 1 if so."""
        reference = self._journal.thread(self._target.name, thread)
        if reference is None or not reference.get("for"):
            return 0
        now = read(self._journal, thread).present
        head = head_report(now) if now else None
        if head is None or reference.get("head") == head.key:
            return 0
        # Where it was posted before, so that a refresh opens no thread in another channel.
        place: str = reference["for"][-1]
        self._deliver(msgspec.structs.replace(head, severity=Severity(place.split()[0])), reference, place, thread)
        return 1

    def _deliver(self, head: Report, thread: Reference | None, place: str, name: str) -> Reference:
        test = place.endswith(" test")
        made = self._target.deliver(head, blob=self._journal.blob, thread=thread, previous=None, test=test)
        told = [*(known for known in (thread or {}).get("for", []) if known != place), place]
        reference = {**(thread or {}), **made.thread, "head": head.key, "for": told}
        self._journal.set_thread(self._target.name, name, reference)
        return reference
