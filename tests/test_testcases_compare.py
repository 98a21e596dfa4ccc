"""Test cases: what a comparison says, which cases a package touches, and that the shipped ones hold here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyses.testcases import Expected, TestCase, broken, choose, compare, load_cases
from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError, PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result

CASE = TestCase(
    case="area",
    about="an area",
    analysis="localization",
    expect={"area_90": Expected(value=10.0, unit="deg2", relative=0.01)},
    depends=("Astro_Py", "mocpy"),
)


def result(value: float, unit: str = "deg2") -> Result:
    return Result(answer="", values={"area_90": Quantity(value=value, unit=unit)})


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(10.0, "equal"), (10.05, "within tolerance"), (9.91, "within tolerance"), (10.2, "changed"), (9.8, "changed")],
)
def test_the_tolerance_decides(value: float, verdict: str) -> None:
    assert compare(CASE, result(value)).verdict == verdict


def test_units_are_converted_before_they_are_compared() -> None:
    assert compare(CASE, result(36000.0, "arcmin2")).verdict in ("equal", "within tolerance")
    assert compare(CASE, result(10.0, "s")).verdict == "broken"


def test_the_worst_quantity_decides_and_a_missing_one_is_broken() -> None:
    other = {"area_90": Expected(value=10.0), "ra": Expected(value=3.0)}
    outcome = compare(TestCase(case="c", about="", analysis="localization", expect=other), result(10.0))
    assert [q.verdict for q in outcome.quantities] == ["equal", "broken"]
    assert outcome.verdict == "broken"
    assert "ra" in outcome.error


def test_an_analysis_that_fails_is_broken_with_its_reason() -> None:
    assert broken(CASE, PermanentError("no such map")).error == "no such map"


def test_a_package_finds_the_cases_that_depend_on_it_however_it_is_spelt() -> None:
    cases = {
        "area": CASE,
        "other": TestCase(case="other", about="", analysis="localization", expect={}, depends=("x",)),
    }
    assert [c.case for c in choose(["astro.py"], cases)] == ["area"]
    assert [c.case for c in choose(["other"], cases)] == ["other"]
    assert len(choose([], cases)) == len(choose(["all"], cases)) == 2
    with pytest.raises(ConfigurationError, match="did you mean 'mocpy'"):
        choose(["mocpi"], cases)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("case: a\nabout: b\nanalysis: localisation\nexpect: {}\n", "did you mean 'localization'"),
        ("case: a\nabout: b\nanalysis: localization\nexpects: {}\n", "expects"),
        ("case: a\ncase: b\n", "not YAML"),
        ("case: &a x\nabout: *a\n", "anchors"),
        ("case: !!python/object:os.system x\n", "tags"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_cases(tmp_path)
    assert "bad.yaml" in str(caught.value)


def test_the_shipped_cases_hold_with_what_is_installed() -> None:
    done = CliRunner().invoke(cli, ["regress", "--json"])
    outcomes = json.loads(done.stdout)
    assert {o["case"] for o in outcomes} == set(load_cases())
    assert {o["verdict"] for o in outcomes} <= {"equal", "within tolerance"}
    assert done.exit_code == 0
    assert all(o["software"] for o in outcomes)


def test_a_changed_number_ends_with_exit_status_one(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"area_90": Expected(value=29.0, relative=1e-3)}
    case = TestCase(
        case="wrong", about="", analysis="localization", expect=wrong, inputs={"sky": "CIRCLE ICRS 10 20 3"}
    )
    monkeypatch.setattr("analyses.testcases.load_cases", lambda: {"wrong": case})
    done = CliRunner().invoke(cli, ["regress"])
    assert done.exit_code == 1
    assert "changed" in done.stdout
