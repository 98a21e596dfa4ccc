"""Events kept at hand by kind and T0, so that a correlation finds its partners whichever came first. Packed, since a
parsed notice takes ten times its bytes; bounded, with what lies before `complete_from` left to the journal."""

from __future__ import annotations

import sys
from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from nuncius.core.event import Event
from nuncius.journal.records import Stored

#: Events of one kind that are kept at hand.
MAX_EVENTS = 50_000
_decoder = msgspec.msgpack.Decoder(Event)


def t0_of(event: Event) -> datetime:
    """When it happened: the trigger time; for a circular, a fact or whatever has none, when it came."""
    return event.trigger_time or event.received


def made(event: Event) -> str:
    """When its sender made a notice, as text that sorts by time; empty where that is not said."""
    try:
        return datetime.fromisoformat(str(event.data["alert_datetime"])).astimezone(UTC).isoformat("T", "microseconds")
    except (KeyError, ValueError, OverflowError):
        return ""


def pack(event: Event) -> bytes:
    """An event as conditions see it, small: without its raw bytes."""
    return msgspec.msgpack.encode(msgspec.structs.replace(event, raw=b"", blobs={}))


def unpack(packed: bytes) -> Event:
    """What `pack` made small."""
    return _decoder.decode(packed)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An event that has been decided about, as far as choosing among partners needs it."""

    seq: int
    id: str
    kind: str
    t0: datetime
    received: datetime
    object: str | None
    mission: str
    instrument: str
    real: bool
    retraction: bool
    order: tuple[str, int, int]
    packed: bytes

    @property
    def event(self) -> Event:
        """The event itself."""
        return unpack(self.packed)

    @property
    def identity(self) -> tuple[str, ...]:
        """What it is a revision of: an instrument's word on an object; one without an object stands alone."""
        return (self.object, self.mission, self.instrument) if self.object else (self.id,)


def seen(stored: Stored) -> Seen:
    """An event in the form in which it is kept."""
    event = stored.event
    return Seen(
        seq=stored.seq,
        id=event.id,
        kind=event.kind,
        t0=t0_of(event),
        received=event.received,
        object=event.object,
        mission=str(event.data.get("mission") or ""),
        instrument=str(event.data.get("instrument") or ""),
        real=event.is_real,
        retraction=event.is_retraction,
        order=(made(event), event.revision, stored.seq),
        packed=pack(event),
    )


class Shelf:
    """Events of one kind, and all below it, by T0."""

    def __init__(self, complete_from: datetime) -> None:
        self.complete_from = complete_from
        self._rows: list[tuple[datetime, int, Seen]] = []
        self._numbers: set[int] = set()
        self._newest: dict[tuple[str, ...], Seen] = {}
        self.overflowed = False

    def add(self, item: Seen, oldest: datetime) -> None:
        """Keep an event; those from before `oldest` may go, and the oldest beyond the bound must."""
        if item.seq in self._numbers or item.t0 < self.complete_from:
            return
        insort(self._rows, (item.t0, item.seq, item))
        self._noted(item)
        stale = bisect_left(self._rows, (oldest, 0))
        excess = len(self._rows) - MAX_EVENTS
        self.overflowed |= excess > max(stale, 0)
        if max(stale, excess) > min(1000, MAX_EVENTS // 10):  # not one by one
            self._drop(max(stale, excess))

    def extend(self, items: Sequence[Seen], complete_from: datetime) -> None:
        """Add what the journal has from before."""
        self.complete_from = complete_from
        for item in items:
            if item.seq not in self._numbers:
                self._noted(item)
                self._rows.append((item.t0, item.seq, item))
        self._rows.sort(key=lambda row: row[:2])

    def _noted(self, item: Seen) -> None:
        self._numbers.add(item.seq)
        held = self._newest.get(item.identity)
        if item.real and (held is None or held.order < item.order):
            self._newest[item.identity] = item

    def newest(self, identity: tuple[str, ...]) -> Seen | None:
        """The last word, as its sender orders them, of what an identity stands for; mocks do not count."""
        return self._newest.get(identity)

    def _drop(self, count: int) -> None:
        for _, seq, item in self._rows[:count]:
            self._numbers.discard(seq)
            if self._newest.get(item.identity) is item:
                del self._newest[item.identity]
        self.complete_from = max(self.complete_from, self._rows[count - 1][0])
        del self._rows[:count]

    def between(self, start: datetime, end: datetime) -> list[Seen]:
        """Events with `start` <= T0 <= `end`, in order of T0."""
        first = bisect_left(self._rows, (start, -1))
        last = bisect_left(self._rows, (end, sys.maxsize), first)
        return [item for _, _, item in self._rows[first:last]]
