"""Heads of tables in circulars: what people call the columns of band, magnitude, error, limit, times and places."""

from __future__ import annotations

import re

import msgspec

from kg.extraction.bands import NAME, normalise_band
from kg.openings import compiled

#: Kinds of columns and how heads call them; the first that fits at a place names it, so the special come first.
_KINDS: list[tuple[str, str]] = [
    ("since", r"\(?[Tt]_?-?(?:start|mid|end|stop|med)?(?:_?time)?\)? ?(?:\(mid\) ?)?- ?[Tt]_?\{?(?:0|o|trig\w*|GRB|"
              r"burst)\}?"
              r"|\u0394 ?[tT]|[dD]elta[ _-]?[tT]|d[tT](?![a-z])|T_?mid|t_?mid|Mid[ -]?time since \w+|T0 ?\+ ?|T\+"
              r"|(?:[Mm]id-?)?[Tt]ime (?:since|after|post|from)[ -](?:the )?\w+|[Dd]ays? (?:after|since|post)[ -]\w+"
              r"|[Hh](?:ou)?rs? (?:after|since|post)[ -]\w+|[Tt]ime ?- ?T0|Phase|Age|[Ss]ince (?:GRB|burst|trigger|T0)"
              r"|Post-?(?:burst|trigger)\b"),
    ("start", r"T_?\(?[Ss]tart\)?(?: ?T0 ?\+)?|[Ss]tart ?T0 ?\+|[Tt]-?[Ss]tart|T1(?!\d)|t_?i\b|"
              r"[Ss]tart(?: ?[Tt]ime)?(?![ _]?UT)"),
    ("stop", r"T_?\(?(?:[Ss]top|[Ee]nd)\)?(?: ?T0 ?\+)?|[Ee]nd ?T0 ?\+|[Tt]-?[Ss]top|T2(?!\d)|t_?f\b|(?:[Ss]top|"
             r"[Ee]nd)(?: ?[Tt]ime)?"),
    ("exposure", r"(?:[Tt]otal )?[Ee]xp(?:osures?|osition)?[ ._-]?(?:[Tt]imes?)?\.?(?![a-z])|EXP(?:TIME|OSURE)?|"
                 r"[Tt]_?[Ee]xp\.?"
                 r"|Expt\.?|[Ii]nt(?:egration|\.)(?: ?[Tt]ime)?|[Dd]uration|Nexp|N_?exp|[Ff]rames"),
    ("name", r"(?:ZTF|AT|TNS|IAU|GOTO|Target|Source|Object|Candidate)[ _]?(?:[Nn]ames?|ID)|Names?|ID\b|Sources?|"
             r"Objects?"
             r"|Candidates?|TNS|[Ss]tar(?: ?ID)?\b|Galaxy|Internal ?[Nn]ame"),
    ("jd", r"(?:M|B|H)?JD(?:[ _-]?\(?(?:mid|start|UTC?)\w*\)?)?"),
    ("date", r"(?:[Oo]bs(?:ervation)?[ ._-]?|[Mm]ean |[Mm]id-?|UTC?[ _-]?|[Ss]tart[ _-]?)?(?:[Dd]ates?|DATE|[Ee]pochs?)"
             r"(?:[ _/&-]?(?:[Tt]ime(?! (?:since|after|post))|[Oo]bs|UTC?(?![ _-]?[a-z])|start))?|Obs\.?[ -]?[Tt]ime|"
             r"Date-?Obs|DATE-?OBS|Day\b"),
    ("clock", r"(?:UTC?|[Ss]tart|[Mm]id|[Mm]ean)[ _-]?(?:[Ss]tart|[Mm]id(?:dle|-?time)?|[Tt]ime|"
              r"UTC?)(?:[ _-]?[Tt]ime)?|UTC?\b|[Tt]ime|TIME"),
    ("error", r"(?:[Mm]ag(?:nitude)?[ ._-]?)?[Ee]rr(?:ors?|\.)?(?:[ _]?\(?mag\)?)?(?![a-z])|MagErr|[de]_?[Mm]ag\b|"
              r"[Mm]ag[_ ](?:err|unc)\w*"
              r"|ERR(?:OR)?|[Uu]nc(?:ert\w*|\.)|\+/- ?(?:err\w*|mag)?|[Ss]igma_?(?:mag)?|\u00b1(?: ?err\w*)?|emag|"
              r"MAGERR|1-?sigma(?: ?err\w*)?"),
    ("limit", r"(?:3|5|[Tt]hree|[Ff]ive)[ -]?[Ss]ig(?:ma)?\.? ?(?:(?:[Uu]pper|[Mm]ag\w*)?[ -]?[Ll]im\w*\.?|UL|depth)|"
              r"ULs?\b|[Uu]pp?(?:er)?\.?[ _-]?[Ll]im(?:its?)?\.?(?: ?[Mm]ag)?"
              r"|[Ll]im(?:iting|it)?\.?[ _-]?[Mm]ags?(?:nitudes?)?\.?|[Mm]ag\.?(?:nitude)?[ _-]?[Ll]im(?:its?)?\.?|"
              r"[Mm]_?lim\b|[Dd]epth"
              r"|(?:[UBVRIrgiz] ?)?[Ll]im(?:it)?s?\b\.?|LIMIT|Limmag|Upper"),
    ("coord", r"[Cc]oord(?:inate)?s?|Position"),
    ("ra", r"R\.?A\.?(?![a-z])|alpha\b"),
    ("dec", r"D[Ee][Cc]l?\.?(?![a-z])|Declination|delta\b"),
    ("band", r"[Ff]ilt?(?:ers?|er name)?\.?(?![a-z])|Flt\.?|FILTER|[Bb]and(?:pass|s)?\b|Passband|BAND|[Cc]olou?r"),
    ("mag", r"AB[ _-]?[Mm]ag(?:nitude)?s?|[Mm]ag(?:nitude)?s?\.?(?![a-z])|MAG\w*|m_?AB|(?:OT|"
            r"OA)\b(?: ?\(?[Mm]ag\w*\)?)?|[Bb]rightness|[Ss]tandard mag"
            r"|m\b(?=\W|$)|[Aa]fterglow|Photometry|Vega[ -]?[Mm]ag"),
    ("site", r"[Ss]ites?|[Tt]el(?:escope)?s?\.?(?![a-z])|TEL\w*|[Oo]bs(?:erv\w*|er)?\.?(?![a-z])|[Ii]nst(?:r|"
             r"rument)?\.?(?![a-z])|Facility|Camera"),
    ("cited", r"GCN\w*|Ref(?:erence|s|\.)*(?![a-z])"),
    ("other", r"[Ss]eeing|FWHM|[Aa]irmass|S/?N(?:R|ratio)?|SNR|[Ff]lux\w*|[Cc]omments?|[Nn]otes?|[Oo]ffset|"
              r"[Dd]ist\w*|[Ss]ep\w*|[Zz]eropoint|ZP\b|[Rr]edshift|[Pp]rob\w*|[Rr]ank|Type|[Ss]tatus|[Ss]ignificance|"
              r"[Cc]hi2?"),
]  # fmt: skip
#: `R_mag`, `Rmag`, `r'(AB-mag)`, `m(R)`, `R mag`: the head of a column of magnitudes in one band.
_BAND_MAG = (
    rf"(?:m_?\(?)?(?P<inner>{NAME})\)?[ _-]?\(?(?:AB|Vega)?[ -]?(?:mag(?:nitude)?s?\b\.?|MAG)\)?|"
    rf"m_\{{?(?P<index>{NAME})\}}?|m\((?P<round>{NAME})\)"
)
_HEAD = compiled(
    r"(?<![A-Za-z0-9])(?:(?P<bandmag>" + _BAND_MAG + ")|" + "|".join(f"(?P<{k}>{p})" for k, p in _KINDS) + ")"
)
_BARE_BAND = compiled(rf"(?<![\w'(\[/-])(?:{NAME})(?![\w'/)\]-])")
_UNIT = compiled(r"[(\[, ] ?(?P<unit>days?|d|hours?|hrs?|h|min(?:utes?)?|m|sec(?:onds?)?|s|ks)\b(?!-)")


