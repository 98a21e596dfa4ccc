"""Results that are kept, and when they must not be."""

import json
import os
import time
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from analyses import kept as kept_module
from analyses.contract import Analysis, analyses, analysis, describe
from analyses.executor import InlineExecutor
from analyses.kept import KeepingExecutor, ResultCache
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result

RUNS: list[float] = []


@analysis("sample-kept", version="1", about="Counts how often it ran", cached=True)
def counted(*, x: float | None = None, size: int = 0) -> Result:
    RUNS.append(x or 0.0)
    if x == 13.0:
        raise PermanentError("unlucky")
    figure = Figure(name="noise", png=os.urandom(size), caption="", alt="noise")
    return Result(
        answer=f"{x}", values={"x": Quantity(value=x or 0.0, unit="s", plus=0.5, minus=0.1)}, figures=[figure]
    )


@analysis("sample-clock", version="1", about="Looks at the clock")
def clock() -> Result:
    RUNS.append(0.0)
    return Result(answer="now")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    RUNS.clear()
    return tmp_path / "results"


def ask(folder: Path, name: str = "sample-kept", limit_mb: int = 10, **inputs: object) -> Result:
    """Through an executor that was opened just now, as after a restart."""
    executor = KeepingExecutor(InlineExecutor(), ResultCache(folder, limit_mb))
    try:
        return executor.submit(name, inputs, blobs={}, deadline_s=10).result(10)
    finally:
        executor.close()


def test_the_same_inputs_are_computed_once_and_the_second_result_says_since_when_it_is_kept(folder: Path) -> None:
    first, second = ask(folder, x=2.0, size=100), ask(folder, x=2.0, size=100)
    assert RUNS == [2.0]
    assert "kept" not in first.provenance
    assert second.provenance["kept"]["computed"].startswith("20")
    bare = {name: value for name, value in second.provenance.items() if name != "kept"}
    assert msgspec.structs.replace(second, provenance=bare) == first


def test_other_inputs_another_version_and_other_software_are_computed_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(folder, x=2.0)
    ask(folder, x=3.0)
    ask(folder)
    ask(folder, x=2.0, size=1)
    assert RUNS == [2.0, 3.0, 0.0, 2.0]
    newer: Analysis = msgspec.structs.replace(describe("sample-kept"), version="2")
    monkeypatch.setitem(analyses._items, "sample-kept", newer)
    ask(folder, x=2.0)
    assert len(RUNS) == 5
    monkeypatch.setattr(kept_module, "environment", lambda: "a newer numpy")
    monkeypatch.setattr("analyses.run.environment", lambda: "a newer numpy")
    ask(folder, x=2.0)
    assert len(RUNS) == 6
    ask(folder, x=2.0)
    assert len(RUNS) == 6


def test_what_other_software_gave_elsewhere_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyses.run.environment", lambda: "of another machine")
    ask(folder, x=2.0)
    ask(folder, x=2.0)
    assert RUNS == [2.0, 2.0]


def test_only_what_says_so_is_kept_and_errors_never(folder: Path) -> None:
    ask(folder, "sample-clock")
    ask(folder, "sample-clock")
    assert RUNS == [0.0, 0.0]
    for _ in range(2):
        with pytest.raises(PermanentError, match="unlucky"):
            ask(folder, x=13.0)
    assert len(RUNS) == 4
    assert not describe("light-curve").cached  # its input names a file, whose content may change
    assert not describe("energetics").cached  # the check of the executor wants to see it run
    assert describe("localization").cached


def test_a_number_that_is_none_is_not_taken_for_an_input_that_is_not_given(folder: Path) -> None:
    ask(folder)
    with pytest.raises(PermanentError, match="finite"):
        ask(folder, x=float("nan"))


def test_a_damaged_file_is_computed_anew_and_replaced(folder: Path) -> None:
    ask(folder, x=2.0)
    (file,) = (path for path in folder.rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes()[:-3] + b"xyz")
    assert ask(folder, x=2.0).answer == "2.0"
    assert RUNS == [2.0, 2.0]
    assert "kept" in ask(folder, x=2.0).provenance


def test_the_least_recently_used_go_when_the_folder_is_full(folder: Path) -> None:
    for x in range(1, 11):
        ask(folder, x=float(x), size=100_000, limit_mb=1)
        os.utime(max(folder.glob("*/*"), key=lambda path: path.stat().st_ctime_ns), (x, x))
    ask(folder, x=1.0, size=100_000, limit_mb=1)  # used a moment ago
    ask(folder, x=11.0, size=100_000, limit_mb=1)
    RUNS.clear()
    ask(folder, x=1.0, size=100_000, limit_mb=1)
    ask(folder, x=11.0, size=100_000, limit_mb=1)
    assert RUNS == []
    ask(folder, x=2.0, size=100_000, limit_mb=1)
    assert RUNS == [2.0]
    assert sum(path.stat().st_size for path in folder.glob("*/*")) <= 1024 * 1024


def test_a_folder_that_cannot_be_written_costs_the_keeping_only(tmp_path: Path) -> None:
    RUNS.clear()
    blocked = tmp_path / "results"
    blocked.write_text("a file where the folder should be")
    assert ask(blocked, x=2.0).answer == "2.0"
    assert ask(blocked, x=2.0).answer == "2.0"
    assert RUNS == [2.0, 2.0]


def test_the_command_gives_a_kept_result_unless_told_not_to(tmp_path: Path) -> None:
    from nuncius.commands.analyse import command

    settings = tmp_path / "nuncius.toml"
    settings.write_text(f"data_dir = '{tmp_path / 'var'}'\n")
    (tmp_path / "var").mkdir()

    def called(*more: str) -> dict[str, object]:
        asked = ["localization", "--with", "sky=CIRCLE ICRS 10 20 3", "--json", "--config", str(settings), *more]
        done = CliRunner().invoke(command, asked)
        assert done.exit_code == 0, done.output
        said: dict[str, dict[str, object]] = json.loads(done.stdout)
        return said["provenance"]

    assert "kept" not in called()
    started = time.monotonic()
    assert "kept" in called()
    assert time.monotonic() - started < 10.0
    assert "kept" not in called("--no-cache")
