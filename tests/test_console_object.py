"""The page of an object: who says what since when, circulars with the words that were read, contradictions, curves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from chat_samples import T0, open_journal, report
from console_site import Site, running
from kg_samples import REDSHIFT_BODY, circular, notice
from test_console_page import Outline

from console.spans import Span, pieces
from kg.consumer import GraphConsumer
from kg.objects import identify
from kg.store import GraphStore
from nuncius.core.event import Event
from nuncius.core.report import Attachment
from nuncius.journal import Journal

OBJECT = "http://odahub.io/ontology/nuncius/object/GRB260307A"
POSITION = {"ra": 60.5, "dec": -75.25, "ra_dec_error": 3.5, "containment_probability": 0.68}
OTHER = "A. Second (Other Observatory) reports:\n\nThe redshift of GRB 260307A is z = 1.901 +/- 0.001.\n"
PHOTOMETRY = (
    "C. Third (Third Observatory) reports:\n\nWe observed the field of GRB 260307A 2.5 hours after the trigger and\n"
    "detect the afterglow with r = 19.52 +/- 0.03 mag (AB).\n"
)


def tell(journal: Journal, graph: GraphStore, *events: Event) -> None:
    """Journal events, find their objects and write them into the graph."""
    for event in events:
        journal.append([event])
        identify(journal, journal.read(journal.last_seq() - 1))
    consumer = GraphConsumer(journal, graph)
    while consumer.step():
        pass


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[GraphStore]:
    store = GraphStore.open(tmp_path / "graph")
    yield store
    store.close()


@pytest.fixture
def journal(tmp_path: Path, graph: GraphStore) -> Iterator[Journal]:
    with open_journal(tmp_path) as opened:
        tell(
            opened,
            graph,
            notice("flt", event_name=["GRB 260307A"], **POSITION),
            circular(34120, "GRB 260307A: redshift from Example Observatory", REDSHIFT_BODY),
            circular(34125, "GRB 260307A: another redshift", OTHER),
            circular(34126, "GRB 260307A: optical photometry", PHOTOMETRY),
        )
        yield opened


@pytest.fixture
def site(journal: Journal, graph: GraphStore) -> Iterator[Site]:
    with running(journal, graph=graph) as served:
        yield served


def test_pieces_join_to_the_text_and_carry_the_claims_of_overlapping_spans() -> None:
    text = "z = 1.234 and r = 19"
    spans = [Span(start=0, end=9, number=1), Span(start=4, end=13, number=2), Span(start=90, end=99, number=3)]
    found = pieces(text, spans)
    assert "".join(piece.text for piece in found) == text
    assert [(piece.text, piece.numbers, piece.ends) for piece in found] == [
        ("z = ", [1], []),
        ("1.234", [1, 2], [1]),
        (" and", [2], [2]),
        (" r = 19", [], []),
    ]


def test_the_page_says_who_says_what_since_when(site: Site) -> None:
    page = site.get("/thread/GRB260307A").body.decode()
    shown = Outline(page).shown
    assert "Who says what, since when" in shown
    assert "1.234 ± 0.002" in shown
    assert "1.901 ± 0.001" in shown
    assert "GCN 34120" in shown
    assert "RA 60.5°, Dec -75.25°" in shown


def test_the_words_that_were_read_are_marked_in_the_circular(site: Site) -> None:
    page = site.get("/thread/GRB260307A").body.decode()
    assert "<mark>1.234 +/- 0.002</mark><sup><a href=" in page
    letters = page.split('<details class="letter"')[1:]
    assert len(letters) == 3
    assert "optical photometry" in letters[0], "the newest circular is the first"


def test_contradictions_stand_side_by_side(site: Site) -> None:
    page = site.get("/thread/GRB260307A").body.decode()
    pair = page.split('<article class="pair"')[1].split("</article>")[0]
    assert "redshift" in pair
    assert pair.index("1.234") < pair.index("1.901")
    assert pair.count('class="side-of"') == 2


def test_an_older_version_of_a_circular_marks_nothing(journal: Journal, graph: GraphStore, site: Site) -> None:
    tell(journal, graph, circular(34125, "GRB 260307A: another redshift", OTHER.replace("1.901", "1.9012"), version=2))
    page = site.get("/thread/GRB260307A").body.decode()
    letters = [part.partition("</details>")[0] for part in page.split('<details class="letter"')[1:]]
    new, old = (letter for letter in letters if "another redshift" in letter)
    assert "<mark>1.9012" in new
    assert "replaced by version 2" in old
    assert "<mark>" not in old


def test_the_light_curve_is_a_picture_of_its_own(site: Site) -> None:
    page = site.get("/thread/GRB260307A").body.decode()
    assert '<img src="/curve/GRB260307A"' in page
    answer = site.get("/curve/GRB260307A")
    assert answer.status == 200
    assert answer.body.startswith(b"\x89PNG")
    assert site.get("/curve/GRB000000X").status == 404


def test_what_one_person_is_told_is_on_no_page(journal: Journal, site: Site) -> None:
    file = Attachment(name="hers", sha256=journal.put_blob(b"{}"))
    to_her = {"to": "slack:U1", "subscription": 7, "rule": "subscription-7"}
    private = report("mine", thread=OBJECT, title="Only for Ada", attachments=[file], **to_her)
    journal.enqueue([("slack", private)], now=T0)
    for path in ("/", "/thread/GRB260307A"):
        assert b"Only for Ada" not in site.get(path).body
    assert site.get(f"/attached/{file.sha256}?{urlencode({'thread': OBJECT})}").status == 404


def test_long_lists_of_claims_come_in_pages(journal: Journal, graph: GraphStore, site: Site) -> None:
    lines = "\n".join(
        f"We measure r = {18 + n / 100:.2f} +/- 0.03 mag {n / 10 + 1:.1f} hours after." for n in range(130)
    )
    tell(journal, graph, circular(34140, "GRB 260307A: many magnitudes", f"D. Fourth reports:\n\n{lines}\n"))
    first = site.get("/thread/GRB260307A").body.decode()
    assert "page 1 of 2" in first
    second = site.get("/thread/GRB260307A?claims=2").body.decode()
    assert "page 2 of 2" in second
    assert 'id="c101"' in second
    assert 'id="c1"' not in second
    assert site.get("/thread/GRB260307A?claims=0").status == 422
