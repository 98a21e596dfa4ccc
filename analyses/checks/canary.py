"""A synthetic alert that goes the whole way: journal, graph, rules, outbox, chat targets. It is a test, carries a mark
of its own, and a rule of its own (`config/rules/canary.yaml`) posts it in a thread that is nobody's."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from functools import partial

from analyses.checks.contract import Finding, Platform, check
from analyses.checks.service import runs
from nuncius.core.event import Event, Tense, iso
from nuncius.journal import Journal
from nuncius.journal.way import Way, way

KIND = "platform.canary"
POLL_S = 0.05
#: However long the settings allow, the check itself ends before its deadline.
LONGEST_S = 100.0
SERVICE = "is `nuncius run` up? `nuncius status` shows each consumer, step and target with its last error"


@check(
    "canary",
    about="A synthetic alert comes through the whole pipeline in time",
    every_s=600.0,
    deadline_s=LONGEST_S + 20.0,
    severity="page",
    proves=("reactions", "reports"),
)
def canary(platform: Platform) -> Finding:
    """Drop one in and watch how far it comes, and how long each stage takes."""
    if not platform.live:
        return Finding(name="canary", ok=None, reason="only where a service runs: this is a replay")
    if not runs(platform):
        reason = "not tried: no service runs on this journal, so nothing would carry it"
        return Finding(name="canary", ok=None, reason=reason)
    journal, most = platform.book, platform.settings.most_canary_s
    mark = secrets.token_hex(4)
    event = Event(
        id=f"canary:{iso(platform.now)}:{mark}",
        kind=KIND,
        source="nuncius:checks",
        received=platform.now,
        tense=Tense.TEST,
        data={"platform": "nuncius", "marker": mark, "role": "test"},
    )
    journal.append([event])
    stages: dict[str, float] = {}
    found = _watch(journal, event, min(most, LONGEST_S), stages)
    return _finding(found, stages, most)


def _watch(journal: Journal, event: Event, most_s: float, stages: dict[str, float]) -> Way:
    """Look until it has arrived, or the time is over; notes in `stages` when each was first seen."""
    begun = time.monotonic()
    while True:
        found = journal.ask(partial(way, event_id=event.id))
        assert found is not None
        waited = time.monotonic() - begun
        if found.understood:  # the graph leaves no moment of its own in the rows
            stages.setdefault("graph_s", round(waited, 3))
        if _arrived(found) or waited > most_s:
            break
        time.sleep(POLL_S)
    moments = {"journalled_s": found.journalled, "decided_s": found.decided, "acted_s": found.acted}
    moments |= {f"told_{target}_s": moment for target, moment in found.told.items()}
    for name, moment in moments.items():
        if moment is not None:
            stages[name] = _since(moment, found.journalled)
    if _arrived(found):
        stages["total_s"] = max([waited if not found.told else 0.0, *stages.values()])
    return found


def _since(moment: datetime, start: datetime) -> float:
    return round(max(0.0, (moment - start).total_seconds()), 3)


def _arrived(found: Way) -> bool:
    if not (found.understood and found.looked_at):
        return False
    return not _fired(found) or (found.acted is not None and not found.waiting)


def _fired(found: Way) -> bool:
    return "fired" in found.outcomes.values()


def _finding(found: Way, stages: dict[str, float], most_s: float) -> Finding:
    if not _arrived(found):
        stuck, mend = _stuck(found)
        reason = f"after {most_s:g} s {stuck}" + (f": {found.error}" if found.error else "")
        return Finding(name="canary", ok=False, reason=reason, mend=mend, values=stages)
    if not _fired(found):
        said = ", ".join(f"{rule}: {outcome}" for rule, outcome in found.outcomes.items())
        reason = f"it was decided about, but no rule fired on it ({said or 'none listens'})"
        mend = "add config/rules/canary.yaml to the rules in nuncius.toml" if not said else ""
        return Finding(name="canary", ok=None, reason=reason, mend=mend, values=stages)
    if found.error and not found.told:
        return Finding(name="canary", ok=False, reason=f"it was not told: {found.error}", mend=SERVICE, values=stages)
    total = stages["total_s"]
    where = ", ".join(found.told) or "no target is set"
    reason = f"journal to chat in {total:.2f} s ({where}); decided after {stages.get('decided_s', 0.0):.2f} s"
    if total > most_s:
        mend = "`nuncius check backlog` says what is slow"
        return Finding(name="canary", ok=False, reason=f"{reason}; at most {most_s:g} s", mend=mend, values=stages)
    return Finding(name="canary", ok=True, reason=reason, values=stages)


def _stuck(found: Way) -> tuple[str, str]:
    """The first stage that has not done with it, and what to look at."""
    if not found.looked_at:
        return "the reactors have not looked at it", SERVICE
    if found.acted is None and _fired(found):
        return "its step is not done", SERVICE
    if found.waiting:
        return f"{found.waiting} of its reports are not delivered", "`nuncius check chat` asks each target"
    return "the graph has not taken it in", "`nuncius check graph`; the graph is written by one process only"
