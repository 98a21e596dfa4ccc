"""Analyses that are notebooks: annotations as nb2workflow has them, and real kernels, well-behaved and not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from notebook_samples import cell, prose, served, votable, write_notebook

from analyses import suppliers
from analyses.contract import describe
from analyses.executor import LocalExecutor
from analyses.progress import heard
from analyses.run import run
from analyses.suppliers.annotated import parameter_of, read
from analyses.suppliers.kernel import outputs
from analyses.suppliers.notebook import assignments
from nuncius.core.errors import ConfigurationError, DeadlineExceeded, PermanentError, TransientError

pytest.importorskip("nbclient", reason="the extra `notebooks` is not installed")
pytest.importorskip("ipykernel", reason="the extra `notebooks` is not installed")

PARAMETERS = """
energy = 20.0  # oda:Energy_keV; oda:lower_limit 15. # lower edge
name = "Crab"  # http://odahub.io/ontology#AstrophysicalObject
T1 = "2003-03-15T23:27:40.0"  # oda:StartTimeISOT . # and some text
moment = 60000.5  # oda:StartTimeMJD
bins = 3  # number of bins
"""


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Make cells the analysis `sample`; gives its name."""
    monkeypatch.setenv(suppliers.VARIABLE, "")

    def make(*cells: dict[str, Any] | str, **keys: Any) -> str:
        whole = [entry if isinstance(entry, dict) else cell(entry) for entry in cells]
        if not any("parameters" in entry["metadata"].get("tags", []) for entry in whole):
            whole.insert(0, cell("", "parameters"))
        write_notebook(tmp_path, whole, **keys)
        suppliers.use([tmp_path])
        return "sample"

    return make


# --- annotations ---


@pytest.mark.parametrize(
    ("default", "comment", "expected"),
    [
        (20.0, "oda:Energy_keV; oda:lower_limit 15. # edge", ("number", "keV", 20.0, 15.0, None, "edge")),
        (5.0, "oda:AngleDegrees; oda:upper_limit 10.", ("number", "deg", 5.0, None, 10.0, "")),
        ("Crab", "http://odahub.io/ontology#AstrophysicalObject", ("text", "", "Crab", None, None, "")),
        ("Crab", "https://odahub.io/ontology#AstrophysicalObject", ("text", "", "Crab", None, None, "")),
        (3, "number of bins", ("whole number", "", 3, None, None, "number of bins")),
        (3, "oda:Float; oda:limits 3, 30", ("number", "", 3.0, 3.0, 30.0, "")),
        (3, "oda:unit unit:Hour", ("number", "h", 3.0, None, None, "")),
        (True, "", ("true or false", "", True, None, None, "")),
        ("b", 'oda:String; oda:allowed_value "a","b"', ("one of a, b", "", "b", None, None, "")),
        ([1, 2], "", ("list of number", "", [1.0, 2.0], None, None, "")),
        (None, "oda:Energy_keV, oda:optional", ("number", "keV", None, None, None, "")),
    ],
)
def test_annotations_are_read_as_nb2workflow_reads_them(default: Any, comment: str, expected: tuple[Any, ...]) -> None:
    made = parameter_of("x", default, read(comment))
    assert (made.type, made.unit, made.default, made.lower, made.upper, made.about) == expected
    assert not made.required


def test_times_are_utc_whether_written_as_isot_or_as_mjd() -> None:
    isot = parameter_of("x", "2003-03-15T23:27:40.0", read("oda:StartTimeISOT . # and some text"))
    assert (isot.default, isot.about) == (datetime(2003, 3, 15, 23, 27, 40, tzinfo=UTC), "and some text")
    mjd = parameter_of("x", 51544.5, read("oda:EndTimeMJD"))
    assert mjd.default == datetime(2000, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1.0  # oda:Energy_keV oda: what", r"cell 2, line 1: the annotation .* is no Turtle"),
        ("import numpy as np\nx = np.pi", r"cell 2, line 2: the default of 'x' is no plain value \(np\.pi\)"),
        ('x = "wide"  # oda:AngleDegrees', "the default of 'x'"),
        ("x = (", "no Python"),
        ("x = 1.0  # oda:Float; oda:unit unit:parsnip", "'x': the unit 'parsnip'"),
    ],
)
def test_a_wrong_annotation_is_named_with_its_cell_and_line(
    notebook: Callable[..., str], source: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        describe(notebook(prose("# Title"), cell(source, "parameters")))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "no notebook"),
        ("[]", "format 4"),
        ('{"nbformat": 3, "cells": []}', "format 4"),
        ('{"nbformat": 4, "cells": [1]}', "one of its cells"),
        ('{"nbformat": 4, "cells": []}', "no cell is tagged `parameters`"),
    ],
)
def test_what_is_no_annotated_notebook_is_told(
    tmp_path: Path, notebook: Callable[..., str], content: str, said: str
) -> None:
    notebook()
    (tmp_path / "sample.ipynb").write_text(content, encoding="utf-8")
    suppliers._load.cache_clear()
    with pytest.raises(ConfigurationError, match=said):
        describe("sample")


