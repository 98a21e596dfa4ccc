"""Analyses that are commands: real ones, well-behaved and not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from notebook_samples import write_document

from analyses import suppliers
from analyses.executor import Executor, InlineExecutor, LocalExecutor
from analyses.run import run
from analyses.suppliers import keeping
from analyses.suppliers.command import arguments
from analyses.suppliers.given import plain_value
from nuncius.core.errors import (
    Cancelled,
    ConfigurationError,
    DeadlineExceeded,
    FormatError,
    PermanentError,
    TransientError,
)
from nuncius.core.skymap import ProbabilityMap

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)
#: Begins a process in a session of its own, which writes a line every 20 ms for as long as it lives.
HEARTBEAT = """
import subprocess, sys, time
beat = "import time\\nwhile True: open({file!r}, 'a').write('x'); time.sleep(0.02)"
subprocess.Popen([sys.executable, "-c", beat], start_new_session=True)
while True: time.sleep(0.05)
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Make a Python program the analysis `told`; gives its name."""
    monkeypatch.setenv(suppliers.VARIABLE, "")

    def make(program: str, *words: Any, **keys: Any) -> str:
        (tmp_path / "program.py").write_text(program, encoding="utf-8")
        argv = [sys.executable, "{here}/program.py", *words]
        write_document(tmp_path, "told", supplier="command", argv=argv, **keys)
        suppliers.use([tmp_path])
        assert suppliers.problems() == ()
        return "told"

    return make


def _says(**said: Any) -> str:
    return f"print({json.dumps(json.dumps({'answer': 'done', **said}))})"


def test_inputs_come_as_json_and_as_single_arguments_whatever_they_hold(command: Callable[..., str]) -> None:
    program = """
