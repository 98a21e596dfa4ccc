"""`nuncius regress` at the shell, on an index of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from package_index import PackageIndex
from regress_samples import index, toy, write_case

from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError

__all__ = ["index"]  # a fixture


class Shell:
    """The command line of an installation with the toy cases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_case(folder / "cases")
        text = f'data_dir = "{folder / "data"}"\n[regress]\ntestcases = ["{folder / "cases"}"]\nmemory_mb = 1024\n'
        (folder / "nuncius.toml").write_text(text)

    def __call__(self, *words: str, status: int = 0) -> Result:
        done = CliRunner().invoke(cli, ["regress", *words, "--config", str(self.folder / "nuncius.toml")])
        # As `nuncius.cli.main` has it, which is not under test here.
        code = 2 if isinstance(done.exception, ConfigurationError) else done.exit_code
        assert code == status, (done.output, done.exception)
        return done


@pytest.fixture
def shell(tmp_path: Path, index: PackageIndex) -> Shell:
    index.add("base", "1.0")
    index.add("toy", "1.0", toy("10.0"), requires=["base"])
    index.add("toy", "1.1", toy("10.0"), requires=["base"])
    index.add("toy", "1.2", toy("12.0"), requires=["base"])
    return Shell(tmp_path)


def test_a_release_is_shown_beside_the_one_before_with_its_figure(shell: Shell, tmp_path: Path) -> None:
    done = shell("--package", "toy", "--output", str(tmp_path / "figures"), status=1)
    assert "toy 1.1 → 1.2" in done.stderr
    assert "changed  area (toy 1.1 → 1.2)\n    area: 10 → 12, expected 10 ± 0.1: changed" in done.stdout
    assert (tmp_path / "figures" / "area-side-by-side.png").read_bytes().startswith(b"\x89PNG")
    (outcome,) = json.loads(shell("--package", "toy", "--new", "1.1", "--json").stdout)
    assert (outcome["verdict"], outcome["old_version"]) == ("equal", "1.0")


def test_without_a_version_the_newest_of_all_is_tried(shell: Shell) -> None:
    assert "changed  area\n" in shell(status=1).stdout
    assert "changed  area\n" in shell("base", status=1).stdout  # by what it depends on through toy
    done = shell("bose", status=2)
    assert "no test case is named 'bose'" in str(done.exception) + done.output


def test_bisect_tells_what_it_tries_and_history_draws_it(shell: Shell, tmp_path: Path) -> None:
    done = shell("area", "--bisect", "toy", "--good", "1.0", status=1)
    assert "area: changed with toy 1.2, not yet with 1.1 (3 of 3 versions tried" in done.stdout
    assert "1.1: same" in done.stderr
    found = json.loads(shell("area", "--bisect", "toy", "--good", "1.0", "--bad", "1.1", "--json").stdout)
    assert (found["first"], found["note"]) == ("", "1.1 gives the same as 1.0")
    picture = tmp_path / "history.png"
    done = shell("--history", "area", "--output", str(picture))
    assert "toy 1.2, seed 1: changed: area 12" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "3 versions of toy, 1.0 to 1.2" in done.stderr
    runs = json.loads(shell("--history", "area", "--json").stdout)
    assert [(run["version"], run["values"]["area"]["value"]) for run in runs] == [
        ("1.0", 10.0), ("1.2", 12.0), ("1.1", 10.0),
    ]  # fmt: skip


def test_bisect_needs_a_case_and_a_good_version(shell: Shell) -> None:
    shell("--bisect", "toy", "--good", "1.0", status=2)
    shell("area", "--bisect", "toy", status=2)
    shell("--history", "volume", status=2)
    shell("--history", "area", status=1)  # not run yet


def test_a_reference_is_accepted_with_who_and_why(shell: Shell) -> None:
    shell("accept", "area", "--why", "too early", "--by", "ada", status=1)
    shell("--package", "toy", status=1)
    done = shell("accept", "area", "--package", "toy", "--version", "1.2", "--why", "it is 12", "--by", "ada")
    assert "area, area: 12 accepted by ada: it is 12" in done.stdout
    assert "equal  area" in shell().stdout
    shell("accept", "aera", "--why", "x", status=2)
    shell("accept", "area", "--quantity", "volume", "--why", "x", status=2)


def test_a_case_is_muted_for_a_while(shell: Shell) -> None:
    done = shell("mute", "area", "--for", "7d", "--why", "we know")
    assert "silence 1: area until" in done.stdout
    shell("mute", "aera", "--for", "7d", "--why", "x", status=2)
    shell("mute", "area", "--for", "for ever", "--why", "x", status=2)


def test_an_issue_is_drafted_and_not_sent(shell: Shell, tmp_path: Path) -> None:
    done = shell("draft", "area", "--package", "toy", "--new", "1.2")
    assert done.stdout.startswith("# an area: gives another result with toy 1.2\n")
    shell("draft", "area", "--package", "toy", "--new", "1.2", "--output", str(tmp_path / "issue"))
    assert (tmp_path / "issue" / "issue.md").exists()
    shell("draft", "area", "--package", "toy", "--new", "1.1", status=1)


def test_an_index_that_is_down_or_knows_no_such_version_is_exit_status_two(shell: Shell, index: PackageIndex) -> None:
    assert "no toy 7.0 (yet)" in shell("--package", "toy", "--new", "7.0", status=2).output
    index.down = True
    assert "cannot be asked" in shell("--package", "toy", status=2).output


def test_the_list_says_what_each_case_depends_on(shell: Shell) -> None:
    assert "area: an area\n    toy_case.py; depends on toy; protects: areas" in shell("--list").stdout
    assert json.loads(shell("--list", "--json").stdout)[0]["case"] == "area"
