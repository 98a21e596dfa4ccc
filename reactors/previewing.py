"""What a reaction would do, without doing it: each action with its inputs and texts filled in, and whether it would
run. For inline tests, explanations and backtests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.event import Event
from nuncius.journal.records import NewReaction
from reactors.actions.contract import actions
from reactors.actions.emit import event_of
from reactors.context import context
from reactors.evaluation import Evaluation
from reactors.functions import Maps
from reactors.scene import Scene

Would = Literal["runs", "skipped", "depends", "broken"]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """One action: its word (`run`, `post` …), what it names or says, its inputs, and whether it `would` run: "depends"
    where that hangs on a result that is not there yet. `emits` is the event that it would make."""

    do: str
    what: str
    inputs: Any = None
    would: Would = "runs"
    why: str = ""
    emits: Event | None = None

    def __str__(self) -> str:
        words = {"post": self.what, "ask": f"ask: {self.what}", "page": f"page: {self.what}"}
        said = words.get(self.do) or f"{self.do} {self.what} {brief(self.inputs)}"
        return said if self.would == "runs" else f"{said} [{self.would}: {self.why}]"


def preview(
    reaction: NewReaction,
    event: Event,
    maps: Maps,
    *,
    now: datetime,
    partners: Mapping[str, Event] | None = None,
    results: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Preview]:
    """The steps of a reaction to `event`, in order. `partners` are the events of its aliases; `results` stand in for
    what earlier analyses and questions to people would give."""
    about = reaction.context
    results = results or {}
    variables = [(str(name), str(source)) for name, source in about.get("vars", [])]
    given: dict[str, Any] = {name: context(partner) for name, partner in (partners or {}).items()} | dict(results)
    evaluation = Evaluation(context(event), maps)
    done: dict[str, tuple[dict[str, Any], Preview]] = {}
    for number, action in enumerate(reaction.actions):
        own = given | ({"item": action["item"]} if "item" in action else {})
        scene = Scene(evaluation, variables, own, absent=about.get("results", []))
        shown = _preview(action, scene, done, results)
        if shown.do == "emit" and shown.would == "runs":
            shown = _emitting(shown, action, reaction, scene, now)
        done[str(action.get("place", number))] = (action, shown)
    return [shown for _, shown in done.values()]


def _preview(
    action: dict[str, Any],
    scene: Scene,
    done: Mapping[str, tuple[dict[str, Any], Preview]],
    results: Mapping[str, Mapping[str, Any]],
) -> Preview:
    do, what = str(action["do"]), str(action["what"])
    try:
        would, why = _after_others(action, done, results)
        if would == "runs":
            would, why = _would(action.get("if"), scene)
        if do in ("post", "ask", "page"):
            return Preview(do=do, what=scene.text(what)[0], would=would, why=why)
        return Preview(do=do, what=what, inputs=actions()[do].inputs(action, scene), would=would, why=why)
    except NunciusError as error:
        return Preview(do=do, what=what, would="broken", why=str(error))


def _emitting(shown: Preview, action: dict[str, Any], reaction: NewReaction, scene: Scene, now: datetime) -> Preview:
    try:
        return msgspec.structs.replace(shown, emits=event_of(action, reaction, scene, now))
    except NunciusError as error:
        return msgspec.structs.replace(shown, would="broken", why=str(error))


def _after_others(
    action: dict[str, Any],
    done: Mapping[str, tuple[dict[str, Any], Preview]],
    results: Mapping[str, Mapping[str, Any]],
) -> tuple[Would, str]:
    """What other steps decide of this one: a list that could not be had, a question not approved, an `else`."""
    if "gap" in action:
        return "skipped", str(action["gap"])
    for place in action.get("needs", ()):
        asked, shown = done.get(place, ({}, None))
        if shown is not None and shown.would == "skipped":
            continue  # its own `if` said that nobody need be asked
        approved = results.get(str(asked.get("as", "")), {}).get("approved")
        if approved is None:
            return "depends", "an approval"
        if not approved:
            return "skipped", "not approved"
    instead = action.get("instead_of")
    if instead is None:
        return "runs", ""
    main, shown = done.get(str(instead), ({}, None))
    if shown is None or shown.would == "depends":
        return "depends", f"what it stands in for ({shown.why if shown else instead})"
    if main.get("do") == "ask" and shown.would == "runs":
        approved = results.get(str(main.get("as", "")), {}).get("approved")
        return ("depends", "an answer") if approved is None else ("skipped", "approved") if approved else ("runs", "")
    return ("runs", "") if shown.would == "skipped" else ("skipped", "what it stands in for would be done")


def _would(condition: str | None, scene: Scene) -> tuple[Would, str]:
    if condition is None:
        return "runs", ""
    got = scene.evaluate(condition)
    if got.truth == "true":
        return "runs", ""
    if got.truth == "unknown" and scene.pending("${" + condition + "}"):
        return "depends", condition
    return "skipped", f"{condition} is {got.truth}"


def brief(value: Any) -> str:
    """Inputs in one line."""
    if not isinstance(value, dict):
        return str(value)[:200]
    return ", ".join(f"{name}={_short(inner)}" for name, inner in sorted(value.items()))


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
