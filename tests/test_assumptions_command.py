"""`nuncius assumptions`, and inputs that are rows of the graph."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kg_samples import NOW

from analyses.contract import describe
from kg.named_queries import get
from kg.store import GraphStore
from kg.triples import graph_of, triples_of
from kg.vocabulary import object_iri
from nuncius.cli import cli
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal
from reactors.evidence import MOST, links, resolve
from reactors.loader import load_rules


def verdict(number: int, finding: str, *, about: str = "GRB260307A", tense: Tense = Tense.INITIAL) -> Event:
    data = {
        "assumption": "amati-relation",
        "version": "1",
        "verdict": finding,
        "why": f"because {number}",
        "place": f"amati-relation {about}",
        "evidence": [{"input": "redshift", "said": "0.36", "document": "https://gcn.nasa.gov/circulars/40"}],
    }
    return Event(
        id=f"verdict:{number}",
        kind="assumption.verdict",
        source="rules:r",
        received=NOW + timedelta(minutes=number),
        object=object_iri(about),
        tense=tense,
        data=data,
    )


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "var").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, events: list[Event] | None = None) -> Any:
        if events:
            with Journal.open(f"sqlite:///{tmp_path / 'var' / 'nuncius.db'}", synchronous="normal") as journal:
                journal.append(events)
        return CliRunner().invoke(cli, ["assumptions", *arguments])

    return run


def test_without_a_journal_it_says_what_is_assumed(told: Any) -> None:
    found = told("--json")
    assert found.exit_code == 0
    names = {row["assumption"]: row for row in json.loads(found.output)}
    assert len(names) >= 8
    assert names["amati-relation"]["since"] == "2002"
    assert names["amati-relation"]["last"] is None
    assert "never" in told().output


def test_standing_violations_are_counted_and_give_status_1(told: Any) -> None:
    mock = verdict(9, "violated", about="MOCK", tense=Tense.TEST)
    found = told("--json", events=[verdict(1, "violated"), verdict(2, "cannot be told", about="GRB260401A"), mock])
    row = json.loads(found.output)[0]
    assert (row["assumption"], row["violated"], row["cannot_be_told"]) == ("amati-relation", 1, 1)
    assert found.exit_code == 1
    found = told("--json", events=[verdict(3, "holds")])
    (row,) = [one for one in json.loads(found.output) if one["assumption"] == "amati-relation"]
    assert (row["violated"], row["holds"]) == (0, 1)
    assert found.exit_code == 0


def test_history_says_what_each_verdict_rested_on_and_what_ended_it(told: Any) -> None:
    gone = Event(
        id="withdrawn:2",
        kind="assumption.withdrawn",
        source="nuncius/kg",
        received=NOW + timedelta(minutes=9),
        data={"assumption": "amati-relation", "because": "verdict:2", "why": "redshift is no longer said"},
    )
    found = told("--history", "amati-relation", events=[verdict(1, "violated"), verdict(2, "holds"), gone])
    assert found.exit_code == 0
    assert "superseded 2026-03-07 16:02: holds: because 2" in found.output
    assert "withdrawn 2026-03-07 16:09: redshift is no longer said" in found.output
    assert "redshift: 0.36 (https://gcn.nasa.gov/circulars/40)" in found.output
    states = [row["state"] for row in json.loads(told("--history", "amati-relation", "--json").output)]
    assert states == ["superseded", "withdrawn"]


def test_a_wrong_name_is_told_with_the_nearest_one(told: Any) -> None:
    found = told("--history", "amati-relatoin")
    assert "did you mean 'amati-relation'?" in str(found.exception)


# --- rows as inputs ---

ROW = {"document": "https://gcn.nasa.gov/circulars/1", "node": "n", "predicate": "fluence", "text": "2 x 10^-6 erg/cm2"}


def test_a_claim_brings_its_unit_its_error_and_its_band() -> None:
    row = ROW | {"value": 2.0, "unit": "1e-06 erg / cm2", "minus": 0.2, "plus": 0.1, "error_probability": 0.9}
    row |= {"qualifier": {"band": "15-150 keV"}}
    found = resolve({"fluence": row}, describe("energetics").parameters)
    assert found.inputs["fluence"] == pytest.approx(2e-6)
    assert found.inputs["fluence_error"] == pytest.approx(0.2e-6 / 1.6449, rel=1e-4)
    assert (found.inputs["band_low"], found.inputs["band_high"]) == (15.0, 150.0)
    given = resolve({"fluence": row, "band_low": 8.0}, describe("energetics").parameters)
    assert given.inputs["band_low"] == 8.0, "what the rule says wins"
    (link,) = links(found.evidence)
    assert link.url == "https://gcn.nasa.gov/circulars/1#:~:text=2%20x%2010%5E-6%20erg/cm2"


@pytest.mark.parametrize(
    "wrong", [{"limit": "<"}, {"unit": "s"}, {"value": "bright"}, {"value": True}, {"value": None}]
)
def test_a_limit_or_another_quantity_is_no_number(wrong: dict[str, Any]) -> None:
    row = ROW | {"value": 2e-6, "unit": "erg / cm2"} | wrong
    assert "fluence" not in resolve({"fluence": row}, describe("energetics").parameters).inputs


def test_rows_become_the_entries_that_an_analysis_wants_and_those_that_lack_something_are_left_out() -> None:
    good = ROW | {"value": 2e-6, "unit": "erg / cm2", "qualifier": {"band": "0.01-1 MeV", "instrument": "Fermi-GBM"}}
    bare = ROW | {"value": 3e-6, "unit": "erg / cm2", "qualifier": {"instrument": "Konus-Wind"}}
    found = resolve({"measurements": [good, bare]}, describe("fluence-agreement").parameters)
    (entry,) = found.inputs["measurements"]
    assert entry == {"name": "Fermi-GBM", "fluence": 2e-6, "band_low": 10.0, "band_high": 1000.0}
    history = [{"document": f"d{n}", "value": float(n)} for n in range(MOST + 7)]
    found = resolve({"history": history}, describe("background-rate").parameters)
    assert found.inputs["history"] == [float(n) for n in range(MOST + 7)]
    assert (len(found.evidence), found.further) == (MOST, 7)


# --- stored queries, documentation ---


def test_triggers_of_a_mission_are_listed_once_and_results_by_instrument() -> None:
    from kg_samples import notice

    from kg.subjects import Identity

    store = GraphStore.in_memory()
    seen = [
        ("1", Tense.INITIAL),
        ("1", Tense.UPDATE),
        ("2", Tense.INITIAL),
        ("3", Tense.INITIAL),
        ("3", Tense.RETRACTION),
    ]
    graphs = {}
    for number, (name, tense) in enumerate(seen):
        event = notice(f"{name}-{number}", tense=tense)
        graphs[graph_of(event)] = triples_of(event, Identity(object=object_iri(f"fermi-gbm:{name}")))
    result = Event(
        id="result:1",
        kind="analysis.result",
        source="rules:r",
        received=NOW,
        data={
            "analysis": "light-curve",
            "mission": "INTEGRAL",
            "instrument": "SPI-ACS",
            "values": {"background": {"value": 90600.0, "unit": "ct / s"}},
        },
    )
    graphs[graph_of(result)] = triples_of(result, Identity(object=None))
    store.replace(graphs)
    assert [row["name"] for row in get(store, "triggers_of", {"mission": "Fermi"})] == ["fermi-gbm:1", "fermi-gbm:2"]
    asked = {"analysis": "light-curve", "quantity": "background", "instrument": "INTEGRAL-SPI-ACS"}
    (row,) = get(store, "results_of", asked)
    assert (row["value"], row["unit"]) == (90600.0, "ct / s")
    assert get(store, "results_of", asked | {"instrument": "Fermi-GBM"}) == []


def test_the_rule_of_the_documentation_loads(project: Path) -> None:
    page = (project / "docs" / "assumptions.md").read_text(encoding="utf-8")
    rules = [text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if text.startswith("rule:")]
    assert rules
    assert [problem for text in rules for problem in load_rules(text, "docs").problems] == []
