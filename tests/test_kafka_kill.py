"""SIGKILL of a listener process around the journal's transaction: nothing lost, nothing doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from contextlib import ExitStack
from pathlib import Path

from kafka_broker import Broker, shared, wait_until
from kafka_samples import circular, listening, numbers, settings

from listeners.kafka import KafkaListener
from nuncius.journal import Journal

#: When the process dies, and in which transaction.
POINTS = [("before", 1), ("after", 1), ("before", 2), ("after", 2), ("after", 4)]
MESSAGES = 40


def test_a_listener_killed_between_journal_and_commit_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """With an instance id, so that the dead member's partitions come back at once."""
    with shared() as broker, ExitStack() as stack:
        topics = [f"test.{uuid.uuid4().hex[:12]}.circulars" for _ in POINTS]
        urls = [f"sqlite:///{tmp_path}/{number}.db" for number in range(len(POINTS))]
        victims = [_start(broker, topic, url, *point) for topic, url, point in zip(topics, urls, POINTS, strict=True)]
        journals = []
        for victim, topic, url in zip(victims, topics, urls, strict=True):
            assert victim.wait(30) == -signal.SIGKILL
            broker.produce(topic, *(circular(n) for n in range(MESSAGES, MESSAGES + 10)))
            journal = Journal.open(url)
            stack.callback(journal.close)
            listener = KafkaListener(
                settings(broker.address, topics=(topic,), group_id=f"g-{topic}", instance_id="one")
            )
            stack.enter_context(listening(listener, journal))
            journals.append(journal)
        for journal, point in zip(journals, POINTS, strict=True):
            wait_until(lambda j=journal: len(numbers(j)) >= MESSAGES + 10, 30, f"all messages after {point}")
            assert sorted(numbers(journal)) == list(range(MESSAGES + 10)), point


def _start(broker: Broker, topic: str, url: str, when: str, number: int) -> subprocess.Popen[bytes]:
    broker.create(topic)
    broker.produce(topic, *(circular(n) for n in range(MESSAGES)))
    script = Path(__file__).with_name("kafka_victim.py")
    return subprocess.Popen([sys.executable, str(script), broker.address, topic, url, when, str(number)])
