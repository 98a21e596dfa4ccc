"""What holds a rule back now: its status, windows still open, limits, silences, mutes, and how its reactions stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from nuncius.core.event import iso
from nuncius.journal import Journal
from nuncius.journal.records import Stored
from reactors.recalling import JournalMemory
from reactors.rule import Rule
from reactors.ruleset import RuleSet

#: Reactions and waits looked back at.
MOST = 1000


def circumstances(
    journal: Journal, rules: RuleSet, rule: Rule, stored: Sequence[Stored], *, now: datetime
) -> list[str]:
    """Status, windows still open, limits, modes, silences and mutes of a rule, as far as they touch these events."""
    events = {item.event.id for item in stored}
    objects = {item.event.object for item in stored if item.event.object}
    told = [] if rule.status == "live" else [f"status: {rule.status}"]
    if rule.decides_tense is False and any(not item.event.is_real for item in stored):
        told.append("tests and mocks pass it by: none of its conditions names ev.tense")
    for wait in journal.waits_of(rule.name, limit=MOST):
        touches = wait.event in events or any(m.event in events or m.object in objects for m in wait.members)
        if wait.state == "open" and (touches or wait.form == "schedule"):
            told.append(f"waits until {iso(wait.due)} ({wait.form})")
    told += _limit(journal, rule, now)
    for reaction in [r for obj in objects for r in journal.reactions(object=obj, rule=rule.name, limit=20)]:
        told.append(f"reaction {reaction.id} to {reaction.event_id}: {reaction.state}{_steps(journal, reaction.id)}")
    for silence in journal.silences(now):
        if silence.rule in ("", rule.name) and (not silence.object or silence.object in objects):
            told.append(f"silenced until {iso(silence.until)} by {silence.by or 'somebody'}: {silence.why}")
    memory = JournalMemory(journal, upto=journal.last_seq())
    for muter in rules.muters(rule.name):
        told += [f"muted by '{muter.name}' {f'for {v}' if v else ''}".rstrip() for v in memory.mutes(muter.name, now)]
    return told


def _limit(journal: Journal, rule: Rule, now: datetime) -> list[str]:
    if rule.limit is None:
        return []
    since = now - timedelta(seconds=rule.limit.window_s)
    recent = [r for r in journal.reactions(rule=rule.name, limit=MOST) if r.retracts is None and r.created > since]
    each = f", per {rule.limit.per.source}" if rule.limit.per else ""
    return [f"limit: {len(recent)} firings in the last {rule.limit.window_s:g} s of {rule.limit.count}{each}"]


def _steps(journal: Journal, reaction: int) -> str:
    """How its steps stand, those that failed or were passed over with why."""
    steps = journal.steps(reaction)
    words = [
        f"{step.action['do']} {step.state}{f' ({step.error})' if step.error and step.state != 'done' else ''}"
        for step in steps
    ]
    return f": {'; '.join(words)}" if words else ""
