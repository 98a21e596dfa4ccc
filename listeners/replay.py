"""A listener that reads stored messages instead of a wire: the same parsers, journal and reactions follow.

It never decides what happens to a message; it only sets the pace, and says how far it has come.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from listeners.files import walk
from listeners.formats import Message, parse
from nuncius.core.clock import Clock
from nuncius.core.errors import FormatError
from nuncius.core.event import Event
from nuncius.journal import Journal, Reject

#: Messages in one transaction of the journal: large enough that a commit costs little, small enough that the
#: first reaction starts at once.
BATCH = 200


class Replay:
    """Feeds files, folders, tarballs and JSON lines to the journal.

    `speed` is archive seconds per real second (None: as fast as possible; 60: an hour in a minute). `progress`
    is called with the number of messages of each batch.
    """

    name = "replay"

    def __init__(
        self,
        paths: Iterable[Path],
        *,
        clock: Clock,
        speed: float | None = None,
        batch: int = BATCH,
        progress: Callable[[int], object] = lambda count: None,
    ) -> None:
        self._paths = list(paths)
        self._clock = clock
        self._speed = speed
        self._batch = 1 if speed else batch
        self._progress = progress
        self._previous: datetime | None = None
        self.messages = self.new = self.duplicates = self.rejected = 0

    def run(self, journal: Journal, stop: threading.Event) -> None:
        """Read everything once; returns at the end or when `stop` is set."""
        events: list[Event] = []
        rejects: list[Reject] = []
        pending = 0
        for message in walk(self._paths, now=self._clock.now()):
            if stop.is_set():
                break
            try:
                parsed = parse(message)
            except FormatError as error:
                parsed = []
                rejects.append(_reject(message, error))
            if self._speed and parsed:
                self._keep_pace(parsed[0].received, stop)
            events += parsed
            pending += 1
            if pending >= self._batch:
                self._store(journal, events, rejects, pending)
                events, rejects, pending = [], [], 0
        self._store(journal, events, rejects, pending)

    def _store(self, journal: Journal, events: list[Event], rejects: list[Reject], count: int) -> None:
        if not count:
            return
        appended = journal.append(events, rejects=rejects)
        self.messages += count
        self.new += len(appended.new)
        self.duplicates += appended.duplicates
        self.rejected += appended.rejected
        self._progress(count)

    def _keep_pace(self, received: datetime, stop: threading.Event) -> None:
        """Wait as long as the archive waited, divided by the speed; gaps backwards are not waited for."""
        if self._previous is not None and self._speed:
            gap = (received - self._previous).total_seconds() / self._speed
            if gap > 0:
                stop.wait(gap)
        self._previous = received if self._previous is None else max(self._previous, received)


def _reject(message: Message, error: FormatError) -> Reject:
    return Reject(
        received=message.received,
        source=f"file:{message.name or 'stdin'}",
        topic=message.topic or "",
        content_type=message.content_type or "",
        raw=message.raw,
        error=type(error).__name__,
        reason=str(error),
    )
