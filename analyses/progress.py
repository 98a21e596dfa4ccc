"""How far an analysis is: it says so with `progress(0.4, "fitting the background")`, whoever waits for it may read it.

What is said goes into the file that NUNCIUS_PROGRESS names, so a notebook or a command may write a line there itself,
`0.4 fitting the background`; the last line counts. Nobody has to listen, and saying it costs next to nothing.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

#: Names the file; unset where nobody listens.
VARIABLE = "NUNCIUS_PROGRESS"
#: A loop may say it at every turn; it is written no more often, in seconds.
PAUSE_S = 0.1
MOST_WORDS = 120

_LINE = re.compile(r"\s*(\d{1,9}(?:\.\d*)?|\.\d+)\s*(%?)(.*)")
_said = 0.0


class Progress(msgspec.Struct, frozen=True):
    """The part that is done, 0 to 1, and in words what is being done."""

    fraction: float
    words: str = ""

    def __str__(self) -> str:
        return f"{100 * self.fraction:.0f} %" + (f", {self.words}" if self.words else "")


def progress(fraction: float, words: str = "") -> None:
    """Say that this part of the analysis is done, 0 to 1, and in a few words what comes now."""
    global _said
    path, now = os.environ.get(VARIABLE), time.monotonic()
    if not path or now - _said < PAUSE_S:
        return
    _said = now
    with contextlib.suppress(OSError):  # a full disk is no reason to lose the result
        Path(path).write_text(f"{float(fraction):.4f} {' '.join(words.split())}\n", encoding="utf-8")


def heard(path: Path) -> Progress | None:
    """What was said last; None where nothing was, or nothing that can be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return None
    found = next((match for line in reversed(lines) if (match := _LINE.fullmatch(line.strip()))), None)
    if found is None:
        return None
    number, percent, words = found.groups()
    fraction = float(number) / (100.0 if percent else 1.0)
    shown = "".join(letter for letter in words.strip(" ,:") if letter.isprintable())
    return Progress(min(fraction, 1.0) if math.isfinite(fraction) else 1.0, shown[:MOST_WORDS])


@contextlib.contextmanager
def telling(path: str) -> Iterator[None]:
    """Within, what is said goes to that file; an empty path: nowhere."""
    global _said
    before, _said = os.environ.get(VARIABLE), 0.0
    if path:
        os.environ[VARIABLE] = path
    else:
        os.environ.pop(VARIABLE, None)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before
