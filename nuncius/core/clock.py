"""Time is passed in. The service runs on `SystemClock`, replays and tests on `VirtualClock`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the flow may ask of time."""

    def now(self) -> datetime:
        """The present moment, UTC-aware."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that long by this clock."""
        ...


class SystemClock:
    """The wall clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


#: A replay's clock stands before this until its first event moves it: no archive of alerts is older.
FIRST_ARCHIVE = datetime(1991, 1, 1, tzinfo=UTC)


class VirtualClock:
    """A clock that stands still until it is moved; it never goes backwards."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.advance_to(self._now + timedelta(seconds=seconds))

    def advance_to(self, moment: datetime) -> None:
        """Move forward to `moment`; an earlier one leaves the clock where it is (archives are not in order)."""
        self._now = max(self._now, moment)
