"""MMODA's products as analyses, against a local server that speaks its dispatcher's HTTP; each of the traps of that
conversation has a test."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mmoda_products as made
import numpy as np
import pytest
from click.testing import CliRunner
from local_mmoda import LocalMmoda, colliding

from analyses import suppliers
from analyses.contract import Analysis
from analyses.executor import LocalExecutor
from analyses.lightcurvefiles import read_light_curve
from analyses.progress import heard, telling
from analyses.registry import describe
from analyses.run import run
from nuncius.commands.analyse import command
from nuncius.core.errors import (
    ConfigurationError,
    DeadlineExceeded,
    PermanentError,
    TransientError,
)
from nuncius.core.result import Result

T0 = "2023-03-04T16:44:06"
#: The same moment in INTEGRAL's seconds: 69.184 s of leap seconds and TT are in them.
T0_IJD_S = (datetime(2023, 3, 4, 16, 44, 6, tzinfo=UTC) - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds() + 69.184

DOCUMENT = """
analysis: acs
supplier: mmoda
about: Count rate around a time
url: ${mmoda}
instrument: spi_acs
product: spi_acs_lc
timeout_s: %s
parameters:
  trigger_time: {type: time}
  half: {type: number, unit: s, default: 100}
  time_bin: {type: number, unit: s, default: 0.1}
send: {T1: trigger_time - half, T2: trigger_time + half}
"""
IMAGE = """
analysis: isgri-image
supplier: mmoda
about: An image
url: ${mmoda}
instrument: isgri
product: isgri_image
timeout_s: 20
parameters:
  ra: {type: number, unit: deg}
  dec: {type: number, unit: deg, default: 22}
  E1_keV: {type: number, unit: keV, default: 28}
  E2_keV: {type: number, unit: keV, default: 40}
  scw_list: {type: texts, optional: true}
  names: {type: texts, optional: true}
