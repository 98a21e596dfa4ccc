"""What follows when a step cannot succeed: a note in its own place, and the rule's `on_fail` actions as a reaction of
their own."""

from __future__ import annotations

from typing import Any

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.report import Report, Severity
from nuncius.journal.records import NewReaction
from reactors.actions.contract import Work
from reactors.naming import digest
from reactors.saying import report

_PLAIN_POST = {"do", "what", "place"}


def failure_note(work: Work, error: NunciusError) -> Report:
    """In the action's own place, so that a later success replaces it; in the words of the rule's plain posts."""
    action = work.step.action
    name = action["what"] if action["do"] == "run" else action["do"]
    title, text = f"{name} did not work", str(error)
    posts = [step for step in _on_fail(work) if _is_plain(step)]
    if posts:
        scene = work.scene.binding(error=str(error))
        title, _, text = scene.text("\n".join(post["what"] for post in posts))[0].partition("\n")
    note = report(work, title=title, text=text)
    severity = note.severity if note.severity is not Severity.PAGE else Severity.WARNING
    return msgspec.structs.replace(note, key=digest(note.key, "failed"), severity=severity)


def follow_up(work: Work, error: NunciusError) -> list[NewReaction]:
    """The actions of `on_fail` that are more than a word in the failed one's place; none for their own failures."""
    steps = [step for step in _on_fail(work) if not _is_plain(step)]
    if not steps:
        return []
    action, reaction = work.step.action, work.step.reaction
    place = action.get("place", str(work.step.position))
    slot = f"{reaction.slot}/fail/{place}"
    wanted = [
        step
        | {
            "slot": f"{slot}/{step['place']}",
            "key": digest(reaction.key, action["key"], "on_fail", step["place"]),
            "revision": reaction.revision,
        }
        for step in steps
    ]
    about = {"error": str(error), "follows": reaction.id, "on_fail": [], "parts": [], "places": []}
    return [
        NewReaction(
            slot=slot,
            key=digest(slot, reaction.key, action["key"]),
            rule=reaction.rule,
            rule_hash=reaction.rule_hash,
            object=reaction.object,
            per=reaction.per,
            severity=reaction.severity,
            actions=wanted,
            context=reaction.context | about,
        )
    ]


def _on_fail(work: Work) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = work.step.reaction.context.get("on_fail", [])
    return found


def _is_plain(step: dict[str, Any]) -> bool:
    return step["do"] == "post" and not set(step) - _PLAIN_POST
