"""Quiet or broken, as a function of values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from listeners.feeds import (
    GCN_RATES,
    Link,
    Rate,
    Verdict,
    Watched,
    feed_of,
    judge_feed,
    judge_link,
    rate_of,
    span,
    transition,
)

T0 = datetime(2026, 1, 2, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def link(state: str, since: float = 0.0, reason: str = "") -> Link:
    return Link(state=state, since=after(since), reason=reason)  # type: ignore[arg-type]


def beat(last: float | None) -> Watched:
    return Watched(feed="gcn.heartbeat", last=None if last is None else after(last))


@pytest.mark.parametrize(
    ("connection", "heard", "heartbeat", "expected"),
    [
        (link("up"), 100, beat(99), None),
        (link("up"), 100, beat(69), "silent"),
        (link("up", 90), 100, beat(20), None),  # just reconnected: the pulse has not yet had its time
        (link("up"), 100, beat(None), "silent"),
        (link("up"), 0, None, None),  # no heartbeat topic: a broker that answers is all there is to know
        (link("disconnected", 95), 90, beat(90), None),  # cut off for a moment
        (link("disconnected", 60), 60, beat(60), "disconnected"),
        (link("disconnected", 60), 99, beat(99), None),  # another process still hears
        (link("unauthorised", 60), 60, None, "unauthorised"),
        (link("connecting"), 0, None, "disconnected"),
    ],
)
def test_the_connection_is_judged(connection: Link, heard: float, heartbeat: Watched, expected: str | None) -> None:
    verdict = judge_link(connection, now=after(100), heard=after(heard), heartbeat=heartbeat, after_s=30)
    assert (verdict and verdict.state) == expected


@pytest.mark.parametrize(
    ("last", "steady", "expected"),
    [(-50, False, "ok"), (50, False, "ok"), (-250, False, "ok"), (None, False, "ok")],
)
def test_time_before_listening_began_is_no_gap(last: float | None, steady: bool, expected: str) -> None:
    item = Watched(
        feed="f", last=None if last is None else after(last), rate=Rate(pattern="f", within_s=120, steady=steady)
    )
    assert judge_feed(item, now=after(100), began=T0, up=T0, whole=None, after_s=30).state == expected


def test_a_gap_is_quiet_in_the_sky_and_silence_in_a_machines_sequence() -> None:
    def state(rate: Rate, gap: float, up: float = -1000) -> str:
        item = Watched(feed="f", last=T0, rate=rate)
        return judge_feed(item, now=after(gap), began=after(-1000), up=after(up), whole=None, after_s=30).state

    sporadic, steady = Rate(pattern="f", within_s=100), Rate(pattern="f", within_s=100, steady=True)
    assert [state(sporadic, gap) for gap in (99, 101, 301, 10**6)] == ["ok", "quiet", "quiet", "quiet"]
    assert [state(steady, gap) for gap in (99, 101, 301)] == ["ok", "quiet", "silent"]
    assert state(steady, 301, up=300) == "quiet", "we were cut off; the sender may well have been sending"


def test_a_feed_that_still_flows_is_not_silent_though_the_heartbeat_is() -> None:
    whole = Verdict(state="silent", detail="no heartbeat")
    flowing, still = Watched(feed="f", last=after(90)), Watched(feed="g", last=after(10))
    assert judge_feed(flowing, now=after(100), began=T0, up=T0, whole=whole, after_s=30).state == "ok"
    assert judge_feed(still, now=after(100), began=T0, up=T0, whole=whole, after_s=30) == whole


def test_the_same_transition_makes_the_same_event_and_the_next_one_another() -> None:
    broken = Verdict(state="disconnected", detail="connection refused")

    def event(now: float, since: float) -> str:
        made = transition("f", broken, before="ok", since=after(since), now=after(now), feeds=["f"], listener="k")
        assert made is not None
        return made.id

    assert event(100, 0) == event(160, 0), "a death between event and state must not double the event"
    assert event(100, 0) != event(500, 400)


def test_only_breaking_and_mending_are_events() -> None:
    def kind(before: str, now: str) -> str | None:
        verdict = Verdict(state=now, detail="")  # type: ignore[arg-type]
        made = transition("f", verdict, before=before, since=T0, now=after(1), feeds=["f"], listener="k")
        return made.kind if made else None

    assert kind("unknown", "ok") is None
    assert kind("ok", "quiet") is None
    assert kind("quiet", "silent") == "feed.silent"
    assert kind("silent", "disconnected") == "feed.silent"
    assert kind("unauthorised", "ok") == "feed.recovered"


def test_a_topic_belongs_to_its_nearest_subscription_entry() -> None:
    entries = ["gcn.*", "gcn.classic.voevent.*", "gcn.circulars"]
    assert feed_of("gcn.circulars", entries) == "gcn.circulars"
    assert feed_of("gcn.classic.voevent.FERMI_GBM_ALERT", entries) == "gcn.classic.voevent.*"
    assert feed_of("gcn.notices.swift.bat.guano", entries) == "gcn.*"


def test_every_default_topic_has_a_usual_rate() -> None:
    from listeners.kafka_settings import KafkaSettings

    for topic in KafkaSettings().subscribed:
        assert rate_of(topic, GCN_RATES) is not None, topic


def test_spans_are_written_for_people() -> None:
    assert [span(s) for s in (5, 90, 3600, 7300, 200_000)] == ["5 s", "2 min", "60 min", "2 h", "2 d"]
