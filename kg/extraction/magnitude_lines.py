"""Magnitudes in lines without a head: lists that begin with their band ("J   19.11 +/- 0.07"), and astrometric lines
of the Minor Planet Center's form that amateurs send."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.extraction import magnitude_words as w
from kg.extraction.bands import NAME, normalise_band
from kg.extraction.dates import find_clocks, find_dates, moment
from kg.extraction.magnitude_hit import Hit
from kg.extraction.magnitude_setting import Setting
from kg.extraction.magnitude_value import NUMBER, PLUS_MINUS, SIGN, VALUE, Magnitude, plausible, read_match
from kg.extraction.normalise import Even
from kg.extraction.table_times import iso
from kg.openings import compiled

#: Band, blank, value with an error or a sign: without "=" the running text does not tell it from other words.
_LISTED = compiled(
    rf"^[ \t>*\u2022-]*(?P<band>{NAME})(?:[ -](?:band|filter))?[ \t:|"
    rf"]+(?P<value>{SIGN}? ?~? ?{NUMBER}(?P<error>[ \t]*(?:{PLUS_MINUS}|\u00b1)[ \t]*\d?\.\d+|[ \t]*\(0?\.\d+\))?)"
    r"(?P<rest>[ \t,;]*(?:mag)?[^\n]{0,60})$",
    re.M,
)
#: `2023 08 13.83014 16 36 31.46 +47 51 32.7   19.8 R`
_CENTER = compiled(
    r"^[ \t\w]{0,14}(?P<date>(?:19|20)\d\d \d\d \d\d\.\d{2,6}) ?\d\d \d\d \d\d\.\d+ ?"
    r"[+-]\d\d \d\d \d\d\.?\d*\s+(?P<value>\d\d\.\d{1,2}) ?(?P<band>[A-Za-z])\b",
    re.M,
)

#: `Dec. 12.25   20.28+-0.02`: a moment and a value with its error, under words that announce magnitudes.
_DATED = compiled(
    r"^[ \t>]*(?P<date>(?:(?:19|20)\d\d[-/ ])?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? ?"
    r"\d{1,2}(?:\.\d+)|(?:19|20)\d\d[-/]\d\d[-/]\d\d(?:\.\d+|[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?))(?: ?UTC?)?[ \t,:|]+"
    rf"(?P<value>{NUMBER}[ \t]*(?:{PLUS_MINUS}|\u00b1)[ \t]*\d?\.\d+)(?P<rest>[ \t]*(?:mag\.?)?)[ \t\r]*$",
    re.M,
)
_ANNOUNCED = compiled(r"\bmag(?:nitude)?s?\b|\bphotometry\b", re.I)


def lines_of(setting: Setting, taken: list[tuple[int, int]]) -> Iterator[Hit]:
    """Every magnitude of such lines outside the tables at `taken` (spans of the even body), in order."""
    body = setting.document.circular.body[:200_000]
    even = setting.document.body
    for match in _CENTER.finditer(body):
        yield _hit(
            setting,
            match,
            even.at(match.start("value")),
            even.at(match.end("value") - 1) + 1,
            normalise_band(match["band"]),
        )
    for match in _DATED.finditer(body):
        start = even.at(match.start("value"))
        above = body[max(0, match.start() - 500) : match.start()]
        if _ANNOUNCED.search(above) and not any(a <= start < b for a, b in taken):
            before = [m for m in setting.mentions if m.start < start]
            band = before[-1].bands[0] if before and len(before[-1].bands) == 1 else setting.only_band
            yield _hit(setting, match, start, even.at(match.end("value") - 1) + 1, band)
    for match in _LISTED.finditer(body):
        start = even.at(match.start("value"))
        if any(a <= start < b for a, b in taken):
            continue
        signed = match["error"] or match["value"][0] in "<>" or match["rest"].strip(" ,;").startswith("mag")
        band = normalise_band(match["band"])
        if not signed or band is None or "=" in match["rest"][:6]:
            continue
        yield _hit(setting, match, start, even.at(match.end("value") - 1) + 1, band)


def _hit(setting: Setting, match: re.Match[str], start: int, end: int, band: str | None) -> Hit:
    text = setting.document.body.text[start:end]
    found = VALUE.match(text)
    reading = read_match(found) if found else Magnitude()
    hit = Hit(start=start, end=end, begin=setting.document.body.at(match.start()), reading=reading, source="table")
    hit.error, hit.limit = reading.error, reading.limit
    hit.band, hit.band_source, hit.banded = band, "line", True
    if reading.value is None or not plausible(reading.value):
        hit.leave("no magnitude")
    if "date" in match.groupdict() and (dates := find_dates(match["date"])):
        clocks = find_clocks(match["date"])
        seconds = clocks[0].seconds if clocks else (dates[0].fraction or 0.0) * 86400.0
        utc = moment(dates[0], seconds, setting.day)
        hit.epoch = iso(utc) if utc else None
    rest = match.groupdict().get("rest") or ""
    if hit.limit is None and hit.error is None and w.LIMIT_AFTER.match(Even(rest).text):
        hit.limit = ">"
    return hit
