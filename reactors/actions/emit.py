"""`emit: custom.word`: an event of our own, which rules can listen to. Its fields are those given `with`; its id
follows from what it says and why, so that it is journalled once."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from nuncius.core.errors import FormatError, PermanentError
from nuncius.core.event import Event, Tense
from nuncius.journal.records import NewReaction
from reactors.actions.contract import ACTIONS, Done, Work
from reactors.naming import digest
from reactors.scene import Scene
from reactors.tokens import ExpressionError
from reactors.vocabulary import ENVELOPE

#: Events that cause events that cause events …: here it ends, because it would not by itself.
MAX_DEPTH = 8
#: What kinds of such events are called.
KIND = re.compile(r"custom(\.[a-z0-9_-]{1,40}){1,5}$")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}$")
#: Fields that say where an event comes from; a rule that could write them could pretend to be a mission.
_RESERVED = frozenset(ENVELOPE) | {"alert_type", "alert_tense", "role", "emitted_by", "because", "depth"}


class Emit:
    """Journals an event."""

    options: Collection[str] = ("with", "as")

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        if not KIND.fullmatch(action["what"]):
            raise ExpressionError(
                f"an event of a rule's own is of a kind custom.…; received '{action['what'][:60]}'",
                hint="for example emit: custom.counterpart_found",
            )
        for name in action.get("with", {}):
            if not _FIELD.fullmatch(name):
                raise FormatError(
                    f"a field is letters, digits and '_', beginning with a letter; received '{name[:60]}'"
                )
            if name in _RESERVED:
                raise ExpressionError(
                    f"the field '{name}' is given by the service", hint=f"choose another name, such as its_{name}"
                )

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        return [action["what"], scene.value(action.get("with", {}))]

    def perform(self, work: Work) -> Done:
        event = event_of(work.step.action, work.step.reaction, work.scene, work.now)
        return Done(result={"names": {"id": event.id, "kind": event.kind}}, events=[event])


def event_of(action: dict[str, Any], reaction: NewReaction, scene: Scene, now: datetime) -> Event:
    """The event that a step emits; a backtest makes the same. Raises PermanentError where rules go on and on."""
    ev = scene.ev
    depth = 1 + max([_depth(ev), *(_depth(value) for value in scene.given.values())])
    if depth > MAX_DEPTH:
        raise PermanentError(
            f"{action['what']} is the {depth}th event in a row that rules made of each other; it is not "
            f"emitted. `nuncius rules graph` shows the loop"
        )
    given = {name: value for name, value in scene.value(action.get("with", {})).items() if value is not None}
    because = str(reaction.context["event"])
    return Event(
        id=f"{action['what']}:{digest(action['key'] or reaction.key, action['slot'], given)}",
        kind=action["what"],
        source=f"rules:{reaction.rule}",
        received=now,
        # What rests on a mock is a mock; what rests on a retraction does not itself retract.
        tense=_tense(ev),
        object=reaction.object,
        trigger_time=_moment(ev.get("trigger_time")),
        data=given | {"emitted_by": reaction.rule, "because": because, "depth": float(depth)},
    )


def _depth(value: Any) -> int:
    depth = value.get("depth") if isinstance(value, dict) and str(value.get("kind", "")).startswith("custom.") else 0
    return int(depth) if isinstance(depth, float) and 0 <= depth <= MAX_DEPTH else 0


def _tense(ev: dict[str, Any]) -> Tense:
    tense = Tense(str(ev.get("tense", "initial")))
    return tense if tense in (Tense.TEST, Tense.INJECTION) else Tense.INITIAL


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


ACTIONS.add("emit", Emit())
