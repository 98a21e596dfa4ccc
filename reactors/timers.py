"""What is looked at later: each wait that is due becomes an event of kind `timer`, about which only its rule decides.
Whoever drives the engine (service, replay, test, backtest) rings through here, so all mean the same by it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from nuncius.core.event import Event, iso
from nuncius.journal.records import Decided, Decision, NewReaction, Stored, Wait
from reactors import moments, schedules
from reactors.absence import case_of_wait, closed
from reactors.bounds import GRACE_S, MAX_RUNS_IN_A_GAP, OVERDUE_S
from reactors.functions import Maps
from reactors.hearing import Hearing
from reactors.judging import Case, Opened, Verdict, conditions, fire
from reactors.memory import Memory
from reactors.naming import digest
from reactors.planning import RETRACTED
from reactors.rule import Escalation, Rule
from reactors.rulebook import RuleSet
from reactors.scene import Scene
from reactors.shelves import t0_of

log = logging.getLogger(__name__)


def ring_due(
    rules: RuleSet,
    until: datetime,
    *,
    memory: Memory,
    maps: Maps,
    advance: Callable[[datetime], None] = lambda moment: None,
    standstill: bool = False,
) -> Iterator[Decided]:
    """Ring what is due until a moment of the virtual clock, in order, each at its own time (`advance` moves the clock),
    or after a `standstill` all at that moment. What one rings opens may ring too."""
    rung: Counter[str] = Counter()
    while (wait := memory.first_due(until)) is not None:
        rung[wait.rule] += wait.form == "schedule"
        now = wait.due if rung[wait.rule] <= MAX_RUNS_IN_A_GAP and not standstill else until
        advance(now)
        yield ring(rules, wait, now=now, memory=memory, maps=maps)


def ring(rules: RuleSet, wait: Wait, *, now: datetime, memory: Memory, maps: Maps) -> Decided:
    """What a wait's rule says now that it is due. The wait ends, whatever comes of it."""
    rule = rules.named(wait.rule)
    event = timer_event(wait, now)
    hearing = Hearing(Stored(seq=0, event=event, journalled=now), rules, now=now, memory=memory, maps=maps)
    if rule is None or schedules.outdated(rule, wait):
        memory.close(wait.key)
        return Decided(seq=0, rings=event)  # the rule is gone, or it is scheduled otherwise now
    try:
        verdict = _say(rule, wait, hearing)
    except Exception as error:  # one rule's mishap must not stop the others
        log.exception("rule %s on %s", rule.name, event.id)
        verdict = Verdict(outcome="error", reason=f"{type(error).__name__}: {error}")
    memory.close(wait.key)
    for opened in verdict.waits:
        memory.open(opened.wait, opened.events)
    decision = Decision(
        rule=rule.name, rule_hash=rule.hash, outcome=verdict.outcome, reason=verdict.reason, trace=verdict.trace
    )
    return Decided(
        seq=0,
        rings=event,
        decisions=[decision],
        reactions=verdict.reactions,
        waits=[opened.wait for opened in verdict.waits],
        closes=verdict.closes,
    )


def timer_event(wait: Wait, now: datetime) -> Event:
    """The event that a wait becomes."""
    data: dict[str, Any] = {"rule": wait.rule, "form": wait.form, "due": iso(wait.due), "per": wait.per}
    if wait.event:
        data["anchor"] = wait.event
    objects = [member.object for member in wait.members if member.object]
    return Event(
        id=f"timer:{wait.key}",
        kind="timer",
        source="reactors",
        received=now,
        trigger_time=wait.due,
        object=objects[0] if objects else None,
        data=data,
    )


def _say(rule: Rule, wait: Wait, hearing: Hearing) -> Verdict:
    if wait.form == "schedule":
        return schedules.run(rule, wait, hearing)
    if wait.form == "escalate":
        return _escalate(rule, wait, hearing)
    if wait.form == "after" and (left_out := moments.passed_over(rule, wait, hearing)) is not None:
        return left_out
    overdue_s = (hearing.now - wait.due).total_seconds()
    if overdue_s > OVERDUE_S and not wait.data.get("again"):
        return _once_more(wait, hearing)
    rule = moments.named(rule, wait.data.get("offset"))
    case = case_of_wait(rule, wait, hearing)
    if isinstance(case, str):
        return Verdict(outcome="not", reason=case)
    if (longer := _still_open(rule, wait, case, hearing)) is not None:
        return longer
    if wait.form == "without":
        return closed(rule, wait, case, hearing)
    offset_s = wait.data.get("offset")
    if rule.after is None or (offset_s is not None and offset_s not in rule.after.delays_s):
        return Verdict(outcome="not", reason="the rule was edited: it no longer waits for this moment after T0")
    if offset_s is not None:
        case = msgspec.structs.replace(case, apart=f"after {offset_s:g} s")
    outcome, reason, trace = conditions(rule, case.scene)
    if outcome != "fired":
        return Verdict(outcome=outcome, reason=reason, trace=trace)
    return fire(rule, case, hearing, reason, trace)


