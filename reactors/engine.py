"""Decides: rules, an event and the past in; decisions with their reasons, and reactions, out. Touches nothing outside
its arguments, so that live service, replay and backtest are the same code. What comes due later is decided in
`reactors/timers.py`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nuncius.core.event import Event, iso
from nuncius.journal.records import Decided, Decision, Outcome, Retraction, Stored
from reactors import absence, again, correlation, counting, moments
from reactors.bounds import MAX_TRACES
from reactors.functions import Maps
from reactors.hearing import Hearing
from reactors.judging import Case, Verdict, conditions, fire, per_of
from reactors.memory import Memory
from reactors.rule import Rule
from reactors.rulebook import RuleSet
from reactors.scene import Scene

log = logging.getLogger(__name__)

#: Of several verdicts on one event this one is told.
_FIRST: Sequence[Outcome] = (
    "fired",
    "shadow",
    "waiting",
    "limited",
    "muted",
    "silenced",
    "skipped",
    "unchanged",
    "error",
    "unknown",
    "not",
)


def decide(rules: RuleSet, stored: Stored, *, now: datetime, memory: Memory, maps: Maps) -> Decided | None:
    """What all rules that listen to this kind of event say about it. None where nobody listens and nothing is taken
    back."""
    event = stored.event
    memory.hear(stored, rules.kept(event.kind))
    listening: Sequence[Rule] = rules.listening(event.kind)
    retracts = _retractions(event, memory)
    fact = rules.ask_graph and event.is_a(again.FACTS)
    if not listening and not retracts and not fact:
        return None
    closes = []
    for retraction in retracts:
        closes += [wait.key for wait in memory.waits_on(retraction)]
        memory.retract(retraction)
    for key in closes:
        memory.close(key)
    hearing = Hearing(stored, rules, now=now, memory=memory, maps=maps)
    gate = _gate(event)
    sieve, passed = rules.sieve(event.kind), None
    if sieve is not None:
        listening, passed = sieve.sift(hearing.alone, gate.reason if gate else "")
    decided = Decided(seq=stored.seq, retracts=retracts, closes=closes, passed=passed)
    for rule in listening:
        try:
            verdict = gate if gate is not None and not rule.decides_tense else _judge(rule, hearing)
            again.note_answer(rule, event, verdict, hearing)
        except Exception as error:
            # One rule's mishap must stop neither the others nor the queue.
            log.exception("rule %s on %s", rule.name, event.id)
            verdict = Verdict(outcome="error", reason=f"{type(error).__name__}: {error}")
        _add(decided, rule, verdict, memory)
    for rule, verdict in again.look_again(hearing, _judge) if fact else ():
        _add(decided, rule, verdict, memory)
    return decided


def _add(decided: Decided, rule: Rule, verdict: Verdict, memory: Memory) -> None:
    decided.decisions.append(
        Decision(
            rule=rule.name, rule_hash=rule.hash, outcome=verdict.outcome, reason=verdict.reason, trace=verdict.trace
        )
    )
    decided.reactions.extend(verdict.reactions)
    for key in verdict.closes:
        memory.close(key)
        decided.closes.append(key)
    for opened in verdict.waits:
        memory.open(opened.wait, opened.events)
        decided.waits.append(opened.wait)


def _retractions(event: Event, memory: Memory) -> list[Retraction]:
    """What an event takes back. A mock retraction takes back only what mocks have set going."""
    if not event.is_retraction or event.object is None:
        return []
    if not event.is_real and not memory.only_mock(event.object):
        return []
    return [Retraction(object=event.object, mission=str(event.data.get("mission") or ""))]


def _gate(event: Event) -> Verdict | None:
    """What rules say that do not name the tense themselves: tests and retractions never get as far as conditions."""
    if not event.is_real:
        reason = f"its tense is {event.tense.value}; a rule that does not name ev.tense sees only real events"
        return Verdict(outcome="test", reason=reason)
    if event.is_retraction:
        return Verdict(outcome="not", reason="a retraction: it takes back, and sets nothing going")
    return None


def _judge(rule: Rule, hearing: Hearing) -> Verdict:
    if rule.after is not None:
        return moments.wait_for(rule, hearing)
    if rule.aliases:
        return _several(rule, hearing)
    if rule.count > 1:
        return counting.judge(rule, hearing)
    case = Case(event=hearing.event, scene=Scene(hearing.alone, rule.variables))
    outcome, reason, trace = conditions(rule, case.scene)
    if outcome == "fired":
        return _act(rule, case, hearing, reason, trace)
    closes = []
    if rule.absent is not None and outcome == "not" and (per := per_of(rule, case)) is not None:
        closes = absence.close_windows(rule, per, hearing, "without")
    return Verdict(outcome=outcome, reason=reason, trace=trace, closes=closes)


def _act(rule: Rule, case: Case, hearing: Hearing, reason: str, trace: list[dict[str, Any]]) -> Verdict:
    """The conditions hold: fire, or wait for what should not come."""
    if rule.absent is not None:
        return absence.open_window(rule, case, hearing, reason, trace)
    return fire(rule, case, hearing, reason, trace)


def _several(rule: Rule, hearing: Hearing) -> Verdict:
    """`{alias: kind, …}`: every set of events that the one just heard completes is looked at."""
    found = correlation.find(rule, hearing)
    if not found.cases:
        if found.open_until is not None:
            reason = f"{found.why}; the window is open until {iso(found.open_until)}"
            return Verdict(outcome="waiting", reason=reason)
        return Verdict(outcome="not", reason=found.why)
    verdicts: list[tuple[Case, Verdict]] = []
    done: set[str] = set()
    for case in found.cases:
        outcome, reason, trace = conditions(rule, case.scene)
        names = {name: event.id for name, event in case.aliases.items()}
        trace = [line | {"with": names} for line in trace] or [
            {"line": rule.line, "if": "", "is": "true", "with": names}
        ]
        verdict = Verdict(outcome=outcome, reason=reason, trace=trace)
        if outcome == "fired":
            per = per_of(rule, case) or ""
            if per in done:
                continue  # one place, one event: the nearest partners have spoken
            verdict = _act(rule, case, hearing, reason, trace)
            done.add(per)
        verdicts.append((case, verdict))
    return _together(verdicts, len(found.cases))


def _together(verdicts: Sequence[tuple[Case, Verdict]], sets: int) -> Verdict:
    """One word on all sets of events, the deciding one first."""
    ordered = sorted((verdict for _, verdict in verdicts), key=lambda verdict: _FIRST.index(verdict.outcome))
    first = ordered[0]
    return Verdict(
        outcome=first.outcome,
        reason=first.reason if sets == 1 else f"{first.reason} ({sets} sets of events)",
        trace=[line for verdict in ordered[:MAX_TRACES] for line in verdict.trace],
        reactions=[reaction for _, verdict in verdicts for reaction in verdict.reactions],
        waits=[opened for _, verdict in verdicts for opened in verdict.waits],
        closes=[key for _, verdict in verdicts for key in verdict.closes],
    )
