"""Analyses that files describe: found by the registry, in workers too; what is wrong with one costs no other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from notebook_samples import write_document

from analyses import suppliers
from analyses.contract import describe, known
from analyses.local import LocalExecutor
from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError, PermanentError

SAYS = 'import json, sys; given = json.load(sys.stdin); print(json.dumps({"answer": "got", "values": given}))'


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Know the analyses of these paths during a test."""
    monkeypatch.setenv(suppliers.VARIABLE, "")
    return lambda *paths: suppliers.use(paths)


def _echo(folder: Path, name: str = "echo", **keys: object) -> Path:
    parameters = {"radius": {"unit": "deg", "about": "of the cone", "lower": 0.01, "upper": 10}}
    said = {"supplier": "command", "argv": [sys.executable, "-c", SAYS], "parameters": parameters}
    return write_document(folder, name, **said | keys)


def test_a_file_makes_an_analysis_that_workers_know_and_that_converts_units(
    tmp_path: Path, use: Callable[..., None]
) -> None:
    _echo(tmp_path)
    use(tmp_path)
    assert "echo" in [analysis.name for analysis in known()]
    assert describe("echo").supplier == "command"
    executor = LocalExecutor(workers=1)
    try:
        result = executor.submit("echo", {"radius": "30 arcmin"}, blobs={}, deadline_s=60.0).result(60.0)
    finally:
        executor.close()
    assert result.values["radius"].value == pytest.approx(0.5)
    assert result.provenance["supplier"] == "command"
    assert result.provenance["version"] == describe("echo").version


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"argv": [sys.executable, "{radus}"]}, "'{radus}' is no parameter; did you mean 'radius'?"),
        ({"argv": ["{radius}"]}, "no input chooses it"),
        ({"argv": []}, "length >= 1"),
        ({"argvs": ["x"]}, "did you mean 'argv'?"),
        ({"timeout_s": -1}, "timeout_s"),
        ({"supplier": "comand"}, "comand"),
        ({"supplier": "function"}, "joins by the decorator"),
        ({"parameters": {"radius": {"unit": "parsnip"}}}, "parameters.radius.unit"),
        ({"parameters": {"radius": {"default": "wide"}}}, "parameters.radius.default"),
        ({"parameters": {"radius": {"typ": "text"}}}, "typ"),
        ({"parameters": {"a radius": {}}}, "'a radius' is no name"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_field_and_costs_no_other(
    tmp_path: Path, use: Callable[..., None], keys: dict[str, object], said: str
) -> None:
    _echo(tmp_path, "broken", **keys)
    _echo(tmp_path, "sound")
    use(tmp_path)
    (problem,) = suppliers.problems()
    assert said in problem
    assert "broken.yaml" in problem
    assert "sound" in suppliers.supplied()
    with pytest.raises(ConfigurationError, match=r"broken\.yaml"):
        describe("broken")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not YAML"),
        ("- just a list", "an analysis is a map"),
        ("analysis: &x x", "anchors"),
        ("\x00", "not YAML"),
        ("analysis: Bad Name\nsupplier: command\nabout: x\nargv: [x]", "Bad Name"),
        ("analysis: localization\nsupplier: command\nabout: x\nargv: [x]", "has this name already"),
    ],
)
def test_hostile_and_clumsy_files_are_refused_in_words(
    tmp_path: Path, use: Callable[..., None], text: str, said: str
) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    use(tmp_path, tmp_path / "absent")
    wrong, absent = sorted(suppliers.problems(), key=lambda problem: "absent" in problem)
    assert said in wrong
    assert "there is no file or folder" in absent
    assert describe("localization").supplier == "function"


def test_a_later_path_replaces_its_namesake_and_a_name_stands_once_in_a_path(
    tmp_path: Path, use: Callable[..., None]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    _echo(first, about="The first")
    _echo(second, about="The second").rename(second / "a.yaml")
    _echo(second, about="The third")
    use(first, second)
    assert describe("echo").about == "The second"
    assert "stands twice" in suppliers.problems()[0]


def test_the_version_of_an_analysis_changes_with_its_file_and_not_with_its_wording(
    tmp_path: Path, use: Callable[..., None]
) -> None:
    versions = []
    for number, keys in enumerate([{}, {"about": "Said otherwise"}, {"argv": [sys.executable, "-c", "1"]}]):
        folder = tmp_path / str(number)
        folder.mkdir()
        _echo(folder, **keys)
        use(folder)
        versions.append(describe("echo").version)
    assert versions[0] == versions[1] != versions[2]


def test_limits_of_inputs_are_kept(tmp_path: Path, use: Callable[..., None]) -> None:
    from analyses.run import run

    _echo(tmp_path)
    use(tmp_path)
    with pytest.raises(PermanentError, match=r"input 'radius': expected 10 \[deg\] or less"):
        run("echo", {"radius": "11"}, {})
    with pytest.raises(PermanentError, match=r"0\.01 \[deg\] or more"):
        run("echo", {"radius": 0.0}, {})


def test_the_command_line_lists_them_and_teaches_each(tmp_path: Path, use: Callable[..., None]) -> None:
    use()
    _echo(tmp_path)
    _echo(tmp_path, "broken", argv=[])
    settings = tmp_path / "nuncius.toml"
    settings.write_text(f'[analyses]\npaths = ["{tmp_path}"]\n', encoding="utf-8")
    listed = CliRunner().invoke(cli, ["analyse", "--config", str(settings)])
    assert "echo: A sample" in listed.stdout
    assert "broken.yaml" in listed.stderr
    helped = CliRunner().invoke(cli, ["analyse", "--config", str(settings), "echo", "-h"]).stdout
    assert "number [deg], required: of the cone" in " ".join(helped.split())
    assert "nuncius analyse echo --with radius=" in helped
    rule = tmp_path / "rule.yaml.txt"
    rule.write_text("rule: r\nwhen: lvk.alert\ndo:\n  - {run: echo, with: {radius: 1}}\n", encoding="utf-8")
    checked = CliRunner().invoke(cli, ["rules", "check", str(rule), "--config", str(settings)])
    assert "1 rules in 1 files are good, 0 errors" in checked.stdout
    refused = CliRunner().invoke(cli, ["analyse", "--config", str(settings), "broken"])
    assert refused.exit_code == 2
    assert "broken.yaml" in refused.stderr
