"""Units as circulars write them, to the unit strings of astropy: `ergs/cm^2/sec` is `erg / (cm2 s)`.

Read by a small grammar of factors, once for each spelling; astropy itself is asked only about what no circular has
written before, and never for a candidate. What astropy does not know is kept as written.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from kg.cues import Cued
from kg.openings import compiled

_SPELLINGS = {
    "erg": "erg", "ergs": "erg", "j": "J", "w": "W", "kev": "keV", "mev": "MeV", "gev": "GeV", "tev": "TeV", "ev": "eV",
    "ph": "ph", "phot": "ph", "photon": "ph", "photons": "ph", "cm": "cm", "m": "m", "s": "s", "sec": "s", "secs": "s",
    "second": "s", "seconds": "s", "hz": "Hz", "a": "Angstrom", "aa": "Angstrom", "ang": "Angstrom", "um": "um",
    "angstrom": "Angstrom", "angstroms": "Angstrom", "sr": "sr", "beam": "beam", "ct": "ct", "cts": "ct", "count": "ct",
    "counts": "ct", "cnt": "ct", "cnts": "ct",
    "\u00c5": "Angstrom", "\u00e5": "Angstrom",
}  # fmt: skip
_POWER = r"(?: ?(?:\^|\*\*) ?[{(]{0,2} ?[-+]?\d ?[)}]{0,2}| ?\{ ?-?\d ?\}|-\d(?!\d)|\d(?!\.?\d))?"
_PART = r"(?:cm|m|sec(?:ond)?s?|s|Hz|[kMGT]?eV|Ang(?:strom)?s?|AA?|\u00c5|um|sr|beam|count|cts?)"
_HEAD = r"(?:[eE]rgs?|[kMGT]?eV|[pP]h(?:otons?|ot)?|J|W)"
#: An energy or photons per area, and perhaps per time, frequency, wavelength.
PER_AREA = Cued(
    rf"(?<![A-Za-z])(?:{_HEAD}{_POWER}(?:(?:[ /*\u00b7-]{{0,3}}|\.(?=\w))\(?(?:{_PART}{_POWER}|sq\.? ?cm|cmsq|"
    rf"square cm)\)?)+"
    rf"|(?:[kMGT]eV ?\^?\{{?-1\}}? ?)?cm ?\^?\*{{0,2}} ?[{{(]?-2[)}}]? ?(?:sec|s) ?\^?\*{{0,2}} ?[{{(]?-1[)}}]?"
    rf"(?: ?[kMGT]eV ?\^?\{{?-1\}}?)?)(?![A-Za-z])"
)
#: Flux densities at radio and millimetre wavelengths, and fluxes in units of the Crab.
JANSKY = Cued(
    r"(?<![A-Za-z])(?P<prefix>micro[- ]?|milli[- ]?|nano[- ]?|\\?mu ?|\{?\\mu\}? ?|[unm\u00b5\u03bc\ufffd]{1,3})?"
    r"(?P<unit>Jy|Janskys?|Janskies|jansky|Crab)\b(?P<beam> ?(?:/|per) ?b(?:ea)?m\b| ?beam ?\^?\{?-1\}?)?(?! "
    r"?(?:km|/ ?km|s\b))"
)
_FACTOR = compiled(
    rf"(?P<slash>[/])|(?P<area>sq\.? ?cm|cmsq|square cm)|"
    rf"(?P<name>[A-Za-z\u00c5]+)(?P<power>{_POWER})"
)
_PREFIX = {
    "micro": "u",
    "milli": "m",
    "nano": "n",
    "mu": "u",
    "\u00b5": "u",
    "\u03bc": "u",
    "u": "u",
    "m": "m",
    "n": "n",
}
_ORDER = (
    "erg",
    "J",
    "W",
    "eV",
    "keV",
    "MeV",
    "GeV",
    "TeV",
    "ph",
    "cm",
    "m",
    "s",
    "Hz",
    "Angstrom",
    "um",
    "sr",
    "beam",
    "ct",
)


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """`name` in astropy's spelling, and the powers that make it up; `kind` is `fluence`, `flux`, `photon flux`,
    `flux density`, `crab` or None where it is none of these."""

    name: str
    kind: str | None


@lru_cache(maxsize=2048)
def read_unit(written: str) -> Unit | None:
    """The unit that a text as matched by `PER_AREA` or `JANSKY` means; None where its parts make no sense."""
    if match := JANSKY.fullmatch(written):
        return _jansky(match)
    powers: dict[str, int] = {}
    below = False
    for match in _FACTOR.finditer(written):
        if match["slash"]:
            below = True
            continue
        name, power = ("cm", 2) if match["area"] else (_SPELLINGS.get(match["name"].lower()), _power(match["power"]))
        if name is None:
            return None
        if power < 0:
            powers[name] = powers.get(name, 0) + power
        else:
            powers[name] = powers.get(name, 0) + (-power if below else power)
    return Unit(name=_named(powers), kind=_kind(powers)) if powers else None


def _power(written: str) -> int:
    digits = re.search(r"[-+]?\d", written.replace("**", "")) if written else None
    return int(digits.group()) if digits else 1


def _jansky(match: re.Match[str]) -> Unit:
    prefix = (match["prefix"] or "").strip(" -\\{}").lower()
    short = _PREFIX.get(prefix, "u" if "\ufffd" in prefix else "")
    if match["unit"] == "Crab":
        return Unit(name=f"{short}Crab", kind="crab")
    return Unit(name=f"{short}Jy / beam" if match["beam"] else f"{short}Jy", kind="flux density")


def _named(powers: dict[str, int]) -> str:
    """Factors in astropy's spelling: `erg / (cm2 s)`."""
    above = [_factor(n, powers[n]) for n in _ORDER if powers.get(n, 0) > 0]
    below = [_factor(n, -powers[n]) for n in _ORDER if powers.get(n, 0) < 0]
    over = " ".join(above) or "1"
    if not below:
        return over
    return f"{over} / {below[0]}" if len(below) == 1 else f"{over} / ({' '.join(below)})"