import json, sys
given = json.load(sys.stdin)
print(json.dumps({"answer": json.dumps([sys.argv[1:], given])}))
"""
    parameters = {
        "name": {"type": "text"},
        "moment": {"type": "time"},
        "area": {"type": "sky"},
        "radius": {"unit": "deg", "default": 0.5},
        "note": {"type": "text", "optional": True},
    }
    name = command(program, "--name={name}", "{radius}", ["--note", "{note}"], parameters=parameters)
    hostile = 'x\'; rm -rf "$HOME" `id` {radius} $(id)\n--end'
    given = {"name": hostile, "moment": "2023-03-07T15:44:06.67Z", "area": "CIRCLE ICRS 10 20 0.5"}
    words, heard = json.loads(run(name, given, {}).answer)
    assert words == [f"--name={hostile}", "0.5"]
    assert heard["name"] == hostile
    assert heard["moment"] == "2023-03-07T15:44:06.670000Z"
    assert heard["area"]["type"] == "circle"
    assert "note" not in heard


def test_text_that_a_command_would_take_for_an_option_is_refused() -> None:
    with pytest.raises(PermanentError, match="would be read as an option"):
        arguments(["find", "{name}"], {"name": "-delete"}, Path())
    assert arguments(["x", "{dec}"], {"dec": -23.4}, Path()) == ["x", "-23.4"]


def test_a_result_has_values_tables_figures_and_caveats(command: Callable[..., str]) -> None:
    said = {
        "values": {"snr": 12.5, "t90": {"value": 3.0, "unit": "s", "minus": 0.1, "plus": 0.2}},
        "tables": [{"name": "bins", "columns": ["t [s]", "n"], "rows": [[0.5, 3], [1.5, None]]}],
        "figures": [{"file": "curve.png", "caption": "A curve", "alt": "One peak"}],
        "caveats": ["no dead time"],
    }
    name = command(f"open('curve.png', 'wb').write(bytes.fromhex('{PNG.hex()}'))\n" + _says(**said))
    result = run(name, {}, {})
    assert str(result.values["t90"]) == "3 +0.2 −0.1 s"
    assert result.tables[0].rows == [[0.5, 3.0], [1.5, None]]
    assert (result.figures[0].png, result.figures[0].alt) == (PNG, "One peak")
    assert result.caveats == ["no dead time"]


@pytest.mark.parametrize(
    ("program", "error", "said"),
    [
        ("import sys; print('the archive is closed', file=sys.stderr); sys.exit(75)", TransientError, "archive is clo"),
        ("import sys; sys.exit('no such burst')", PermanentError, "(?s)exit status 1.*no such burst"),
        ("import os; os.abort()", PermanentError, "ended by signal 6"),
        ("print('hello')", PermanentError, "is no JSON.*begins 'hello"),
        ('print(\'{"answer": "x", "values": {"a": NaN}}\')', PermanentError, "null, not NaN"),
        (_says(value={}), PermanentError, "not in our words.*value"),
        (_says(values={"x; y": 1}), PermanentError, "not in our words"),
        (_says(tables=[{"name": "t", "columns": ["a"], "rows": [[1, 2]]}]), PermanentError, "row 1: 2 cells under 1"),
        (_says(figures=[{"file": "/etc/hostname"}]), PermanentError, "no figure '/etc/hostname'"),
        (
            "import os; os.symlink('/etc/hostname', 'a.png')\n" + _says(figures=[{"file": "a.png"}]),
            PermanentError,
            "no figure 'a.png'",
        ),
        ("open('a.png', 'w').write('x')\n" + _says(figures=[{"file": "a.png"}]), PermanentError, "is no PNG"),
        ("x = bytearray(10**9)", PermanentError, "MemoryError"),
        ("while True: print('x' * 1000)", PermanentError, "more than 1 MB|exit status"),
    ],
)
def test_what_goes_wrong_is_told_by_the_right_error(
    command: Callable[..., str], program: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        run(command(program, memory_mb=400, output_mb=1), {}, {})


def test_a_command_that_is_not_there_is_named(tmp_path: Path, command: Callable[..., str]) -> None:
    command("")
    write_document(tmp_path, "absent", supplier="command", argv=["/no such command"])
    suppliers._load.cache_clear()
    with pytest.raises(PermanentError, match=r"(?s)exit status 127.*no such command|cannot be started"):
        run("absent", {}, {})


def test_no_secret_of_ours_is_in_its_environment_unless_its_file_asks_for_it(
    command: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("ODA_TOKEN", "for-the-platform")
    program = 'import json, os; print(json.dumps({"answer": json.dumps(dict(os.environ))}))'
    seen: Mapping[str, str] = json.loads(run(command(program, environment=["ODA_TOKEN"]), {}, {}).answer)
    assert seen["ODA_TOKEN"] == "for-the-platform"
    assert "xoxb-secret" not in str(seen)
    assert not Path(seen["HOME"]).exists()
    monkeypatch.delenv("ODA_TOKEN")
    with pytest.raises(ConfigurationError, match="no ODA_TOKEN"):
        run("told", {}, {})


def _stops(file: Path) -> bool:
    """Whether nobody writes any more."""
    size = file.stat().st_size
    time.sleep(0.2)
    return file.stat().st_size == size


@pytest.mark.parametrize("walled", [True, False])
def test_the_deadline_of_its_file_ends_a_command_and_what_left_its_group(
    tmp_path: Path, command: Callable[..., str], monkeypatch: pytest.MonkeyPatch, walled: bool
) -> None:
    if not walled:  # as where the kernel forbids namespaces
        monkeypatch.setattr(keeping, "walls", lambda network: ())
    beats = tmp_path / "beats"
    with pytest.raises(DeadlineExceeded, match=r"took longer than 1\.5 s"):
        run(command(HEARTBEAT.replace("{file!r}", repr(str(beats))), timeout_s=1.5), {}, {})
    assert beats.stat().st_size > 0
    assert _stops(beats)


@pytest.mark.parametrize("kind", ["local", "inline"])
def test_cancelling_and_deadlines_of_executors_end_it_too(
    tmp_path: Path, command: Callable[..., str], kind: str
) -> None:
    beats = tmp_path / "beats"
    name = command(HEARTBEAT.replace("{file!r}", repr(str(beats))))
    executor: Executor = LocalExecutor(workers=1) if kind == "local" else InlineExecutor()
    try:
        job = executor.submit(name, {}, blobs={}, deadline_s=60.0)
        end = time.monotonic() + 30.0
        while not beats.exists() and time.monotonic() < end:
            time.sleep(0.05)
        job.cancel()
        with pytest.raises(Cancelled):
            job.result(30.0)
        while not _stops(beats) and time.monotonic() < end:
            pass
        assert _stops(beats)
    finally:
        executor.close()


def test_ctrl_c_reaches_whoever_waits_and_the_rest_ends_after_it(tmp_path: Path) -> None:
    beats, place = tmp_path / "beats", tmp_path / "place"
    (place / "work").mkdir(parents=True)
    (place / "stdin").touch()
    program = HEARTBEAT.replace("{file!r}", repr(str(beats)))
    order = {"argv": [sys.executable, "-c", program], "place": str(place), "work": str(place / "work")}
    order |= {"environment": {}, "seconds": 60.0, "limits": {}}
    keeper = subprocess.Popen([sys.executable, str(keeping.KEEPER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert keeper.stdin is not None
    keeper.stdin.write(json.dumps(order).encode() + b"\n")
    keeper.stdin.flush()
    end = time.monotonic() + 30.0
    while not beats.exists() and time.monotonic() < end:
        time.sleep(0.02)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        keeper.send_signal(number)
    assert not _stops(beats)
    assert keeper.poll() is None
    keeper.communicate(timeout=30.0)
    assert _stops(beats)
    assert not place.exists(), "whoever is killed cannot clear up"


def test_a_sky_map_is_given_as_a_file_that_reads_back(tmp_path: Path) -> None:
    sky = ProbabilityMap(np.arange(4, 16), np.full(12, 1.0 / (4.0 * np.pi)), (40.0, 8.0))
    said = plain_value("sky", sky, tmp_path)
    back = ProbabilityMap.from_fits((tmp_path / said["file"]).read_bytes())
    assert said["type"] == "map"
    assert np.array_equal(back.uniq, sky.uniq)
    assert np.allclose(back.density, sky.density)
    assert back.distance == sky.distance
    with pytest.raises(FormatError):
        ProbabilityMap.from_fits(b"nothing")
