"""Dates and clock times as circulars write them, each with its span. What a time means is for those that ask."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import msgspec

from kg.openings import compiled

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DAY = r"(?P<day>\d{1,2})(?P<fraction>\.\d+)?"
_YEAR = r"(?P<year>(?:19[6-9]|20[0-6])\d)"
_DATES = [
    compiled(rf"(?<![\d.]){_YEAR}(?P<sep>[-/. ])(?P<month>0?[1-9]|1[0-2])(?P=sep){_DAY}(?!\d)"),
    compiled(rf"(?<![\d.]){_YEAR}[ ,/-]{{1,2}}{_MONTH}[ ,/-]{{0,2}}{_DAY}(?:st|nd|rd|th)?(?![\d.:]*\d)", re.I),
    compiled(
        rf"(?<![\d.:]){_DAY}(?:st|nd|rd|th)?(?: of)?[ /-]?{_MONTH},?[ /-]{{0,2}}(?:of )?(?:{_YEAR}(?![\d:]))?", re.I
    ),
    compiled(rf"\b{_MONTH}[ -]?{_DAY}(?:st|nd|rd|th)?(?![\d:])(?:,? ?-?{_YEAR}(?![\d:.]))?", re.I),
    compiled(rf"(?<![\d./-])(?P<month>0?[1-9]|1[0-2])/{_DAY}, ?{_YEAR}(?!\d)"),
    compiled(r"(?<![\d./-])(?P<a>\d\d)(?P<sep>[-/])(?P<b>\d\d)(?P=sep)(?P<c>\d\d)(?![\d/.-])"),
    compiled(
        r"(?<![\d.])(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>[0-3]\d)(?P<fraction>\.\d+)?(?![\d-])"
    ),
    compiled(
        r"(?<![\d.A-Za-z])(?P<short>\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>[0-3]\d)(?P<fraction>\.\d+)(?= ?\(?UT)"
    ),
]  # fmt: skip
_ANY_MONTH = compiled(
    r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
)
_CLOCK = compiled(
    r"(?<![\d.:+-])(?P<hour>[01]?\d|2[0-4])(?P<sep>::?|h ?|\.(?=\d\d:))(?P<minute>[0-5]\d)"
    r"(?:(?:::?|m ?|'|\.(?=\d\d\.\d))(?P<second>(?:[0-5]?\d|60)(?:\.\d+)?)(?: ?s(?:ec)?\b)?| ?m(?:in)?\b)?(?![\d:])"
    r"(?P<ut> ?\(?(?:UTC?|GMT|Z)\b\)?| ?s? ?\(UTC?\))?"
)


class Date(msgspec.Struct, frozen=True, kw_only=True):
    """A date as written; `year` None where none stands there, `fraction` of the day where one does."""

    start: int
    end: int
    year: int | None
    month: int
    day: int
    fraction: float | None = None
    digits: int = 0


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """A time of day as written, in seconds; `half` is half a unit of the last printed digit, `ut` whether UT or Z
    stands behind it (`end` is behind it, `clock_end` before)."""

    start: int
    end: int
    clock_end: int
    seconds: float
    text: str
    half: float
    ut: bool
    sep: str


def calendar_day(year: int, month: int, day: int) -> date | None:
    """A day, or None where the calendar has none such."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def find_dates(text: str, *, near: date | None = None) -> list[Date]:
    """Every date of an even text, in order; of a date with two-digit parts the reading nearest to `near` is taken."""
    return list(_dates_of(text, near))


@lru_cache(maxsize=8)
def _dates_of(text: str, near: date | None) -> tuple[Date, ...]:
    """Kept for the next grammar that asks about the same text."""
    found: list[Date] = []
    covered: set[int] = set()
    months = _ANY_MONTH.search(text) is not None
    for pattern in _DATES:
        if not months and "Jan" in pattern.pattern:
            continue
        for match in pattern.finditer(text):
            read = _two_digits(match, near) if "a" in pattern.groupindex else _written(match)
            if read and read.start not in covered and read.end - 1 not in covered:
                covered.update(range(read.start, read.end))
                found.append(read)
    return tuple(sorted(found, key=lambda d: d.start))


