"""Turns values with units into SI numbers, so that claims in different units can be compared; knows no claims."""

from __future__ import annotations

import re
from functools import lru_cache

#: Factor to SI and the SI unit, for the units that nearly every claim has: astropy takes half a second to import and
#: is asked only about the others. Angles stay in degrees, the unit that positions have everywhere here.
_COMMON: dict[str, tuple[float, str]] = {
    "s": (1.0, "s"),
    "ms": (1e-3, "s"),
    "min": (60.0, "s"),
    "h": (3600.0, "s"),
    "d": (86400.0, "s"),
    "deg": (1.0, "deg"),
    "arcmin": (1 / 60, "deg"),
    "arcsec": (1 / 3600, "deg"),
    "erg / cm2": (1e-3, "J / m2"),
    "erg / (cm2 s)": (1e-3, "W / m2"),
    "erg / (s cm2)": (1e-3, "W / m2"),
    "Jy": (1e-26, "W / (m2 Hz)"),
    "mJy": (1e-29, "W / (m2 Hz)"),
    "uJy": (1e-32, "W / (m2 Hz)"),
    "Hz": (1.0, "Hz"),
    "Mpc": (3.0856775814913674e22, "m"),
    "keV": (1.602176634e-16, "J"),
    "MeV": (1.602176634e-13, "J"),
    "GeV": (1.602176634e-10, "J"),
    "erg": (1e-7, "J"),
    "erg / s": (1e-7, "W"),
    "ks": (1e3, "s"),
    "mag": (1.0, "mag"),
    "": (1.0, ""),
}
_FACTOR = re.compile(r"^(?P<factor>[\d.]+(?:[eE][+-]?\d+)?|10(?:\*\*|\^)[+-]?\d+)\s+(?P<unit>\S.*)$")


@lru_cache(maxsize=1024)
def si(unit: str) -> tuple[float, str] | None:
    """(factor, SI unit) of a unit as astropy writes it, maybe with a number in front (`1e-08 erg / cm2`); None where
    it is no unit that we know."""
    unit = unit.strip()
    if unit in _COMMON:
        return _COMMON[unit]
    if match := _FACTOR.match(unit):
        inner = si(match["unit"])
        return (_number(match["factor"]) * inner[0], inner[1]) if inner else None
    return _by_astropy(unit)


def _number(text: str) -> float:
    base, power = re.split(r"\*\*|\^", text) if re.search(r"\*\*|\^", text) else (text, "1")
    return float(base) ** int(power)


def _by_astropy(unit: str) -> tuple[float, str] | None:
    from astropy import units as u

    for known in ("s", "deg", "J / m2", "W / m2", "W / (m2 Hz)", "Hz", "m", "J", "1 / (m2 s)", "kg"):
        try:
            return float(u.Unit(unit).to(u.Unit(known))), known
        except (ValueError, TypeError, u.UnitConversionError):
            continue
    return None


def to_si(value: float, unit: str) -> tuple[float, str] | None:
    """A value in SI with its unit; None where the unit is unknown."""
    known = si(unit)
    return None if known is None else (value * known[0], known[1])
