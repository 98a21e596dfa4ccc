"""What we write conforms to our shapes, and the shapes notice what does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from kg_samples import night

from analyses.regression.announcing import installed
from kg.consumer import GraphConsumer
from kg.shapes import validate
from kg.software import graph_of, triples
from kg.store import GraphStore
from nuncius.core.event import Event
from nuncius.journal import Journal

pytest.importorskip("pyshacl", reason="pySHACL is not installed; it is an optional part")


def test_everything_written_from_a_night_conforms(sqlite_url: str) -> None:
    store = GraphStore.in_memory()
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        journal.append(night())
        GraphConsumer(journal, store).step()
    checked = dict(validate(store))
    assert len(checked) == 8
    assert {name: wrong for name, wrong in checked.items() if wrong} == {}


def regression() -> list[Event]:
    """A case, what is installed, and what the case gave: with a package, a dataset, where nothing was built."""
    result: dict[str, Any] = {
        "case": "area",
        "version": "1.1",
        "verdict": "changed",
        "values": {"area": {"verdict": "changed"}},
    }
    tried: list[dict[str, Any]] = [
        {"package": "toy", "old_version": "1.0", "environment": "e1", "cause": "pypi:toy==1.1", "before": False},
        {"dataset": "tide tables", "environment": "e1", "before": True},
        {"dataset": "tide tables", "verdict": "could not be built", "error": "no wheel", "values": {}},
    ]
    said = [("regression.result", f"r{n}", result | one) for n, one in enumerate(tried)]
    depends: dict[str, Any] = {
        "case": "area",
        "about": "x",
        "depends": ["toy"],
        "data": ["tide tables"],
        "quantities": ["area"],
    }
    said.append(("regression.case", "c1", depends))
    now = datetime(2026, 11, 23, tzinfo=UTC)
    events = [Event(id=name, kind=kind, source="regress", received=now, data=data) for kind, name, data in said]
    return [*events, installed(now)]


def test_everything_that_regression_runs_write_conforms() -> None:
    store = GraphStore.in_memory()
    store.replace({graph_of(event): triples(event) for event in regression()})
    checked = dict(validate(store))
    assert len(checked) == 5
    assert {name: wrong for name, wrong in checked.items() if wrong} == {}


def test_a_radius_without_probability_and_a_claim_without_source_are_noticed() -> None:
    store = GraphStore.in_memory()
    broken = b"@prefix n: <http://odahub.io/ontology/nuncius#> . <urn:c> a n:Claim ; n:radius 2.5 ; n:confidence 1.5 ."
    store.load(broken, "http://g/1")
    [(graph, violations)] = list(validate(store))
    assert graph == "http://g/1"
    assert {v.path.rpartition("#")[2] for v in violations} == {
        "containmentProbability",
        "predicate",
        "wasDerivedFrom",
        "confidence",
    }
