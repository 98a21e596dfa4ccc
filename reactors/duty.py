"""People as rules address them: `to: ann` tells ann wherever she is reached, and a page for her that nobody
acknowledges goes on to whoever comes next, at last to everybody. Put into rules when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from nuncius.core.report import Severity
from reactors.expanding import result_names
from reactors.planning import RETRACTED
from reactors.rule import Escalation, Rule
from reactors.templates import parse_template
from reactors.tokens import ExpressionError

#: What a text may name that an escalation, which comes later, does not have.
_PASSING = ("item", "error", "retraction")


class OnDuty(msgspec.Struct, frozen=True, kw_only=True):
    """A person: what the journal calls them, how long a page waits for them, and who is next (empty: everybody)."""

    id: str
    after_s: float
    then: str = ""


Duty = Mapping[str, OnDuty]


def addressed(rule: Rule, duty: Duty) -> Rule:
    """The rule with names of people in `to` understood as these people. A rule that says itself how it escalates keeps
    that. Its hash stays: who is on duty changes, what the rule means does not."""
    if not duty:
        return rule
    escalate = rule.escalate or tuple(_chain(rule, duty))
    actions = _bound(rule.actions, duty)
    told = _told(rule, actions)
    # Who was told alone hears of a retraction alone too, and as loudly: whoever was woken may sleep again.
    also = [{"do": "post", "what": RETRACTED}] if any("for" not in action for action in actions) else []
    also += [{"do": do, "what": RETRACTED, "for": reader} for reader, do in told.items()]
    return msgspec.structs.replace(
        rule,
        actions=actions,
        on_fail=_bound(rule.on_fail, duty),
        on_retract=_bound(rule.on_retract, duty) if rule.on_retract or not told else tuple(also),
        escalate=tuple(_to_person(escalation, duty) for escalation in escalate),
    )


def _told(rule: Rule, actions: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Who is told alone, and whether by a page or a post."""
    told: dict[str, str] = {}
    for action in actions:
        if "for" in action:
            loud = action["do"] == "page" or rule.severity is Severity.PAGE
            told[action["for"]] = "page" if loud or told.get(action["for"]) == "page" else "post"
    return told


def _bound(actions: Sequence[dict[str, Any]], duty: Duty) -> tuple[dict[str, Any], ...]:
    return tuple(_action(action, duty) for action in actions)


def _action(action: dict[str, Any], duty: Duty) -> dict[str, Any]:
    inner = {"else": list(_bound(action["else"], duty))} if action.get("else") else {}
    person = duty.get(str(action.get("to", "")))
    if person is None:
        return action | inner
    return {key: value for key, value in action.items() if key != "to"} | inner | {"for": person.id}


def _to_person(escalation: Escalation, duty: Duty) -> Escalation:
    person = duty.get(escalation.to)
    return msgspec.structs.replace(escalation, to=person.id) if person is not None else escalation


def _chain(rule: Rule, duty: Duty) -> Iterator[Escalation]:
    """Who is paged after the first one on duty that the rule pages, and when; everybody at last."""
    for action in rule.actions:
        name = str(action.get("to", ""))
        if name not in duty or not (action["do"] == "page" or rule.severity is Severity.PAGE):
            continue
        text, after_s, told = _words(rule, action), 0.0, [name]
        while True:
            person = duty[told[-1]]
            after_s += person.after_s
            then = person.then if person.then in duty and person.then not in told else ""
            page = f"Not acknowledged by {', '.join(told)}: {text}"
            yield Escalation(after_s=after_s, page=page, unless="acknowledged", to=then)
            if not then:
                return
            told.append(then)


def _words(rule: Rule, action: dict[str, Any]) -> str:
    """The first line of what was said, if it can still be said later."""
    line = str(action["what"]).strip().partition("\n")[0]
    gone = {*result_names(rule.actions), *_PASSING}
    known = {*gone, *(name for name, _ in rule.variables), *(alias.name for alias in rule.aliases)}
    try:
        used = parse_template(line, known).names
    except ExpressionError:  # the line ends within an expression
        return f"rule {rule.name}"
    return f"rule {rule.name}" if used & gone else line
