"""Grammar of trigger times, and the T0 of a circular that other grammars reckon from.

    t0(document)    the event's trigger time as UTC, where the circular prints it; else None

Every time of day is a candidate; what it is the time of is told by the words around it. The clock stands in the span;
the date may come from beside it, from the event's name or from the day of the circular.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec

from kg.extraction.assertion import assertion_of
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.dates import Clock, Date, date_of, find_clocks, find_dates, moment
from kg.extraction.detectors import first_instrument, last_instrument
from kg.extraction.document import Document
from kg.extraction.epochs import created_day, event_day
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.normalise import Even, sentence
from kg.extraction.time_words import AFTER, BEFORE, DATE_AND_TIME, DETECTED_BY, JOINED, NOT_AFTER, NOT_BEFORE, Sign
from kg.openings import compiled

#: A clock of which nothing says that it is a trigger's is proposed, but not taken.
_ENOUGH = 1.0
_MOST = 400
_SECONDS_OF_DAY = compiled(
    r"T_?0 ?(?:\([A-Za-z-]+\))? ?[=~:]{1,2} ?(?P<sod>\d{1,5}(?:\.\d+)?) ?s(?:ec)? ?\(?UTC?\b(?!\)? ?[(=] ?\d)"
)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A time of day in the text and what speaks for its being a trigger's."""

    where: Where
    start: int
    end: int
    utc: datetime
    digits: str
    half: float
    dated: bool
    approximate: bool
    score: float
    signs: tuple[str, ...]
    instrument: str | None


def propose(document: Document) -> Iterator[Candidate]:
    """Every time of day of which the words around it say something; taken where they make it a trigger's."""
    reported: set[tuple[str, str | None]] = set()
    listed = _respectively(document)
    for found in times(document):
        if not found.signs:
            continue  # a row of a light curve, a right ascension: nothing at all says what it is the time of
        assertion, why = _assertion(document, found) if found.score > 0 else ("asserted", "not looked into")
        object_ = (
            listed.get((found.where, found.end))
            or _numbered(document, found)
            or document.object_at(found.where, found.start, found.end)
        )
        value = found.utc.strftime("%Y-%m-%dT") + found.digits + "Z"
        taken = found.score >= _ENOUGH and (value, object_) not in reported
        if taken:
            reported.add((value, object_))
        qualifier: dict[str, object] = {"instrument": found.instrument} if found.instrument else {}
        if found.approximate:
            qualifier["approximate"] = True
        yield Candidate(
            predicate="trigger_time",
            where=found.where,
            start=found.start,
            end=found.end,
            value=value,
            object=object_,
            qualifier=qualifier,
            assertion=assertion,
            confidence=min(0.97, 0.5 + 0.2 * found.score) if found.score > 0 else 0.1,
            taken=taken,
            why=f"{', '.join(found.signs) or 'nothing says whose time it is'}; {why}",
            features={"score": found.score, "dated": float(found.dated), "place": found.start / 4000.0},
        )


_ITS_NUMBER = compiled(r"\b(?P<number>\d[\d.]{4,14})(?:/\d+)? (?:at|on) $")


def _numbered(document: Document, found: Found) -> str | None:
    """Of several triggers the one whose number stands directly before the time."""
    if len(document.objects) < 2:
        return None
    match = _ITS_NUMBER.search(document.even(found.where).text, max(0, found.start - 40), found.start)
    return next((o for o in document.objects if match and o.split()[-1] == match["number"]), None)


def _respectively(document: Document) -> dict[tuple[Where, int], str]:
    """The events of a list of times, by where each time ends: "triggers A and B at T and U, respectively"."""
    objects = document.objects
    if len(objects) < 2 or "respectively" not in document.body.text:
        return {}
    found = [f for f in times(document) if f.where == "body" and f.score >= _ENOUGH]
    text = document.body.text
    if len(found) != len(objects) or "respectively" not in text[found[0].start : found[-1].end + 80]:
        return {}
    return {(f.where, f.end): name for f, name in zip(found, objects, strict=True)}


def times(document: Document) -> list[Found]:
    """Every clock of subject and body with its judgement, in order."""
    found: list[Found] = []
    places: tuple[Where, ...] = ("subject", "body")
    for where in places:
        text = document.even(where).text
        if where == "subject" and ":" not in text:
            continue
        found += _times(document, where, text)
    return found


