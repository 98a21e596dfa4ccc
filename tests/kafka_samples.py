"""Messages of our own making for the Kafka tests, and a listener that runs in a thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from listeners.kafka import KafkaListener, KafkaSettings
from nuncius.journal import Journal

FIRST = 90_000  # above any real circular
#: Group joins of the Tansu broker are slow with longer ones; noida-db does not mind.
FAST = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500, "log_level": 0}


def circular(number: int, body: str = "We observed the field and found nothing new.") -> bytes:
    """A circular as it comes on gcn.circulars."""
    content = {
        "circularId": FIRST + number,
        "eventId": "GRB 260102A",
        "subject": f"GRB 260102A: observation {number}",
        "submitter": "A. Nobody at Somewhere <nobody@example.org>",
        "createdOn": 1767312000000 + number * 1000,
        "body": body,
    }
    return json.dumps(content).encode()


def settings(address: str, **changes: Any) -> KafkaSettings:
    """Quick settings for a plain broker: from the beginning, health every fifth of a second, no heartbeat."""
    config = FAST | changes.pop("config", {})
    usual: dict[str, Any] = {
        "bootstrap_servers": address,
        "topics": ("gcn.circulars",),
        "group_id": "nuncius-test",
        "start": "earliest",
        "poll_s": 0.05,
        "health_every_s": 0.2,
        "silent_after_s": 1.0,
        "metadata_every_s": 1.0,
    }
    return KafkaSettings(**(usual | changes), config=config)


@contextmanager
def listening(listener: KafkaListener, journal: Journal) -> Iterator[threading.Event]:
    """A listener at work; what it raises is raised here at the end."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            listener.run(journal, stop)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, name=listener.name, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(20)
        if failed:  # also instead of a test's own failure, of which this is the cause
            raise failed[0]
    assert not thread.is_alive(), "the listener did not stop when told to"


def numbers(journal: Journal) -> list[int]:
    """The circulars in the journal, in its order."""
    stored = journal.read(0, limit=100_000, kinds=["gcn.circular"])
    return [int(item.event.data["circular"]) - FIRST for item in stored]


def state_of(journal: Journal, feed: str) -> str | None:
    return next((row.state for row in journal.feeds() if row.feed == feed), None)
