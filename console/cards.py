"""Objects as the page *Now* lists them: state, facts, the newest report, and what runs for each. Knows nothing of HTML
or HTTP."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from chat.contract import rank
from chat.dossier import read
from chat.head import is_note, standing
from chat.later import THREAD
from console.views import OBJECT, href
from nuncius.core.event import iso
from nuncius.core.report import Picture, Report, ReportState, Severity
from nuncius.journal import Journal
from nuncius.journal.glance import Glance, RunningStep

_FACTS = ("T0", "90 % area", "Position", "Distance", "Redshift")
#: Threads that are listed.
SHOWN = 40


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """An analysis that runs now. `fraction` is None where it does not say how far it is."""

    object: str
    href: str
    what: str
    rule: str
    since: datetime
    fraction: float | None
    words: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One thread in the list."""

    iri: str
    href: str
    name: str
    what: str
    state: str
    test: bool
    severity: Severity
    facts: list[tuple[str, str]]
    latest: Report
    told: datetime
    picture: Picture | None
    reports: int
    events: int
    order: int


def running(journal: Journal) -> list[Running]:
    """What runs now, the longest-running first."""
    return [_running(step) for step in Glance(journal).running()]


def _running(step: RunningStep) -> Running:
    said = step.progress or {}
    fraction = said.get("fraction")
    what = next((str(step.action[word]) for word in ("analyse", "regress", "check") if step.action.get(word)), "")
    return Running(
        object=(step.object or "").removeprefix(OBJECT),
        href=href(step.object) if step.object else "",
        what=what or next(iter(step.action), "step"),
        rule=step.rule,
        since=step.since,
        fraction=min(1.0, max(0.0, float(fraction))) if isinstance(fraction, int | float) else None,
        words=str(said.get("words") or "")[:200],
    )


def cards(journal: Journal, *, limit: int = SHOWN) -> list[Card]:
    """Threads in which something was said, the one spoken of last first. A card is made anew only when something of its
    thread changed."""
    glance = Glance(journal)
    threads = glance.threads(limit=limit)
    stamps = glance.stamps(threads)
    made = [card for thread in threads if (card := _card(journal, thread, stamps[thread])) is not None]
    return sorted(made, key=lambda card: card.order, reverse=True)


@lru_cache(maxsize=4 * SHOWN)
def _card(journal: Journal, iri: str, stamp: tuple[Any, ...]) -> Card | None:
    """None where nothing was said that everybody may read, and for what one place was told together: its objects have
    cards of their own."""
    if iri.startswith(THREAD):
        return None
    dossier = read(journal, iri)
    rows = [row for row in dossier.reports if not is_note(row.report) and row.state != "cancelled"]
    if not rows:
        return None
    now, newest = dossier.present, max(rows, key=lambda row: row.id)
    told = standing(dossier.reports)
    pictures = [p for report in told if report.state is ReportState.CURRENT for p in report.pictures]
    urgent = max((r.severity for r in told if r.state is ReportState.CURRENT), key=rank, default=Severity.INFO)
    return Card(
        iri=iri,
        href=href(iri),
        name=now.name if now else iri.removeprefix(OBJECT),
        what=now.what if now else "",
        state=now.state if now else "current",
        test=now.test if now else False,
        severity=urgent,
        facts=[(label, value) for label, value in now.facts if label in _FACTS] if now else [],
        latest=newest.report,
        told=newest.created,
        order=newest.id,
        picture=pictures[0] if pictures else None,
        reports=len(told),
        events=len(dossier.events),
    )


def threads_json(journal: Journal) -> list[dict[str, Any]]:
    """The list for machines."""
    return [
        {
            "thread": card.iri,
            "href": card.href,
            "name": card.name,
            "what": card.what,
            "state": card.state,
            "severity": card.severity.value,
            "facts": dict(card.facts),
            "reports": card.reports,
            "events": card.events,
            "latest": {"title": card.latest.title, "key": card.latest.key, "told": iso(card.told)},
        }
        for card in cards(journal)
    ]
