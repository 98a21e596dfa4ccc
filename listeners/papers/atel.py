"""The Astronomer's Telegram: its feed, and by number the telegrams that the feed no longer holds.

The feed holds the latest telegrams only. They are numbered without a hole, so after an outage the numbers say which
are lacking: each is asked for by itself, some times over a day or two, and is then said to be missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from lxml import etree

from listeners import syndication as xml
from listeners.formats import Message
from listeners.formats.atel import number as number_of
from listeners.papers.settings import PapersSettings
from listeners.polling.contract import Gap, Page
from listeners.polling.web import Answer, Web
from listeners.words import utc
from nuncius.core.errors import ConfigurationError, FormatError, TransientError

PACE_S = 3.0
#: So many lacking telegrams are asked for in one turn, and kept in one transaction.
EACH_TURN, CHUNK = 60, 10
#: A lacking telegram is asked for so often, at least so long apart, before it is said to be missed.
TRIES, TRY_AGAIN = 4, timedelta(hours=8)
#: More than four years of telegrams at once are no outage but a mistake, here or there.
MOST = 5000


class Lacking(msgspec.Struct, kw_only=True):
    """A telegram that ought to be there: how often it was asked for, and when it is due again."""

    number: int
    tries: int = 0
    due: datetime | None = None


class State(msgspec.Struct, kw_only=True):
    """What is remembered: the newest number, which ones are lacking, and what to send so that an unchanged feed is not
    sent again."""

    newest: int | None = None
    lacking: list[Lacking] = []
    validators: dict[str, str] = {}


class Atel:
    """The Astronomer's Telegram as a source."""

    name = "atel"

    def __init__(self, settings: PapersSettings) -> None:
        self.every_s = settings.atel_every_s
        self._since = timedelta(days=settings.since_days)
        self._url, self._one_url = settings.atel_url, settings.atel_one_url
        if self._one_url and "{number}" not in self._one_url:
            raise ConfigurationError(f"papers.atel_one_url needs {{number}}; received {self._one_url!r}")

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """What is in the feed, then what is lacking from old to new."""
        try:
            known = msgspec.convert(state or {}, type=State)
        except msgspec.ValidationError:
            known = State()
        answer = web.get(self._url, headers=known.validators, pace_s=PACE_S)
        if not answer.unchanged:
            page = self._feed(answer, known, now)
            known = msgspec.convert(page.state, type=State)
            yield page
        yield from self._lacking(known, web, now)

    def _feed(self, answer: Answer, known: State, now: datetime) -> Page:
        items = [(number_of(item), item) for item in xml.elements(_document(answer))]
        if known.newest is None:
            items = [(n, item) for n, item in items if not _older(item, now - self._since)]
        items.sort(key=lambda pair: pair[0] or 0)
        numbers = [n for n, _ in items if n is not None]
        newest, gaps = known.newest, []
        if numbers and newest is None:
            newest = max(numbers)
        # A number far beyond the others is a misprint, unless all are: then the outage was that long.
        near = [n for n in numbers if newest is not None and n - newest <= MOST]
        if numbers and newest is not None and not near:
            gap = f"{newest + 1}-{min(numbers) - 1}"
            gaps.append(Gap(key=gap, detail=f"telegrams {gap} are too many to ask for, and are missed"))
            newest, near = min(numbers) - 1, [n for n in numbers if n - min(numbers) <= MOST]
        top = max(near, default=newest)
        lacking = [one for one in known.lacking if one.number not in numbers]
        if newest is not None and top is not None:
            lacking += [Lacking(number=n) for n in range(newest + 1, top) if n not in numbers]
        state = State(newest=max([x for x in (top, newest) if x is not None], default=None), lacking=lacking)
        state.validators = answer.validators
        return Page(messages=[self._message(n, i, now) for n, i in items], gaps=gaps, state=msgspec.to_builtins(state))

    def _lacking(self, known: State, web: Web, now: datetime) -> Iterator[Page]:
        """Ask for lacking telegrams by number, the oldest first; the state says what is still lacking."""
        due = [one for one in known.lacking if one.due is None or not now < one.due <= now + 2 * TRY_AGAIN]
        if not due:
            yield Page(state=msgspec.to_builtins(known))
            return
        for start in range(0, min(len(due), EACH_TURN), CHUNK):
            messages: list[Message] = []
            missed: list[int] = []
            for one in due[start : min(start + CHUNK, EACH_TURN)]:
                message = self._one(one.number, web, now)
                one.tries += 1
                one.due = now + TRY_AGAIN
                if message is not None:
                    messages.append(message)
                elif one.tries >= TRIES or not self._one_url:
                    missed.append(one.number)
                if message is not None or one.number in missed:
                    known.lacking.remove(one)
            yield Page(messages=messages, gaps=_gaps(missed), state=msgspec.to_builtins(known))

    def _one(self, number: int, web: Web, now: datetime) -> Message | None:
        """A telegram by its number; None where the answer holds none of it, in whatever words it says so."""
        if not self._one_url:
            return None
        url = self._one_url.replace("{number}", str(number))
        answer = web.get(url, pace_s=PACE_S, missing_is_well=True)
        if answer.status in (404, 410):
            return None
        try:
            items = [item for item in xml.elements(xml.document(answer.body)) if number_of(item) == number]
        except FormatError:
            return None
        return self._message(number, items[0], now) if items else None

    def _message(self, number: int | None, item: etree._Element, now: datetime) -> Message:
        name = f"{self._url}#{number}" if number else self._url
        return Message(raw=xml.alone(item), received=now, name=name, content_type="application/rss+xml")


def _gaps(missed: list[int]) -> list[Gap]:
    """Numbers that nobody has, told together."""
    if not missed:
        return []
    listed = ", ".join(map(str, missed))
    detail = f"{len(missed)} telegrams are possibly missed, their numbers are not to be had: {listed}"
    return [Gap(key=listed.replace(", ", "+"), detail=detail)]


def _older(item: etree._Element, than: datetime) -> bool:
    """Whether an item says that it is older; one that says nothing is not."""
    moment = utc(xml.text(item, "date"))
    return moment is not None and moment < than


def _document(answer: Answer) -> etree._Element:
    try:
        return xml.document(answer.body)
    except FormatError as error:
        raise TransientError(f"{answer.url}: {error}") from error
