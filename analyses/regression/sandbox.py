"""Runs a case in a process of its own: nothing of this process' environment, a deadline, bounded memory, processor time
and output; on Linux also without network and without sight of other processes, where the kernel lets us.

It keeps mistakes of packages away from the service and secrets out of their environment. It is no wall against an
attacker: what runs has the rights of the service's user, and may read what that user may.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from nuncius.core.errors import Cancelled

CHILD = Path(__file__).with_name("child.py")
MAX_ANSWER = 8 * 1024 * 1024
TAIL = 2000
MB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one run may use."""

    seconds: float = 600.0
    memory_mb: int = 4096
    file_mb: int = 64


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave; `error` says why where it gave nothing, with the last that it printed."""

    values: dict[str, Any] = {}
    curves: dict[str, Any] = {}
    figures: list[dict[str, str]] = []
    error: str = ""
    seconds: float = 0.0


def run(
    python: Path, request: dict[str, Any], limits: Limits, *, network: bool = False, stop: threading.Event | None = None
) -> Answer:
    """The answer of one run by that interpreter. Raises Cancelled when `stop` is set meanwhile."""
    with tempfile.TemporaryDirectory(prefix="nuncius-case-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        bounds = {
            "AS": limits.memory_mb * MB,
            "CPU": math.ceil(limits.seconds) + 5,
            "FSIZE": limits.file_mb * MB,
            "CORE": 0,
        }
        asked = {**request, "limits": bounds, "answer": str(place / "answer.json")}
        started = time.monotonic()
        with (place / "printed").open("wb") as printed:
            process = subprocess.Popen(  # noqa: S603
                [*(walls(network)), str(python), "-s", "-P", "-S", str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=printed,
                stderr=subprocess.STDOUT,
                cwd=place,
                env=_environment(place, int(request["seed"])),
                start_new_session=True,
            )
            why = _wait(process, json.dumps(asked), started + limits.seconds, stop, place, limits)
        seconds = round(time.monotonic() - started, 3)
        if why:
            return Answer(error=why, seconds=seconds)
        return _answer(place, process.returncode, seconds)


def _wait(
    process: subprocess.Popen[bytes],
    asked: str,
    deadline: float,
    stop: threading.Event | None,
    place: Path,
    limits: Limits,
) -> str:
    """Wait for the end, and bring it about where it does not come; why it was brought about."""
    try:
        with contextlib.suppress(BrokenPipeError):  # it is dead already; its last words say why
            assert process.stdin is not None
            process.stdin.write(asked.encode() + b"\n")
            process.stdin.flush()
        while True:
            if stop is not None and stop.is_set():
                raise Cancelled("the run of a test case was cancelled")
            if time.monotonic() > deadline:
                return f"it took longer than {limits.seconds:g} s"
            try:
                process.wait(0.05)
                return ""
            except subprocess.TimeoutExpired:
                pass
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # it, and whatever it started
        process.wait()
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.close()


def _answer(place: Path, returncode: int, seconds: float) -> Answer:
    file = place / "answer.json"
    printed = _tail(place / "printed")
    if not file.is_file():
        ended = f"killed by signal {-returncode}" if returncode < 0 else f"exit status {returncode}"
        return Answer(error=f"it ended without an answer ({ended}){printed}", seconds=seconds)
    if file.is_symlink() or file.stat().st_size > MAX_ANSWER:
        return Answer(error=f"its answer is larger than {MAX_ANSWER // MB} MB", seconds=seconds)
    try:
        said = json.loads(file.read_bytes(), parse_constant=lambda _: None)
        answer = msgspec.convert(said, Answer)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        return Answer(error=f"its answer cannot be read: {error}", seconds=seconds)
    told = answer.error + printed if answer.error else ""
    return msgspec.structs.replace(answer, error=told, seconds=seconds)


def _tail(file: Path) -> str:
    """The last that a run printed, as text that can be shown."""
    with file.open("rb") as printed:
        printed.seek(max(0, file.stat().st_size - TAIL))
        text = printed.read().decode("utf-8", "replace")
    shown = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text).strip()
    return f"\nit printed:\n{shown}" if shown else ""


def _environment(place: Path, seed: int) -> dict[str, str]:
    """Everything that the run sees of an environment: nothing is inherited. One thread, because several add numbers up
    in an order that changes."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
    home = {"HOME": str(place), "TMPDIR": str(place), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
    python = {"PYTHONHASHSEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "Agg"}
    return threads | home | python


@cache
def walls(network: bool) -> tuple[str, ...]:
    """A command that starts another in namespaces of its own, and kills it with us; nothing where that is forbidden."""
    unshare, setpriv = shutil.which("unshare"), shutil.which("setpriv")
    if unshare is None or setpriv is None:
        return ()
    net = () if network else ("--net",)
    spaces = ("--user", "--map-current-user", "--pid", "--fork", "--mount-proc", "--ipc", "--kill-child")
    walls = (setpriv, "--pdeathsig", "KILL", unshare, *spaces, *net)
    try:
        tried = subprocess.run([*walls, "true"], capture_output=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return walls if tried.returncode == 0 else ()


def walled() -> bool:
    """Whether runs are kept from the network and from other processes here."""
    return bool(walls(False))
