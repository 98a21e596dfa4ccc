"""What Prometheus reads, and who is told whether all is well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from console_site import running
from prometheus_client.parser import text_string_to_metric_families

from console.figures import BUCKETS, MOST_VALUES, Figures
from console.hook_settings import HookSettings
from console.metrics_settings import MetricsSettings
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import TransientError
from nuncius.core.event import Event
from nuncius.core.report import Report
from nuncius.journal import FeedSeen, Journal
from nuncius.journal import records as r

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN = "metrics-token-0123456"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Night:
    """A journal whose clock the test sets, and what is read of it."""

    def __init__(self, url: str) -> None:
        self.clock = VirtualClock(NOW)
        self.journal = Journal.open(url, clock=self.clock)
        self.answers: dict[tuple[str, int], int] = {}
        self.figures = Figures(self.journal, self.clock, self.answers)

    def at(self, seconds: float) -> datetime:
        self.clock.advance_to(NOW + timedelta(seconds=seconds))
        return self.clock.now()

    def event(self, name: str, *, kind: str = "lvk.alert.initial", age_s: float = 0.0) -> int:
        received = self.clock.now() - timedelta(seconds=age_s)
        event = Event(id=name, kind=kind, source="t", received=received)
        return self.journal.append([event]).new[0]

    def decide(self, seq: int, *outcomes: str, reaction: str = "") -> list[int]:
        decisions = [r.Decision(rule=f"r{n}", rule_hash="h", outcome=o, reason="") for n, o in enumerate(outcomes)]  # type: ignore[arg-type]
        wanted = [r.NewReaction(slot=reaction, key=reaction, rule="r0", rule_hash="h", actions=[{"do": "post"}])]
        decided = r.Decided(seq=seq, decisions=decisions, reactions=wanted if reaction else [])
        return self.journal.decide("reactors", seq, [decided])

    def read(self) -> Samples:
        """Each sample's value, by its name and labels."""
        found: Samples = {}
        for family in self.figures.collect():
            for sample in family.samples:
                found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
        return found


@pytest.fixture
def night(journal_url: str) -> Iterator[Night]:
    opened = Night(journal_url)
    yield opened
    opened.journal.close()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(f"sqlite:///{tmp_path / 'j.db'}") as journal:
        yield journal


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def count(found: Samples, stage: str) -> float:
    return value(found, "nuncius_stage_seconds_bucket", stage=stage, le="+Inf")


# --- figures ---


def test_events_are_counted_by_kind_those_of_before_too(night: Night) -> None:
    night.event("a")
    later = Figures(night.journal, night.clock, {})
    night.event("b", kind="gcn.notice.fermi.gbm.fin_pos")
    night.event("c", kind="gcn.notice.fermi.gbm.alert")
    for figures in (night.figures, later):
        night.figures = figures
        found = night.read()
        assert value(found, "nuncius_events_total", kind="lvk.alert.initial") == 1
        assert value(found, "nuncius_events_total", kind="gcn.notice.fermi.gbm") == 2
        assert night.read() == found, "looking changes nothing"


def test_the_way_of_an_event_is_measured_stage_by_stage(night: Night) -> None:
    seq = night.event("a", age_s=0.2)
    night.at(3)
    (reaction,) = night.decide(seq, "fired", "not", "not", reaction="s")
    night.at(5)
    (step,) = night.journal.lease_steps("me", now=night.clock.now(), lease_s=60)
    report = Report(thread="t", slot="s", key="k", title="x", rule="r0", event_id="a")
    night.at(20)
    night.journal.finish_step(step.id, "me", now=night.clock.now(), outcome="done", reports=[("web", report)])
    found = night.read()
    assert value(found, "nuncius_reports", target="web", state="pending") == 1
    now = night.at(27)
    (leased,) = night.journal.lease_reports("me", target="web", now=now, lease_s=60)
    night.journal.delivered(leased.id, "me", now=now, reference={})
    found = night.read()
    seconds = {
        stage: value(found, "nuncius_stage_seconds_sum", stage=stage)
        for stage in ("journal", "decide", "react", "deliver", "total")
    }
    assert seconds == pytest.approx({"journal": 0.2, "decide": 3.0, "react": 17.0, "deliver": 7.0, "total": 27.2})
    assert {count(found, stage) for stage in seconds} == {1.0}
    assert value(found, "nuncius_stage_seconds_bucket", stage="decide", le="2.5") == 0
    assert value(found, "nuncius_stage_seconds_bucket", stage="decide", le="5.0") == 1
    assert value(found, "nuncius_decisions_total", outcome="not") == 2
    assert value(found, "nuncius_reactions_total", rule="r0", state="done") == 1
    assert reaction == 1