def _still_open(rule: Rule, wait: Wait, case: Case, hearing: Hearing) -> Verdict | None:
    """The rule was edited meanwhile, and its window is longer than it was: nothing can be said yet of what may
    still come."""
    delay_s = float(wait.data.get("offset", rule.after.delay_s)) if rule.after else 0.0
    if wait.form == "without":
        delay_s = rule.window.end_s + GRACE_S if rule.absent and rule.window else 0.0
    due = t0_of(case.event) + timedelta(seconds=delay_s)
    if due <= max(hearing.now, wait.due):
        return None
    longer = msgspec.structs.replace(wait, key=digest(wait.key, iso(due)), due=due)
    reason = f"the rule was edited: its window is open until {iso(due)}"
    opened = Opened(wait=longer, events=[case.event, *case.aliases.values()])
    return Verdict(outcome="waiting", reason=reason, waits=[opened])


def _once_more(wait: Wait, hearing: Hearing) -> Verdict:
    """The service did not run when this was due: what was sent meanwhile is still on its way in."""
    due = hearing.now + timedelta(seconds=GRACE_S)
    again = msgspec.structs.replace(wait, key=digest(wait.key, "again"), due=due, data=wait.data | {"again": True})
    reason = f"the service did not run at {iso(wait.due)}; looked at again at {iso(due)}, when what was missed is in"
    events = [event for m in wait.members if (event := hearing.memory.event(m.event)) is not None]
    return Verdict(outcome="waiting", reason=reason, waits=[Opened(wait=again, events=events)])


def _escalate(rule: Rule, wait: Wait, hearing: Hearing) -> Verdict:
    """Nobody said a word: page somebody, unless what was asked for has happened."""
    index, slot = int(wait.data.get("index", 0)), str(wait.data.get("slot", ""))
    past = hearing.memory.latest(slot)
    if past is None or not past.standing:
        return Verdict(outcome="not", reason="what it was about has been taken back")
    if index >= len(rule.escalate):
        return Verdict(outcome="not", reason="the rule was edited: it no longer escalates")
    escalation = rule.escalate[index]
    case = case_of_wait_event(rule, past.event, hearing)
    if isinstance(case, str):
        return Verdict(outcome="not", reason=case)
    reached = hearing.memory.reached(slot, since=wait.due - timedelta(seconds=escalation.after_s))
    if escalation.unless:
        got = Scene(case.scene.evaluation, given=reached).evaluate(escalation.unless)
        line = {"line": rule.line, "if": f"unless {escalation.unless}", "is": got.truth, "seen": dict(reached)}
        if got.truth == "true":
            return Verdict(outcome="not", reason=f"not needed: {escalation.unless}", trace=[line])
    page = {"do": "page", "what": escalation.page, "slot": f"{slot}/escalation/{index}", "revision": 1}
    page |= {"key": digest(wait.key, "page"), "place": f"escalation/{index}"} | _whom(escalation)
    why = f"after {escalation.after_s:g} s" + (f" without {escalation.unless}" if escalation.unless else "")
    return _page(rule, case, wait, page, why, past.aliases, hearing)


def _whom(escalation: Escalation) -> dict[str, str]:
    """A person's name in the journal holds a colon, which no thread's does that a rule may name here."""
    if not escalation.to:
        return {}
    return {"for": escalation.to} if ":" in escalation.to else {"to": escalation.to}


def case_of_wait_event(rule: Rule, event_id: str, hearing: Hearing) -> Case | str:
    """The event that a reaction was about."""
    event = hearing.memory.event(event_id)
    if event is None:
        return f"the event {event_id} is not in the journal"
    return Case(event=event, scene=Scene(hearing.together(event, {}), rule.variables))


def _page(
    rule: Rule, case: Case, wait: Wait, page: dict[str, Any], why: str, aliases: dict[str, str], hearing: Hearing
) -> Verdict:
    event = case.event
    own = {key: page[key] for key in ("to", "for") if key in page}
    taken_back = {
        "do": "page" if "for" in own else "post",
        "what": RETRACTED,
        "place": "0",
        "slot": f"{page['slot']}/retraction/0",
    }
    reaction = NewReaction(
        slot=str(page["slot"]),
        key=str(page["key"]),
        rule=rule.name,
        rule_hash=rule.hash,
        object=event.object,
        per=wait.per,
        severity="page",
        actions=[page],
        context={
            "event": event.id,
            "mission": str(event.data.get("mission") or ""),
            "fired": iso(hearing.now),
            "mock": not event.is_real,
            "parts": [],
            "places": [{"slot": page["slot"], "thread": page.get("to") or event.object or event.id}],
            "vars": [list(pair) for pair in rule.variables],
            "results": [],
            "on_fail": [],
            "aliases": aliases,
            "escalates": wait.data.get("slot"),
            "why": why,
        },
        members=wait.members[1:],
        on_retract=[taken_back | own | {"key": "", "revision": 1}],
    )
    hearing.memory.note(reaction, hearing.now)
    return Verdict(outcome="fired", reason=f"escalated {why}: {page['what']}", reactions=[reaction])
