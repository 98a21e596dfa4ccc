"""Linked data, SPARQL and Atom: what the console offers to programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import rdflib
from chat_samples import T0, open_journal, report
from console_site import Site, running
from kg_samples import REDSHIFT_BODY, circular, notice
from lxml import etree
from test_console_object import OBJECT, POSITION, tell

from console import sparql
from console.negotiation import best
from kg.store import GraphStore
from nuncius.journal import Journal

CLAIMS = "SELECT ?z WHERE { ?c nuncius:predicate nuncius:redshift ; nuncius:value ?z } ORDER BY ?z"
DOCUMENT = "https://gcn.nasa.gov/circulars/34120"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[GraphStore]:
    store = GraphStore.open(tmp_path / "graph")
    yield store
    store.close()


@pytest.fixture
def journal(tmp_path: Path, graph: GraphStore) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        spectrum = circular(34120, "GRB 260307A: redshift from Example Observatory", REDSHIFT_BODY)
        tell(opened, graph, notice("flt", event_name=["GRB 260307A"], **POSITION), spectrum)
        yield opened


@pytest.fixture
def site(journal: Journal, graph: GraphStore) -> Iterator[Site]:
    with running(journal, graph=graph) as served:
        yield served


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/turtle", "text/turtle"),
        ("text/html;q=0.4, application/ld+json;q=0.9", "application/ld+json"),
        ("text/*;q=0.5, text/html;q=0", "text/turtle"),
        ("image/png", None),
        ("text/turtle;q=lots", None),
    ],
)
def test_the_best_format_is_what_the_client_likes_most(accept: str, chosen: str | None) -> None:
    assert best(accept, ["text/html", "text/turtle", "application/ld+json"]) == chosen


# --- linked data ---


@pytest.mark.parametrize(("sort", "parser"), [("text/turtle", "turtle"), ("application/ld+json", "json-ld")])
def test_an_object_is_a_page_or_data_with_its_claims(site: Site, sort: str, parser: str) -> None:
    assert site.get("/thread/GRB260307A", Accept="text/html").headers["content-type"].startswith("text/html")
    answer = site.get("/thread/GRB260307A", Accept=sort)
    assert answer.headers["content-type"].startswith(sort)
    assert answer.headers["vary"] == "Accept"
    data = rdflib.Graph().parse(data=answer.body.decode(), format=parser)
    claims = list(data.subjects(rdflib.URIRef("http://odahub.io/ontology/nuncius#subject"), rdflib.URIRef(OBJECT)))
    assert len(claims) >= 3
    assert (rdflib.URIRef(OBJECT), rdflib.RDF.type, None) in data


def test_a_claim_has_an_address_with_the_words_that_it_was_read_from(site: Site) -> None:
    page = site.get("/thread/GRB260307A").body.decode()
    row = next(part for part in page.split("<tr id=")[1:] if "1.234" in part)
    address = row.split('href="')[1].split('"')[0].replace("&amp;", "&")
    shown = site.get(address)
    assert shown.status == 200
    assert b"1.234 +/- 0.002" in shown.body
    data = rdflib.Graph().parse(data=site.get(address, Accept="text/turtle").body.decode(), format="turtle")
    exact = {str(value) for value in data.objects(None, rdflib.URIRef("http://www.w3.org/ns/oa#exact"))}
    assert exact == {"1.234 +/- 0.002"}


def test_iris_of_objects_lead_to_their_pages(site: Site) -> None:
    for path in (f"/resource?iri={quote(OBJECT)}", "/ontology/nuncius/object/GRB260307A"):
        answer = site.get(path)
        assert (answer.status, answer.headers["location"]) == (303, "/thread/GRB260307A")
    assert site.get(f"/resource?iri={quote(DOCUMENT)}").status == 200


@pytest.mark.parametrize(
    ("iri", "status"), [("http://nowhere/x", 404), ("not an iri", 400), ("x" * 3000, 422), ("", 422)]
)
@pytest.mark.parametrize("sort", ["text/html", "text/turtle"])
def test_an_unknown_resource_is_not_found(site: Site, iri: str, status: int, sort: str) -> None:
    assert site.get(f"/resource?iri={quote(iri)}", Accept=sort).status == status


# --- SPARQL ---


@pytest.mark.parametrize(
    ("accept", "sort", "holds"),
    [
        ("application/sparql-results+json", "application/sparql-results+json", b'"1.234'),
        ("application/sparql-results+xml", "application/sparql-results+xml", b"<sparql"),
        ("text/csv", "text/csv", b"z\r\n"),
        ("*/*", "application/sparql-results+json", b'"1.234'),
    ],
)
def test_a_query_is_answered_in_the_format_that_is_asked_for(site: Site, accept: str, sort: str, holds: bytes) -> None:
    answer = site.get(f"/sparql?{urlencode({'query': CLAIMS})}", Accept=accept)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].partition(";")[0] == sort
    assert holds in answer.body


def test_a_query_may_be_posted_and_may_ask_for_a_graph(site: Site) -> None:
    form = site.ask(
        "POST", "/sparql", urlencode({"query": CLAIMS}), {"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert len(form.json["results"]["bindings"]) == 2
    query = f"DESCRIBE <{DOCUMENT}>"
    direct = site.ask(
        "POST", "/sparql", query, {"Content-Type": "application/sparql-query", "Accept": "application/ld+json"}
    )
    assert direct.headers["content-type"] == "application/ld+json"
    assert json.loads(direct.body)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "said"),
    [
        ("GET", "/sparql?query=SELEC", None, {}, 400, "not SPARQL"),
        ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", None, {}, 400, "one query at a time"),
        ("GET", "/sparql?query=ASK%7B%7D&default-graph-uri=http://x", None, {}, 400, "GRAPH"),
        ("POST", "/sparql", "update=CLEAR+ALL", FORM, 400, "only reads"),
        ("POST", "/sparql", "query=", FORM, 400, "missing or empty"),
        (
            "POST",
            "/sparql",
            "INSERT DATA {}",
            {"Content-Type": "application/sparql-query"},
            400,
            "not",
        ),
        ("POST", "/sparql", "SELECT", {"Content-Type": "text/plain"}, 415, "application/sparql-query"),
        ("POST", "/sparql", "x" * 100_000, {"Content-Type": "application/sparql-query"}, 413, "at most"),
        ("POST", "/sparql", b"\xff\xfe", {"Content-Type": "application/sparql-query"}, 400, "UTF-8"),
        ("GET", f"/sparql?query={'x' * 20_001}", None, {}, 413, "at most"),
        ("GET", "/sparql?query=SELECT*%7BSERVICE%3Chttp://x%3E%7B%7D%7D", None, {}, 400, "SERVICE"),
    ],
)
def test_what_is_no_query_is_refused_with_the_reason(
    site: Site, method: str, path: str, body: object, headers: dict[str, str], status: int, said: str
) -> None:
    answer = site.ask(method, path, body, headers)
    assert answer.status == status, answer.body
    assert said in answer.json["error"]


def test_a_query_that_takes_too_long_is_stopped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparql, "SECONDS", 1.0)
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    answer = site.get(f"/sparql?{urlencode({'query': cross})}")
    assert answer.status == 504
    assert "longer than 1 s" in answer.json["error"]


def test_too_many_queries_at_once_are_asked_to_wait(
    journal: Journal, graph: GraphStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sparql, "AT_ONCE", 0)
    with running(journal, graph=graph) as site:
        answer = site.get(f"/sparql?{urlencode({'query': 'ASK {}'})}")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "5"


def test_without_a_graph_machines_are_told_so(journal: Journal) -> None:
    with running(journal) as site:
        assert site.get("/sparql?query=ASK%7B%7D").status == 503
        assert site.get("/thread/GRB260307A", Accept="text/turtle").status == 503
        assert site.get("/api/v1/claims?object=GRB260307A").status == 503
        assert site.get("/thread/GRB260307A").status == 200
        assert b"Linked data" in site.get("/sparql").body


# --- Atom ---


def test_an_object_has_a_feed_of_its_reports_and_of_nobodys_own(journal: Journal, site: Site) -> None:
    mine = report("mine", thread=OBJECT, title="Only for Ada", to="slack:U1", rule="subscription-7")
    ours = report("ours", thread=OBJECT, title="Seen <b>by</b> all\x07")
    journal.enqueue([("web", ours), ("slack", mine)], now=T0)
    answer = site.get("/feed/object/GRB260307A")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = etree.fromstring(answer.body)
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == ["Seen <b>by</b> all (current)"]
    for needed in ("id", "title", "updated"):
        assert feed.findtext(f"{ATOM}{needed}")
    assert site.get("/feed/object/NOBODY").status == 404
    assert site.get("/feed/rule/subscription-7").status == 404
