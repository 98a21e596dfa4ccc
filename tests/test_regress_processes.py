"""Processes that are killed in the middle, and several at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from package_index import PackageIndex
from regress_samples import index, journal, make_laboratory, toy, write_case

from analyses.regression.environments import READY, Environments, environment_hash
from nuncius.journal import Journal

__all__ = ["index", "journal"]  # fixtures

CHILD = Path(__file__).with_name("regress_child.py")


def start(folder: Path, version: str = "1.1") -> subprocess.Popen[str]:
    """A process at work on the release."""
    environment = {**os.environ, "PYTHONPATH": str(CHILD.parents[1]), "TMPDIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(folder), version], stdout=subprocess.PIPE, text=True, env=environment
    )


def wait_for(what: str, found: Callable[[], bool], timeout_s: float = 30.0) -> None:
    """Wait until `found()` is true."""
    end = time.monotonic() + timeout_s
    while not found():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.02)


def test_what_a_killed_process_had_run_is_kept_and_its_child_dies_with_it(
    tmp_path: Path, journal: Journal, index: PackageIndex
) -> None:
    mark = f"nuncius_mark_{os.getpid()}"
    index.add("toy", "1.0", toy("10.0"))
    slow = f"def slow():\n    import subprocess\n    subprocess.run(['sh', '-c', 'sleep 40; : {mark}'])"
    index.add("toy", "1.1", toy("10.0 if seed < 3 else slow()", slow))
    write_case(tmp_path / "cases", repeats="4")
    lab = make_laboratory(tmp_path, journal)
    child = start(tmp_path)
    wait_for("two runs of 1.1", lambda: sum(r.version == "1.1" for r in lab.bench.results.history("area")) == 2)
    wait_for("the slow run", lambda: mark in processes())
    child.send_signal(signal.SIGKILL)
    child.wait()
    wait_for("the end of the slow run", lambda: mark not in processes(), 10.0)
    kept = lab.bench.results.history("area")
    assert [(r.version, r.seed) for r in kept] == [("1.0", s) for s in (1, 2, 3, 4)] + [("1.1", 1), ("1.1", 2)]


def test_whoever_comes_after_a_crash_goes_on_where_it_stopped(
    tmp_path: Path, journal: Journal, index: PackageIndex
) -> None:
    index.add("toy", "1.0", toy("10.0"))
    index.add("toy", "1.1", toy("11.0", "import time\ntime.sleep(0.4)"))
    write_case(tmp_path / "cases", repeats="4")
    lab = make_laboratory(tmp_path, journal)
    child = start(tmp_path)
    wait_for("a run of 1.1", lambda: any(r.version == "1.1" for r in lab.bench.results.history("area")))
    child.send_signal(signal.SIGKILL)
    child.wait()
    before = {(r.version, r.seed): r.at for r in lab.bench.results.history("area")}
    assert len(before) < 8
    said, _ = start(tmp_path).communicate(timeout=60)
    assert said == "area changed\n"
    after = {(r.version, r.seed): r.at for r in lab.bench.results.history("area")}
    assert len(after) == 8
    assert {key: after[key] for key in before} == before  # none ran twice
    assert len(journal.read(0, kinds=["regression.result"])) == 1


def test_two_processes_at_one_release_share_environments_and_say_the_same(
    tmp_path: Path, journal: Journal, index: PackageIndex
) -> None:
    index.add("toy", "1.0", toy("10.0"))
    index.add("toy", "1.1", toy("11.0"))
    for name in ("area", "volume"):
        write_case(tmp_path / "cases", name)
    lab = make_laboratory(tmp_path, journal)
    both = [start(tmp_path), start(tmp_path)]
    assert {one.communicate(timeout=60)[0] for one in both} == {"area changed\nvolume changed\n"}
    assert len(lab.bench.results.history("area")) == len(lab.bench.results.history("volume")) == 2
    assert len(journal.read(0, kinds=["regression.result"])) == 2
    assert len(lab.bench.environments.known()) == 2


def test_an_environment_that_was_half_made_is_made_again(tmp_path: Path, index: PackageIndex) -> None:
    index.add("toy", "1.0", toy("10.0"))
    environments = Environments(tmp_path)
    pins = environments.resolve(["toy"])
    half = tmp_path / environment_hash(pins) / "lib"
    half.mkdir(parents=True)
    (half / "left-over").write_text("of one that was killed")
    with environments.use(pins) as built:
        assert not (half / "left-over").exists()
        assert (built.site / "toy.py").exists()


def test_environments_unused_for_longest_make_room_and_one_in_use_stays(tmp_path: Path, index: PackageIndex) -> None:
    for version in ("1.0", "1.1", "1.2"):
        index.add("toy", version, "x = 1")
    environments = Environments(tmp_path, limit_mb=0)
    first, second, third = ({"toy": version} for version in ("1.0", "1.1", "1.2"))
    with environments.use(first) as used:
        with environments.use(second):
            pass
        assert Path(used.folder, READY).exists()  # somebody is at it
        with environments.use(third):
            pass
        assert {built.hash for built in environments.known()} == {environment_hash(first), environment_hash(third)}
    assert [built.hash for built in environments.known()] == [environment_hash(first)]


def processes() -> str:
    """The command lines of all processes."""
    return subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
