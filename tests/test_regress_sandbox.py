"""What runs in an isolated environment can neither see nor stop what started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from analyses.regression import sandbox
from analyses.regression.sandbox import Answer, Limits
from nuncius.core.errors import Cancelled

PYTHON = Path(sys.executable)


def run(tmp_path: Path, code: str, *, seconds: float = 20.0, memory_mb: int = 1024, seed: int = 1) -> Answer:
    """What a script gives."""
    script = tmp_path / "case.py"
    script.write_text(code)
    request = {"script": str(script), "seed": seed, "inputs": {}}
    return sandbox.run(PYTHON, request, Limits(seconds=seconds, memory_mb=memory_mb))


def test_values_come_back_with_error_and_unit(tmp_path: Path) -> None:
    code = "def compute(*, seed): return {'a': 1, 'b': (2.0, 0.5), 'c': {'value': 3, 'unit': 's'}, 'd': float('nan')}"
    assert run(tmp_path, code).values == {
        "a": {"value": 1.0},
        "b": {"value": 2.0, "error": 0.5},
        "c": {"value": 3.0, "unit": "s"},
        "d": {"value": None},
    }


def test_the_same_seed_gives_the_same_numbers(tmp_path: Path) -> None:
    code = (
        "import random\nimport numpy\n"
        "def compute(*, seed): return {'a': random.random(), 'b': numpy.random.normal(), 'c': hash('x')}"
    )
    first = run(tmp_path, code)
    assert run(tmp_path, code).values == first.values
    assert run(tmp_path, code, seed=2).values != first.values


def test_a_package_whose_import_hangs_is_ended_at_the_deadline(tmp_path: Path) -> None:
    begun = time.monotonic()
    answer = run(tmp_path, "import time\ntime.sleep(60)", seconds=1.0)
    assert answer.error == "it took longer than 1 s"
    assert time.monotonic() - begun < 10


def test_what_a_run_started_ends_with_it(tmp_path: Path) -> None:
    mark = f"nuncius-orphan-{os.getpid()}"
    code = f"import subprocess, time\nsubprocess.Popen(['sh', '-c', 'sleep 47; echo {mark}'])\ntime.sleep(60)"
    run(tmp_path, code, seconds=1.5)
    found = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
    assert mark not in found


def test_garbage_on_stdout_is_not_taken_for_an_answer(tmp_path: Path) -> None:
    code = (
        'import sys\nprint(\'{"values": {"a": {"value": 666}}}\')\nsys.stdout.buffer.write(bytes(range(256)) * 4000)\n'
        "def compute(*, seed): return {'a': 1.0}"
    )
    assert run(tmp_path, code).values == {"a": {"value": 1.0}}


def test_the_last_words_of_one_that_dies_are_told_without_control_characters(tmp_path: Path) -> None:
    code = "import os, sys\nprint('goodbye \\x1b[31m', flush=True)\nos._exit(3)"
    error = run(tmp_path, code).error
    assert "exit status 3" in error
    assert "goodbye" in error
    assert "\x1b" not in error


def test_no_secret_of_this_process_can_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCN_CLIENT_SECRET", "hunter2-of-gcn")
    code = """
import glob, os

def compute(*, seed):
    seen = " ".join(f"{k}={v}" for k, v in os.environ.items())
    for file in glob.glob("/proc/[0-9]*/environ"):
        try:
            seen += open(file, errors="replace").read()
        except OSError:
            pass
    return {"found": float("hunter2-of-gcn" in seen), "variables": float(len(os.environ))}
"""
    # The secret of this process is in /proc only where it was started with it.
    child = (
        "import sys; sys.path[:0] = ['.', 'tests']\n"
        "from pathlib import Path\nimport test_regress_sandbox as t\n"
        f"answer = t.run(Path({str(tmp_path)!r}), {code!r})\n"
        "print(answer.values['found']['value'], answer.values['variables']['value'] < 20, t.sandbox.walled())"
    )
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
    found, few, walled = done.stdout.split()
    assert few == "True"
    if walled == "False":
        pytest.skip("this kernel lets no process have namespaces of its own: /proc shows what the user may see")
    assert found == "0.0"


def test_there_is_no_network(tmp_path: Path) -> None:
    if not sandbox.walled():
        pytest.skip("this kernel lets no process have namespaces of its own")
    code = """
import socket

def compute(*, seed):
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=3)
    except OSError as error:
        return {"unreachable": float(error.errno == 101)}
"""
    assert run(tmp_path, code).values == {"unreachable": {"value": 1.0}}


def test_memory_is_bounded(tmp_path: Path) -> None:
    answer = run(tmp_path, "x = bytearray(4 * 1024**3)\ndef compute(*, seed): return {'a': 1.0}", memory_mb=512)
    assert "MemoryError" in answer.error


def test_a_file_that_grows_for_ever_is_bounded(tmp_path: Path) -> None:
    code = "def compute(*, seed):\n    with open('big', 'wb') as f:\n        while True: f.write(bytes(1 << 20))"
    assert run(tmp_path, code).error


def test_an_answer_too_large_or_not_json_is_an_error(tmp_path: Path) -> None:
    code = "import atexit, os, sys, json\n{}\ndef compute(*, seed): return {{'a': 1.0}}"
    large = code.format("_dump = json.dump\njson.dump = lambda a, f: f.write('[' + '1,' * 5_000_000 + '1]')")
    assert "larger than" in run(tmp_path, large).error
    wrong = code.format("json.dump = lambda a, f: f.write('{\"values\": 7}')")
    assert "cannot be read" in run(tmp_path, wrong).error
    deep = code.format("json.dump = lambda a, f: f.write('[' * 100_000)")
    assert "cannot be read" in run(tmp_path, deep).error


def test_a_run_that_is_cancelled_ends_at_once(tmp_path: Path) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    script = tmp_path / "case.py"
    script.write_text("import time\ntime.sleep(60)")
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        sandbox.run(PYTHON, {"script": str(script), "seed": 1, "inputs": {}}, Limits(), stop=stop)
    assert time.monotonic() - begun < 5


def test_exiting_quietly_is_broken_and_not_equal(tmp_path: Path) -> None:
    assert "SystemExit" in run(tmp_path, "raise SystemExit(0)").error


def test_limits_hold_before_a_package_can_run_at_start_up(tmp_path: Path) -> None:
    """A `.pth` file runs code before any import: it must find the limits there."""
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "early.pth").write_text(
        "import resource, builtins; builtins.early = resource.getrlimit(resource.RLIMIT_AS)[0]\n"
    )
    script = tmp_path / "case.py"
    script.write_text("def compute(*, seed): return {'bytes': float(early)}")
    request = {"script": str(script), "seed": 1, "inputs": {}}
    answer = sandbox.run(environment / "bin" / "python", request, Limits(memory_mb=700))
    assert answer.values == {"bytes": {"value": 700.0 * 1024 * 1024}}
