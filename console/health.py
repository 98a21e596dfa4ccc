"""Whether the service lives, and whether it keeps up: each with its reasons, for people and for orchestrators."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from nuncius.core.errors import NunciusError
from nuncius.journal import Journal
from nuncius.journal.measures import lags

#: Consumers of the running service; others may have been given up.
CONSUMERS = ("kg", "reactors")
#: A consumer that has events to read and has not moved for so long is stuck: starting the service anew may help.
STUCK_S = 600.0
#: An event that waits longer than this for a consumer makes the service not ready.
BEHIND_S = 60.0


def alive(journal: Journal, now: datetime) -> dict[str, Any]:
    """`ok`, the newest event's number, and where it is not ok the reasons."""

    def stuck(last: int, connection: Connection) -> list[str]:
        return [
            f"{lag.consumer} has not moved since {lag.moved:%Y-%m-%d %H:%M:%S} UTC, with {lag.events} events to read"
            for lag in lags(connection, last)
            if lag.consumer in CONSUMERS
            and lag.events
            and max(lag.moved, lag.oldest or lag.moved) < now - timedelta(seconds=STUCK_S)
        ]

    return _look(journal, stuck)


def ready(journal: Journal, now: datetime) -> dict[str, Any]:
    """The same for whether it keeps up with what arrives."""

    def behind(last: int, connection: Connection) -> list[str]:
        return [
            f"{lag.consumer} is {lag.events} events behind, the oldest from {lag.oldest:%Y-%m-%d %H:%M:%S} UTC"
            for lag in lags(connection, last)
            if lag.consumer in CONSUMERS and lag.oldest is not None and lag.oldest < now - timedelta(seconds=BEHIND_S)
        ]

    return _look(journal, behind)


def _look(journal: Journal, reasons: Any) -> dict[str, Any]:
    try:
        last = journal.last_seq()
        found = journal.ask(lambda connection: reasons(last, connection))
    except (NunciusError, OSError) as error:
        return {"ok": False, "reasons": [f"the journal does not answer: {error}"]}
    return {"ok": not found, "last_seq": last} | ({"reasons": found} if found else {})
