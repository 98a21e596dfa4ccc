"""The present state of an incident: the first message of a failing check's thread, and the top of its page.

An incident lasts from the first failure that is told to the recovery; its thread is its own. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyses.checks.recording import INCIDENT, KIND, lasting
from chat.contract import rank
from chat.head import Present, standing, utc
from nuncius.core.report import ReportState, Severity
from nuncius.journal.records import Stored, StoredReport

ENDED = frozenset({"recovered", "unknown"})


def is_incident(iri: str) -> bool:
    """Whether a thread is that of an incident."""
    return iri.startswith(INCIDENT)


def present(iri: str, reports: Sequence[StoredReport], events: Sequence[Stored]) -> Present | None:
    """How the incident stands, by what was told of it last; None where nothing was."""
    told = [stored.event for stored in events if stored.event.kind == KIND]
    if not told:
        return None
    first, last = told[0], told[-1]
    state = str(last.data.get("state", ""))
    severities = [r.severity for r in standing(reports) if r.state is ReportState.CURRENT]
    ended = state in ENDED
    facts = [
        ("Platform", str(last.data.get("platform", ""))),
        ("Began", utc(first.received)),
        *([("Ended", utc(last.received))] if ended else []),
        ("Because", str(first.data.get("reason", ""))),
        ("Now", str(last.data.get("reason", ""))),
        *([] if ended else [("Mend", str(last.data.get("mend", "")))]),
    ]
    return Present(
        object=iri,
        name=f"Check {last.data.get('check', iri.removeprefix(INCIDENT))}",
        aliases=[],
        what=_what(state, float(last.data.get("lasted_s") or 0.0)),
        state="closed" if ended else "open",
        test=False,
        severity=Severity.INFO if ended else max(severities, key=rank, default=Severity.INFO),
        facts=[(label, value) for label, value in facts if value],
        reports=len(standing(reports)),
        events=len(events),
        updated=last.received,
    )


def _what(state: str, lasted_s: float) -> str:
    return {
        "recovered": f"recovered after {lasting(lasted_s)}",
        "unknown": f"no longer told, after {lasting(lasted_s)}",
        "flapping": "flapping: it fails and recovers again and again",
    }.get(state, state)
