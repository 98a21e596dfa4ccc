"""Quiet or broken: what the journal says of the feeds while a real broker stops, freezes and comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kafka_broker import OwnBroker, noida, running, wait_until
from kafka_samples import circular, listening, numbers, settings, state_of

from listeners.feeds import Rate
from listeners.kafka import KafkaListener
from nuncius.journal import Journal

ME = "kafka:nuncius-test"
RATES = (
    Rate(pattern="gcn.circulars", within_s=1.5),
    Rate(pattern="gcn.heartbeat", within_s=2.0, steady=True),
)


@pytest.fixture
def broker() -> Iterator[OwnBroker]:
    with running(noida) as started:
        started.create("gcn.circulars", "gcn.heartbeat")
        yield started


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(f"sqlite:///{tmp_path}/journal.db", synchronous="normal")
    yield opened
    opened.close()


@contextmanager
def heart(broker: OwnBroker) -> Iterator[threading.Event]:
    """Beats ten times a second until the event is set."""
    stopped = threading.Event()

    def beat() -> None:
        while not stopped.wait(0.1):
            if not stopped.is_set():
                broker.produce("gcn.heartbeat", b'{"alert_datetime": "2026-01-02T00:00:00Z"}')

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield stopped
    finally:
        stopped.set()
        thread.join(10)


def listener(broker: OwnBroker, **changes: Any) -> KafkaListener:
    usual = {"heartbeat_topic": "gcn.heartbeat", "rates": RATES, "silent_after_s": 2.0}
    return KafkaListener(settings(broker.address, **(usual | changes)))


def told(journal: Journal) -> list[tuple[str, str, str]]:
    """Feed events in order: kind, feed, state."""
    events = [stored.event for stored in journal.read(0, kinds=["feed.silent", "feed.recovered"])]
    return [(e.kind, e.data["feed"], e.data["state"]) for e in events]


def test_a_quiet_topic_is_no_alarm_while_the_heart_beats(broker: OwnBroker, journal: Journal) -> None:
    with listening(listener(broker, silent_after_s=6.0), journal), heart(broker):
        wait_until(lambda: state_of(journal, "gcn.circulars") == "quiet", what="quiet")
        broker.produce("gcn.circulars", circular(1))
        wait_until(lambda: state_of(journal, "gcn.circulars") == "ok", what="ok")
        wait_until(lambda: state_of(journal, "gcn.circulars") == "quiet", what="quiet once more")
        broker.produce("gcn.circulars", circular(2))
        wait_until(lambda: state_of(journal, "gcn.circulars") == "ok", what="ok again")
        assert state_of(journal, ME) == "ok"
        assert state_of(journal, "gcn.heartbeat") == "ok"
    assert told(journal) == []
    assert journal.count() == {"gcn.circular": 2}, "heartbeats are counted, not journalled"
    beat = next(row for row in journal.feeds() if row.feed == "gcn.heartbeat")
    assert beat.count > 2
    assert beat.last_heartbeat is not None


def test_a_heart_that_stops_is_silence_and_is_told_once(broker: OwnBroker, journal: Journal) -> None:
    with listening(listener(broker), journal):
        with heart(broker):
            wait_until(lambda: state_of(journal, ME) == "ok", what="ok")
        wait_until(lambda: state_of(journal, ME) == "silent", what="silent")
        assert state_of(journal, "gcn.circulars") == "silent"
        with heart(broker):
            wait_until(lambda: state_of(journal, ME) == "ok", what="ok again")
    assert told(journal) == [("feed.silent", ME, "silent"), ("feed.recovered", ME, "ok")]
    silent = journal.read(0, kinds=["feed.silent"])[0].event
    assert silent.data["feeds"] == ["gcn.circulars", "gcn.heartbeat"]
    assert "gcn.heartbeat is silent" in silent.data["detail"]


def test_a_frozen_broker_is_silence_not_quiet(broker: OwnBroker, journal: Journal) -> None:
    """Nothing is refused and no connection ends; only the missing heartbeat tells."""
    with listening(listener(broker), journal):
        with heart(broker):
            wait_until(lambda: state_of(journal, ME) == "ok", what="ok")
        broker.freeze()
        wait_until(lambda: state_of(journal, "gcn.circulars") == "silent", what="silent")
        broker.thaw()
        with heart(broker):
            wait_until(lambda: state_of(journal, ME) == "ok", what="ok again")


def test_a_broker_that_goes_away_and_comes_back_is_survived(broker: OwnBroker, journal: Journal) -> None:
    broker.produce("gcn.circulars", *(circular(n) for n in range(10)))
    with listening(listener(broker, silent_after_s=4.0), journal):
        with heart(broker):
            wait_until(lambda: len(numbers(journal)) == 10, what="the first ten")
            wait_until(lambda: state_of(journal, ME) == "ok", what="ok")
        broker.stop()
        wait_until(lambda: state_of(journal, ME) == "disconnected", what="disconnected")
        assert state_of(journal, "gcn.circulars") == "disconnected"
        broker.start()
        broker.produce("gcn.circulars", *(circular(n) for n in range(10, 20)))
        with heart(broker):
            wait_until(lambda: len(numbers(journal)) == 20, 30, what="the ten after the return")
            wait_until(lambda: state_of(journal, ME) == "ok", what="ok again")
    assert sorted(numbers(journal)) == list(range(20))
    assert told(journal) == [("feed.silent", ME, "disconnected"), ("feed.recovered", ME, "ok")]


def test_a_broker_that_is_not_there_at_the_start_is_waited_for(broker: OwnBroker, journal: Journal) -> None:
    broker.produce("gcn.circulars", circular(1))
    broker.stop()
    with listening(listener(broker), journal):
        wait_until(lambda: state_of(journal, ME) == "disconnected", what="disconnected")
        broker.start()
        wait_until(lambda: numbers(journal) == [1], 30, what="the message of before")


def test_a_misspelt_topic_is_told_and_stops_no_other(broker: OwnBroker, journal: Journal) -> None:
    """Brokers that create topics when asked for them (as noida-db does) hide the mistake; these are left out."""
    topics = ("gcn.circulars", "gcn.cirkulars")
    broker.produce("gcn.circulars", circular(1))
    with listening(listener(broker, topics=topics, config={"allow.auto.create.topics": False}), journal), heart(broker):
        wait_until(lambda: numbers(journal) == [1], what="the message of the right topic")
        wait_until(lambda: state_of(journal, "gcn.cirkulars") == "silent", what="silent")
        assert state_of(journal, ME) == "ok"
    assert ("feed.silent", "gcn.cirkulars", "silent") in told(journal)


def test_a_second_listener_that_is_cut_off_does_not_call_a_living_feed_broken(
    broker: OwnBroker, journal: Journal, tmp_path: Path
) -> None:
    cut_off = KafkaListener(settings("127.0.0.1:9", heartbeat_topic="gcn.heartbeat", rates=RATES))
    with listening(listener(broker), journal), listening(cut_off, journal), heart(broker):
        wait_until(lambda: state_of(journal, ME) == "ok", what="ok")
        with pytest.raises(AssertionError, match="in vain"):
            wait_until(lambda: state_of(journal, ME) != "ok", 3.5, what="a wrong verdict")
