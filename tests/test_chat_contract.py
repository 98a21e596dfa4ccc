"""One contract suite over all chat targets: terminal, web page and Slack (a local server that speaks its Web API)."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chat_samples import (
    CHANNEL,
    MOCK,
    OBJECT,
    T0,
    TEST_CHANNEL,
    courier,
    drain,
    know,
    notice,
    open_journal,
    picture,
    report,
    slack_target,
    table,
)
from local_slack import LocalSlack
from rich.console import Console

from chat.contract import Target
from chat.terminal import TerminalTarget
from chat.web import WebTarget
from console.pages import thread_page
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.event import Tense
from nuncius.core.report import ReportState
from nuncius.journal import Journal


@dataclass
class Place:
    """A target and what a reader would find there, oldest first."""

    target: Target
    shown: Callable[[], str]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        know(opened, notice(), OBJECT, "grb170817a")
        yield opened


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(T0)


@pytest.fixture(params=["terminal", "web", "slack"])
def place(request: pytest.FixtureRequest, tmp_path: Path, journal: Journal, clock: VirtualClock) -> Iterator[Place]:
    if request.param == "terminal":
        out = io.StringIO()
        console = Console(file=out, width=100)
        yield Place(TerminalTarget(console, tmp_path / "pictures"), out.getvalue)
    elif request.param == "web":
        yield Place(WebTarget(), lambda: thread_page(journal, OBJECT, T0))
    else:
        with LocalSlack(channels={CHANNEL: [], TEST_CHANNEL: []}) as slack:
            yield Place(
                slack_target(slack, clock, test_channel=TEST_CHANNEL),
                lambda: "\n".join(text for m in slack.channels[CHANNEL] for text in slack_texts(m)),
            )


def slack_texts(value: object) -> Iterator[str]:
    """Every text a reader of a message sees."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str) and value.get("type") != "message":
            yield value["text"]
        for key in ("text", "elements", "blocks", "files"):
            yield from slack_texts(value.get(key)) if not isinstance(value.get(key), str) else ()
        if "title" in value:
            yield str(value["title"])
    elif isinstance(value, list):
        for item in value:
            yield from slack_texts(item)


def deliver(journal: Journal, place: Place, clock: VirtualClock, *reports: object) -> None:
    journal.enqueue([(place.target.name, item) for item in reports], now=clock.now())  # type: ignore[misc]
    drain(courier(journal, place.target, clock), clock)


def states(journal: Journal) -> dict[str, str]:
    return {row.report.key: row.state for row in journal.reports()}


def test_a_report_arrives_with_its_text_table_and_caveats(journal: Journal, place: Place, clock: VirtualClock) -> None:
    deliver(journal, place, clock, report(tables=[table()], caveats=["one detector only"]))
    shown = place.shown()
    assert "Localization of G298048" in shown
    assert "190 deg²" in shown
    assert "47.5" in shown
    assert "one detector only" in shown
    assert states(journal) == {"k1": "delivered"}


def test_the_thread_opens_with_the_present_state(journal: Journal, place: Place, clock: VirtualClock) -> None:
    deliver(journal, place, clock, report())
    shown = place.shown()
    assert "gamma-ray burst" in shown
    assert "2017-08-17 12:41:04 UTC" in shown
    assert "11.6°" in shown
    assert shown.index("gamma-ray burst") < shown.index("Localization of G298048")


def test_reports_of_a_thread_keep_their_order(journal: Journal, place: Place, clock: VirtualClock) -> None:
    names = [f"step-{n}" for n in range(6)]
    deliver(journal, place, clock, *(report(f"k{n}", slot=n, title=f"Title {n}") for n in names))
    shown = place.shown()
    assert [shown.index(f"Title {n}") for n in names] == sorted(shown.index(f"Title {n}") for n in names)


def test_the_same_key_is_delivered_once(journal: Journal, place: Place, clock: VirtualClock) -> None:
    for _ in range(100):
        journal.enqueue([(place.target.name, report())], now=clock.now())
    drain(courier(journal, place.target, clock), clock)
    assert place.shown().count("90 % area") == 1


def test_two_couriers_deliver_each_report_once(journal: Journal, place: Place, clock: VirtualClock) -> None:
    reports = [report(f"k{n}", slot=f"s{n}", title=f"Number {n}.") for n in range(5)]
    journal.enqueue([(place.target.name, item) for item in reports], now=clock.now())
    one, two = courier(journal, place.target, clock, "one"), courier(journal, place.target, clock, "two")
    while one.step() + two.step():
        pass
    assert [place.shown().count(f"Number {n}.") for n in range(5)] == [1] * 5


