"""How circulars write a place on the sky: decimal and sexagesimal in all spellings, with labels or without, and twice.

Plain arithmetic, in ICRS degrees (tests compare with SkyCoord); the same reading serves grammar and anchor gate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from kg.openings import compiled

_SECONDS = r"\d{1,3}(?:\.\d+)?"
_UNITS_RA = (
    r"(?: ?(?:h|hr|\^h|\^\{h\}) ?| ?: ?| )",
    r"(?: ?(?:m|min|'|\^m|\^\{m\}) ?| ?: ?| )",
    r"(?: ?(?:s|sec|\^s|\^\{s\})(?![a-z]))?",
)
_UNITS_DEC = (
    r"(?: ?(?:d|deg|\u00b0|\u00ba|o(?= ?\d)|\^d|\^o|\^\{\\circ\}|\\degr?|\*|\ufffd{1,3}) ?| ?: ?| )",
    r"(?: ?(?:'|m|p(?= ?\d)|min|arcmin|\^m|\u2032|\ufffd{1,3}|`) ?| ?: ?| )",
    r"(?: ?(?:\"|''|s|sec|arcsec|\u2033|\ufffd{1,3})(?![a-z]))?",
)
_RA_SEX = compiled(
    rf"(?<![\d.])(?P<a>\d{{1,2}})(?P<u>{_UNITS_RA[0]})(?P<b>\d{{1,2}})"
    rf"(?:{_UNITS_RA[1]}(?P<c>{_SECONDS})(?:\(\d{{1,2}}\))?{_UNITS_RA[2]}(?P<tail>\.\d+)?"
    rf"|(?P<bf>\.\d+)? ?(?:m|min)?(?![\d:.]))"
)
_DEC_SEX = compiled(
    rf"(?P<sign>[+-] ?)?(?<![\d.])(?P<a>\d{{1,2}})(?P<u>{_UNITS_DEC[0]})(?P<b>\d{{1,2}})"
    rf"(?:{_UNITS_DEC[1]}(?P<c>{_SECONDS})(?:\(\d{{1,2}}\))?{_UNITS_DEC[2]}(?P<tail>\.\d+)?"
    rf"|(?P<bf>\.\d+)? ?(?:'(?P<bt>\.\d+)?|m|arcmin|min)?(?![\d:.]))"
)
_DEGREES = r"(?: ?(?:deg(?:rees?|s)?\b\.?|d\b|\u00b0|\u00ba|\[deg(?:rees?)?\]|\[degrees\]))?"
_RA_DECIMAL = compiled(rf"(?<![\d.:])(?P<a>0?\d{{1,3}}(?:\.\d+)?)(?![\d:]|h| ?\d\d[ :]){_DEGREES}")
_DEC_DECIMAL = compiled(rf"(?P<sign>[+-] ?)?(?<![\d.:])(?P<a>\d{{1,2}}(?:\.\d+)?)(?![\d:]){_DEGREES}")


class Angle(msgspec.Struct, frozen=True, kw_only=True):
    """One coordinate in degrees with its span. `half` is half a unit of its last digit, in degrees on its own axis;
    `parts` is 1 for a decimal number, 2 or 3 for a sexagesimal one."""

    degrees: float
    half: float
    parts: int
    signed: bool
    start: int
    end: int


def read_ra(text: str, at: int) -> Iterator[Angle]:
    """Every right ascension that may begin exactly at `at`, sexagesimal first."""
    if (match := _RA_SEX.match(text, at)) and (angle := _sexagesimal(match, 15.0, 24)):
        yield angle
    if match := _RA_DECIMAL.match(text, at):
        degrees = float(match["a"])
        if degrees < 360.0:
            end = _trimmed(text, at, match.end())
            yield Angle(degrees=degrees, half=_half(match["a"]), parts=1, signed=False, start=at, end=end)


def read_dec(text: str, at: int) -> Iterator[Angle]:
    """Every declination that may begin exactly at `at`, sexagesimal first."""
    if (match := _DEC_SEX.match(text, at)) and (angle := _sexagesimal(match, 1.0, 91)):
        yield angle
    if match := _DEC_DECIMAL.match(text, at):
        degrees = float(match["a"])
        if degrees <= 90.0:
            sign = -1.0 if (match["sign"] or "").startswith("-") else 1.0
            yield Angle(
                degrees=sign * degrees,
                half=_half(match["a"]),
                parts=1,
                signed=bool(match["sign"]),
                start=at,
                end=_trimmed(text, at, match.end()),
            )


def _sexagesimal(match: re.Match[str], scale: float, most: int) -> Angle | None:
    """Hours or degrees, minutes, seconds. Seconds beyond sixty are kept as printed (33163 prints 288 of them)."""
    whole, minutes = int(match["a"]), int(match["b"])
    written = match["c"]
    if written is not None and match["tail"]:
        written += match["tail"]  # 41s.2, 09".5
    blank = not match["u"].strip()
    bare_minutes = written is None and match["u"].strip() == ":" and scale == 1.0 and not match.groupdict().get("sign")
    if whole >= most or minutes > 59 or (blank and written is None) or bare_minutes:
        return None
    if written is not None and float(written) >= (60.0 if scale > 1 else 1000.0):
        return None
    fraction = match["bf"] or match.groupdict().get("bt") or ""
    seconds = float(written) if written is not None else 60.0 * float(fraction or 0)
    degrees = scale * (whole + minutes / 60.0 + seconds / 3600.0)
    sign = match.groupdict().get("sign") or ""
    digits = written if written is not None else fraction
    half = _half(digits) * scale / (3600.0 if written is not None else 60.0)
    return Angle(
        degrees=round(-degrees if sign.startswith("-") else degrees, 9),
        half=half,
        parts=3 if written is not None else 2,
        signed=bool(sign),
        start=match.start(),
        end=match.end() if written is not None or match.group()[-1] != " " else match.end() - 1,
    )


def _half(written: str) -> float:
    return 0.5 * 10.0 ** -len(written.partition(".")[2])


def _trimmed(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1] == " ":
        end -= 1
    return end


#: Labels of the two coordinates with their remarks: RA(J2000.0) =, Decl. (J2000):, R. A. [deg], alpha_2000.
_REMARK = r"(?:[ _]*[(\[{][^()\[\]{}\d]{0,12}(?:J? ?20{2,3}(?:\.0)?)?[^()\[\]{}\d]{0,12}[)\]}]|[ _]*J?2000(?:\.0)?)*"
_IS = r"(?:[ \t\n]*(?:=+|:|~|is|are|of|at|\|)?)*[ \n]*"
_RA_LABEL = (
    r"(?<![A-Za-z.?&/])(?:R\. ?A\.?|RA|Ra|ra(?=[ =:(])|R\.A|[Rr]ight [Aa]scension|[Aa]l(?:ph|f)a(?=[ "
    r"_(]*J?2000| ?= ?\d\d[: h]))"
)
_DEC_LABEL = r"(?:[Dd]ec(?:l(?:ination)?)?|DEC(?:L)?|[Dd]elta|de)(?![A-Za-z])\.?"
RA_LABEL = compiled(rf"{_RA_LABEL}{_REMARK},?{_IS}(?:\+(?=\d))?")
BOTH_LABEL = compiled(
    rf"{_RA_LABEL}{_REMARK} ?(?:,|/|&|and|;|)? ?{_DEC_LABEL}(?:[ ,:)]*{_REMARK})[ )\]]*(?:,? ?(?:in "
    rf")?[(\[]?(?:deg(?:rees)?|epoch|equinox)\b[^\d\n:=]{{0,14}})?"
    rf"(?:[ \n]*(?:=+|:|~|is|are|of|at|-(?= )|,)?)*[ \n]*[(\[]?[ \n]*"
)
#: Between the right ascension and the label of the declination; an error, a remark, the other form of the number.
_BETWEEN = compiled(
    rf"(?:[ ,;|\n)]+|and\b|[(\[<](?:[^()\[\]\n]|\([^()\n]{{0,30}}\)){{0,90}}[)\]>]|(?:\+/-|\+-) ?[\d.]+ ?(?:s|"
    rf"sec|\"|arcsec|deg|hms)?|= ?[\d:. hmsd]+(?:deg)?|J2000(?:\.0)?|deg(?:rees)?\b|hours\b)*+"
    rf"{_DEC_LABEL}{_REMARK},?{_IS}"
)
_COMMA = compiled(r"[ ]*(?:\([^()\n]{0,30}\) ?|\) ?(?=[+-]))?(?:[,;/&]|and|\|)?[ \n]*(?:dec(?:l\.?)? ?=? ?)?")


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A place: right ascension, declination, and the span from the first digit of the one to the last of the other.
    `label` is where its label begins."""

    ra: Angle
    dec: Angle
    start: int
    end: int
    label: int
    labelled: bool


