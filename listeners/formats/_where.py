"""The WhereWhen of a VOEvent: time, position in ICRS degrees, error radius, and the frame they came in."""

from __future__ import annotations

import math
from typing import Any

import msgspec
from lxml import etree

_SILENT = frozenset({"Name1", "Name2", "Name3", "Description"})
_PLACES = frozenset({"ObservatoryLocation", "ObservationLocation"})


class Where(msgspec.Struct, kw_only=True):
    """`ra`, `dec`, `error` in ICRS degrees; `time` as written; `other` keeps what was not understood."""

    time: str | None = None
    frame: str = ""
    ra: float | None = None
    dec: float | None = None
    error: float | None = None
    observatory: str = ""
    description: str = ""
    other: dict[str, Any] = {}


def read_where(where: Any) -> Where:
    """Read in one pass. Coordinates of the observatory itself are kept apart."""
    out = Where()
    of_observatory = False
    found: dict[str, str] = {}
    axis = unit = ""
    for part in where.iter(tag=etree.Element):
        tag = part.tag
        if tag[0] == "{":
            tag = tag.rpartition("}")[2]
        if tag in _PLACES:
            of_observatory = tag == "ObservatoryLocation"
            if of_observatory:
                out.observatory = part.get("id") or ""
            continue
        if tag == "AstroCoordSystem" and not of_observatory:
            out.frame = part.get("id") or ""
        elif tag == "AstroCoords" and not of_observatory:
            out.frame = part.get("coord_system_id") or out.frame
        elif tag == "Position2D":
            unit = part.get("unit") or ""
        text = part.text
        if text is None or not text.strip():
            continue
        text = text.strip()
        if tag == "Description":
            out.description = f"{out.description} {text}".strip()
        elif tag == "Name1":
            axis = text.lower()
        elif tag not in _SILENT:
            key = f"observatory_{tag}" if of_observatory else tag
            found[key if key not in found else f"{key}_2"] = text
    _place(out, found, axis, unit)
    out.other.update(found)
    return out


def _place(out: Where, found: dict[str, str], axis: str, unit: str) -> None:
    out.time = found.pop("ISOTime", None)
    first, second = _degrees(found.get("C1"), True), _degrees(found.get("C2"), False)
    radius = _degrees(found.get("Error2Radius"), False)
    if first is None or second is None:
        return
    del found["C1"], found["C2"]
    if unit.lower().startswith("rad"):
        first, second, radius = (None if v is None else v * 57.29577951308232 for v in (first, second, radius))
    if radius is not None:
        del found["Error2Radius"]
    frame = out.frame.upper()
    if first is not None and second is not None and ("FK4" in frame or "GAL" in frame or axis in ("glon", "l", "gl")):
        first, second = _to_icrs(first, second, "galactic" if "FK4" not in frame else "fk4")
    out.ra, out.dec, out.error = first, second, radius


def _degrees(text: str | None, hours: bool) -> float | None:
    """Decimal degrees, or sexagesimal hours and degrees; None where there is no number."""
    if text is None:
        return None
    try:
        number = float(text)
        return number if math.isfinite(number) else None
    except ValueError:
        pass
    parts = text.replace(":", " ").split()
    try:
        numbers = [abs(float(part)) for part in parts]
    except ValueError:
        return None
    if len(numbers) != 3:
        return None
    value = numbers[0] + numbers[1] / 60.0 + numbers[2] / 3600.0
    return value * (15.0 if hours else 1.0) * (-1.0 if text.lstrip().startswith("-") else 1.0)


def _to_icrs(first: float, second: float, frame: str) -> tuple[float, float]:
    """FK5 and ICRS differ by milliarcseconds and are taken as one; B1950 (FK4) and galactic are turned."""
    from astropy.coordinates import SkyCoord

    turned = SkyCoord(first, second, unit="deg", frame=frame).icrs
    return float(turned.ra.deg), float(turned.dec.deg)
