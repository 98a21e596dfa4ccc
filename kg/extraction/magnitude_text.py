"""Magnitudes in running text: every number that is said to be one, by its band and sign (`r' > 22.3`), by its unit
(`20.6 mag`) or by the words in front ("a limiting magnitude of 21.4"). What each means is for `magnitude_context`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from kg.extraction.bands import NAME, normalise_band, system_of
from kg.extraction.fact import Where
from kg.extraction.magnitude_hit import Hit
from kg.extraction.magnitude_value import VALUE, plausible, read_match, read_ranges
from kg.openings import compiled

#: Numbers looked at in one text; the longest real circular has 2,500.
NUMBERS = 6000
_NUMBER = compiled(r"(?<![\w.:+*/^])(?<![A-Za-z]-)(?<!\d-)\d{1,2}(?:\.\d{1,5})?(?![\d:]|\.\d|-\d\d)")
#: In front of the digits: sign of a limit or of equality, words of approximation.
_SIGNED = compiled(
    r"(?P<op>(?: ?(?:=|~|>|<|:))+|) ?(?:(?:about|approximately|approx\.?|around|roughly|nearly|ca\.?|only|some|"
    r"at least) )?(?P<late>[~<>])? ?$"
)
_MAG_AFTER = compiled(
    r" ?(?:\(?(?:AB|Vega)\)?[ -]?)?(?:\^?m(?:ag(?:nitude)?s?)?\b(?!\.?-?AA)(?![- ]?(?:/|per\b))|\^m|"
    r"th\b[ -](?:mag\w*|\w'?(?:-band)? mag\w*)|(?:st|nd|rd) mag\w*)"
    r"| ?\(?(?:AB|Vega)\b"
)
_SYSTEM_AFTER = compiled(r" ?(?:mags?\b)?[ ,]*[(\[]?(?:in (?:the )?)?(?:AB|Vega)\b[^()]{0,30}[)\]]?")
_MAG_BEFORE = compiled(
    r"(?:\bmag(?:nitude)?s?\b\.?|\bmlim|\bbrightness|\blimit(?:s|ing)?\b|\bdepths?|\bfainter than|\bbrighter than|"
    r"\bphotometry (?:of|is|gives|yields)|\bdeep as)"
    r"(?:[^.;\d\n=<>]|\.(?=[a-z ]{0,2}\d)| [1-9](?:\.\d)?[ -]?[sS]igma| \(?[35][ -]?sig\w*\)?){0,70}$",
    re.I,
)
#: A unit behind the number that is not magnitudes.
_OTHER_UNIT = compiled(
    r" ?(?:[+-] ?\d[\d.]* ?(?:\*|x|log)|deg|\u00b0|arc|mas\b|m?Crab|''|\"|'(?!')|k?m\b(?=/|\.s)|"
    r"km|[kM]?pc|Gpc|s\b|secs?\b|seconds?|min|hours?|"
    r"hrs?\b|h\b|days?|d\b|years?|yrs?|weeks?|months?|"
    r"[kMGT]?eV|erg|ct|counts?|cts|%|percent|sigma|-?sigma|\u03c3|[xX*\u00d7] ?\d|x\b|e[+-]?\d|[um\u00b5n]?Jy|nm|"
    r"AA?\b|(?:milli-?)?Angstrom|m?\u00c5|m\u212b|um\b|micron|[kMG]?Hz|ph\b|L_|M_|"
    r"Msun|solar|degrees?|sq|pixels?|stars|images|frames|exposures?|objects|galaxies|sources|bursts|GRBs|orbits|"
    r"meter|-m\b|-inch|cm|mm|inch|-?meter|m telescope|[A-Z][a-z]{2,8}\b \d{4}|UT)",
)
#: Names of quantities that look like a band: redshift, radius, inclination, Hubble constant, column.
_LISTED = compiled(r"(?: ?mags?)?(?:, ?(?:and )?| and | ?& ?)")
#: The next number of a list; its unit is that of all.
_SHARED = compiled(r"(?: ?(?:,|and|or|to|-) ?\d+(?:\.\d+)?){1,3}")
#: "from 22.19 +/- 0.04 to 22.68 mag".
_TOWARDS = compiled(r" (?:to|and) \d\d\.\d+(?: ?\+/- ?\d?\.\d+)? ?mag\b")
_IN_BAND = compiled(rf" (?:mag )?in (?:our |out |the |a )?(?:{NAME})[- ](?:band|filter)")
_LONE = frozenset("GCNPLYZowcq")
_SKIP_WORD = compiled(
    r"[(\[]?(?:AB|Vega|bands?|filters?|[Mm]ags?|[Mm]agnitudes?|[Ll]imits?|[Ll]imiting|[Uu]pper|in|system|image|model|"
    r"of|is|was|at|to|be|the|has|detection|3-?sigma|5-?sigma)[)\],:.]*"
)
_FORMS = [
    compiled(r"[\"'(\[{,;/]*m(?:ag)?[_ ]?[({]{0,2}(?P<band>[A-Za-z][\w']{0,5})[)}]{0,2}"),
    compiled(
        r"[\"'(\[{,;/]*(?P<band>[A-Za-z](?:[A-Za-z0-9']|_(?=[cCsS])){0,3})[_ ]?[({]{0,2}(?:AB|Vega|mag|ab|SDSS|"
        r"lim)[)}]{0,2}"
    ),
    compiled(r"[\"(\[{,;/]*(?P<band>[A-Za-z][\w'\u2019\u00b4`{}-]{0,12})[)\]}]{0,2}"),
]


@lru_cache(maxsize=4096)
def band_of_word(word: str) -> str | None:
    """The band that a word in front of a number names: `r'`, `m(R)`, `J_AB`, `(K`, `Rmag`, `V-band`."""
    if word in ("up", "is", "was", "as", "us"):
        return None
    for form in _FORMS:
        match = form.fullmatch(word)
        if match and (band := normalise_band(re.sub(r"-(?:bands?|filters?|mag\w*)$", "", match["band"]))):
            return band
    return None


def places(text: str, where: Where, *, swift: bool) -> Iterator[Hit]:
    """Every number of an even text that reads as a magnitude, in order. `swift`: `u`, `b` and `v` are UVOT's."""
    for match, reading in read_ranges(text)[:20]:
        band = normalise_band(match["band"])
        if band and band != "z":
            yield Hit(where=where, start=match.start(), end=match.end(), reading=reading, band=band, banded=True)
    last: Hit | None = None
    ranged = [m.span() for m, _ in read_ranges(text)[:20]]
    for number in islice(_NUMBER.finditer(text), NUMBERS):
        if any(start <= number.start() < end for start, end in ranged):
            continue
        if not plausible(float(number.group())):
            continue
        hit = _place(text, number, where, swift=swift) or _following(text, number, where, last)
        if hit:
            last = hit
            yield hit


