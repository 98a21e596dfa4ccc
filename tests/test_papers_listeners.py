"""arXiv, ADS and telegrams asked on a local server that plays them: what each brings, and what their failures cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from papers_server import TOKEN, Fault, PaperServer, document

from listeners.formats import parse
from listeners.papers import _arxiv_api
from listeners.papers.settings import PapersSettings
from listeners.papers.sources import sources
from listeners.polling.contract import Page, Source
from listeners.polling.web import Web
from nuncius.core.errors import ConfigurationError, FormatError, NunciusError, PermanentError, TransientError

NOON = datetime(2025, 11, 18, 12, tzinfo=UTC)  # a Tuesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def server() -> Iterator[PaperServer]:
    with PaperServer(moment=NOON) as running:
        yield running


@pytest.fixture
def deep(server: PaperServer, monkeypatch: pytest.MonkeyPatch) -> PaperServer:
    """So many papers of ten days ago that a walk of this week stops before it reaches those of a month ago."""
    monkeypatch.setattr(_arxiv_api, "SLICE", 10)
    for number in range(20):
        server.paper(f"2510.01{number:03d}", NOON - 10 * DAY + number * HOUR)
    return server


def source(server: PaperServer, name: str, **changed: Any) -> Source:
    chosen = sources(server.settings(ads_query="burst", **changed))
    return next(one for one in chosen if one.name == name)


class Asked:
    """One turn: its pages until the end or an error, and the events and rejects in them."""

    def __init__(self, source: Source, state: Any = None, now: datetime = NOON, web: Web | None = None) -> None:
        self.pages: list[Page] = []
        self.error: NunciusError | None = None
        try:
            for page in source.pages(state, web or Web(wait=lambda s: None, timeout_s=2.0), now):
                self.pages.append(page)
        except NunciusError as error:
            self.error = error
        self.state = self.pages[-1].state if self.pages else state
        self.ids: list[str] = []
        self.refused: list[str] = []
        for message in (m for page in self.pages for m in page.messages):
            try:
                self.ids += [event.id for event in parse(message)]
            except FormatError as error:
                self.refused.append(str(error))
        self.gaps = [gap.detail for page in self.pages for gap in page.gaps]


# --- arXiv ---


def test_the_first_question_reaches_back_some_days_and_no_further(server: PaperServer) -> None:
    for days in range(1, 20):
        server.paper(f"2511.{days:05d}", NOON - days * DAY)
    asked = Asked(source(server, "arxiv"))
    assert set(asked.ids) == {p.id for p in server.papers if p.submitted >= NOON - 7 * DAY and p.announced <= NOON}
    assert 3 <= len(asked.ids) <= 7


def test_papers_come_from_old_to_new_with_the_state_that_goes_with_them(
    server: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listeners.papers.arxiv.CHUNK", 4)
    for number in range(30):
        server.paper(f"2511.{number:05d}", NOON - 6 * DAY + 4 * number * HOUR)
    arxiv = source(server, "arxiv")
    state = Asked(arxiv).state | {"mark": (NOON - 6 * DAY).isoformat()}
    asked = Asked(arxiv, state)
    moments = [p.submitted for i in asked.ids for p in server.papers if p.id == i]
    assert moments == sorted(moments)
    marks = [page.state["mark"] for page in asked.pages if page.messages]
    assert marks == sorted(marks)
    assert len(set(marks)) > 3


def test_a_walk_of_many_slices_misses_nothing_while_papers_are_announced_and_revised(
    server: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_arxiv_api, "SLICE", 20)
    for number in range(100):
        server.paper(f"2511.{number:05d}", NOON - 6 * DAY + number * HOUR)
    there = {p.id for p in server.papers if p.announced <= NOON}

    def meanwhile(count: int) -> None:
        number = len(server.papers)
        server.papers.append(type(server.papers[0])(f"2511.{number:05d}", 1, NOON, NOON, NOON))
        if count == 3:  # an old one goes to the front
            server.papers.append(type(server.papers[0])("2511.00003", 2, NOON, NOON, NOON))

    server.arriving = meanwhile
    asked = Asked(source(server, "arxiv", arxiv_feed_url=""))
    assert there - set(asked.ids) <= {"arXiv:2511.00003v1"}
    assert len(there) > 80


def test_an_empty_answer_where_there_are_papers_is_asked_again_and_not_believed(server: PaperServer) -> None:
    server.paper("2511.00001", NOON - 2 * DAY)
    arxiv = source(server, "arxiv")
    server.faults += [Fault("/api", "empty", 1), Fault("/api", "empty", 1)]
    first = Asked(arxiv)
    assert first.ids == ["arXiv:2511.00001v1"]
    server.faults += [Fault("/api", "empty", 0) for _ in range(3)]  # not even that there is none
    again = Asked(arxiv, first.state)
    assert isinstance(again.error, TransientError)
    assert "where there are some" in str(again.error)
    assert again.state == first.state


def test_slices_that_do_not_join_are_read_anew(server: PaperServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_arxiv_api, "SLICE", 10)
    for number in range(40):
        server.paper(f"2511.{number:05d}", NOON - 5 * DAY + number * HOUR)
    there = {p.id for p in server.papers if p.announced <= NOON}
    removed = []

    def meanwhile(count: int) -> None:
        if count == 2:  # the ten newest vanish: the next slice begins ten papers further on
            newest = sorted((p for p in server.papers if p.announced <= NOON), key=lambda p: p.submitted)[-10:]
            for paper in newest:
                server.papers.remove(paper)
                removed.append(paper.id)

    server.arriving = meanwhile
    asked = Asked(source(server, "arxiv", arxiv_feed_url=""))
    assert asked.error is None
    assert set(asked.ids) == there
    assert len(removed) == 10


def test_papers_of_one_second_in_an_order_that_changes_are_all_found(
    server: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_arxiv_api, "SLICE", 10)
    for number in range(25):
        server.paper(f"2511.{number:05d}", NOON - 3 * DAY)
    server.arriving = lambda count: server.papers.reverse() if count in (2, 3, 5) else None
    asked = Asked(source(server, "arxiv", arxiv_feed_url=""))
    assert asked.error is None
    assert len(set(asked.ids)) == 25


def test_an_answer_that_holds_papers_twice_brings_each_once_and_stops_nothing(server: PaperServer) -> None:
    for number in range(5):
        server.paper(f"2511.{number:05d}", NOON - 3 * DAY + number * HOUR)
    there = [p for p in server.papers if p.announced <= NOON]
    twice = server.atom([*there, *there], 2 * len(there))
    server.faults += [Fault("search_query", "say", twice) for _ in range(4)]
    asked = Asked(source(server, "arxiv", arxiv_feed_url=""))
    assert asked.error is None
    assert asked.ids == [p.id for p in there]


def test_a_paper_held_for_weeks_is_found_by_the_announcements(deep: PaperServer) -> None:
    server = deep
    server.paper("2510.00001", NOON - 10 * HOUR - 3 * DAY)
    arxiv = source(server, "arxiv")
    state = Asked(arxiv).state
    held = server.paper("2510.09999", NOON - 20 * DAY, held=20 * DAY)
    server.moment = held.announced + 6 * HOUR
    state["asked"] = (server.moment - HOUR).isoformat()  # no outage
    asked = Asked(arxiv, state, server.moment)
    assert held.id in asked.ids
    assert server.count("2510.09999v1") == 1
    again = Asked(arxiv, asked.state, server.moment)  # the announcements are unchanged
    assert "arXiv:2510.00001v1" in again.ids  # of the days that are walked again
    assert held.id not in again.ids


def test_announced_papers_that_the_api_lacks_are_asked_for_again(deep: PaperServer) -> None:
    server = deep
    server.paper("2510.00001", NOON - 3 * DAY)
    late = server.paper("2510.09999", NOON - 20 * DAY, held=20 * DAY)
    arxiv = source(server, "arxiv")
    server.moment = late.announced + 6 * HOUR
    server.faults.append(Fault("id_list", "empty", 0))
    asked = Asked(arxiv, None, server.moment)
    assert late.id not in asked.ids
    assert late.id in Asked(arxiv, asked.state, server.moment).ids


def test_after_an_outage_the_versions_between_are_asked_for(server: PaperServer) -> None:
    server.paper("2511.00001", NOON - 3 * DAY)
    arxiv = source(server, "arxiv")
    state = Asked(arxiv).state
    for version in (2, 3, 4):
        server.paper("2511.00001", NOON + version * DAY, version=version)
    server.moment = NOON + 9 * DAY
    assert {f"arXiv:2511.00001v{n}" for n in (2, 3, 4)} <= set(Asked(arxiv, state, server.moment).ids)


def test_only_papers_with_the_words_asked_for_come_also_from_the_announcements(server: PaperServer) -> None:
    server.paper("2511.00001", NOON - 2 * DAY, title="A burst")
    server.paper("2511.00002", NOON - 2 * DAY, title="A disk")
    server.paper("2510.00001", NOON - 20 * DAY, held=19 * DAY, title="Another burst")
    server.paper("2510.00002", NOON - 20 * DAY, held=19 * DAY, title="Another disk")
    server.moment = max(p.announced for p in server.papers) + 6 * HOUR
    asked = Asked(source(server, "arxiv", keywords=("burst",)), None, server.moment)
    assert set(asked.ids) == {"arXiv:2511.00001v1", "arXiv:2510.00001v1"}
    assert asked.state["feeds"]  # all that was announced is accounted for


def test_a_query_that_changes_begins_anew(server: PaperServer) -> None:
    server.paper("2511.00001", NOON - 5 * DAY)
    server.paper("2511.00002", NOON - 2 * HOUR - DAY)
    state = Asked(source(server, "arxiv")).state
    asked = Asked(source(server, "arxiv", categories=("astro-ph.HE", "gr-qc")), state)
    assert "arXiv:2511.00001v1" in asked.ids


def test_a_date_in_the_far_future_does_not_hide_what_comes_after(server: PaperServer) -> None:
    server.paper("2511.00001", NOON - 2 * DAY)
    server.papers.append(type(server.papers[0])("2511.66666", 1, datetime(2999, 1, 1, tzinfo=UTC), NOON, NOON))
    asked = Asked(source(server, "arxiv"))
    assert set(asked.ids) == {"arXiv:2511.00001v1", "arXiv:2511.66666v1"}
    assert asked.state["mark"] < "2026"


@pytest.mark.parametrize("now", [datetime(1970, 1, 2, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)])
def test_our_own_clock_may_be_wrong_arxivs_counts(server: PaperServer, now: datetime) -> None:
    for days in range(1, 20):
        server.paper(f"2511.{days:05d}", NOON - days * DAY)
    right = Asked(source(server, "arxiv"))
    wrong = Asked(source(server, "arxiv"), None, now)
    assert (wrong.ids, wrong.state) == (right.ids, right.state)


def test_an_entry_that_is_no_paper_is_refused_and_costs_nothing_else(server: PaperServer) -> None:
    server.paper("2511.00001", NOON - 2 * DAY)
    server.paper("2511.00002", NOON - 2 * DAY, title="")
    asked = Asked(source(server, "arxiv"))
    assert asked.ids == ["arXiv:2511.00001v1"]
    assert len(asked.refused) == 1
    assert "2511.00002" in asked.refused[0]


HOSTILE = {
    "a page of HTML": b"<!DOCTYPE html><html><body>Sorry</body></html>",
    "a page of XHTML": b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>",
    "nothing": b"",
    "no XML": b"\x00\x01\x02 not XML",
    "JSON": b'{"entries": []}',
    "an entity bomb": b'<!DOCTYPE f [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><feed>&b;</feed>',
    "a file of this machine": b'<!DOCTYPE f [<!ENTITY p SYSTEM "file:///etc/passwd">]><feed><entry>&p;</entry></feed>',
    "too deep": b"<feed>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</feed>",
    "no count": b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
}


@pytest.mark.parametrize(
    ("name", "what"),
    # To ATel's reader a feed without a count is an empty one.
    [(n, w) for n in ("arxiv", "atel", "ads") for w in HOSTILE if (n, w) != ("atel", "no count")],
)
def test_what_is_no_answer_is_a_passing_failure_that_says_what_came(server: PaperServer, name: str, what: str) -> None:
    server.faults.append(Fault("/", "say", HOSTILE[what]))
    asked = Asked(source(server, name), None)
    assert isinstance(asked.error, TransientError), asked.error
    assert "127.0.0.1" in str(asked.error)
    assert "root:" not in str(asked.error)
    assert asked.pages == []
    assert Asked(source(server, name), None).error is None


def test_announcements_of_a_category_that_is_none_are_for_a_person_to_mend(server: PaperServer) -> None:
    body = b'<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed error for query: astro-ph.XX</title></feed>'
    server.faults.append(Fault("/atom", "say", body))
    asked = Asked(source(server, "arxiv"))
    assert isinstance(asked.error, PermanentError)
    assert "check papers.categories" in str(asked.error)


def test_an_error_entry_of_arxivs_tells_what_it_says(server: PaperServer) -> None:
    body = server.atom([], 1).replace(
        b"</feed>",
        b"<entry><id>http://arxiv.org/api/errors#x</id><title>Error</title><summary>bad field</summary></entry></feed>",
    )
    server.faults.append(Fault("/api", "say", body))
    asked = Asked(source(server, "arxiv"))
    assert isinstance(asked.error, PermanentError)
    assert "bad field" in str(asked.error)


def test_when_the_announcements_fail_what_the_api_had_is_kept_and_the_next_look_is_a_wide_one(
    server: PaperServer,
) -> None:
    server.paper("2511.00001", NOON - 2 * DAY)
    arxiv = source(server, "arxiv")
    server.faults.append(Fault("/atom", "refuse", 404))
    asked = Asked(arxiv)
    assert asked.ids == ["arXiv:2511.00001v1"]
    assert "/atom/astro-ph.HE" in str(asked.error)
    assert asked.state["asked"] is None
    assert Asked(arxiv, asked.state).error is None


def test_a_first_look_that_breaks_off_is_made_again_as_it_was(server: PaperServer) -> None:
    for days in range(1, 25):
        server.paper(f"2511.{days:05d}", NOON - days * DAY)
    arxiv = source(server, "arxiv")
    server.faults.append(Fault("/atom", "refuse", 503))
    broken = Asked(arxiv)
    again = Asked(arxiv, broken.state)
    assert (again.ids, again.error) == (broken.ids, None)


def test_words_that_no_paper_has_yet_are_asked_for_in_peace(server: PaperServer) -> None:
    arxiv = source(server, "arxiv", keywords=("burst",))
    first = Asked(arxiv)
    second = Asked(arxiv, first.state)
    assert (first.error, second.error, second.ids) == (None, None, [])
    server.moment += 20 * DAY  # an outage longer than a first look reaches back
    paper = server.paper("2511.00001", NOON + 2 * DAY, title="A burst")
    assert Asked(arxiv, second.state, server.moment).ids == [paper.id]


def test_more_papers_than_one_query_may_have_are_told_as_a_gap(
    server: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_arxiv_api, "SLICE", 10)
    monkeypatch.setattr("listeners.papers.arxiv.MOST", 20)
    for number in range(60):
        server.paper(f"2511.{number:05d}", NOON - 4 * DAY + number * HOUR)
    asked = Asked(source(server, "arxiv", arxiv_feed_url=""))
    assert len(asked.gaps) == 1
    assert "more than 20 papers are new" in asked.gaps[0]


# --- ADS ---


def test_ads_gives_what_was_entered_page_by_page_with_the_token(
    server: PaperServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listeners.papers.ads.ROWS", 7)
    server.documents = [document(n, NOON - (n % 6) * DAY) for n in range(40)]
    asked = Asked(source(server, "ads"))
    assert sorted(asked.ids) == sorted(f"bibcode:{d['bibcode']}" for d in server.documents)
    assert len(asked.ids) == 40
    assert {h["authorization"] for h in server.headers} == {f"Bearer {TOKEN}"}
    assert all(TOKEN not in call for call in server.calls)
    assert asked.state["mark"] == "2025-11-18"


@pytest.mark.parametrize("cursors", [False, "refused"])
def test_ads_is_read_through_where_it_gives_no_cursor_or_refuses_them(
    server: PaperServer, monkeypatch: pytest.MonkeyPatch, cursors: bool | str
) -> None:
    monkeypatch.setattr("listeners.papers.ads.ROWS", 7)
    server.cursors = cursors
    server.documents = [document(n, NOON - DAY) for n in range(40)]
    assert len(set(Asked(source(server, "ads")).ids)) == 40


def test_what_ads_shows_late_is_found(server: PaperServer) -> None:
    server.documents = [document(1, NOON - DAY)]
    ads = source(server, "ads")
    state = Asked(ads).state
    server.documents.append(document(2, NOON - 5 * DAY, NOON + DAY))
    server.moment = NOON + DAY
    assert set(Asked(ads, state, server.moment).ids) == {f"bibcode:{d['bibcode']}" for d in server.documents}


def test_ads_after_an_outage_of_months_goes_on_where_it_ended(server: PaperServer) -> None:
    ads = source(server, "ads")
    server.documents = [document(n, NOON + n * DAY) for n in range(200)]
    state = Asked(ads).state
    server.moment = NOON + 199 * DAY
    asked = Asked(ads, state, server.moment)
    assert len(asked.ids) == 200


def test_a_wrong_token_is_for_a_person_to_mend_and_is_not_told(server: PaperServer) -> None:
    asked = Asked(source(server, "ads", ads_token="wrong-s3cret"))
    assert isinstance(asked.error, ConfigurationError)
    assert "check the token" in str(asked.error)
    assert "s3cret" not in str(asked.error)
    assert "wrong-s3cret" not in repr(server.settings(ads_token="wrong-s3cret"))


def test_ads_asked_without_a_token_or_without_encryption_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="ADS_API_TOKEN"):
        sources(PapersSettings(ads_query="burst"))
    with pytest.raises(ConfigurationError, match="https only"):
        sources(PapersSettings(ads_query="burst", ads_token="t", ads_url="http://ads.example.org/v1"))


@pytest.mark.parametrize("now", [datetime(1970, 1, 2, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)])
def test_a_wrong_clock_of_ours_hides_nothing_of_ads(server: PaperServer, now: datetime) -> None:
    ads = source(server, "ads")
    server.documents = [document(1, NOON - DAY)]
    state = Asked(ads).state
    server.documents.append(document(2, NOON - DAY))
    wrong = Asked(ads, state, now)
    assert wrong.error is None
    assert "bibcode:2025JMR...0002...1E" in wrong.ids
    server.documents.append(document(3, NOON))
    assert "bibcode:2025JMR...0003...1E" in Asked(ads, wrong.state).ids


def test_a_day_of_entry_in_the_far_future_does_not_hide_what_comes_after(server: PaperServer) -> None:
    server.documents = [document(1, NOON - DAY), document(2, datetime(2999, 1, 1, tzinfo=UTC), NOON)]
    ads = source(server, "ads")
    asked = Asked(ads)
    assert len(asked.ids) == 2
    assert asked.state["mark"] == "2025-11-17"
    server.documents.append(document(3, NOON))
    assert "bibcode:2025JMR...0003...1E" in Asked(ads, asked.state).ids


# --- telegrams ---


def telegrams(server: PaperServer, *numbers: int) -> None:
    server.telegrams += [(n, NOON - DAY) for n in numbers]


def test_telegrams_that_the_feed_no_longer_holds_are_asked_for_by_number(server: PaperServer) -> None:
    telegrams(server, *range(100, 110))
    atel = source(server, "atel")
    first = Asked(atel)
    assert first.ids == [f"atel:{n}" for n in range(100, 110)]
    telegrams(server, *range(110, 150))
    asked = Asked(atel, first.state)
    assert sorted(asked.ids) == sorted(f"atel:{n}" for n in range(110, 150))
    assert asked.state["lacking"] == []
    assert asked.gaps == []


def test_a_telegram_that_is_not_to_be_had_is_said_to_be_missed_after_some_tries(server: PaperServer) -> None:
    telegrams(server, *range(100, 110))
    atel = source(server, "atel")
    state = Asked(atel).state
    telegrams(server, *range(110, 130))
    server.lost_telegrams = {112, 115}
    now = NOON
    gaps: list[str] = []
    for _ in range(12):
        asked = Asked(atel, state, now)
        assert asked.error is None
        state, gaps, now = asked.state, gaps + asked.gaps, now + 3 * HOUR
    assert len(gaps) == 1
    assert "2 telegrams are possibly missed" in gaps[0]
    assert "112, 115" in gaps[0]
    assert server.count("rss+112") == 4
    assert state["lacking"] == []


def test_a_clock_that_goes_back_keeps_no_lacking_telegram_waiting(server: PaperServer) -> None:
    telegrams(server, 100, 101)
    atel = source(server, "atel")
    state = Asked(atel).state
    telegrams(server, 103)
    ahead = Asked(atel, state, NOON + 3000 * DAY)
    server.telegrams.append((102, NOON - DAY))
    server.holds = 1
    assert Asked(atel, ahead.state, NOON).ids[-1] == "atel:102"


def test_a_telegram_that_comes_late_under_a_lower_number_is_found(server: PaperServer) -> None:
    telegrams(server, 100, 101)
    atel = source(server, "atel")
    state = Asked(atel).state
    telegrams(server, 103)
    asked = Asked(atel, state)
    assert asked.ids == ["atel:100", "atel:101", "atel:103"]
    telegrams(server, 102)
    assert "atel:102" in Asked(atel, asked.state).ids


def test_an_unchanged_feed_is_not_read_again(server: PaperServer) -> None:
    telegrams(server, 100, 101)
    atel = source(server, "atel")
    state = Asked(atel).state
    again = Asked(atel, state)
    assert (again.ids, again.state) == ([], state)


def test_a_misprinted_number_far_ahead_hides_nothing_and_asks_for_nothing(server: PaperServer) -> None:
    telegrams(server, 100, 101)
    atel = source(server, "atel")
    state = Asked(atel).state
    telegrams(server, 102, 9_999_999)
    asked = Asked(atel, state)
    assert "atel:9999999" in asked.ids
    assert (asked.state["newest"], asked.state["lacking"]) == (102, [])


def test_an_absence_of_many_years_is_told_as_a_gap_and_not_asked_for(server: PaperServer) -> None:
    telegrams(server, 100, 101)
    atel = source(server, "atel")
    state = Asked(atel).state
    server.telegrams = [(n, NOON) for n in range(90_000, 90_010)]
    asked = Asked(atel, state)
    assert "102-89999" in asked.gaps[0]
    assert asked.state["newest"] == 90_009
    assert asked.state["lacking"] == []


def test_the_first_question_leaves_old_telegrams_alone(server: PaperServer) -> None:
    server.telegrams = [(100, NOON - 30 * DAY), (101, NOON - DAY)]
    assert Asked(source(server, "atel")).ids == ["atel:101"]


def test_a_failure_in_the_middle_of_lacking_telegrams_keeps_those_before_it(server: PaperServer) -> None:
    telegrams(server, *range(100, 110))
    atel = source(server, "atel")
    state = Asked(atel).state
    telegrams(server, *range(110, 150))
    server.faults.append(Fault("rss+125", "refuse", 500))
    asked = Asked(atel, state)
    assert isinstance(asked.error, TransientError)
    rest = Asked(atel, asked.state)
    assert set(asked.ids) | set(rest.ids) == {f"atel:{n}" for n in range(110, 150)}
    assert server.count("rss+110") == 1


# --- settings ---


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"categories": ("astro ph",)}, "none of arXiv's"),
        ({"categories": ()}, "is empty"),
        ({"keywords": (" ",)}, "are words"),
        ({"arxiv_feed_url": "https://rss.arxiv.org/atom/"}, r"\{category\}"),
        ({"atel_one_url": "https://www.astronomerstelegram.org/"}, r"\{number\}"),
    ],
)
def test_settings_that_nobody_can_be_asked_with_say_how_to_mend_them(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        sources(PapersSettings(**changed))


def test_the_query_is_written_in_arxivs_words() -> None:
    settings = PapersSettings(
        categories=("astro-ph.HE", "gr-qc"), keywords=('gamma "ray', "SN"), authors=("A. Müller",)
    )
    query = _arxiv_api.query(settings)
    cats = "cat:astro-ph.HE OR cat:gr-qc OR cat:gr-qc.*"
    assert query == f'({cats}) AND (all:"gamma ray" OR all:"SN" OR au:"A. Müller")'