#: Day numbers are counted from a round one: `HJD-2450000`, `MJD - 59000.0`.
_OFFSET = compiled(r"(?<=JD) ?[-+] ?\d{4,7}(?:\.\d)?\b")


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its kind, its head as written, the band of its magnitudes where the head says it, its unit of time."""

    kind: str
    head: str
    start: int
    end: int
    band: str | None = None
    unit: str | None = None


def read_head(line: str) -> list[Column]:
    """The columns that a line names, in order; empty where it is no head of a table."""
    found: list[Column] = []
    for match in _HEAD.finditer(line):
        kind = match.lastgroup or "other"
        band = None
        if match["bandmag"]:
            kind = "mag"
            band = normalise_band(match["inner"] or match["index"] or match["round"] or "")
        elif kind == "limit" and match.group()[0] in "UBVRIrgiz" and match.group()[1:2] in (" ", "l"):
            band = normalise_band(match.group()[0])
        found.append(Column(kind=kind, head=match.group(), start=match.start(), end=match.end(), band=band))
    found = _with_bare_bands(line, found)
    if not found:
        return []
    ends = [c.start for c in found[1:]] + [len(line)]
    return [
        msgspec.structs.replace(c, head=line[c.start : end].strip(" |,\t"), unit=_unit(line[c.start : end]))
        for c, end in zip(found, ends, strict=True)
    ]


def _with_bare_bands(line: str, found: list[Column]) -> list[Column]:
    """Single bands as heads ("Date  B  V  R") are columns of magnitudes, where no column holds the band."""
    if any(c.kind in ("band", "mag") for c in found):
        return found
    free = [
        m
        for m in _BARE_BAND.finditer(line)
        if normalise_band(m.group()) and all(m.end() <= c.start or c.end <= m.start() for c in found)
    ]
    bare = [
        Column(kind="mag", head=m.group(), start=m.start(), end=m.end(), band=normalise_band(m.group())) for m in free
    ]
    return sorted(found + bare, key=lambda c: c.start)


def _unit(head: str) -> str | None:
    match = _UNIT.search(head)
    return match["unit"] if match else None


def is_head(columns: list[Column], line: str) -> bool:
    """Whether named columns are the head of a table that holds magnitudes, not a sentence with such words in it."""
    kinds = {c.kind for c in columns}
    if len(columns) < 2 or not kinds & {"mag", "limit"}:
        return False
    if not may_be_head(line):
        return False
    named = sum(c.end - c.start for c in columns)
    words = re.sub(r"[\W\d_]+", "", re.sub(r"\([^()]*\)|\[[^\]]*\]", "", line))
    others = kinds - {"mag", "limit", "other"}
    distinct = others or sum(c.band is not None for c in columns) >= 2
    return bool(distinct) and named >= 0.45 * len(words)


_VALUE = compiled(r"\d\d\.\d|= ?[\d<>~]|(?<!J)(?<!\d)(?!2000)\d{3}")
_TELLING = compiled(r"\b(?:we|the|are|was|with|were|is)\b")


def may_be_head(line: str) -> bool:
    """Whether a line, before its columns are read, is neither too long for a head, nor a row, nor a sentence."""
    line = _OFFSET.sub("", line) if "JD" in line else line
    return len(line) <= 260 and not _TELLING.search(line) and not _VALUE.search(line)
