"""Reads from the journal all that a thread's first message or page needs of one object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from chat import incidents
from chat.head import Present, present
from chat.incidents import is_incident
from nuncius.journal.records import ObjectLink, ObjectSummary, Stored, StoredReport

if TYPE_CHECKING:
    from nuncius.journal import Journal


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """An object's events in order, the reports of its thread (one row per target) and the present state."""

    events: list[Stored]
    reports: list[StoredReport]
    present: Present | None


def read(journal: Journal, obj: str) -> Dossier:
    """The dossier of an object IRI; `present` is None when no event was given to it (a thread of its own)."""
    events = journal.events_of(obj)
    # What single people are told is nobody else's business.
    reports = [row for row in journal.reports(thread=obj, limit=500) if not row.report.to]
    if is_incident(obj):
        now = incidents.present(obj, reports, events)
    else:
        now = present(_summary(obj, events, journal.names_of(obj)), reports, events) if events else None
    return Dossier(events=events, reports=reports, present=now)


def _summary(obj: str, events: Sequence[Stored], links: Sequence[ObjectLink]) -> ObjectSummary:
    """What `Journal.objects` says of one object, made from rows that are read anyway."""
    told = [stored.event for stored in events]
    return ObjectSummary(
        object=obj,
        names=list(dict.fromkeys(link.name for link in links if not link.withdrawn)),
        first_seq=events[0].seq,
        last_seq=events[-1].seq,
        events=len(events),
        trigger_time=next((event.trigger_time for event in told if event.trigger_time), None),
        tenses=list(dict.fromkeys(event.tense for event in told)),
        retracted=_retracted(events),
        updated=max(event.received for event in told),
    )


def _retracted(events: Sequence[Stored]) -> bool:
    """Whether each mission's last notice takes back what it announced."""
    last: dict[str, bool] = {}
    for event in (stored.event for stored in events):
        if event.is_a("gcn.notice"):
            last[event.kind.split(".")[2] if event.kind.count(".") > 1 else event.source] = event.is_retraction
        elif event.is_a("lvk.alert"):
            last["lvk"] = event.is_retraction
    return bool(last) and all(last.values())
