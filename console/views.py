"""What the pages show, as plain values read from the journal. Knows nothing of HTML or HTTP."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from chat.changes import what_changed
from chat.contract import HEAD
from chat.dossier import Dossier, read
from chat.head import Present, is_note, standing
from chat.sources import headline
from console.said import CLAIMS_SHOWN, LETTERS_SHOWN, Known, known
from nuncius.core.event import Tense
from nuncius.core.report import Picture, Report, ReportState
from nuncius.journal import Journal, Stored, StoredReport
from reactors.beside import has_region

if TYPE_CHECKING:
    from kg.store import GraphStore

#: IRIs of objects begin so (docs/architecture.md); pages use the rest as their address.
OBJECT = "http://odahub.io/ontology/nuncius/object/"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A report on its page, with what it replaced, and the deliveries (target, state, why) that did not arrive."""

    anchor: str
    report: Report
    told: datetime
    history: list[tuple[datetime, list[str]]]
    deliveries: list[tuple[str, str, str]]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """An event in the timeline. `since` is the time after T0 in words; `tense` is empty where it says nothing (a
    circular is always initial)."""

    time: datetime
    since: str
    line: str
    kind: str
    tense: str
    retraction: bool
    late: bool
    anchor: str


#: Reports that are shown at once; those before them are folded away.
ENTRIES = 12


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread's page. `known` is None where there is no graph to ask; `sky` is the newest map of all regions,
    `regions_href` where the lines of an interactive one are, empty where no notice or circular tells a place."""

    iri: str
    href: str
    name: str
    present: Present | None
    entries: list[Entry]
    folded: list[Entry]
    timeline: list[Moment]
    earlier: int
    sky: Picture | None
    regions_href: str
    curve_href: str
    feed_href: str
    known: Known | None
    claims_page: int
    claims_pages: int
    letters_page: int
    letters_pages: int


def href(iri: str) -> str:
    """The address of a thread's page: an object's short name, or `~` and the whole name of another thread."""
    return "/thread/" + quote(iri.removeprefix(OBJECT) if iri.startswith(OBJECT) else f"~{iri}", safe="~")


def iri_of(name: str) -> str:
    """The thread that the end of an address means; the inverse of `href`."""
    return name[1:] if name.startswith("~") else OBJECT + name


#: Pictures of the sky by the name that analyses give them, the one with the most regions first.
_MAPS = ("joint-localization", "localization", "coverage")
#: Events in the timeline; an object with more has had them for a long time.
MOMENTS = 300


def thread(
    journal: Journal, iri: str, *, graph: GraphStore | None = None, claims: int = 1, circulars: int = 1
) -> Thread | None:
    """A thread's page; None where nothing is known of it. `claims` and `circulars` are pages of these lists."""
    dossier = read(journal, iri)
    if not dossier.events and not dossier.reports:
        return None
    now = dossier.present
    t0 = next((s.event.trigger_time for s in dossier.events if s.event.trigger_time), None)
    about = None
    if graph is not None and iri.startswith(OBJECT):  # threads of other names stand in no graph
        about = known(graph, iri, dossier.events, claims_page=claims, letters_page=circulars)
    anchors = {letter.anchor for letter in about.letters} if about else set()
    # That a moment which a rule waited for has come says nothing of the object.
    told = [stored for stored in dossier.events if not stored.event.is_a("timer")]
    shown, entries = told[-MOMENTS:], _entries(dossier.reports)
    return Thread(
        iri=iri,
        href=href(iri),
        name=now.name if now else iri.removeprefix(OBJECT),
        present=now,
        entries=entries[-ENTRIES:],
        folded=entries[:-ENTRIES],
        timeline=[_moment(stored, t0, anchors) for stored in shown],
        earlier=len(told) - len(shown),
        sky=_sky(dossier.reports),
        regions_href="/api/v1/regions?object=" + quote(iri, safe="") if _placed(dossier, about) else "",
        curve_href="/curve/" + href(iri).removeprefix("/thread/"),
        feed_href="/feed/object/" + href(iri).removeprefix("/thread/"),
        known=about,
        claims_page=claims,
        claims_pages=_pages(about.total if about else 0, CLAIMS_SHOWN),
        letters_page=circulars,
        letters_pages=_pages(about.letters_total if about else 0, LETTERS_SHOWN),
    )


def _pages(total: int, each: int) -> int:
    return max(1, -(-total // each))


def _placed(dossier: Dossier, about: Known | None) -> bool:
    """Whether there is something to draw on an interactive map."""
    return any(has_region(stored.event) for stored in dossier.events) or (about is not None and about.placed)


def _sky(rows: Sequence[StoredReport]) -> Picture | None:
    """The newest map that still stands, one with more regions before one with fewer."""
    found = {p.name: p for report in standing(rows) if report.state is ReportState.CURRENT for p in report.pictures}
    return next((found[name] for name in _MAPS if name in found), None)


def _entries(rows: Sequence[StoredReport]) -> list[Entry]:
    """One entry a slot. The same report has a row per target; the page shows it once."""
    slots: dict[str, list[StoredReport]] = {}
    for row in sorted(rows, key=lambda row: row.id):
        if row.report.slot != HEAD and not is_note(row.report) and row.state != "cancelled":
            slots.setdefault(row.report.slot, []).append(row)
    return [_entry(f"r{number}", found) for number, found in enumerate(slots.values(), start=1)]


def _entry(anchor: str, rows: list[StoredReport]) -> Entry:
    versions: dict[str, StoredReport] = {}
    for row in rows:
        versions.setdefault(row.report.key, row)
    told = list(versions.values())
    pairs = pairwise(told)
    history = [(new.created, what_changed(old.report, new.report)) for old, new in pairs]
    latest = told[-1]
    return Entry(
        anchor=anchor,
        report=latest.report,
        told=latest.created,
        history=history,
        deliveries=[
            (row.target, row.state, row.error or str((row.reference or {}).get("skipped", "")))
            for row in rows
            if row.report.key == latest.report.key and row.target != "web" and not _arrived(row)
        ],
    )


def _arrived(row: StoredReport) -> bool:
    return row.state == "delivered" and not (row.reference or {}).get("skipped")


def _moment(stored: Stored, t0: datetime | None, anchors: Collection[str]) -> Moment:
    event, anchor = stored.event, f"e{stored.seq}"
    told = event.is_retraction or event.tense is not Tense.INITIAL or event.kind.startswith(("gcn.notice", "lvk."))
    return Moment(
        time=event.received,
        since=after(event.received - t0) if t0 else "",
        line=headline(event),
        kind=event.kind,
        tense="retraction" if event.is_retraction else event.tense.value if told else "",
        retraction=event.is_retraction,
        late=bool(event.data.get("late")),
        anchor=anchor if anchor in anchors else "",
    )


def after(delta: timedelta) -> str:
    """A time after T0 as people say it: `T0 + 2.1 h`."""
    seconds = delta.total_seconds()
    sign = "−" if seconds < 0 else "+"
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if abs(seconds) >= size:
            return f"T0 {sign} {abs(seconds) / size:.1f} {unit}"
    return f"T0 {sign} {abs(seconds):.0f} s"
