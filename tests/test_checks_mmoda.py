"""Checks of MMODA against a local server that speaks its dispatcher's and its name resolver's HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from local_mmoda import LocalMmoda

from analyses.checks.contract import Finding, Platform
from analyses.checks.looking import perform
from analyses.checks.settings import ChecksSettings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def mmoda(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalMmoda]:
    monkeypatch.setattr("analyses.checks.kinds.product.FIRST_PAUSE_S", 0.01)
    monkeypatch.delenv("ODA_TOKEN", raising=False)
    server = LocalMmoda()
    yield server
    server.close()


def platform(server: LocalMmoda | None, **places: str) -> Platform:
    where = {"dispatcher": f"{server.url}/dispatch", "resolver": f"{server.url}/resolver"} if server else {}
    platforms = {"mmoda": where | places} if server or places else {}
    return Platform(journal=None, now=NOW, settings=ChecksSettings(platforms=platforms))


def look(name: str, around: Platform) -> Finding:
    (finding,) = perform([name], around)
    return finding


def test_a_platform_that_is_not_set_up_is_neither_well_nor_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ODA_TOKEN", raising=False)
    findings = perform(["mmoda"], platform(None))
    assert len(findings) >= 6
    assert {finding.ok for finding in findings} == {None}
    crab = next(f for f in findings if "crab" in f.name)
    assert "set `resolver` under [checks.platforms.mmoda]" in crab.reason


def test_all_of_a_healthy_platform_is_well(mmoda: LocalMmoda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODA_TOKEN", token(days=30))
    findings = {finding.name: finding for finding in perform(["mmoda"], platform(mmoda))}
    assert {name: f.reason for name, f in findings.items() if f.ok is not True} == {}
    assert findings["mmoda-resolver-crab"].values["ra"] == pytest.approx(83.633)


def test_references_that_no_longer_hold_are_named_with_both_values(mmoda: LocalMmoda) -> None:
    mmoda.names["Crab"]["ra"] = 84.2
    mmoda.names["GW190425"]["duration"] = 100
    mmoda.names["GW170814"]["utc"] = "2017-08-14T12:30:43.500"
    mmoda.names["GRB170105A"]["utc"] = None
    around = platform(mmoda)
    crab = look("mmoda-resolver-crab", around)
    assert crab.ok is False
    assert "ra is 84.2; expected 83.63 ± 0.1" in crab.reason
    assert crab.mend
    assert "duration is 100; expected 5" in look("mmoda-resolver-gw190425", around).reason
    assert "expected 2017-08-14T10:30:43.5" in look("mmoda-resolver-gw170814", around).reason
    assert "has no utc" in look("mmoda-resolver-grb170105a", around).reason


def test_an_instrument_that_vanished_is_named(mmoda: LocalMmoda) -> None:
    mmoda.instruments.remove("jemx")
    assert "lacks jemx" in look("mmoda-dispatcher", platform(mmoda)).reason


def test_a_dispatcher_that_is_gone_or_ill_is_broken(mmoda: LocalMmoda) -> None:
    mmoda.failures = [502]
    assert "answered 502" in look("mmoda-dispatcher", platform(mmoda)).reason
    around = platform(None, dispatcher="http://127.0.0.1:9/dispatch", resolver="http://127.0.0.1:9")
    gone = look("mmoda-dispatcher", around)
    assert gone.ok is False
    assert "127.0.0.1:9" in gone.reason


def test_each_question_has_a_session_of_its_own_and_is_polled_by_job_and_last_status(mmoda: LocalMmoda) -> None:
    for _ in range(2):
        assert look("mmoda-dummy-image", platform(mmoda)).ok is True
    first, second = mmoda.asked[:4], mmoda.asked[4:]
    assert [q["query_status"] for q in first] == ["new", "submitted", "progress", "ready"]
    assert [q.get("job_id") for q in first] == [None, "a1b2c3", "a1b2c3", "a1b2c3"]
    assert {q["query_type"] for q in first} == {"Dummy"}
    assert first[0]["session_id"] != second[0]["session_id"]
    assert len(first[0]["session_id"]) == 16


def test_a_product_of_another_question_is_refused(mmoda: LocalMmoda) -> None:
    """The dispatcher knows jobs by a sum in which RA 12 and 21 are the same."""
    mmoda.echo = {"RA": 38.36, "DEC": 22.01}
    finding = look("mmoda-dummy-image", platform(mmoda))
    assert finding.ok is False
    assert "another question: RA is 38.36, asked for 83.63" in finding.reason


def test_a_job_that_fails_says_why_and_an_ailing_gateway_is_asked_again(mmoda: LocalMmoda) -> None:
    mmoda.failures = [502, 504]
    assert look("mmoda-dummy-image", platform(mmoda)).ok is True
    mmoda.script = ["submitted", "failed"]
    mmoda.exit_status = {"status": 1, "message": "no data", "error_message": "E1 below 20 keV"}
    finding = look("mmoda-dummy-image", platform(mmoda))
    assert "ended as 'failed': no data; E1 below 20 keV" in finding.reason
    mmoda.script, mmoda.exit_status = ["unaccessible"], {"status": 0}
    assert "'unaccessible'" in look("mmoda-dummy-image", platform(mmoda)).reason


def test_not_a_number_in_an_answer_is_no_mistake_of_the_check(mmoda: LocalMmoda) -> None:
    mmoda.not_a_number = True
    assert look("mmoda-dummy-image", platform(mmoda)).ok is True


def test_long_queries_are_posted(mmoda: LocalMmoda, tmp_path: Path) -> None:
    windows = ", ".join(f'"{n:012d}"' for n in range(100))
    file = tmp_path / "long.yaml"
    file.write_text(
        f"check: long\nabout: x\nplatform: mmoda\nkind: product\nurl: ${{dispatcher}}\ninstrument: isgri\n"
        f"product_type: isgri_image\nwith: {{RA: 83.63, names: [{windows}], scw_list: ['1', '2']}}\n"
        "expect: {numpy_data_product_list.0.name: mosaic}\n",
        encoding="utf-8",
    )
    settings = ChecksSettings(paths=(file,), platforms={"mmoda": {"dispatcher": f"{mmoda.url}/dispatch"}})
    (finding,) = perform(["long"], Platform(journal=None, now=NOW, settings=settings))
    assert finding.ok is True, finding.reason
    assert set(mmoda.methods) == {"POST"}


def test_a_token_goes_into_no_address(mmoda: LocalMmoda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODA_TOKEN", token(days=30))
    assert look("mmoda-dummy-image", platform(mmoda)).ok is True
    assert {query["token"] for query in mmoda.asked} == {token(days=30)}
    assert not [target for target in mmoda.targets if "token" in target]


def test_a_new_platform_that_is_like_another_gets_its_checks(mmoda: LocalMmoda) -> None:
    staging = {"like": "mmoda", "resolver": f"{mmoda.url}/resolver"}
    settings = ChecksSettings(platforms={"mmoda-staging": staging})
    findings = {f.name: f.ok for f in perform(["mmoda-staging"], Platform(journal=None, now=NOW, settings=settings))}
    assert findings["mmoda-resolver-crab@mmoda-staging"] is True
    assert findings["mmoda-dispatcher@mmoda-staging"] is None


@pytest.mark.parametrize(("days", "ok"), [(30, True), (2, False), (-1, False)])
def test_a_token_is_named_before_it_runs_out_and_never_shown(
    days: float, ok: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ODA_TOKEN", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".oda-token").write_text(token(days=days), encoding="utf-8")
    finding = look("mmoda-token", platform(None))
    assert finding.ok is ok
    assert ("ran out" if days < 0 else "runs out") in finding.reason
    assert token(days=days) not in finding.reason + finding.mend


def test_a_token_that_is_none_is_told_without_quoting_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODA_TOKEN", "s3cret-that-is-no-token")
    finding = look("mmoda-token", platform(None))
    assert finding.ok is False
    assert "s3cret" not in finding.reason + finding.mend


def token(*, days: float) -> str:
    claims = {"sub": "robot", "exp": (NOW + timedelta(days=days)).timestamp(), "roles": "general"}
    parts = [json.dumps({"alg": "HS256"}).encode(), json.dumps(claims).encode(), b"signature"]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
