"""Thousands of rules are sifted by shared comparisons: which fire must be just what each would say by itself, and why a
rule did not fire is told for every one that listened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules_samples import NOON, Night, gw

from nuncius.core.event import Event, Tense
from nuncius.journal import Journal, Stored
from reactors import ruleset
from reactors.engine import decide
from reactors.functions import Maps
from reactors.loader import load_rules
from reactors.recalling import RamMemory
from reactors.ruleset import RuleSet

NUMBERS = st.sampled_from([-1.5, 0.0, 1.0, 2.0, 3.5, 1e-9])
CONDITIONS = st.one_of(
    st.builds("ev.far {} {}".format, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS),
    st.builds("{} {} ev.rate_snr".format, NUMBERS, st.sampled_from(["<", "<=", ">", ">="])),
    st.builds("ev.mission {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from(["LVK", "Fermi"])),
    st.builds("ev.mission in ['{}', 'Swift']".format, st.sampled_from(["LVK", "Fermi"])),
    st.sampled_from(["has(ev.ra)", "!has(ev.ra)", "ev.significant", "!ev.significant", "ev.significant == true"]),
    st.builds("separation(ev, {{'ra': 10.0, 'dec': 0.0}}) < {}".format, st.sampled_from([1.0, 5.0, 90.0])),
    st.builds("area(ev.sky, 0.9) < {}".format, st.sampled_from([1.0, 50.0, 5000.0])),
    st.builds("!has(ev.far) || ev.far < {}".format, NUMBERS),
    st.builds("ev.parameters.x > {}".format, NUMBERS),
    st.just("ev.tense == 'test'"),
)
LINES = st.lists(st.one_of(CONDITIONS, st.builds("{} && {}".format, CONDITIONS, CONDITIONS)), max_size=3)
VALUES = st.sampled_from([None, -1.5, 0.0, 1.0, 2.0, 3.5, 1e-9, 7.0, "LVK", "Fermi", True, False])


@st.composite
def events(draw: st.DrawFn) -> Event:
    data: dict[str, Any] = {key: draw(VALUES) for key in ("far", "rate_snr", "mission", "significant", "ra", "dec")}
    data["parameters"] = {"x": draw(VALUES)}
    if draw(st.booleans()):
        circle = {"ra": 10.0, "dec": draw(st.sampled_from([0.0, 3.0])), "radius": 2.0, "containment_probability": 0.9}
        data["sky"] = {"type": "circle"} | circle
    tense = draw(st.sampled_from([Tense.INITIAL, Tense.INITIAL, Tense.TEST, Tense.RETRACTION]))
    kept = {key: value for key, value in data.items() if value is not None}
    return Event(id="e", kind="lvk.alert.x", source="t", received=NOON, tense=tense, data=kept)


def rules_of(conditions: list[list[str]]) -> RuleSet:
    rules = []
    for number, lines in enumerate(conditions):
        listed = "".join(f'  - "{line}"\n' for line in lines)
        text = f"rule: r{number}\nwhen: lvk.alert\n" + (f"if:\n{listed}" if lines else "") + "do: [{post: x}]\n"
        loaded = load_rules(text, "t.yaml")
        assert not loaded.errors, loaded.errors
        rules += loaded.rules
    return RuleSet(rules)


def outcomes(rules: RuleSet, event: Event) -> tuple[dict[str, str], Any]:
    stored = Stored(seq=1, event=event, journalled=NOON)
    decided = decide(rules, stored, now=NOON, memory=RamMemory(), maps=Maps(lambda _: b""))
    assert decided is not None
    return {d.rule: d.outcome for d in decided.decisions}, decided.passed


@settings(max_examples=120, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=12), events())
def test_a_sieve_changes_nothing_but_the_time_it_takes(conditions: list[list[str]], event: Event) -> None:
    with pytest.MonkeyPatch.context() as patch:
        alone, _ = outcomes(rules_of(conditions), event)
        patch.setattr(ruleset, "SIEVE_ABOVE", 0)
        sifted, passed = outcomes(rules_of(conditions), event)
    assert {rule: outcome for rule, outcome in alone.items() if rule in sifted} == sifted
    others = {rule: outcome for rule, outcome in alone.items() if rule not in sifted}
    # One that is unknown is not asked further, so what is wrong elsewhere in it is not found out.
    assert set(others.values()) <= {"not", "unknown", "test", "error"}
    assert (passed.rules if passed else 0) == len(others)


@pytest.fixture
def many(tmp_path: Path, journal: Journal) -> Night:
    text = [
        f"rule: r{n}\nwhen: lvk.alert\nif:\n  - ev.far < {10.0 ** -(n % 14):g} && ev.significant\n"
        f'  - "area(ev.sky, 0.9) < {n}"\ndo: [{{post: "{n}"}}]\n'
        for n in range(200)
    ]
    return Night(tmp_path, "---\n".join(text), journal=journal)


def test_why_a_rule_did_not_fire_is_told_for_every_rule(many: Night) -> None:
    many.hears(gw("a"), gw("b", data={"far": None}))
    fired = {d.rule for d in many.journal.decisions(limit=1000) if d.outcome == "fired"}
    assert fired == {f"r{n}" for n in range(29, 200) if n % 14 < 12}  # 28.27 deg²
    told = many.journal.decisions(event_id="a", limit=1000)
    assert len({d.rule for d in told}) == len(told) == 200
    (why,) = many.journal.decisions(event_id="a", rule="r13")
    assert (why.outcome, why.reason) == ("not", "false: ev.far < 1e-13 && ev.significant; area(ev.sky, 0.9) < 13")
    assert why.trace[0]["seen"] == {"ev.far": 3.5e-12, "ev.significant": True}
    assert [line["is"] for line in why.trace] == ["false", "false"]
    (why,) = many.journal.decisions(event_id="a", rule="r28")
    assert why.reason == "false: area(ev.sky, 0.9) < 28"
    assert why.trace[1]["seen"]["area(ev.sky, 0.9)"] == pytest.approx(28.27, abs=0.01)
    (why,) = many.journal.decisions(event_id="b", rule="r13")
    assert (why.outcome, "ev.far is not given" in why.reason) == ("unknown", True)
    assert [d.event_id for d in many.journal.decisions(rule="r13")] == ["b", "a"]


def test_tests_are_told_to_be_tests_for_every_rule(many: Night) -> None:
    many.hears(gw("t", tense=Tense.TEST))
    told = many.journal.decisions(event_id="t", limit=1000)
    assert [d.outcome for d in told] == ["test"] * 200


def test_what_was_passed_over_is_explained_by_the_rules_of_its_time(many: Night) -> None:
    many.hears(gw("a"))
    many.file.write_text("rule: r13\nwhen: lvk.alert\ndo: [{post: x}]\n")
    many.book.refresh()
    many.hears(gw("b"))
    assert [(d.event_id, d.outcome) for d in many.journal.decisions(rule="r13")] == [("b", "fired"), ("a", "not")]
