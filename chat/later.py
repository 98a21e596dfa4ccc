"""What is told later, in one message: for a person whose quiet hours it is, and for a place that cannot be edited and
has had enough new threads this hour.

All of it is rows: what is held stands beside the threads, and the message itself waits in the outbox for its hour, so
that a restart forgets nothing. What is held is held by its key, once; when its message is being written nothing more
comes in, and goes out by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chat.contract import Target, rank
from chat.desk.answers import escaped
from chat.digest import MOST_NAMED, Digests
from chat.dossier import Dossier
from chat.people import People, Person
from chat.ways import page_of
from nuncius.core.clock import Clock
from nuncius.core.errors import PermanentError
from nuncius.core.report import Report, ReportState, Severity
from nuncius.journal import Journal
from nuncius.journal.records import LeasedReport

Json = dict[str, Any]

#: How the thread of such a message begins; the rest is whom it is for and its hour.
THREAD = "later:"
_SLOT = "together"
_NAME = re.compile(rf"{THREAD}(?P<whom>.+?):(?P<end>\d{{4}}-\d\d-\d\dT.+)")
#: For how long it is remembered what was told so.
_REMEMBERED = timedelta(days=3)


class Later:
    """What `target` is told later."""

    def __init__(
        self, journal: Journal, target: Target, clock: Clock, people: People, digests: Digests, page_url: str = ""
    ) -> None:
        self._journal, self._target, self._clock = journal, target, clock
        self._people, self._digests, self._page = people, digests, page_url

    def hold(self, row: LeasedReport, dossier: Dossier | None, *, test: bool) -> Json | None:
        """The report's reference once it is held; None: it goes out now."""
        report, now = row.report, self._clock.now()
        if report.to:
            person = self._people.by_id(report.to)
            if person is None or person.quiet is None or is_later(report):
                return None
            until = None if _gets_through(person, report, test) else person.quiet.until(now)
            return self._keep(person.id, row, None, until)
        if dossier is None or not self._target.head_in_reports:
            return None
        room = self._full(report, dossier, test=test)
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return self._keep(room, row, dossier, hour + timedelta(hours=1)) if room else None

    def _full(self, report: Report, dossier: Dossier, *, test: bool) -> str:
        """The room that has had enough new threads; empty: this one may be opened, or is open."""
        target = self._target
        if target.most_an_hour <= 0 or report.severity is Severity.PAGE or report.asks:
            return ""
        room = target.opens(report, thread=self._journal.thread(target.name, report.thread), test=test)
        return "" if not room or self._digests.may_open(room, report.thread, self._clock.now()) else room

    def _keep(self, whom: str, row: LeasedReport, dossier: Dossier | None, until: datetime | None) -> Json | None:
        """Hold a report until then (None: it goes out now, and what was held of its place is not told any more)."""
        report, now, found = row.report, self._clock.now(), [""]
        place = f"{report.thread}\n{report.slot}"
        end = until.astimezone(UTC).isoformat() if until else ""

        def change(kept: Json) -> Json:
            gathered: dict[str, Json] = {
                name: one
                for name, one in kept.get("gathered", {}).items()
                if datetime.fromisoformat(name) > now - _REMEMBERED
            }
            found[0] = next((name for name, one in gathered.items() if report.key in one["keys"]), "")
            if found[0]:
                return kept
            one: Json = gathered.get(end, {"keys": [], "entries": {}, "closed": False})
            if not end or one["closed"]:
                for other in gathered.values():
                    if not other["closed"]:
                        other["entries"].pop(place, None)
                return {"gathered": gathered}
            found[0] = end
            entries = {**one["entries"], place: _entry(report, dossier)}
            return {"gathered": {**gathered, end: {**one, "keys": [*one["keys"], report.key], "entries": entries}}}

        self._journal.change_thread(self._target.name, f"{THREAD}{whom}", change)
        if not found[0]:
            return None
        self._announce(whom, report, datetime.fromisoformat(found[0]))
        return {"later": found[0]}

    def _announce(self, whom: str, report: Report, due: datetime) -> None:
        """Queue the message for its hour; known by its key, so once. Its words are made when it is due."""
        name = f"{THREAD}{whom}:{due.astimezone(UTC).isoformat()}"
        # Severity decides where it goes: a gathering for everybody goes where the first of it would have.
        severity = Severity.INFO if report.to else report.severity
        message = Report(thread=name, slot=_SLOT, key=name, title="Told together", to=report.to, severity=severity)
        self._journal.enqueue([(self._target.name, message)], now=self._clock.now(), not_before=due)

    def together(self, message: Report) -> Report | None:
        """What such a message says; from now on nothing more is held for it. None: nothing is left to be told."""
        whom, end = _whom(message.thread)
        entries: dict[str, Json] = {}

        def change(kept: Json) -> Json:
            gathered = dict(kept.get("gathered", {}))
            one = gathered.get(end, {"keys": [], "entries": {}})
            entries.update(one["entries"])
            return {"gathered": {**gathered, end: {**one, "closed": True}}}

        self._journal.change_thread(self._target.name, f"{THREAD}{whom}", change)
        if not entries:
            return None
        person = self._people.by_id(message.to) if message.to else None
        return _report(message, entries, person, self._page, self._target.most_an_hour)


