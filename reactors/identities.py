"""Object identity without a journal, for tests and backtests: the very conclusions of `kg.objects`, on private tables
that SQLite keeps on disk, so that memory stays flat however many names an archive has."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import cast

import msgspec

from kg.objects import identify
from nuncius.core.event import Event
from nuncius.journal import Journal, ObjectLink, Stored

#: Kilobytes of a table that stay in memory.
CACHE_KB = 8_000

#: What two triggers are compared by.
_TRIGGER_WORDS = ("mission", "instrument", "type", "messenger", "ra", "dec", "ra_dec_error", "containment_probability")

_SCHEMA = """
CREATE TABLE names (name TEXT PRIMARY KEY, object TEXT) WITHOUT ROWID;
CREATE TABLE triggers (seq INTEGER PRIMARY KEY, t0 REAL, event BLOB);
CREATE INDEX by_t0 ON triggers (t0);
"""


def private_table(schema: str, *, cache_kb: int = CACHE_KB) -> sqlite3.Connection:
    """A database of this process alone, in a file that vanishes with it."""
    table = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for line in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{cache_kb}", "temp_store = FILE"):
        table.execute(f"PRAGMA {line}")
    table.executescript(schema)
    table.execute("BEGIN")
    return table


class Identities:
    """Which object each event is about, as claimed by the events so far. Towards `kg.objects.identify` it stands in for
    the journal, with the three questions that notices and circulars make it ask."""

    def __init__(self) -> None:
        self._table = private_table(_SCHEMA)
        self._seq = 0
        self._now: Event | None = None

    def identified(self, event: Event) -> Event:
        """The event with its object, where it is about one. Events come one at a time, in order of arrival."""
        if event.object is not None:
            return event
        self._seq += 1
        self._now = event
        stored = Stored(seq=self._seq, event=event, journalled=event.received)
        obj = identify(cast(Journal, self), [stored]).get(self._seq)
        return event if obj is None else msgspec.structs.replace(event, object=obj)

    def objects_of(self, names: Sequence[str]) -> dict[str, str]:
        """The objects of those of these names that are known."""
        known: dict[str, str] = {}
        for name in dict.fromkeys(names):
            row = self._table.execute("SELECT object FROM names WHERE name = ?", (name,)).fetchone()
            if row is not None:
                known[name] = row[0]
        return known

    def identify(self, links: Sequence[ObjectLink], assignments: Sequence[tuple[int, str]]) -> None:
        """Note who is called what, the oldest claim standing; and the trigger that now has an object."""
        rows = [(link.name, link.object) for link in links]
        self._table.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", rows)
        event = self._now
        # Only what was seen in the sky by an instrument is ever compared with a later trigger.
        if event is None or event.trigger_time is None or not event.is_real or not event.kind.startswith("gcn.notice"):
            return
        for seq, obj in assignments:
            data = {word: event.data[word] for word in _TRIGGER_WORDS if word in event.data}
            bare = msgspec.structs.replace(event, object=obj, data=data, raw=b"", blobs={})
            row = (seq, event.trigger_time.timestamp(), msgspec.msgpack.encode(bare))
            self._table.execute("INSERT OR REPLACE INTO triggers VALUES (?, ?, ?)", row)

    def around(self, moment: datetime, seconds: float, *, limit: int = 1000) -> list[Stored]:
        """Triggers within `seconds` of a moment, in order of arrival."""
        at = moment.timestamp()
        query = "SELECT seq, event FROM triggers WHERE t0 BETWEEN ? AND ? ORDER BY seq LIMIT ?"
        found = []
        for seq, packed in self._table.execute(query, (at - seconds, at + seconds, limit)):
            event = msgspec.msgpack.decode(packed, type=Event)
            found.append(Stored(seq=seq, event=event, journalled=event.received))
        return found

    def close(self) -> None:
        """Let go of the tables."""
        self._table.close()
