"""Releases of software, from GitHub, a package index and Zenodo, as they are played on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from release_services import Services, playing

from listeners.formats import Message, parse
from listeners.polling.contract import Source
from listeners.polling.web import Web
from listeners.releases.github import GithubSource
from listeners.releases.pypi import PypiSource
from listeners.releases.zenodo import ZenodoSource
from nuncius.core.errors import ConfigurationError, FormatError, NunciusError, TransientError
from nuncius.core.event import Event, Tense

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)


@pytest.fixture
def services() -> Iterator[Services]:
    with playing() as found:
        yield found


@pytest.fixture
def web() -> Iterator[Web]:
    client = Web(wait=lambda seconds: None, timeout_s=20.0)
    yield client
    client.close()


class Watcher:
    """A source with its state between looks, which goes through JSON as it does in the journal."""

    def __init__(self, source: Source, web: Web) -> None:
        self.source, self.web, self.now = source, web, NOW
        self.state: Any = None
        self.gaps: list[str] = []
        self.rejects: list[str] = []

    def look(self) -> list[Event]:
        events: list[Event] = []
        self.now += timedelta(minutes=30)
        for page in self.source.pages(self.state, self.web, self.now):
            for message in page.messages:
                try:
                    events += parse(message)
                except FormatError as error:
                    self.rejects.append(str(error))
            self.gaps += [gap.detail for gap in page.gaps]
            self.state = json.loads(json.dumps(page.state))
        return events

    def looks(self, count: int) -> list[Event]:
        return [event for _ in range(count) for event in self.look()]


def ids(events: Sequence[Event]) -> list[str]:
    return [event.id for event in events]


def github(services: Services, name: str = "gammapy/gammapy", token: str = "") -> GithubSource:
    return GithubSource(repository=name, every_s=1800, token=token, address=f"{services.address}/gh")


def pypi(services: Services, name: str = "gammapy") -> PypiSource:
    return PypiSource(package=name, every_s=900, address=f"{services.address}/simple/")


def zenodo(services: Services, concept: str = "", community: str = "") -> ZenodoSource:
    return ZenodoSource(concept=concept, community=community, every_s=3600, address=f"{services.address}/zen")


# --- GitHub ---


def test_the_first_look_tells_what_is_recent_and_takes_stock_of_the_rest(services: Services, web: Web) -> None:
    for year in range(5):
        services.release("gammapy/gammapy", f"v1.{year}", LONG_AGO + timedelta(days=year))
    services.release("gammapy/gammapy", "v2.0", NOW - timedelta(days=2))
    watcher = Watcher(github(services), web)
    assert ids(watcher.look()) == ["github:gammapy/gammapy@v2.0"]
    assert watcher.looks(2) == []
    services.release("gammapy/gammapy", "v2.1", NOW)
    assert ids(watcher.looks(3)) == ["github:gammapy/gammapy@v2.1"]


def test_an_unchanged_list_is_not_sent_again_whatever_its_length(services: Services, web: Web) -> None:
    for number in range(5):
        services.release("gammapy/gammapy", f"v1.{number}", LONG_AGO)
    watcher = Watcher(github(services), web)
    watcher.look()
    before = len(services.asked)
    watcher.look()
    later = services.asked[before:]
    assert len(later) == 6  # three pages of releases, three of tags
    assert all("if-none-match" in asked.headers for asked in later)


def test_one_release_by_webhook_and_by_polling_is_one_event_its_edit_and_its_deletion_too(
    services: Services, web: Web
) -> None:
    watcher = Watcher(github(services), web)
    services.release("gammapy/gammapy", "v1.0", LONG_AGO)
    watcher.look()
    release = services.release("gammapy/gammapy", "v1.1", NOW)

    def hook(action: str) -> str:
        body = {"action": action, "release": release, "repository": {"full_name": "gammapy/gammapy"}, "sender": {}}
        (event,) = parse(Message(raw=json.dumps(body, indent=1).encode(), received=NOW))
        return event.id

    assert ids(watcher.look()) == [hook("published")] == [hook("released")]
    release["body"] = "What is new, and a fix of a typing error."
    assert ids(watcher.look()) == [hook("edited")]
    release["download_count"] = 5
    assert watcher.look() == []
    services.releases["gammapy/gammapy"].remove(release)
    gone = watcher.look() + watcher.look()
    assert (ids(gone), gone[0].tense) == ([hook("deleted")], Tense.RETRACTION)


def test_a_draft_is_planned_and_its_publication_is_the_release(services: Services, web: Web) -> None:
    watcher = Watcher(github(services), web)
    watcher.look()
    draft = services.release("gammapy/gammapy", "v1.1", NOW, draft=True)
    assert [(e.id, e.tense) for e in watcher.look()] == [("github:gammapy/gammapy@v1.1:draft", Tense.PLANNED)]
    draft["draft"] = False
    assert ids(watcher.look()) == ["github:gammapy/gammapy@v1.1"]
    draft["draft"] = True
    assert ids(watcher.look()) == ["github:gammapy/gammapy@v1.1:unpublished"]


def test_a_pre_release_that_becomes_the_release_is_a_release(services: Services, web: Web) -> None:
    watcher = Watcher(github(services), web)
    watcher.look()
    release = services.release("gammapy/gammapy", "v1.1", NOW, prerelease=True)
    (event,) = watcher.look()
    assert (event.id, event.data["prerelease"]) == ("github:gammapy/gammapy@v1.1:prerelease", True)
    release["prerelease"] = False
    (event,) = watcher.look()
    assert (event.id, event.tense, event.data["action"]) == ("github:gammapy/gammapy@v1.1", Tense.INITIAL, "released")


def test_a_tag_is_told_where_it_stays_without_a_release_and_when_it_moves(services: Services, web: Web) -> None:
    services.release("gammapy/gammapy", "v1.0", LONG_AGO)
    watcher = Watcher(github(services), web)
    watcher.look()
    services.tags["gammapy/gammapy"] |= {"v1.1": "a" * 40, "nightly": "b" * 40}
    assert watcher.look() == []
    (event,) = watcher.look()
    assert (event.id, event.data["version"]) == ("github:gammapy/gammapy@v1.1:tag", "1.1")
    assert watcher.look() == []
    services.tags["gammapy/gammapy"] |= {"v1.1": "c" * 40, "nightly": "d" * 40}
    (event,) = watcher.looks(3)
    assert (event.tense, event.data["action"], event.id[-12:]) == (Tense.UPDATE, "moved", "c" * 12)
    services.tags["gammapy/gammapy"]["v1.2"] = "e" * 40
    watcher.look()
    services.release("gammapy/gammapy", "v1.2", NOW)  # its release follows: the tag is no news of its own
    assert ids(watcher.looks(3)) == ["github:gammapy/gammapy@v1.2"]


def test_a_release_candidate_is_told_apart_though_nobody_ticked_the_box(services: Services, web: Web) -> None:
    watcher = Watcher(github(services), web)
    watcher.look()
    services.release("gammapy/gammapy", "v2.0rc1", NOW)
    (event,) = watcher.look()
    assert event.data["prerelease"] is True
    services.release("gammapy/gammapy", "gammapy-2.0", NOW)
    (event,) = watcher.look()
    assert (event.data["prerelease"], event.data["version"]) == (False, "2.0")


def test_a_moved_repository_goes_on_under_its_new_name(services: Services, web: Web) -> None:
    services.release("old/gammapy", "v1.0", LONG_AGO)
    watcher = Watcher(github(services, "old/gammapy"), web)
    watcher.look()
    moved = [{**r, "url": r["url"].replace("old/", "gammapy/")} for r in services.releases.pop("old/gammapy")]
    services.releases["gammapy/gammapy"], services.tags["gammapy/gammapy"] = moved, services.tags.pop("old/gammapy")
    services.moved["old/gammapy"] = "gammapy/gammapy"
    assert watcher.looks(3) == []
    services.release("gammapy/gammapy", "v1.1", NOW)
    assert ids(watcher.looks(2)) == ["github:gammapy/gammapy@v1.1"]


def test_the_token_goes_to_github_alone(services: Services, web: Web, caplog: pytest.LogCaptureFixture) -> None:
    source = github(services, token="ghp_secret")
    with playing() as other:
        other.release("gammapy/gammapy", "v1.0", NOW)
        services.moved["gammapy/gammapy"] = "x/y"
        there = other.address.replace("127.0.0.1", "localhost")
        services.address, home = there, services.address
        Watcher(source, web).look()  # redirected to another host
        assert services.asked[0].headers["authorization"] == "Bearer ghp_secret"
        assert other.asked
        assert not [asked for asked in other.asked if "authorization" in asked.headers]
        services.moved.clear()
        for number in range(3):
            services.release("gammapy/gammapy", f"v1.{number}", NOW)
        with pytest.raises(TransientError, match="another host"):
            Watcher(source, web).look()  # its next page is there
        services.address = home
    assert "ghp_secret" not in repr(source) + caplog.text


@pytest.mark.parametrize("trouble", ["limited", "secondary", "in words"])
def test_a_rate_limit_of_github_is_waited_for_and_no_mistake_of_the_token(services: Services, trouble: str) -> None:
    web = Web(wait=lambda seconds: None)
    services.release("gammapy/gammapy", "v1.0", NOW)
    services.trouble.append(trouble)
    with pytest.raises(TransientError) as raised:
        Watcher(github(services), web).look()
    assert raised.value.retry_after_s is not None
    assert raised.value.retry_after_s >= 1
    web.close()


def test_a_page_that_is_empty_for_a_moment_takes_nothing_back(services: Services, web: Web) -> None:
    for number in range(6):
        services.release("gammapy/gammapy", f"v1.{number}", LONG_AGO)
    watcher = Watcher(github(services), web)
    watcher.look()
    for _ in range(4):
        services.trouble.extend(["empty list", "empty list"])
        assert watcher.look() == []
    assert watcher.looks(3) == []


def test_what_is_no_release_in_a_list_is_a_reject_and_costs_no_other(services: Services, web: Web) -> None:
    watcher = Watcher(github(services), web)
    watcher.look()
    services.releases["gammapy/gammapy"] = [{"id": 7, "name": "no tag"}, {"tag_name": 5, "id": []}]
    services.per_page = 10
    services.release("gammapy/gammapy", "v1.0", NOW)
    assert ids(watcher.looks(3)) == ["github:gammapy/gammapy@5", "github:gammapy/gammapy@v1.0"]
    assert len(watcher.rejects) == 1
    assert "tag_name" in watcher.rejects[0]


# --- the package index ---


def test_versions_that_are_new_are_told_with_what_they_are(services: Services, web: Web) -> None:
    services.upload("gammapy", "1.0", LONG_AGO)
    services.upload("gammapy", "1.3", NOW - timedelta(days=1))
    watcher = Watcher(pypi(services), web)
    assert ids(watcher.look()) == ["pypi:gammapy==1.3"]
    services.upload("gammapy", "2.0rc1", NOW)
    services.upload("gammapy", "2.0", NOW + timedelta(minutes=1))
    candidate, release = watcher.look()
    assert (candidate.data["prerelease"], release.data["prerelease"]) == (True, False)
    assert release.data["url"] == f"{services.address}/simple/gammapy/"
    assert (release.data["package"], release.data["version"], release.data["index"]) == ("gammapy", "2.0", "pypi")
    assert release.trigger_time == NOW + timedelta(minutes=1)
    assert watcher.looks(3) == []


def test_new_files_of_an_old_version_are_no_release(services: Services, web: Web) -> None:
    services.upload("gammapy", "1.0", LONG_AGO)
    watcher = Watcher(pypi(services), web)
    watcher.look()
    services.upload("gammapy", "1.0", LONG_AGO, files=3)
    assert watcher.looks(2) == []


def test_a_yanked_version_is_taken_back_and_may_come_again_as_often_as_it_likes(services: Services, web: Web) -> None:
    services.upload("gammapy", "1.0", LONG_AGO)
    watcher = Watcher(pypi(services), web)
    watcher.look()
    told = []
    for yanked in ("breaks maps", False, True, False):
        services.upload("gammapy", "1.0", LONG_AGO, yanked=yanked)
        told += watcher.looks(2)
    assert [(e.tense.value, e.data["yanked"]) for e in told] == [("retraction", True), ("update", False)] * 2
    assert told[0].data["body"] == "breaks maps"
    assert len(set(ids(told))) == 4


def test_a_deleted_version_is_told_at_the_second_look(services: Services, web: Web) -> None:
    for number in range(3):
        services.upload("gammapy", f"1.{number}", LONG_AGO)
    watcher = Watcher(pypi(services), web)
    watcher.look()
    services.serial += 1
    del services.index["gammapy"]["1.1"]
    assert watcher.look() == []
    assert ids(watcher.look()) == ["pypi:gammapy==1.1:deleted"]
    assert watcher.looks(2) == []


def test_an_older_page_from_a_cache_is_not_believed(services: Services, web: Web) -> None:
    services.upload("gammapy", "1.0", LONG_AGO)
    old = {version: dict(said) for version, said in services.index["gammapy"].items()}
    services.upload("gammapy", "1.1", NOW)
    watcher = Watcher(pypi(services), web)
    watcher.look()
    new, services.index["gammapy"], services.serial = services.index["gammapy"], old, services.serial - 1
    assert watcher.looks(3) == []
    services.index["gammapy"], services.serial = new, services.serial + 1
    assert watcher.looks(3) == []


def test_an_index_that_speaks_html_only_is_read_too(services: Services, web: Web) -> None:
    services.html_index = True
    services.upload("gammapy", "1.0", None)
    watcher = Watcher(pypi(services), web)
    assert watcher.look() == []
    services.upload("gammapy", "1.1", None)
    assert ids(watcher.look()) == ["pypi:gammapy==1.1"]
    services.upload("gammapy", "1.1", None, yanked=True)
    assert ids(watcher.look()) == ["pypi:gammapy==1.1:yanked"]


def test_another_project_s_page_and_files_of_lookalikes_are_refused(services: Services, web: Web) -> None:
    services.upload("gammapy", "1.0", LONG_AGO)
    watcher = Watcher(pypi(services), web)
    watcher.look()
    services.names["gammapy"] = "gаmmapy"  # the second letter is Cyrillic
    with pytest.raises(TransientError, match="the page is of"):
        watcher.look()
    assert len(watcher.rejects) == 1
    services.names.clear()
    services.upload("gammapy", "9.9", NOW)
    services.index["gammapy"]["9.9"]["files"] = ["gаmmapy-9.9.tar.gz", "gammapy_tools-9.9.tar.gz"]
    assert watcher.looks(2) == []


def test_a_hundred_thousand_versions_are_borne(services: Services, web: Web) -> None:
    services.upload("gammapy", "1.0", LONG_AGO)
    watcher = Watcher(pypi(services), web)
    watcher.look()
    at = NOW.isoformat()
    services.index["gammapy"] |= {
        f"0.0.{number}": {"files": [f"gammapy-0.0.{number}.tar.gz"], "at": at, "yanked": False}
        for number in range(100_000)
    }
    odd = ["1.0-" + "9" * 250, "v" * 90, "1.0; rm -rf", "١.٢", "0!0", "../../etc/passwd"]
    services.index["gammapy"] |= {v: {"files": [f"gammapy-{v}.tar.gz"], "at": at, "yanked": False} for v in odd}
    services.serial += 1
    told = watcher.look()
    assert len(told) <= 200
    assert len(watcher.gaps) == 1
    assert "at once are no releases" in watcher.gaps[0]
    assert watcher.look() == []


def test_a_package_that_the_index_has_not_is_a_person_s_to_mend(services: Services, web: Web) -> None:
    with pytest.raises(ConfigurationError, match="no such package"):
        Watcher(pypi(services, "gamapy"), web).look()


# --- Zenodo ---


@pytest.mark.parametrize("rdm", [False, True])
def test_versions_of_a_record_in_both_shapes(services: Services, web: Web, rdm: bool) -> None:
    services.rdm = rdm
    for number in range(5):
        services.record("42", f"1.{number}", LONG_AGO + timedelta(days=number))
    services.record("43", "1", NOW)  # another record's
    watcher = Watcher(zenodo(services, "42"), web)
    assert watcher.look() == []
    new = services.record("42", "2.0", NOW)
    (event,) = watcher.looks(2)
    assert (event.id, event.kind, event.data["dataset"]) == (f"zenodo:{new}", "release.data", "zenodo:42")
    assert event.data["files"] == [{"name": "table.fits", "size": 2_880_000.0, "checksum": f"md5:{new}"}]
    assert (event.data["version"], event.data["doi"]) == ("2.0", f"10.5281/zenodo.{new}")
    assert "1 file, 2.88 MB" in event.data["changed"]


def test_software_on_zenodo_has_its_repository_s_name(services: Services, web: Web) -> None:
    watcher = Watcher(zenodo(services, community="gamma"), web)
    services.record("40", "1", LONG_AGO)
    watcher.look()
    link = {"identifier": "https://github.com/gammapy/gammapy/tree/v2.0", "relation": "isSupplementTo"}
    services.record("44", "v2.0", NOW, "software", related_identifiers=[link])
    services.record("45", "", NOW, "publication")
    (event,) = watcher.looks(3)
    said = {word: event.data[word] for word in ("package", "version", "tag", "repository", "index")}
    assert said == {
        "package": "gammapy",
        "version": "2.0",
        "tag": "v2.0",
        "repository": "gammapy/gammapy",
        "index": "zenodo",
    }


def test_a_record_is_withdrawn_where_its_own_page_says_so(services: Services, web: Web) -> None:
    numbers = [services.record("42", f"1.{number}", LONG_AGO, "software") for number in range(3)]
    watcher = Watcher(zenodo(services, "42"), web)
    watcher.look()
    hidden = services.records.pop(numbers[1])
    services.records[numbers[1] + "x"] = hidden | {"conceptrecid": "0"}
    services.withdrawn.add("other")
    services.withdrawn.add(numbers[1])
    assert watcher.look() == []
    (event,) = watcher.look()
    assert (event.id, event.kind, event.tense) == (f"zenodo:{numbers[1]}:deleted", "release.code", Tense.RETRACTION)
    assert watcher.looks(2) == []


def test_a_search_that_forgets_a_record_withdraws_nothing(services: Services, web: Web) -> None:
    numbers = [services.record("42", f"1.{number}", LONG_AGO) for number in range(3)]
    watcher = Watcher(zenodo(services, "42"), web)
    watcher.look()
    services.records[numbers[1]]["conceptrecid"] = "0"  # the search does not find it, its page is there
    assert watcher.looks(4) == []


def test_a_community_with_a_year_behind_it_tells_only_what_is_new(services: Services, web: Web) -> None:
    numbers = [services.record(str(n), "1", LONG_AGO + timedelta(days=n)) for n in range(30)]
    watcher = Watcher(zenodo(services, community="gamma"), web)
    assert watcher.look() == []
    first = len(services.asked)
    assert first < 5
    new = [services.record(f"9{n}", "1", NOW + timedelta(minutes=n)) for n in range(9)]
    assert ids(watcher.look()) == [f"zenodo:{number}" for number in new]
    del services.records[numbers[-1]]  # what was below the first page moves up, and is no news
    assert watcher.looks(3) == []


def test_a_search_that_ignores_the_community_tells_none_of_the_others(services: Services, web: Web) -> None:
    services.record("1", "1", LONG_AGO, communities=[{"id": "gamma"}])
    watcher = Watcher(zenodo(services, community="gamma"), web)
    watcher.look()
    services.record("2", "1", NOW, communities=[{"id": "botany"}])
    ours = services.record("3", "1", NOW, communities=[{"id": "botany"}, {"id": "gamma"}])
    assert ids(watcher.looks(2)) == [f"zenodo:{ours}"]


def test_papers_and_malformed_records_make_no_release(services: Services, web: Web) -> None:
    services.record("42", "1", LONG_AGO)
    watcher = Watcher(zenodo(services, "42"), web)
    watcher.look()
    services.records["bad"] = {"id": "<script>", "conceptrecid": "42", "created": NOW.isoformat(), "metadata": []}
    assert watcher.looks(2) == []
    assert len(watcher.rejects) == 1


# --- every source ---


@pytest.mark.parametrize("trouble", ["500", "503", "429", "drop", "slow", "cut", "half", "html", "404"])
@pytest.mark.parametrize("which", ["github", "pypi", "zenodo"])
def test_a_trouble_raises_by_type_and_the_next_look_goes_on(services: Services, which: str, trouble: str) -> None:
    web = Web(wait=lambda seconds: None, timeout_s=20.0)
    hasty = Web(wait=lambda seconds: None, timeout_s=0.3)
    services.release("gammapy/gammapy", "v1.0", LONG_AGO)
    services.upload("gammapy", "1.0", LONG_AGO)
    services.record("42", "1.0", LONG_AGO)
    sources = {"github": github(services), "pypi": pypi(services), "zenodo": zenodo(services, "42")}
    watcher = Watcher(sources[which], web)
    watcher.look()
    services.release("gammapy/gammapy", "v1.1", NOW)
    services.upload("gammapy", "1.1", NOW)
    services.record("42", "1.1", NOW)
    services.trouble.append(trouble)
    watcher.web = hasty if trouble == "slow" else web
    with pytest.raises(NunciusError) as raised:
        watcher.look()
    expected = {"404": (NunciusError,)}.get(trouble, (TransientError,))
    assert isinstance(raised.value, expected)
    assert len(watcher.rejects) == int(trouble in ("html", "half"))
    watcher.web = Web(wait=lambda seconds: None)  # the first one leaves a limited host alone
    assert len(watcher.looks(3)) == 1
    for client in (web, hasty, watcher.web):
        client.close()


def test_a_clock_that_jumps_tells_nothing_old_and_misses_nothing(services: Services, web: Web) -> None:
    for number in range(30):
        services.upload("gammapy", f"1.{number}", LONG_AGO + timedelta(days=number))
    watcher = Watcher(pypi(services), web)
    watcher.now = datetime(1970, 1, 2, tzinfo=UTC)
    assert watcher.look() == []
    watcher.now = datetime(2200, 1, 1, tzinfo=UTC)
    services.upload("gammapy", "2.0", NOW)
    assert ids(watcher.look()) == ["pypi:gammapy==2.0"]
    watcher.now = datetime(1970, 1, 2, tzinfo=UTC)
    services.upload("gammapy", "2.1", NOW)
    assert ids(watcher.look()) == ["pypi:gammapy==2.1"]


def test_a_look_that_ends_in_the_middle_goes_on_where_it_was(services: Services, web: Web) -> None:
    services.upload("gammapy", "1.0", LONG_AGO)
    watcher = Watcher(pypi(services), web)
    watcher.look()
    for number in range(120):
        services.upload("gammapy", f"2.{number}", NOW + timedelta(seconds=number))
    pages = watcher.source.pages(watcher.state, web, NOW)
    first = next(pages)
    watcher.state = json.loads(json.dumps(first.state))
    told = [event for message in first.messages for event in parse(message)]
    rest = watcher.look()
    assert ids(told + rest) == [f"pypi:gammapy==2.{number}" for number in range(120)]


# --- what others published ---


def test_a_release_of_github_s_own_api_is_read_alone(shared_data: Path) -> None:
    folder = shared_data / "papers_releases" / "github-releases-api" / "scenarios" / "api.github.com"
    calls = json.loads((folder / "release-assets" / "raw-fixture.json").read_text())
    (said,) = [call["response"] for call in calls if call["path"].endswith("/releases/tags/v1.0.0")]
    (event,) = parse(Message(raw=json.dumps(said).encode(), received=NOW))
    assert event.id == f"github:{event.data['repository']}@v1.0.0"
    assert event.data["repository"].startswith("octokit-fixture-org/")
    assert event.trigger_time is not None


def test_zenodo_s_own_records_are_read_in_each_shape(shared_data: Path) -> None:
    """Metadata of Zenodo's fixtures as the API returns it, and as the old database stored it."""
    records = json.loads((shared_data / "papers_releases/zenodo/zenodo/modules/fixtures/data/records.json").read_text())
    kinds = set()
    for number, record in enumerate(records, start=100):
        sort = record["metadata"]["upload_type"]
        meta = record["metadata"] | {"resource_type": {"type": sort}}
        files = [{"key": name, "size": 1, "checksum": "md5:0"} for name in record["files"]]
        api = {"id": number, "conceptrecid": "99", "metadata": meta, "files": files}
        stored = meta | {"recid": number, "conceptrecid": "99", "_files": files}
        found = [parse(Message(raw=json.dumps(shape).encode(), received=NOW)) for shape in (api, stored)]
        assert [ids(events) for events in found] == [ids(found[0])] * 2
        kinds |= {(sort, event.kind) for events in found for event in events}
        for (event,) in (events for events in found if events):
            assert len(event.data["files"]) == len(files)
    assert kinds <= {("software", "release.code"), ("dataset", "release.data")}
    assert kinds