def test_histograms_begin_with_the_process_and_count_nothing_twice(night: Night) -> None:
    night.decide(night.event("a"), "not")
    night.figures = Figures(night.journal, night.clock, {})
    assert count(night.read(), "decide") == 0
    for number in range(5):
        night.decide(night.event(f"b{number}"), "not")
        assert count(night.read(), "decide") == number + 1


def test_a_reaction_that_was_under_way_at_the_start_is_measured_when_it_ends(night: Night) -> None:
    night.decide(night.event("a"), "fired", reaction="s")
    night.figures = Figures(night.journal, night.clock, {})
    assert count(night.read(), "react") == 0
    now = night.at(4)
    (step,) = night.journal.lease_steps("me", now=now, lease_s=60)
    night.journal.finish_step(step.id, "me", now=now, outcome="failed", error="no")
    found = night.read()
    assert value(found, "nuncius_reactions_total", rule="r0", state="failed") == 1
    assert count(found, "react") == 0, "only what was done tells how long work takes"
    assert value(found, "nuncius_steps", state="failed") == 1


def test_what_waits_is_told_with_how_long_it_has_waited(night: Night) -> None:
    seq = night.event("a")
    night.decide(seq, "fired", reaction="s")
    night.journal.rewind("kg", 0)
    night.at(40)
    found = night.read()
    assert value(found, "nuncius_consumer_lag_events", consumer="kg") == 1
    assert value(found, "nuncius_consumer_lag_seconds", consumer="kg") == 40
    assert value(found, "nuncius_consumer_lag_events", consumer="reactors") == 0
    assert value(found, "nuncius_consumer_lag_seconds", consumer="reactors") == 0
    assert value(found, "nuncius_oldest_waiting_seconds", what="step") == 40
    assert value(found, "nuncius_oldest_waiting_seconds", what="report") == 0


def test_feeds_rejects_offsets_and_hooks_are_told(night: Night) -> None:
    now = night.clock.now()
    night.journal.feed_seen([FeedSeen(feed="gcn.circulars", at=now), FeedSeen(feed="igwn", at=now)])
    night.journal.set_feed_state("igwn", "silent", since=now, detail="")
    reject = r.Reject(received=now, source="t", raw=b"x", error="FormatError", reason="no")
    offset = r.Offset(group="g", topic="t", partition=0, next_offset=5, high=25, updated=now)
    night.journal.append([], rejects=[reject], offsets=[offset])
    night.answers["github", 202] = 7
    night.at(90)
    found = night.read()
    assert value(found, "nuncius_feed_up", feed="igwn", state="silent") == 0
    assert value(found, "nuncius_feed_up", feed="gcn.circulars", state="unknown") == 1
    assert value(found, "nuncius_feed_silence_seconds", feed="igwn") == 90
    assert value(found, "nuncius_rejects_total") == value(found, "nuncius_rejects_open") == 1
    assert value(found, "nuncius_kafka_lag_messages", group="g", topic="t") == 20
    assert value(found, "nuncius_hooks_total", sender="github", status="202") == 7


def test_nobody_outside_can_make_series_at_will(night: Night) -> None:
    for number in range(MOST_VALUES + 50):
        night.event(f"e{number}", kind=f"custom.k{number}")
    found = night.read()
    kinds = {dict(labels)["kind"]: v for (name, labels), v in found.items() if name == "nuncius_events_total"}
    assert len(kinds) == MOST_VALUES + 1
    assert (kinds["other"], sum(kinds.values())) == (50, MOST_VALUES + 50)


def test_a_clock_that_was_set_back_gives_no_negative_time(night: Night) -> None:
    night.event("a", age_s=-30)
    assert value(night.read(), "nuncius_stage_seconds_sum", stage="journal") == 0
    assert list(BUCKETS) == sorted(BUCKETS)


