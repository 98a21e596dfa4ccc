"""arXiv: what is new in some categories, by its API, with the announcements of the day as a list to check against.

Why not simply everything since the last moment: a paper appears in the API only when it is announced, days or, held by
a moderator, weeks after the moment of submission that the API sorts by; and a range of `lastUpdatedDate` in a query
means the first submission. So each question walks from the newest entry back to some days before where the last one
ended, and asks by identifier for what the announcements list besides. After an outage, in which announcements were
missed, it walks back as far as papers are held, and asks for the versions between.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from listeners.papers._arxiv_api import Asking, Entry, Key, feeds, query
from listeners.papers.settings import PapersSettings
from listeners.polling.contract import Gap, Page
from listeners.polling.web import Web
from nuncius.core.errors import NunciusError, TransientError
from nuncius.core.event import iso

#: Announcements live for a day, so nobody who asks at least so often misses one.
FEED_LIVES = timedelta(hours=18)
#: How much is walked again each time: API and announcements are not renewed at one moment.
OVERLAP = timedelta(days=3)
#: So long papers may be held before they are announced under their old date.
HELD = timedelta(days=30)
#: No walk goes on beyond so many entries; arXiv gives no more than 30,000 to one query.
MOST = 25_000
#: Slices share so many entries, by which it is seen that they join; a walk whose slices do not is begun again so often.
SHARED, RESTARTS = 5, 3
#: Entries in one transaction of the journal.
CHUNK = 100
#: A date later than the server's own clock by more than this is a slip, and nothing to go on from.
SLIP = timedelta(days=1)


class State(msgspec.Struct, kw_only=True):
    """What is remembered: for which query, whether it ever found anything, the newest date kept, arXiv's time when all
    was last complete, and what to send so that unchanged announcements are not sent again."""

    query: str = ""
    some: bool = False
    mark: datetime | None = None
    asked: datetime | None = None
    feeds: dict[str, dict[str, str]] = {}


class Arxiv:
    """arXiv as a source."""

    name = "arxiv"

    def __init__(self, settings: PapersSettings) -> None:
        self.every_s = settings.every_s
        self._since = timedelta(days=settings.since_days)
        self._url, self._query, self._feeds = settings.arxiv_url, query(settings), feeds(settings)

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """New and revised papers since the state, from old to new."""
        known = _remembered(state, self._query)
        walk = _Walk(Asking(web, self._url, self._query, now), known, self._since)
        for _ in walk.steps():
            yield Page(state=msgspec.to_builtins(known))
        problem: NunciusError | None = None
        validators: dict[str, dict[str, str]] = {}
        try:
            validators = walk.check(self._feeds, known.feeds)
        except NunciusError as error:
            problem = error  # what the walk found is kept first
        first = known.mark is None
        new = State(query=self._query, some=known.some, mark=known.mark, asked=known.asked, feeds=known.feeds)
        for chunk in walk.chunks():
            if not first:  # a first look that breaks off is made again as it was
                dates = [e.updated for e in chunk if e.updated and e.updated <= walk.server + SLIP]
                new.mark = max([*dates, *([new.mark] if new.mark else [])], default=None)
            new.some = True
            yield _page(new, chunk)
        if problem is None:
            new.mark = walk.newest() or new.mark or walk.server
            new.asked = walk.server if self._feeds else None
            new.feeds = validators
        yield _page(new, gaps=walk.gaps)
        if problem is not None:
            raise problem


def _page(state: State, entries: Iterable[Entry] = (), gaps: Iterable[Gap] = ()) -> Page:
    return Page(messages=[e.message for e in entries], gaps=list(gaps), state=msgspec.to_builtins(state))


def _remembered(state: Any, query: str) -> State:
    """The state, where it is one and of this query: for another one we begin anew."""
    try:
        known = msgspec.convert(state or {}, type=State)
    except msgspec.ValidationError:
        known = State()
    return known if known.query == query else State(query=query)


class _Walk:
    """What one turn meets. Slices must join: entries that come while we walk push the others back, so that nothing
    slips through between two slices."""

    def __init__(self, asking: Asking, known: State, since: timedelta) -> None:
        self._asking, self._known, self._since = asking, known, since
        self.server = self.floor = asking.now
        self.after_outage = False
        self.gaps: list[Gap] = []
        self._found: dict[Key, Entry] = {}
        self._strange: list[Entry] = []  # without identifier; the parser refuses them
        self._announced: set[Key] = set()

    def steps(self) -> Iterator[None]:
        """Walk from the newest entry back to the floor; gives a moment after every answer."""
        for left in reversed(range(RESTARTS + 1)):
            # A list that gives the same entries twice, always, is taken at last: what all walks met together.
            if (yield from self._once(strict=left > 0)):
                return
        raise TransientError("arXiv: its pages do not join; their order changes while they are read")

    def _once(self, *, strict: bool) -> Generator[None, None, bool]:
        """One walk; whether its slices joined and, if `strict`, held as many entries as there are."""
        start = first = strange = 0
        seen: set[Key] = set()
        while True:
            slice_ = self._asking.slice(start, must_be_there=start == 0 and self._known.some)
            keys = [entry.key for entry in slice_.entries if entry.key]
            if start == 0:
                self._begin(slice_.moment or self._asking.now)
                first = slice_.total
            elif keys and keys[0] not in seen:
                return False
            self._add(slice_.entries)
            yield
            seen |= set(keys)
            strange += len(slice_.entries) - len(keys)
            read = start + len(slice_.entries)
            # Those that came meanwhile have pushed as many into the next slice once more.
            if strict and len(seen) + strange < read - max(0, slice_.total - first):
                return False
            oldest = min((e.updated for e in slice_.entries if e.updated), default=self.server)
            if not slice_.entries or read >= slice_.total or oldest < self.floor:
                return True
            if read >= MOST:
                detail = f"more than {MOST} papers are new; those before {iso(oldest)} are not read; ask for fewer"
                self.gaps.append(Gap(key=f"before {iso(oldest)}", detail=detail))
                return True
            start = max(read - SHARED, start + 1)

    def _begin(self, server: datetime) -> None:
        self.server = server
        mark, asked = self._known.mark, self._known.asked
        if mark is None:
            self.floor = server - self._since
            return
        self.after_outage = asked is None or abs(server - asked) > FEED_LIVES
        self.floor = min(mark, server) - (HELD if self.after_outage else OVERLAP)

    def _add(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.key is None:
                self._strange.append(entry)
            else:
                self._found.setdefault(entry.key, entry)

    def check(self, feeds: Iterable[str], known: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """Ask by identifier for what was announced and not met; after an outage, also for the versions before those
        that were. Returns what to send with the next question for the announcements; nothing, where something is
        announced and not there yet, so that they are looked at again."""
        announced, validators = self._asking.announced(feeds, known)
        self._announced = set(announced)
        asked = [key for key in announced if key not in self._found]
        there = list(self._asking.by_id(asked))
        self._add(there)
        lacking = set(asked) - {entry.key for entry in there}
        if lacking and self._asking.narrow:  # the words asked for may not be in them: are they there at all?
            lacking -= {entry.key for entry in self._asking.by_id(sorted(lacking), narrow=False)}
        if self.after_outage:
            self._between()
        return {} if lacking else validators

    def _between(self) -> None:
        """The API's list has the last version of each paper only; others may have come out since the floor."""
        asked: set[Key] = set()
        while before := sorted(self._before() - asked):
            asked |= set(before)
            self._add(e for e in self._asking.by_id(before) if e.updated and e.updated >= self.floor)

    def _before(self) -> set[Key]:
        recent = [e.key for e in self._found.values() if e.key and e.updated and e.updated >= self.floor]
        return {(stem, version - 1) for stem, version in recent if version > 1} - self._found.keys()

    def newest(self) -> datetime | None:
        """The newest date met that is no slip."""
        dates = [e.updated for e in self._found.values() if e.updated and e.updated <= self.server + SLIP]
        return max([*dates, *([self._known.mark] if self._known.mark else [])], default=None)

    def chunks(self) -> Iterator[list[Entry]]:
        """All that was met, from old to new. What the first walk of all met before its floor is no news, unless it is
        announced only now."""
        first = self._known.mark is None
        old = {e.key for e in self._found.values() if first and e.updated and e.updated < self.floor} - self._announced
        met = [e for e in self._found.values() if e.key not in old]
        ordered = [*self._strange, *sorted(met, key=lambda e: (e.updated or self.floor, e.key or ("", 0)))]
        for start in range(0, len(ordered), CHUNK):
            yield ordered[start : start + CHUNK]
