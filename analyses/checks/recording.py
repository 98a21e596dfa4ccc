"""Keeps looks, and tells a change of a check's state as an event `platform.check`, once whoever looked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from analyses.checks import damping
from analyses.checks.contract import Check
from analyses.checks.damping import Change, Standing
from analyses.checks.looking import Looked
from nuncius.core.event import Event, Tense, iso
from nuncius.journal import Journal
from nuncius.journal.checks import CheckRun, CheckState, Looks

KIND = "platform.check"
#: IRIs of incidents: what a check was failing from and to, with a thread of its own.
INCIDENT = "http://odahub.io/ontology/nuncius/incident/"


def record(journal: Journal, looked: Looked, now: datetime) -> CheckState:
    """Keep a look; returns how the check stands now."""

    def judge(before: CheckState | None) -> tuple[CheckState, CheckRun, list[Event]]:
        return _judge(before, looked, now)

    return Looks(journal).keep(looked.check.name, judge, now=now)


def _judge(before: CheckState | None, looked: Looked, now: datetime) -> tuple[CheckState, CheckRun, list[Event]]:
    check, finding = looked.check, looked.finding
    was = msgspec.convert(before.standing, Standing) if before else Standing(since=now)
    stands, change = damping.look(was, finding.ok, now, check.policy)
    changes, incident = (before.changes, before.incident) if before else (0, 0)
    state = CheckState(
        check=check.name,
        platform=check.platform,
        state=stands.state,
        since=stands.since,
        looked=now,
        ok=finding.ok,
        reason=finding.reason,
        mend=finding.mend,
        severity=check.severity,
        proves=list(check.proves),
        standing=msgspec.to_builtins(stands),
        changes=changes + (change is not None),
        incident=incident + (change is not None and change.opens),
    )
    run = CheckRun(
        check=check.name,
        at=now,
        ok=finding.ok,
        state=stands.state,
        reason=finding.reason,
        took_s=round(looked.took_s, 4),
        values=finding.values,
    )
    told = [_event(check, state, change, was.state, now)] if change else []
    return state, run, told


def _event(check: Check, state: CheckState, change: Change, previous: str, now: datetime) -> Event:
    """What rules and the graph hear. Its id counts the changes of the check, so that no change is told twice."""
    lasted_s = (now - change.opened).total_seconds() if change.opened else 0.0
    data: dict[str, Any] = {
        "platform": check.platform,
        "service": check.name,
        "check": check.name,
        "name": f"{check.name} on {check.platform}",
        "state": change.told,
        "previous": previous,
        "severity": check.severity,
        "reason": state.reason,
        "mend": state.mend,
        "proves": list(check.proves),
        "about": check.about,
        "subject": subject(check.name, change.told, lasted_s),
    }
    if change.opened:
        data |= {"since": iso(change.opened), "lasted_s": lasted_s, "lasted": lasting(lasted_s)}
    return Event(
        id=f"check:{check.name}:{state.changes}:{change.told}",
        kind=KIND,
        source="nuncius:checks",
        received=now,
        tense=Tense.INITIAL if change.opens or not change.opened else Tense.UPDATE,
        object=f"{INCIDENT}{check.name}/{state.incident}" if change.opened else None,
        data=data,
    )


def subject(check: str, told: str, lasted_s: float) -> str:
    """One line: `feeds is failing`, `feeds recovered after 2 h 10 min`."""
    said = {
        "failing": "is failing",
        "flapping": "is flapping: it fails and recovers again and again",
        "recovered": f"recovered after {lasting(lasted_s)}",
        "unknown": "can no longer be told",
        "well": "is well",
    }
    return f"{check} {said.get(told, told)}"


def lasting(seconds: float) -> str:
    """A length of time as people say it: `2 h 10 min`."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"
