"""Subscriptions: said in a sentence or as YAML, shown with what they would have said, kept by their owner, told to them
alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rules_samples import Night, gw, retraction
from test_desk_reviewing import says

from chat.desk.answers import Answer, Declined, Person
from chat.desk.sentences import read_sentence
from console import cards, views
from kg.objects import identify
from nuncius.journal.subscriptions import MOST_EACH, Subscriptions
from reactors.rulebook import RuleBook
from reactors.runner import Runner
from reactors.subscribed import Subscribed, subscription_rule

ANN, BOB = Person(id="slack:U0ANN", name="Ann"), Person(id="slack:U0BOB", name="Bob")
RULES = """rule: near
when: lvk.alert
do: {post: "Area of ${ev.name}"}
"""
SITES = ["la-silla", "paranal"]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    made = Night(tmp_path, RULES)
    made.book = RuleBook([made.file], beside=Subscribed(made.journal))
    made.reactor._book = made.book
    made.reactor._identify = identify
    made.runner = Runner(made.journal, made.executor, targets=["slack", "web"], clock=made.clock, owner="test:1")
    yield made
    made.close()


def hears(night: Night, *events: object) -> None:
    night.book.refresh()
    night.hears(*events)  # type: ignore[arg-type]
    night.works()


def subscribed(night: Night, said: str, person: Person = ANN) -> Answer:
    shown = says(night, f"subscribe {said}", person)
    assert shown.ok, shown
    return says(night, shown.offers[0].words, person)


def conditions(sentence: str) -> list[str]:
    rule = read_sentence(sentence, resolve=lambda name: f"urn:{name}", sites=SITES).rule
    return [condition.expression.source for condition in subscription_rule(rule, number=1, owner="slack:U0").conditions]


def test_a_subscription_is_shown_as_yaml_with_what_it_would_have_said(night: Night) -> None:
    for number in range(1, 4):
        event = gw(f"a{number}", object=None, data={"ids": [f"S17081{number}a"], "luminosity_distance": 50.0 * number})
        hears(night, event)
    shown = says(night, "subscribe gravitational waves nearer than 120 Mpc", ANN)
    assert "when: [lvk.alert]" in shown.text
    assert "ev.luminosity_distance < 120" in shown.text
    assert "Would have notified you **2 times**" in shown.text
    assert "(3 events looked at)" in shown.text
    assert "S170812a: gravitational-wave candidate" in shown.text
    assert says(night, "subscriptions", ANN).title == "You have no subscriptions"
    assert says(night, shown.offers[0].words, ANN).title.startswith("Subscribed (")


def test_its_owner_alone_is_told(night: Night) -> None:
    subscribed(night, "gravitational waves")
    hears(night, gw("a", object=None))
    told = {stored.target: stored.report for stored in night.journal.reports() if stored.report.to}
    assert list(told) == ["slack"]
    assert (told["slack"].to, told["slack"].subscription) == ("slack:U0ANN", 1)
    assert told["slack"].title == "S170817a: gravitational-wave candidate"
    others = [stored for stored in night.journal.reports() if not stored.report.to]
    assert [stored.report.title for stored in others] == ["Area of S170817a"] * 2
    assert "gravitational-wave candidate" not in says(night, "show S170817a", BOB).text.partition("**Reports**")[2]
    page = views.thread(night.journal, told["slack"].thread)
    assert page is not None
    assert [entry.report.title for entry in page.entries] == ["Area of S170817a"]
    assert [card.latest.title for card in cards.cards(night.journal)] == ["Area of S170817a"]


def test_a_retraction_is_told_to_them_too(night: Night) -> None:
    subscribed(night, "gravitational waves")
    hears(night, gw("a", object=None))
    now = night.clock.now()
    while leased := night.journal.lease_reports("c", target="slack", now=now, lease_s=60.0):
        night.journal.delivered(leased[0].id, "c", now=now, reference={})
    hears(night, retraction("b", object=None, received=night.clock.now() + timedelta(minutes=30)))
    told = [stored.report for stored in night.journal.reports() if stored.report.to]
    assert [report.title for report in told if report.title.startswith("Retracted")] == [
        "Retracted by LVK: what was said here on its word no longer stands."
    ]


def test_one_click_ends_it_and_only_its_owners(night: Night) -> None:
    kept = subscribed(night, "gravitational waves")
    assert says(night, kept.offers[0].words, BOB).text.startswith("you have no subscription 1")
    assert says(night, kept.offers[0].words, ANN).title == "Unsubscribed (1)"
    assert says(night, "unsubscribe 1", ANN).title == "It was over before (1)"
    hears(night, gw("a", object=None))
    assert [stored for stored in night.journal.reports() if stored.report.to] == []


def test_a_person_has_so_many_and_not_more(night: Night) -> None:
    for _ in range(MOST_EACH):
        subscribed(night, "neutrinos")
    shown = says(night, "subscribe neutrinos", ANN)
    assert "which is the most" in says(night, shown.offers[0].words, ANN).text
    assert says(night, "subscriptions", ANN).title.startswith(f"{MOST_EACH} of at most")
    assert subscribed(night, "neutrinos", BOB).ok


def test_what_was_shown_to_one_cannot_be_kept_by_another(night: Night) -> None:
    shown = says(night, "subscribe neutrinos", ANN)
    assert not says(night, shown.offers[0].words, BOB).ok
    assert Subscriptions(night.journal).in_force() == []


def test_a_rule_of_ones_own_is_taken_within_bounds(night: Night) -> None:
    yaml = 'when: lvk.alert\nif: ev.far < 1e-9\nseverity: notice\ndo:\n  - post: "look: ${ev.name}"'
    hears(night, gw("a", object=None))
    shown = says(night, f"subscribe\n{yaml}", ANN)
    assert "**once**" in shown.text
    for change in (
        yaml.replace("post:", "emit: custom.x\n    with: {a: 1}\n  - post:"),
        yaml.replace('"look', "'look").replace('name}"', "name}'\n    to: all"),
        f"{yaml}\nescalate: [{{after: 5m, page: wake}}]",
        f"{yaml}\nmutes: {{rules: [near], for: 1h}}",
        yaml.replace("notice", "page"),
        yaml.replace("lvk.alert", "{every: 10m}"),
        yaml.replace("ev.far <", "ev.far <<"),
        yaml + "\n# " + "x" * 4000,
    ):
        refused = says(night, f"subscribe\n{change}", ANN)
        assert refused.title == "This is no subscription", change
    assert Subscriptions(night.journal).in_force() == []


def test_a_torrent_is_bounded(night: Night) -> None:
    yaml = 'rule: mine\nwhen: lvk.alert\nlimit: 500/1m\ndo: {post: "x"}\n'
    rule = subscription_rule(yaml, number=7, owner="slack:U0ANN")
    assert rule.limit is not None
    assert (rule.name, rule.owner, rule.limit.count, rule.limit.window_s) == ("subscription-7", "slack:U0ANN", 20, 3600)


def test_from_a_terminal_it_is_shown_and_not_kept(night: Night) -> None:
    shown = says(night, "subscribe neutrinos", Person(id="login:ann", name="ann"))
    assert shown.ok
    assert shown.offers == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("GW nearer than 0.2 Gpc", ["ev.luminosity_distance < 200"]),
        ("binary neutron stars, please", ["ev.p_astro.BNS > 0.5"]),
        ("GRBs from Swift localized within 5 arcmin", ["ev.ra_dec_error < 0.0833333"]),
        ("gravitational waves with area below 100 deg2", ["area(ev.sky, 0.9) < 100"]),
        ("significant GW with FAR below 1 per 10 years", ["ev.far < 3.17e-09", "ev.significant"]),
        ("neutrinos visible from La Silla", ["visible_from(ev.sky, 'la-silla', ev.received) > 0.5"]),
        ("bursts within 10 deg of 187.7 +12.4", ["separation(ev, {'ra': 187.7, 'dec': 12.4}) < 10"]),
        ("mock alerts of gravitational waves", ["ev.tense == 'test' || ev.tense == 'injection'"]),
        ("redshifts", ["ev.predicate == 'redshift' && ev.assertion == 'asserted'"]),
        ("contradictions", []),
        ("contradictions of my circular 34409", ["ev.earlier.circular == 34409.0"]),
        ("contradictions of claims by Kann", ["ev.earlier.by.contains('Kann')"]),
    ],
)
def test_a_sentence_means_what_it_says(sentence: str, expected: list[str]) -> None:
    assert conditions(sentence) == expected


def test_objects_are_named_as_people_name_them() -> None:
    (condition,) = conditions("papers about GRB 230307A, GW170817")
    assert "ev.object in ['urn:GRB 230307A', 'urn:GW170817']" in condition
    assert "ev.subject.contains('GRB 230307A')" in condition
    rule = read_sentence("anything about S230518h", resolve=lambda name: "urn:x", sites=SITES)
    assert "when: [lvk.alert, gcn.notice, gcn.circular, paper, kg.fact.contradiction]" in rule.rule


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("GRBs not from Swift", "'not'"),
        ("GW nearer than 200 furlongs", "'nearer 200 furlongs'"),
        ("GW nearer than 200 Mpc or area below 20 deg2", "One thing at a time"),
        ("neutrinos visible from Mars", "observatory 'Mars'"),
        ("the weather", "'weather'"),
        ("GW " * 201, "That is long"),
        ("significant", "About what"),
        ("contradiction of my report", "Which report is yours"),
        ("papers against circular 34409", "Contradictions of it"),
        ("", "To what|About what"),
    ],
)
def test_what_is_not_understood_is_named_and_never_dropped(sentence: str, told: str) -> None:
    with pytest.raises(Declined, match=told):
        read_sentence(sentence, resolve=lambda name: None, sites=SITES)


def test_an_unknown_object_is_refused() -> None:
    with pytest.raises(Declined, match="Nothing is known of 'GRB 991231A'"):
        read_sentence("papers about GRB 991231A", resolve=lambda name: None, sites=SITES)


def test_a_subscription_is_changed_by_its_owner_and_stays_until_the_new_one_is_kept(night: Night) -> None:
    subscribed(night, "gravitational waves")
    assert says(night, "change 1 neutrinos", BOB).text.startswith("you have no subscription 1")
    assert "when: [lvk.alert]" in says(night, "change 1", ANN).text
    shown = says(night, "change 1 gravitational waves nearer than 100 Mpc", ANN)
    assert shown.offers[0].label == "Keep it instead of 1"
    assert [one.id for one in Subscriptions(night.journal).in_force()] == [1]
    assert says(night, shown.offers[0].words, ANN).ok
    assert [one.id for one in Subscriptions(night.journal).in_force()] == [2]


def test_the_sentences_in_the_docs_are_understood(project: Path) -> None:
    text = (project / "docs" / "chat.md").read_text(encoding="utf-8")
    said = re.findall(r"^ +/nuncius subscribe (.+)$", text, re.M)
    assert len(said) == 3
    found = [conditions(sentence) for sentence in said]
    assert found[0] == [
        "ev.luminosity_distance < 200",
        "visible_from(ev.sky, 'paranal', ev.received) > 0.5",
        "ev.p_astro.BNS > 0.5",
    ]
    assert found[1] == ["ev.ra_dec_error < 0.0833333"]
