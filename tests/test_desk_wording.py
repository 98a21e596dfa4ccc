"""A form's choices as a sentence: each field is said, and what it says is understood as meant."""

from __future__ import annotations

import pytest

from analyses.observatories import load_observatories
from chat.desk.answers import Declined
from chat.desk.sentences import read_sentence
from chat.desk.wording import MISSIONS, REALITY, SORTS, sentence_of
from reactors.rule import Rule
from reactors.subscribed import subscription_rule

SITES = sorted(load_observatories())


def rule_of(**form: str) -> Rule:
    read = read_sentence(sentence_of(form), resolve=lambda name: f"urn:{name}", sites=SITES, site="paranal")
    return subscription_rule(read.rule, number=1, owner="slack:U0")


def conditions(**form: str) -> list[str]:
    return [condition.expression.source for condition in rule_of(**form).conditions]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"sort": "gw", "distance": "200"}, "ev.luminosity_distance < 200"),
        ({"sort": "gw", "area": "100.5"}, "area(ev.sky, 0.9) < 100.5"),
        ({"sort": "grb", "error": "6"}, "ev.ra_dec_error < 0.1"),
        ({"sort": "gw", "ns": "50"}, "ev.properties.HasNS > 0.5"),
        ({"sort": "gw", "far_years": "10"}, "ev.far < 3.17e-09"),
        ({"sort": "gw", "significant": "on"}, "ev.significant"),
        ({"sort": "bns"}, "ev.p_astro.BNS > 0.5"),
        ({"sort": "nsbh"}, "ev.p_astro.NSBH > 0.5"),
        ({"sort": "bbh"}, "ev.p_astro.BBH > 0.5"),
        ({"sort": "gw", "site": "san-pedro-martir"}, "visible_from(ev.sky, 'san-pedro-martir', ev.received) > 0.5"),
        ({"sort": "gw", "site": "my-site"}, "visible_from(ev.sky, 'paranal', ev.received) > 0.5"),
        (
            {"sort": "neutrino", "radius": "10", "ra": "187.7", "dec": "-12.4"},
            "separation(ev, {'ra': 187.7, 'dec': -12.4}) < 10",
        ),
        ({"sort": "gw", "reality": "mock"}, "ev.tense == 'test' || ev.tense == 'injection'"),
        (
            {"sort": "gw", "reality": "both"},
            "ev.tense in ['initial', 'update', 'archival', 'test', 'injection']",
        ),
        ({"sort": "contradiction", "circular": "34409"}, "ev.earlier.circular == 34409.0"),
        ({"sort": "contradiction", "by": "Kann"}, "ev.earlier.by.contains('Kann')"),
        (
            {"sort": "paper", "words": "kilonova"},
            "(has(ev.subject) && ev.subject.matches('(?i)kilonova')) || "
            "(has(ev.body) && ev.body.matches('(?i)kilonova'))",
        ),
    ],
)
def test_a_choice_means_what_it_says(form: dict[str, str], expected: str) -> None:
    assert conditions(**form) == [expected]


def test_objects_are_a_list_of_names() -> None:
    (condition,) = conditions(sort="any", objects="GRB 230307A, S230518h")
    assert "ev.object in ['urn:GRB 230307A', 'urn:S230518h']" in condition


def test_everything_can_be_chosen_at_once() -> None:
    numbers = {"distance": "200", "area": "100", "ns": "50", "far_years": "10", "error": "5"}
    place = {"radius": "10", "ra": "187.7", "dec": "12.4", "site": "paranal"}
    rule = rule_of(sort="gw", significant="on", most="5", each="week", **numbers, **place)
    assert len(rule.conditions) == 8
    assert rule.limit is not None
    assert (rule.limit.count, rule.limit.window_s) == (5, 604_800)


@pytest.mark.parametrize("sort", [sort for sort in SORTS if sort != "any"])
@pytest.mark.parametrize("reality", REALITY)
def test_every_sort_can_be_mock_or_real(sort: str, reality: str) -> None:
    assert rule_of(sort=sort, reality=reality).when


@pytest.mark.parametrize("mission", MISSIONS)
def test_bursts_of_every_mission_offered_are_known(mission: str) -> None:
    word = mission.lower().replace(" ", "_")
    assert all(word in kind for kind in rule_of(sort="grb", mission=mission).when)


@pytest.mark.parametrize("site", SITES)
def test_every_site_offered_is_understood(site: str) -> None:
    assert conditions(sort="gw", site=site) == [f"visible_from(ev.sky, '{site}', ev.received) > 0.5"]


@pytest.mark.parametrize(
    "form",
    [
        {"sort": "weather"},
        {"sort": "gw", "reality": "dreamt"},
        {"sort": "gw", "distance": "-5"},
        {"sort": "gw", "distance": "1e999"},
        {"sort": "gw", "distance": "200 Mpc; drop"},
        {"sort": "gw", "ns": "150"},
        {"sort": "gw", "radius": "5"},
        {"sort": "gw", "radius": "5", "ra": "10", "dec": "north"},
        {"sort": "gw", "words": "kilonova"},
        {"sort": "paper", "words": "kilonova') || true || ('"},
        {"sort": "contradiction", "by": "O'Brien') || ('"},
        {"sort": "gw", "site": "mars"},
        {"sort": "any"},
        {"sort": "grb", "mission": "Hubble"},
    ],
)
def test_what_cannot_be_said_is_named_and_never_dropped(form: dict[str, str]) -> None:
    with pytest.raises(Declined):
        rule_of(**form)
