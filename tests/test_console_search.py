"""The search: by any name, by position, by time; and what it says where it finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from chat_samples import open_journal
from console_site import Site, running
from kg_samples import REDSHIFT_BODY, circular, notice
from test_console_object import POSITION, tell
from test_console_page import Outline

from console.places import Places
from kg.store import GraphStore
from nuncius.journal import Journal
from nuncius.journal.finding import Finder


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
            notice("one", event_name=["GRB 260307A"], **POSITION),
            circular(34120, "GRB 260307A: redshift from Example Observatory", REDSHIFT_BODY),
            notice(
                "two", event_name=["GRB 260301B"], ra=359.9, dec=10.0, ra_dec_error=0.05, containment_probability=0.9
            ),
        )
        yield opened


@pytest.fixture
def site(journal: Journal, graph: GraphStore) -> Iterator[Site]:
    with running(journal, graph=graph) as served:
        yield served


def asked(site: Site, **fields: object) -> Outline:
    answer = site.get(f"/search?{urlencode(fields)}")
    assert answer.status == 200, answer.body
    return Outline(answer.body.decode())


def hits(page: Outline) -> list[str]:
    return [str(a["href"]) for a in page.all("a") if str(a.get("href")).startswith("/thread/")]


@pytest.mark.parametrize("name", ["GRB 260307A", "grb260307a", "GRB260307", "grb 2603"])
def test_any_spelling_of_a_name_and_its_beginning_find_it(site: Site, name: str) -> None:
    assert "/thread/GRB260307A" in hits(asked(site, name=name))


@pytest.mark.parametrize(
    ("at", "radius", "found"),
    [
        ("60.5 -75.25", 0.01, ["/thread/GRB260307A"]),
        ("04:02:00 -75:15:00", 0.01, ["/thread/GRB260307A"]),
        ("0.05 10", 0.2, ["/thread/GRB260301B"]),  # beyond 360 degrees it goes on at 0
        ("0.05 -10", 0.2, []),
    ],
)
def test_a_cone_finds_what_lies_in_it(site: Site, at: str, radius: float, found: list[str]) -> None:
    assert hits(asked(site, at=at, radius=radius)) == found


def test_a_day_finds_what_was_triggered_on_it(site: Site) -> None:
    assert sorted(hits(asked(site, start="2026-03-07", end="2026-03-07"))) == [
        "/thread/GRB260301B",
        "/thread/GRB260307A",
    ]
    assert hits(asked(site, end="2026-03-06")) == []


def test_what_is_asked_holds_together(site: Site) -> None:
    assert hits(asked(site, name="GRB 2603", at="60.5 -75.25")) == ["/thread/GRB260307A"]
    page = asked(site, name="GRB 260301B", at="60.5 -75.25")
    assert hits(page) == []
    assert "Each part alone finds something" in page.shown


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "GRB 260307Q"}, "Did you mean"),
        ({"name": "zzzzzz"}, "The last objects spoken of: GRB"),
        ({"at": "up and left"}, "is no position: write degrees"),
        ({"at": "400 10"}, "RA lies between 0 and 360"),
        ({"start": "yesterday"}, "is no time: write 2017-08-17"),
        ({"start": "2026-03-08", "end": "2026-03-01"}, "The end lies before the beginning"),
        ({"name": "\x00'; DROP TABLE events; --"}, "Nothing found"),
    ],
)
def test_nonsense_gets_help(site: Site, fields: dict[str, str], said: str) -> None:
    page = asked(site, **fields)
    assert said in page.shown
    assert hits(page) == []


def test_an_empty_search_shows_the_form_alone(site: Site) -> None:
    page = asked(site)
    assert "Nothing found" not in page.shown
    labels = {str(label["for"]) for label in page.all("label")}
    assert labels == {"name", "at", "radius", "start", "end"}


def test_a_new_position_is_found_once_the_graph_has_it(journal: Journal, graph: GraphStore) -> None:
    places = Places(graph)
    assert places.near(10.0, 10.0, 1.0, stamp=journal.cursor("kg")) == []
    place = {"ra": 10.0, "dec": 10.5, "ra_dec_error": 0.1, "containment_probability": 0.9}
    tell(journal, graph, notice("three", event_name=["GRB 260309C"], **place))
    places._read = -1000.0  # what was read is old by now
    (found,) = places.near(10.0, 10.0, 1.0, stamp=journal.cursor("kg"))
    assert found.object.endswith("GRB260309C")
    assert found.separation == pytest.approx(0.5, abs=1e-9)


def test_objects_stand_where_their_newest_event_does_and_on_one_page_only(journal: Journal, graph: GraphStore) -> None:
    tell(journal, graph, notice("four", event_name=["GRB 260301B"], ra=359.9, dec=10.0))
    finder = Finder(journal)
    first, following = finder.recent(limit=1)
    assert [obj.rsplit("/", 1)[1] for obj in first] == ["GRB260301B"]
    second, end = finder.recent(before=following, limit=1)
    assert [obj.rsplit("/", 1)[1] for obj in second] == ["GRB260307A"]
    assert finder.recent(before=end, limit=1)[0] == [] if end else True
