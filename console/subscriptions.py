"""What the pages of subscriptions show and do, as plain values: the desk of the chat does the work, so that a form, a
sentence and YAML mean the same here and there. Knows nothing of HTML or HTTP."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

import msgspec

from chat.desk.answers import Declined
from chat.desk.preview import Preview, preview
from chat.desk.subscribing import Meant, understood
from chat.desk.wording import FIELDS, sentence_of
from chat.people import People, Person
from console.signin import Reader
from console.views import OBJECT, href
from nuncius.journal import Journal, StoredReport
from nuncius.journal.subscriptions import Subscription, Subscriptions

#: Previews that are worked out at once: each may take a processor for a quarter of a minute.
AT_ONCE = 2
#: Notifications that a page lists.
LISTED = 100
_PLACE_NAMES = {"slack": "Slack, directly", "email": "e-mail"}
_PLACES = threading.BoundedSemaphore(AT_ONCE)


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A way to tell somebody: what the journal calls it, and what people do."""

    tell: str
    label: str


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A month in a histogram, its count, and how high it stands, 0 to 1."""

    month: str
    count: int
    height: float


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One notification, real or imagined."""

    at: datetime
    about: str
    href: str
    said: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A draft before it is kept: what was said, what it means, what it would have said in the last year."""

    number: int
    instead_of: int | None
    meant: Meant
    told: str
    preview: Preview
    bars: list[Bar]
    lines: list[Line]


class Mine(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription of the reader with what it said last."""

    one: Subscription
    where: str
    told: list[Line]


def names_of(reader: Reader) -> list[str]:
    """All names by which a reader may own subscriptions: what they made on Slack is theirs here too."""
    return list(dict.fromkeys([reader.id, *([f"slack:{reader.slack}"] if reader.slack else [])]))


def person_of(reader: Reader, people: People | None) -> Person | None:
    """Their section in the settings."""
    return people.by_name(reader.name) if people is not None and reader.name else None


#: Where a person is reached, by the names of targets.
Reached = Callable[[Person], Sequence[str]]


def ways_of(reader: Reader, person: Person | None, targets: Sequence[str], reached: Reached) -> list[Way]:
    """How they can be told, the usual one first. Their own page always works."""
    ways = []
    places = reached(person) if person is not None else []
    if person is not None and places:
        names = [_PLACE_NAMES.get(place, place) for place in places]
        ways.append(Way(tell=person.id, label=f"wherever I am reached ({', '.join(names)})" if names[1:] else names[0]))
        if names[1:]:
            ways += [
                Way(tell=f"{person.id}/{place}", label=f"{name} only")
                for place, name in zip(places, names, strict=True)
            ]
    elif reader.slack and "slack" in targets:
        ways.append(Way(tell=f"slack:{reader.slack}", label=_PLACE_NAMES["slack"]))
    return [*ways, Way(tell=f"web:{reader.id}", label="on this page only")]


def chosen_way(tell: str, ways: Sequence[Way]) -> Way:
    """The way that was chosen, which must be one of theirs. Raises Declined."""
    found = next((way for way in ways if way.tell == tell), ways[0] if not tell else None)
    if found is None:
        raise Declined("Told where?", "choose one of the places offered: nobody can be told elsewhere for you")
    return found


def words_of(form: Mapping[str, str]) -> str:
    """What a form says: YAML, a sentence, or choices put into one. Raises Declined."""
    match form.get("way", "form"):
        case "yaml":
            return form.get("yaml", "")
        case "sentence":
            return form.get("sentence", "")
        case _:
            return sentence_of(form)


def show(
    journal: Journal, reader: Reader, person: Person | None, form: Mapping[str, str], ways: Sequence[Way], now: datetime
) -> Shown:
    """Keep what was said as a draft, with its preview. Raises Declined, also where too many wait for theirs."""
    way = chosen_way(form.get("tell", ""), ways)
    site, as_yaml = person.site if person else "", form.get("way") == "yaml"
    meant = understood(journal, reader.id, words_of(form), site=site, tell=way.tell, as_yaml=as_yaml)
    instead_of = number_of(form.get("instead_of", ""))
    if instead_of is not None:
        Subscriptions(journal).get(instead_of, names_of(reader))
    if not _PLACES.acquire(blocking=False):
        raise Declined("In a moment", f"{AT_ONCE} previews are being worked out, which is all at once; press again")
    try:
        seen = preview(journal, meant.rule, now)
    finally:
        _PLACES.release()
    number = Subscriptions(journal).draft(reader.id, meant.name, meant.sentence, meant.yaml, now, tell=way.tell)
    return Shown(
        number=number,
        instead_of=instead_of,
        meant=meant,
        told=way.label,
        preview=seen,
        bars=months([one.at for one in seen.would], min([seen.since, *(one.at for one in seen.would)]), now),
        lines=[
            Line(at=one.at, about=one.object, href=href(OBJECT + one.object) if one.object else "", said=one.said)
            for one in reversed(seen.would[-LISTED:])
        ],
    )


def mine(journal: Journal, reader: Reader, ways: Sequence[Way]) -> list[Mine]:
    """The reader's subscriptions, the newest first, each with what it said last."""
    kept = Subscriptions(journal)
    found = kept.of(names_of(reader))
    said: dict[int, list[StoredReport]] = {}
    for row in kept.told([one.id for one in found]):
        said.setdefault(row.report.subscription or 0, []).append(row)
    labels = {way.tell: way.label for way in ways}
    return [
        Mine(
            one=one,
            where=labels.get(one.tell or one.owner, one.tell or one.owner),
            told=[_line(row) for row in said.get(one.id, [])[:5]],
        )
        for one in reversed(found)
    ]


def _line(row: StoredReport) -> Line:
    about = row.report.thread.removeprefix(OBJECT) if row.report.thread.startswith(OBJECT) else ""
    return Line(at=row.created, about=about, href=href(row.report.thread), said=row.report.title)


def months(moments: Sequence[datetime], since: datetime, until: datetime) -> list[Bar]:
    """How many lie in each month from `since` to `until`, none left out."""
    counts = Counter(f"{moment:%Y-%m}" for moment in moments)
    at = since.year * 12 + since.month - 1
    names: list[str] = []
    while at <= until.year * 12 + until.month - 1 and len(names) < 120:
        names.append(f"{at // 12:04d}-{at % 12 + 1:02d}")
        at += 1
    top = max([counts[name] for name in names], default=0) or 1
    return [Bar(month=name, count=counts[name], height=counts[name] / top) for name in names]


def refilled(form: Mapping[str, str]) -> dict[str, str]:
    """What was filled in, for the form to show again."""
    return {name: form.get(name, "")[:6000] for name in (*FIELDS, "sentence", "yaml", "way", "tell")}


def number_of(text: str) -> int | None:
    """A number as a form sends it; None where nothing is given. Raises Declined."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise Declined("Which one?", "this is no number of a subscription")
    return int(text)


def address(number: int) -> str:
    """The page of a subscription."""
    return f"/subscriptions/{quote(str(number))}"
