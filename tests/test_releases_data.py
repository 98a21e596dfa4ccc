"""Releases of data: folders here and on the web, buckets and answers to queries, as they are played on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from release_services import Services, playing
from test_releases_software import Watcher, ids

from listeners.polling.contract import Source
from listeners.polling.web import Answer, Web
from listeners.releases import folders
from listeners.releases.buckets import BucketSource, objects
from listeners.releases.folders import FolderSource, listed
from listeners.releases.settings import BucketSettings, FolderSettings, QuerySettings, ReleasesSettings, problems
from listeners.releases.sources import sources
from listeners.releases.tap import QuerySource, read
from nuncius.core.errors import ConfigurationError, NunciusError, PermanentError, TransientError
from nuncius.core.event import Tense

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def services() -> Iterator[Services]:
    with playing() as found:
        yield found


@pytest.fixture
def web() -> Iterator[Web]:
    client = Web(wait=lambda seconds: None, timeout_s=20.0)
    yield client
    client.close()


def folder(url: str | Path, **other: Any) -> Source:
    return FolderSource(settings=FolderSettings(name="responses", url=str(url), **other))


def bucket(services: Services, **other: Any) -> Source:
    return BucketSource(settings=BucketSettings(name="maps", url=f"{services.address}/bucket", **other))


def query(services: Services, key: tuple[str, ...] = ("obs_id",), maxrec: int = 100) -> Source:
    asked = "SELECT obs_id, exposure, target FROM obs"
    return QuerySource(
        settings=QuerySettings(name="log", url=f"{services.address}/tap", adql=asked, key=key, maxrec=maxrec)
    )


# --- folders of this machine ---


def test_a_file_is_told_once_it_has_come_to_rest(tmp_path: Path, web: Web) -> None:
    (tmp_path / "old.fits").write_bytes(b"old")
    watcher = Watcher(folder(tmp_path), web)
    assert watcher.looks(2) == []
    new = tmp_path / "new.fits"
    for size in (10, 20, 30):  # still being written
        new.write_bytes(b"x" * size)
        assert watcher.look() == []
    (event,) = watcher.looks(3)
    assert (event.kind, event.data["dataset"], event.data["index"]) == ("release.data", "responses", "folder")
    assert event.data["changed"] == "1 file came (new.fits)"
    (file,) = event.data["files"]
    assert (file["name"], file["size"], file["checksum"][:7]) == ("new.fits", 30, "sha256:")
    assert event.tense is Tense.INITIAL


def test_a_release_of_many_files_is_one_event(tmp_path: Path, web: Web) -> None:
    watcher = Watcher(folder(tmp_path), web)
    (tmp_path / "a.fits").write_bytes(b"1")
    watcher.look()
    for name in "bcdef":
        (tmp_path / f"{name}.fits").write_bytes(b"1")
        assert watcher.look() == []
    (tmp_path / "a.fits").write_bytes(b"2")
    (event,) = watcher.looks(3)
    assert event.data["parameters"]["number_of_files"] == 6
    assert "1 changed (a.fits)" in event.data["changed"]


def test_a_log_that_never_rests_keeps_nothing_back_for_ever(tmp_path: Path, web: Web) -> None:
    log = tmp_path / "log.txt"
    log.write_text("x")
    watcher = Watcher(folder(tmp_path), web)
    watcher.look()
    (tmp_path / "new.fits").write_bytes(b"1")
    told = []
    for number in range(12):
        log.write_text("x" * number * 2)
        told += watcher.look()
    assert [e.data["changed"] for e in told] == ["1 file came (new.fits)"]


def test_a_touched_file_is_no_release_and_a_changed_one_of_the_same_size_is(tmp_path: Path, web: Web) -> None:
    file = tmp_path / "a.fits"
    file.write_bytes(b"12345")
    watcher = Watcher(folder(tmp_path), web)
    watcher.look()
    os.utime(file, (1, 1))
    assert watcher.looks(3) == []
    file.write_bytes(b"12346")
    (event,) = watcher.looks(3)
    assert event.data["changed"] == "1 file changed (a.fits)"
    assert event.tense is Tense.UPDATE


def test_the_same_content_again_is_another_event_of_the_same_version(tmp_path: Path, web: Web) -> None:
    file = tmp_path / "a.fits"
    file.write_bytes(b"A")
    (tmp_path / "b.fits").write_bytes(b"B")
    watcher = Watcher(folder(tmp_path), web)
    watcher.look()
    told = []
    for content in (b"C", b"A", b"C", b"A"):
        file.write_bytes(content)
        told += watcher.looks(3)
    assert len(set(ids(told))) == 4
    versions = [event.data["version"] for event in told]
    assert versions[0] == versions[2] != versions[1] == versions[3]


def test_a_disk_that_is_not_mounted_is_no_deletion(tmp_path: Path, web: Web) -> None:
    place, names = tmp_path / "mount", [f"{n}.fits" for n in range(9)]
    place.mkdir()
    for name in names:
        (place / name).write_bytes(b"1")
    watcher = Watcher(folder(place), web)
    watcher.look()
    for name in names:
        (place / name).unlink()
    assert watcher.looks(4) == []  # an empty mount point
    place.rmdir()
    with pytest.raises(TransientError, match="cannot be read"):
        watcher.look()
    place.mkdir()
    for name in names[1:]:
        (place / name).write_bytes(b"1")
    (event,) = watcher.looks(3)
    assert event.data["changed"] == "1 file is gone (0.fits)"


def test_odd_names_links_and_hidden_files_do_no_harm(tmp_path: Path, web: Web) -> None:
    watcher = Watcher(folder(tmp_path, match="*.fits", depth=2), web)
    watcher.look()
    (tmp_path / "link.fits").symlink_to("/etc/passwd")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / ".hidden.fits").write_bytes(b"1")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deep.fits").write_bytes(b"1")
    os.mkfifo(tmp_path / "pipe.fits")
    (tmp_path / os.fsdecode(b"\xff\xfe.fits")).write_bytes(b"1")
    (event,) = watcher.looks(3)
    assert [file["name"] for file in event.data["files"]] == ["\\xff\\xfe.fits", "sub/deep.fits"]


# --- folders on the web ---


@pytest.mark.parametrize("words", ["nginx", "apache"])
def test_a_listing_of_a_web_server_is_read_with_its_folders(services: Services, web: Web, words: str) -> None:
    services.server_words = words
    services.files |= {"a.fits": (2880, "2026-01-01 10:00"), "2026/b.fits": (5760, "2026-01-02 10:00")}
    watcher = Watcher(folder(f"{services.address}/files/", depth=2), web)
    assert watcher.looks(2) == []
    services.files |= {"2026/a long name with spaces & signs.fits": (100, "2026-11-01 10:00")}
    services.files["a.fits"] = (2881, "2026-11-01 10:00")
    (event,) = watcher.looks(3)
    assert event.data["changed"] == "1 file came (2026/a long name with spaces & signs.fits), 1 changed (a.fits)"
    assert [file["size"] for file in event.data["files"]] == [100, 2881]


@pytest.mark.parametrize("trouble", ["html", "half", "cut", "drop", "503"])
def test_a_page_that_is_no_listing_takes_nothing_away(services: Services, web: Web, trouble: str) -> None:
    services.files |= {f"{n}.fits": (n, "2026-01-01 10:00") for n in range(5)}
    watcher = Watcher(folder(f"{services.address}/files/"), web)
    watcher.look()
    services.trouble.append(trouble)
    with pytest.raises(TransientError):
        watcher.look()
    assert watcher.looks(3) == []


def test_links_elsewhere_are_not_followed() -> None:
    page = b"""<html><title>Index of /x</title><a href="http://evil.example/a.fits">a</a><a href="/etc/b.fits">b</a>
    <a href="../c.fits">c</a><a href="?C=M">d</a><a href="x/../../e">e</a><a href="good.fits">g</a><a href="sub/">s</a>
    <a href="https://h.example/x/own.fits">own</a><a href="//[bad">z</a></html>"""
    found = listed(Answer(url="https://h.example/x/", status=200, body=page), "https://h.example/x/")
    assert [link for link, _ in found] == [
        "https://h.example/x/good.fits",
        "https://h.example/x/sub/",
        "https://h.example/x/own.fits",
    ]


def test_a_listing_in_json_is_read_too() -> None:
    body = b'[{"name": "a.fits", "type": "file", "mtime": "today", "size": 7}, {"name": "s", "type": "directory"}]'
    found = dict(listed(Answer(url="https://h/x/", status=200, body=body), "https://h/x/"))
    assert found["https://h/x/a.fits"].size == 7
    assert "https://h/x/s/" in found


# --- buckets ---


def test_objects_of_a_bucket_come_page_by_page(services: Services, web: Web) -> None:
    services.objects |= {f"run 1/{n}.fits": (n, f"e{n}") for n in range(7)}
    watcher = Watcher(bucket(services, prefix="run 1/"), web)
    assert watcher.looks(2) == []
    services.objects |= {"run 1/7.fits": (7, "e7"), "other/8.fits": (8, "e8")}
    services.objects["run 1/0.fits"] = (0, "f0")  # the same size, another content
    del services.objects["run 1/1.fits"]
    (event,) = watcher.looks(3)
    assert event.data["changed"] == "1 file came (run 1/7.fits), 1 changed (run 1/0.fits), 1 is gone (run 1/1.fits)"
    assert event.id.startswith("s3:maps@")
    assert {file["checksum"] for file in event.data["files"]} == {"etag:e7", "etag:f0"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>", "Access Denied"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>', "document type"),
        (b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "without a token"),
        (b"<ListBucketResult><Contents>", "no list of objects"),
        (b"", "no list of objects"),
    ],
)
def test_what_is_no_list_of_objects_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(TransientError, match=reason):
        objects(Answer(url="https://h/b", status=200, body=body))


def test_tokens_in_a_circle_end(services: Services, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (
        b"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
        b"</ListBucketResult>"
    )
    monkeypatch.setattr(services, "_bucket", lambda asked: page)
    with pytest.raises(TransientError, match="same continuation token"):
        Watcher(bucket(services), web).look()


# --- queries ---


def test_an_answer_is_compared_row_by_row_in_whatever_order(services: Services, web: Web) -> None:
    services.rows = [[f"OBS{n}", 1000.0 + n, "Crab"] for n in range(8)]
    watcher = Watcher(query(services), web)
    assert watcher.look() == []
    services.rows.reverse()
    assert watcher.looks(2) == []
    services.rows = [*services.rows[1:], ["OBS8", 5.5, "M 31"], ["OBS9", "", "M 33"]]
    services.rows[0] = ["OBS6", 1250.0, "Crab"]
    came, gone = watcher.looks(3)
    assert came.data["changed"] == "2 rows came (OBS8, OBS9), 1 changed (OBS6): OBS6: exposure 1006.0 → 1250.0"
    assert came.data["parameters"]["came"] == ['["OBS8",5.5,"M 31"]', '["OBS9",null,"M 33"]']
    assert gone.data["changed"] == "1 row is gone (OBS7)"
    assert came.id.startswith("tap:log@")
    assert came.id != gone.id


def test_without_a_key_rows_come_and_go_and_equal_ones_are_counted(services: Services, web: Web) -> None:
    services.rows = [["A", 1.0, "x"], ["A", 1.0, "x"], ["B", 2.0, "y"]]
    watcher = Watcher(query(services, key=()), web)
    watcher.look()
    services.rows.append(["A", 1.0, "x"])
    (event,) = watcher.looks(2)
    assert event.data["changed"].startswith("1 row came")


def test_another_question_takes_stock_anew(services: Services, web: Web) -> None:
    services.rows = [["A", 1.0, "x"]]
    watcher = Watcher(query(services), web)
    watcher.look()
    services.rows = [["B", 1.0, "x"]]
    other = Watcher(query(services, key=()), web)
    other.state = watcher.state
    assert other.looks(2) == []


@pytest.mark.parametrize(
    ("status", "maxrec", "reason"),
    [("ERROR", 100, "no column named fluxx"), ("OVERFLOW", 100, "not all rows"), ("OK", 3, "not all rows")],
)
def test_a_refused_or_cut_answer_is_a_person_s_to_mend(
    services: Services, web: Web, status: str, maxrec: int, reason: str
) -> None:
    services.rows = [[f"OBS{n}", 1.0, "Crab"] for n in range(5)]
    services.tap_status = status
    with pytest.raises(ConfigurationError, match=reason):
        Watcher(query(services, maxrec=maxrec), web).look()


def test_a_key_that_is_no_column_is_named(services: Services, web: Web) -> None:
    services.rows = [["A", 1.0, "x"]]
    with pytest.raises(ConfigurationError, match="no column 'obsid'; there are obs_id, exposure, target"):
        Watcher(query(services, key=("obsid",)), web).look()


def test_an_answer_that_is_empty_for_a_moment_takes_nothing_away(services: Services, web: Web) -> None:
    services.rows = [[f"OBS{n}", 1.0, "Crab"] for n in range(8)]
    watcher = Watcher(query(services), web)
    watcher.look()
    rows, services.rows = services.rows, []
    assert watcher.looks(3) == []
    services.rows = rows
    assert watcher.looks(3) == []


@pytest.mark.parametrize("trouble", ["html", "half", "drop", "429"])
def test_a_broken_answer_is_asked_for_again(services: Services, web: Web, trouble: str) -> None:
    services.rows = [["A", 1.0, "x"]]
    watcher = Watcher(query(services), web)
    watcher.look()
    services.trouble.append(trouble)
    with pytest.raises(TransientError):
        watcher.look()


@pytest.mark.parametrize(
    "body",
    [
        b"<VOTABLE><RESOURCE/></VOTABLE>",
        b"<VOTABLE><RESOURCE><TABLE><FIELD name='a' datatype='nonsense'/><DATA><TABLEDATA><TR><TD>1</TD></TR>"
        b"</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>",
        b"<!DOCTYPE VOTABLE><VOTABLE/>",
        b"VOTABLE",
    ],
)
def test_what_is_no_table_says_so(body: bytes) -> None:
    with pytest.raises(TransientError, match="VOTable"):
        read(Answer(url="https://h/tap", status=200, body=body))


def test_votables_that_services_really_sent_are_read(shared_data: Path) -> None:
    """Answers of SIMBAD and NED kept by astroquery."""
    folders = shared_data / "papers_releases" / "astroquery-fixtures" / "astroquery"
    files = [*(folders / "simbad").rglob("simbad_*.xml"), *(folders / "ipac").rglob("query_*.xml")]
    assert len(files) >= 10
    sizes = {}
    for file in files:
        try:
            columns, rows = read(Answer(url="https://h/tap", status=200, body=file.read_bytes()))
        except NunciusError as error:
            sizes[file.name] = str(error)
            continue
        assert all(len(row) == len(columns) for row in rows)
        sizes[file.name] = str(len(rows))
    assert sum(size.isdigit() and int(size) > 0 for size in sizes.values()) >= 8, sizes


# --- settings ---


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (ReleasesSettings(packages=("gаmmapy",)), "'а' is U\\+0430, no ASCII letter"),
        (ReleasesSettings(packages=("x/../y",)), "names no package"),
        (ReleasesSettings(github=("gammapy",)), "owner/name"),
        (ReleasesSettings(zenodo=("10.5281/zenodo.1",)), "the number in the DOI"),
        (ReleasesSettings(zenodo_communities=("a b",)), "short name"),
        (ReleasesSettings(github_url="ftp://x"), "https://"),
        (ReleasesSettings(index_url="https://user:password@x/simple"), "https://"),
        (ReleasesSettings(folders=(FolderSettings(name="x", url="data"),)), "whole path"),
        (ReleasesSettings(folders=(FolderSettings(name="a/b", url="/x"),)), "letters, digits"),
        (ReleasesSettings(queries=(QuerySettings(name="x", url="https://h", adql=" "),)), "adql"),
        (
            ReleasesSettings(
                folders=(FolderSettings(name="x", url="/x"),), buckets=(BucketSettings(name="x", url="https://h"),)
            ),
            "two are named 'x'",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_the_way_to_mend_it(settings: ReleasesSettings, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        sources(settings)


def test_each_thing_is_watched_once_and_a_guest_of_github_keeps_the_quota() -> None:
    settings = ReleasesSettings(packages=("Astro_Py", "gammapy"), github=tuple(f"o/r{n}" for n in range(50)))
    found = sources(settings, packages=["astro-py", "mocpy"])
    names = [source.name for source in found]
    assert names[:3] == ["pypi:astro-py", "pypi:gammapy", "pypi:mocpy"]
    assert len(set(names)) == len(names) == 53
    of_github = [source for source in found if source.name.startswith("github:")]
    assert sum(2 * 3600 / source.every_s for source in of_github) <= 60
    assert list(problems(settings)) == []
    assert "pypi:mocpy" not in [s.name for s in sources(ReleasesSettings(test_cases=False), packages=["mocpy"])]


def test_a_folder_without_end_is_refused(services: Services, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_FOLDERS", 20)
    services.files |= {f"{n}/a.fits": (1, "2026-01-01 10:00") for n in range(30)}
    with pytest.raises(PermanentError, match="set a smaller depth"):
        Watcher(folder(f"{services.address}/files/", depth=2), web).look()
