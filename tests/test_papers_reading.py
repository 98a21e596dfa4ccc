"""What is read from titles and abstracts: of which object, and above all what is not."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import process_time

import pytest
from lxml import etree

from kg.consumer import GraphConsumer
from kg.extraction.abstracts import read_abstract
from kg.shapes import validate
from kg.store import GraphStore
from kg.tex import Plain, readable
from kg.works import identifier, label, page, work
from listeners.formats import Message, parse
from nuncius.core.event import Event
from nuncius.journal import Journal

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)


def said(title: str, text: str) -> set[tuple[str | None, str, object]]:
    """Object, predicate and value of every fact but instruments and citations."""
    facts = read_abstract(title, text).facts
    return {(f.object, f.predicate, f.value) for f in facts if f.predicate not in ("instrument", "cites")}


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("The redshifts of short bursts", "Our sample of 29 bursts has 0.1 < z < 0.3 and a mean redshift of z = 0.72."),
        (
            "Short bursts",
            "GRB 250709A (z = 0.161) and GRB 250603B (z = 0.356), GRB 251211A (z = 0.076), stand out.",
        ),
        ("Prompt emission of GRB 250812B", "Typical long bursts lie at z ~ 2. The rate of bursts peaks at z = 2.5."),
        ("Prompt emission of GRB 250812B", "If it were at z = 3, the burst would be detectable. We assume z = 1."),
        ("Prompt emission of GRB 250812B", "It could be seen out to z = 4.5, unlike GRB 250603B at z = 0.356."),
        (
            "Prompt emission of GRB 250812B",
            "It outshines GRB 250603B at a redshift of z = 0.356, and GRB 250709A.",
        ),
        (
            "A burst like GRB 250603B",
            "At z = 0.356 it is a kilonova. DES Y3 and SDSS DR12 data at z = 0.5 agree.",
        ),
        ("Cosmology with standard sirens", "We find H0 = 70 at z = 0.01 and constrain the LSST SNIa at 0.5 < z < 1.1."),
        ("GW250817 and GRB 250817A", "The host lies at a redshift of z = 0.0098."),
        ("Ten supernovae", "SN2025abc, SN2025abd and SN2025abe have redshifts of z = 0.1, z = 0.2 and z = 0.3."),
        ("Absorbers", "We detect 0.5\u3008z\u30092 Mg II absorbers towards bursts, at \u27e8 z \u27e9 ~ 0.4."),
        (
            "The host of GRB 250812B",
            "A foreground galaxy at z = 0.21 and a cluster at redshift z = 0.3 are near.",
        ),
    ],
)
def test_what_is_said_of_many_or_of_others_is_no_fact_of_an_object(title: str, text: str) -> None:
    assert {fact for fact in said(title, text) if fact[1] == "redshift"} == set()


@pytest.mark.parametrize(
    ("title", "text", "fact"),
    [
        ("A kilonova", "We observed GRB 250307A, at a redshift of $z=0.0646$.", ("GRB 250307A", "redshift", 0.0646)),
        ("GRB~251009A", "GRB~251009A lies at $z = 0.151 \\pm 0.001$.", ("GRB 251009A", "redshift", 0.151)),
        ("The host of GRB 250307A", "Emission lines give z = 0.5.", ("GRB 250307A", "redshift", 0.5)),
        ("EP250414a / SN2025gsa", "EP250414a has a redshift of 0.401.", ("EP250414a", "redshift", 0.401)),
        ("Ten bursts", "GRB 250101A has z = 0.15. GRB 250102A has z = 0.25.", ("GRB 250102A", "redshift", 0.25)),
        ("GRB 251009A", "The burst lasted $T_{90} = 35^{+2}_{-3}$\\,s.", ("GRB 251009A", "t90", 35.0)),
        (
            "GRB 251009A",
            "GRB 251009A has a fluence of $(5.5\\pm0.2)\\times10^{-6}$ erg cm$^{-2}$ (10--1000 keV).",
            ("GRB 251009A", "fluence", 5.5e-6),
        ),
        (
            "GRB 250812B",
            "Compared with\nGRB 250603B it is faint. We measure a redshift\nof z = 0.36 for the host galaxy.",
            ("GRB 250812B", "redshift", 0.36),
        ),
    ],
)
def test_what_a_sentence_gives_to_one_object_is_its_fact(title: str, text: str, fact: tuple[str, str, object]) -> None:
    assert fact in said(title, text)


def test_spans_lead_to_the_characters_as_they_came_through_tex_and_tags() -> None:
    text = r"At T<SUB>90</SUB> = 12 s, GRB~251009A has $z\,=\,0.151^{+0.002}_{-0.003}$ from \emph{lines}."
    for fact in read_abstract("GRB 251009A", text).facts:
        original = text if fact.where == "body" else "GRB 251009A"
        assert original[fact.start : fact.end] == fact.text
    (redshift,) = [f for f in read_abstract("GRB 251009A", text).facts if f.predicate == "redshift"]
    assert (redshift.value, redshift.error) == (0.151, [0.003, 0.002])
    assert readable(redshift.text) == "0.151 +0.002/-0.003"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (r"GRB~221009A at $z\simeq0.15$", "GRB 221009A at z~0.15"),
        (r"$1.2\times 10^{55}$ erg", "1.2x10^55 erg"),
        (r"$E_{\rm p} \leq 3$~keV", "Ep <=3 keV"),
        ("10<SUP>52</SUP> erg, K<SUB>AB</SUB> \u3008 19", "10^52 erg, KAB < 19"),
        ("z~1.2, 3--5 s, 50\\% \\citep{Doe2020}", "z~1.2, 3-5 s, 50% "),
        ("plain text stays < as it is > 3", "plain text stays < as it is > 3"),
    ],
)
def test_tex_becomes_plain_characters(written: str, plain: str) -> None:
    assert Plain(written).text == plain


@pytest.mark.parametrize(
    ("title", "text", "about"),
    [
        ("GRB 250307A: a kilonova", "Unlike GRB 250603B.", [["GRB 250307A"]]),
        ("EP250414a / SN2025gsa", "One.", [["EP250414a", "SN2025gsa"]]),
        ("GW250817/GRB 250817A: multi-messenger", "Both.", [["GW250817"], ["GRB 250817A"]]),
        ("A GRB 251211A-like burst: GRB 250307A", "Text.", [["GRB 250307A"]]),
        ("A long burst", "GRB 250307A is special.", [["GRB 250307A"]]),
        ("A sample", "GRB 250307A and GRB 250603B are special.", []),
        ("IC 443, M31 and PS1 with DES Y3, S2 and SDSS DR12", "NGC 4993 and Abell 370 in the COSMOS-30 field.", []),
    ],
)
def test_a_paper_is_about_what_its_title_names_as_its_own(title: str, text: str, about: list[list[str]]) -> None:
    assert read_abstract(title, text).mentions.about == about


@pytest.mark.parametrize(
    ("name", "known", "people"),
    [
        ("arXiv:2511.14858v2", "arXiv:2511.14858", "arXiv:2511.14858v2"),
        ("https://arxiv.org/pdf/2511.14858v2.pdf", "arXiv:2511.14858", "arXiv:2511.14858"),
        ("doi:10.48550/arXiv.2511.14858", "arXiv:2511.14858", "arXiv:2511.14858"),
        ("2015arXiv150100001A", "arXiv:1501.00001", "arXiv:1501.00001"),
        ("2013arXiv1302.6362S", "arXiv:1302.6362", "arXiv:1302.6362"),
        ("2006astro.ph..1001S", "arXiv:astro-ph/0601001", "arXiv:astro-ph/0601001"),
        ("2013GCN.15250....1S", "gcn:15250", "GCN 15250"),
        ("2012GCN..13229...1S", "gcn:13229", "GCN 13229"),
        ("2017ATel10845....1S", "atel:10845", "ATel 10845"),
        ("GCN Circ. 21505", "gcn:21505", "GCN 21505"),
        ("circular:34926/2", "gcn:34926", "GCN 34926"),
        ("https://doi.org/10.3847/2041-8213/AA91C9", "doi:10.3847/2041-8213/aa91c9", "doi:10.3847/2041-8213/aa91c9"),
        ("2013A&A...552A.143S", "bibcode:2013A&A...552A.143S", "2013A&A...552A.143S"),
    ],
)
def test_identifiers_are_known_in_every_spelling(name: str, known: str, people: str) -> None:
    assert identifier(name) == known
    assert label(name) == people
    assert page(name) is not None


@pytest.mark.parametrize("name", ["", "GRB 230307A", "nonsense", "230307", "arXiv:", "10.1", "x" * 1000])
def test_what_is_no_identifier_is_told_so(name: str) -> None:
    assert identifier(name) is None


def test_a_work_is_known_by_one_identifier_whichever_record_says_it() -> None:
    record = ["bibcode:2013A&A...552A.143S", "doi:10.1051/0004-6361/201321247", "arXiv:1302.6362"]
    assert work(record) == work(["arXiv:1302.6362", "doi:10.1051/0004-6361/201321247"]) == "arXiv:1302.6362"


def test_five_megabytes_are_read_in_time_and_without_filling_memory() -> None:
    """One core of 2026 takes about 1 s; the bound is wide for a busy one."""
    tracemalloc.start()
    begun = process_time()
    read_abstract("GRB 260307A " + "$" * 5_000_000, "z = 1.2 of GRB 260307A; \\frac{" * 160_000)
    assert process_time() - begun < 20
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200e6


def _arxiv(folder: Path) -> list[Event]:
    events: list[Event] = []
    for file in sorted((folder / "papers_releases/arxiv-api-fixtures/atom").glob("*.xml")):
        for entry in etree.parse(file).iterfind("{http://www.w3.org/2005/Atom}entry"):
            if b"/abs/" in (raw := etree.tostring(entry)):
                events += parse(Message(raw=raw, received=RECEIVED, name="arxiv"))
    return events


def _ads(folder: Path) -> list[Event]:
    answer = json.loads((folder / "papers_releases/ads-solr-stub/example_solr_response.json").read_bytes())
    documents = answer["response"]["docs"]
    return [
        event
        for document in documents
        for event in parse(Message(raw=json.dumps(document).encode(), received=RECEIVED, name="ads"))
    ]


@pytest.mark.shared_data
def test_real_abstracts_give_no_nonsense_and_a_graph_that_conforms(shared_data: Path, sqlite_url: str) -> None:
    """Answers of arXiv's API kept by lukasschwab/arxiv.py, one of ADS kept by andycasey/ads: papers of many fields, on
    bursts in general, and records of circulars. Their abstracts speak of samples: no value is one object's."""
    arxiv, ads = _arxiv(shared_data), _ads(shared_data)
    assert len({e.id for e in arxiv}) > 90
    assert len(ads) == 28
    store = GraphStore.in_memory()
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        journal.append([*arxiv, *ads])
        while GraphConsumer(journal, store).step():
            pass
        facts = [s.event for s in journal.read(0, limit=10_000) if s.event.is_a("kg.fact")]
        assert facts == []
        assert all(s.event.object is None for s in journal.read(0, limit=10_000))
    claims = store.query("SELECT ?p ?s { ?c a nuncius:Claim ; nuncius:predicate ?p . ?c nuncius:subject ?s }").rows
    assert claims == [], "titles of circulars name objects, and their records claim nothing"
    assert len(store.query("SELECT ?d { ?d a nuncius:Paper }").rows) == len({e.id for e in [*arxiv, *ads]})
    pytest.importorskip("pyshacl", reason="pySHACL is not installed; it is an optional part")
    some = list(islice(validate(store), 30))
    assert [name for name, wrong in some if wrong] == []
