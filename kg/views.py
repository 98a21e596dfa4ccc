"""A still picture of a graph store for a reader beside the writer: linked and copied files that nobody changes.

RocksDB leaves undefined what a read-only opening sees while another process writes. Tried here, it failed in one of
four openings and now and then never came back from a query. Table files never change once written, so they are
hard-linked; the few others are copied, and the picture counts only if the list of files and the manifest were the
same before and after.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from pathlib import Path

from nuncius.core.errors import TransientError

_ATTEMPTS = 1000
_PAUSE_S = 0.005
_NUMBERS = itertools.count()


def take(source: Path, home: Path) -> Path:
    """A folder with the store in `source` as it is at this moment, under `home` (or the system's temporary folder where
    that cannot be written). The caller removes it. TransientError where the writer leaves no quiet moment."""
    target = _new_folder(home)
    for _ in range(_ATTEMPTS):
        try:
            before = _state(source)
            _copy(source, target)
            if _state(source) == before:
                return target
        except FileNotFoundError:
            pass  # the writer tidied a file away between listing and linking
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        time.sleep(_PAUSE_S)
    shutil.rmtree(target, ignore_errors=True)
    raise TransientError(f"the graph in {source} is being written without a pause; try again")


def _new_folder(home: Path) -> Path:
    try:
        home.mkdir(exist_ok=True)
        _clear_dead(home)
        target = home / f"{os.getpid()}-{next(_NUMBERS)}"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        return target
    except PermissionError:
        return Path(tempfile.mkdtemp(prefix="nuncius-graph-"))


def _clear_dead(home: Path) -> None:
    """Remove pictures of readers that were killed."""
    for left in home.iterdir():
        pid = left.name.partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _state(source: Path) -> tuple[str, int, list[str]]:
    """What a flush or a compaction changes: the current manifest, its length, and the names of all files."""
    manifest = (source / "CURRENT").read_text(encoding="ascii").strip()
    names = sorted(p.name for p in source.iterdir() if not p.name.startswith("LOG"))
    return manifest, (source / manifest).stat().st_size, names


def _copy(source: Path, target: Path) -> None:
    for file in source.iterdir():
        if file.name == "LOCK" or file.name.startswith("LOG"):
            continue
        if file.suffix == ".sst":
            _link(file, target / file.name)
        else:
            shutil.copyfile(file, target / file.name)


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        shutil.copyfile(file, target)
