"""Names of optical and near-infrared bands as people write them, and the one way we write each.

A band is told from its passband, not from its magnitude system: `r'` and `r` stay apart as printed, `R_c`, `RC` and
`Rc` are one. Unfiltered images are `clear`, whatever they are compared with; `CR` and `CV` (clear with the zero point
of R or V) keep that name.
"""

from __future__ import annotations

import re

from kg.openings import compiled

#: How unfiltered light is called. A bare `C` counts only where something else says that it is a band.
_CLEAR = r"[Cc]lear|CLEAR|[Uu]n-?filtered|[Uu]nfiltred|UNFILTERED|[Ff]ilterless|[Nn]o[ -][Ff]ilter|CLR"
_SWIFT = r"(?:[Uu][Vv][ _-]?)?(?:[Ww][12]|[Mm]2)(?!\d)|[Ww]hite|WHITE|wh|WH|fc_w"
_SLOAN = r"[ugrizy]"
_MARK = r"(?: ?['`\u00b4\u2019\u2032]|_?p(?![a-z])|(?<=z)_?s(?![a-z]))?"
_PREFIX = r"(?:(?:[Ss][Dd][Ss][Ss]|[Ss]loan|SLOAN|[Pp][Ss]1?|[Pp]an-?[Ss][Tt][Aa][Rr][Rr][Ss]|DES|ZTF|AB|LSST)[ _/-]?)"
_JOHNSON = r"(?:(?:[Jj]ohnson|[Cc]ousins|[Bb]essell?|JC|Landolt)[ _/-]?)"
_SPACE = r"F\d{3,4}(?:LP|[WMNX]2?)"
_SUFFIX = r"(?:[ _]?(?:SDSS|sdss|[Pp][Ss]1?|P1|Pan-?STARRS|DES))"

#: A band as a whole word. Single letters are ambiguous: who asks must have another sign that a band is meant.
NAME = (
    rf"(?:{_SPACE}|{_SWIFT}|{_CLEAR}|VT_[BR]|C[RV]|TR-?rgb|[Ll]um(?:inance)?|{_JOHNSON}?(?:[RI](?:_?\{{?[cCjJ]\}}?)|B_?[jJ])"
    rf"|K(?:_?\{{?(?:s|S|p|short|cont)\}}?|')|{_JOHNSON}?[UBVRIJHK](?:_?[cC](?![a-zA-Z]))?|[LZYGCNP](?![a-z])"
    rf"|{_PREFIX}?{_SLOAN}{_MARK}{_SUFFIX}?|[bvocwq](?![a-z]))"
)
_WHOLE = compiled(NAME)
_SWIFT_WHOLE = compiled(_SWIFT)
_CLEAR_WHOLE = compiled(_CLEAR)
_TRIM = compiled(r"^[\s`*'\"(\[]+|(?:[ -]?(?:bands?|filters?|mag))?[\s`*\"|\\)\]:.,-]*$", re.I)
#: `white_FC`: the exposure of UVOT's finding chart.
_FINDING_CHART = re.compile(r"(?<=[a-zA-Z])[_ ]?\(?F[Cc]\)?$")
#: MASTER's polarisers stand for unfiltered light through one of two crossed films.
_POLARISED = compiled(r"P(?:[|/\\-]|\d)?")


def normalise_band(text: str) -> str | None:
    """How we write a band (`R_c` → `Rc`, `w1` → `uvw1`, `C` → `clear`), or None where the text is no band."""
    if _POLARISED.fullmatch(text.strip()):
        return text.strip()
    name = _TRIM.sub("", text.strip().rstrip("|\\/"))
    name = _FINDING_CHART.sub("", name)
    if not 0 < len(name) <= 24 or not _WHOLE.fullmatch(name):
        return None
    if _CLEAR_WHOLE.fullmatch(name) or name in ("C", "N"):
        return "clear"
    if _SWIFT_WHOLE.fullmatch(name):
        return _swift(name)
    if re.fullmatch(_SPACE, name) or name.startswith(("VT_", "TR", "Lum")):
        return name
    bare = re.sub(rf"^(?:{_PREFIX}|{_JOHNSON})(?=[A-Za-z])|{_SUFFIX}$", "", name) or name
    return _letter(bare)


def _swift(name: str) -> str:
    low = re.sub(r"[ _-]", "", name.lower())
    if low in ("white", "wh", "fcw"):
        return "white"
    return low if low.startswith("uv") else f"uv{low}"


def _letter(name: str) -> str:
    """A letter with its mark: `R_{C}` → `Rc`, `r´` → `r'`, `gp` and `zs` as the letter with a prime or an s."""
    plain = re.sub(r"[ _{}]", "", name)
    plain = re.sub(r"[`\u00b4\u2019\u2032]", "'", plain)
    if plain[:1] in "ugrizy" and plain[1:] == "p":
        return plain[0] + "'"
    if plain[:1] in "RI" and plain[1:].lower() == "c":
        return plain[0] + "c"
    if plain[:1] == "K" and plain[1:].lower() in ("s", "short"):
        return "Ks"
    return plain


#: Words that say that a magnitude is in a system; `AB` also as an index (`r_AB`).
SYSTEM = compiled(r"(?<![A-Za-z])(?:AB(?![A-Za-z])|Vega\b|VEGA\b|STMAG\b)|_AB\b")


def system_of(text: str) -> str | None:
    """The magnitude system that a text names, where it names one only."""
    if "AB" not in text and "ega" not in text and "VEGA" not in text:
        return None
    found = {
        "AB" if "AB" in m.group() else "Vega" if "EGA" in m.group().upper() else "ST" for m in SYSTEM.finditer(text)
    }
    return found.pop() if len(found) == 1 else None
