"""Subscriptions on the page: one's own and nobody else's, previewed before they are kept, told where one chose, ended
by one press."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from console_site import Answer, Site, running
from console_year import PEOPLE, fill, year
from rules_samples import gw
from test_console_page import Outline

from analyses.executor import InlineExecutor
from chat import unsubscribing
from chat.desk.answers import Asking
from chat.desk.answers import Person as Asker
from chat.desk.desk import Desk
from chat.people import People
from console import views
from kg.objects import identify
from nuncius.core.clock import SystemClock
from nuncius.journal import Journal
from nuncius.journal.subscriptions import MOST_EACH, Subscriptions
from reactors.reactor import Reactor
from reactors.rulebook import RuleBook
from reactors.runner import Runner


@dataclass
class Stand:
    """A page with people, and the pipeline behind it."""

    site: Site
    journal: Journal
    book: RuleBook
    tokens: dict[str, str]
    folder: Path
    heard: list[int] = field(default_factory=list)

    def get(self, who: str, path: str) -> Answer:
        return self.site.ask("GET", path, headers=self._headers(who))

    def post(self, who: str, path: str, **form: str) -> Answer:
        head = {"Content-Type": "application/x-www-form-urlencoded", **self._headers(who)}
        return self.site.ask("POST", path, urlencode(form), head)

    def _headers(self, who: str) -> dict[str, str]:
        known = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return {"Accept": "text/html", **known}

    def keeps(self, who: str, **form: str) -> None:
        shown = self.post(who, "/subscriptions/preview", **form)
        assert shown.status == 200, Outline(shown.body.decode()).shown
        number = re.search(rb'name="number" value="(\d+)"', shown.body)
        other = re.search(rb'name="instead_of" value="(\d*)"', shown.body)
        assert number
        assert other
        kept = self.post(who, "/subscriptions/keep", number=number[1].decode(), instead_of=other[1].decode())
        assert (kept.status, kept.headers["location"]) == (303, "/subscriptions?done=kept")

    def hears(self, *events: Any) -> None:
        """Push events through rules and work."""
        self.book.refresh()
        clock = SystemClock()
        self.journal.append(events)
        reactor = Reactor(self.journal, self.book, clock, identify=identify)
        while reactor.step():
            pass
        runner = Runner(self.journal, InlineExecutor(), targets=["slack", "web"], clock=clock, owner="test:1")
        while runner.tick() or runner.busy:
            pass

    def told(self) -> list[tuple[str, str, str]]:
        """(target, to, title) of what single people were told."""
        return [(row.target, row.report.to, row.report.title) for row in self.journal.reports() if row.report.to]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with year(tmp_path) as (journal, book, web):
        tokens = fill(journal, datetime.now(UTC))
        reached = lambda person: ["slack", "email"]  # noqa: E731
        unsubscribing.use(tmp_path, "https://nuncius.example.org")
        try:
            with running(journal, rules=lambda: book.rules, web=web, people=People(PEOPLE), reached=reached) as site:
                yield Stand(site, journal, book, tokens, tmp_path)
        finally:
            unsubscribing.use(tmp_path, "")


def fresh(name: str, **data: Any) -> Any:
    now = datetime.now(UTC)
    words = {"ids": [f"S{now:%y%m%d}{name}"], "luminosity_distance": 40.0} | data
    return gw(f"fresh-{name}", object=None, received=now, trigger_time=now - timedelta(minutes=1), data=words)


def page(answer: Answer) -> str:
    return Outline(answer.body.decode()).shown


def test_one_signs_in_first(stand: Stand) -> None:
    for path in ("/subscriptions", "/subscriptions/new", "/subscriptions/1"):
        sent = stand.get("", path)
        assert (sent.status, sent.headers["location"].partition("?")[0]) == (303, "/sign-in"), path


def test_a_form_is_shown_back_as_yaml_with_what_it_would_have_said(stand: Stand) -> None:
    shown = stand.post("cy", "/subscriptions/preview", way="form", sort="gw", distance="200")
    words = page(shown)
    assert "Would have notified you 6 times" in words
    assert "40 events looked at" in words
    assert "when: [lvk.alert]" in words
    assert "ev.luminosity_distance < 200" in words
    assert words.count("gravitational-wave candidate") == 7, "each of them, and in the rule"
    assert 'aria-label="6 notifications by month' in shown.body.decode()
    assert "You have none" in page(stand.get("cy", "/subscriptions")), "nothing is in force before it is kept"


WAYS: list[tuple[dict[str, str], int]] = [
    ({"way": "sentence", "sentence": "gravitational waves nearer than 200 Mpc"}, 6),
    ({"way": "yaml", "yaml": 'when: lvk.alert\nif: ev.luminosity_distance < 200\ndo: {post: "${ev.name}"}'}, 6),
    ({"way": "form", "sort": "gw", "distance": "200", "reality": "mock"}, 2),
    ({"way": "form", "sort": "gw", "distance": "200", "reality": "both"}, 8),
    ({"way": "form", "sort": "gw", "distance": "200", "ns": "50"}, 3),
    ({"way": "form", "sort": "gw", "area": "1"}, 0),
]


def test_all_ways_of_saying_it_are_previewed_alike(stand: Stand) -> None:
    for form, times in WAYS:
        expected = f"Would have notified you {f'{times} times' if times else 'never'}"
        assert expected in page(stand.post("bob", "/subscriptions/preview", **form)), form


def test_what_is_kept_tells_its_owner_alone_on_the_page_they_chose(stand: Stand) -> None:
    stand.keeps("cy", way="form", sort="gw", distance="100")
    stand.hears(fresh("near"), fresh("far", luminosity_distance=900.0, ids=["S990101x"]))
    (told,) = stand.told()
    assert told[:2] == ("web", "web:token:cy")
    assert told[2].endswith("gravitational-wave candidate")
    assert told[2] in page(stand.get("cy", "/subscriptions"))
    assert told[2] not in page(stand.get("bob", "/subscriptions"))
    assert told[2] not in page(stand.get("bob", "/"))
    thread = next(row.report.thread for row in stand.journal.reports() if row.report.to)
    assert told[2] not in page(stand.get("bob", views.href(thread)))


def test_a_person_of_the_settings_is_told_where_they_choose(stand: Stand) -> None:
    form = stand.get("ann", "/subscriptions/new").body.decode()
    offered = re.findall(r'<option value="((?:person|web):[^"]*)"', form)
    assert list(dict.fromkeys(offered)) == ["person:ann", "person:ann/slack", "person:ann/email", "web:person:ann"]
    stand.keeps("ann", way="sentence", sentence="gravitational waves", tell="person:ann/email")
    (kept,) = Subscriptions(stand.journal).of("person:ann")
    assert kept.tell == "person:ann/email"


def test_nobody_can_have_others_told(stand: Stand) -> None:
    for tell in ("slack:U0BOB", "person:bob", "web:token:cy", "slack:C0ALERTS", "email:x@example.org"):
        refused = stand.post("ann", "/subscriptions/preview", way="sentence", sentence="neutrinos", tell=tell)
        assert refused.status == 422, tell
        assert "Told where?" in page(refused)


def test_what_was_made_on_slack_is_on_the_page_and_the_other_way_round(stand: Stand) -> None:
    desk = Desk(stand.journal, lambda: stand.book.rules, SystemClock())
    ann = Asker(id="slack:U0ANN", name="Ann", also=("person:ann",))
    offered = desk.hear(Asking(words="subscribe neutrinos", person=ann, delivery="1")).offers[0].words
    assert desk.hear(Asking(words=offered, person=ann, delivery="2")).ok
    assert "neutrinos" in page(stand.get("ann", "/subscriptions"))
    stand.keeps("ann", way="sentence", sentence="redshifts")
    said = desk.hear(Asking(words="subscriptions", person=ann, delivery="3")).text
    assert "neutrinos" in said
    assert "redshifts" in said
    assert stand.post("ann", "/subscriptions/end", number="1").status == 303
    assert "neutrinos" not in page(stand.get("ann", "/subscriptions"))


def test_others_subscriptions_can_be_neither_seen_nor_changed_nor_ended(stand: Stand) -> None:
    stand.keeps("cy", way="sentence", sentence="gravitational waves")
    assert stand.get("bob", "/subscriptions/1").status == 404
    assert "you have no subscription 1" in page(stand.post("bob", "/subscriptions/end", number="1"))
    refused = stand.post("bob", "/subscriptions/preview", way="sentence", sentence="neutrinos", instead_of="1")
    assert "you have no subscription 1" in page(refused)
    shown = stand.post("cy", "/subscriptions/preview", way="sentence", sentence="neutrinos")
    assert shown.status == 200
    assert "you have no subscription 2" in page(stand.post("bob", "/subscriptions/keep", number="2", instead_of=""))
    assert [one.owner for one in Subscriptions(stand.journal).in_force()] == ["token:cy"]


def test_a_change_takes_the_place_of_the_old_one_when_it_is_kept(stand: Stand) -> None:
    stand.keeps("cy", way="sentence", sentence="gravitational waves")
    assert 'value="gravitational waves"' in stand.get("cy", "/subscriptions/1").body.decode()
    stand.keeps("cy", way="form", sort="gw", distance="50", instead_of="1")
    (one,) = Subscriptions(stand.journal).of("token:cy")
    assert (one.id, one.sentence) == (2, "gravitational waves nearer than 50 Mpc")


NONSENSE: list[tuple[dict[str, str], str]] = [
    ({"way": "sentence", "sentence": "the weather"}, "I do not understand 'weather'"),
    ({"way": "sentence", "sentence": ""}, "To what?"),
    ({"way": "form", "sort": "gw", "distance": "near"}, "'distance' is a number"),
    ({"way": "yaml", "yaml": "when: lvk.alrt\ndo: {post: x}"}, "subscription:2:7: error: no event is of kind"),
    ({"way": "yaml", "yaml": "when: lvk.alert\ndo: [{post: x}, {run: localization}]"}, "posts, once"),
    ({"way": "yaml", "yaml": "x: &a [*a, *a]"}, "anchors and aliases"),
    ({"way": "yaml", "yaml": "!!python/object/apply:os.system [id]"}, "This is no subscription"),
    ({"way": "yaml", "yaml": "[" * 5000}, "at most 4000 characters"),
    ({"way": "sentence", "sentence": "gravitational waves", "instead_of": "x' OR 1=1"}, "Which one?"),
]


def test_what_is_not_understood_is_said(stand: Stand) -> None:
    for form, told in NONSENSE:
        refused = stand.post("cy", "/subscriptions/preview", **form)
        assert refused.status == 422, form
        assert told in page(refused)
    assert Subscriptions(stand.journal).in_force() == []


def test_hostile_words_stay_words(stand: Stand) -> None:
    hostile = "</textarea><script>alert(1)</script>{{ 7 * 7 }}"
    refused = stand.post("cy", "/subscriptions/preview", way="yaml", yaml=hostile)
    assert refused.status == 422
    outline = Outline(refused.body.decode())
    assert not [tag for tag, attrs in outline.tags if tag == "script" and "src" not in attrs]
    assert "{{ 7 * 7 }}" in refused.body.decode()


def test_a_person_has_so_many_and_not_more(stand: Stand) -> None:
    kept, now = Subscriptions(stand.journal), datetime.now(UTC)
    for number in range(MOST_EACH):
        owner = "slack:U0ANN" if number % 2 else "person:ann"
        assert kept.keep(kept.draft(owner, "x", "x", "rule: x", now), owner, now)
    shown = stand.post("ann", "/subscriptions/preview", way="sentence", sentence="neutrinos")
    number = re.search(rb'name="number" value="(\d+)"', shown.body)
    assert number
    refused = stand.post("ann", "/subscriptions/keep", number=number[1].decode(), instead_of="")
    assert f"you have {MOST_EACH} subscriptions, which is the most" in page(refused)


def test_looking_at_the_address_in_a_message_ends_nothing_and_one_press_does(stand: Stand) -> None:
    stand.keeps("cy", way="sentence", sentence="gravitational waves")
    path = unsubscribing.unsubscribe_address(1).removeprefix("https://nuncius.example.org")
    asked = stand.get("", path)
    assert asked.status == 200
    assert "End this subscription? gravitational waves" in page(asked)
    assert Subscriptions(stand.journal).of("token:cy")
    # A mail program's own button: no cookie, no origin of ours, the body that RFC 8058 prescribes.
    ended = stand.post("", path, **{"List-Unsubscribe": "One-Click"})
    assert "You are not told of this any more" in page(ended)
    assert Subscriptions(stand.journal).of("token:cy") == []
    assert stand.post("", path).status == 200, "again is no error"
    stand.hears(fresh("after"))
    assert stand.told() == []


def test_a_forged_address_ends_nothing(stand: Stand) -> None:
    stand.keeps("cy", way="sentence", sentence="gravitational waves")
    for end in ("1", "1-" + "0" * 32, "2-x", "..%2f..%2fetc", "9" * 300):
        assert stand.post("", f"/unsubscribe/{end}").status == 404, end
        assert stand.get("", f"/unsubscribe/{end}").status == 404, end
    assert len(Subscriptions(stand.journal).in_force()) == 1
