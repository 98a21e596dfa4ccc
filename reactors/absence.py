"""`without`: something that should have come and did not. The window is a row of the journal; when it closes, what came
is looked up, and where a feed was broken meanwhile the answer is unknown, never absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from nuncius.core.event import Event, iso
from nuncius.journal.records import Wait
from reactors.bounds import GRACE_S, LATE_S
from reactors.correlation import case_of, choose
from reactors.feedgaps import broken
from reactors.hearing import Hearing
from reactors.judging import Case, Opened, Verdict, conditions, fire, look_at, per_of
from reactors.naming import digest
from reactors.rule import Rule, Window
from reactors.scene import Scene
from reactors.shelves import Seen, made, t0_of


def open_window(rule: Rule, case: Case, hearing: Hearing, reason: str, trace: list[dict[str, Any]]) -> Verdict:
    """The conditions hold: from now on it is waited for the end of the window."""
    window = rule.window or Window(start_s=0.0, end_s=0.0)
    end = t0_of(case.event) + timedelta(seconds=window.end_s)
    if hearing.event.received > end + timedelta(seconds=LATE_S):
        return Verdict(outcome="not", reason=f"too late: the window closed at {iso(end)}", trace=trace)
    due = max(end, hearing.event.received) + timedelta(seconds=GRACE_S)
    name = rule.absent.alias.name if rule.absent else ""
    told = f"{reason}; at {iso(due)} it is looked whether '{name}' has come"
    return open_wait(rule, case, hearing, form="without", due=due, reason=told, trace=trace)


def open_wait(
    rule: Rule,
    case: Case,
    hearing: Hearing,
    *,
    form: str,
    due: datetime,
    reason: str,
    trace: list[dict[str, Any]],
    offset_s: float | None = None,
) -> Verdict:
    """Wait in a place; what was waited for there before on an older word ends. `offset_s` tells several moments of one
    event apart."""
    per = per_of(rule, case)
    if per is None:
        return Verdict(outcome="unknown", reason=f"per: {rule.per.source if rule.per else ''} is unknown", trace=trace)
    before = [wait for wait in hearing.memory.waits(rule.name, per) if wait.form == form]
    when = made(case.event)
    if when and any(str(wait.data.get("made", "")) > when for wait in before):
        return Verdict(outcome="not", reason="late: a newer word on the same has come before it", trace=trace)
    if hearing.memory.full(rule.name) and not before:
        hearing.memory.complain(f"rule {rule.name}: too many open windows; {case.event.id} is not waited for")
        return Verdict(outcome="limited", reason="too many windows of this rule are open", trace=trace)
    apart = () if offset_s is None else (f"{offset_s:g}",)
    offset = {} if offset_s is None else {"offset": offset_s}
    wait = Wait(
        key=digest(rule.name, form, per, hearing.event.id, case.event.id, *apart),
        rule=rule.name,
        form=form,
        due=due,
        per=per,
        event=case.event.id,
        members=case.members,
        data={"aliases": {name: event.id for name, event in case.aliases.items()}, "made": when, "late": case.late}
        | offset,
    )
    events = [case.event, *case.aliases.values()]
    closes = [old.key for old in before if old.key != wait.key]
    return Verdict(
        outcome="waiting", reason=reason, trace=trace, waits=[Opened(wait=wait, events=events)], closes=closes
    )


def close_windows(rule: Rule, per: str, hearing: Hearing, form: str) -> list[str]:
    """A revision for which the conditions no longer hold ends the window that an earlier one opened."""
    return [wait.key for wait in hearing.memory.waits(rule.name, per) if wait.form == form]


def closed(rule: Rule, wait: Wait, case: Case, hearing: Hearing) -> Verdict:
    """The window has closed: did it come?"""
    absent, window = rule.absent, rule.window or Window(start_s=0.0, end_s=0.0)
    if absent is None:
        return Verdict(outcome="not", reason="the rule was edited: it no longer asks for an absence")
    outcome, reason, trace = conditions(rule, case.scene)
    if outcome != "fired":
        return Verdict(outcome=outcome, reason=reason, trace=trace)
    t0 = t0_of(case.event)
    start, end = t0 + timedelta(seconds=window.start_s), t0 + timedelta(seconds=window.end_s)
    around = [item for item in hearing.memory.partners(absent.alias.kinds, start, end) if item.received <= wait.due]
    own = {case.event.id, *(event.id for event in case.aliases.values())}
    unknown = ""
    for item in choose(rule, [item for item in around if item.id not in own], hearing):
        came, why, lines = _where(rule, case, item, hearing)
        if came == "fired":
            reason = f"'{absent.alias.name}' has come: {item.id}"
            return Verdict(outcome="not", reason=reason, trace=[*lines, *trace])
        if came in ("unknown", "error"):
            unknown = unknown or f"whether {item.id} counts is unknown: {why}"
            trace = [*trace, *lines]
        elif len(trace) < 40:
            trace = [*trace, *lines]
    gaps = broken(hearing.memory, absent.alias.kinds, start, wait.due)
    if gaps:
        unknown = unknown or f"'{absent.alias.name}' may have been missed: {'; '.join(gaps[:3])}"
    if unknown:
        return Verdict(outcome="unknown", reason=unknown, trace=trace)
    reason = f"no '{absent.alias.name}' came by {iso(wait.due)}; {reason}"
    return fire(rule, case, hearing, reason, trace)


def _where(rule: Rule, case: Case, item: Seen, hearing: Hearing) -> tuple[str, str, list[dict[str, Any]]]:
    """Whether an event that came is one of those that are missed."""
    absent = rule.absent
    if absent is None:
        return "not", "", []
    events: Mapping[str, Event] = {**case.aliases, absent.alias.name: hearing.read(item)}
    evaluation = hearing.together(case.event, events)
    scene = Scene(evaluation, rule.variables, evaluation.given)
    asked = [(c.expression, c.line) for c in sorted(absent.where, key=lambda c: c.expression.cost)]
    came, why, lines = look_at(asked, [c.line for c in absent.where], scene)
    return came, why, [line | {"with": {absent.alias.name: item.id}} for line in lines]


def case_of_wait(rule: Rule, wait: Wait, hearing: Hearing) -> Case | str:
    """The events that a wait was opened on, as they stand; or why there are none any more."""
    ids: dict[str, str] = wait.data.get("aliases", {})
    found = {event_id: hearing.memory.event(event_id) for event_id in {wait.event, *ids.values()}}
    gone: Sequence[str] = [event_id for event_id, event in found.items() if event is None]
    if gone:
        return f"the event {gone[0]} is not in the journal"
    anchor = found[wait.event]
    aliases = {name: event for name, i in ids.items() if (event := found[i]) is not None}
    if anchor is None or set(aliases) != {alias.name for alias in rule.aliases}:
        return "the rule was edited: it asks for other events now"
    late = str(wait.data.get("late", ""))
    if aliases:
        return case_of(rule, anchor, aliases, hearing, late=late)
    scene = Scene(hearing.together(anchor, {}), rule.variables)
    return Case(event=anchor, scene=scene, late=late)