def test_a_revision_shows_the_new_text(journal: Journal, place: Place, clock: VirtualClock) -> None:
    deliver(journal, place, clock, report())
    deliver(journal, place, clock, report("k2", text="**90 % area** 28 deg²", revision=2))
    assert "28 deg²" in place.shown()
    assert set(states(journal).values()) == {"delivered"}


def test_a_retraction_is_marked_and_nothing_is_deleted(journal: Journal, place: Place, clock: VirtualClock) -> None:
    deliver(journal, place, clock, report())
    know(journal, notice("gbm-2", minutes=9, tense=Tense.RETRACTION))
    deliver(journal, place, clock, report("k2", state=ReportState.RETRACTED, text="Taken back by Fermi."))
    shown = place.shown()
    assert "retracted" in shown.lower()
    assert "Localization of G298048" in shown
    assert "Taken back by Fermi." in shown


def test_delivering_again_with_what_was_found_changes_nothing(
    journal: Journal, place: Place, clock: VirtualClock
) -> None:
    deliver(journal, place, clock, report(pictures=[picture(journal)]))
    once = place.shown()
    thread = journal.thread(place.target.name, OBJECT)
    item = report(pictures=[picture(journal)])
    found = place.target.find(item, thread=thread)
    if place.target.name == "slack":
        assert found is not None
    if found is not None:
        place.target.deliver(item, blob=journal.blob, thread=thread, previous=found.reference)
        assert place.shown() == once


def test_a_report_that_was_never_delivered_is_not_found(journal: Journal, place: Place, clock: VirtualClock) -> None:
    deliver(journal, place, clock, report())
    thread = journal.thread(place.target.name, OBJECT)
    assert place.target.find(report("other", slot="other"), thread=thread) is None


def test_a_missing_picture_is_a_permanent_failure_with_its_reason(
    journal: Journal, place: Place, clock: VirtualClock
) -> None:
    lost = picture(journal)
    deliver(journal, place, clock, report(pictures=[type(lost)(name="sky", sha256="0" * 64, caption="c", alt="a")]))
    (row,) = journal.reports()
    assert row.state == "failed"
    assert "0000" in row.error


def test_a_passing_failure_is_retried_and_a_permanent_one_is_not(
    journal: Journal, place: Place, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = place.target.deliver
    tries: list[str] = []

    def failing(item: object, **rest: object) -> object:
        tries.append(item.key)  # type: ignore[attr-defined]
        if item.key == "broken":  # type: ignore[attr-defined]
            raise PermanentError("no such room; open it first")
        if tries.count("slow") <= 2 and item.key == "slow":  # type: ignore[attr-defined]
            raise TransientError("busy")
        return real(item, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(place.target, "deliver", failing)
    deliver(journal, place, clock, report("slow", slot="a"), report("broken", slot="b"), report("last", slot="c"))
    assert states(journal) == {"slow": "delivered", "broken": "failed", "last": "delivered"}
    assert (tries.count("slow"), tries.count("broken")) == (3, 1)
    assert "open it first" in {row.report.key: row.error for row in journal.reports()}["broken"]


def test_a_mock_alert_does_not_reach_the_real_readers(journal: Journal, place: Place, clock: VirtualClock) -> None:
    know(journal, notice("mock", tense=Tense.TEST, event_name=["MS170817b"]), MOCK)
    deliver(journal, place, clock, report("m1", thread=MOCK, title="Mock report", event_id="mock"))
    shown = place.shown()
    if place.target.name == "terminal":
        assert "TEST" in shown
    else:
        assert "Mock report" not in shown
    assert states(journal) == {"m1": "delivered"}


def test_a_courier_runs_until_it_is_stopped(journal: Journal, place: Place, clock: VirtualClock) -> None:
    stop = threading.Event()
    runner = threading.Thread(target=courier(journal, place.target, clock).run, args=(stop,))
    runner.start()
    journal.enqueue([(place.target.name, report())], now=clock.now())
    for _ in range(400):
        if states(journal)["k1"] == "delivered":
            break
        stop.wait(0.02)
    stop.set()
    runner.join(timeout=5)
    assert not runner.is_alive()
    assert states(journal) == {"k1": "delivered"}
