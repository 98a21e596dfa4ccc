"""Notebooks behind nb2workflow's HTTP as analyses, against a local server that has its ways."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mmoda_products as made
import pytest
from click.testing import CliRunner
from local_nb2workflow import LocalService, output, parameter

from analyses import suppliers
from analyses.executor import LocalExecutor
from analyses.registry import describe
from analyses.run import run
from analyses.suppliers.options import documents, targets
from nuncius.core.errors import ConfigurationError, DeadlineExceeded, PermanentError, TransientError
from nuncius.core.result import Result

DOCUMENT = """
analysis: crab-image
supplier: service
about: Image of the Crab
url: ${workflows}
name: image
timeout_s: %s
parameters:
  ra: {type: number, unit: deg, default: 83.63, upper: 360}
  t1: {type: time, optional: true}
  energies: {type: numbers, default: [20, 40]}
  deep: {type: boolean, default: false}
"""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalService]:
    monkeypatch.setattr("analyses.suppliers.asking.FIRST_PAUSE_S", 0.01)
    monkeypatch.delenv(suppliers.VARIABLE, raising=False)
    monkeypatch.delenv(suppliers.SERVICES, raising=False)
    server = LocalService()
    suppliers.use([tmp_path / "one.yaml"], {"workflows": server.url})
    write(tmp_path)
    yield server
    server.close()


def write(folder: Path, more: str = "", *, timeout_s: float = 20) -> None:
    (folder / "one.yaml").write_text(DOCUMENT % timeout_s + more, encoding="utf-8")
    suppliers._load.cache_clear()


def image(**inputs: Any) -> Result:
    return run("crab-image", inputs, {})


def test_a_notebook_is_submitted_awaited_and_its_outputs_become_a_result(service: LocalService) -> None:
    result = image(ra="5000 arcmin", t1="2017-03-06T14:00:00+01:00")
    assert result.answer == "Image of the Crab: rate 40 Hz"
    assert result.values["rate"].unit == "Hz"
    assert len(service.asked) == 4
    sent = {key: value for key, value in service.asked[0].items() if key != "ra"}
    assert sent == {
        "t1": "2017-03-06T13:00:00.000",
        "energies": "[20.0, 40.0]",
        "deep": "False",
        "_async_request": "yes",
    }
    assert float(service.asked[0]["ra"]) == pytest.approx(83.3333)
    assert result.provenance["service"]["name"] == "image"
    assert describe("crab-image").supplier == "service"


def test_it_runs_in_worker_processes_like_any_other(service: LocalService) -> None:
    executor = LocalExecutor(workers=1)
    try:
        job = executor.submit("crab-image", {"ra": 1}, blobs={}, deadline_s=60)
        assert job.result(60).values["rate"].value == 40.0
    finally:
        executor.close()


def test_one_may_wait_at_the_line(service: LocalService, tmp_path: Path) -> None:
    write(tmp_path, "mode: sync\n")
    assert image().values["rate"].value == 40.0
    assert len(service.asked) == 1
    assert "_async_request" not in service.asked[0]
    service.exceptions = ["PapermillExecutionError(2, 3, 'cell', 'ValueError', 'RA below zero')"]
    with pytest.raises(PermanentError, match=r"its notebook failed: .*RA below zero"):
        image()
    service.exceptions = ["PapermillExecutionError('requests.exceptions.ConnectionError: archive')"]
    with pytest.raises(TransientError, match=r"ConnectionError"):
        image()


# --- failures ---


@pytest.mark.parametrize(("output", "exceptions", "words"), [
    ("incomplete", [{"ename": "ValueError", "evalue": "RA below zero", "edump": 2}], "ValueError: RA below zero"),
    ("incomplete", [], "it does not say why"),
    ({}, [{"ename": "RuntimeError('disk')", "evalue": "", "edump": "x"}], "RuntimeError"),
    ({"rate": 1.0}, [{"ename": "KeyError", "evalue": "x", "edump": 1}], "KeyError: x"),
    ({}, [], r"gives none of its outputs \(rate, figure, table\); its log tells why: a kernel"),
    (None, [], "outputs are a NoneType"),
    ("complete", [], "outputs are a str"),
])  # fmt: skip
def test_a_failure_that_comes_as_200_and_done_is_a_failure(
    service: LocalService, output: Any, exceptions: Any, words: str
) -> None:
    """The real service answers so, also where its kernel could not even be started."""
    service.output, service.exceptions = output, exceptions
    with pytest.raises(PermanentError, match=words):
        image()


def test_a_failure_that_may_pass_is_kept_by_the_service_so_it_is_not_tried_again(service: LocalService) -> None:
    service.output, service.exceptions = "incomplete", [{"ename": "ConnectionError", "evalue": "archive", "edump": 1}]
    with pytest.raises(PermanentError, match=r"the service keeps that answer until it restarts"):
        image()


def test_a_result_that_the_service_had_already_is_told(service: LocalService) -> None:
    assert not any("earlier" in caveat for caveat in image().caveats)
    assert any("from an earlier, equal request" in caveat for caveat in image().caveats)


def test_a_service_that_restarts_forgets_the_job_and_makes_it_anew_but_not_for_ever(service: LocalService) -> None:
    service.turns = ["created", "started", "created", "started"]
    assert image().values["rate"].value == 40.0
    service.turns = ["created", "started"] * 6
    with pytest.raises(TransientError, match=r"forgot the job"):
        image(ra=2)


@pytest.mark.parametrize(("status", "body", "error", "words"), [
    (400, {"issues": ["found unexpected request parameters: rb"]}, PermanentError, "400: found unexpected request"),
    (404, "<h1>Not Found</h1>", PermanentError, "answered 404: Not Found"),
    (500, "<h1>Internal Server Error</h1>", TransientError, "answered 500: Internal Server Error"),
    (200, "<html>login</html>", PermanentError, "is not JSON"),
    (200, [1], PermanentError, "expected an object"),
    (201, {"workflow_status": "lost"}, PermanentError, "with the status 'lost'"),
    (200, {"workflow_status": "done", "data": {"output": {"rate": {"a": {"b": 1}}}, "exceptions": []}}, None, ""),
])  # fmt: skip
def test_other_refusals_are_told_apart(
    service: LocalService, status: int, body: Any, error: type[Exception] | None, words: str
) -> None:
    service.script = [(status, body)]
    if error is None:
        assert image().tables
        return
    with pytest.raises(error, match=words):
        image()


def test_a_gateway_that_ails_is_asked_again_and_not_for_ever(service: LocalService) -> None:
    service.script = [(502, {}), (503, {}), (504, "")]
    assert image().values["rate"].value == 40.0
    service.script = [(503, {})] * 6
    with pytest.raises(TransientError, match=r"answered 503, 6 times in a row"):
        image(ra=3)


@pytest.mark.parametrize(("fault", "error", "words"), [
    ("huge", PermanentError, "more than 1048576 bytes"),
    ("redirect", PermanentError, "answered 301: moved to"),
    ("truncate", None, ""),
])  # fmt: skip
def test_an_answer_too_large_or_elsewhere_is_refused_and_one_cut_short_asked_for_again(
    service: LocalService, tmp_path: Path, fault: str, error: type[Exception] | None, words: str
) -> None:
    write(tmp_path, "max_mb: 1\n")
    service.misbehave = [fault]
    if error is None:
        assert image().values["rate"].value == 40.0
        return
    with pytest.raises(error, match=words):
        image()


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_service_that_hangs_costs_the_time_that_was_given_and_no_more(
    service: LocalService, tmp_path: Path, mode: str
) -> None:
    write(tmp_path, f"mode: {mode}\n", timeout_s=0.5)
    service.misbehave = ["hang", "hang"]
    begun = time.monotonic()
    with pytest.raises(TransientError, match=r"no answer in time|not done within"):
        image()
    service.release.set()
    assert time.monotonic() - begun < 5.0
    if mode == "async":
        service.turns = ["created"] + ["started"] * 1000
        with pytest.raises(DeadlineExceeded, match=r"not done within 0\.5 s"):
            image(ra=9)


# --- the service against the file ---


def test_a_service_that_has_changed_since_the_file_was_written_is_noticed(service: LocalService) -> None:
    service.parameters["ra"] = parameter(83.0, "oda:AngleMinutes")
    with pytest.raises(PermanentError, match=r"'ra' is in arcmin there and in deg in the file"):
        image()
    service.parameters["right_ascension"] = service.parameters.pop("ra")
    with pytest.raises(PermanentError, match=r"it has no parameter 'ra'"):
        image()
    assert service.asked == []


def test_what_a_service_tells_of_itself_becomes_files_that_work(service: LocalService, tmp_path: Path) -> None:
    from nuncius.commands.analyse import command

    service.parameters["band"] = parameter("g", "oda:String; oda:allowed_value 'g', 'r' # filter")
    told = CliRunner().invoke(command, ["--declare", service.url])
    assert told.exit_code == 0, told.output
    (tmp_path / "one.yaml").write_text(told.stdout, encoding="utf-8")
    suppliers._load.cache_clear()
    assert suppliers.problems() == ()
    made_of_it = describe("image")
    assert made_of_it.parameters["ra"].unit == "deg"
    assert made_of_it.parameters["ra"].upper == 360.0
    assert made_of_it.parameters["band"].type == "one of g, r"
    assert made_of_it.parameters["t1"].type == "UTC time"
    assert run("image", {"band": "r"}, {}).values["rate"].value == 40.0
    gone = CliRunner().invoke(command, ["--declare", "http://127.0.0.1:9"])
    assert gone.exit_code == 1
    assert "127.0.0.1:9" in gone.output


def test_options_that_are_none_are_refused() -> None:
    for said in ({"x": 1}, {"x": {"parameters": []}}):
        with pytest.raises(PermanentError, match=r"has no parameters"):
            targets(said)
    with pytest.raises(PermanentError, match=r"at most 200"):
        targets({str(n): {"parameters": {}} for n in range(201)})
    assert "type: number" in documents({"x": {"parameters": {"a": parameter(1.0)}, "output": None}}, "http://x")


@pytest.mark.parametrize(("more", "words"), [
    ("  _token: {type: text, default: x}\n", "cannot be sent"),
    ("  where: {type: sky, optional: true}\n", "cannot be sent"),
    ("mood: sync\n", "mood"),
    ("mode: later\n", "later"),
])  # fmt: skip
def test_a_file_that_cannot_work_says_so(service: LocalService, tmp_path: Path, more: str, words: str) -> None:
    write(tmp_path, more)
    with pytest.raises(ConfigurationError, match=words):
        describe("crab-image")


@pytest.mark.parametrize("url", ["ftp://x/y", "nowhere", "${workflows", "http://"])
def test_an_address_that_is_none_is_told(service: LocalService, tmp_path: Path, url: str) -> None:
    (tmp_path / "one.yaml").write_text((DOCUMENT % 20).replace("${workflows}", url), encoding="utf-8")
    suppliers._load.cache_clear()
    with pytest.raises(ConfigurationError, match=r"url"):
        describe("crab-image")


def test_inputs_that_servers_would_cut_are_refused(service: LocalService) -> None:
    with pytest.raises(PermanentError, match=r"it takes 8000 at most"):
        image(energies=list(range(5000)))


# --- outputs ---


def test_outputs_of_all_sorts_are_understood(service: LocalService, tmp_path: Path) -> None:
    png = base64.b64encode(made.image()).decode()
    service.found = {
        "answer": "A detection at 12 sigma",
        "caveats": ["no dead time"],
        "rate": 40.0,
        "rate_error": 2.5,
        "significance": "nan",
        "source": "Crab",
        "flag": True,
        "nothing": None,
        "figure": "fig.png",
        "figure_content": png,
        "bare": png * 3 if len(png) < 200 else png,
        "log": "run.log",
        "log_content": base64.b64encode(b"all is well").decode(),
        "big": "cube.fits",
        "big_url": "file:///cache/0123",
        "table": "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: z, unit: Mpc, datatype: float64}\nz\n1.5\n",
        "rows": [{"a": 1, "b": "x"}, {"a": 2}],
        "series": [1.0, 2.0, 3.0],
        "columns": {"t": [1, 2], "r": [3.0, 4.0]},
        "pairs": json.dumps({"alpha": -1.1, "beta": -2.3}),
        "curve": made.mjd_curve(),
        "curves": [made.mjd_curve(), made.mjd_curve()],
    }
    result = image(keep=str(tmp_path / "kept"))
    assert result.answer == "A detection at 12 sigma"
    assert "no dead time" in result.caveats
    assert str(result.values["rate"]) == "40 ± 2.5 Hz"
    assert "significance" not in result.values
    assert result.values["lc_mean"].value == pytest.approx(11.0)
    tables = {table.name: table for table in result.tables}
    assert ["source", "Crab"] in tables["text"].rows
    assert tables["table"].columns == ["z [Mpc]"]
    assert tables["rows"].rows == [[1, "x"], [2, None]]
    assert tables["columns"].columns == ["t", "r"]
    assert tables["pairs"].rows == [["alpha", -1.1], ["beta", -2.3]]
    assert [figure.name for figure in result.figures][:1] == ["figure"]
    assert (tmp_path / "kept" / "log.bin").read_bytes() == b"all is well"
    assert any("big was too large to be sent" in caveat for caveat in result.caveats)


@pytest.mark.parametrize(("found", "words"), [
    ({"figure": "x.png", "figure_content": "@@@"}, "no base64"),
    ({"figure": "x.png", "figure_content": base64.b64encode(b"\x89PNG and no more").decode()}, "cannot be read as PNG"),
    ({"table": "# %ECSV 1.0\nbroken"}, "is no ECSV"),
])  # fmt: skip
def test_damaged_outputs_are_refused_with_their_names(service: LocalService, found: dict[str, Any], words: str) -> None:
    service.found = found
    with pytest.raises(PermanentError, match=words):
        image()


def test_an_output_that_did_not_come_is_told(service: LocalService) -> None:
    service.outputs = {"rate": output(), "t90": output()}
    assert "The service did not give the output t90." in image().caveats


@pytest.mark.parametrize(("file", "table", "number"), [
    ("response_conesearch.json", "asciicat", None), ("response_strain.json", "bp_strain", "t0")
])  # fmt: skip
def test_real_replies_of_a_gravitational_wave_service_are_understood(
    service: LocalService, shared_data: Path, tmp_path: Path, file: str, table: str, number: str | None
) -> None:
    """As the backend of MMODA's `gw` sent them."""
    said = json.loads((shared_data / "lightcurves/oda-gw-mock/tests/mock_backend_json" / file).read_bytes())
    service.script = [(200, said)]
    service.outputs = {}
    result = image()
    shown = {one.name: one for one in result.tables}[table]
    if number:
        assert result.values[number].value == 1187008880.0
        assert len(shown.rows) == 500
    else:
        assert shown.rows[0][:2] == ["GW190727_060333", 1248242632.0]
        assert "luminosity_distance [Mpc]" in shown.columns
        assert any("SVG" in caveat for caveat in result.caveats)
