"""Reads a share of archived alerts for a backtest: parsed, and what matters of them kept in runs on disk. What no rule
can hear costs no more than its parsing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from kg.naming import keys_of
from listeners.files import walk
from listeners.formats import Message, parse
from nuncius.core.errors import FormatError
from nuncius.core.event import Event
from reactors.runs import Entry, Runs

#: `received` of messages that state no date: such cannot be put on a time line.
UNDATED = datetime(9999, 1, 1, tzinfo=UTC)
#: Fields that say nothing about an object's identity and make most of a notice's bytes.
_BULKY = frozenset({"parameters", "sky"})

Count = Callable[[int], object]


@lru_cache(maxsize=65_536)
def _under(kind: str, kinds: tuple[str, ...]) -> bool:
    return any(kind == k or kind.startswith(k + ".") for k in kinds)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules can hear, and from when to when (`received`) they listen. `noted` are kinds that no rule hears but
    some function looks up."""

    kinds: tuple[str, ...]
    noted: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def hears(self, kind: str) -> bool:
        """Whether a rule listens to this kind or one above it."""
        return _under(kind, self.kinds)

    def notes(self, kind: str) -> bool:
        """Whether it is looked up."""
        return bool(self.noted) and _under(kind, self.noted)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A share of the archive, read: its sorted runs and what was in it."""

    runs: list[str] = []
    messages: int = 0
    rejected: int = 0
    undated: int = 0
    kinds: dict[str, int] = {}
    days: dict[str, int] = {}


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one process reads at once: files with their numbers; of each message `part` of `parts`."""

    files: list[tuple[int, str]]
    part: int = 0
    parts: int = 1


def read_share(share: Share, wanted: Wanted, folder: Path, count: Count) -> Part:
    """Parse a share and write what matters of it, sorted by arrival, into runs in `folder`."""
    writer = Runs(folder, f"{share.files[0][0]:06d}-{share.part}")
    kinds: Counter[str] = Counter()
    days: Counter[str] = Counter()
    messages = rejected = undated = 0
    for number, file in share.files:
        for place, message in enumerate(walk([Path(file)], now=UNDATED)):
            if share.parts > 1 and place % share.parts != share.part:
                continue
            messages += 1
            if messages % 100 == 0:
                count(100)
            try:
                events = parse(message)
            except FormatError:
                rejected += 1
                continue
            for event in events:
                kinds[event.kind] += 1
                moment = event.received if event.received != UNDATED else event.trigger_time
                if moment is None:
                    undated += 1
                    continue
                days[moment.date().isoformat()] += 1
                entry = _entry(event, moment, wanted, message, folder)
                if entry is not None:
                    writer.add(moment.timestamp(), number << 32 | place, entry)
    count(messages % 100)
    return Part(
        runs=writer.close(), messages=messages, rejected=rejected, undated=undated, kinds=dict(kinds), days=dict(days)
    )


def _entry(event: Event, moment: datetime, wanted: Wanted, message: Message, folder: Path) -> Entry | None:
    """What the decider must know of an event, or None where it matters to nobody. What came before `since` still gives
    objects their names."""
    if wanted.until is not None and moment >= wanted.until:
        return None
    early = wanted.since is not None and moment < wanted.since
    hearing = not early and (wanted.hears(event.kind) or event.is_retraction)
    facts: list[Event] = []
    if event.kind == "gcn.circular" and not early and wanted.hears("kg.fact"):
        from kg.consumer import announcements  # the grammars take a second to load; few backtests want facts

        facts = announcements(event, None)
    noted = not early and wanted.notes(event.kind)
    named = bool(keys_of(event)) or "object" in event.data
    if not (hearing or facts or noted or named):
        return None
    for sha256, content in event.blobs.items():
        if hearing and not (folder / sha256).exists():
            (folder / sha256).write_bytes(content)
    data = event.data if hearing or noted else {word: v for word, v in event.data.items() if word not in _BULKY}
    bare: dict[str, Any] = {"raw": b"", "blobs": {}, "received": moment, "data": data}
    event = msgspec.structs.replace(event, **bare)
    return Entry(event=event, heard=hearing, noted=noted, named=named, facts=facts)
