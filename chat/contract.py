"""The one contract of all chat targets: what a courier may ask of Slack, a terminal or the web page.

A target dresses a report and delivers it; it must not read the journal, and it never decides what is worth saying.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from nuncius.core.errors import TransientError
from nuncius.core.report import Report, Severity

#: The slot of a thread's first message, which always says the present state of the object.
HEAD = "head"

Blob = Callable[[str], bytes]

_RANK = {Severity.INFO: 0, Severity.NOTICE: 1, Severity.WARNING: 2, Severity.PAGE: 3}


def rank(severity: Severity) -> int:
    """Severities in order: info 0, notice 1, warning 2, page 3."""
    return _RANK[severity]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Where a report now stands: `reference` finds its message again (to edit it), `thread` its thread. Both are
    JSON values that only their target understands; the journal keeps them."""

    reference: dict[str, Any] = {}
    thread: dict[str, Any] = {}


class Partly(TransientError):
    """Some of it was done, the rest may succeed later: the next try gets `reference` as its `previous`."""

    def __init__(self, message: str, reference: dict[str, Any]) -> None:
        super().__init__(message)
        self.reference = reference


class Target(Protocol):
    """A place where people read.

    `certain`: `find` really knows whether a report was delivered. Where it cannot know (a terminal), a report in
    doubt is delivered again: seen twice is better than not at all.
    `heads`: threads open with a message that says the present state; without, the target shows it by itself.
    `head_in_reports`: that message is no message of its own: what it says is remembered with the thread and repeated at
    the top of each report, also of those for one person. So it is where nothing can be edited.
    `silent_edits`: who has read a message does not notice that it was edited, so a short reply says what changed.
    `most_an_hour`: threads that may be opened in one room in an hour before the others are gathered; 0: no bound.
    """

    name: str
    certain: bool
    heads: bool
    head_in_reports: bool
    silent_edits: bool
    most_an_hour: int

    def opens(self, report: Report, *, thread: dict[str, Any] | None, test: bool = False) -> str:
        """The room in which delivering `report` would open a thread that all there notice; empty: none would be."""
        ...

    def deliver(
        self,
        report: Report,
        *,
        blob: Blob,
        thread: dict[str, Any] | None,
        previous: dict[str, Any] | None,
        test: bool = False,
    ) -> Delivery:
        """Deliver `report`, or edit the message that `previous` refers to. The head (slot "head") opens the thread
        when `thread` is None and is edited in place otherwise. Must be safe to repeat with the `previous` that
        `find` gave. `test` marks mock alerts and injections, which must not reach people on duty.
        Raises TransientError (try again later) or PermanentError (a person must mend something)."""
        ...

    def find(self, report: Report, *, thread: dict[str, Any] | None, test: bool = False) -> Delivery | None:
        """What is already there in the report's slot of its thread, after a crash or a lost reply; None: nothing
        (if `certain`), or cannot know."""
        ...
