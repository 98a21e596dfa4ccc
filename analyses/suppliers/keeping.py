"""Runs somebody's command beside us: nothing of this process' environment, a deadline, bounded memory and output, and
an end for all that it started. It may use the network, as analyses do; where the kernel lets us, it does not see other
processes. No wall against an attacker: it has the rights of the service's user.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from analyses.progress import VARIABLE as PROGRESS
from analyses.regression.sandbox import walls
from nuncius.core.errors import ConfigurationError, DeadlineExceeded, PermanentError, TransientError

KEEPER = Path(__file__).with_name("keeper.py")
MB = 1024 * 1024
TAIL = 2000
#: The keeper's own time to end a command and say so.
GRACE_S = 15.0

#: What every run may know of this machine; the rest of the environment is named in its document.
ALWAYS = (
    PROGRESS,
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one run may use; `output_mb` bounds each file that it writes, its standard output among them."""

    seconds: float
    memory_mb: int = 4096
    output_mb: int = 64


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended, and where it left what it said."""

    status: int
    out: Path
    err: Path

    def told(self) -> str:
        """Its last words, for an error."""
        said = tail(self.err) or tail(self.out)
        return f"; it printed:\n{said}" if said else ""


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the keeper says."""

    status: int
    late: bool = False
    error: str = ""


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder for one run, gone after it: `work` in it is where the run is at home."""
    with tempfile.TemporaryDirectory(prefix="nuncius-run-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / "work").mkdir()
        yield place


def keep(
    argv: Sequence[str],
    place: Path,
    limits: Limits,
    *,
    what: str,
    given: bytes = b"",
    environment: Mapping[str, str],
) -> Ended:
    """Run a command to its end in `place/work`. `what` names it in errors. Raises DeadlineExceeded, PermanentError
    where it cannot be started, TransientError where its keeper was killed from outside."""
    (place / "stdin").write_bytes(given)
    python = [sys.executable, "-I", "-S", str(KEEPER)]
    around = [*walls(True), *python] if walls(True) else []
    asked = {
        "argv": [*around, *argv],
        "place": str(place),
        "work": str(place / "work"),
        "environment": dict(environment),
        "seconds": limits.seconds,
        "limits": {
            # Linux counts what is private and writable; elsewhere only the whole address space can be bounded.
            "DATA" if sys.platform == "linux" else "AS": limits.memory_mb * MB,
            "CPU": math.ceil(limits.seconds * (os.cpu_count() or 1)) + 5,
            "FSIZE": limits.output_mb * MB,
            "CORE": 0,
        },
    }
    keeper = subprocess.Popen(  # noqa: S603
        python, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}
    )
    try:
        assert keeper.stdin is not None
        keeper.stdin.write(json.dumps(asked).encode() + b"\n")
        keeper.stdin.flush()
        told = _told(keeper, limits.seconds + GRACE_S)
    finally:
        _release(keeper)
    if told.error:
        raise PermanentError(f"{what} cannot be started: {told.error}")
    ended = Ended(status=told.status, out=place / "stdout", err=place / "stderr")
    if told.late:
        raise DeadlineExceeded(f"{what} took longer than {limits.seconds:g} s{ended.told()}")
    return ended


def _release(keeper: subprocess.Popen[bytes]) -> None:
    """The keeper's input ends, whatever happened, and it ends the run and itself. It may not be killed before that, or
    what it keeps would live on."""
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        keeper.stdin.close()
    try:
        keeper.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
    keeper.stdout.close()


def _told(keeper: subprocess.Popen[bytes], seconds: float) -> _Told:
    """The keeper's line. Waits in short steps, so that an executor which withdraws a run from outside gets through."""
    assert keeper.stdout is not None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([keeper.stdout], [], [], 0.1)[0]:
            if line := keeper.stdout.readline():
                return msgspec.json.decode(line, type=_Told)
            break
    raise TransientError("the keeper of a run was killed from outside")


def environment_for(place: Path, passed: Sequence[str] = ()) -> dict[str, str]:
    """The environment of a run: `place/work` is its home. `passed` names variables that its document asks for; only
    these may hold a secret. Raises ConfigurationError where one is not set."""
    missing = [name for name in passed if name not in os.environ]
    if missing:
        raise ConfigurationError(f"the environment has no {missing[0]}, which the analysis asks for in `environment`")
    home = str(place / "work")
    return {
        **{name: os.environ[name] for name in ALWAYS if name in os.environ},
        "HOME": home,
        "TMPDIR": home,
        "PYTHONDONTWRITEBYTECODE": "1",
        **_font_cache(),
        **{name: os.environ[name] for name in passed},
    }


def _font_cache() -> dict[str, str]:
    """Where matplotlib keeps its list of fonts from one run to the next: it takes seconds to make."""
    folder = Path(tempfile.gettempdir()) / f"nuncius-matplotlib-{os.getuid()}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.lstat().st_uid == os.getuid() and not folder.is_symlink():
            return {"MPLCONFIGDIR": str(folder)}
    return {}


def tail(file: Path) -> str:
    """The last of a file, as text that can be shown."""
    try:
        with file.open("rb") as printed:
            printed.seek(max(0, file.stat().st_size - TAIL))
            text = printed.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return clean(text)


def clean(text: str) -> str:
    """Text without colours and control characters."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in plain).strip()
