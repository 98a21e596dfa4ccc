"""Moments after T0 (`{after, of}`): each is a row of the journal that waits, and what becomes of those that have passed
unseen. What is looked at when one comes is in `reactors/timers.py`."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from nuncius.core.event import iso
from nuncius.journal.records import Wait
from reactors import absence
from reactors.bounds import LATE_S, MISSED_S
from reactors.durations import short
from reactors.hearing import Hearing
from reactors.judging import Case, Verdict
from reactors.rule import Rule
from reactors.scene import Scene
from reactors.shelves import t0_of


def wait_for(rule: Rule, hearing: Hearing) -> Verdict:
    """It is looked at a while after T0, as it stands by then; with several moments, at each of them."""
    event, t0 = hearing.event, t0_of(hearing.event)
    delays = rule.after.delays_s if rule.after else ()
    in_time = [d for d in delays if event.received <= t0 + timedelta(seconds=d + LATE_S)]
    if not in_time:
        due = iso(t0 + timedelta(seconds=delays[-1]))
        return Verdict(outcome="not", reason=f"too late: it would have been looked at {due}")
    wanted = _wanted(rule, in_time, (event.received - t0).total_seconds())
    if not wanted:
        return Verdict(outcome="skipped", reason="missed: skip, and every moment had passed when it came")
    found = [_wait(rule, hearing, delay_s, several=len(delays) > 1) for delay_s in wanted]
    odd = next((verdict for verdict in found if verdict.outcome != "waiting"), None)
    if odd is not None:
        return odd
    return msgspec.structs.replace(
        found[0],
        reason="; ".join(verdict.reason for verdict in found),
        waits=[opened for verdict in found for opened in verdict.waits],
    )


def _wanted(rule: Rule, delays: list[float], passed_s: float) -> list[float]:
    """Of several moments that had passed when the event came only the last is looked at, since all would see the same;
    with `each` they all are, with `skip` none."""
    gone = [d for d in delays if passed_s > d + MISSED_S]
    made_up = {"once": gone[-1:], "skip": [], "each": gone}[rule.missed]
    return made_up + delays[len(gone) :]


def _wait(rule: Rule, hearing: Hearing, delay_s: float, *, several: bool) -> Verdict:
    event = hearing.event
    due = t0_of(event) + timedelta(seconds=delay_s)
    late = f"late: came after {iso(due)}" if event.received > due else ""
    case = Case(event=event, scene=Scene(hearing.alone, named(rule, delay_s).variables), late=late)
    reason = f"looked at {delay_s:g} s after T0: {iso(due)}"
    offset = delay_s if several else None
    return absence.open_wait(rule, case, hearing, form="after", due=due, reason=reason, trace=[], offset_s=offset)


def named(rule: Rule, delay_s: float | None) -> Rule:
    """The rule with the moment under the name `after`, where it has several."""
    if delay_s is None or rule.after is None or not rule.after.more_s:
        return rule
    return msgspec.structs.replace(rule, variables=(("after", f"'{short(delay_s)}'"), *rule.variables))


def passed_over(rule: Rule, wait: Wait, hearing: Hearing) -> Verdict | None:
    """A moment that is only looked at now, because the service did not run, and that its rule leaves out."""
    if (hearing.now - wait.due).total_seconds() <= MISSED_S or wait.data.get("again"):
        return None
    if rule.missed == "skip":
        return Verdict(outcome="skipped", reason=f"missed: skip, and the service did not run at {iso(wait.due)}")
    later = [w for w in hearing.memory.waits(rule.name, wait.per) if w.form == "after" and w.event == wait.event]
    offset = float(wait.data.get("offset", 0.0))
    stands = [w for w in later if float(w.data.get("offset", 0.0)) > offset and w.due <= hearing.now]
    if rule.missed == "once" and stands:
        last = iso(max(w.due for w in stands))
        return Verdict(
            outcome="skipped", reason=f"the service did not run; the moment {last} has passed too and stands"
        )
    return None