def _place(text: str, number: re.Match[str], where: Where, *, swift: bool) -> Hit | None:
    signed = _SIGNED.search(text, max(0, number.start() - 20), number.start())
    begin = signed.start() if signed else number.start()
    sign = (signed["op"] + (signed["late"] or "")).replace(" ", "") if signed else ""
    near = text[number.start() - 1 : number.start()] in "=~<>: " or "." in number.group()
    band, band_at, worded = _band_before(text, begin) if near else (None, begin, False)
    start = begin + len(text[begin : number.start()]) - len(text[begin : number.start()].lstrip(" =:"))
    match = VALUE.match(text, start) or VALUE.match(text, number.start())
    if match is None or match.start("number") != number.start():
        return None
    unit = _MAG_AFTER.match(text, match.end())
    if unit is None and (shared := _SHARED.match(text, match.end())) and _OTHER_UNIT.match(text, shared.end()):
        return None  # "20 and 10 milli-Angstroms"
    if _OTHER_UNIT.match(text, match.end()) and not (
        unit and unit.group().strip(" (").startswith(("mag", "AB", "Vega"))
    ):
        return None
    if band == "R" and re.search(r"\d[sd],? ?$", text[max(0, band_at - 6) : band_at]):
        return None  # a radius behind a position
    towards = _TOWARDS.match(text, match.end())
    in_band = towards or ("." in number.group() and float(number.group()) > 8 and _IN_BAND.match(text, match.end()))
    said = bool(unit) or bool(in_band) or bool(_MAG_BEFORE.search(text, max(0, begin - 90), begin))
    if band and not _is_band(
        band, sign, number.group(), said=said, worded=worded, unit=bool(unit), error=_has_error(match), swift=swift
    ):
        if band[:1] == "z" or not said:
            return None
        band, band_at = None, begin
    if not band and not said:
        return None
    if (
        not unit
        and not band
        and "." not in number.group()
        and not re.search(
            r"[~<>=]|limit\w* mag|magnitudes? (?:of|is|was|about|at)",
            text[max(0, begin - 30) : number.start()],
        )
    ):
        return None
    metres = unit and not band and unit.group().strip() in ("m", "^m")
    if metres and (
        float(number.group()) < 12.0 or "." not in number.group() or re.search(r"\dh ?$", text[: number.start()][-5:])
    ):
        return None  # a telescope's diameter, minutes of a right ascension
    end = unit.end() if unit and unit.group().strip(" (").lower().startswith(("mag", "ab mag", "m")) else match.end()
    reading = read_match(match)
    return Hit(
        where=where,
        start=match.start(),
        end=end,
        begin=min(band_at, match.start()),
        reading=reading,
        error=reading.error,
        band=band,
        band_source="sign" if band else "",
        limit=reading.limit,
        banded=band is not None,
        unit_printed=unit is not None,
        system=system_of(
            text[band_at : number.start()] + (s.group() if (s := _SYSTEM_AFTER.match(text, match.end())) else "")
        ),
    )


