"""Searches by name, position and time, and helps where it finds nothing. Knows nothing of HTML or HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from chat.desk.words import near
from console.places import Place, Places
from console.views import OBJECT, href
from kg.names import normalise_name
from kg.objects import resolve
from nuncius.core.event import Tense
from nuncius.journal import Journal
from nuncius.journal.finding import Finder
from nuncius.journal.records import ObjectSummary

#: Results on a page; degrees around a position where none are said; names that are compared with a misspelt one.
SHOWN, RADIUS, COMPARED = 50, 1.0, 500
_DEGREES = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*°?[\s,]+([+\-−]?\d{1,2}(?:\.\d+)?)\s*°?\s*")
_DAY = timedelta(days=1)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in, as they wrote it."""

    name: str = ""
    at: str = ""
    radius: float = RADIUS
    start: str = ""
    end: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing is asked."""
        return not (self.name.strip() or self.at.strip() or self.start.strip() or self.end.strip())


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One object. `place` says where, when a position was asked for."""

    iri: str
    href: str
    name: str
    names: list[str]
    test: bool
    retracted: bool
    trigger_time: datetime | None
    updated: datetime
    events: int
    place: Place | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, what could not be understood, and hints. `more`: there may be others."""

    found: list[Found] = []
    problems: list[str] = []
    hints: list[str] = []
    more: bool = False


def search(journal: Journal, places: Places | None, asked: Question) -> Result:
    """Objects for which all that was asked holds."""
    if asked.empty:
        return Result()
    problems: list[str] = []
    direction, span = _direction(asked.at, problems), _span(asked.start, asked.end, problems)
    if asked.at.strip() and places is None:
        problems.append("There is no graph here, so positions cannot be searched.")
    if problems:
        return Result(problems=problems)
    finder, sets, where = Finder(journal), [], dict[str, Place]()
    if asked.name.strip():
        sets.append(_named(journal, finder, asked.name))
    if direction is not None and places is not None:
        near_by = places.near(*direction, asked.radius, stamp=journal.cursor("kg"), limit=10 * SHOWN)
        where = {place.object: place for place in near_by}
        sets.append(list(where))
    if span is not None:
        sets.append(finder.between(*span, limit=10 * SHOWN))
    both = [obj for obj in sets[0] if all(obj in other for other in sets[1:])]
    found = [_found(item, where.get(item.object)) for item in finder.summaries(both[:SHOWN])]
    return Result(found=found, hints=[] if found else _hints(journal, asked, sets), more=len(both) > SHOWN)


def _named(journal: Journal, finder: Finder, name: str) -> list[str]:
    """The object of any of its names, else those of which a name begins so."""
    text = name.strip()[:200]
    exact = resolve(journal, text)
    if exact is not None and exact.startswith(OBJECT):
        return [exact]
    bare = text.replace(" ", "")
    starts = dict.fromkeys([bare, bare.upper(), bare[:3].upper() + " " + bare[3:], text])
    if len(bare) < 3:
        return []
    return list(dict.fromkeys(obj for start in starts for obj in finder.named(start, limit=SHOWN)))


def _direction(text: str, problems: list[str]) -> tuple[float, float] | None:
    """RA and Dec in degrees from decimal degrees or from hours and degrees with minutes."""
    if not text.strip():
        return None
    if plain := _DEGREES.fullmatch(text):
        ra, dec = float(plain[1]), float(plain[2].replace("−", "-"))
    else:
        from astropy import units as u
        from astropy.coordinates import SkyCoord

        try:
            there = SkyCoord(text[:80], unit=(u.hourangle, u.deg))
            ra, dec = float(there.ra.deg), float(there.dec.deg)
        except (ValueError, TypeError, IndexError):
            problems.append(
                f"“{text[:40]}” is no position: write degrees (197.45 -23.38) or hours and degrees "
                "(13:09:48 -23:22:53)."
            )
            return None
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        problems.append(f"RA lies between 0 and 360, Dec between −90 and 90; received {ra:g} {dec:g}.")
        return None
    return ra, dec


def _span(start: str, end: str, problems: list[str]) -> tuple[datetime, datetime] | None:
    """A time span in UTC; a day stands for all of it."""
    if not start.strip() and not end.strip():
        return None
    first = _moment(start, problems) if start.strip() else datetime(1967, 1, 1, tzinfo=UTC)
    last = _moment(end, problems) if end.strip() else datetime(2200, 1, 1, tzinfo=UTC)
    if first is None or last is None:
        return None
    if len(end.strip()) == 10:
        last += _DAY
    if last < first:
        problems.append("The end lies before the beginning; swap them.")
        return None
    return first, last


def _moment(text: str, problems: list[str]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip()[:40])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        problems.append(f"“{text[:40]}” is no time: write 2017-08-17 or 2017-08-17T12:41 (UTC).")
        return None


def _found(item: ObjectSummary, place: Place | None) -> Found:
    plain = [name for name in item.names if ":" not in name]
    return Found(
        iri=item.object,
        href=href(item.object),
        name=next(iter(plain), item.object.removeprefix(OBJECT)),
        names=plain[1:6],
        test=bool(item.tenses) and all(tense in (Tense.TEST, Tense.INJECTION) for tense in item.tenses),
        retracted=item.retracted,
        trigger_time=item.trigger_time,
        updated=item.updated,
        events=item.events,
        place=place,
    )


def _hints(journal: Journal, asked: Question, sets: Sequence[list[str]]) -> list[str]:
    """What to try instead."""
    hints = []
    if asked.name.strip() and not sets[0]:
        names = [name for item in recent(journal) for name in item.names if ":" not in name]
        if like := near(normalise_name(asked.name) or asked.name.strip()[:80], names):
            hints.append(like)
        if names:
            hints.append(f"The last objects spoken of: {', '.join(dict.fromkeys(names[:6]))}.")
    if asked.at.strip():
        hints.append(
            f"Only positions that documents state as coordinates are searched, not sky maps; try more than "
            f"{asked.radius:g}°."
        )
    if len(sets) > 1 and all(sets):
        hints.append("Each part alone finds something, all together nothing; leave one out.")
    if asked.start.strip() or asked.end.strip():
        hints.append("Times are UTC, of T0 or of when something was heard.")
    return hints


def recent(journal: Journal, *, limit: int = COMPARED) -> list[ObjectSummary]:
    """The objects spoken of last."""
    finder = Finder(journal)
    return finder.summaries([obj for obj in finder.recent(limit=limit)[0] if obj.startswith(OBJECT)])