def _written(match: re.Match[str]) -> Date | None:
    parts = match.groupdict()
    name = parts["month"]
    month = int(name) if name.isdigit() else _MONTHS.index(name.lower()[:3]) + 1
    year = int(parts["year"]) if parts.get("year") else None
    if parts.get("short"):
        year = (1900 if parts["short"] > "60" else 2000) + int(parts["short"])
    day = int(parts["day"])
    if not 1 <= day <= 31 or calendar_day(year or 2000, month, day) is None:
        return None
    fraction = parts["fraction"]
    end = match.end() if parts.get("year") or fraction is None else match.end("fraction")
    return Date(
        start=match.start(),
        end=end,
        year=year,
        month=month,
        day=day,
        fraction=float(fraction) if fraction else None,
        digits=len(fraction) - 1 if fraction else 0,
    )


def _two_digits(match: re.Match[str], near: date | None) -> Date | None:
    a, b, c = int(match["a"]), int(match["b"]), int(match["c"])
    # 22-12-10, 25/12/20 and 12/25/20 are all written; the event's day decides.
    readings = [d for y, m, day in ((a, b, c), (c, b, a), (c, a, b)) if (d := calendar_day(2000 + y, m, day))]
    if not readings:
        return None
    best = min(readings, key=lambda d: abs((d - near).days)) if near else readings[0]
    return Date(start=match.start(), end=match.end(), year=best.year, month=best.month, day=best.day)


def find_clocks(text: str) -> list[Clock]:
    """Every time of day of an even text, in order. Right ascensions look the same: the caller judges by the words."""
    return list(_clocks_of(text))


@lru_cache(maxsize=8)
def _clocks_of(text: str) -> tuple[Clock, ...]:
    """Kept for the next grammar that asks about the same text."""
    return tuple(_clock(match) for match in _CLOCK.finditer(text))


def _clock(match: re.Match[str]) -> Clock:
    second = match["second"]
    seconds = int(match["hour"]) * 3600.0 + int(match["minute"]) * 60.0 + float(second or 0.0)
    half = 30.0 if second is None else 0.5 * 10.0 ** -len(second.partition(".")[2])
    written = f"{int(match['hour']):02d}:{match['minute']}"
    if second is not None:
        whole, dot, rest = second.partition(".")
        written += f":{int(whole):02d}{dot}{rest}"
    ut = match["ut"]
    return Clock(
        start=match.start(),
        end=match.end(),
        clock_end=match.start("ut") if ut else match.end(),
        seconds=round(seconds, 6),
        text=written,
        half=half,
        ut=bool(ut),
        sep=match["sep"].strip(),
    )


#: What may stand between a date and its clock.
_DATE_FIRST = compiled(
    r"(?:\([a-z/ ]{2,10}\)|[\s,;:(|T_-]|at|UTC?|\bTime|around|about|from|on|starting|~|=|\[|- )*", re.I
)
_CLOCK_FIRST = compiled(r"(?:[\s,;()|]|on|of|UTC?|the|this|\bDate:?|s\b|Z\b)*", re.I)


def date_of(clock: Clock, dates: list[Date], text: str) -> Date | None:
    """The date that is printed with a clock, before or behind it."""
    at = bisect_left(dates, clock.start, key=lambda d: d.start)
    for found in reversed(dates[max(0, at - 2) : at]):
        gap = clock.start - found.end
        if 0 <= gap <= 28 and found.fraction is None and _DATE_FIRST.fullmatch(text, found.end, clock.start):
            return found
    for found in dates[at : at + 2]:
        gap = found.start - clock.end
        if 0 <= gap <= 16 and found.fraction is None and _CLOCK_FIRST.fullmatch(text, clock.end, found.start):
            return found
    return None


def moment(found: Date, seconds: float, day: date | None) -> datetime | None:
    """A date and the seconds of its day as UTC; a missing year is that of `day`, or the next after New Year's Eve."""
    year = found.year
    if year is None:
        if day is None:
            return None
        near = [d for y in (day.year - 1, day.year, day.year + 1) if (d := calendar_day(y, found.month, found.day))]
        if not near:
            return None
        year = min(near, key=lambda d: abs((d - day).days)).year
    base = calendar_day(year, found.month, found.day)
    return None if base is None else datetime(base.year, base.month, base.day, tzinfo=UTC) + timedelta(seconds=seconds)
