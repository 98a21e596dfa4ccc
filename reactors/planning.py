"""What a rule that fires will do, as the journal keeps it: places in the thread, keys, revisions. An action whose
inputs are those of last time keeps its key, so it is not done again; another's key contains the event, so that a
value that goes back to what it was is told again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from nuncius.core.event import Event, iso
from nuncius.journal.records import NewReaction
from reactors.actions.contract import actions
from reactors.compiling import compile_expression
from reactors.memory import Memory, Past
from reactors.naming import digest
from reactors.rule import Rule
from reactors.scene import Scene
from reactors.templates import parse_template

#: Posted after a retraction where the rule says nothing else.
RETRACTED = (
    "Retracted by ${has(retraction.mission) ? retraction.mission : retraction.source}: "
    "what was said here${has(retraction.mission) ? ' on its word' : ''} no longer stands."
)


def plan(
    rule: Rule, event: Event, scene: Scene, per: str, now: datetime, memory: Memory
) -> tuple[NewReaction, Past | None]:
    """The reaction to this event, and the latest one in the same slot."""
    place = digest(per)[:12]
    slot = f"{rule.name}/{place}"
    past = memory.latest(slot)
    results = [str(action["as"]) for action in rule.actions if action.get("as")]
    scene = Scene(scene.evaluation, rule.variables, absent=results)
    parts = _parts(rule, scene, slot, event, past)
    planned = [
        action | {"slot": f"{slot}/{index}", "key": part["key"], "revision": part["revision"]}
        for index, (action, part) in enumerate(zip(rule.actions, parts, strict=True))
    ]
    thread = event.object or event.id
    places = [{"slot": a["slot"], "thread": scene.text(a["to"])[0] if a.get("to") else thread} for a in planned]
    reaction = NewReaction(
        slot=slot,
        key=digest(slot, [part["key"] for part in parts]),
        rule=rule.name,
        rule_hash=rule.hash,
        object=event.object,
        per=per,
        severity=rule.severity.value,
        actions=planned,
        context={
            "event": event.id,
            "mission": str(event.data.get("mission") or ""),
            "made": made(event),
            "fired": iso(now),
            "limit": _limit_value(rule, scene),
            "mock": not event.is_real,
            "parts": parts,
            "places": places,
            "vars": [list(pair) for pair in rule.variables],
            "results": results,
            "on_fail": list(rule.on_fail),
        },
        on_retract=retraction_actions(rule, slot),
    )
    return reaction, past


def made(event: Event) -> str:
    """When its sender made a notice, as text that sorts by time; empty where that is not said."""
    try:
        return datetime.fromisoformat(str(event.data["alert_datetime"])).astimezone(UTC).isoformat("T", "microseconds")
    except (KeyError, ValueError, OverflowError):
        return ""


def _limit_value(rule: Rule, scene: Scene) -> str:
    if rule.limit is None or rule.limit.per is None:
        return ""
    got = scene.evaluation.evaluate(rule.limit.per, scene.values)
    return str(got.value) if got.state == "value" else "unknown"


def _parts(rule: Rule, scene: Scene, slot: str, event: Event, past: Past | None) -> list[dict[str, Any]]:
    """For each action the digest of its inputs, its key and its revision."""
    before = past.parts if past is not None else []
    parts: list[dict[str, Any]] = []
    named: dict[str, str] = {}
    for index, action in enumerate(rule.actions):
        kind = actions()[action["do"]]
        depends = sorted(named[name] for name in _results_used(action, frozenset(scene.names)) if name in named)
        inputs = digest(action["do"], action["what"], kind.inputs(action, scene), _asked(action, scene), depends)
        last = before[index] if index < len(before) else None
        if last is not None and last["inputs"] == inputs and past is not None and past.standing:
            part = last
        else:
            revision = last["revision"] + 1 if last is not None else 1
            # After a retraction one more: the mark itself was a revision of the place.
            revision += 1 if past is not None and not past.standing else 0
            part = {"inputs": inputs, "key": digest(slot, index, inputs, event.id), "revision": revision}
        parts.append(part)
        if action.get("as"):
            named[action["as"]] = part["inputs"]
    return parts


def _asked(action: dict[str, Any], scene: Scene) -> Any:
    """What the event says about an action's own `if` and `to`."""
    condition, to = action.get("if"), action.get("to")
    asked = None
    if condition is not None:
        waits = compile_expression(condition, scene.names).names & scene.absent
        asked = condition if waits else scene.evaluate(condition).truth
    return [asked, scene.text(to)[0] if to else None]


def _results_used(action: dict[str, Any], names: frozenset[str]) -> set[str]:
    """Names of results that an action's texts and condition use."""
    used: set[str] = set()
    texts = [action.get("with", {}), action["what"] if action["do"] != "run" else "", action.get("to", "")]
    while texts:
        value = texts.pop()
        if isinstance(value, dict):
            texts += list(value.values())
        elif isinstance(value, list):
            texts += value
        elif isinstance(value, str) and "${" in value:
            used |= parse_template(value, names).names
    if action.get("if"):
        used |= compile_expression(action["if"], names).names
    return used


def retraction_actions(rule: Rule, slot: str) -> list[dict[str, Any]]:
    """What is done should the object be retracted: the rule's own posts, or one that says so."""
    posts = rule.on_retract or ({"do": "post", "what": RETRACTED},)
    return [
        action | {"slot": f"{slot}/retraction/{index}", "key": "", "revision": 1} for index, action in enumerate(posts)
    ]
