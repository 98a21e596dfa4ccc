"""What a rule that fires will do, as the journal keeps it: places in the thread, keys, revisions. An action whose
inputs are those of last time keeps its key, so it is not done again; another's key contains the event, so that a
value that goes back to what it was is told again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nuncius.core.event import Event, iso
from nuncius.journal.records import NewReaction
from reactors.actions.contract import actions
from reactors.compiling import compile_expression
from reactors.expanding import base_name, expand, result_names
from reactors.memory import Memory, Past
from reactors.naming import digest
from reactors.rule import Rule
from reactors.scene import Scene
from reactors.shelves import made
from reactors.templates import parse_template

#: Posted after a retraction where the rule says nothing else.
RETRACTED = (
    "Retracted by ${has(retraction.mission) ? retraction.mission : retraction.source}: "
    "what was said here${has(retraction.mission) ? ' on its word' : ''} no longer stands."
)


def plan(
    rule: Rule,
    event: Event,
    scene: Scene,
    per: str,
    now: datetime,
    memory: Memory,
    *,
    slot: str,
    cause: str,
    again: bool = False,
) -> tuple[NewReaction, Past | None]:
    """The reaction to this event in a slot, and the latest one there. `cause` is the event that was heard: a partner
    of this one, or a timer's. `again`: all is done anew, whatever was done before."""
    past = memory.latest(slot)
    results = result_names(rule.actions)
    scene = Scene(scene.evaluation, rule.variables, scene.given, absent=results)
    steps = expand(rule.actions, scene)
    parts = _parts(steps, scene, slot, cause, past, again=again)
    planned = [
        step | {"slot": f"{slot}/{step['place']}", "key": part["key"], "revision": part["revision"]}
        for step, part in zip(steps, parts, strict=True)
    ]
    thread = event.object or event.id
    places = [
        {"slot": a["slot"], "thread": _scene_of(a, scene).text(a["to"])[0] if a.get("to") else thread} for a in planned
    ]
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
            "on_fail": expand(rule.on_fail, scene),
        },
        on_retract=retraction_actions(rule, scene, slot),
    )
    return reaction, past


def _limit_value(rule: Rule, scene: Scene) -> str:
    if rule.limit is None or rule.limit.per is None:
        return ""
    got = scene.evaluation.evaluate(rule.limit.per, scene.values)
    return str(got.value) if got.state == "value" else "unknown"


def _scene_of(step: dict[str, Any], scene: Scene) -> Scene:
    """The scene of one step: with its item, where it is one of several."""
    return scene.binding(item=step.get("item")) if "item" in step or "gap" in step else scene


def _parts(
    steps: Sequence[dict[str, Any]], scene: Scene, slot: str, cause: str, past: Past | None, *, again: bool
) -> list[dict[str, Any]]:
    """For each step its place, the digest of its inputs, its key and its revision."""
    before = {part.get("place", str(n)): part for n, part in enumerate(past.parts)} if past is not None else {}
    parts: list[dict[str, Any]] = []
    named: dict[str, list[str]] = {}
    for step in steps:
        kind, place, own = actions()[step["do"]], step["place"], _scene_of(step, scene)
        depends = sorted(d for name in _results_used(step, frozenset(own.names)) for d in named.get(name, ()))
        resolved = step["gap"] if "gap" in step else kind.inputs(step, own)
        inputs = digest(step["do"], step["what"], resolved, _asked(step, own), depends)
        last = before.get(place)
        if not again and last is not None and last["inputs"] == inputs and past is not None and past.standing:
            part = last | {"place": place}
        else:
            revision = last["revision"] + 1 if last is not None else 1
            # After a retraction one more: the mark itself was a revision of the place.
            revision += 1 if past is not None and not past.standing else 0
            key = digest(slot, place, inputs, cause)
            part = {"place": place, "inputs": inputs, "key": key, "revision": revision}
        parts.append(part)
        if step.get("as"):
            named.setdefault(base_name(step["as"]), []).append(part["inputs"])
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


def retraction_actions(rule: Rule, scene: Scene, slot: str) -> list[dict[str, Any]]:
    """What is done should the object be retracted: the rule's own actions, or a post that says so."""
    steps = expand(rule.on_retract or ({"do": "post", "what": RETRACTED},), scene)
    return [step | {"slot": f"{slot}/retraction/{step['place']}", "key": "", "revision": 1} for step in steps]
