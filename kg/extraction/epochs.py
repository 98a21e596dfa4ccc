"""Dates, clock times and times since T0 as circulars write them: shared by trigger times, magnitudes and light curves.

Everything here reads; what a time means (trigger, exposure, mid-time) is for the grammars that ask.

    find_epochs(text, t0=..., day=...)   every moment of a text: seconds since T0, UTC, or both
    event_day(document)                  the day of the circular's event, by its name, else by the circular's own date

The pieces, dates and clocks, are read in dates.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec

from kg.extraction.dates import calendar_day, date_of, find_clocks, find_dates, moment
from kg.extraction.document import Document
from kg.names import day_of
from kg.openings import compiled

_JULIAN = compiled(r"\b(?P<kind>MJD|JD)(?:\b|_)[^\d\n]{0,12}(?P<number>\d{5,7}(?:\.\d+)?)")
#: Units of time and their seconds.
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "k": 1000.0, "w": 604800.0}
DURATION = r"(?P<unit>ksec\b|ks\b|s(?:ec(?:ond)?s?)?\b|m(?:in(?:ute)?s?)?\b|h(?:(?:ou)?rs?)?\b|d(?:ays?)?\b|weeks?\b)"
_COUNT = r"(?P<count>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
_T0 = r"(?:T_?\{?(?:0|o|trig\w*|GRB|GBM|BAT)?\}?(?: ?\((?:\w|-)+\))?|t-T_?0|Trigger|trigger)"
_SINCE = [
    compiled(rf"(?<![\w.]){_T0} ?\+ ?{_COUNT} ?{DURATION}"),
    compiled(
        rf"(?<![\w.:]){_COUNT}[ -]?{DURATION}(?: \([^()]{{1,25}}\))? ?(?:after|post|since|following|past|from)\b"
        r"(?=[ -](?:the |its |their |initial |onset of the |time of the |GW |LVC |LVK |BAT |GBM |LAT |XRT |WXT |"
        r"INTEGRAL |IceCube |(?:Swift|Fermi|SVOM|EP|MAXI|HETE)(?:[ -]?2)?[ /-]?)*"
        r"(?:GRB|XRF|FXT|burst|trigger|T_?0|T\b|event|merger|alert|onset|explosion|outburst|detection|BAT|GBM|discovery|"
        r"neutrino|transient|gamma|prompt|start of))",
        re.I,
    ),
    compiled(rf"\b(?:t ?- ?T_?0|t_?mid ?- ?T_?0|dt|delta ?[tT]|\u0394[tT]) ?[=~:]{{1,2}} ?\+?{_COUNT} ?{DURATION}"),
    compiled(rf"(?<![\w.:]){_COUNT}[ -]?{DURATION} (?:post|after)[- ]?(?:burst|trigger|merger|GRB|explosion)", re.I),
]


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """A moment: seconds since T0, a UTC time, or both where T0 is known. `dated` is False where the date is not
    printed beside the clock but was supplied."""

    start: int
    end: int
    epoch_s: float | None = None
    utc: datetime | None = None
    half_s: float = 0.0
    dated: bool = True


def event_day(document: Document) -> date | None:
    """The day of the circular's event: by its name, else by the date of the circular."""
    about = document.about
    if about and (digits := day_of(about)):
        century = 1900 if digits[:2] > "60" else 2000
        return calendar_day(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    return created_day(document)


def created_day(document: Document) -> date | None:
    """The day on which the circular was sent, from the archive's milliseconds or ISO text."""
    created = document.circular.created
    if not created:
        return None
    if re.fullmatch(r"\d{11,14}(?:\.0*)?", created):
        return datetime.fromtimestamp(float(created) / 1000.0, UTC).date()
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)", created)
    return calendar_day(*map(int, found.groups())) if found else None


def find_epochs(text: str, *, t0: datetime | None = None, day: date | None = None) -> list[Epoch]:
    """Every moment of an even text, in order, none overlapping. `t0` turns seconds since T0 into UTC and back, `day`
    (the event's) supplies missing years and, for a clock marked UT with no date beside it, the date."""
    taken: list[Epoch] = []
    covered: set[int] = set()
    for epoch in _proposed(text, day):
        if epoch.start not in covered and epoch.end - 1 not in covered:
            covered.update(range(epoch.start, epoch.end))
            taken.append(_completed(epoch, t0))
    return sorted(taken, key=lambda e: e.start)


def _completed(epoch: Epoch, t0: datetime | None) -> Epoch:
    if t0 is None:
        return epoch
    if epoch.utc is None and epoch.epoch_s is not None and epoch.epoch_s < 1e9:
        return msgspec.structs.replace(epoch, utc=t0 + timedelta(seconds=epoch.epoch_s))
    if epoch.utc is not None and epoch.epoch_s is None:
        utc = epoch.utc
        if not epoch.dated and utc < t0 - timedelta(hours=1):
            utc += timedelta(days=1)  # a clock alone, after midnight
        return msgspec.structs.replace(epoch, utc=utc, epoch_s=round((utc - t0).total_seconds(), 3))
    return epoch


def _proposed(text: str, day: date | None) -> Iterator[Epoch]:
    for pattern in _SINCE:
        for match in pattern.finditer(text):
            count = match["count"]
            scale = seconds_in(match["unit"])
            half = 0.5 * 10.0 ** -len(count.partition(".")[2]) * scale if "e" not in count.lower() else 0.0
            yield Epoch(start=match.start(), end=match.end(), epoch_s=round(float(count) * scale, 6), half_s=half)
    for match in _JULIAN.finditer(text):
        if (utc := julian(match["kind"], match["number"])) is not None:
            half = 43200.0 * 10.0 ** -len(match["number"].partition(".")[2])
            yield Epoch(start=match.start(), end=match.end(), utc=utc, half_s=half)
    dates = find_dates(text, near=day)
    for clock in find_clocks(text):
        found = date_of(clock, dates, text)
        if found and (utc := moment(found, clock.seconds, day)):
            start, end = min(found.start, clock.start), max(found.end, clock.end)
            yield Epoch(start=start, end=end, utc=utc, half_s=clock.half)
        elif clock.ut and day:
            utc = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=clock.seconds)
            yield Epoch(start=clock.start, end=clock.end, utc=utc, half_s=clock.half, dated=False)
    for found in dates:
        if found.fraction is not None and (utc := moment(found, found.fraction * 86400.0, day)):
            half = 43200.0 * 10.0**-found.digits
            yield Epoch(start=found.start, end=found.end, utc=utc, half_s=half)


def seconds_in(unit: str) -> float:
    """Seconds in a unit of time as written: `hr`, `min`, `ks`, `days`."""
    return SECONDS[unit[0].lower()]


def julian(kind: str, number: str) -> datetime | None:
    """A (modified) Julian date as UTC; None where it cannot be one of our times."""
    days = float(number) - (2400000.5 if kind == "JD" and float(number) > 2e6 else 0.0)
    if kind == "MJD" and days > 2e6:
        days -= 2400000.5
    if not 40000.0 < days < 90000.0:
        return None
    return datetime(1858, 11, 17, tzinfo=UTC) + timedelta(days=days)
