"""Records of Zenodo, or of another InvenioRDM: the versions of one record, or what a community takes in.

Of a record all versions are listed at each look, so that withdrawn ones are noticed; a community is read from its
newest record back to what is known. A record older than those of the first look that joins later is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from listeners.formats import Message
from listeners.formats.zenodo import Record, read
from listeners.polling.contract import Page
from listeners.polling.web import Answer, Web
from listeners.releases.answers import Garbled, decode, keeping, same_host
from listeners.releases.stock import Told, compare, in_pages, recent
from listeners.words import utc
from nuncius.core.errors import FormatError, PermanentError
from nuncius.core.event import content_id, iso

ADDRESS = "https://zenodo.org"
#: What a guest may ask for at once.
PER_PAGE = 25
MOST_PAGES = 200
#: Guests may search 30 times a minute.
PACE_S = 2.0
#: Of a community so many records are remembered, the newest.
REMEMBERED = 5000


class _Hits(msgspec.Struct):
    hits: list[msgspec.Raw]


class _Found(msgspec.Struct):
    hits: _Hits
    links: dict[str, Any] = {}


class Listing(msgspec.Struct, kw_only=True):
    """Records as they were listed: bytes and what they say, by number; what nobody can read has None."""

    raw: dict[str, bytes] = {}
    read: dict[str, Record | None] = {}

    @property
    def marks(self) -> dict[str, list[str]]:
        """What counts of each, and what a word on its withdrawal will need."""
        return {n: [r.said, r.sort, r.title[:100], r.version] if r else [""] for n, r in self.read.items()}

    @property
    def dates(self) -> dict[str, datetime | None]:
        """When each was published."""
        return {number: utc(record.date) if record else None for number, record in self.read.items()}


class ZenodoSource(msgspec.Struct, frozen=True, kw_only=True):
    """`concept` is the number that all versions of a record share; else `community` is a community's short name."""

    concept: str = ""
    community: str = ""
    every_s: float
    since_days: float = 7.0
    address: str = ADDRESS

    @property
    def name(self) -> str:
        """The name of the duty."""
        return f"zenodo:{self.concept}" if self.concept else f"zenodo:community/{self.community}"

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """Records that are new, edited or withdrawn since `state`."""
        return keeping(self._pages(state, web, now), state, now)

    def _pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        first, state = state is None, state or {}
        known: dict[str, list[str]] = state.get("known", {})
        found = self._list(web, known, now)
        marks, dates = found.marks, found.dates
        if first:
            told = [self._told(number, marks[number], found, now) for number in recent(dates, now, self.since_days)]
            floor = min((iso(date) or "" for date in dates.values() if date), default="")
            yield from in_pages(state, told, {"known": marks, "waiting": {}, "floor": floor}, now)
            return
        floor = state.get("floor", "")
        if (
            self.community
        ):  # it is read in part: what is not there is older, and what is older than the stock is not new
            below = [n for n in marks if n not in known and (date := dates[n]) and (iso(date) or "") < floor]
            known = {**known, **{number: marks[number] for number in below}}
            marks = {**known, **marks}
        look = compare(known, state.get("waiting", {}), marks)
        oldest = datetime.min.replace(tzinfo=now.tzinfo)
        told = [
            self._told(number, marks[number], found, now, "edited" if number in known else "published")
            for number in sorted({**look.new, **look.changed}, key=lambda n: dates.get(n) or oldest)
        ]
        gone = [number for number in look.gone if self._is_withdrawn(number, web)]
        told += [Told(key=number, mark=None, message=self._withdrawn(number, known[number], now)) for number in gone]
        kept = {number: mark for number, mark in {**known, **look.new, **look.changed}.items() if number not in gone}
        if self.community:
            kept = dict(list(kept.items())[-REMEMBERED:])
        end = {"known": kept, "waiting": look.waiting, "floor": floor}
        yield from in_pages(state, told, end, now, most=REMEMBERED)

    def _list(self, web: Web, known: dict[str, list[str]], now: datetime) -> Listing:
        listing = Listing()
        which = {"q": f'parent.id:"{self.concept}"'} if self.concept else {"communities": self.community}
        # Zenodo's word for it and InvenioRDM's.
        which |= {"all_versions": "true", "allversions": "true", "sort": "newest", "size": str(PER_PAGE)}
        url: str | None = f"{self.address}/api/records?{urlencode(which)}"
        asked: set[str] = set()
        while url is not None:
            if len(asked) >= MOST_PAGES or url in asked:
                raise PermanentError(f"{self.name}: more than {MOST_PAGES} pages, or pages in a circle")
            asked.add(url)
            answer = web.get(url, headers={"Accept": "application/json"}, pace_s=PACE_S)
            page = decode(answer, _Found)
            numbers = self._read(page, answer, listing)
            if self.community and self._far_enough(numbers, listing, known, now):
                break
            link = page.links.get("next")
            url = same_host(url, link) if isinstance(link, str) and page.hits.hits else None
        if self.concept and not listing.read:
            raise Garbled(f"no record belongs to concept {self.concept}; correct zenodo in [releases]", answer)
        return listing

    def _far_enough(self, numbers: list[str], listing: Listing, known: dict[str, Any], now: datetime) -> bool:
        """Whether a look need not go further back: it has come to what is known, the first to what is not recent."""
        if known:
            return any(number in known for number in numbers)
        dates = listing.dates
        return not recent({number: dates[number] for number in numbers}, now, self.since_days)

    def _read(self, page: _Found, answer: Answer, listing: Listing) -> list[str]:
        numbers = []
        for raw in page.hits.hits:
            record = None
            try:
                record = read(msgspec.json.decode(raw), answer.url)
                number = record.id
            except FormatError:
                number = content_id("unread", bytes(raw))
            if record is not None and self._is_other(record):
                continue
            numbers.append(number)
            listing.raw[number], listing.read[number] = bytes(raw), record
        return numbers

    def _is_other(self, record: Record) -> bool:
        """Whether a record is none of ours, whatever the search says: one that does not know a filter ignores it."""
        if self.concept:
            return record.concept != self.concept
        return bool(record.communities) and self.community not in record.communities

    def _told(self, number: str, mark: list[str], found: Listing, now: datetime, action: str = "published") -> Told:
        raw = found.raw[number]
        if action != "published":
            raw = b'{"action":"' + action.encode() + b'","record":' + raw + b"}"
        return Told(key=number, mark=mark, message=self._message(raw, now))

    def _is_withdrawn(self, number: str, web: Web) -> bool:
        """Whether a record that the list has no more is gone by its own page too (410 with a tombstone, or 404)."""
        answer = web.get(f"{self.address}/api/records/{number}", pace_s=PACE_S, missing_is_well=True)
        return answer.status in (404, 410)

    def _withdrawn(self, number: str, mark: list[str], now: datetime) -> Message:
        sort, title, version = mark[1:] if len(mark) == 4 else ["dataset", "", ""]
        meta = {"resource_type": {"type": sort}, "title": title, "version": version}
        record = {"id": number, "conceptrecid": self.concept, "metadata": meta}
        return self._message(msgspec.json.encode({"action": "deleted", "record": record}), now)

    def _message(self, raw: bytes, now: datetime) -> Message:
        return Message(raw=raw, received=now, name=self.name, content_type="application/json")