def t0(document: Document) -> datetime | None:
    """The trigger time of the circular's event as UTC: the best-supported one that the circular prints, else None."""
    own = [f for f in times(document) if f.score >= _ENOUGH]
    return max(own, key=lambda f: (f.score, -f.half, -f.start)).utc if own else None


def _times(document: Document, where: Where, text: str) -> Iterator[Found]:
    day = event_day(document)
    dates = find_dates(text, near=day)
    clocks = find_clocks(text)[:_MOST]
    printed = [date_of(clock, dates, text) for clock in clocks]
    last: Found | None = None
    for i, clock in enumerate(clocks):
        own = printed[i]
        beside, last = last if i and _joined(clocks[i - 1], clock, own, text) else None, None
        following = printed[i + 1] if own is None and i + 1 < len(clocks) else None
        shared = following if following and _joined(clock, clocks[i + 1], following, text) else None
        utc = _moment(document, clock, own or shared, day)
        if utc is None or (clock.sep == "h" and not clock.ut):
            continue
        start = min(clock.start, own.start) if own else clock.start
        end = max(clock.end, own.end) if own else clock.end
        last = _judged(text, where, start, end, utc, clock, dated=own is not None)
        if beside is not None and beside.score >= _ENOUGH > last.score:
            last = msgspec.structs.replace(last, score=beside.score, signs=beside.signs, instrument=beside.instrument)
        yield last
    for match in _SECONDS_OF_DAY.finditer(text):
        seconds = float(match["sod"])
        if day and seconds < 86400.0:
            utc = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
            start, end = match.span("sod")
            yield Found(
                where=where, start=start, end=end, utc=utc, digits=_digits(utc, match["sod"]), half=0.5, dated=False,
                approximate=False, score=2.0, signs=("seconds of the day as T0",),
                instrument=last_instrument(text, start - 150, start),
            )  # fmt: skip


def _joined(first: Clock, second: Clock, day: Date | None, text: str) -> bool:
    """Whether two times are one list, "at 17:20:25 UT and 19:06:58 UT", the second with its day: what is said of one
    is said of both."""
    start = min(second.start, day.start) if day else second.start
    return first.half == second.half and JOINED.fullmatch(text, first.end, start) is not None


def _judged(text: str, where: Where, start: int, end: int, utc: datetime, clock: Clock, *, dated: bool) -> Found:
    before, after = text[max(0, start - 170) : start], text[end : end + 200]
    signs = [s for s in (*BEFORE, *NOT_BEFORE) if s.pattern.search(before)]
    signs += [s for s in (*AFTER, *NOT_AFTER) if s.pattern.match(after)]
    if "Time:" in text[start:end] and "Date" in before[-12:]:
        signs.append(DATE_AND_TIME)
    score = _weight(signs, before)
    if clock.half > 0.6:
        score -= 0.5  # hours and minutes alone are seldom a trigger's
    digits = clock.text if clock.half < 1.0 else f"{clock.text}:00"
    return Found(
        where=where,
        start=start,
        end=end,
        utc=utc,
        digits=digits,
        half=clock.half,
        dated=dated,
        approximate=bool(_ABOUT.search(before)),
        score=score,
        signs=tuple(s.says for s in signs),
        instrument=_instrument(text, start, end) if score > 0 else None,
    )


def _weight(signs: list[Sign], before: str) -> float:
    """The strongest sign for a trigger and the strongest against it."""
    good = [s.weight for s in signs if s.weight > 0]
    # "starting at about T0 = 10:08:08": what is called T0 is no exposure.
    bad = [s.weight for s in signs if s.weight < 0 and not (s is NOT_BEFORE[0] and max(good, default=0.0) >= 3.0)]
    if any(s in AFTER[2:4] for s in signs) and max(good) <= 2.0 and not _OPENS.search(before):
        # "At 03:04:05 UT, the ... triggered" opens a sentence; elsewhere the verb may be another's.
        good = [0.7]
    return max(good, default=0.0) + min(bad, default=0.0)


_OPENS = compiled(r"(?:^|[\n\".:]|\.\") *(?:At|On|at|on)(?: about| approximately| around)?(?: UTC?)? ?~?$")
_ABOUT = compiled(r"(?:~|\b(?:about|around|approximately)) ?(?:T_?0 ?= ?|[\d.]+ ?s UT \()?$", re.I)