send: {RA: ra, DEC: dec}
"""


@pytest.fixture
def mmoda(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalMmoda]:
    monkeypatch.setattr("analyses.suppliers.asking.FIRST_PAUSE_S", 0.01)
    for name in ("ODA_TOKEN", "ODA_TOKEN_FILE", suppliers.VARIABLE, suppliers.SERVICES):
        monkeypatch.delenv(name, raising=False)
    server = LocalMmoda()
    server.products = {"numpy_data_product_list": [made.spi_acs(T0_IJD_S)]}
    (tmp_path / "acs.yaml").write_text(DOCUMENT % 20, encoding="utf-8")
    (tmp_path / "image.yaml").write_text(IMAGE, encoding="utf-8")
    suppliers.use([tmp_path], {"mmoda": f"{server.url}/dispatch"})
    yield server
    server.close()


def acs(**inputs: Any) -> Result:
    return run("acs", {"trigger_time": T0, **inputs}, {})


def described(text: str, tmp_path: Path) -> Analysis:
    """The analysis of a document, in a folder of its own."""
    folder = tmp_path / "other"
    folder.mkdir(exist_ok=True)
    (folder / "one.yaml").write_text(text, encoding="utf-8")
    suppliers.use([folder], suppliers.services())
    return describe(text.split("analysis: ")[1].split()[0])


def token(*, days: float, mails: bool = False) -> str:
    ends = (datetime.now(UTC) + timedelta(days=days)).timestamp()
    claims = {"sub": "robot", "exp": ends} | dict.fromkeys(("mssub", "msdone", "msfail"), mails)
    parts = [json.dumps({"alg": "HS256"}).encode(), json.dumps(claims).encode(), b"signature"]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


# --- the conversation ---


def test_a_product_is_submitted_awaited_fetched_and_becomes_a_result(mmoda: LocalMmoda) -> None:
    result = acs()
    assert [q["query_status"] for q in mmoda.asked] == ["new", "submitted", "progress", "ready"]
    assert [q.get("job_id") for q in mmoda.asked] == [None, "a1b2c3", "a1b2c3", "a1b2c3"]
    assert len({q["session_id"] for q in mmoda.asked}) == 1
    assert mmoda.asked[0]["T1"] == "2023-03-04T16:42:26.000"
    assert mmoda.asked[0]["T_format"] == "isot"
    assert mmoda.asked[0]["query_type"] == "Real"
    assert "half" not in mmoda.asked[0]
    assert result.values["query_bins"].value == 200
    assert result.values["query_mean"].unit == "ct / s"
    assert [figure.name for figure in result.figures] == ["query"]
    assert result.provenance["service"]["job"] == "a1b2c3"
    assert result.provenance["service"]["asked"]["time_bin"] == 0.1


def test_a_rule_cannot_tell_it_from_any_other_analysis_and_workers_know_it(mmoda: LocalMmoda) -> None:
    executor = LocalExecutor(workers=1)
    try:
        job = executor.submit("acs", {"trigger_time": T0}, blobs={}, deadline_s=60)
        assert job.result(60).values["query_bins"].value == 200
    finally:
        executor.close()
    assert describe("acs").supplier == "mmoda"
    assert describe("acs").parameters["half"].unit == "s"


def test_products_without_an_address_are_off_and_say_which_setting_is_missing(
    mmoda: LocalMmoda, tmp_path: Path
) -> None:
    suppliers.use([tmp_path], {})
    assert not suppliers.problems()
    assert "mmoda-spi-acs" in suppliers.switched_off()
    with pytest.raises(ConfigurationError, match=r"is off: write mmoda = .* under \[analyses.services\]"):
        describe("acs")
    listed = CliRunner().invoke(command, [])
    assert 'mmoda-spi-acs is off: write mmoda = "https://…" under [analyses.services]' in listed.stdout


def test_only_what_is_done_counts_also_when_products_come_along_with_progress(mmoda: LocalMmoda) -> None:
    """`return_progress` sends half-made products; it is never asked for, and such products are never taken."""
    half = {"analysis_parameters": {}, "text_product_list": [{"name": "x", "value": "half-made"}]}
    mmoda.answers = {"progress": half}
    result = acs()
    assert "half-made" not in str(result)
    assert all("return_progress" not in q for q in mmoda.asked)


@pytest.mark.parametrize("status", ["unaccessible", "unknown"])
def test_a_job_out_of_sight_is_looked_for_again_and_given_up_in_the_end(mmoda: LocalMmoda, status: str) -> None:
    mmoda.script = ["submitted", status, "progress", "done"]
    assert acs().values["query_bins"].value == 200
    assert [q["query_status"] for q in mmoda.asked] == ["new", "submitted", "submitted", "progress"]
    mmoda.script = ["submitted", status]
    with pytest.raises(TransientError, match="lost sight of job a1b2c3"):
        acs()


def test_a_failure_says_why_and_is_not_tried_again(mmoda: LocalMmoda) -> None:
    mmoda.script = ["submitted", "failed"]
    mmoda.exit_status = {"status": 1, "message": "no data", "error_message": "no pointing within 15 deg"}
    with pytest.raises(PermanentError, match="failed: no data; no pointing within 15 deg"):
        acs()


def test_a_failure_that_is_called_done_is_a_failure(mmoda: LocalMmoda) -> None:
    mmoda.exit_status = {"status": 1, "message": "get dataserver products "}
    with pytest.raises(PermanentError, match="get dataserver products"):
        acs()


def test_done_without_any_product_is_no_success(mmoda: LocalMmoda) -> None:
    mmoda.products = {"numpy_data_product_list": []}
    with pytest.raises(PermanentError, match="gave nothing"):
        acs()


def test_what_the_dispatcher_remarks_stands_under_the_result(mmoda: LocalMmoda) -> None:
    mmoda.exit_status = {"status": 0, "comment": "please note that the data are private"}
    assert "MMODA says: please note that the data are private" in acs().caveats


def test_how_far_the_job_is_can_be_heard(mmoda: LocalMmoda, tmp_path: Path) -> None:
    mmoda.monitor = {"full_report_dict_list": [{"action": "progress", "message": "image 3 of\x1b[31m 12"}]}
    mmoda.script = ["progress", "failed"]
    with telling(str(tmp_path / "told")), pytest.raises(PermanentError):
        acs()
    said = heard(tmp_path / "told")
    assert said is not None
    assert str(said) == "30 %, MMODA: progress, job a1b2c3, image 3 of 12"


# --- traps ---


def test_positions_whose_digits_are_swapped_share_a_job_and_are_told_apart(mmoda: LocalMmoda) -> None:
    assert colliding({"RA": "12.0", "DEC": "22.0"}) == colliding({"RA": "21.0", "DEC": "22.0"})
    mmoda.collides = True
    mmoda.products = {"text_product_list": [{"name": "flux", "value": 4.2}]}
    assert run("isgri-image", {"ra": 12.0}, {}).values["flux"].value == 4.2
    with pytest.raises(PermanentError, match=r"another question: RA is '12\.0', asked for 21\.0"):
        run("isgri-image", {"ra": 21.0}, {})


def test_equal_questions_have_sessions_of_their_own_and_nothing_is_kept_here(mmoda: LocalMmoda) -> None:
    acs()
    mmoda.products = {"numpy_data_product_list": [made.spi_acs(T0_IJD_S, bins=50)]}
    assert acs().values["query_bins"].value == 50
    assert len({q["session_id"] for q in mmoda.asked}) == 2
    assert all(len(q["session_id"]) == 16 for q in mmoda.asked)


def test_a_light_curve_of_another_time_is_refused_even_if_the_echo_agrees(mmoda: LocalMmoda) -> None:
    mmoda.products = {"numpy_data_product_list": [made.spi_acs(T0_IJD_S - 30 * 86400)]}
    with pytest.raises(PermanentError, match="light curve 'query' is of 2023-02-02"):
        acs()


@pytest.mark.parametrize(
    "echo", [{"T1": "2023-03-04T16:42:26", "T_format": "isot"}, {"T1": "60007.69613426", "T_format": "mjd"}]
)
def test_a_time_may_be_echoed_in_another_format(mmoda: LocalMmoda, echo: dict[str, str]) -> None:
    mmoda.rewrite = echo
    assert acs().values["query_bins"].value == 200


def test_an_answer_that_does_not_say_to_which_question_is_refused(mmoda: LocalMmoda) -> None:
    mmoda.answers = {"done": {"text_product_list": [{"name": "x", "value": 1}]}}
    with pytest.raises(PermanentError, match="does not say which question"):
        acs()


def test_a_parameter_that_the_dispatcher_does_not_know_is_told_before_it_computes_with_its_default(
    mmoda: LocalMmoda,
) -> None:
    mmoda.par_names = ["T1", "T2", "T_format", "time_bins"]
    with pytest.raises(PermanentError, match="no parameter 'time_bin'; did you mean 'time_bins'"):
        acs()
    assert mmoda.asked == []
    mmoda.par_names, mmoda.drop = None, {"time_bin"}
    with pytest.raises(PermanentError, match="time_bin is not in its echo"):
        acs()


def test_lists_are_json_but_for_those_that_are_repeated_and_nothing_is_sent_for_what_is_not_given(
    mmoda: LocalMmoda,
) -> None:
    mmoda.products = {"text_product_list": [{"name": "flux", "value": 4.2}]}
    mmoda.drop = {"never"}
    run("isgri-image", {"ra": 1.0, "scw_list": ["005100410010", "005100420010"], "names": ["a", "b"]}, {})
    assert mmoda.bodies[0].count("scw_list=") == 2
    assert json.loads(mmoda.asked[0]["names"]) == ["a", "b"]
    run("isgri-image", {"ra": 1.0}, {})
    assert "names" not in mmoda.asked[-1]
    assert "\x00" not in str(mmoda.asked[-1])


def test_isgri_is_asked_for_energies_that_it_knows(mmoda: LocalMmoda) -> None:
    mmoda.products = {"text_product_list": [{"name": "flux", "value": 4.2}]}
    result = run("isgri-image", {"ra": 1.0, "E1_keV": 17.3, "E2_keV": 39.8}, {})
    assert (mmoda.asked[0]["E1_keV"], mmoda.asked[0]["E2_keV"]) == ("25.0", "40.0")
    assert any("E1_keV: asked for 25 keV" in caveat for caveat in result.caveats)
    with pytest.raises(PermanentError, match="no band is left"):
        run("isgri-image", {"ra": 1.0, "E1_keV": 17.0, "E2_keV": 24.0}, {})


def test_not_a_number_and_the_word_null_come_through(mmoda: LocalMmoda) -> None:
    """Its own client breaks on the first and makes None of the second."""
    mmoda.products = {
        "text_product_list": [
            {"name": "remark", "value": "a null result, NaN"},
            {"name": "flux", "value": float("nan")},
        ]
    }
    (table,) = acs().tables
    assert ["remark", "a null result, NaN"] in table.rows
    assert ["flux", "not a number (nan)"] in table.rows


def test_addresses_may_hold_dots_and_underscores(mmoda: LocalMmoda) -> None:
    """The client of MMODA takes none, and asks the production site where it is given none."""
    mmoda.prefix = "/v1.0/my_dispatcher"
    suppliers.use(suppliers.paths(), {"mmoda": f"{mmoda.url}/v1.0/my_dispatcher"})
    assert acs().values["query_bins"].value == 200


@pytest.mark.parametrize("reserved", ["token", "query_status", "session_id", "return_progress"])
def test_no_input_may_speak_in_the_name_of_the_conversation(mmoda: LocalMmoda, tmp_path: Path, reserved: str) -> None:
    text = DOCUMENT.replace("analysis: acs", "analysis: bad") % 20
    with pytest.raises(ConfigurationError, match="belongs to the conversation"):
        described(text + f"with: {{{reserved}: x}}\n", tmp_path)


# --- tokens ---


def test_a_token_goes_with_every_question_and_never_into_an_address(
    mmoda: LocalMmoda, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = token(days=3)
    file = tmp_path / "token"
    file.write_text(f"{secret}\n", encoding="utf-8")
    monkeypatch.setenv("ODA_TOKEN_FILE", str(file))
    mmoda.accepts = {secret}
    mmoda.products |= {"api_code": f"get_product(token='{secret}')"}
    mmoda.exit_status = {"status": 0, "comment": f"asked with {secret}"}
    result = acs()
    assert "MMODA says: asked with •••" in result.caveats
    assert {q["token"] for q in mmoda.asked} == {secret}
    assert set(mmoda.methods) == {"POST"}
    assert not [target for target in mmoda.targets if secret in target]
    assert secret not in str(result) + caplog.text


def test_a_token_that_runs_out_half_way_is_read_anew_once(
    mmoda: LocalMmoda, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = token(days=1), token(days=2)
    file = tmp_path / "token"
    file.write_text(first, encoding="utf-8")
    monkeypatch.setenv("ODA_TOKEN_FILE", str(file))
    mmoda.accepts = {first}

    def run_out() -> None:
        if len(mmoda.asked) == 2:
            mmoda.accepts = {second}
            file.write_text(second, encoding="utf-8")

    mmoda.before = run_out
    assert acs().values["query_bins"].value == 200
    assert [q["token"] == second for q in mmoda.asked] == [False, False, False, True, True]


def test_a_token_that_is_refused_is_told_without_being_shown(
    mmoda: LocalMmoda, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = token(days=3)
    mmoda.accepts = {"another"}
    with pytest.raises(PermanentError, match="a token is needed"):
        acs()
    monkeypatch.setenv("ODA_TOKEN", secret)
    with pytest.raises(
        PermanentError, match="refuses: The token provided is expired: •••; the token is not allowed"
    ) as e:
        acs()
    assert secret not in str(e.value) + caplog.text
    monkeypatch.setenv("ODA_TOKEN", token(days=-1))
    asked = len(mmoda.asked)
    with pytest.raises(PermanentError, match=r"the token ran out at .* UTC"):
        acs()
    assert len(mmoda.asked) == asked


def test_an_expired_token_that_comes_as_a_failed_job_is_recognised(
    mmoda: LocalMmoda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODA_TOKEN", token(days=3))
    mmoda.script = ["failed"]
    mmoda.exit_status = {"status": 1, "message": "token expired", "error_message": "oda_api permissions failed"}
    with pytest.raises(PermanentError, match="the dispatcher refuses: token expired"):
        acs()


def test_a_token_is_not_sent_where_anybody_may_read_it(mmoda: LocalMmoda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODA_TOKEN", token(days=3))
    suppliers.use(suppliers.paths(), {"mmoda": "http://mmoda.example/dispatch"})
    with pytest.raises(PermanentError, match="not sent over http"):
        acs()


def test_a_token_that_has_its_owner_written_to_is_warned_of(
    mmoda: LocalMmoda, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ODA_TOKEN", token(days=3, mails=True))
    acs()
    assert "set mssub, msdone, msfail to false" in caplog.text
    caplog.clear()
    monkeypatch.setenv("ODA_TOKEN", token(days=3))
    acs()
    assert "mssub" not in caplog.text


# --- an ailing server ---


def test_an_ailing_gateway_is_asked_again_and_not_for_ever(mmoda: LocalMmoda) -> None:
    mmoda.failures = [404, 502, 503, 504]
    assert acs().values["query_bins"].value == 200
    mmoda.failures = [404, *[502] * 6]
    with pytest.raises(TransientError, match="answered 502, 6 times in a row"):
        acs()


@pytest.mark.parametrize(("fault", "error", "words"), [
    ("page", PermanentError, "is not JSON"),
    ("list", PermanentError, "expected an object"),
    ("huge", PermanentError, "more than 1048576 bytes"),
    ("redirect", PermanentError, "moved to http://127"),
])  # fmt: skip
def test_an_answer_that_is_none_is_refused(
    mmoda: LocalMmoda, tmp_path: Path, fault: str, error: type[Exception], words: str
) -> None:
    described(DOCUMENT % 20 + "max_mb: 1\n", tmp_path)
    mmoda.misbehave = [fault]
    with pytest.raises(error, match=words):
        acs()


def test_an_answer_cut_short_is_asked_for_again(mmoda: LocalMmoda) -> None:
    mmoda.misbehave = ["", "truncate"]
    assert acs().values["query_bins"].value == 200


def test_a_server_that_hangs_or_never_ends_costs_the_time_that_was_given_and_no_more(
    mmoda: LocalMmoda, tmp_path: Path
) -> None:
    described(DOCUMENT % 0.6, tmp_path)
    for fault, script in ((["hang"], ["done"]), ([], ["submitted", "progress"])):
        mmoda.misbehave, mmoda.script = fault, script
        begun = time.monotonic()
        with pytest.raises(DeadlineExceeded, match=r"not done within 0\.6 s"):
            acs()
        assert time.monotonic() - begun < 5.0
        mmoda.release.set()


def test_a_job_is_given_up_in_mid_wait(mmoda: LocalMmoda) -> None:
    mmoda.script = ["submitted", "progress"]
    executor = LocalExecutor(workers=1)
    try:
        job = executor.submit("acs", {"trigger_time": T0}, blobs={}, deadline_s=60)
        end = time.monotonic() + 30
        while not mmoda.asked and time.monotonic() < end:
            time.sleep(0.05)
        assert mmoda.asked
        job.cancel()
        with pytest.raises(PermanentError, match="cancelled"):
            job.result(10)
    finally:
        executor.close()


# --- files ---


def test_a_light_curve_is_kept_as_a_file_that_our_own_analyses_read(mmoda: LocalMmoda, tmp_path: Path) -> None:
    result = acs(keep=str(tmp_path / "kept"))
    curve = read_light_curve(tmp_path / "kept" / "query.fits")
    assert curve.t0 == datetime(2023, 3, 4, 16, 44, 6, tzinfo=UTC)
    assert curve.start[0] == pytest.approx(-10.05, abs=1e-4)
    assert curve.instrument == "INTEGRAL SPI-ACS"
    assert set(result.provenance["files"]) == {"query.fits"}
    found = run("light-curve", {"file": str(tmp_path / "kept" / "query.fits"), "object": "x"}, {})
    assert "no burst" in found.answer


def test_names_of_products_cannot_leave_the_folder(mmoda: LocalMmoda, tmp_path: Path) -> None:
    mmoda.products = {"binary_data_product_list": [made.binary("../../.bashrc", b"x"), made.binary("a.txt", b"y")]}
    acs(keep=str(tmp_path / "kept"))
    assert sorted(file.name for file in (tmp_path / "kept").iterdir()) == ["a.txt", "bashrc"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["acs.yaml", "image.yaml", "kept"]


def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(
    mmoda: LocalMmoda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bomb = {**made.unit(np.zeros(1)), "binarys": base64.b64encode(pickle.dumps(made.Bomb())).decode()}
    mmoda.products = {"numpy_data_product_list": [made.product("x", bomb)]}
    with pytest.raises(PermanentError, match=r"pickle that asks for builtins\.exec"):
        acs()
    assert not (tmp_path / "owned").exists()


def test_text_that_would_be_evaluated_is_only_read(
    mmoda: LocalMmoda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client of MMODA evaluates data and types that come as text."""
    monkeypatch.chdir(tmp_path)
    code = "[__import__('pathlib').Path('owned').touch()]"
    for key in ("data", "dt"):
        evil = {**made.as_text(np.zeros(1, dtype=[("TIME", "<f8")])), key: code}
        mmoda.products = {"numpy_data_product_list": [made.product("x", evil)]}
        with pytest.raises(PermanentError, match="is damaged"):
            acs()
    assert not (tmp_path / "owned").exists()
