"""Names of astrophysical events as people and machines write them, and the one way we write each."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A name found in a text: how we write it, its span, and which catalogue gives such names."""

    name: str
    catalogue: str
    start: int
    end: int


def _valid_day(yymmdd: str) -> bool:
    """Whether six digits may be a date; it keeps telephone numbers and coordinates out."""
    return "01" <= yymmdd[2:4] <= "12" and "01" <= yymmdd[4:6] <= "31"


def _grb(m: re.Match[str]) -> str | None:
    if not _valid_day(m["day"]):
        return None
    if m["fraction"]:
        return f"bn{m['day']}{m['fraction']}"
    return f"GRB {m['day']}{(m['letter'] or '').upper()}"


def _bn(m: re.Match[str]) -> str | None:
    return f"bn{m['digits']}" if _valid_day(m["digits"][:6]) else None


def _superevent(m: re.Match[str]) -> str | None:
    return f"{m['prefix'].upper()}{m['day']}{m['letters'].lower()}" if _valid_day(m["day"]) else None


def _gw(m: re.Match[str]) -> str | None:
    return f"GW{m['day']}{m['time'] or ''}" if _valid_day(m["day"]) else None


def _icecube(m: re.Match[str]) -> str | None:
    return f"IceCube-{m['day']}{(m['letter'] or '').upper()}" if _valid_day(m["day"]) else None


def _cascade(m: re.Match[str]) -> str | None:
    return f"IceCubeCascade-{m['day']}{m['letter'].lower()}" if _valid_day(m["day"]) else None


def _tns(m: re.Match[str]) -> str | None:
    letters = m["letters"]
    return f"{m['prefix'].upper()}{m['year']}{letters.upper() if len(letters) == 1 else letters.lower()}"


def _ep(m: re.Match[str]) -> str | None:
    return f"EP{m['day']}{m['letter'].lower()}" if _valid_day(m["day"]) else None


def _hawc(m: re.Match[str]) -> str | None:
    return f"{m['who'].upper()}-{m['day']}{(m['letter'] or '').upper()}" if _valid_day(m["day"]) else None


def _frb(m: re.Match[str]) -> str | None:
    day = m["day"]
    return f"FRB {day}{m['letters'] or ''}" if _valid_day(day[-6:]) else None


def _source(m: re.Match[str]) -> str | None:
    who = {"swift": "Swift", "maxi": "MAXI", "igr": "IGR", "sgr": "SGR", "xtej": "XTE"}.get(m["who"].lower(), m["who"])
    return f"{who} J{m['place']}"


def _as_written(m: re.Match[str]) -> str | None:
    return m.group().replace(" ", "")