def _moment(document: Document, clock: Clock, printed: Date | None, day: date | None) -> datetime | None:
    """The clock on its printed date, else on the event's day."""
    if printed is not None:
        return moment(printed, clock.seconds, day)
    if day is None:
        return None
    utc = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=clock.seconds)
    sent = document.circular.created
    if (
        sent
        and re.fullmatch(r"\d{11,14}", sent)
        and utc.timestamp() > float(sent) / 1000.0
        and day == created_day(document)
    ):
        utc -= timedelta(days=1)  # told after midnight of the evening before
    return utc


def _digits(utc: datetime, written: str) -> str:
    """The time of day with as many decimals as the seconds of the day were written with."""
    decimals = len(written.partition(".")[2])
    return utc.strftime("%H:%M:%S.%f")[: 8 + (decimals + 1 if decimals else 0)]


def _instrument(text: str, start: int, end: int) -> str | None:
    """The instrument that speaks: behind the time in "At 03:04:05 UT, the ... triggered", else before it."""
    begin, stop = sentence(text, start, end)
    if _OPENS.search(text[max(0, start - 30) : start]):
        return first_instrument(text, end, stop) or last_instrument(text, begin, start)
    return last_instrument(text, begin, start) or first_instrument(text, end, min(stop, end + 60))


def _assertion(document: Document, found: Found) -> tuple[Assertion, str]:
    assertion, why = assertion_of(document, found.where, found.start, found.end)
    own = any(sign in found.signs for sign in (AFTER[2].says, AFTER[3].says, BEFORE[2].says, DETECTED_BY.says))
    if assertion == "cited" and own:
        return "asserted", "the instrument's own detection"
    if assertion != "asserted":
        return assertion, why
    about, subject = document.about or "", document.subject.text
    if _MESSENGER.match(about):
        of_others = _FOLLOW_UP.search(subject) and not _OWN_REPORT.search(subject)
        return ("cited", "the alert's time, told by others") if of_others else (assertion, why)
    if not own and found.instrument in _PROMPT and _FOLLOW_UP.search(subject) and not _PROMPT_WORDS.search(subject):
        return "cited", f"{found.instrument}'s time, told in a report of a follow-up"
    return assertion, why


_MESSENGER = compiled(r"(?:[MT]?S\d{6}|GW\d|G\d|IceCube|ANTARES|KM3)")
_OWN_REPORT = compiled(
    r"IceCube observation of|Identification of|Updated? Sky|neutrino candidate (?:track|event)", re.I
)
_PROMPT = frozenset(("Swift-BAT", "Fermi-GBM", "Konus-Wind", "INTEGRAL-SPI-ACS", "INTEGRAL-IBIS", "HETE-2", "BATSE"))
_FOLLOW_UP = compiled(r"optical|observ|follow-?up|afterglow|spectr|photometr|radio|near-?IR|NIR|infrared|upper limit|"
                        r"telescope|redshift|counterpart|host|supernova|classif|X-ray", re.I)  # fmt: skip
_PROMPT_WORDS = compiled(
    r"\bBAT|GBM|Konus|CALET|AGILE|AstroSat|prompt|SPI-ACS|IBIS|GUANO|trigger|GECAM|HXMT|correct", re.I
)


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone holds the value's clock, and no other date than the value's."""
    even = Even(fact.text).text
    value = str(fact.value)
    clocks = find_clocks(even)
    if not clocks:
        return _seconds_read(even, value)
    day, _, time = value.rstrip("Z").partition("T")
    wanted = time if clocks[0].half < 1.0 else time[:-3]
    near = date.fromisoformat(day)
    dates = find_dates(even, near=near)
    same = [d for d in dates if (d.month, d.day) == (near.month, near.day) and d.year in (None, near.year)]
    return len(clocks) == 1 and clocks[0].text == wanted and bool(same or not dates)


def _seconds_read(even: str, value: str) -> bool:
    if not re.fullmatch(r"\d{1,5}(?:\.\d+)?", even):
        return False
    moment_ = datetime.fromisoformat(value.replace("Z", "+00:00"))
    seconds = (moment_ - moment_.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    return abs(seconds - float(even)) < 1e-6


GRAMMAR = Grammar(predicates=("trigger_time",), propose=propose, reads_again=reads_again)
