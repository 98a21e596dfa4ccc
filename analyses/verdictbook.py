"""How each assumption stands: its verdicts in the journal, with those that were ended since. Reads and never writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from analyses.assumptions import Assumption, assumptions
from nuncius.core.event import REAL
from nuncius.journal import Journal, Stored

KINDS = ("assumption.verdict", "assumption.withdrawn")
BATCH = 1000


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One verdict. `state` is `stands`, `superseded` by a newer one in its place, or `withdrawn` with what it rested
    on."""

    id: str
    assumption: str
    version: str
    verdict: str
    why: str
    at: datetime
    place: str
    object: str | None = None
    value: float | None = None
    unit: str = ""
    distance: float | None = None
    evidence: list[dict[str, Any]] = []
    state: str = "stands"
    until: datetime | None = None
    ended: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An assumption and the number of its standing verdicts of each sort. `known`: some file still declares it."""

    assumption: str
    version: str
    about: str
    by: str
    since: str
    analysis: str
    violated: int = 0
    holds: int = 0
    cannot_be_told: int = 0
    last: datetime | None = None
    known: bool = True


def verdicts(journal: Journal, name: str = "") -> list[Entry]:
    """All verdicts, or those on one assumption, the oldest first. What rests on tests and mocks is left out."""
    newest: dict[str, Entry] = {}
    found: dict[str, Entry] = {}
    for stored in _events(journal):
        event, data = stored.event, stored.event.data
        if event.tense not in REAL or name not in ("", data.get("assumption")):
            continue
        if event.kind == "assumption.withdrawn":
            if (gone := found.get(str(data.get("because")))) is not None and gone.state == "stands":
                found[gone.id] = _ended(gone, "withdrawn", event.received, str(data.get("why") or ""))
            continue
        entry = _entry(stored)
        before = newest.get(entry.place)
        if before is not None and found[before.id].state == "stands":
            found[before.id] = _ended(before, "superseded", entry.at, f"{entry.verdict}: {entry.why}")
        found[entry.id] = newest[entry.place] = entry
    return list(found.values())


def standings(entries: Sequence[Entry]) -> list[Standing]:
    """Every assumption, those that were never tested too; the violated ones first."""
    counts: dict[str, list[Entry]] = {}
    for entry in entries:
        counts.setdefault(entry.assumption, []).append(entry)
    declared = assumptions()
    names = [*declared, *(name for name in counts if name not in declared)]
    found = [_standing(name, declared.get(name), counts.get(name, [])) for name in names]
    return sorted(found, key=lambda one: (-one.violated, one.assumption))


def _standing(name: str, one: Assumption | None, entries: list[Entry]) -> Standing:
    now = [entry.verdict for entry in entries if entry.state == "stands"]
    return Standing(
        assumption=name,
        version=one.version if one is not None else entries[-1].version,
        about=one.about.strip() if one is not None else "",
        by=one.by if one is not None else "",
        since=str(one.since) if one is not None else "",
        analysis=one.analysis if one is not None else "",
        violated=now.count("violated"),
        holds=now.count("holds"),
        cannot_be_told=now.count("cannot be told"),
        last=entries[-1].at if entries else None,
        known=one is not None,
    )


def _events(journal: Journal) -> Iterator[Stored]:
    after = 0
    while batch := journal.read(after, limit=BATCH, kinds=KINDS):
        yield from batch
        after = batch[-1].seq


def _entry(stored: Stored) -> Entry:
    event, data = stored.event, stored.event.data
    kept = {word: data[word] for word in ("value", "unit", "distance", "evidence") if data.get(word) is not None}
    words = {word: str(data.get(word) or "") for word in ("assumption", "version", "verdict", "why", "place")}
    return msgspec.convert({"id": event.id, "at": event.received, "object": event.object, **words, **kept}, Entry)


def _ended(entry: Entry, state: str, until: datetime, why: str) -> Entry:
    return msgspec.structs.replace(entry, state=state, until=until, ended=why)
