"""Keeps the journal's picture of each feed true while a Kafka listener runs. Judges by `listeners.feeds`."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from listeners.feeds import BROKEN, Link, State, Verdict, Watched, feed_of, judge_feed, judge_link, rate_of, transition
from listeners.intake import Record
from listeners.kafka_settings import KafkaSettings
from nuncius.core.clock import Clock
from nuncius.core.errors import TransientError
from nuncius.journal import Journal
from nuncius.journal.records import Feed, FeedSeen

log = logging.getLogger(__name__)


class Connection(Protocol):
    """What the watch wants to know of a client."""

    @property
    def link(self) -> Link: ...

    @property
    def troubles(self) -> Mapping[str, tuple[State, str]]: ...


class FeedWatch:
    """Counts what came over each feed, and now and then writes down counts and states.

    A feed is an entry of `kafka.topics`; the listener itself is one more, which stands for the connection. Trouble
    of the whole connection is told once, as an event of the listener; a feed's own trouble as an event of the feed.
    """

    def __init__(self, settings: KafkaSettings, *, listener: str, clock: Clock) -> None:
        self._settings, self._listener, self._clock = settings, listener, clock
        self._began = clock.now()
        self._next = self._began
        self._counts: Counter[str] = Counter()
        self._last: dict[str, datetime] = {}
        self._own_trouble: set[str] | None = None

    def heard(self, records: Iterable[Record]) -> None:
        """Count messages; the journal is told at the next look."""
        entries = self._settings.subscribed
        for record in records:
            feed = feed_of(record.topic, entries)
            self._counts[feed] += 1
            self._last[feed] = record.received

    def look(self, journal: Journal, connection: Connection) -> None:
        """Write down counts and states when it is time to. What the journal cannot take now waits for the next."""
        now = self._clock.now()
        if now < self._next:
            return
        self._next = now + timedelta(seconds=self._settings.health_every_s)
        try:
            self._write_counts(journal, now)
            self._write_states(journal, connection, now)
        except TransientError as error:
            log.warning("%s: feeds not written down now: %s", self._listener, error)

    def _write_counts(self, journal: Journal, now: datetime) -> None:
        heartbeat = self._settings.heartbeat
        seen = [
            FeedSeen(feed=feed, at=self._last[feed], count=count, heartbeat=feed == heartbeat)
            for feed, count in self._counts.items()
        ]
        # The listener's own pulse: `nuncius status` tells by it whether a listener runs at all.
        seen.append(FeedSeen(feed=self._listener, at=now, count=0, heartbeat=True))
        journal.feed_seen(seen)
        self._counts.clear()
        self._last.clear()

    def _write_states(self, journal: Journal, connection: Connection, now: datetime) -> None:
        rows = {row.feed: row for row in journal.feeds()}
        feeds = self._settings.subscribed
        watched = {feed: self._watched(feed, rows.get(feed), connection) for feed in feeds}
        beat = watched.get(self._settings.heartbeat)
        heard = max([self._began, *(w.last for w in watched.values() if w.last)])
        after_s = self._settings.silent_after_s
        whole = judge_link(connection.link, now=now, heard=heard, heartbeat=beat, after_s=after_s)
        if self._own_trouble is None:
            # After a restart: what was broken while the connection was well was broken by itself.
            well = rows.get(self._listener) is None or rows[self._listener].state not in BROKEN
            self._own_trouble = {f for f in feeds if well and f in rows and rows[f].state in BROKEN}
        if whole is None and connection.link.state != "up":
            return  # cut off for a moment, or still connecting: too early for a verdict
        for feed, item in watched.items():
            up = connection.link.since
            verdict = judge_feed(item, now=now, began=self._began, up=up, whole=whole, after_s=after_s)
            own = verdict != whole and (verdict.state in BROKEN or feed in self._own_trouble)
            self._change(journal, feed, verdict, rows.get(feed), now, feeds=[feed] if own else [])
            (self._own_trouble.add if own and verdict.state in BROKEN else self._own_trouble.discard)(feed)
        all_well = Verdict(state="ok", detail="")
        self._change(journal, self._listener, whole or all_well, rows.get(self._listener), now, feeds=list(feeds))

    def _watched(self, feed: str, row: Feed | None, connection: Connection) -> Watched:
        trouble = connection.troubles.get(feed)
        last = row.last if row is not None and row.count else None
        return Watched(feed=feed, last=last, rate=rate_of(feed, self._settings.rates), trouble=trouble)

    def _change(
        self, journal: Journal, feed: str, verdict: Verdict, row: Feed | None, now: datetime, *, feeds: list[str]
    ) -> None:
        """Journal the event first, then the state: a death between the two makes the same event again. Without
        `feeds` the change is no event of its own."""
        before, since = (row.state, row.since) if row is not None else ("unknown", None)
        if before == verdict.state:
            return
        event = transition(
            feed, verdict, before=before, since=since or self._began, now=now, feeds=feeds, listener=self._listener
        )
        if event is not None and feeds:
            journal.append([event])
            level = logging.WARNING if verdict.state in BROKEN else logging.INFO
            log.log(level, "%s: %s is %s: %s", self._listener, feed, verdict.state, verdict.detail)
        journal.set_feed_state(feed, verdict.state, since=now, detail=verdict.detail)
