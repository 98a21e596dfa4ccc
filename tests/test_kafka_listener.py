"""The Kafka listener against a real broker: resume, rebalance, poison, redelivery, wildcards, a failing journal."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka_broker import Broker, running, shared, tansu, wait_until
from kafka_samples import FIRST, circular, listening, numbers, settings

from listeners.kafka import KafkaListener
from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.event import Event
from nuncius.journal import Appended, Journal


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with shared() as started:
        yield started


@pytest.fixture
def topic(broker: Broker) -> str:
    """A topic of this test's own, with two partitions."""
    name = f"test.{uuid.uuid4().hex[:12]}.circulars"
    broker.create(name, partitions=2)
    return name


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(f"sqlite:///{tmp_path}/journal.db", synchronous="normal")
    yield opened
    opened.close()


def listener(broker: Broker, topic: str, **changes: Any) -> KafkaListener:
    """Patient about silence, so that no feed event mixes with the messages."""
    usual = {"topics": (topic,), "group_id": f"g-{topic}", "silent_after_s": 60.0}
    return KafkaListener(settings(broker.address, **(usual | changes)))


def test_a_restart_resumes_after_the_last_message_journalled(broker: Broker, topic: str, journal: Journal) -> None:
    broker.produce(topic, *(circular(n) for n in range(50)))
    with listening(listener(broker, topic), journal):
        wait_until(lambda: len(numbers(journal)) == 50, what="the first fifty")
    broker.produce(topic, *(circular(n) for n in range(50, 80)))
    second = CountingJournal(journal)
    with listening(listener(broker, topic), second):
        wait_until(lambda: len(numbers(journal)) == 80, what="the thirty that came in between")
    assert sorted(numbers(journal)) == list(range(80))
    assert second.offered == 30, "what was committed must not be read again"
    assert sum(o.next_offset for o in journal.offsets()) == 80
    assert sum(o.high or 0 for o in journal.offsets()) == 80


def test_the_same_message_a_hundred_times_is_one_event(broker: Broker, topic: str, journal: Journal) -> None:
    broker.produce(topic, *[circular(7)] * 100)
    with listening(listener(broker, topic), journal):
        wait_until(lambda: sum(o.next_offset for o in journal.offsets()) == 100, what="all hundred")
    assert numbers(journal) == [7]


def test_a_poison_message_is_kept_with_its_reason_and_blocks_nothing(
    broker: Broker, topic: str, journal: Journal
) -> None:
    poison = [b'{"circularId": ', b"", b"\xff\xfe\x00 nothing known", b"<voe:VOEvent>"]
    broker.produce(topic, circular(1), *poison, circular(2), partition=0)
    with listening(listener(broker, topic), journal):
        wait_until(lambda: sorted(numbers(journal)) == [1, 2], what="the messages around the poison")
    rejects = journal.rejects()
    assert sorted(r.raw for r in rejects) == sorted(poison)
    assert all(r.topic == topic and r.reason and r.error == "FormatError" for r in rejects)
    assert sorted(r.offset for r in rejects if r.offset is not None) == [1, 2, 3, 4]


def test_a_parser_that_crashes_does_not_stop_the_topic(broker: Broker, topic: str, journal: Journal) -> None:
    def crash(message: Any) -> list[Event]:
        raise ZeroDivisionError("a parser's own mistake")

    broker.produce(topic, circular(1))
    with listening(KafkaListener(listener(broker, topic).settings, parse=crash), journal):
        wait_until(journal.rejects, what="the reject")
    assert journal.rejects()[0].error == "ZeroDivisionError"


def test_two_members_share_the_partitions_and_the_journal_gets_each_message_once(
    broker: Broker, topic: str, journal: Journal
) -> None:
    broker.produce(topic, *(circular(n) for n in range(40)))
    with listening(listener(broker, topic), journal):
        wait_until(lambda: len(numbers(journal)) == 40, what="the first member's messages")
        second = CountingJournal(journal)
        with listening(listener(broker, topic), second):
            produced = 40
            for _ in range(100):
                broker.produce(topic, *(circular(n) for n in range(produced, produced + 10)))
                produced += 10
                if second.offered:
                    break
            wait_until(lambda: len(numbers(journal)) == produced, what="all messages while two listen")
            assert second.offered, "the second member got no partition"
        broker.produce(topic, *(circular(n) for n in range(produced, produced + 20)))
        wait_until(lambda: len(numbers(journal)) == produced + 20, what="the first member taking over again")
    assert sorted(numbers(journal)) == list(range(produced + 20))


def test_a_wildcard_finds_a_topic_that_is_made_later_and_reads_it_from_its_beginning(
    broker: Broker, journal: Journal
) -> None:
    stem = f"test.{uuid.uuid4().hex[:12]}"
    broker.create(f"{stem}.early", f"{stem}x.other")
    broker.produce(f"{stem}.early", circular(1))
    broker.produce(f"{stem}x.other", circular(99))
    with listening(listener(broker, f"{stem}.*", start="latest"), journal):
        wait_until(journal.offsets, what="the place where the early topic begins")
        broker.produce(f"{stem}.early", circular(2))
        wait_until(lambda: numbers(journal) == [2], what="what came after the start")
        broker.create(f"{stem}.late")
        broker.produce(f"{stem}.late", circular(3))
        wait_until(lambda: numbers(journal) == [2, 3], what="the topic made later")


