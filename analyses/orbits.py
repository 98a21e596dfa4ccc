"""Where a satellite is, from two-line elements that the operator supplies: files `NAME.tle` in one folder, the name
being the carrier's in `config/instruments.toml`. Nothing here fetches them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

from nuncius.core.errors import ConfigurationError

#: Elements age: after this many days the place along a low orbit is wrong by a good part of the Earth's disc.
FRESH_DAYS = 14.0
EARTH_KM = 6378.137


class Orbits:
    """Elements by carrier, read when first asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._read: dict[str, list[object]] = {}

    def zenith(self, carrier: str, at: datetime) -> tuple[float, float, float] | None:
        """(ra, dec) in degrees of the direction from the Earth's centre to the satellite, and its distance in km;
        None where no fresh elements are supplied. Good to 0.4 degrees (true equator of date is taken as ICRS)."""
        elements = self._elements(carrier)
        if not elements:
            return None
        from sgp4.api import jday

        at = at.astimezone(UTC)
        whole, part = jday(at.year, at.month, at.day, at.hour, at.minute, at.second + at.microsecond / 1e6)
        nearest = min(elements, key=lambda e: abs(e.jdsatepoch + e.jdsatepochF - whole - part))  # type: ignore[attr-defined]
        if abs(nearest.jdsatepoch + nearest.jdsatepochF - whole - part) > FRESH_DAYS:  # type: ignore[attr-defined]
            return None
        failed, place, _ = nearest.sgp4(whole, part)  # type: ignore[attr-defined]
        if failed:
            return None
        x, y, z = place
        return (
            math.degrees(math.atan2(y, x)) % 360.0,
            math.degrees(math.atan2(z, math.hypot(x, y))),
            math.hypot(x, y, z),
        )

    def _elements(self, carrier: str) -> list[object]:
        if self._folder is None:
            return []
        if carrier not in self._read:
            path = self._folder / f"{carrier}.tle"
            self._read[carrier] = _satellites(path) if path.exists() else []
        return self._read[carrier]


def _satellites(path: Path) -> list[object]:
    """Every pair of lines of a file. Raises ConfigurationError naming the file."""
    from sgp4.api import Satrec

    lines = [line.rstrip() for line in path.read_text(encoding="ascii", errors="replace").splitlines()]
    firsts = [i for i, line in enumerate(lines[:-1]) if line.startswith("1 ") and lines[i + 1].startswith("2 ")]
    if not firsts:
        raise ConfigurationError(f"{path}: no two-line elements; a pair of lines begins with '1 ' and '2 '")
    try:
        return [Satrec.twoline2rv(lines[i], lines[i + 1]) for i in firsts]
    except (ValueError, RuntimeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
