"""Where a number came from: each run of an analysis stands in the graph in PROV-O, and one question gives it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from analyses.run import run
from kg import terms as t
from kg.consumer import GraphConsumer
from kg.harvest import run_of
from kg.named_queries import get
from kg.runs import run_triples
from kg.shapes import validate
from kg.store import GraphStore, iri
from kg.vocabulary import event_iri
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal

NOW = datetime(2026, 3, 7, 16, 0, tzinfo=UTC)
GRB = "http://odahub.io/ontology/nuncius/object/GRB260307A"
ALERT = "ivo://nasa.gsfc.gcn/Fermi#GBM_Fin_Pos_1"
SHA = "ab" * 32


@pytest.fixture
def result() -> Event:
    """A real run of an analysis, as a rule journals it; the map among its inputs is only named."""
    sky = {"type": "circle", "ra": 10.0, "dec": 20.0, "radius": 2.0, "containment_probability": 0.9}
    given = run("localization", {"sky": sky, "object": "GRB 260307A"}, {})
    provenance: dict[str, Any] = msgspec.to_builtins(given.provenance)
    provenance["inputs"]["regions"] = [{"name": "LVK", "sky": {"type": "map", "sha256": SHA}}]
    provenance["inputs"]["long"] = {"sha256": "cd" * 32, "bytes": 12345}
    data = {
        "analysis": "localization",
        "rule": "grb-fermi-gbm",
        "because": ALERT,
        "answer": given.answer,
        "values": {name: msgspec.to_builtins(value) for name, value in given.values.items()},
        "provenance": provenance,
    }
    return Event(id="result:1", kind="analysis.result", source="rules", received=NOW, object=GRB, data=data)


@pytest.fixture
def store(sqlite_url: str, result: Event) -> GraphStore:
    graph = GraphStore.in_memory()
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        journal.append([result])
        GraphConsumer(journal, graph).step()
    return graph


def answers(store: GraphStore) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in get(store, "came_from", {"object": GRB, "quantity": "area_90"}):
        found.setdefault(row["role"], {})[row["name"]] = row["detail"]
    return found


def test_one_question_tells_what_a_number_came_from(store: GraphStore, result: Event) -> None:
    told = answers(store)
    assert told["rule"] == {"grb-fermi-gbm": None}
    assert told["event"] == {event_iri(ALERT): None}
    assert told["version"] == {"localization": result.data["provenance"]["version"]}
    assert told["software"] == result.data["provenance"]["software"]
    assert told["input"]["sky map of regions"] == SHA
    assert told["input"]["long"] == "cd" * 32, "a long input is known by the hash that it came with"
    assert set(told["input"]) == {"sky", "object", "regions", "long", "sky map of regions"}
    assert all(len(sha256) == 64 for sha256 in told["input"].values())
    assert len(told["environment"]) >= 1
    (value,) = {row["value"] for row in get(store, "came_from", {"object": GRB, "quantity": "area_90"})}
    assert value == result.data["values"]["area_90"]["value"]


def test_the_answer_does_not_grow_with_other_runs_that_used_the_same_software(
    sqlite_url: str, result: Event, store: GraphStore
) -> None:
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        others = [f"http://odahub.io/ontology/nuncius/object/GRB2601{n:02}A" for n in range(10, 25)]
        journal.append([msgspec.structs.replace(result, id=f"other-{o[-7:]}", object=o) for o in others])
        while GraphConsumer(journal, store).step():
            pass
    runs = store.query("SELECT DISTINCT ?r WHERE { ?r a nuncius:AnalysisRun }").rows
    assert len(runs) == 16
    rows = get(store, "came_from", {"object": GRB, "quantity": "area_90"})
    named = [(row["role"], row["name"]) for row in rows]
    assert len(named) == len(set(named)), "each input and package once"
    assert {row["document"] for row in rows} == {rows[0]["document"]}


def test_equal_inputs_have_equal_hashes_and_others_have_not(result: Event) -> None:
    def hashes(sky: dict[str, Any]) -> dict[str, str]:
        provenance = result.data["provenance"] | {"inputs": {"sky": sky}}
        event = msgspec.structs.replace(result, data=result.data | {"provenance": provenance})
        triples = run_triples(event, "http://g/1", [])
        return {str(s): str(o) for s, p, o in triples if p == t.ours("sha256")}

    one = {"type": "circle", "ra": 10.0, "dec": 20.0}
    assert hashes(one) == hashes({"dec": 20.0, "ra": 10.0, "type": "circle"})
    assert hashes(one) != hashes(one | {"ra": 10.1})


def test_what_is_not_known_is_not_asked_for_in_vain(store: GraphStore) -> None:
    assert get(store, "came_from", {"object": GRB, "quantity": "redshift"}) == []
    assert get(store, "came_from", {"object": GRB, "quantity": "area_90"}, as_of=NOW.replace(year=2025)) == []


def test_a_result_without_provenance_has_no_run_and_strange_words_cost_nothing(result: Event) -> None:
    bare = msgspec.structs.replace(result, data={"analysis": "x", "values": {}})
    assert run_triples(bare, "http://g/1", []) == []
    odd = {"analysis": "x", "inputs": [1], "software": "none", "environment": None, "duration_s": "long", "key": 3}
    triples = run_triples(msgspec.structs.replace(result, data={"provenance": odd}), "http://g/1", [])
    assert (run_of("http://g/1"), t.ours("analysis")) in {(s, p) for s, p, _ in triples}


def test_the_run_of_a_mock_is_a_run_too(result: Event) -> None:
    mock = msgspec.structs.replace(result, tense=Tense.TEST)
    claim = iri("http://g/1#area_90")
    assert (claim, t.GENERATED_BY, run_of("http://g/1")) in run_triples(mock, "http://g/1", [claim])


def test_what_is_written_conforms_to_the_shapes(store: GraphStore) -> None:
    pytest.importorskip("pyshacl", reason="pySHACL is not installed; it is an optional part")
    assert {name: wrong for name, wrong in validate(store) if wrong} == {}


def test_the_shapes_notice_a_run_that_does_not_say_when_or_on_what() -> None:
    pytest.importorskip("pyshacl", reason="pySHACL is not installed; it is an optional part")
    graph = GraphStore.in_memory()
    broken = b"""@prefix n: <http://odahub.io/ontology/nuncius#> . @prefix p: <http://www.w3.org/ns/prov#> .
    <urn:r> a n:AnalysisRun, p:Activity ; n:analysis "x" ; p:used <urn:i> . <urn:i> a n:Input ; n:sha256 "short" ."""
    graph.load(broken, "http://g/1")
    [(_, violations)] = list(validate(graph))
    paths = {v.path.rpartition("#")[2].rpartition("/")[2] for v in violations}
    assert {"startedAtTime", "endedAtTime", "softwareVersion", "wasAssociatedWith", "sha256", "label"} <= paths