# --- over HTTP ---


def test_prometheus_can_read_it(book: Journal) -> None:
    book.append([Event(id='a"\n\\', kind='custom."odd"', source="t", received=NOW)])
    with running(book) as site:
        answer = site.get("/metrics")
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "text/plain")
    families = {family.name for family in text_string_to_metric_families(answer.body.decode())}
    assert {"nuncius_events", "nuncius_stage_seconds", "nuncius_consumer_lag_seconds"} <= families
    assert "process_resident_memory_bytes" in families


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
def test_who_is_elsewhere_needs_the_token(book: Journal, path: str) -> None:
    book.rewind("reactors", 0)
    with running(book, metrics=MetricsSettings(token=TOKEN)) as site:
        elsewhere = site.get(path, X_Forwarded_For="192.0.2.7")
        wrong = site.get(path, X_Forwarded_For="192.0.2.7", Authorization="Bearer guess")
        right = site.get(path, X_Forwarded_For="192.0.2.7", Authorization=f"Bearer {TOKEN}")
        here = site.get(path)
    if path == "/metrics":
        assert [a.status for a in (elsewhere, wrong, right, here)] == [401, 401, 200, 200]
        assert b"nuncius" not in elsewhere.body
    else:
        assert [a.json for a in (elsewhere, wrong, right, here)] == [{"ok": True}] * 2 + [
            {"ok": True, "last_seq": 0}
        ] * 2


def test_this_machine_can_be_asked_for_the_token_too() -> None:
    strict = MetricsSettings(token=TOKEN, loopback=False)
    assert not strict.may_read("127.0.0.1", {})
    assert strict.may_read("127.0.0.1", {"authorization": f"Bearer {TOKEN}"})
    assert not MetricsSettings().may_read("127.0.0.1", {"forwarded": "for=192.0.2.7"})
    assert MetricsSettings().may_read("::1", {})
    assert not MetricsSettings().may_read("192.0.2.7", {"authorization": "Bearer "})
    assert TOKEN not in repr(strict)


def test_health_names_a_consumer_that_is_stuck_and_readiness_one_that_is_behind(tmp_path: Path) -> None:
    clock = VirtualClock(datetime.now(UTC) - timedelta(hours=1))
    with Journal.open(f"sqlite:///{tmp_path / 'j.db'}", clock=clock) as journal:
        journal.rewind("reactors", 0)
        journal.rewind("an-old-name", 0)
        with running(journal) as site:
            assert (site.get("/healthz").status, site.get("/readyz").status) == (200, 200)
            journal.append([Event(id="a", kind="custom.x", source="t", received=clock.now())])
            for path, words in (
                ("/healthz", "reactors has not moved since"),
                ("/readyz", "reactors is 1 events behind"),
            ):
                answer = site.get(path)
                assert answer.status == 503
                (reason,) = answer.json["reasons"]
                assert reason.startswith(words)
            journal.advance("reactors", 1)
            assert (site.get("/healthz").status, site.get("/readyz").status) == (200, 200)


def test_a_journal_that_does_not_answer_is_told_and_metrics_come_back_with_it(
    book: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise TransientError("journal: the server closed the connection")

    with running(book, hooks=HookSettings()) as site:
        with monkeypatch.context() as patch:
            patch.setattr(book, "ask", gone)
            assert site.get("/metrics").status == 503
            assert site.get("/healthz").json["reasons"][0].startswith("the journal does not answer")
            assert site.get("/readyz").status == 503
        book.append([Event(id="a", kind="custom.x", source="t", received=NOW)])
        assert b'nuncius_events_total{kind="custom.x"} 1.0' in site.get("/metrics").body
        assert site.get("/healthz").status == 200


def test_a_door_that_was_knocked_at_is_counted(book: Journal) -> None:
    with running(book, hooks=HookSettings(cloudevents_token="cloud-secret-0123456")) as site:
        site.ask("POST", "/hooks/cloudevents", b"{}")
        site.ask("POST", "/hooks/whoever-asks", b"{}")
        body = site.get("/metrics").body.decode()
    assert 'nuncius_hooks_total{sender="cloudevents",status="401"} 1.0' in body
    assert 'nuncius_hooks_total{sender="?",status="404"} 1.0' in body, "a name from outside is no label"
