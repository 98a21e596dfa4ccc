"""`rules explain` and `rules graph`: why, why not, and who feeds whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rules_samples import NOON, Night, gw, retraction

from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError
from nuncius.core.event import Tense
from nuncius.journal.records import Silence
from reactors.explaining import Explanation, explain
from reactors.loader import load_rules
from reactors.rulegraph import graph_of

RULES = """
rule: near
when: lvk.alert
limit: 3/1h
if:
  - ev.far < 1e-10
  - area(ev.sky, 0.9) < 100
do: {post: "${ev.name}"}
---
rule: alone
when: {wave: lvk.alert}
within: {of: wave, from: -1h, to: 1h}
without: {burst: gcn.notice.fermi}
do: {post: "${wave.name} alone"}
---
rule: later
when: gcn.notice
do: {post: "x"}
"""


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    made = Night(tmp_path, RULES)
    yield made
    made.close()


def why(night: Night, rule: str, event: str) -> list[Explanation]:
    return explain(night.journal, night.book.rules, rule, event, now=NOON + timedelta(minutes=10), files=True)


def test_what_was_decided_is_shown_as_it_was_kept(night: Night) -> None:
    night.hears(gw("a1"))
    one = why(night, "near", "a1")[0]
    assert (one.source, one.outcome) == ("kept", "fired")
    assert [line["is"] for line in one.trace] == ["true", "true"]
    assert one.trace[0]["seen"] == {"ev.far": 3.5e-12}
    assert "limit: 1 firings in the last 3600 s of 3" in one.circumstances
    assert any(text.startswith("reaction 1 to a1: queued: post queued") for text in one.circumstances)


def test_every_event_of_an_object_is_shown_by_any_of_its_names(night: Night) -> None:
    night.hears(gw("a1"), gw("a2", data={"far": 1e-3}))
    told = why(night, "near", "http://odahub.io/ontology/nuncius/object/GW170817")
    assert [(one.event, one.outcome) for one in told] == [("a1", "fired"), ("a2", "not")]
    assert told[1].reason == "false: ev.far < 1e-10"


def test_a_window_that_has_closed_is_told_once_and_only_by_its_rule(night: Night) -> None:
    night.hears(gw("a1"))
    night.clock.advance_to(NOON + timedelta(hours=2))
    night.hears()
    name = "http://odahub.io/ontology/nuncius/object/GW170817"
    assert [(one.event[:6], one.outcome) for one in why(night, "alone", name)] == [
        ("a1", "waiting"),
        ("timer:", "fired"),
    ]
    assert [one.event for one in why(night, "near", name)] == ["a1"]


def test_a_window_that_is_still_open_is_told(night: Night) -> None:
    night.hears(gw("a1"))
    one = why(night, "alone", "a1")[-1]
    assert one.outcome == "waiting"
    assert any(text.startswith("waits until 2017-08-17T13:4") for text in one.circumstances)


def test_what_silences_and_mutes_a_rule_is_told(night: Night) -> None:
    night.journal.silence(
        Silence(rule="near", why="maintenance", by="Ann", since=NOON, until=NOON + timedelta(hours=2))
    )
    night.hears(gw("a1"))
    one = why(night, "near", "a1")[0]
    assert "silenced until 2017-08-17T14:41:04Z by Ann: maintenance" in one.circumstances


def test_an_event_of_another_kind_is_not_heard_and_that_is_said(night: Night) -> None:
    night.hears(gw("c1", kind="gcn.circular"))
    one = why(night, "near", "c1")[0]
    assert (one.source, one.outcome) == ("computed", "deaf")
    assert one.reason == "the rule hears lvk.alert; this event is of kind gcn.circular"
    night.hears(gw("a1"))
    told = why(night, "near", "http://odahub.io/ontology/nuncius/object/GW170817")
    assert [one.event for one in told] == ["a1"], "of an object only what the rule hears"


def test_an_event_from_before_the_rule_is_worked_out_now(night: Night) -> None:
    night.hears(gw("a1"), gw("a2", data={"far": 1.0}))
    night.file.write_text(RULES + "---\nrule: new\nwhen: lvk.alert\nif: ev.far < 0.5\ndo: {post: 'new ${ev.name}'}\n")
    night.book.refresh()
    first, second = why(night, "new", "a1")[0], why(night, "new", "a2")[0]
    assert (first.source, first.outcome, first.would) == ("computed", "fired", ["new GW170817"])
    assert (second.outcome, second.reason) == ("not", "false: ev.far < 0.5")
    assert not night.journal.decisions(rule="new")  # asking changes nothing


def test_tests_and_retractions_say_why_nothing_was_done(night: Night) -> None:
    night.hears(gw("t1", tense=Tense.TEST), retraction("r1"))
    test, retracted = why(night, "near", "t1")[0], why(night, "near", "r1")[0]
    assert test.outcome == "test"
    assert any("none of its conditions names ev.tense" in text for text in test.circumstances)
    assert retracted.reason.startswith("a retraction")


def test_unknown_rules_and_events_get_help(night: Night) -> None:
    night.hears(gw("a1"))
    with pytest.raises(ConfigurationError, match="no rule is named 'neer'; did you mean 'near'"):
        why(night, "neer", "a1")
    with pytest.raises(ConfigurationError, match="nothing is known of 'GRB 010101A'"):
        why(night, "near", "GRB 010101A")


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["rules", *arguments])


def test_a_notice_in_a_file_is_explained_without_a_journal(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUNCIUS_DATA_DIR", str(tmp_path / "none"))
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    alert = project / "config" / "demo" / "2017-08-17" / "05-lvk-preliminary.json"
    result = command("explain", "near", str(alert), "--rules", str(tmp_path / "rules.yaml"))
    assert result.exit_code == 0, result.output
    assert "(computed now)" in result.output
    assert "line 6:" in result.output
    told = json.loads(command("explain", "alone", str(alert), "--rules", str(tmp_path / "rules.yaml"), "--json").output)
    assert told["outcome"] == "waiting"
    assert "waits until" in told["circumstances"][0]


LOOP = """
rule: a
when: custom.two
do: {emit: custom.one}
---
rule: b
when: custom.one
do: {post: "x", to: operators}
---
rule: c
when: custom.one
if: has(ev.object)
do:
  - post: "y"
  - emit: custom.two.again
