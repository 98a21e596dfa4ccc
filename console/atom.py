"""Atom feeds (RFC 4287): what was reported about an object, and what a rule did."""

from __future__ import annotations

from datetime import datetime

import msgspec

from console.views import OBJECT, href, iri_of, thread
from nuncius.core.event import iso
from nuncius.journal import Journal
from nuncius.journal.finding import Finder

#: Entries of a feed.
MOST = 50


class AtomEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry; `path` leads to it on this site."""

    id: str
    title: str
    text: str
    path: str
    updated: datetime


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, the newest entry first."""

    id: str
    title: str
    path: str
    updated: datetime
    entries: list[AtomEntry]


def of_object(journal: Journal, name: str, now: datetime) -> Feed | None:
    """Reports about an object as they stand now; None where nothing is known of it. What single people are told is
    not among them."""
    iri = iri_of(name)
    found = thread(journal, iri)
    if found is None:
        return None
    path = href(iri)
    entries = [
        AtomEntry(
            id=f"urn:nuncius:report:{entry.report.key}",
            title=f"{entry.report.title} ({entry.report.state})",
            text=entry.report.text,
            path=f"{path}#{entry.anchor}",
            updated=entry.told,
        )
        for entry in reversed([*found.folded, *found.entries])
    ][:MOST]
    return Feed(id=iri, title=found.name, path=path, updated=_newest(entries, now), entries=entries)


def of_rule(journal: Journal, rule: str, now: datetime) -> Feed:
    """What a rule did, the newest first."""
    entries = [
        AtomEntry(
            id=f"urn:nuncius:firing:{item.id}",
            title=f"{rule}: {(item.object or item.event_id).removeprefix(OBJECT)} ({item.state})",
            text=f"On {item.event_id}, {iso(item.created)}; severity {item.severity}, revision {item.revision}.",
            path=href(item.object) if item.object else f"/rules/{rule}",
            updated=item.updated,
        )
        for item in Finder(journal).reactions(rule, limit=MOST)
    ]
    path = f"/rules/{rule}"
    return Feed(
        id=f"urn:nuncius:rule:{rule}", title=f"Rule {rule}", path=path, updated=_newest(entries, now), entries=entries
    )


def _newest(entries: list[AtomEntry], now: datetime) -> datetime:
    return max((entry.updated for entry in entries), default=now)
