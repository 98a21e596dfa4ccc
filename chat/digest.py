"""Digest instead of flood: where a busy night would open more threads in a room than are wanted in an hour, further
objects are gathered in one message that is edited in place. Pages and questions always get through."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from chat.contract import HEAD, Target
from chat.desk.answers import escaped
from chat.dossier import Dossier
from chat.head import utc
from nuncius.core.clock import Clock
from nuncius.core.report import Report, ReportState, Severity
from nuncius.journal import Journal
from nuncius.journal.records import LeasedReport

Json = dict[str, Any]

HOUR = timedelta(hours=1)
#: Objects that a digest names; the others are counted.
MOST_NAMED = 40


class Digests:
    """The digests of `target`. What was opened in the last hour and what a digest holds are rows beside the threads, so
    that a restart forgets nothing. `page_url` is where people reach the web page; empty: no links."""

    def __init__(self, journal: Journal, target: Target, clock: Clock, page_url: str = "") -> None:
        self._journal, self._target, self._clock, self._page = journal, target, clock, page_url

    def gather(self, row: LeasedReport, dossier: Dossier, *, test: bool) -> Json | None:
        """The report's reference once it stands in a digest; None: it goes out by itself."""
        report, target, now = row.report, self._target, self._clock.now()
        if target.head_in_reports:  # a message that cannot be edited is written when the hour is over: `Later`
            return None
        if target.most_an_hour <= 0 or report.severity is Severity.PAGE or report.asks or report.to:
            return None
        room = target.opens(report, thread=self._journal.thread(target.name, report.thread), test=test)
        if not room:
            return None
        held = _held(dossier, target.name)
        news = report.state is ReportState.CURRENT and not report.slot.startswith("retraction/")
        name = held if held and not (news and _over(held, now)) else ""
        if not name:
            if self.may_open(room, report.thread, now):
                return None
            name = f"digest:{room}:{now.astimezone(UTC):%Y-%m-%dT%H}"
        self._add(name, report, dossier)
        self._deliver(name, report.severity, test=test, now=now)
        return {"digest": name}

    def may_open(self, room: str, thread: str, now: datetime) -> bool:
        """Take one of the hour's places for a thread, once."""
        most, allowed = self._target.most_an_hour, [False]

        def change(state: Json) -> Json:
            opened: dict[str, str] = {
                name: at for name, at in state.get("opened", {}).items() if now - datetime.fromisoformat(at) < HOUR
            }
            allowed[0] = thread in opened or len(opened) < most
            return {"opened": opened | ({thread: opened.get(thread, now.isoformat())} if allowed[0] else {})}

        self._journal.change_thread(self._target.name, f"rate:{room}", change)
        return allowed[0]

    def _add(self, name: str, report: Report, dossier: Dossier) -> None:
        present = dossier.present
        title = f"{present.name}: {present.what}" if present else report.title
        state = present.state if present else ""

        def change(reference: Json) -> Json:
            entries: dict[str, Json] = dict(reference.get("entries", {}))
            before = entries.get(report.thread, {})
            slots = {**before.get("slots", {}), report.slot: report.title}
            entries[report.thread] = {"title": title, "state": state, "slots": slots, "last": report.title}
            return {**reference, "entries": entries}

        self._journal.change_thread(self._target.name, name, change)

    def _deliver(self, name: str, severity: Severity, *, test: bool, now: datetime) -> None:
        reference = self._journal.thread(self._target.name, name) or {}
        head = digest_report(name, reference.get("entries", {}), self._target.most_an_hour, now, self._page)
        head = msgspec.structs.replace(head, severity=severity)  # which decides the room
        place = {key: value for key, value in reference.items() if key != "entries"} or None
        if place is None:
            found = self._target.find(head, thread=None, test=test)
            place = found.thread if found else None
        made = self._target.deliver(head, blob=self._journal.blob, thread=place, previous=None, test=test)
        self._journal.change_thread(self._target.name, name, lambda kept: {**kept, **made.thread})


def digest_report(name: str, entries: Mapping[str, Json], most: int, now: datetime, page_url: str) -> Report:
    """The digest's message."""
    lines = [_line(thread, entry, page_url) for thread, entry in list(entries.items())[:MOST_NAMED]]
    more = [f"- and {len(entries) - MOST_NAMED} more"] if len(entries) > MOST_NAMED else []
    text = "\n".join(
        [
            f"More than {most} threads in an hour: these have none of their own here. Pages and questions get through.",
            "",
            *lines,
            *more,
            "",
            f"**Updated** {utc(now)}",
        ]
    )
    key = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    objects = f"{len(entries)} object{'' if len(entries) == 1 else 's'}"
    return Report(thread=name, slot=HEAD, key=f"{HEAD}:{key}", title=f"Busy hour: {objects} in one message", text=text)


def _line(thread: str, entry: Json, page_url: str) -> str:
    count = len(entry["slots"])
    reports = f"{count} report{'' if count == 1 else 's'}"
    mark = "RETRACTED " if entry["state"] == "retracted" else "TEST " if entry["state"] == "test" else ""
    link = f" ([page]({page_url.rstrip('/')}/thread/{thread.rsplit('/', 1)[-1]}))" if page_url else ""
    return f"- **{mark}{escaped(entry['title'])}**, {reports}, last: {escaped(entry['last'])[:120]}{link}"


def _held(dossier: Dossier, target: str) -> str:
    """The digest that last told of this thread, if the newest delivered report stands in one."""
    told = [row for row in dossier.reports if row.target == target and row.state == "delivered"]
    return str((told[-1].reference or {}).get("digest", "")) if told else ""


def _over(name: str, now: datetime) -> bool:
    """Whether a digest's hour is over."""
    return datetime.fromisoformat(name.rsplit(":", 1)[-1] + ":00:00+00:00") + HOUR <= now
