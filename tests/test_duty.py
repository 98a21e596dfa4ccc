"""Rules that name people: they alone are told, a page that nobody acknowledges goes on to the next, at last to
everybody, and all that outlives a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rules_samples import GW, NOON, Night, gw, retraction

from chat.desk.answers import Asking, Person
from chat.desk.reviewing import seen
from chat.mail_settings import EmailSettings
from chat.people import People
from chat.people import Person as Somebody
from chat.routing import Routes
from chat.targets import Means
from nuncius.core.event import Event
from nuncius.core.report import Report, ReportState, Severity
from reactors.duty import addressed
from reactors.loader import load_rules
from reactors.runner import Runner

PEOPLE = {
    "ann": Somebody(email="ann@example.org", escalate_to="bo", escalate_after="15m"),
    "bo": Somebody(slack="U02", email="bo@example.org", escalate_to="ann", escalate_after="10m"),
    "cy": Somebody(slack="U03"),
}
WAKE = """
rule: wake
when: lvk.alert
do:
  - post: "everybody: ${ev.far}"
  - page: "look at ${ev.name}"
    to: ann
"""
Make = Callable[..., Night]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Make]:
    made: list[Night] = []

    def make(rules: str, people: dict[str, Somebody] = PEOPLE) -> Night:
        n = Night(tmp_path, rules, people=People(people))
        made.append(n)
        return n

    yield make
    made[-1].close()


def works(n: Night) -> None:
    """Perform what is due, with routes to people."""
    email = EmailSettings(host="localhost", from_="nuncius@example.org")
    routes = Routes(["web"], Means(people=n.people, email=email))
    n.runner = Runner(n.journal, n.executor, targets=["web"], routes=routes, clock=n.clock, owner="test:1")
    n.works()
    n.delivers("web", "email", "slack")


def hears(n: Night, *events: Event) -> None:
    n.hears(*events)
    works(n)


def until(n: Night, seconds: float) -> None:
    n.clock.advance_to(NOON + timedelta(seconds=seconds))
    while n.reactor.step():
        pass
    works(n)


def told(n: Night) -> list[tuple[str, str, str]]:
    """(target, reader, title) of all that is to go out, in order."""
    return [(row.target, row.report.to, row.report.title) for row in n.journal.reports(limit=1000)]


def test_a_page_for_a_person_reaches_them_alone_in_the_objects_thread(night: Make) -> None:
    n = night(WAKE)
    hears(n, gw("a"))
    assert told(n) == [("web", "", "everybody: 3.5e-12"), ("email", "person:ann", "look at GW170817")]
    page = n.journal.reports()[-1].report
    assert (page.thread, page.severity) == (GW, Severity.PAGE)


def test_a_page_that_nobody_acknowledges_goes_to_the_next_and_at_last_to_everybody(night: Make) -> None:
    n = night(WAKE)
    hears(n, gw("a"))
    until(n, 300 + 899)
    assert len(told(n)) == 2
    n.start()  # as after a restart
    until(n, 300 + 900)
    assert told(n)[2:] == [("email", "person:bo", "Not acknowledged by ann: look at GW170817")]
    n.start()
    until(n, 300 + 1500)
    assert told(n)[3:] == [("web", "", "Not acknowledged by ann, bo: look at GW170817")]
    assert n.journal.reports()[-1].report.severity is Severity.PAGE
    until(n, 300 + 20_000)
    assert len(told(n)) == 4


def by(name: str) -> Asking:
    return Asking(words="seen", person=Person(id=f"person:{name}", name=name), delivery=f"test:{name}")


def test_whoever_acknowledges_stops_it_also_from_the_second_page(night: Make) -> None:
    n = night(WAKE)
    hears(n, gw("a"))
    until(n, 300 + 900)
    page = n.journal.reports()[-1].report
    assert page.to == "person:bo"
    answer = seen(n.journal, by("bo"), f"report:{page.key}", n.clock.now())
    assert answer.title == "bo looks after GW170817"
    until(n, 300 + 20_000)
    assert len(told(n)) == 3


def test_an_acknowledgement_holds_through_a_revision(night: Make) -> None:
    n = night(WAKE)
    hears(n, gw("a"))
    seen(n.journal, by("ann"), f"report:{n.journal.reports()[-1].report.key}", n.clock.now())
    hears(n, gw("b", data={"far": 1e-9}, received=NOON + timedelta(seconds=800)))
    until(n, 300 + 20_000)
    assert [title for _, _, title in told(n) if "Not acknowledged" in title] == []


def test_a_retraction_stops_it_and_everybody_who_was_paged_is_told(night: Make) -> None:
    n = night(WAKE)
    hears(n, gw("a"))
    until(n, 300 + 900)
    hears(n, retraction("r", received=NOON + timedelta(seconds=1300)))
    until(n, 300 + 20_000)
    taken_back = [row.report for row in n.journal.reports() if row.report.state is ReportState.RETRACTED]
    assert {report.to for report in taken_back} == {"", "person:ann", "person:bo"}
    assert all(report.severity is Severity.PAGE for report in taken_back if report.to)
    assert not [title for _, _, title in told(n) if "ann, bo" in title]
    said = [(row.target, row.report.to) for row in n.journal.reports() if row.report.title.startswith("Retracted by")]
    assert sorted(said) == [("email", "person:ann"), ("email", "person:bo"), ("web", "")]
    # Whoever was woken hears of it at once, also in quiet hours.
    loud = {
        row.report.to: row.report.severity for row in n.journal.reports() if row.report.slot.startswith("retraction/")
    }
    assert loud == {"": Severity.INFO, "person:ann": Severity.PAGE, "person:bo": Severity.PAGE}


def test_a_rule_that_says_how_it_escalates_is_obeyed(night: Make) -> None:
    n = night(WAKE + 'escalate:\n  - {after: 5m, unless: acknowledged, page: "cy, please: ${ev.name}", to: bo}\n')
    hears(n, gw("a"))
    until(n, 300 + 20_000)
    assert told(n)[2:] == [("email", "person:bo", "cy, please: GW170817")]


def test_an_escalation_to_a_name_that_is_nobodys_stands_in_a_thread_of_that_name(night: Make) -> None:
    n = night(WAKE + 'escalate:\n  - {after: 5m, page: "look", to: on-call}\n')
    hears(n, gw("a"))
    until(n, 300 + 20_000)
    last: Report = n.journal.reports(limit=10)[-1].report
    assert (last.thread, last.to) == ("on-call", "")


def test_a_post_to_a_person_is_no_page_and_is_not_escalated(night: Make) -> None:
    n = night(WAKE.replace("page:", "post:"))
    hears(n, gw("a"))
    until(n, 300 + 20_000)
    assert told(n)[1:] == [("email", "person:ann", "look at GW170817")]


def test_whom_nothing_reaches_is_logged_and_the_page_still_goes_on(
    night: Make, caplog: pytest.LogCaptureFixture
) -> None:
    n = night(WAKE.replace("ann", "cy"))
    hears(n, gw("a"))
    until(n, 300 + 900)
    assert "nothing reaches person:cy" in caplog.text
    assert told(n)[-1] == ("web", "", "Not acknowledged by cy: look at GW170817")


def test_the_next_page_says_which_rule_where_its_words_need_results_of_then() -> None:
    rule = WAKE.replace("look at ${ev.name}", "area ${sky.area}").replace(
        "do:\n", "do:\n  - run: localization\n    as: sky\n"
    )
    (read,) = load_rules(rule, "f").rules
    assert [e.page for e in addressed(read, People(PEOPLE).duty).escalate] == [
        "Not acknowledged by ann: rule wake",
        "Not acknowledged by ann, bo: rule wake",
    ]


def test_names_in_else_and_after_failures_are_people_too_and_the_hash_stays() -> None:
    rule = """
rule: asks
when: lvk.alert
do:
  - ask: "is ${ev.name} real?"
    to: bo
    else: [{post: "no", to: ann}]
on_fail: [{post: "broken", to: cy}]
"""
    (read,) = load_rules(rule, "f").rules
    bound = addressed(read, People(PEOPLE).duty)
    found: list[dict[str, Any]] = [bound.actions[0], bound.actions[0]["else"][0], bound.on_fail[0]]
    assert [action["for"] for action in found] == ["person:bo", "person:ann", "person:cy"]
    assert not any("to" in action for action in found)
    assert bound.hash == read.hash
    assert bound.escalate == ()
