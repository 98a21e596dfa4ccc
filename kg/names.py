"""Names of astrophysical events as people and machines write them, and the one way we write each."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

from kg.openings import compiled
from kg.triggers import trigger_name


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
    if m["short"]:  # as MASTER writes; two digits name no trigger
        return f"GRB {m['day']}.{m['short']}"
    return f"GRB {m['day']}{(m['letter'] or '').upper()}"


def _bn(m: re.Match[str]) -> str | None:
    return f"bn{m['digits']}" if _valid_day(m["digits"][:6]) else None


def _superevent(m: re.Match[str]) -> str | None:
    return f"{m['prefix'].upper()}{m['day']}{m['letters'].lower()}" if _valid_day(m["day"]) else None


def _gw(m: re.Match[str]) -> str | None:
    return f"GW{m['day']}{m['time'] or ''}" if _valid_day(m["day"]) else None


def _icecube(m: re.Match[str]) -> str | None:
    if not _valid_day(m["day"]):
        return None
    return f"IceCube-{m['day']}{m['fraction'] or (m['letter'] or '').upper()}"


def _cascade(m: re.Match[str]) -> str | None:
    return f"IceCubeCascade-{m['day']}{m['letter'].lower()}" if _valid_day(m["day"]) else None


def _tns(m: re.Match[str]) -> str | None:
    letters = m["letters"]
    return f"{m['prefix'].upper()}{m['year']}{letters.upper() if len(letters) == 1 else letters.lower()}"


def _ep(m: re.Match[str]) -> str | None:
    weak = "W" if m.group()[2:3] in "Ww" else ""  # a candidate of the wide-field telescope, EPW20240219aa
    if weak:
        return f"EPW20{m['day']}{m['letter'].lower()}"
    return f"EP{m['day']}{m['letter'].lower()}" if _valid_day(m["day"]) else None


def _hawc(m: re.Match[str]) -> str | None:
    return f"{m['who'].upper()}-{m['day']}{(m['letter'] or '').upper()}" if _valid_day(m["day"]) else None


def _frb(m: re.Match[str]) -> str | None:
    day = m["day"]
    return f"FRB {day}{m['letters'] or ''}" if _valid_day(day[-6:]) else None


def _source(m: re.Match[str]) -> str | None:
    who = {"swift": "Swift", "maxi": "MAXI", "igr": "IGR", "sgr": "SGR", "xtej": "XTE"}.get(m["who"].lower(), m["who"])
    return f"{who} J{m['place']}"


def _place(m: re.Match[str]) -> str | None:
    """A source named by its place, one blank in front of the J except where its catalogue writes none."""
    who, _, place = m.group().partition("J")
    return f"{who.strip()}J{place.strip()}" if who.startswith("SPT") else f"{who.strip()} J{place.strip()}"


def _as_written(m: re.Match[str]) -> str | None:
    return m.group().replace(" ", "")


_END = r"(?![A-Za-z0-9])"
#: Catalogue, pattern, how we write it. The order decides where two fit the same place.
_GRAMMAR: list[tuple[str, str, Callable[[re.Match[str]], str | None]]] = [
    ("grb", rf"(?:\bGG?RB|\bGBR|\bGRB[v:])(?:\s?\([^()\d]{{1,4}}\)|/FXT)?[ _-]{{0,2}}\"?"
            rf"(?:(?:19|20)(?=\d{{6}}[A-Z]?{_END}))?(?P<day>\d{{6}})"
            rf"(?:\.?(?P<fraction>\d{{3}})|\.(?P<short>\d{{2}})|[ ]?(?P<letter>[A-Za-z](?![ -]band)))?{_END}", _grb),
    ("gbm", rf"\bbn(?P<digits>\d{{9}}){_END}", _bn),
    ("lvk", rf"(?:(?<![A-Za-z0-9])|(?<=Virgo)|(?<=KAGRA))(?P<prefix>MS|TS|S|(?<=GW )s)"
            rf"(?P<day>\d{{6}})(?P<letters>[A-Za-z]{{1,4}}){_END}", _superevent),
    ("gw", rf"\bGW[ -]?(?P<day>\d{{6}})(?P<time>_\d{{6}})?{_END}", _gw),
    ("lvk", rf"(?<![A-Za-z0-9])G(?P<number>\d{{5,6}}){_END}", lambda m: f"G{m['number']}"),
    ("cascade", rf"\bIceCube[ -]?Cascade[ -]{{0,2}}(?P<day>\d{{6}})(?P<letter>[A-Za-z]){_END}", _cascade),
    ("icecube", rf"\b(?:IceCube|IC)(?:[ -]Alert)?[ -]{{0,3}}(?:20(?=\d{{6}}[A-Z]))?(?P<day>\d{{6}})"
                rf"(?:(?P<fraction>\.\d\d)|[ ]?(?P<letter>[A-Za-z]))?{_END}", _icecube),
    ("amon", rf"\bNuEm[ -]?(?P<day>\d{{6}})(?P<letter>[A-Z]){_END}", lambda m: f"NuEm-{m['day']}{m['letter'].upper()}"),
    ("hawc", rf"\b(?P<who>HAWC|ANTARES|KM3)[ -](?P<day>\d{{6}})(?P<letter>[A-Z])?{_END}", _hawc),
    ("subthreshold", rf"\bGBM-(?P<day>\d{{6}}){_END}", lambda m: f"GBM-{m['day']}"),
    ("ep", rf"\bEPW?[ -]?(?:20(?=\d{{6}}[a-z]))?(?P<day>\d{{6}})(?P<letter>[A-Za-z]{{1,2}}){_END}", _ep),
    ("leia", rf"\bLXT ?(?P<day>\d{{6}})(?P<letter>[A-Za-z]){_END}", lambda m: f"LXT {m['day']}{m['letter'].upper()}"),
    ("tns", rf"\b(?P<prefix>AT|SN)[ _]?(?P<year>(?:19|20)\d\d)(?P<letters>[A-Z]|[A-Za-z]{{2,5}}){_END}", _tns),
    ("svom", rf"\bsb\d{{8}}{_END}", _as_written),
    ("frb", rf"\bFRB[ _-]?(?P<day>(?:20)?\d{{6}})(?P<letters>[A-Za-z]{{1,4}})?{_END}", _frb),
    ("xrf", rf"\bXRF[ _-]?(?P<day>\d{{6}})(?P<letter>[A-Z])?{_END}",
     lambda m: f"XRF {m['day']}{m['letter'] or ''}" if _valid_day(m["day"]) else None),
    ("survey", rf"\b(?:ZTF\d\d[a-z]{{7}}|(?:GOTO|ATLAS|iPTF|PTF|PS|Gaia|SSS|LSQ|WFST) ?\d\d[a-z]{{2,5}}){_END}",
     _as_written),
    ("source", r"\b(?P<who>Swift|MAXI|IGR|SGR|EP|XTE)[ _-]?"
               r"J(?P<place>\d{4,6}(?:\.\d{1,2})?[+-]\d{2,6}(?:\.\d)?)", _source),
    ("place", rf"\b(?:VLA|CXOU|1?SAX|[124]RXS|1?RXS|ASKAP|MASTER OT|SPT-SV|SDSS|2MASS|WISE|PSR|GRO|GRS|[1-4]FGL|"
              rf"[123]FHL|1?e?RASSt?|AX|GLEAM|NVSS|XMMU?|[1234]XMM) ?J ?\d{{4,9}}(?:\.\d{{1,3}})?"
              rf"[+-]\d{{2,7}}(?:\.\d{{1,2}})?c?{_END}", _place),
    ("sgr", rf"\bSGR ?(?P<place>\d{{4}}[+-]\d{{2,4}}){_END}", lambda m: f"SGR {m['place']}"),
]  # fmt: skip
_COMPILED = [(kind, compiled(pattern, re.I if kind not in ("lvk", "svom", "survey", "tns") else 0), write)
             for kind, pattern, write in _GRAMMAR]  # fmt: skip


#: Character for character, so that spans stay: unusual blanks and line ends to a blank, dashes to a hyphen.
_EVEN = {ord(c): " " for c in "\n\t\r\u00a0\u2007\u2009\u202f"} | {
    ord(c): "-" for c in "\u2010\u2011\u2012\u2013\u2212"
}


#: What a text must hold, in small letters, before the pattern of a catalogue is worth trying: each begins with a letter
#: as it stands, which is found at once.
_CUES = {
    kind: tuple(re.compile(cue) for cue in cues)
    for kind, cues in {
        "grb": ("grb", "gg?rb", "gbr"),
        "gbm": (r"bn\d",),
        "lvk": (r"s\d{6}[a-z]", r"g\d{5}"),
        "gw": (r"gw[ -]?\d",),
        "cascade": ("cascade",),
        "icecube": (r"icecube(?:[ -]alert)?[ -]{0,3}\d", r"ic(?:[ -]alert)?[ -]{0,3}\d"),
        "amon": ("nuem",),
        "hawc": ("hawc", "antares", "km3"),
        "subthreshold": ("gbm-",),
        "ep": (r"epw?[ -]?\d",),
        "leia": ("lxt",),
        "tns": (r"at[ _]?(?:19|20)\d\d", r"sn[ _]?(?:19|20)\d\d"),
        "svom": (r"sb\d",),
        "frb": ("frb",),
        "xrf": ("xrf",),
        "survey": (r"ztf\d", r"goto ?\d", r"atlas ?\d", r"ptf ?\d", r"ps ?\d", r"gaia ?\d", r"sss ?\d", r"lsq ?\d",
                   r"wfst ?\d"),
        "source": (r"j\d{4}",),
        "place": (r"j ?\d{4}",),
        "sgr": ("sgr",),
    }.items()
}  # fmt: skip


def find_names(text: str) -> list[Name]:
    """All event names of a text, in order; no two overlap."""
    return list(_found(text))


#: Patterns that have cues of their own and belong to a catalogue of another name.
_CATALOGUE = {"cascade": "icecube", "sgr": "source"}
#: No name has fewer digits.
_DIGITS = compiled(r"\d\d")


def _holds(text: str, cues: tuple[re.Pattern[str], ...]) -> bool:
    for cue in cues:  # a plain loop: it is asked twenty times a text  # noqa: SIM110
        if cue.search(text):
            return True
    return False


@lru_cache(maxsize=32)
def _found(text: str) -> tuple[Name, ...]:
    if not _DIGITS.search(text):
        return ()
    even = text.translate(_EVEN)
    found: list[Name] = []
    covered = bytearray(len(even))
    lower = even.lower()
    for catalogue, pattern, write in _COMPILED:
        if not _holds(lower, _CUES[catalogue]):
            continue
        for match in pattern.finditer(even):
            start, end = match.span()
            if covered[start] or covered[end - 1] or any(covered[start:end]):
                continue
            if name := write(match):
                covered[start:end] = b"\1" * (end - start)
                kind = "gbm" if name.startswith("bn") else _CATALOGUE.get(catalogue, catalogue)
                found.append(Name(name=name, catalogue=kind, start=start, end=end))
    return tuple(sorted(found, key=lambda n: n.start))


_TEAM = compiled(r"^(?:LIGO|Virgo|KAGRA|LVC|LVK|Fermi|the|event|superevent|alert|trigger|[/ ,-])+", re.I)


def normalise_name(text: str) -> str | None:
    """How we write a name (`grb230307a` → `GRB 230307A`), or None where the whole text is not one name.
    Words of teams in front (`LIGO/Virgo/KAGRA S230518h`) are left out."""
    stripped = text.strip().rstrip(".:,;")
    if trigger := trigger_name(stripped):
        return trigger
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


_DATED = compiled(
    r"(?:GRB |bn|MS|TS|S|GW|IceCube-|IceCubeCascade-|EPW20|EP|XRF |HAWC-|ANTARES-|NuEm-|GBM-|LXT )(\d{6})"
)


def day_of(name: str) -> str | None:
    """The YYMMDD in a normalised name, where names of its catalogue carry the date."""
    match = _DATED.match(name)
    return match[1] if match and _valid_day(match[1]) else None
