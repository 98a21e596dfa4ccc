"""What papers and telegrams say, read from real answers and from invented ones, files included."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.files import walk
from listeners.formats import FORMATS, Message, _cites, parse
from listeners.formats.atel import authors
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"


def events(paths: list[Path]) -> tuple[list[Event], list[str]]:
    """The events in files, and what was refused."""
    found: list[Event] = []
    refused: list[str] = []
    for message in walk(paths, now=NOW):
        try:
            found += parse(message)
        except FormatError as error:
            refused.append(str(error))
    return found, refused


def parsed(raw: str | bytes) -> Event:
    (event,) = parse(Message(raw=raw.encode() if isinstance(raw, str) else raw, received=NOW, name="sample"))
    return event


# Real answers: lukasschwab/arxiv.py (arXiv's API, MIT) and andycasey/ads (a reply of ADS's Solr).


@pytest.mark.shared_data
def test_every_entry_of_real_answers_of_arxiv_is_read(shared_data: Path) -> None:
    folder = shared_data / "papers_releases" / "arxiv-api-fixtures" / "atom"
    found, refused = events([folder])
    assert len(found) == 221
    assert len(refused) == 1  # the entry that says "incorrect id format"
    assert "incorrect id format for abc" in refused[0]
    assert {e.kind for e in found} == {"paper.arxiv"}
    for event in found:
        assert event.data["authors"]
        assert event.data["body"]
        assert event.data["categories"]
        assert event.data["published"] <= event.data["updated"]
        assert event.revision == event.data["version"]
        assert event.received.isoformat()[:10] == event.data["updated"][:10]


@pytest.mark.shared_data
def test_identifiers_old_and_new_versions_and_dois_are_read_from_real_answers(shared_data: Path) -> None:
    folder = shared_data / "papers_releases" / "arxiv-api-fixtures" / "atom"
    found = {e.id: e for e in events([folder])[0]}
    old = found["arXiv:quant-ph/0201082v1"]
    assert (old.data["ids"][0], old.tense) == ("arXiv:quant-ph/0201082", Tense.INITIAL)
    revised = found["arXiv:1009.3186v2"]
    assert revised.tense is Tense.UPDATE
    assert revised.data["ids"] == ["arXiv:1009.3186", "doi:10.1109/tit.2011.2148691"]
    assert revised.data["cites"] == ["arXiv:0909.3508"]
    assert found["arXiv:2202.12139v1"].data["comment"].startswith("Artificial Intelligence in Software Testing 2022")


@pytest.mark.shared_data
def test_every_document_of_a_real_answer_of_ads_is_read(shared_data: Path) -> None:
    found, refused = events([shared_data / "papers_releases" / "ads-solr-stub"])
    assert (len(found), refused) == (28, [])
    by_id = {e.id: e for e in found}
    circular = by_id["bibcode:2012GCN..13229...1S"]
    assert "gcn:13229" in circular.data["ids"]
    assert circular.data["published"] == "2012-01-01T00:00:00Z"
    paper = by_id["bibcode:2013A&A...552A.143S"]
    assert {"arXiv:1302.6362", "doi:10.1051/0004-6361/201321247"} <= set(paper.data["ids"])
    assert "bibcode:1977ApJ...217..385G" in paper.data["cites"]
    assert paper.data["url"] == "https://ui.adsabs.harvard.edu/abs/2013A%26A...552A.143S/abstract"


@pytest.mark.parametrize(
    ("text", "cites"),
    [
        ("reported in GCN Circ. 34926", ["gcn:34926"]),
        ("(GCN 34926, 34930; and 34931)", ["gcn:34926", "gcn:34930", "gcn:34931"]),
        ("GCN 34926, 300 s after the trigger", ["gcn:34926"]),
        ("GCNs 42610 & 42615", ["gcn:42610", "gcn:42615"]),
        ("GCN Circular #34926", ["gcn:34926"]),
        ("GCN Circulars Nos. 100, 101 and 102", ["gcn:100", "gcn:101", "gcn:102"]),
        ("GCNC 34926", ["gcn:34926"]),
        ("GCN#34926.", ["gcn:34926"]),
        ("the GCN Notice 12 of the day", []),
        ("from GCN 2.1 keV", []),
        ("ATel #123, ATels 16001 and 16002", ["atel:123", "atel:16001", "atel:16002"]),
        ("The Astronomer's Telegram, No. 16001", ["atel:16001"]),
        (
            "see arXiv:2511.14858v2 and https://arxiv.org/abs/astro-ph/0601001",
            ["arXiv:2511.14858", "arXiv:astro-ph/0601001"],
        ),
        ("doi:10.3847/1538-4357/AB1234.", ["doi:10.3847/1538-4357/ab1234"]),
        ("(https://doi.org/10.1016/S0140-6736(05)67864-1)", ["doi:10.1016/s0140-6736(05)67864-1"]),
        ("2012GCN..13229...1S", ["bibcode:2012GCN..13229...1S", "gcn:13229"]),
        ("2019ATel12345....1B;", ["bibcode:2019ATel12345....1B", "atel:12345"]),
        ("2013A&A...552A.143S", ["bibcode:2013A&A...552A.143S"]),
        ("1.2e-10 erg/cm2/s at 2025-11-20T12:34:00 UT", []),
        ("", []),
    ],
)
def test_references_in_text_are_read_in_one_shape_each(text: str, cites: list[str]) -> None:
    assert _cites.of_text(text) == cites


@pytest.mark.parametrize(
    ("bibcode", "also"),
    [
        ("2012GCN.13048....1S", "gcn:13048"),
        ("2005GCN..3000....1B", "gcn:3000"),
        ("2013ATel.5234....1B", "atel:5234"),
        ("2025arXiv251114858S", "arXiv:2511.14858"),
        ("2013arXiv1302.6362S", "arXiv:1302.6362"),
        ("2006astro.ph..1001A", "arXiv:astro-ph/0601001"),
        ("2005astro.ph.12345X", "arXiv:astro-ph/0512345"),
    ],
)
def test_a_bibcode_also_names_the_circular_telegram_or_preprint_that_it_is(bibcode: str, also: str) -> None:
    assert len(bibcode) == 19
    assert _cites.of_bibcode(bibcode) == [f"bibcode:{bibcode}", also]


@given(st.text(max_size=400))
def test_any_text_is_searched_for_references_without_stumbling(text: str) -> None:
    for cite in _cites.of_text(text, f"GCN {text}", f"ATel #{text}", f"arXiv:{text}", f"10.1234/{text}"):
        assert ":" in cite


def entry(stem: str = "2511.00001", version: int = 1, comment: str = "", abstract: str = "Seen.") -> str:
    note = f'<comment xmlns="http://arxiv.org/schemas/atom">{comment}</comment>' if comment else ""
    return (
        f'<entry xmlns="http://www.w3.org/2005/Atom"><id>http://arxiv.org/abs/{stem}v{version}</id>'
        f"<title>T</title><summary>{abstract}</summary>{note}</entry>"
    )


@pytest.mark.parametrize(
    ("comment", "abstract", "withdrawn"),
    [
        ("This paper has been withdrawn by the authors due to an error", "We saw it.", True),
        ("Withdrawn", "We saw it.", True),
        ("", "This paper has been withdrawn.", True),
        ("Withdrawn from ApJ, submitted to MNRAS", "We saw it.", False),
        ("12 pages", "The claim of X et al. has been withdrawn since.", False),
        ("", "We saw it.", False),
    ],
)
def test_a_withdrawn_version_is_a_retraction(comment: str, abstract: str, withdrawn: bool) -> None:
    event = parsed(entry(version=3, comment=comment, abstract=abstract))
    assert (event.tense is Tense.RETRACTION) is withdrawn


def test_a_whole_feed_in_a_file_is_its_entries_and_replays_on_their_dates(tmp_path: Path) -> None:
    dated = entry().replace("<title>", "<updated>2025-11-18T00:00:00Z</updated><title>")
    feed = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{dated}{entry("2511.00002", 2)}</feed>'
    (tmp_path / "answer.xml").write_text(feed)
    found, refused = events([tmp_path])
    assert [e.id for e in found] == ["arXiv:2511.00001v1", "arXiv:2511.00002v2"]
    assert found[0].received == datetime(2025, 11, 18, tzinfo=UTC)
    assert refused == []


def test_the_same_paper_is_one_event_from_the_wire_and_from_a_file(tmp_path: Path) -> None:
    raw = (GOLDEN / "xml_arxiv_new_version.xml").read_bytes()
    (tmp_path / "feed.xml").write_bytes(b'<feed xmlns="http://www.w3.org/2005/Atom">' + raw + b"</feed>")
    (again,), _ = events([tmp_path])
    first = parsed(raw)
    assert (again.id, again.data) == (first.id, first.data)


@pytest.mark.parametrize(
    "raw",
    [
        b"<feed><entry>",
        b'<!DOCTYPE feed [<!ENTITY a "b">]><feed xmlns="http://www.w3.org/2005/Atom"><entry>&a;</entry></feed>',
        b"<rss version='2.0'><channel><item></channel></rss>",
    ],
)
def test_a_broken_feed_in_a_file_is_refused_with_a_reason(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "feed.xml").write_bytes(raw)
    found, refused = events([tmp_path])
    assert found == []
    assert len(refused) == 1
    assert "XML" in refused[0]


@pytest.mark.parametrize(
    "raw",
    [
        entry().replace("2511.00001v1", "2511.00001"),
        entry().replace("2511.00001v1", "2511.00001v0"),
        entry().replace("<title>T</title>", ""),
        '<!DOCTYPE entry [<!ENTITY t "arxiv.org/abs/">]>' + entry(),
        "<item><link>https://www.astronomerstelegram.org/?read=1</link></item>",
        '{"bibcode": "2025ApJ", "title": ["x"]}',
        '{"bibcode": 7, "title": ["x"]}',
        '{"bibcode": "2025JMR.....1....1E", "title": []}',
        '{"bibcode": "2025JMR.....1....1E", "title": {"a": 1}}',
    ],
)
def test_what_is_no_paper_is_refused_with_what_was_received(raw: str) -> None:
    with pytest.raises(FormatError, match="sample"):
        parsed(raw)


@given(st.binary(max_size=300))
def test_no_bytes_in_an_entry_make_a_parser_stumble(noise: bytes) -> None:
    for head in (b"<entry>arxiv.org/abs/", b"<item>astronomerstelegram.org/?read=1", entry().encode()[:150]):
        message = Message(raw=head + noise, received=NOW, name="noise")
        for name in ("arxiv", "atel"):
            if FORMATS[name].accepts(message, message.raw):
                with contextlib.suppress(FormatError):
                    FORMATS[name].parse(message, message.raw)


def test_an_ads_document_with_fields_of_wrong_kinds_keeps_what_is_right() -> None:
    raw = '{"bibcode": "2025JMR.....1....1E", "title": "T", "author": "Example, A.", "abstract": 7, "doi": [3]}'
    event = parsed(raw)
    assert (event.data["subject"], event.data["authors"], event.data["body"]) == ("T", ["Example, A."], "")


def test_a_paper_that_its_publisher_took_back_is_a_retraction() -> None:
    assert parsed('{"bibcode": "2025JMR.....1....1E", "title": ["RETRACTED: T"]}').tense is Tense.RETRACTION
    assert parsed('{"bibcode": "2025JMR.....1....1E", "title": ["Withdrawn stars"]}').tense is Tense.INITIAL


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (
            "A. Example (Nowhere), B. Muster (There, and elsewhere) and C. Exemple",
            ["A. Example", "B. Muster", "C. Exemple"],
        ),
        ("A. Example on behalf of the Made-up team", ["A. Example", "the Made-up team"]),
        ("A. Example, et al.", ["A. Example"]),
        ("", []),
    ],
)
def test_authors_of_a_telegram_are_read_without_their_institutes(line: str, names: list[str]) -> None:
    assert authors(line) == names
