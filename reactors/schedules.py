"""Schedules (`{cron}`, `{every}`, `{at}`): when a rule is due next, and what becomes of runs that were missed. Each run
is a row of the journal that waits; it rings in `timers.py`, and the next one is opened in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from nuncius.core.event import iso
from nuncius.journal.records import Wait
from reactors import cron
from reactors.bounds import MAX_MADE_UP, MISSED_S
from reactors.hearing import Hearing
from reactors.judging import Case, Opened, Verdict, conditions, fire
from reactors.memory import Memory
from reactors.naming import digest
from reactors.rule import Rule, Schedule
from reactors.ruleset import RuleSet
from reactors.scene import Scene

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Missed runs that are counted.
MOST_RUNS = 1000


def run(rule: Rule, wait: Wait, hearing: Hearing) -> Verdict:
    """What a scheduled rule says now that it is due; the next run is waited for in the same breath."""
    each = rule.missed == "each"
    runs = _runs(rule.schedule, wait.due, hearing.now, MAX_MADE_UP if each else MOST_RUNS)
    late = (hearing.now - wait.due).total_seconds() > MISSED_S
    following = _wait_until(rule, runs[0]) if each and runs else schedule_wait(rule, hearing.now)
    if late and rule.missed == "skip":
        reason = f"missed: skip, and the service did not run at {iso(wait.due)}"
        verdict = Verdict(outcome="skipped", reason=reason)
    else:
        verdict = _run(rule, wait, hearing, 0 if each else len(runs))
    return msgspec.structs.replace(verdict, waits=[*verdict.waits, *([Opened(wait=following)] if following else [])])


def _run(rule: Rule, wait: Wait, hearing: Hearing, missed: int) -> Verdict:
    apart = iso(wait.due) or "" if rule.missed == "each" else ""  # each run counts: none replaces another
    scene = Scene(hearing.alone, rule.variables)
    case = Case(event=hearing.event, scene=scene, default_per="", again=True, apart=apart)
    outcome, reason, trace = conditions(rule, case.scene)
    if missed:
        reason = f"{reason}; {missed} runs were missed before it, while the service did not run"
    if outcome == "fired":
        return fire(rule, case, hearing, reason, trace)
    return Verdict(outcome=outcome, reason=reason, trace=trace)


def spelled(schedule: Schedule) -> str:
    """A schedule as one word."""
    if schedule.at:
        return f"at {', '.join(str(iso(moment)) for moment in schedule.at)}"
    return f"every {schedule.every_s:g} s" if schedule.every_s is not None else f"{schedule.cron} {schedule.tz}"


def next_run(schedule: Schedule, after: datetime) -> datetime | None:
    """When a schedule is due after a moment, None where it is over. `every` counts from 1970, so that a restart shifts
    nothing."""
    if schedule.at:
        return next((moment for moment in schedule.at if moment > after), None)
    if schedule.every_s is None:
        return cron.next_time(schedule.cron, schedule.tz, after)
    since = (after - EPOCH).total_seconds()
    return EPOCH + timedelta(seconds=(since // schedule.every_s + 1) * schedule.every_s)


def _runs(schedule: Schedule | None, due: datetime, now: datetime, most: int) -> list[datetime]:
    """Further runs that were due since, the last `most`: looked for ever further back, since a schedule can only be
    followed forward."""
    width = timedelta(hours=1)
    while schedule is not None:
        start = max(due, now - width)
        runs = list(_between(schedule, start, now))
        if start == due or len(runs) >= most:
            return runs[-most:]
        width *= 2
    return []


def _between(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    while (following := next_run(schedule, after)) is not None and following <= until:
        yield following
        after = following


def schedule_wait(rule: Rule, after: datetime) -> Wait | None:
    """The wait for the next run of a scheduled rule; None where there is none any more."""
    due = next_run(rule.schedule or Schedule(), after)
    return None if due is None else _wait_until(rule, due)


def _wait_until(rule: Rule, due: datetime) -> Wait:
    word = spelled(rule.schedule or Schedule())
    key = digest(rule.name, "schedule", word, iso(due))
    return Wait(key=key, rule=rule.name, form="schedule", due=due, data={"schedule": word})


def missing_schedules(
    rules: RuleSet, memory: Memory, now: datetime, known: Callable[[str], Collection[str]] = lambda rule: ()
) -> list[Wait]:
    """Waits to open for scheduled rules that wait for nothing yet: new ones, edited ones, and those whose wait was set
    by a clock that ran ahead. `known` gives the keys of a rule's waits that were ever opened: a clock that was set back
    makes no run come twice."""
    wanted = []
    for rule in rules.scheduled:
        word = spelled(rule.schedule) if rule.schedule else ""
        waits = [w for w in memory.waits(rule.name) if w.form == "schedule" and w.data.get("schedule") == word]
        wait = schedule_wait(rule, now)
        if wait is None or any(w.due <= wait.due for w in waits):
            continue
        keys = known(rule.name)
        while wait is not None and wait.key in keys:
            wait = schedule_wait(rule, wait.due)
        if wait is not None:
            wanted.append(wait)
    return wanted


def outdated(rule: Rule, wait: Wait) -> bool:
    """Whether a wait is for a schedule that the rule no longer has."""
    return wait.form == "schedule" and (rule.schedule is None or wait.data.get("schedule") != spelled(rule.schedule))