def pairs_at(text: str, at: int, *, label: int | None = None) -> Iterator[Pair]:
    """Every place whose right ascension begins exactly at `at`: the declination follows after a comma, a label, or its
    own sign."""
    for ra in read_ra(text, at):
        between = _BETWEEN.match(text, ra.end)
        if between:
            for dec in read_dec(text, between.end()):
                yield _pair(text, ra, dec, label, labelled=True)
        comma = _COMMA.match(text, ra.end)
        if comma is None:
            continue
        for dec in read_dec(text, comma.end()):
            if dec.signed or comma.group().strip() or label is not None:
                yield _pair(text, ra, dec, label, labelled=label is not None)


def _pair(text: str, ra: Angle, dec: Angle, label: int | None, *, labelled: bool) -> Pair:
    begin = ra.start if label is None else label
    return Pair(ra=ra, dec=dec, start=ra.start, end=dec.end, label=begin, labelled=labelled)


def best_pair(text: str, at: int, *, label: int | None = None) -> Pair | None:
    """The place that begins at `at`: both coordinates in one form, the longest reading."""
    found = list(pairs_at(text, at, label=label))
    alike = [p for p in found if (p.ra.parts == 1) == (p.dec.parts == 1)]
    return max(alike, key=lambda p: (p.end, p.ra.parts), default=None)