def is_later(report: Report) -> bool:
    """Whether a report is such a message."""
    return report.thread.startswith(THREAD) and report.slot == _SLOT


def _whom(thread: str) -> tuple[str, str]:
    found = _NAME.fullmatch(thread)
    if found is None:
        raise PermanentError(f"no message to be told later is called {thread!r}")
    return found["whom"], found["end"]


def _gets_through(person: Person, report: Report, test: bool) -> bool:
    """Whether this cannot wait. Nobody is woken by a mock alert."""
    least = person.quiet.through if person.quiet else Severity.INFO
    return not test and rank(report.severity) >= rank(least)


def _entry(report: Report, dossier: Dossier | None) -> Json:
    present = dossier.present if dossier else None
    return {
        "title": report.title,
        "object": f"{present.name}: {present.what}" if present else "",
        "thread": report.thread,
        "severity": report.severity.value,
        "retracted": report.state is ReportState.RETRACTED,
        "url": report.links[0].url if report.links else "",
        "line": report.text.strip().partition("\n")[0][:300],
    }


def _report(message: Report, entries: Mapping[str, Json], person: Person | None, page: str, most: int) -> Report:
    """The message: the gravest first, then in the order in which they came."""
    told = sorted(entries.values(), key=lambda entry: -rank(Severity(entry["severity"])))
    lines = [_line(entry, page) for entry in told[:MOST_NAMED]]
    lines += [f"- and {len(told) - MOST_NAMED} more"] if len(told) > MOST_NAMED else []
    count = f"{len(told)} report{'' if len(told) == 1 else 's'}"
    if person is not None and person.quiet is not None:
        title = f"In your quiet hours: {count}"
        why = f"Quiet hours {person.quiet.from_}–{person.quiet.to} {person.quiet.zone}. Nothing else was held back."
    else:
        title = f"Busy hour: {count} in one message"
        why = f"More than {most} new threads in an hour: these have none of their own. Pages and questions get through."
    text = "\n".join([why, "", *lines])
    return Report(
        thread=message.thread,
        slot=message.slot,
        key=message.key,
        title=title,
        text=text,
        to=message.to,
        severity=message.severity,
    )


def _line(entry: Json, page: str) -> str:
    mark = "RETRACTED " if entry["retracted"] else ""
    loud = "" if entry["severity"] == Severity.INFO.value else f" ({entry['severity']})"
    about = f"{escaped(entry['object'])}: " if entry["object"] else ""
    url = page_of(entry["thread"], page) or entry["url"]
    link = f" ([read]({url}))" if url.startswith(("http://", "https://")) and ")" not in url else ""
    line = f": {entry['line']}" if entry["line"] else ""
    return f"- {about}**{mark}{escaped(entry['title'])[:200]}**{loud}{line}{link}"