_END = r"(?![A-Za-z0-9])"
#: Catalogue, pattern, how we write it. The order decides where two fit the same place.
_GRAMMAR: list[tuple[str, str, Callable[[re.Match[str]], str | None]]] = [
    ("grb", rf"\bGRB[ _-]{{0,2}}(?:(?:19|20)(?=\d{{6}}[A-Z]?{_END}))?(?P<day>\d{{6}})"
            rf"(?:\.?(?P<fraction>\d{{3}})|[ ]?(?P<letter>[A-Za-z]))?{_END}", _grb),
    ("gbm", rf"\bbn(?P<digits>\d{{9}}){_END}", _bn),
    ("lvk", rf"(?<![A-Za-z0-9])(?P<prefix>MS|TS|S)(?P<day>\d{{6}})(?P<letters>[A-Za-z]{{1,4}}){_END}", _superevent),
    ("gw", rf"\bGW[ -]?(?P<day>\d{{6}})(?P<time>_\d{{6}})?{_END}", _gw),
    ("lvk", rf"(?<![A-Za-z0-9])G(?P<number>\d{{5,6}}){_END}", lambda m: f"G{m['number']}"),
    ("icecube", rf"\bIceCube[ -]?Cascade[ -]{{0,2}}(?P<day>\d{{6}})(?P<letter>[A-Za-z]){_END}", _cascade),
    ("icecube", rf"\b(?:IceCube|IC)[ -]{{0,3}}(?P<day>\d{{6}})[ ]?(?P<letter>[A-Za-z])?{_END}", _icecube),
    ("hawc", rf"\b(?P<who>HAWC|ANTARES|KM3)[ -](?P<day>\d{{6}})(?P<letter>[A-Z])?{_END}", _hawc),
    ("ep", rf"\bEP[ -]?(?P<day>\d{{6}})(?P<letter>[A-Za-z]){_END}", _ep),
    ("tns", rf"\b(?P<prefix>AT|SN)[ _]?(?P<year>(?:19|20)\d\d)(?P<letters>[A-Z]|[A-Za-z]{{2,5}}){_END}", _tns),
    ("svom", rf"\bsb\d{{8}}{_END}", _as_written),
    ("frb", rf"\bFRB[ _-]?(?P<day>(?:20)?\d{{6}})(?P<letters>[A-Za-z]{{1,4}})?{_END}", _frb),
    ("xrf", rf"\bXRF[ _-]?(?P<day>\d{{6}})(?P<letter>[A-Z])?{_END}",
     lambda m: f"XRF {m['day']}{m['letter'] or ''}" if _valid_day(m["day"]) else None),
    ("survey", rf"\b(?:ZTF\d\d[a-z]{{7}}|GOTO\d\d[a-z]{{2,4}}|iPTF ?\d\d[a-z]{{2,4}}){_END}", _as_written),
    ("source", r"\b(?P<who>Swift|MAXI|IGR|SGR|EP|XTE)[ _-]?"
               r"J(?P<place>\d{4,6}(?:\.\d{1,2})?[+-]\d{2,6}(?:\.\d)?)", _source),
    ("source", rf"\bSGR ?(?P<place>\d{{4}}[+-]\d{{2,4}}){_END}", lambda m: f"SGR {m['place']}"),
]  # fmt: skip
_COMPILED = [(kind, re.compile(pattern, re.I if kind not in ("lvk", "svom", "survey", "tns") else 0), write)
             for kind, pattern, write in _GRAMMAR]  # fmt: skip


#: Character for character, so that spans stay: unusual blanks and line ends to a blank, dashes to a hyphen.
_EVEN = {ord(c): " " for c in "\n\t\r\u00a0\u2007\u2009\u202f"} | {
    ord(c): "-" for c in "\u2010\u2011\u2012\u2013\u2212"
}


def find_names(text: str) -> list[Name]:
    """All event names of a text, in order; no two overlap."""
    even = text.translate(_EVEN)
    found: list[Name] = []
    for catalogue, pattern, write in _COMPILED:
        for match in pattern.finditer(even):
            name = write(match)
            free = all(match.end() <= other.start or other.end <= match.start() for other in found)
            if name and free:
                kind = "gbm" if name.startswith("bn") else catalogue
                found.append(Name(name=name, catalogue=kind, start=match.start(), end=match.end()))
    return sorted(found, key=lambda n: n.start)


_TEAM = re.compile(r"^(?:LIGO|Virgo|KAGRA|LVC|LVK|Fermi|the|event|superevent|alert|trigger|[/ ,-])+", re.I)


def normalise_name(text: str) -> str | None:
    """How we write a name (`grb230307a` → `GRB 230307A`), or None where the whole text is not one name.
    Words of teams in front (`LIGO/Virgo/KAGRA S230518h`) are left out."""
    stripped = text.strip().rstrip(".:,;")
    if not any(c.isalpha() for c in stripped):
        return None
    for candidate in (stripped, _TEAM.sub("", stripped)):
        names = find_names(candidate) or (find_names(candidate.upper()) if candidate[:2].islower() else [])
        if len(names) == 1 and (names[0].start, names[0].end) == (0, len(candidate)):
            return names[0].name
    return None


def catalogue_of(name: str) -> str | None:
    """Which catalogue a normalised name belongs to."""
    found = find_names(name)
    return found[0].catalogue if len(found) == 1 else None


def day_of(name: str) -> str | None:
    """The YYMMDD in a normalised name, where names of its catalogue carry the date."""
    match = re.match(r"(?:GRB |bn|MS|TS|S|GW|IceCube-|IceCubeCascade-|EP|XRF |HAWC-|ANTARES-)(\d{6})", name)
    return match[1] if match and _valid_day(match[1]) else None
