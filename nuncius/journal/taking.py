"""Taking turns: recurring duties of the service (a feed to ask, a check to make), each by one process at a time.

A row says when a duty is due, who is at it and where it stands, so that two processes never do one turn twice and
nothing is forgotten over a restart. What a duty brought in and how far it came are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from nuncius.core.event import Event
from nuncius.journal import turns
from nuncius.journal.journal import Journal
from nuncius.journal.records import Appended, Reject, Turn


class Turns:
    """Turns in a journal."""

    def __init__(self, journal: Journal, owner: str) -> None:
        self._journal = journal
        self.owner = owner

    def all(self) -> list[Turn]:
        """Every duty that was ever taken, by name."""
        return self._journal.ask(turns.turns)

    def get(self, name: str) -> Turn | None:
        """One duty, where it has been taken before."""
        return self._journal.ask(lambda c: turns.get(c, name))

    def take(
        self,
        name: str,
        *,
        now: datetime,
        lease_s: float,
        horizon_s: float = 7 * 86400.0,
        longest_pause_s: float = 0.0,
        waits: bool = True,
    ) -> Turn | None:
        """The turn, if it is due and nobody else is at it; its state may be kept until the lease runs out. A moment
        later than the horizon (after a failure: the longest pause) was written by a clock that went wrong, and counts
        as due. Without `waits` it need not be due: a person asks."""
        there = self.get(name)  # most looks find nothing due, and cost no write
        horizon_s = max(horizon_s, longest_pause_s) if there is not None and there.failures else horizon_s
        if waits and there is not None and now < there.due <= now + timedelta(seconds=horizon_s):
            return None
        longest_s = max(horizon_s, lease_s)
        return self._journal.transact(lambda c: turns.take(c, name, self.owner, now, lease_s, longest_s, waits))

    def keep(
        self, turn: Turn, events: Sequence[Event], *, rejects: Sequence[Reject] = (), state: Any, until: datetime
    ) -> Appended:
        """What the turn brought in so far and where it stands, in one transaction; the lease goes on to `until`.
        Raises TransientError, with nothing kept, when somebody else has taken the turn."""
        return self._journal.append(
            events, rejects=rejects, also=lambda c: turns.change(c, turn, self.owner, state=state, until=until)
        )

    def done(self, turn: Turn, *, now: datetime, due: datetime) -> None:
        """The turn succeeded; the next one is due then."""
        ended = {"owner": None, "until": None, "succeeded": now, "failures": 0, "error": "", "due": due}
        self._journal.transact(lambda c: turns.change(c, turn, self.owner, **ended))

    def failed(self, turn: Turn, error: str, *, due: datetime) -> None:
        """The turn failed; it is tried again then."""
        ended = {"owner": None, "until": None, "failures": turn.failures + 1, "error": error, "due": due}
        self._journal.transact(lambda c: turns.change(c, turn, self.owner, **ended))
