"""A listener process that kills itself (SIGKILL) at a chosen point: `kafka_victim.py ADDRESS TOPIC JOURNAL WHEN N`.

WHEN is `before` or `after` the N-th transaction that holds events; in both cases Kafka has not heard of it yet.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from kafka_samples import settings

from listeners.kafka import KafkaListener
from nuncius.core.event import Event
from nuncius.journal import Appended, Journal


def main(address: str, topic: str, url: str, when: str, number: int) -> None:
    journal = Journal.open(url)
    append, done = journal.append, [0]

    def dying(events: Sequence[Event], **more: Any) -> Appended:
        done[0] += bool(events)
        if events and when == "before" and done[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        result = append(events, **more)
        if events and when == "after" and done[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    journal.append = dying  # type: ignore[method-assign]
    listener = KafkaListener(settings(address, topics=(topic,), group_id=f"g-{topic}", batch=7, instance_id="one"))
    listener.run(journal, threading.Event())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
