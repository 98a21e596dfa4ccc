"""Decides: rules, an event and the past in; decisions with their reasons, and reactions, out. Touches nothing outside
its arguments, so that live service, replay and backtest are the same code."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import msgspec

from nuncius.core.event import Event
from nuncius.journal.records import Decided, Decision, NewReaction, Outcome, Retraction, Stored
from reactors.context import context
from reactors.evaluation import Evaluation
from reactors.functions import Maps
from reactors.memory import Memory, Past, window_start
from reactors.planning import made, plan
from reactors.rule import Rule
from reactors.rulebook import RuleSet
from reactors.scene import Scene

log = logging.getLogger(__name__)


class _Verdict(msgspec.Struct, frozen=True, kw_only=True):
    outcome: Outcome
    reason: str
    trace: list[dict[str, Any]] = []
    reaction: NewReaction | None = None


def decide(rules: RuleSet, stored: Stored, *, now: datetime, memory: Memory, maps: Maps) -> Decided | None:
    """What all rules that listen to this kind of event say about it. None where nobody listens and nothing is taken
    back."""
    event = stored.event
    listening = rules.listening(event.kind)
    retracts = _retractions(event, memory)
    if not listening and not retracts:
        return None
    for retraction in retracts:
        memory.retract(retraction)
    gate = _gate(event)
    evaluation: Evaluation | None = None
    decisions, reactions = [], []
    for rule in listening:
        try:
            if gate is not None and not rule.decides_tense:
                verdict = gate
            else:
                evaluation = evaluation or Evaluation(context(event), maps)  # one conversion for all rules
                verdict = _judge(rule, stored, evaluation, now, memory)
        except Exception as error:
            # One rule's mishap must stop neither the others nor the queue.
            log.exception("rule %s on %s", rule.name, event.id)
            verdict = _Verdict(outcome="error", reason=f"{type(error).__name__}: {error}")
        decisions.append(
            Decision(
                rule=rule.name,
                rule_hash=rule.hash,
                outcome=verdict.outcome,
                reason=verdict.reason,
                trace=verdict.trace,
            )
        )
        if verdict.reaction is not None:
            reactions.append(verdict.reaction)
            memory.note(verdict.reaction, now)
    return Decided(seq=stored.seq, decisions=decisions, reactions=reactions, retracts=retracts)


def _retractions(event: Event, memory: Memory) -> list[Retraction]:
    """What an event takes back. A mock retraction takes back only what mocks have set going."""
    if not event.is_retraction or event.object is None:
        return []
    if not event.is_real and not memory.only_mock(event.object):
        return []
    return [Retraction(object=event.object, mission=str(event.data.get("mission") or ""))]


def _gate(event: Event) -> _Verdict | None:
    """What rules say that do not name the tense themselves: tests and retractions never get as far as conditions."""
    if not event.is_real:
        reason = f"its tense is {event.tense.value}; a rule that does not name ev.tense sees only real events"
        return _Verdict(outcome="test", reason=reason)
    if event.is_retraction:
        return _Verdict(outcome="not", reason="a retraction: it takes back, and sets nothing going")
    return None


def _judge(rule: Rule, stored: Stored, evaluation: Evaluation, now: datetime, memory: Memory) -> _Verdict:
    event = stored.event
    scene = Scene(evaluation, rule.variables)
    outcome, reason, trace = _conditions(rule, scene)
    if outcome != "fired":
        return _Verdict(outcome=outcome, reason=reason, trace=trace)
    per = _per(rule, event, scene)
    if per is None:
        return _Verdict(outcome="unknown", reason=f"per: {rule.per.source if rule.per else ''} is unknown", trace=trace)
    reaction, past = plan(rule, event, scene, per, now, memory)
    if past is not None and past.standing and [p["inputs"] for p in past.parts] == _inputs(reaction):
        return _Verdict(outcome="unchanged", reason=f"nothing new since {past.event}", trace=trace)
    if overtaken := _overtaken(stored, past, memory):
        return _Verdict(outcome="not", reason=overtaken, trace=trace)
    if rule.status == "shadow":
        return _Verdict(outcome="shadow", reason=f"{reason}; in shadow, so nothing is done", trace=trace)
    if rule.limit is not None:
        value = str(reaction.context["limit"])
        fired = memory.firings(rule.name, value, window_start(now, rule.limit.window_s))
        if fired >= rule.limit.count:
            for_whom = f" for {value}" if value else ""
            reason = f"fired {fired} times in {rule.limit.window_s:g} s{for_whom}; the limit is {rule.limit.count}"
            return _Verdict(outcome="limited", reason=reason, trace=trace)
    return _Verdict(outcome="fired", reason=reason, trace=trace, reaction=reaction)


def _overtaken(stored: Stored, past: Past | None, memory: Memory) -> str:
    """Why a notice that comes late says nothing new: its own sender has since made a newer one, or taken it back.
    Feeds overtake each other, and an outage is caught up with afterwards."""
    event, when = stored.event, made(stored.event)
    if not when:
        return ""
    mission = str(event.data.get("mission") or "")
    if past is not None and past.standing and past.mission == mission and when < past.made:
        return f"late: made at {when}, before {past.event} that was already acted on"
    taken_back = memory.retracted_by(event, stored.seq)
    if taken_back is not None and when < made(taken_back):
        return f"late: made at {when}, before its retraction {taken_back.id}"
    return ""


def _inputs(reaction: NewReaction) -> list[str]:
    return [part["inputs"] for part in reaction.context["parts"]]


def _per(rule: Rule, event: Event, scene: Scene) -> str | None:
    """The identity that a rule acts per: its `per`, else the object, else the event itself."""
    if rule.per is None:
        return event.object or event.id
    got = scene.evaluation.evaluate(rule.per, scene.values)
    if got.state == "value":
        return str(got.value)
    # `per: ev.object` means the same as saying nothing, also where there is no object yet.
    return event.id if rule.per.source.strip() == "ev.object" else None


def _conditions(rule: Rule, scene: Scene) -> tuple[Outcome, str, list[dict[str, Any]]]:
    """All conditions, the cheap ones first: once one of these is false, the sky is not computed."""
    lines: dict[int, dict[str, Any]] = {}
    evaluation = scene.evaluation
    false: list[str] = []
    for condition in rule.by_cost:
        expression = condition.expression
        line: dict[str, Any] = {"line": condition.line, "if": expression.source}
        lines[id(condition)] = line
        if false and expression.cost:
            line |= {"is": "skipped", "why": "another condition is false"}
            continue
        got, line["seen"] = evaluation.look(expression, scene.values)
        truth = line["is"] = got.truth
        if truth == "false":
            false.append(expression.source)
        elif truth != "true":
            line["why"] = got.why or f"gives {got.value!r}, neither true nor false"
    trace = [lines[id(condition)] for condition in rule.conditions]
    if false:
        return "not", f"false: {'; '.join(false)}", trace
    for truth, outcome in (("error", "error"), ("unknown", "unknown")):
        why = [f"{line['if']}: {line['why']}" for line in trace if line["is"] == truth]
        if why:
            return ("error" if outcome == "error" else "unknown"), "; ".join(why), trace
    return "fired", "all conditions hold" if trace else "no conditions", trace
