"""What a comparison says, which files are refused, and that the shipped cases hold with what is installed here."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from analyses.regression.cases import Expected, choose, load_cases, package_name
from analyses.regression.issues import draft
from analyses.regression.outcomes import Outcome
from analyses.regression.verdicts import Compared, compare, worst
from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError

AREA = {"area": Expected(value=10.0, unit="deg2", relative=0.01)}


def runs(*values: float | None, unit: str = "deg2", error: float | None = None) -> list[dict[str, dict[str, object]]]:
    """Runs that each give an area."""
    return [{"area": {"value": value, "unit": unit, "error": error}} for value in values]


def one(expected: Expected, new: list, old: list = []) -> Compared:  # type: ignore[type-arg]  # noqa: B006
    """The comparison of the area."""
    return compare({"area": expected}, new, old)[0]


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(10.0, "equal"), (10.05, "within tolerance"), (9.91, "within tolerance"), (10.2, "changed"), (9.8, "changed")],
)
def test_the_tolerance_decides(value: float, verdict: str) -> None:
    assert one(AREA["area"], runs(value)).verdict == verdict


def test_units_are_converted_before_they_are_compared() -> None:
    assert one(AREA["area"], runs(36000.0, unit="arcmin2")).verdict == "equal"
    assert one(AREA["area"], runs(10.0, unit="s")).verdict == "broken"
    assert one(AREA["area"], runs(10.0, unit="")).verdict == "equal"  # a bare number is in the unit that is expected


def test_the_worst_quantity_decides_and_a_missing_one_is_broken() -> None:
    both = compare({**AREA, "ra": Expected(value=3.0)}, runs(10.0))
    assert [q.verdict for q in both] == ["equal", "broken"]
    assert worst(both) == "broken"


def test_a_quantity_that_one_of_several_runs_lacks_is_broken() -> None:
    assert one(AREA["area"], [*runs(10.0), {}]).verdict == "broken"


def test_not_a_number_is_changed_unless_it_is_what_is_expected() -> None:
    assert one(AREA["area"], runs(None)).verdict == "changed"
    assert one(Expected(value=math.nan), runs(None, unit="")).verdict == "equal"
    assert one(AREA["area"], runs(math.inf)).verdict == "changed"


def test_a_release_that_moves_a_result_within_the_reference_has_changed_it() -> None:
    moved = one(AREA["area"], runs(10.09), runs(9.92))
    assert moved.verdict == "changed"
    assert moved.mended
    assert one(AREA["area"], runs(10.05), runs(10.0)).verdict == "within tolerance"


def test_what_was_off_before_and_is_the_same_is_told_apart() -> None:
    still = one(AREA["area"], runs(12.0), runs(12.0))
    assert (still.verdict, still.before) == ("changed", True)
    worse = one(AREA["area"], runs(13.0), runs(12.0))
    assert (worse.verdict, worse.before) == ("changed", False)


def test_the_scatter_of_repeated_runs_widens_the_tolerance_and_a_stated_error_only_on_request() -> None:
    scattered = runs(9.0, 11.0, 10.6, 9.9)  # mean 10.125, uncertain by 0.44
    assert one(Expected(value=10.0, unit="deg2"), scattered).verdict == "within tolerance"
    assert one(Expected(value=14.0, unit="deg2"), scattered).verdict == "changed"
    stated = runs(10.5, error=0.4)
    assert one(Expected(value=10.0, unit="deg2"), stated).verdict == "changed"
    assert one(Expected(value=10.0, unit="deg2", sigmas=2.0), stated).verdict == "within tolerance"
    assert one(Expected(value=10.0, unit="deg2", sigmas=1.0), stated).verdict == "changed"


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20), st.floats(0.0, 100.0))
def test_the_same_runs_are_never_a_change_of_the_release(values: list[float], tolerance: float) -> None:
    found = one(Expected(value=0.0, unit="deg2", absolute=tolerance), runs(*values), runs(*values))
    assert found.verdict == "equal" or found.before or found.verdict == "within tolerance"
    assert not found.mended


def test_packages_are_found_however_they_are_spelt(tmp_path: Path) -> None:
    assert package_name("Astro_Py") == package_name("astropy/astro.py") == "astro-py"
    (tmp_path / "a.yaml").write_text(
        "case: a\nabout: b\nanalysis: localization\nexpect: {x: {value: 1}}\ndepends: [Astro_Py]\n"
    )
    cases = load_cases((tmp_path,))
    assert [c.name for c in choose(["astro.py"], cases)] == ["a"]
    with pytest.raises(ConfigurationError, match="did you mean 'astro-py'"):
        choose(["astro-pi"], cases)


GOOD = "case: a\nabout: b\nexpect: {x: {value: 1}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "analysis: localisation\n", "did you mean 'localization'"),
        (GOOD + "analysis: localization\nexpects: {}\n", "expects"),
        (GOOD + "analysis: localization\nscript: x.py\n", "either an analysis or a script"),
        (GOOD, "either an analysis or a script"),
        (GOOD + "script: earth_rotatoin.py\n", "did you mean 'earth_rotation.py'"),
        (GOOD + "script: ../../etc/passwd\n", "script"),
        (GOOD + "script: earth_rotation.py\nrepeats: 0\n", "repeats"),
        (GOOD + "script: earth_rotation.py\ndepends: ['astropy --index-url http://evil']\n", "depends"),
        (GOOD + "script: earth_rotation.py\nrequires: ['-r /etc/passwd']\n", "write a package and versions"),
        (GOOD + "script: earth_rotation.py\nrequires: ['x @ https://evil/x.whl']\n", "write a package and versions"),
        ("case: a\nabout: b\nscript: earth_rotation.py\nexpect: {}\n", "expect"),
        ("case: a\nabout: b\nscript: earth_rotation.py\nexpect: {x: {value: 1, absolute: .inf}}\n", "without end"),
        ("case: '../x'\nabout: b\nscript: earth_rotation.py\nexpect: {x: {value: 1}}\n", "case"),
        (GOOD + "script: earth_rotation.py\nexpect: {x: {value: 1}}\n", "not YAML"),
        ("case: &a x\nabout: *a\n", "anchors"),
        ("case: !!python/object:os.system x\n", "tags"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_cases((tmp_path,))
    assert "bad.yaml" in str(caught.value)


def test_a_case_is_another_when_what_it_computes_is(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def compute(*, seed): return {'x': 1.0}")
    (tmp_path / "a.yaml").write_text(GOOD + "script: mine.py\n")
    before = load_cases((tmp_path,))["a"].digest
    (tmp_path / "a.yaml").write_text(GOOD + "script: mine.py\nprotects: something\n")
    assert load_cases((tmp_path,))["a"].digest == before
    (tmp_path / "mine.py").write_text("def compute(*, seed): return {'x': 2.0}")
    assert load_cases((tmp_path,))["a"].digest != before


def test_a_draft_has_both_versions_the_numbers_and_a_way_to_see_it() -> None:
    case = load_cases()["light-curve-fluence"]
    quantities = compare(
        case.test.expect,
        [{"fluence": {"value": 1.9827}, "relative_error": {"value": 2e-5}}],
        [{"fluence": {"value": 1.9839}, "relative_error": {"value": 6e-4}}],
    )
    outcome = Outcome(
        case=case.name, verdict="changed", package="scipy", version="1.11.1", old_version="1.10.1",
        quantities=quantities, software={"numpy": "1.25.0", "scipy": "1.11.1"}, also=["pooch 1 → 2"],
    )  # fmt: skip
    text = draft(case, outcome)
    for word in ("scipy==1.10.1 numpy==1.25.0", "scipy==1.11.1", "| fluence | 1.9839 | 1.9827 |", "pooch 1 → 2"):
        assert word in text
    script = text.split("```python\n")[1].split("\n```")[0]
    compile(script, "case.py", "exec")
    assert "integrate.simpson" in script


def test_shipped_cases_hold_with_what_is_installed_here() -> None:
    done = CliRunner().invoke(cli, ["regress", "--here", "--json", "localization-circle", "burst-blocks", "gbm-clock"])
    assert done.exit_code == 0, done.output
    outcomes = json.loads(done.stdout)
    assert {"localization-circle", "burst-blocks"} <= {o["case"] for o in outcomes}
    assert {o["verdict"] for o in outcomes} <= {"equal", "within tolerance"}
    assert all(o["software"] for o in outcomes)


def test_every_shipped_case_says_what_it_protects_and_depends_on() -> None:
    for case in load_cases().values():
        assert case.test.protects, case.name
        assert case.test.depends, case.name


def test_a_changed_number_ends_with_exit_status_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.py").write_text("def compute(*, seed): return {'x': 2.0}")
    (tmp_path / "a.yaml").write_text(GOOD + "script: one.py\n")
    (tmp_path / "nuncius.toml").write_text(f'[regress]\ntestcases = ["{tmp_path}"]\n')
    done = CliRunner().invoke(cli, ["regress", "--here", "--config", str(tmp_path / "nuncius.toml")])
    assert done.exit_code == 1, done.output
    assert "changed  a\n    x: 2, expected 1: changed" in done.stdout
