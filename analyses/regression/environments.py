"""Fresh Python environments with exactly the packages of a test case, built by `uv` from the package index and kept by
the hash of what is in them. Wheels only: building a package would run its code before any limit holds.

The index is the one that the user's environment names (UV_DEFAULT_INDEX, UV_INDEX_URL, PIP_INDEX_URL), else uv's own.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from nuncius.core.errors import Cancelled, ConfigurationError, PermanentError, TransientError

try:
    import fcntl
except ImportError:  # Windows: one process at a time builds
    fcntl = None  # type: ignore[assignment]

READY = "ready.json"
RESOLVE_S = 180.0
INSTALL_S = 900.0
#: What uv may see of the user's environment: how to reach the index, and where its cache is.
_PASSED = ("PATH", "HOME", "TMPDIR", "LANG", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "NETRC")
_PASSED_FAMILIES = ("UV_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")


class CouldNotBuild(PermanentError):
    """No environment satisfies the request: a version does not exist, has no wheel here, or contradicts another."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """An environment on disk; `packages` is what is in it, by name."""

    hash: str
    packages: dict[str, str]
    python_version: str
    seconds: float
    bytes: int
    folder: str = ""

    @property
    def python(self) -> Path:
        return Path(self.folder) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def site(self) -> Path:
        """Where its packages are."""
        return next(iter(sorted(Path(self.folder).glob("lib/python*/site-packages"))), Path(self.folder) / "Lib")


def index_address(environment: Mapping[str, str] = os.environ) -> str | None:
    """The package index that the user's environment names; None for the libraries' own."""
    names = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
    return next((environment[name] for name in names if environment.get(name)), None)


class Environments:
    """Environments in a folder, those unused for longest removed when they take more than `limit_mb`."""

    def __init__(self, folder: Path, *, limit_mb: int = 10_000) -> None:
        # uv runs elsewhere, so that no project file of the working folder counts.
        self._folder, self._limit = folder.absolute(), limit_mb * 1024 * 1024

    def resolve(
        self,
        requirements: Sequence[str],
        *,
        like: Mapping[str, str] | None = None,
        as_of: datetime | None = None,
        stop: threading.Event | None = None,
    ) -> dict[str, str]:
        """Which version of which package satisfies the requirements. `like`: the versions to keep where that is
        possible, so that only what must change does; `as_of`: as the index was then. Raises CouldNotBuild, or
        TransientError where the index cannot be asked."""
        with tempfile.TemporaryDirectory(prefix="nuncius-pins-") as folder:
            pins = Path(folder) / "pins.txt"
            if like:  # uv keeps what its output file says already
                pins.write_text("".join(f"{name}=={version}\n" for name, version in sorted(like.items())))
            asked = Path(folder) / "asked.in"
            asked.write_text("".join(f"{requirement}\n" for requirement in requirements), encoding="utf-8")
            command = [
                "pip",
                "compile",
                str(asked),
                "-o",
                str(pins),
                "--no-header",
                "--no-annotate",
                "--no-strip-extras",
            ]
            command += ["--python", sys.executable, "--only-binary", ":all:"]
            command += ["--exclude-newer", as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")] if as_of else []
            _uv(command, Path(folder), RESOLVE_S, stop)
            return _read_pins(pins.read_text(encoding="utf-8"))

    @contextlib.contextmanager
    def use(self, pins: Mapping[str, str], *, stop: threading.Event | None = None) -> Iterator[Built]:
        """The environment with these packages, built where it is not there; it stays while it is used. Raises
        CouldNotBuild, TransientError."""
        name = environment_hash(pins)
        self._folder.mkdir(parents=True, exist_ok=True)
        folder, lock = self._folder / name, self._folder / f"{name}.lock"
        while True:
            with _lock(lock, shared=True, stop=stop):  # several may use it, nobody may remove it
                if (folder / READY).is_file():
                    built = msgspec.json.decode((folder / READY).read_bytes(), type=Built)
                    os.utime(folder / READY)  # used now
                    yield msgspec.structs.replace(built, folder=str(folder.resolve()))
                    break
            with _lock(lock, stop=stop):
                if not (folder / READY).is_file():  # nobody was quicker
                    self._build(folder, name, pins, stop)
        self._evict(keep=name)

    def _build(self, folder: Path, name: str, pins: Mapping[str, str], stop: threading.Event | None) -> None:
        started = time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)  # half-made by somebody who died
        listed = self._folder / f"{name}.txt"
        listed.write_text("".join(f"{package}=={version}\n" for package, version in sorted(pins.items())))
        _uv(["venv", "--python", sys.executable, str(folder)], self._folder, RESOLVE_S, stop)
        python = Built(hash=name, packages={}, python_version="", seconds=0, bytes=0, folder=str(folder)).python
        # Copies: what runs there must not be able to change uv's cache, nor other environments with it.
        install = ["pip", "install", "--python", str(python), "--link-mode", "copy", "--no-deps"]
        _uv([*install, "--only-binary", ":all:", "-r", str(listed)], self._folder, INSTALL_S, stop)
        listed.unlink()
        built = Built(
            hash=name,
            packages=dict(pins),
            python_version=platform.python_version(),
            seconds=round(time.monotonic() - started, 2),
            bytes=sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and not f.is_symlink()),
        )
        (folder / READY).write_bytes(msgspec.json.encode(built))

    def known(self) -> list[Built]:
        """Environments that are there, those unused for longest first."""
        ready = sorted(self._folder.glob(f"*/{READY}"), key=lambda f: f.stat().st_mtime)
        return [msgspec.json.decode(f.read_bytes(), type=Built) for f in ready]

    def _evict(self, keep: str) -> None:
        known = self.known()
        total = sum(built.bytes for built in known)
        for built in known:
            if total <= self._limit:
                return
            if built.hash == keep:
                continue
            with contextlib.suppress(BlockingIOError), _lock(self._folder / f"{built.hash}.lock", wait=False):
                (self._folder / built.hash / READY).unlink(missing_ok=True)
                shutil.rmtree(self._folder / built.hash, ignore_errors=True)
                total -= built.bytes


def environment_hash(pins: Mapping[str, str]) -> str:
    """A name for an environment: its packages, the Python and the sort of machine."""
    here = [platform.python_version(), platform.system(), platform.machine()]
    return hashlib.sha256(msgspec.json.encode([here, sorted(pins.items())])).hexdigest()[:16]


def _read_pins(text: str) -> dict[str, str]:
    lines = [line.split("#")[0].split(";")[0].strip() for line in text.splitlines()]
    pairs = [line.partition("==") for line in lines if "==" in line]
    return {name.split("[")[0].strip(): version.strip() for name, _, version in pairs}


def _uv(arguments: Sequence[str], folder: Path, limit_s: float, stop: threading.Event | None) -> None:
    """Run uv. Raises CouldNotBuild where what is asked cannot be had, TransientError where the index cannot."""
    process = subprocess.Popen(  # noqa: S603
        [_find_uv(), "--quiet", "--no-progress", "--color", "never", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(os.environ),
        start_new_session=True,
        text=True,
        errors="replace",
    )
    deadline = time.monotonic() + limit_s
    try:
        while True:
            try:
                _, said = process.communicate(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                if stop is not None and stop.is_set():
                    raise Cancelled("building an environment was cancelled") from None
                if time.monotonic() > deadline:
                    raise TransientError(f"the package index did not answer in {limit_s:g} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode == 0:
        return
    why = _brief(said)
    if process.returncode == 1 and "Failed to fetch" not in said:
        raise CouldNotBuild(why)
    raise TransientError(f"the package index cannot be asked: {why}")


def _brief(said: str) -> str:
    """uv's words in one line, without credentials that an address may hold."""
    import re

    told = said.partition("hint:")[0]  # hints speak of uv's options, which nobody here gives
    text = " ".join(told.replace("error: ", "").replace("cause: ", "").split())
    return re.sub(r"(://)[^/\s@]*@", r"\1", text)[:1500] or "uv gave no reason"


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    passed = {k: v for k, v in given.items() if k in _PASSED or k.upper().startswith(_PASSED_FAMILIES)}
    address = index_address(given)
    return {**passed, **({"UV_DEFAULT_INDEX": address} if address else {}), "UV_PYTHON_DOWNLOADS": "never"}


def _find_uv() -> str:
    try:
        from uv import find_uv_bin
    except ImportError:
        found = shutil.which("uv")
        if found is None:
            raise ConfigurationError("environments are built by uv, which is not installed: pip install uv") from None
        return found
    return find_uv_bin()


@contextlib.contextmanager
def _lock(
    file: Path, *, shared: bool = False, wait: bool = True, stop: threading.Event | None = None
) -> Iterator[None]:
    """A lock of the system's, which ends with its process. Raises BlockingIOError where one does not wait."""
    with file.open("a") as held:
        while fcntl is not None:
            try:
                fcntl.flock(held, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not wait:
                    raise
                if stop is not None and stop.is_set():
                    raise Cancelled("waiting for an environment was cancelled") from None
                time.sleep(0.1)
        yield
