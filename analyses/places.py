"""Where a spacecraft was when a burst passed it, from the small files that the Interplanetary Network exchanges.

| Line | Who |
|---|---|
| `20200415 31681.403 08:48:01.403 2.14708 1.94712 1428868.0` | date, second of the day and as a clock, RA, Dec, km |
| `313.335 -18.822 201629728.0` | RA, Dec (degrees), km |
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from nuncius.core.errors import FormatError

#: Such files hold a few lines.
MAX_BYTES = 64 * 1024


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A spacecraft as seen from the Earth's centre: degrees (ICRS), km; `t0` is the moment that the file names, from
    which a table of text without a moment of its own counts."""

    ra: float
    dec: float
    distance: float
    t0: datetime | None = None


def read_place(file: Path) -> Place:
    """The place in a file. Raises FormatError."""
    try:
        text = file.read_bytes()[:MAX_BYTES].decode("ascii")
    except OSError as error:
        raise FormatError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{file.name}: no text: byte {error.object[error.start]:#x} at {error.start}") from error
    line = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return _place(line.split())
    except (ValueError, IndexError) as error:
        raise FormatError(
            f"{file.name}: expected `RA Dec km` or `YYYYMMDD seconds hh:mm:ss RA Dec km`; received '{line[:80]}'"
        ) from error


def _place(words: list[str]) -> Place:
    t0 = None
    if len(words) >= 6 and ":" in words[2]:
        t0 = datetime.strptime(words[0], "%Y%m%d").replace(tzinfo=UTC) + timedelta(seconds=float(words[1]))
        words = words[3:]
    ra, dec, distance = (float(word) for word in words[:3])
    if not (0.0 <= ra <= 360.0 and -90.0 <= dec <= 90.0 and 0.0 <= distance < 1e11):
        raise ValueError("no place")
    return Place(ra=ra, dec=dec, distance=distance, t0=t0)
