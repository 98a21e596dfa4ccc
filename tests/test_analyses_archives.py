"""Archives asked by position: a real pyvo client against servers on loopback, good, slow, wrong and hostile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from archive_servers import ERROR, LAUGHS, NOT_NUMBERS, PROMISE, ROWS, Archive, archive, table

from analyses import archives
from analyses.archives import Answer, ask_all
from analyses.catalogues import load_catalogues
from analyses.run import run
from analyses.settings import ArchivesSettings
from analyses.worker import Setup
from kg.harvest import harvest_triples
from nuncius import checkup
from nuncius.checkup import examine
from nuncius.core.errors import ConfigurationError

pytest.importorskip("pyvo", reason="the extra `archives` is not installed")

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLACE = (197.45, -23.38)
NGC4993 = ("NGC 4993", 197.4487, -23.3839, "G", 0.0098, 12.4)
FAINT = ("LEDA 1", 197.46, -23.40, "G", 0.05, 19.0)
FAR = ("beyond the cone", 199.0, -23.40, "G", None, 15.0)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setenv(archives.VARIABLE, "")
    with archive() as made:
        yield made


def named(there: Archive, folder: Path, *keys: str, timeout_s: float = 5.0, **services: str) -> None:
    """Use a file of catalogues at that archive, by key and path; `tap` in the path makes it TAP."""
    text = ""
    for key, path in services.items():
        tap = "/tap" in path
        text += f'[{key}]\ntitle = "{key.upper()}"\nurl = "{there.url}{path}"\nclass = "known object"\n'
        text += 'density = 500\nmatch_means = "something"\nkind = "otype"\nredshift = "z"\nmagnitude = "mag"\n'
        text += 'classes = { "G" = "galaxy" }\nprotocol = "' + ("tap" if tap else "scs") + '"\n'
        text += 'table = "basic"\nname = "name"\nra = "ra"\ndec = "dec"\n' if tap else ""
    file = folder / "mine.toml"
    file.write_text(text)
    settings = ArchivesSettings(ask=keys or tuple(services), catalogues=file, timeout_s=timeout_s)
    archives.use(settings, folder)


def asked(radius: float = 0.1, now: datetime = NOW) -> dict[str, Answer]:
    return {answer.key: answer for answer in ask_all(*PLACE, radius, now)}


def test_a_cone_search_and_a_tap_service_give_the_same_sources_nearest_first(there: Archive, tmp_path: Path) -> None:
    rows = [FAR, FAINT, NGC4993]
    there.answers = {"/scs": table(rows), "/tap/sync": table(rows)}
    named(there, tmp_path, cone="/scs?table=x&key=hush", tables="/tap")
    found = asked()
    assert [source.name for source in found["cone"].sources] == ["NGC 4993", "LEDA 1"]
    assert [source.name for source in found["tables"].sources] == ["NGC 4993", "LEDA 1"]
    first = found["tables"].sources[0]
    assert (first.sort, first.redshift, first.faintness) == ("galaxy", 0.0098, 12.4)
    by_path = dict(there.asked)
    assert float(by_path["/scs"]["RA"]) == pytest.approx(197.45)
    assert float(by_path["/scs"]["SR"]) == pytest.approx(0.1)
    assert by_path["/scs"]["table"] == "x"  # what the address has already stays in it
    assert "CIRCLE('ICRS', 197.450000, -23.380000, 0.100000)" in by_path["/tap/sync"]["QUERY"]
    assert by_path["/tap/sync"]["MAXREC"] == "2000"


@pytest.mark.parametrize(
    ("path", "answer", "why"),
    [
        ("/tap", (400, ERROR), "no such column: otyp"),
        ("/tap", ERROR, "no such column: otyp"),
        ("/scs", (503, "down for maintenance"), "no VOTable"),
        ("/scs", "<html>Welcome to our portal</html>", "no VOTable"),
        ("/scs", "", "no VOTable"),
        ("/scs", table([NGC4993])[:600], "after"),
        ("/scs", LAUGHS, "entities"),
        ("/scs", PROMISE, "promises"),
        ("/scs", ROWS, "promises"),
        (
            "/scs",
            table([NGC4993]).replace(
                'name="ra" datatype="double" ucd="pos.eq.ra;meta.main"', 'name="ar" datatype="double"'
            ),
            "no position",
        ),
        ("/moved", "", "moved to"),
        ("/gone", (404, "no such service"), "no VOTable"),
    ],
)
def test_an_archive_that_fails_or_attacks_costs_its_own_row_and_is_named(
    there: Archive, tmp_path: Path, path: str, answer: str | tuple[int, str], why: str
) -> None:
    there.answers = {path: answer, f"{path}/sync": answer, "/good": table([NGC4993])}
    named(there, tmp_path, bad=path, good="/good")
    begun = time.monotonic()
    found = asked()
    assert why in found["bad"].problem, found["bad"].problem
    assert found["bad"].sources == []
    assert [source.name for source in found["good"].sources] == ["NGC 4993"]
    assert time.monotonic() - begun < 4.0


def test_slow_and_endless_answers_end_at_the_deadline_and_beside_each_other(there: Archive, tmp_path: Path) -> None:
    there.answers = {"/good": table([NGC4993])}
    named(there, tmp_path, slow="/slow", slower="/slow2", endless="/endless", good="/good", timeout_s=1.0)
    begun = time.monotonic()
    found = asked()
    assert time.monotonic() - begun < 2.5
    assert "not done within 1 s" in found["slow"].problem
    assert "refused; see max_mb" in found["endless"].problem
    assert found["good"].sources


def test_a_server_that_nobody_runs_is_told_without_its_secrets(there: Archive, tmp_path: Path) -> None:
    named(there, tmp_path, gone="/x")
    said = msgspec.json.decode(archives.passed_on())
    said["catalogues"]["gone"]["url"] = "http://me:hush@127.0.0.1:9/scs?token=hush"
    archives.pass_on(msgspec.json.encode(said).decode())
    answer = asked()["gone"]
    assert answer.problem
    assert "hush" not in repr(answer)


def test_overflow_is_said_and_what_is_no_number_or_not_printable_is_left_out(there: Archive, tmp_path: Path) -> None:
    there.answers = {
        "/tap/sync": table([NGC4993], status="OVERFLOW"),
        "/odd": NOT_NUMBERS,
        "/outside": table([("x", 197.45, -123.38, "G", None, None), NGC4993]),
    }
    named(there, tmp_path, full="/tap", odd="/odd", outside="/outside")
    found = asked()
    assert found["full"].cut
    assert found["full"].sources[0].name == "NGC 4993"
    assert found["odd"].sources == []
    assert [source.name for source in found["outside"].sources] == ["NGC 4993"]


def test_the_same_question_is_asked_once_and_again_when_it_is_old(there: Archive, tmp_path: Path) -> None:
    there.answers = {"/scs": table([NGC4993]), "/tap/sync": (500, "oops")}
    named(there, tmp_path, cone="/scs", broken="/tap")
    first, second = asked(), asked()
    assert (first["cone"].kept, second["cone"].kept) == (False, True)
    assert second["cone"].sources == first["cone"].sources
    assert [path for path, _ in there.asked].count("/scs") == 1
    assert [path for path, _ in there.asked].count("/tap/sync") == 2  # a failure is not kept
    asked(radius=0.2)
    asked(now=NOW + timedelta(days=31))
    assert [path for path, _ in there.asked].count("/scs") == 3
    for file in (tmp_path / "archives").glob("*.json"):
        file.write_bytes(b"damaged")
    assert asked()["cone"].sources == first["cone"].sources


def test_nothing_is_asked_unless_it_is_configured_and_a_wrong_key_is_named(
    there: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archives.use(ArchivesSettings(), tmp_path)
    assert ask_all(*PLACE, 0.1, NOW) == []
    with pytest.raises(ConfigurationError, match="'simbat'; did you mean 'simbad'"):
        archives.use(ArchivesSettings(ask=("simbat",)), tmp_path)
    archives.use(ArchivesSettings(ask=("all",)), tmp_path)
    assert set(archives.asking().catalogues) == set(load_catalogues())
    file = tmp_path / "wrong.toml"
    file.write_text('[x]\ntitle = "X"\nurl = "http://x"\nprotocol = "tap"\nclass = "galaxy"\ndensity = 1\n')
    with pytest.raises(ConfigurationError, match=r"wrong\.toml"):
        load_catalogues(file)


def test_a_run_shows_what_the_archives_know_and_what_it_asked_of_whom(there: Archive, tmp_path: Path) -> None:
    there.answers = {"/tap/sync": table([NGC4993, FAINT]), "/scs": (503, "down")}
    named(there, tmp_path, simba="/tap", down="/scs")
    sky = {"type": "circle", "ra": 197.45, "dec": -23.382, "radius": 0.01}
    result = run(
        "archival-context",
        {"sky": sky, "object": "GW170817", "luminosity_distance": 40.0, "luminosity_distance_error": 8.0},
        {},
    )
    assert result.answer.startswith("NGC 4993 (galaxy) fits")
    assert result.answer.endswith("no answer from DOWN")
    assert result.values["archives_failed"].value == 1.0
    by_name = {table.name: table for table in result.tables}
    archive_rows = {row[0]: row for row in by_name["archives"].rows}
    assert archive_rows["SIMBA"][1] == 2.0
    assert "no VOTable" in str(archive_rows["DOWN"][3])
    assert any("DOWN did not answer" in caveat for caveat in result.caveats)
    calls = result.provenance["harvest"]
    assert [(call["service"], call["ok"]) for call in calls] == [("TAP", True), ("SCS", False)]
    triples = harvest_triples(result.provenance, "http://example.org/run")
    assert any("isUsing" in str(triple) and "TAP" in str(triple) for triple in triples)
    again = run("archival-context", {"sky": sky}, {})
    assert [call["service"] for call in again.provenance["harvest"]] == ["SCS"]


def test_workers_are_told_what_to_ask(there: Archive, tmp_path: Path) -> None:
    named(there, tmp_path, cone="/scs")
    assert msgspec.json.decode(Setup.as_here().archives)["catalogues"]["cone"]["url"] == f"{there.url}/scs"


def test_doctor_says_whom_archival_context_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(archives.VARIABLE, "")
    file = tmp_path / "nuncius.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n[archives]\nask = ["simbad", "glade"]\n')
    told = {finding.name: finding for finding in examine(file, connect=False, now=NOW)}
    assert told["archives"].reason == "simbad, glade are asked"
    monkeypatch.setattr(checkup, "find_spec", lambda name: None)
    (missing,) = [one for one in examine(file, connect=False, now=NOW) if one.name == "archives"]
    assert (missing.ok, missing.mend) == (False, "pip install 'nuncius[archives]'")
    file.write_text('[archives]\nask = ["simbat"]\n')
    (wrong,) = [one for one in examine(file, connect=False, now=NOW) if one.ok is False]
    assert "did you mean 'simbad'" in wrong.reason
