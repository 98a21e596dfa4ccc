"""Digest instead of flood: a busy hour ends in one message that names the other objects; pages and questions pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_samples import (
    CHANNEL,
    PAGES,
    T0,
    TEST_CHANNEL,
    courier,
    drain,
    know,
    notice,
    open_journal,
    report,
    slack_target,
)
from local_slack import Fault, LocalSlack, block_problems
from slack_stage import text_of

from chat.courier import Courier, CourierSettings
from nuncius.core.clock import VirtualClock
from nuncius.core.event import Tense
from nuncius.core.report import Report, ReportState, Severity
from nuncius.journal import Journal

IRI = "http://odahub.io/ontology/nuncius/object/"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        yield opened


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(T0)


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(channels={CHANNEL: [], TEST_CHANNEL: [], PAGES: []}) as running:
        yield running


def burst(journal: Journal, number: int, key: str = "a", **more: Any) -> Report:
    """A report about the burst of that number, which is made known if it was not."""
    name = f"GRB25010{number}A"
    if journal.get(f"n{number}") is None:
        know(journal, notice(f"n{number}", event_name=[f"GRB 25010{number}A"]), IRI + name, name.lower())
    fields = {"thread": IRI + name, "title": f"{name} located", "event_id": f"n{number}", **more}
    return report(f"{number}{key}", **fields)


def carrier(journal: Journal, slack: LocalSlack, clock: VirtualClock, **settings: Any) -> Courier:
    target = slack_target(slack, clock, **{"most_an_hour": 3, **settings})
    return Courier(
        journal, target, clock, "c", settings=CourierSettings(lease_s=60.0, page_url="https://nuncius.example.org/")
    )


def send(journal: Journal, slack: LocalSlack, clock: VirtualClock, *reports: Report, **settings: Any) -> None:
    journal.enqueue([("slack", item) for item in reports], now=clock.now())
    drain(carrier(journal, slack, clock, **settings), clock, tries=12, patience=1)


def digests(slack: LocalSlack, channel: str = CHANNEL) -> list[Any]:
    return [m for m in slack.roots(channel) if m["text"].startswith("Busy hour")]


def test_beyond_the_rate_objects_are_named_in_one_message_that_is_edited(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    send(journal, slack, clock, *(burst(journal, n) for n in range(1, 8)))
    assert len(slack.roots(CHANNEL)) == 4
    (digest,) = digests(slack)
    assert digest["edited"] == 3
    assert digest["text"].startswith("Busy hour: 4 objects in one message")
    text = text_of(digest["blocks"])
    for number in (4, 5, 6, 7):
        assert f"GRB 25010{number}A: gamma-ray burst, 1 report, last: GRB25010{number}A located" in text
    assert "https://nuncius.example.org/thread/GRB250107A" in str(digest["blocks"])
    assert block_problems(digest["blocks"]) == []
    assert [row.state for row in journal.reports()] == ["delivered"] * 7


def test_threads_that_are_open_go_on_and_what_was_gathered_is_counted_once(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    send(journal, slack, clock, *(burst(journal, n) for n in range(1, 5)))
    send(journal, slack, clock, burst(journal, 1, "b", slot="visibility"), burst(journal, 4, "b", slot="visibility"))
    first = slack.roots(CHANNEL)[0]
    assert len(slack.thread(CHANNEL, first["ts"])) == 2
    (digest,) = digests(slack)
    assert "2 reports" in text_of(digest["blocks"])
    assert digest["text"].startswith("Busy hour: 1 object ")


def test_pages_and_questions_get_through(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    send(journal, slack, clock, *(burst(journal, n) for n in range(1, 5)))
    send(journal, slack, clock, burst(journal, 5, severity=Severity.PAGE), burst(journal, 6, asks=7))
    assert len(slack.roots(CHANNEL)) == 3 + 1 + 2


def test_when_the_hour_is_over_threads_open_again(journal: Journal, slack: LocalSlack, clock: VirtualClock) -> None:
    send(journal, slack, clock, *(burst(journal, n) for n in range(1, 5)))
    clock.sleep(3700)
    send(journal, slack, clock, burst(journal, 4, "b", slot="visibility"), burst(journal, 5))
    assert len(slack.roots(CHANNEL)) == 4 + 2


def test_a_retraction_of_what_was_gathered_is_said_in_the_digest(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    send(journal, slack, clock, *(burst(journal, n) for n in range(1, 5)))
    clock.sleep(3700)
    gone = notice("n4-gone", minutes=90, tense=Tense.RETRACTION, event_name=["GRB 250104A"])
    know(journal, gone, IRI + "GRB250104A")
    send(journal, slack, clock, burst(journal, 4, "r", state=ReportState.RETRACTED, revision=2))
    (digest,) = digests(slack)
    assert "RETRACTED GRB 250104A" in text_of(digest["blocks"])
    assert len(slack.roots(CHANNEL)) == 4


def test_a_digest_is_found_again_after_a_lost_answer_and_a_restart(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    send(journal, slack, clock, *(burst(journal, n) for n in range(1, 4)))
    slack.faults.append(Fault("chat.postMessage", "lost_answer"))
    send(journal, slack, clock, burst(journal, 4))
    send(journal, slack, clock, burst(journal, 5))
    (digest,) = digests(slack)
    assert digest["text"].startswith("Busy hour: 2 objects")


def test_each_channel_has_its_own_rate_and_none_has_no_bound(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    rooms = {Severity.WARNING: PAGES}
    send(journal, slack, clock, *(burst(journal, n) for n in range(1, 4)), channels=rooms)
    send(journal, slack, clock, burst(journal, 4, severity=Severity.WARNING), channels=rooms)
    assert digests(slack) == []
    send(journal, slack, clock, *(burst(journal, n) for n in range(5, 10)), most_an_hour=0)
    assert digests(slack) == []
    assert len(slack.roots(CHANNEL)) == 8


def test_slack_down_for_an_hour_on_a_busy_night_loses_and_doubles_nothing(
    journal: Journal, slack: LocalSlack, clock: VirtualClock
) -> None:
    slack.faults += [Fault("*", "status", 503)] * 40
    reports = [burst(journal, n, key, slot=f"s{key}") for n in range(1, 8) for key in "abc"]
    journal.enqueue([("slack", item) for item in reports], now=clock.now())
    drain(courier(journal, slack_target(slack, clock, most_an_hour=3), clock), clock, tries=400, patience=40)
    assert slack.faults == []
    assert [row.state for row in journal.reports()] == ["delivered"] * 21
    said = [slot for slot in slack.slots(CHANNEL) if slot[0] != "head"]
    assert len(said) == len(set(said))
    for root in slack.roots(CHANNEL):
        replies = [m["metadata"]["event_payload"]["slot"] for m in slack.thread(CHANNEL, root["ts"])]
        assert replies == sorted(replies)
    counted = sum(3 for _ in range(7))
    listed = text_of([m["blocks"] for m in digests(slack)]).count("3 reports")
    assert len(said) + 3 * listed == counted