def _following(text: str, number: re.Match[str], where: Where, last: Hit | None) -> Hit | None:
    """The next number of a list of magnitudes: "of 20.34, 20.18 and 20.03"."""
    if last is None or "." not in number.group() or number.start() - last.end > 12 or not last.reading.decimals:
        return None
    match = _LISTED.match(text, last.end)
    if match is None or match.end() != number.start():
        return None
    found = VALUE.match(text, number.start())
    if found is None or _OTHER_UNIT.match(text, found.end()):
        return None
    reading = read_match(found)
    return Hit(where=where, start=found.start(), end=found.end(), begin=found.start(), reading=reading,
               error=reading.error, unit_printed=True, listed=True)  # fmt: skip


def _band_before(text: str, end: int) -> tuple[str | None, int, bool]:
    """The band named right before a place, past words like "band magnitude of": (band, where it begins, whether such a
    word stood between)."""
    worded, at = False, end
    for _ in range(5):
        while end > 0 and text[end - 1] == " ":
            end -= 1
        begin = max(text.rfind(" ", max(0, end - 20), end), text.rfind("\n", max(0, end - 20), end)) + 1
        word = text[begin:end]
        if not word or (not word[-1].isalnum() and word[-1] not in "'\u2019\u00b4`)}].,:"):
            return None, at, worded
        if band := band_of_word(word):
            return band, begin, worded or "-" in word
        if not _SKIP_WORD.fullmatch(word):
            return None, at, worded
        worded = worded or word.strip("([,:.)]").lower()[:4] in ("band", "filt", "mag", "mags", "magn", "limi")
        end = begin
    return None, at, worded


def _has_error(match: re.Match[str]) -> bool:
    return any(match[name] for name in ("both", "plus", "paren"))


def _is_band(
    band: str, sign: str, number: str, *, said: bool, worded: bool, unit: bool, error: bool, swift: bool
) -> bool:
    """Whether a letter before a number can be a band, and not a redshift, a radius or an angle."""
    value = float(number)
    if not sign and not worded and not said:
        return False
    if band in ("z", "z'") and value < 12.0:
        return unit
    if band in ("u", "b", "v") and not swift and band != "u":
        return said
    if band in _LONE and not (error and band in "YZGwoq"):
        return said
    if band[:1] == "P" and len(band) < 3:
        return said
    if "." not in number:
        return said or worded or (value >= 12 and any(c in sign for c in "~<>"))
    return value >= 6.0 or said
