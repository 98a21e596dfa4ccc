"""Papers in the graph: whose page, about what, citing whom, version by version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kg_samples import circular, night
from papers_samples import FIRST, OTHER, SAME, TITLE, ads, arxiv, telegram

from kg.consumer import GraphConsumer
from kg.named_queries import get
from kg.rebuild import rebuild
from kg.shapes import validate
from kg.store import GraphStore
from kg.vocabulary import object_iri
from nuncius.core.event import Event
from nuncius.journal import Journal

BURST = object_iri("GRB 260307A")
PAGE = "https://arxiv.org/abs/2604.00001"


class Graph:
    """A journal with its graph."""

    def __init__(self, url: str) -> None:
        self.journal = Journal.open(url, synchronous="normal")
        self.store = GraphStore.in_memory()
        self.consumer = GraphConsumer(self.journal, self.store)

    def hears(self, *events: Event) -> None:
        for event in events:  # each in a batch of its own, as they come over the months
            self.journal.append([event])
            while self.consumer.step():
                pass

    def events(self, kind: str) -> list[Event]:
        return [s.event for s in self.journal.read(0, limit=10_000) if s.event.is_a(kind)]

    def values(self, word: str, node: str = PAGE) -> list[object]:
        rows = self.store.query(f"SELECT ?v {{ GRAPH <{node}> {{ <{node}> {word} ?v }} }} ORDER BY ?v").rows
        return [row["v"] for row in rows]

    def papers(self, name: str = "GRB 260307A") -> list[dict[str, object]]:
        return get(self.store, "papers", {"object": name})


@pytest.fixture
def graph(sqlite_url: str) -> Iterator[Graph]:
    made = Graph(sqlite_url)
    yield made
    made.journal.close()


def test_a_paper_stands_on_its_own_page_with_its_authors_in_order(graph: Graph) -> None:
    graph.hears(FIRST, arxiv("2604.00001", 1, journal_ref="Example J. 1, 2"))
    assert graph.values("dcterms:title") == [TITLE]
    assert graph.values("nuncius:about") == [BURST]
    assert graph.values("nuncius:byline") == ["Ada Observer et al."]
    assert graph.values("schema:sameAs") == ["https://doi.org/10.5555/2604.00001"]
    assert graph.values("dcterms:bibliographicCitation") == ["Example J. 1, 2"]
    authors = graph.store.query(
        f"SELECT ?name {{ <{PAGE}> schema:author ?a . ?a schema:name ?name ; schema:position ?n }} ORDER BY ?n"
    )
    assert [row["name"] for row in authors.rows] == ["Ada Observer", "Ben Reducer", "Cy Third"]


def test_every_claim_of_a_paper_points_at_the_characters_of_its_abstract(graph: Graph) -> None:
    graph.hears(FIRST, arxiv("2604.00001", 1))
    rows = graph.store.query(
        f"SELECT ?exact ?start ?end ?value {{ GRAPH <{PAGE}> {{ ?c nuncius:predicate nuncius:redshift ;"
        " nuncius:value ?value ; oa:hasSelector/oa:exact ?exact ; oa:hasSelector ?s . ?s oa:start ?start ; oa:end ?end"
        " } }"
    ).rows
    assert [(row["value"], row["exact"]) for row in rows] == [(1.562, r"1.562 \pm 0.003")]
    assert OTHER[rows[0]["start"] : rows[0]["end"]] == rows[0]["exact"]


def test_a_new_version_takes_the_page_and_the_old_one_is_kept_as_former(graph: Graph) -> None:
    graph.hears(FIRST, arxiv("2604.00001", 1), arxiv("2604.00001", 2, body=SAME))
    assert graph.values("nuncius:version") == [2]
    assert graph.values("nuncius:formerlyAbout", PAGE + "v1") == [BURST]
    assert graph.values("dcterms:references", PAGE + "v1") == []
    redshifts = get(graph.store, "redshifts", {"object": BURST})
    assert sorted(row["value"] for row in redshifts) == [1.234, 1.234]
    former = get(graph.store, "superseded", {"object": BURST})
    assert [row["value"] for row in former if str(row["predicate"]).endswith("redshift")] == [1.562]
    (withdrawn,) = graph.events("kg.fact.withdrawn")
    assert (withdrawn.data["quantity"], withdrawn.data["value"]) == ("redshift", 1.562)


def test_an_older_version_that_comes_late_changes_nothing_of_what_stands(graph: Graph) -> None:
    graph.hears(FIRST, arxiv("2604.00001", 2, body=SAME), arxiv("2604.00001", 1))
    assert graph.values("nuncius:version") == [2]
    assert {row["value"] for row in get(graph.store, "redshifts", {"object": BURST})} == {1.234}
    assert graph.events("kg.fact.contradiction") == []


def test_a_withdrawn_paper_claims_nothing_and_takes_back_no_object(graph: Graph) -> None:
    graph.hears(FIRST, arxiv("2604.00001", 1), arxiv("2604.00001", 2, withdrawn=True, body="Withdrawn: wrong lines."))
    assert graph.values("nuncius:withdrawn") == [True]
    assert {row["value"] for row in get(graph.store, "redshifts", {"object": BURST})} == {1.234}
    assert get(graph.store, "retracted", {"object": BURST}) == []
    (row,) = graph.papers()
    assert (row["state"], row["says"]) == ("withdrawn", [])
    assert not any(event.is_retraction for event in graph.events("kg.fact"))


def test_citations_lead_both_ways_and_through_every_identifier(graph: Graph) -> None:
    first = arxiv("2604.00001", 1, body=OTHER + " We follow GCN Circ. 34120.", cites=["atel:17001"])
    second = arxiv("2605.00002", 1, title="On GRB 260307A again", body="Nothing new.", cites=["doi:10.5555/2604.00001"])
    graph.hears(FIRST, telegram(17001, "GRB 260307A in the radio", "See GCN 34120."), first, second)
    cited = [row["cited"] for row in get(graph.store, "cites", {"document": "arXiv:2604.00001v1"})]
    assert cited == ["https://gcn.nasa.gov/circulars/34120", "https://www.astronomerstelegram.org/?read=17001"]
    citing = [row["citing"] for row in get(graph.store, "citing", {"document": "GCN 34120"})]
    assert citing == ["https://www.astronomerstelegram.org/?read=17001", PAGE]
    for name in ("arXiv:2604.00001", "10.5555/2604.00001", PAGE + "v1"):
        found = [row["citing"] for row in get(graph.store, "citing", {"document": name})]
        assert found == ["https://arxiv.org/abs/2605.00002"], name


def test_a_circular_is_found_by_the_circulars_that_cite_it(graph: Graph) -> None:
    later = circular(34130, "GRB 260307A: optical limits", "A. B (C) reports:\n\nAs told in GCN 34120, it fades.")
    graph.hears(FIRST, later)
    assert [row["citing"] for row in get(graph.store, "citing", {"document": "GCN Circular 34120"})] == [
        "https://gcn.nasa.gov/circulars/34130"
    ]


def test_a_preprint_and_its_record_in_a_journal_are_one_work(graph: Graph) -> None:
    body = "We measure a redshift of z = 1.562 +/- 0.003 for GRB 260307A."
    record = ads("2026ExJ...999....1O", TITLE, body, ["arXiv:2604.00001", "doi:10.5555/2604.00001"])
    graph.hears(FIRST, arxiv("2604.00001", 1, body=SAME), record)
    (row,) = graph.papers()
    assert row["document"] == "2026ExJ...999....1O"
    assert row["identifiers"] == ["arXiv:2604.00001", "bibcode:2026ExJ...999....1O", "doi:10.5555/2604.00001"]
    disputes = {
        (e.data["earlier"]["document"], e.data["later"]["document"]) for e in graph.events("kg.fact.contradiction")
    }
    assert disputes == {("GCN 34120", "2026ExJ...999....1O")}, "a paper is not in dispute with itself"


def test_what_ads_has_of_a_circular_is_no_news(graph: Graph) -> None:
    graph.hears(FIRST, ads("2026GCN.34120....1O", "GRB 260307A: redshift from Example Observatory", "", []))
    assert graph.events("kg.fact.paper") == []
    assert graph.values("schema:sameAs", "https://ui.adsabs.harvard.edu/abs/2026GCN.34120....1O") == [
        "https://gcn.nasa.gov/circulars/34120"
    ]


def test_all_that_is_written_of_papers_conforms(graph: Graph) -> None:
    pytest.importorskip("pyshacl", reason="pySHACL is not installed; it is an optional part")
    papers = [
        arxiv("2604.00001", 1, cites=["gcn:34120"]),
        arxiv("2604.00001", 2, body=SAME),
        arxiv("2604.00009", 1, title="GW170817 and GRB 170817A: one event", body="Both.", authors=[]),
        arxiv("2604.00001", 3, withdrawn=True),
        telegram(17001, "GRB 260307A in the radio", "See GCN 34120. It lies at R.A. = 10:00:00.1, Dec = +10:00:00.1."),
        ads("2026ExJ...999....1O", TITLE, SAME, ["arXiv:2604.00001"]),
        ads("2026GCN.34120....1O", "GRB 260307A: redshift", "", []),
    ]
    graph.hears(*night(), FIRST, *papers)
    checked = dict(validate(graph.store))
    assert {PAGE, PAGE + "v1"} <= set(checked)
    assert {name: [(v.path, v.message) for v in wrong] for name, wrong in checked.items() if wrong} == {}


def test_the_names_of_the_older_systems_lead_to_papers_too(graph: Graph) -> None:
    graph.hears(FIRST, telegram(17001, "GRB 260307A in the radio", "See GCN 34120 and ATel #16999."))
    node = "http://odahub.io/ontology/paper#atel17001"
    rows = graph.store.query(f"SELECT ?p ?o {{ <{node}> ?p ?o }}").rows
    said = {(str(r["p"]).rpartition("#")[2], r["o"]) for r in rows}
    assert {("NUMBER", 17001), ("cites_gcn_id", "34120"), ("cites_atel_id", "16999")} <= said
    assert ("mentions_named_grb", "GRB260307A") in said


def test_a_crash_between_graph_and_journal_loses_no_news(graph: Graph) -> None:
    graph.hears(FIRST, arxiv("2604.00001", 1))
    graph.journal.append([arxiv("2604.00001", 2, body=SAME)])
    new = [s for s in graph.journal.read(0, limit=1000) if s.event.id == "arXiv:2604.00001v2"]
    first = graph.consumer.write(new)  # written, and killed before anything was journalled
    again = graph.consumer.write(new)
    assert [event.id for event in again] == [event.id for event in first]
    kinds = {event.kind for event in again}
    assert {"kg.fact.settled", "kg.fact.withdrawn", "kg.fact.paper", "kg.fact"} == kinds


def test_the_graph_made_again_from_the_journal_is_the_same(graph: Graph, tmp_path: Path) -> None:
    papers = [arxiv("2604.00001", 1), arxiv("2604.00001", 2, body=SAME), telegram(17001, "GRB 260307A again", "Text.")]
    unknown = arxiv("2604.00007", 1, title="GRB 991231Z in depth", body="We measure z = 0.5 for GRB 991231Z.")
    graph.hears(*night(), FIRST, unknown, *papers, circular(34302, "GRB 991231Z: found", "Nothing."))
    rebuild(graph.journal, tmp_path / "graph", batch=3)
    again = GraphStore.read_only(tmp_path / "graph")
    assert sorted(again.dump("nq").splitlines()) == sorted(graph.store.dump("nq").splitlines())


def test_a_version_in_the_same_batch_as_the_one_before_is_told_alone(graph: Graph) -> None:
    graph.journal.append([FIRST, arxiv("2604.00001", 1), arxiv("2604.00001", 2, body=SAME)])
    while graph.consumer.step():
        pass
    assert graph.events("kg.fact.contradiction") == []
    assert {row["value"] for row in get(graph.store, "redshifts", {"object": BURST})} == {1.234}
