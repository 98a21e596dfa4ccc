"""Stored queries: typed parameters bound as terms, never as text."""

from __future__ import annotations

from pathlib import Path

import pytest
from kg_samples import REDSHIFT_BODY, circular

from kg.consumer import GraphConsumer
from kg.named_queries import NamedQueries, ask, bind, get, named_queries
from kg.store import GraphStore
from kg.vocabulary import object_iri
from nuncius.core.errors import ConfigurationError
from nuncius.journal import Journal


@pytest.fixture
def store(sqlite_url: str) -> GraphStore:
    """A graph with a spectrum of one burst, a bound on another, and a circular that cites the first."""
    store = GraphStore.in_memory()
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        journal.append(
            [
                circular(34101, "GRB 260307A: optical afterglow"),
                circular(34120, "GRB 260307A: redshift", REDSHIFT_BODY),
                circular(
                    34130, "GRB 260308B: spectrum", "The lack of a break sets an upper limit of z < 2.5 (GCN 34101)."
                ),
            ]
        )
        GraphConsumer(journal, store).step()
    return store


def test_each_stored_query_says_what_it_answers_and_runs(store: GraphStore) -> None:
    values = {
        "object": "GRB 260307A",
        "integer": 34101,
        "number": 1.0,
        "text": "x",
        "iri": "http://e/x",
        "document": "GCN 1",
    }
    queries = named_queries()
    assert {"object_timeline", "redshifts", "cited_by"} <= set(queries)
    for name, query in queries.items():
        assert len(query.about) > 10, name
        assert query.parameters or query.timed, name
        get(store, name, {p: values[sort] for p, sort in query.parameters.items()})


def test_the_redshifts_of_an_object_come_with_their_evidence(store: GraphStore) -> None:
    rows = get(store, "redshifts", {"object": "grb260307a"})
    assert [(r["value"], r["of"]) for r in rows] == [(1.234, "afterglow"), (0.817, "intervening")]
    assert rows[0]["exact"] == "1.234 +/- 0.002"
    assert rows[0]["plus"] == 0.002
    assert rows[0]["document"] == "https://gcn.nasa.gov/circulars/34120"


def test_questions_of_rules_are_answered(store: GraphStore) -> None:
    assert ask(store, "has_redshift", {"object": "GRB 260307A"})
    assert not ask(store, "has_redshift", {"object": "GRB 260308B"}), "a limit is no redshift"
    assert [r["number"] for r in get(store, "cited_by", {"circular": 34101.0})] == [34120, 34130]
    assert [r["object"] for r in get(store, "nearby_redshifts", {"up_to": 1.3})] == [object_iri("GRB 260307A")]
    assert get(store, "nearby_redshifts", {"up_to": 1.0}) == []
    assert [r["kind"] for r in get(store, "object_timeline", {"object": "GRB 260307A"})] == ["gcn.circular"] * 2


INJECTION = 'x> } INSERT { ?s ?p ?o } WHERE { ?s ?p ?o . FILTER("'


def test_a_parameter_cannot_become_part_of_the_query(store: GraphStore, tmp_path: Path) -> None:
    (tmp_path / "by_title.rq").write_text(
        "# By title.\n# title: text -- exact\nSELECT ?title ?d { ?d dcterms:title ?title }\n"
    )
    queries = NamedQueries(store, folder=tmp_path, deadline_s=10.0)
    for hostile in (INJECTION, '" . ?s ?p ?o . "', "\\u0022 } #", "?title"):
        assert queries.get("by_title", {"title": hostile}) == []
    assert len(queries.get("by_title", {"title": "GRB 260307A: redshift"})) == 1
    queries.close()
    assert get(store, "redshifts", {"object": INJECTION}) == [], "quoted into an IRI that nobody has"
    assert len(store) > 50


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("redshift", {"object": "x"}, "did you mean 'redshifts'"),
        ("redshifts", {}, "needs the parameter 'object'"),
        ("redshifts", {"object": "x", "objct": "y"}, "no parameter 'objct'; did you mean 'object'"),
        ("cited_by", {"circular": "34101; DROP"}, "must be of sort integer"),
        ("cited_by", {"circular": 1.5}, "must be of sort integer"),
        ("nearby_redshifts", {"up_to": "near"}, "must be of sort number"),
    ],
)
def test_a_wrong_question_is_answered_with_how_to_mend_it(
    store: GraphStore, name: str, params: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        get(store, name, params)


def test_a_query_with_a_parameter_of_an_unknown_sort_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.rq").write_text("# Odd.\n# z: numbr -- a number\nASK { ?s ?p ?z }\n")
    with pytest.raises(ConfigurationError, match="did you mean 'number'"):
        named_queries(tmp_path)


def test_binding_gives_typed_terms() -> None:
    bound = bind(named_queries()["cited_by"], {"circular": "34101"})
    assert str(bound["circular"]) == '"34101"^^<http://www.w3.org/2001/XMLSchema#integer>'
