"""Which folder of a graph store counts: a rebuild writes the next generation beside it, and one rename makes it the
store. A crash at any moment leaves the old one, and rubbish that the next writer clears away."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from nuncius.core.errors import ConfigurationError

_POINTER = "CURRENT"
_NAME = re.compile(r"g[0-9]{1,9}")


class Damaged(ConfigurationError):
    """The files of a graph are not what was written; the journal can make it again."""


def clear_leftovers(folder: Path, keep: str) -> None:
    """Remove what killed rebuilds left. Only for the holder of the write lock."""
    for leftover in folder.glob("g*"):
        if leftover.name != keep and leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)


def current(folder: Path) -> str | None:
    """Which generation of the store counts; a rebuild writes the next one and then moves this pointer. Raises Damaged
    where the pointer says something else."""
    try:
        named = (folder / _POINTER).read_bytes().strip().decode("ascii", "replace")
    except FileNotFoundError:
        return None
    if named and not _NAME.fullmatch(named):
        raise Damaged(f"the graph in {folder} is damaged: {_POINTER} says {named[:20]!r}; `nuncius kg rebuild`")
    return named or None


def following(folder: Path) -> str:
    """A name for the next generation, later than all that are there, also where the pointer is damaged."""
    numbers = [int(item.name[1:]) for item in folder.glob("g*") if _NAME.fullmatch(item.name)]
    return f"g{max(numbers, default=0) + 1}"


def point_to(folder: Path, generation: str) -> None:
    with suppress(Damaged):
        if current(folder) == generation:
            return
    new = folder / f".{_POINTER}.new"
    with new.open("w", encoding="ascii") as file:
        file.write(generation + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / _POINTER)