"""


def test_a_loop_of_rules_is_named(tmp_path: Path) -> None:
    loops = graph_of(load_rules(LOOP, "loop.yaml").rules).loops
    assert loops == [["a", "c"]]
    (tmp_path / "loop.yaml").write_text(LOOP, encoding="utf-8")
    result = command("graph", str(tmp_path / "loop.yaml"))
    assert result.exit_code == 1
    assert "loop: a → c → a" in result.output


def test_a_rule_that_is_off_closes_no_loop() -> None:
    off = LOOP.replace("rule: c\n", "rule: c\nstatus: off\n")
    assert graph_of(load_rules(off, "loop.yaml").rules).loops == []


def test_a_loop_over_what_follows_a_failure_is_found() -> None:
    text = "rule: r\nwhen: custom.x\ndo: [{run: sample-hopeless}, {check: all}]\non_fail: {emit: custom.x.again}\n"
    graph = graph_of(load_rules(text, "r.yaml").rules)
    assert graph.loops == [["r"]]
    assert graph.nodes[0].does == ["run sample-hopeless", "check all", "emit"]


def test_a_rule_that_hears_itself_is_a_loop() -> None:
    text = "rule: a\nwhen: custom\ndo: {emit: custom.more}\n"
    assert graph_of(load_rules(text, "loop.yaml").rules).loops == [["a"]]


@pytest.mark.parametrize("form", ["text", "dot", "svg", "json"])
def test_the_shipped_rules_have_no_loop_in_any_format(form: str) -> None:
    result = command("graph", "--format", form)
    assert result.exit_code == 0, result.output
    assert "gw-candidate" in result.output
    assert "lvk.alert" in result.output
    if form == "json":
        found = json.loads(result.output)
        assert {"from": "lvk.alert", "to": "gw-candidate", "sort": "hears"} in found["edges"]
