"""Which folder of a graph store counts: a rebuild writes the next generation beside it, and one rename makes it the
store. A crash at any moment leaves the old one, and rubbish that the next writer clears away."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_POINTER = "CURRENT"


def clear_leftovers(folder: Path, keep: str) -> None:
    """Remove what killed rebuilds left. Only for the holder of the write lock."""
    for leftover in folder.glob("g*"):
        if leftover.name != keep and leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)


def current(folder: Path) -> str | None:
    """Which generation of the store counts; a rebuild writes the next one and then moves this pointer."""
    try:
        return (folder / _POINTER).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def point_to(folder: Path, generation: str) -> None:
    if current(folder) == generation:
        return
    new = folder / f".{_POINTER}.new"
    with new.open("w", encoding="ascii") as file:
        file.write(generation + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / _POINTER)