@pytest.mark.parametrize(
    "value",
    [
        "'; import os; os.system('touch /tmp/x') #",
        '"""\n__import__("os")\n"""',
        "\\' \\\" \\n {x} %s\x00\u2028",
        ["a']; b = 1 #", {"k\n": "'''"}],
        -0.0,
    ],
)
def test_a_given_value_becomes_a_literal_and_never_code(value: Any) -> None:
    names: dict[str, Any] = {}
    import ast

    text = assignments({"x": value})
    (statement,) = ast.parse(text).body
    assert isinstance(statement, ast.Assign)
    names["x"] = ast.literal_eval(statement.value)
    assert names["x"] == value


# --- runs ---


def test_a_notebook_runs_with_units_outputs_figures_and_no_secret(
    notebook: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCN_CLIENT_SECRET", "hush")
    monkeypatch.setenv("NUNCIUS_PROGRESS", str(tmp_path / "progress"))
    (tmp_path / "beside.txt").write_text("17", encoding="utf-8")
    work = """
import os
import matplotlib.pyplot as plt
from astropy import units as u
from astropy.table import Table
flux, flux_error, width = 2 * energy, 0.5, 3 * u.Jy
table = Table({"a": [1, 2] * u.keV, "b": ["x", None]})
secret = str("GCN_CLIENT_SECRET" in os.environ)
"""
    plot = '#| fig-cap: "Two points"\n#| fig-alt: A line from 1 to 2\nplt.plot([1, 2])\nplt.show()'
    results = """
flux = flux  # oda:Energy_keV
flux_error = flux_error
width = width
table = table
given = [name, T1, str(moment), str(bins), open("beside.txt").read(), secret]
bad = float("nan")
limit = {"value": 3, "unit": "s", "limit": "<"}
caveats = ["made up"]
"""
    name = notebook(
        cell(PARAMETERS, "parameters"), work, prose("A figure"), plot, cell(results, "outputs"), files=["beside.txt"]
    )
    hostile = '\'; raise SystemExit #\n"""'
    given = {"energy": "0.03 MeV", "name": hostile, "moment": "2023-02-25T00:00:00Z"}
    result = run(name, given, {})
    assert str(result.values["flux"]) == "60 ± 0.5 keV"
    assert str(result.values["width"]) == "3 Jy"
    assert str(result.values["limit"]) == "< 3 s"
    assert set(result.values) == {"flux", "width", "limit"}
    table, texts = result.tables
    assert (table.columns, table.rows) == (["a [keV]", "b"], [[1.0, "x"], [2.0, None]])
    assert texts.rows == [["given", f"{hostile}; 2003-03-15T23:27:40.000; 60000.0; 3; 17; False"]]
    assert (result.figures[0].caption, result.figures[0].alt) == ("Two points", "A line from 1 to 2")
    assert result.figures[0].png.startswith(b"\x89PNG")
    assert result.caveats == ["made up"]
    assert result.answer.startswith("sample: flux 60 ± 0.5 keV")
    assert result.provenance["notebook"] == "sample.ipynb"
    assert str(heard(tmp_path / "progress")) == "83 %, its outputs"


def test_a_cell_that_fails_is_told_with_its_number_and_last_lines(notebook: Callable[..., str]) -> None:
    with pytest.raises(PermanentError, match=r"(?s)cell 3 of 4: ValueError: no photons.*raise ValueError") as raised:
        run(notebook("x = 1", "raise ValueError('no photons')", "y = 2"), {}, {})
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("import urllib3; raise ConnectionError('refused')", TransientError, "cell 2 of 2: ConnectionError: refused"),
        ("import os; os._exit(9)", TransientError, "cell 2 of 2: its kernel died"),
        (
            "import time\nwhile True: print('x' * 100000); time.sleep(0.001)",
            PermanentError,
            "cell 2 of 2: it gave more than 1 MB of output",
        ),
        ("x = bytearray(3 * 10**9)", PermanentError, "cell 2 of 2: MemoryError"),
    ],
)
def test_dead_kernels_and_endless_output_are_told(
    notebook: Callable[..., str], source: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        run(notebook(source, output_mb=1, memory_mb=2048, timeout_s=60), {}, {})


def test_a_spinning_cell_is_killed_at_the_deadline_and_told_by_its_number(
    tmp_path: Path, notebook: Callable[..., str]
) -> None:
    beats = tmp_path / "beats"
    spins = f"import time\nwhile True:\n    open({str(beats)!r}, 'a').write('x'); time.sleep(0.02)"
    with pytest.raises(DeadlineExceeded, match=r"(?s)took longer than 8 s.*cell 2 of 2"):
        run(notebook(spins, timeout_s=8), {}, {})
    _must_stop(beats)


def test_a_kernel_ends_with_the_worker_that_waits_for_it(tmp_path: Path, notebook: Callable[..., str]) -> None:
    beats = tmp_path / "beats"
    name = notebook(f"import time\nwhile True:\n    open({str(beats)!r}, 'a').write('x'); time.sleep(0.02)")
    executor = LocalExecutor(workers=1)
    try:
        job = executor.submit(name, {}, blobs={}, deadline_s=120.0)
        end = time.monotonic() + 60.0
        while not beats.exists() and time.monotonic() < end:
            time.sleep(0.05)
        job.cancel()
        time.sleep(0.5)
        _must_stop(beats)
    finally:
        executor.close()


def _must_stop(beats: Path) -> None:
    end = time.monotonic() + 20.0
    size = -1
    while size != beats.stat().st_size and time.monotonic() < end:
        size = beats.stat().st_size
        time.sleep(0.3)
    assert 0 < beats.stat().st_size == size


def test_an_interpreter_that_is_none_is_told(notebook: Callable[..., str]) -> None:
    with pytest.raises(PermanentError, match="no kernel starts in /no/python, which must have ipykernel"):
        run(notebook(python="/no/python"), {}, {})


def test_an_output_that_no_cell_defines_is_named(notebook: Callable[..., str]) -> None:
    with pytest.raises((PermanentError, ConfigurationError), match="nowhere"):
        run(notebook(cell("nowhere", "outputs")), {}, {})


def test_without_the_extra_it_is_said_what_to_install(
    notebook: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "nbclient" else find(name))
    with pytest.raises(ConfigurationError, match=r"need nbclient: pip install 'nuncius\[notebooks\]'"):
        run(notebook(), {}, {})


class _Product:
    """As oda_api's ODAAstropyTable and ODATextProduct look."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


def test_outputs_are_told_by_what_they_can_do(tmp_path: Path) -> None:
    from astropy.table import Table

    columns = Table({"flux": [1.0, float("nan")], "n": [1, 2]})
    long = Table({"x": list(range(2000))})
    assert outputs.told(_Product(table=columns), "t")["rows"] == [[1.0, 1.0], [None, 2.0]]
    assert outputs.told(_Product(value="a text"), "t") == {"sort": "text", "text": "a text"}
    assert (len(outputs.told(long, "t")["rows"]), outputs.told(long, "t")["count"]) == (500, 2000)
    assert outputs.told(_Product(nominal_value=2, std_dev=0.1), "u") == {
        "sort": "number", "value": 2.0, "minus": 0.1, "plus": 0.1,
    }  # fmt: skip
    assert outputs.told({"a": 1}, "m")["rows"] == [["a", 1.0]]
    assert outputs.told(object(), "o") == {"sort": "unknown", "type": "object"}
    (tmp_path / "f.csv").write_text("x", encoding="utf-8")
    assert outputs.told(tmp_path / "f.csv", "f")["sort"] == "file"
    outputs.collect({"a": 1}, ["a", "b"], str(tmp_path / "out.json"))
    assert json.loads((tmp_path / "out.json").read_text())["b"] == {"sort": "missing"}


# --- the shipped ones ---


def test_the_shipped_quick_look_finds_what_its_light_curve_was_made_of() -> None:
    """A pulse of 1500 counts a second that rises in 0.5 s and decays in 4 s: its integral is 1500 (4 - 4/9) counts."""
    result = run("burst-quick-look", {}, {})
    counts = result.values["counts"]
    assert counts.plus is not None
    assert abs(counts.value - 1500.0 * (4.0 - 4.0 / 9.0)) < 3.0 * counts.plus
    assert result.values["half_of_counts"].value == pytest.approx(2.7, abs=0.4)
    assert result.tables[0].columns[:2] == ["time_scale [s]", "begins [s]"]
    assert "counts/s" in result.answer


@pytest.mark.shared_data
def test_the_shipped_quick_look_of_grb_230307a_in_spi_acs(shared_data: Path) -> None:
    folder = shared_data / "lightcurves" / "spi-acs-GRB230307A" / "tests/missions/integral/data"
    given = {
        "light_curve": str(folder / "spiacs_lc_query-3.1.fits"),
        "start": -5,
        "stop": 60,
        "object": "GRB 230307A",
        "longest": 32,
    }
    given["trigger_time"] = "2023-03-07T15:44:06.670Z"
    result = run("burst-quick-look", given, {})
    assert result.answer.startswith("GRB 230307A: peak")
    assert result.values["counts"].value > 50.0 * (result.values["counts"].plus or 0.0)


def test_the_shipped_cone_search_says_what_is_near_and_whom_it_asked() -> None:
    near = votable(("A", 197.45, -23.38), ("B", 197.46, -23.40), ("far", 197.40, -23.10))
    with served({"/cone": near}) as (url, asked):
        given = {"service": f"{url}/cone?", "object": "GRB 230307A", "ra": 197.45, "dec": -23.38, "radius": "0.1 deg"}
        result = run("catalogue-cone", given, {})
    assert result.values["entries"].value == 2.0
    assert result.values["density"].value == pytest.approx(2.0 / (3.14159 * 36.0), rel=1e-4)
    assert [row[0] for row in result.tables[0].rows] == ["A", "B"]
    assert asked[0].startswith("/cone?RA=197.45&DEC=-23.38&SR=0.1")
    assert result.provenance["harvest"][0]["service"] == "SCS"