def _factor(name: str, power: int) -> str:
    return name if power == 1 else f"{name}{power}"


def _kind(powers: dict[str, int]) -> str | None:
    area = powers.get("cm") == -2 or powers.get("m") == -2
    energy = [n for n in ("erg", "J", "eV", "keV", "MeV", "GeV", "TeV") if powers.get(n) == 1]
    if powers.get("ct") or not area:
        return None
    spectral = {n for n in ("Hz", "Angstrom", "um") if powers.get(n, 0) < 0}
    time = powers.get("s", 0) == -1
    if powers.get("W") == 1:
        return "flux"
    if energy:
        return "flux" if time else None if spectral else "fluence"
    if time and not energy:
        return "photon flux"
    return None


@lru_cache(maxsize=256)
def known(name: str) -> bool:
    """Whether astropy reads a unit. Of those that circulars print it is known; others are looked up once, for which
    astropy must be there, a third of a second."""
    if name in _KNOWN:
        return True
    if name in _UNKNOWN:
        return False
    from astropy import units

    try:
        units.Unit(name)
    except ValueError:
        return False
    return True


_KNOWN = frozenset(
    ["erg / cm2", "erg / (cm2 s)", "ph / (cm2 s)", "GeV / cm2", "GeV / (cm2 s)", "TeV / (cm2 s)", "keV / (cm2 s)",
     "mJy", "uJy", "Jy", "mJy / beam", "uJy / beam", "s", "ms", "deg", "mag", "erg / (cm2 s Hz)",
     "erg / (cm2 s Angstrom)", "ph / (keV cm2 s)"]
)  # fmt: skip
#: Written by circulars, and no unit of astropy's.
_UNKNOWN = frozenset(["Crab", "mCrab"])
