"""People's SPARQL: hostile queries end at their deadline, call nobody, and the writer never notices."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from kg import sandbox
from kg.store import GraphStore, iri, literal
from nuncius.core.errors import DeadlineExceeded, FormatError, PermanentError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph of 3,000 triples whose writer stays open."""
    path = tmp_path_factory.mktemp("graph")
    store = GraphStore.open(path)
    triples = [(iri(f"http://e/{i}"), iri("http://e/p"), literal(i)) for i in range(3000)]
    store.replace({"http://g/1": triples})
    _OPEN.append(store)
    return path


_OPEN: list[GraphStore] = []  # keeps the writer's lock for the whole module


def test_answers_come_in_the_formats_asked_for(folder: Path) -> None:
    count = sandbox.run(folder, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert json.loads(count)["results"]["bindings"][0]["n"]["value"] == "3000"
    assert sandbox.run(folder, "SELECT ?o { <http://e/7> ?p ?o }", form="csv").split() == [b"o", b"7"]
    assert json.loads(sandbox.run(folder, "ASK { <http://e/7> ?p 7 }"))["boolean"] is True
    assert b"<http://e/7>" in sandbox.run(folder, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?o = 7) }")


HOSTILE = [
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
    'SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(REGEX(CONCAT(STR(?c), STR(?f)), "(1+)+x")) }',
]


@pytest.mark.parametrize("sparql", HOSTILE)
def test_a_hostile_query_is_stopped_and_the_writer_goes_on(folder: Path, sparql: str) -> None:
    began = time.monotonic()
    with pytest.raises((DeadlineExceeded, PermanentError)):
        sandbox.run(folder, sparql, timeout_s=1.0)
    assert time.monotonic() - began < 20.0, "killed, not waited for"
    _OPEN[0].replace({"http://g/2": [(iri("http://e/a"), iri("http://e/p"), literal("still writing"))]})
    _OPEN[0].replace({"http://g/2": []})


@pytest.mark.parametrize(
    "sparql",
    [
        "SELECT * { SERVICE <http://127.0.0.1:8000/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { SER\\u0056ICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SELECT * { # it's\n SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        'SELECT * { ?s ?p "x\\"y" . SERVICE<http://127.0.0.1/>{ ?s ?p ?o } }',
        "SELECT * { ?s ?p ?o FILTER(?a<?b) SERVICE ?s { ?s ?p ?o } FILTER(?c>?d) }",
    ],
)
def test_no_query_makes_this_machine_call_another(folder: Path, sparql: str) -> None:
    with pytest.raises(PermanentError, match="SERVICE"):
        sandbox.run(folder, sparql)


@pytest.mark.parametrize(
    "sparql",
    [
        'SELECT * { ?s ?p "SERVICE <x>" }',
        "PREFIX x: <http://e/service/> SELECT * { ?service x:service ?o } # SERVICE",
        "SELECT * { ?s <http://e/#service> ?o }",
    ],
)
def test_the_word_service_elsewhere_is_harmless(folder: Path, sparql: str) -> None:
    assert json.loads(sandbox.run(folder, sparql))["results"]["bindings"] == []


@pytest.mark.parametrize("sparql", ["DROP ALL", "INSERT DATA { <a:a> <a:b> <a:c> }", "SELEC", ""])
def test_updates_and_nonsense_are_no_queries(folder: Path, sparql: str) -> None:
    with pytest.raises(FormatError):
        sandbox.run(folder, sparql)


def test_an_answer_too_long_to_be_of_use_is_refused(folder: Path) -> None:
    with pytest.raises(PermanentError, match="add LIMIT"):
        sandbox.run(folder, "SELECT ?s ?o { ?s ?p ?o }", longest=10_000)


def test_killed_readers_leave_nothing_behind_for_long(folder: Path) -> None:
    with pytest.raises(DeadlineExceeded):
        sandbox.run(folder, HOSTILE[0], timeout_s=0.7)
    sandbox.run(folder, "ASK { ?s ?p ?o }")
    assert list((folder / "views").iterdir()) == []
