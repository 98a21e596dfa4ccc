"""Photometric bands: one spelling, their order by wavelength, and how each is drawn."""

from __future__ import annotations

import re

import msgspec

from kg.openings import compiled


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A band's colour and marker (matplotlib's), and its letter in a terminal. Wavelength in nm."""

    nm: float
    colour: str
    marker: str


#: By spelling without primes and subscripts. Colours go from violet to dark red with the wavelength; neighbours differ
#: in marker too, so that nobody needs to tell colours apart.
LOOKS: dict[str, Look] = {
    "uvw2": Look(nm=193, colour="#3b0f70", marker="<"),
    "uvm2": Look(nm=225, colour="#51127c", marker=">"),
    "uvw1": Look(nm=260, colour="#641a80", marker="^"),
    "u": Look(nm=355, colour="#6a3d9a", marker="P"),
    "U": Look(nm=365, colour="#7b4fb0", marker="X"),
    "B": Look(nm=445, colour="#1f4fb4", marker="s"),
    "g": Look(nm=477, colour="#1b9e77", marker="o"),
    "V": Look(nm=551, colour="#4daf4a", marker="D"),
    "white": Look(nm=560, colour="#777777", marker="p"),
    "clear": Look(nm=600, colour="#999999", marker="h"),
    "r": Look(nm=623, colour="#d95f02", marker="o"),
    "R": Look(nm=658, colour="#c0392b", marker="s"),
    "i": Look(nm=762, colour="#a6173f", marker="D"),
    "I": Look(nm=806, colour="#8e1550", marker="^"),
    "z": Look(nm=913, colour="#6d0f3d", marker="v"),
    "Z": Look(nm=880, colour="#6d0f3d", marker="v"),
    "Y": Look(nm=1020, colour="#5a3010", marker="<"),
    "J": Look(nm=1220, colour="#4a2a0a", marker=">"),
    "H": Look(nm=1630, colour="#33200a", marker="P"),
    "K": Look(nm=2190, colour="#111111", marker="X"),
}
UNKNOWN = Look(nm=5000, colour="#bbbbbb", marker="*")
_CLEAR = compiled(r"^(?:clear|unfiltered|open|C|CR|luminance|L|CV|no filter)$", re.I)


def plain_band(band: str) -> str:
    """A band in the spelling of `LOOKS`: `r'`, `sdss-r`, `SDSS r` → r; `R_c`, `Rc` → R; `Ks` → K; `CR` → clear. What is
    none of them stays as it is."""
    text = re.sub(r"^(?:sdss|ps1|panstarrs|swift|uvot|bessel+|johnson|cousins)[-_ ]*", "", band.strip(), flags=re.I)
    text = re.sub(r"[-_ ]*(?:band|filter)$", "", text, flags=re.I).strip("'′`* ")
    if _CLEAR.match(text):
        return "clear"
    if text.lower() in ("white", "uvw1", "uvw2", "uvm2"):
        return text.lower()
    match = re.match(r"^(?P<letter>[A-Za-z])(?:_?\{?(?P<sub>c|s|C|S|AB|J)\}?)?'?$", text)
    return match["letter"] if match and match["letter"] in LOOKS else "Y" if text == "y" else text


def look(band: str) -> Look:
    """How a (plain) band is drawn."""
    return LOOKS.get(band, UNKNOWN)
