"""Composes what is presently known of an object: the first message of its thread, and the top of its page.

A pure function of journal rows; it decides nothing and looks nothing up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import unquote

import msgspec

from chat.contract import HEAD, rank
from chat.known import facts
from chat.sources import what
from nuncius.core.event import Tense
from nuncius.core.report import Report, ReportState, Severity
from nuncius.journal.records import ObjectSummary, Stored, StoredReport

State = Literal["current", "retracted", "test", "no event", "open", "closed"]


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """The present state of an object. `facts` are (label, value) in the order people ask for them. `severity` is
    the highest among reports that still stand."""

    object: str
    name: str
    aliases: list[str]
    what: str
    state: State
    test: bool
    severity: Severity
    facts: list[tuple[str, str]]
    reports: int
    events: int
    updated: datetime | None


def present(summary: ObjectSummary, reports: Sequence[StoredReport], events: Sequence[Stored]) -> Present:
    """What is known of the object now. `reports` may name the same report once per target."""
    latest = standing(reports)
    names = display_names(summary, events)
    test = is_test(summary.tenses)
    severities = [r.severity for r in latest if r.state is ReportState.CURRENT]
    state: State = "retracted" if summary.retracted else "test" if test else "current"
    return Present(
        object=summary.object,
        name=names[0],
        aliases=names[1:],
        what=what(names, events),
        state=state if events else "no event",
        test=test,
        severity=max(severities, key=rank, default=Severity.INFO),
        facts=facts(summary, events, latest),
        reports=len(latest),
        events=summary.events,
        updated=summary.updated,
    )


def is_test(tenses: Sequence[Tense]) -> bool:
    """A mock alert or an injection, and nothing real under the same name."""
    mock = {Tense.TEST, Tense.INJECTION}
    return any(t in mock for t in tenses) and not any(t in (Tense.INITIAL, Tense.UPDATE) for t in tenses)


def standing(reports: Sequence[StoredReport]) -> list[Report]:
    """The newest report of each slot, in the order the slots first appeared; notes about edits left out, and what was
    said to single people."""
    slots: dict[str, Report] = {}
    for row in sorted(reports, key=lambda row: row.id):
        report = row.report
        if row.state != "cancelled" and not is_note(report) and not report.to:
            slots[report.slot] = report
    return list(slots.values())


def is_note(report: Report) -> bool:
    """Whether a report only says that another one was edited."""
    return "/note/" in report.slot


def display_names(summary: ObjectSummary, events: Sequence[Stored]) -> list[str]:
    """Names as people write them, each once; trigger numbers (`fermi-gbm:524666471`) come after them."""
    own = unquote(summary.object.rsplit("/", 1)[-1]) or summary.object
    written = [str(name) for stored in events for name in _texts(stored.event.data.get("event_name"))]
    forms: dict[str, str] = {}
    for name in [own, *written, *(n for n in summary.names if not n.startswith("http"))]:
        plain = "".join(c for c in name.lower() if c.isalnum())
        # "GRB 170817A" reads better than the "GRB170817A" of an IRI.
        if plain and (plain not in forms or (" " in name and " " not in forms[plain])):
            forms[plain] = name
    # "LIGO/Virgo G298048" says no more than "G298048".
    forms = {plain: name for plain, name in forms.items() if not any(o != plain and plain.endswith(o) for o in forms)}
    people = [name for name in forms.values() if ":" not in name]
    numbers = [name.replace(":", " ") for name in forms.values() if ":" in name]
    return [*people, *numbers] or [own]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list) else []


def head_report(now: Present) -> Report:
    """The thread's first message. Its key covers what is said except the time of the update, so that it is edited
    when something changed and left alone otherwise."""
    title = f"{now.name}: {now.what}"
    state = {
        "retracted": "**RETRACTED**: this was taken back, do not act on it",
        "test": "**TEST**: not a real alert",
        "current": "current",
        "no event": "no event journalled yet",
        "open": "**OPEN**: somebody has to look",
        "closed": "closed",
    }[now.state]
    lines = [f"**State** {state}"]
    lines += [f"**{label}** {_escape(value)}" for label, value in now.facts]
    if now.aliases:
        lines.append(f"**Also known as** {_escape(', '.join(now.aliases[:12]))}")
    body = "\n".join(lines)
    key = hashlib.sha256(f"{title}\n{body}".encode()).hexdigest()[:16]
    if now.updated:
        body += f"\n**Updated** {utc(now.updated)}"
    return Report(
        thread=now.object,
        slot=HEAD,
        key=f"{HEAD}:{key}",
        title=title,
        text=body,
        severity=now.severity,
        state=ReportState.RETRACTED if now.state == "retracted" else ReportState.CURRENT,
    )


def utc(moment: datetime) -> str:
    """A moment to the second, as `2017-08-17 12:41:04 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _escape(text: str) -> str:
    """Alert text inside our own markdown: its marks are shown, not obeyed."""
    return "".join(f"\\{c}" if c in "\\`*_[]" else c for c in " ".join(text.split()))
