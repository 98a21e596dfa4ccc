"""What we write conforms to our shapes, and the shapes notice what does not."""

from __future__ import annotations

import pytest
from kg_samples import night

from kg.consumer import GraphConsumer
from kg.shapes import validate
from kg.store import GraphStore
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
