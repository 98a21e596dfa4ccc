"""What functions of rules may look up in a test or a backtest: the archive's own pointings, the graph as of then, and
what other rules emit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from rules_samples import NOON, gw

from nuncius.core.event import Event, Tense, to_cloudevent
from reactors.backtest import backtest
from reactors.loader import load_rules
from reactors.ruleset import RuleSet
from reactors.trial import Heard, Trial
from reactors.whereabouts import Whereabouts, needs_pointings

CHAIN = """
rule: found
when: lvk.alert
do:
  - emit: custom.candidate
    with: {score: "${ev.far * 2}"}
---
rule: told
when: custom.candidate
if: ev.score < 1e-11
do: {post: "candidate ${ev.score:.0e}"}
"""


def rules(text: str) -> RuleSet:
    loaded = load_rules(text, "rules.yaml")
    assert not loaded.errors, loaded.problems
    return RuleSet(loaded.rules)


def said(heard: list[Heard]) -> list[tuple[str, str]]:
    return [(decision.rule, decision.outcome) for item in heard for decision in item.decided.decisions]


def test_what_a_rule_emits_is_heard_by_the_next() -> None:
    heard = list(Trial(rules(CHAIN)).hear(gw("a1")))
    assert said(heard) == [("found", "fired"), ("told", "fired")]
    assert heard[1].event.data["emitted_by"] == "found"


def test_rules_that_feed_each_other_come_to_an_end() -> None:
    text = "rule: again\nwhen: [custom.more, lvk.alert]\nper: ev.id\ndo: {emit: custom.more}\n"
    heard = list(Trial(rules(text)).hear(gw("a1")))
    assert said(heard) == [("again", "fired")] * 9


class Asked:
    """A graph that keeps what it was asked."""

    def __init__(self) -> None:
        self.moments: list[datetime | None] = []

    def get(self, name: str, params: Mapping[str, Any], *, as_of: datetime | None = None) -> list[dict[str, Any]]:
        self.moments.append(as_of)
        return [{"circular": 1.0}]


GRAPH = "rule: known\nwhen: lvk.alert\nif: \"kg.ask('has_redshift', {'object': ev.object})\"\ndo: {post: x}\n"


def test_the_graph_is_asked_as_of_the_events_time() -> None:
    asked = Asked()
    trial = Trial(rules(GRAPH), queries=asked)
    assert said(list(trial.hear(gw("a1")))) == [("known", "fired")]
    assert asked.moments == [NOON + timedelta(minutes=5)]


def test_without_a_graph_what_is_asked_of_it_is_unknown() -> None:
    assert said(list(Trial(rules(GRAPH)).hear(gw("a1")))) == [("known", "unknown")]


def pointing(minutes: float) -> Event:
    at = NOON + timedelta(minutes=minutes)
    return Event(
        id=f"p{minutes}",
        kind="gcn.notice.swift.spacecraft.pointdir",
        source="test",
        received=at,
        trigger_time=at,
        tense=Tense.UTILITY,
        data={"mission": "Swift", "instrument": "Spacecraft", "ra_pointing": 197.0, "dec_pointing": -23.0},
    )


FOV = "rule: seen\nwhen: lvk.alert\nif: prob_inside(ev.sky, fov('swift-bat', ev.trigger_time)) > 0.2\ndo: {post: x}\n"


def test_pointings_are_read_only_where_a_rule_asks_what_an_instrument_saw() -> None:
    assert needs_pointings(rules(FOV).rules)
    assert not needs_pointings(rules(GRAPH).rules)


def test_pointings_of_the_archive_say_where_an_instrument_looked(tmp_path: Path) -> None:
    told = Whereabouts()
    told.note(pointing(-10))
    told.note(pointing(-500))
    told.note(gw("a1"))
    found = told.between(["gcn.notice.swift.spacecraft"], NOON - timedelta(hours=1), NOON)
    assert [event.id for event in found] == ["p-10"]
    told.close()
    archive = tmp_path / "events.jsonl"
    archive.write_bytes(b"\n".join(_cloud(event) for event in (pointing(-10), gw("a1"))))
    run = backtest([archive], rules(FOV))
    assert dict(run.findings.tally(0, "seen").outcomes) == {"fired": 1}
    run.findings.close()


def _cloud(event: Event) -> bytes:
    """One line as any CloudEvents tool would send it."""
    return msgspec.json.encode(to_cloudevent(event))
