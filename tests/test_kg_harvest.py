"""What a run asked of archives, as triples under the ODA ontology that conform to our shapes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kg.consumer import GraphConsumer
from kg.harvest import harvest_triples, run_of
from kg.shapes import validate
from kg.store import GraphStore
from nuncius.core.event import Event
from nuncius.journal import Journal

NED = {
    "kind": "astroquery", "module": "astroquery.ipac", "service": "Ned", "call": "query_object",
    "object": "GRB 230307A", "hosts": ["ned.example.org"], "ok": True,
}  # fmt: skip
GAIA = {
    "kind": "pyvo", "module": "pyvo", "service": "TAP", "call": "query", "ra": 60.82, "dec": -75.38, "radius": 0.05,
    "catalogues": ["gaiadr3.gaia_source"], "query": "SELECT 1", "hosts": ["gaia.example.org"], "ok": False,
}  # fmt: skip


def _result(harvest: Any) -> Event:
    return Event(
        id="result:abc",
        kind="analysis.result",
        source="rules:archives",
        received=datetime(2026, 3, 7, 16, 0, tzinfo=UTC),
        object="http://odahub.io/ontology/nuncius/object/GRB230307A",
        data={"analysis": "catalogue-cone", "answer": "3 entries", "values": {}, "provenance": {"harvest": harvest}},
    )


def test_objects_positions_and_services_asked_are_in_the_graph_and_conform(sqlite_url: str) -> None:
    pytest.importorskip("pyshacl", reason="pySHACL is not installed; it is an optional part")
    store = GraphStore.in_memory()
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        journal.append([_result([NED, GAIA, {"kind": "host", "hosts": ["plain.example.org"]}])])
        GraphConsumer(journal, store).step()
    assert {name: wrong for name, wrong in validate(store) if wrong} == {}
    objects = store.query("SELECT ?o WHERE { ?run a oda:Workflow ; oda:isRequestingAstroObject ?o }").rows
    assert [str(row["o"]) for row in objects] == ["http://odahub.io/ontology/nuncius/object/GRB230307A"]
    places = store.query(
        "SELECT ?ra ?dec WHERE { ?run oda:isRequesting ?c . ?c oda:hasRA/oda:value ?ra ; oda:hasDec/oda:value ?dec }"
    ).rows
    assert [(row["ra"], row["dec"]) for row in places] == [(60.82, -75.38)]
    modules = store.query("SELECT ?l WHERE { ?run oda:isUsing ?m . ?m a oda:AstroqueryModule ; rdfs:label ?l }").rows
    assert [row["l"] for row in modules] == ["Ned (astroquery.ipac)"]
    failed = store.query("SELECT ?c WHERE { ?r nuncius:succeeded false ; nuncius:catalogue ?c }").rows
    assert [row["c"] for row in failed] == ["gaiadr3.gaia_source"]
    hosts = store.query("SELECT ?h WHERE { ?doc prov:wasGeneratedBy ?run . ?run nuncius:dataService ?h }").rows
    assert {row["h"] for row in hosts} == {"ned.example.org", "gaia.example.org", "plain.example.org"}


@pytest.mark.parametrize("harvest", [None, "x", [], [None, 3], {"kind": "x"}])
def test_a_run_that_asked_nobody_says_nothing(harvest: Any) -> None:
    assert harvest_triples({"harvest": harvest}, "urn:g") == []
    assert harvest_triples(harvest, "urn:g") == []


def test_hostile_words_of_a_notebook_become_no_iri_and_no_place_off_the_sky() -> None:
    call = {**GAIA, "service": "a> <urn:x", "object": "x> . <urn:y", "ra": 500.0, "radius": -1.0, "hosts": ["a\n<b>"]}
    triples = harvest_triples({"harvest": [call]}, "urn:g")
    said = {str(triple[1]).rpartition("#")[2].rstrip(">") for triple in triples}
    assert "hasRA" not in said
    assert "coneRadius" not in said
    store = GraphStore.in_memory()
    store.replace({"urn:g": triples})
    assert run_of("urn:g").value == "urn:g#run"
    assert len(store.triples("urn:g")) == len(triples)


def test_a_run_with_thousands_of_calls_is_bounded() -> None:
    calls = [{**NED, "object": f"GRB 2303{n:04}A"} for n in range(5000)]
    assert len(harvest_triples({"harvest": calls}, "urn:g")) < 5000
