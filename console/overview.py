"""The counts and the health of feeds at the top of every page, and whether a page is still up to date."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime
from weakref import WeakKeyDictionary

import msgspec

from nuncius.journal import Feed, Journal
from nuncius.journal.checks import Looks
from nuncius.journal.glance import Glance

#: Journals with fewer events are counted whenever something came.
SHORT = 20_000

_GOOD = {"ok", "up", "quiet"}  # quiet: nothing to report, and its heartbeat says so
_UNKNOWN = {"unknown", "connecting"}


class FeedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Health of one feed in words and one of good, unknown, bad."""

    name: str
    health: str
    words: str
    last: datetime | None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The counts and the health of feeds at the top of every page; `version` is what the page was made from."""

    events: int
    objects: int
    waiting: int
    failed: int
    rejects: int
    feeds: list[FeedLine]
    version: str


def overview(journal: Journal) -> Overview:
    """Counts and feeds now."""
    counts = Glance(journal).counts()
    return Overview(
        events=counts.events,
        objects=_objects(journal, counts.events),
        waiting=counts.waiting,
        failed=counts.failed,
        rejects=counts.rejects,
        feeds=[_feed(feed) for feed in journal.feeds()],
        version=version(journal),
    )


#: Of each journal how many objects it has, at which event that was counted, and when.
_COUNTED: WeakKeyDictionary[Journal, tuple[int, int, float]] = WeakKeyDictionary()


def _objects(journal: Journal, events: int) -> int:
    """Counting reads an index to its end, so of a long journal the number may be a minute old."""
    held = _COUNTED.get(journal)
    if held is None or (held[1] != events and (events < SHORT or time.monotonic() - held[2] > 60.0)):
        held = (Glance(journal).objects(), events, time.monotonic())
        _COUNTED[journal] = held
    return held[0]


def version(journal: Journal) -> str:
    """A text that changes whenever a page would say something else; cheap enough to ask for every few seconds."""
    newest = [f"{row.id}{row.state}" for row in journal.reports(limit=1)]
    feeds = [f"{feed.feed}={feed.state}" for feed in journal.feeds()]
    looked = str(Looks(journal).newest())
    runs = [f"{step.id}{step.progress}" for step in Glance(journal).running()]
    return hashlib.sha256(" ".join([str(journal.last_seq()), looked, *newest, *feeds, *runs]).encode()).hexdigest()[:16]


def healthy(feed: Feed) -> bool:
    """Whether a feed works, or is merely quiet; one that nobody has judged yet is taken to."""
    return feed.state in _GOOD | _UNKNOWN


def _feed(feed: Feed) -> FeedLine:
    health = "good" if feed.state in _GOOD else "unknown" if feed.state in _UNKNOWN else "bad"
    words = feed.state + (f": {feed.detail}" if feed.detail else "")
    return FeedLine(name=feed.feed, health=health, words=words, last=feed.last)