def test_a_topic_that_stayed_empty_loses_nothing_that_came_while_we_were_away(
    broker: Broker, topic: str, journal: Journal
) -> None:
    broker.produce(topic, circular(1))
    with listening(listener(broker, topic, start="latest"), journal):
        wait_until(journal.offsets, what="the end, pinned")
    broker.produce(topic, circular(2))
    with listening(listener(broker, topic, start="latest"), journal):
        wait_until(lambda: numbers(journal) == [2], what="the message that came in between")


def test_a_journal_restored_from_a_backup_catches_up(broker: Broker, topic: str, tmp_path: Path) -> None:
    broker.produce(topic, *(circular(n) for n in range(10)))
    first = Journal.open(f"sqlite:///{tmp_path}/first.db")
    with listening(listener(broker, topic), first):
        wait_until(lambda: len(numbers(first)) == 10, what="ten")
    backup = Journal.open(f"sqlite:///{tmp_path}/backup.db")
    backup.append([], offsets=[msgspec.structs.replace(o, next_offset=0) for o in first.offsets()])
    with listening(listener(broker, topic), backup):
        wait_until(lambda: len(numbers(backup)) == 10, what="what the backup did not have")
    first.close()
    backup.close()


def test_a_failing_transaction_commits_nothing_and_is_tried_again(broker: Broker, topic: str, journal: Journal) -> None:
    flaky = FlakyJournal(journal, TransientError("database is locked", retry_after_s=0.1), times=2)
    broker.produce(topic, *(circular(n) for n in range(20)))
    with listening(listener(broker, topic), flaky):
        wait_until(lambda: len(numbers(journal)) == 20, what="the batch in the end")
    assert flaky.failed == 2
    assert sorted(numbers(journal)) == list(range(20))


def test_a_slow_journal_does_not_cost_the_membership(
    broker: Broker, topic: str, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    """The journal fails for longer than a member may stay away (max.poll.interval.ms)."""
    slow = FlakyJournal(journal, TransientError("database is locked", retry_after_s=1.0), times=8)
    quick = {"session.timeout.ms": 6000, "max.poll.interval.ms": 6000}
    broker.produce(topic, circular(1))
    with listening(listener(broker, topic, config=quick), slow):
        wait_until(lambda: slow.failed, what="the first failure")
        broker.produce(topic, circular(2))
        wait_until(lambda: sorted(numbers(journal)) == [1, 2], what="both messages in the end")
    assert slow.failed == 8
    assert "partitions lost" not in caplog.text


def test_stopping_before_the_journal_took_a_batch_commits_nothing(broker: Broker, topic: str, journal: Journal) -> None:
    stuck = FlakyJournal(journal, TransientError("disk is full", retry_after_s=0.05), times=10**6)
    broker.produce(topic, *(circular(n) for n in range(20)))
    with listening(listener(broker, topic), stuck):
        wait_until(lambda: stuck.failed > 2, what="some attempts")
    assert numbers(journal) == []
    assert journal.offsets() == []
    with listening(listener(broker, topic), journal):
        wait_until(lambda: len(numbers(journal)) == 20, what="the whole batch after a restart")


def test_one_event_that_the_journal_cannot_take_is_rejected_alone(broker: Broker, topic: str, journal: Journal) -> None:
    picky = PickyJournal(journal, poison=3)
    broker.produce(topic, *(circular(n) for n in range(6)), partition=0)
    with listening(listener(broker, topic), picky):
        wait_until(lambda: sum(o.next_offset for o in journal.offsets()) == 6, what="the batch")
    assert numbers(journal) == [0, 1, 2, 4, 5]
    assert [(r.error, r.offset) for r in journal.rejects()] == [("PermanentError", 3)]


def test_a_message_of_three_megabytes_arrives_whole(journal: Journal) -> None:
    body = "spectrum " * 350_000  # an alert with a sky map is of this size
    with running(tansu) as broker:
        broker.create("gcn.circulars")
        broker.produce("gcn.circulars", circular(1, body), circular(2))
        with listening(KafkaListener(settings(broker.address)), journal):
            wait_until(lambda: numbers(journal) == [1, 2], 20, what="the large message")
    assert len(journal.read(0, kinds=["gcn.circular"])[0].event.raw) > 3_000_000


class CountingJournal(Journal):
    """A view of another journal that counts the events offered to it. Not a mock: everything goes through."""

    def __init__(self, inner: Journal) -> None:
        self.__dict__.update(inner.__dict__)
        self.inner = inner
        self.offered = 0

    def append(self, events: Sequence[Event], **more: Any) -> Appended:
        self.offered += len(events)
        return self.inner.append(events, **more)


class FlakyJournal(CountingJournal):
    """Fails the first `times` transactions that hold events."""

    def __init__(self, inner: Journal, error: Exception, times: int) -> None:
        super().__init__(inner)
        self.error, self.times, self.failed = error, times, 0

    def append(self, events: Sequence[Event], **more: Any) -> Appended:
        if events and self.failed < self.times:
            self.failed += 1
            raise self.error
        return super().append(events, **more)


class PickyJournal(CountingJournal):
    """Refuses one circular for good."""

    def __init__(self, inner: Journal, poison: int) -> None:
        super().__init__(inner)
        self.poison = poison

    def append(self, events: Sequence[Event], **more: Any) -> Appended:
        if any(event.data.get("circular") == FIRST + self.poison for event in events):
            raise PermanentError("value out of range")
        return super().append(events, **more)
