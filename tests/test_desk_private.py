"""What one person alone was told stays theirs when they judge it, take it back or mute it: not in the thread, on the
page, in feeds, in what programs may ask, or in the graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_site import Site, running
from rules_samples import Night, gw
from test_desk_reviewing import says

from chat.desk.answers import Person
from chat.people import People
from chat.people import Person as Somebody
from kg.consumer import GraphConsumer
from kg.objects import identify
from kg.store import GraphStore
from nuncius.core.report import Report
from reactors.rulebook import RuleBook
from reactors.runner import Runner
from reactors.subscribed import Subscribed

ANN = Person(id="slack:U0ANN", name="Ann", reviewer=True, also=("person:ann",))
BOB = Person(id="slack:U0BOB", name="Bob", reviewer=True)
PEOPLE = People({"ann": Somebody(slack="U0ANN")})
RULES = """rule: for-ann
when: lvk.alert
do: [{post: "SECRET ${ev.name}", to: ann}]
---
rule: for-all
when: lvk.alert
do: {post: "Everybody hears of ${ev.name}"}
"""
PLACES = [
    "/", "/thread/S170817a", "/api/v1/objects/S170817a", "/api/v1/events?object=S170817a", "/api/threads.json",
    "/feed/object/S170817a", "/search?name=S170817a", "/api/v1/claims?object=S170817a", "/rules",
    "/sparql?query=SELECT%20*%20%7BGRAPH%20?g%20%7B?s%20?p%20?o%7D%7D",
]  # fmt: skip


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    made = Night(tmp_path, RULES, people=PEOPLE)
    made.book = RuleBook([made.file], beside=Subscribed(made.journal), duty=PEOPLE.duty)
    made.reactor._book = made.book
    made.reactor._identify = identify
    made.runner = Runner(made.journal, made.executor, targets=["slack", "web"], clock=made.clock, owner="test:1")
    made.runner._routes = lambda reader: ["slack"]
    shown = says(made, "subscribe gravitational waves", ANN)
    assert says(made, shown.offers[0].words, ANN).ok
    made.book.refresh()
    made.hears(gw("a", object=None))
    made.works()
    yield made
    made.close()


def private(night: Night, rule: str) -> Report:
    return next(s.report for s in night.journal.reports() if s.report.to and s.report.rule == rule)


@pytest.fixture
def site(night: Night) -> Iterator[tuple[Site, GraphConsumer]]:
    store = GraphStore.open(night.folder / "graph")
    with running(night.journal, graph=store, rules=lambda: night.book.rules) as site:
        yield site, GraphConsumer(night.journal, store)
    store.close()


@pytest.mark.parametrize("rule", ["for-ann", "subscription-1"])
def test_what_its_reader_does_about_it_is_told_to_nobody_else(
    night: Night, site: tuple[Site, GraphConsumer], rule: str
) -> None:
    served, graph = site
    about = f"report:{private(night, rule).key}"
    for words in (f"reject {about} MYREASON", f"rerun {about}", f"mute {about}"):
        assert says(night, words, ANN).ok, words
    night.works()
    assert says(night, f"unrelated {about} MYREASON", ANN).ok
    note = next(s.report for s in night.journal.reports() if s.report.title.startswith("Not related"))
    assert note.to, "the note goes where the report went"
    night.hears()
    while graph.step():
        pass
    for path in PLACES:
        answer = served.get(path)
        assert answer.status == 200, (path, answer.body)
        shown = answer.body.decode()
        for word in ("SECRET", "MYREASON", "subscription-1", "gravitational waves"):
            assert word not in shown, (path, word, shown)
    assert "Everybody hears of" in served.get("/thread/S170817a").body.decode()
    kept = [stored.event.data for stored in night.journal.read(0, kinds=["review.rejected"])]
    assert [(data["rule"], data["why"]) for data in kept] == [(rule, "MYREASON")], "the figures of rules still count it"


def test_a_subscription_is_explained_and_muted_for_its_owner_alone(night: Night) -> None:
    assert says(night, "why subscription-1 S170817a", ANN).title == "subscription-1: fired"
    about = f"report:{private(night, 'subscription-1').key}"
    for words in ("why subscription-1 S170817a", f"why {about}", "mute subscription-1 S170817a", f"mute {about}"):
        answer = says(night, words, BOB)
        assert not answer.ok, words
        assert "no rule is named" in answer.text
    assert "is a rule" not in says(night, "subscription-1", BOB).text
    assert says(night, "mute subscription-1 S170817a", ANN).ok
    (silence,) = night.journal.silences(night.clock.now())
    assert not says(night, f"unmute {silence.id}", BOB).ok
    assert says(night, f"unmute {silence.id}", ANN).ok
