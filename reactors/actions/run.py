"""`run: localization`: an analysis, by the executor; its answer, values and figures are posted in the object's thread
and its values are there for later texts under its `as` name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from analyses.contract import describe
from nuncius.core.event import Event, Tense
from nuncius.core.quantity import Quantity
from nuncius.core.report import Picture
from nuncius.core.result import Result, Table
from reactors.actions.contract import ACTIONS, Done, Running, Work
from reactors.beside import regions_beside
from reactors.naming import digest
from reactors.saying import report
from reactors.scene import Scene
from reactors.tokens import ExpressionError
from reactors.vocabulary import FIELDS

DEFAULT_TIMEOUT_S = 600.0


class Run:
    """Runs an analysis."""

    options: Collection[str] = ("with", "as", "timeout", "retry")

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        analysis = describe(action["what"])
        given = action.get("with", {})
        for name in given:
            if name not in analysis.parameters:
                known = ", ".join(sorted(analysis.parameters))
                raise ExpressionError(f"the analysis '{analysis.name}' has no input '{name}'", hint=f"inputs: {known}")
        for name, parameter in analysis.parameters.items():
            if parameter.required and name not in given and name not in FIELDS:
                raise ExpressionError(
                    f"the analysis '{analysis.name}' needs the input '{name}' ({parameter.type})",
                    hint=f"no event has a field of that name; write with: {{{name}: …}}",
                )

    def inputs(self, action: dict[str, Any], scene: Scene) -> dict[str, Any]:
        """What is given by `with`; the rest comes from the event by the same word, or stays at its default."""
        given = scene.value(action.get("with", {}))
        inputs = {name: value for name, value in given.items() if value is not None}
        for name in describe(action["what"]).parameters:
            if name not in given and name in scene.ev:
                # An analysis writes the object into its figure: people read names, not addresses.
                inputs[name] = scene.ev["name" if name == "object" else name]
        return inputs

    def perform(self, work: Work) -> Running:
        action = work.step.action
        inputs = self.inputs(action, work.scene)
        if "regions" in describe(action["what"]).parameters and "regions" not in inputs:
            # Not part of what the event determines: a figure shows what is known by the time it is drawn.
            inputs["regions"] = regions_beside(work.journal, work.scene.ev)
        job = work.executor.submit(
            action["what"],
            inputs,
            blobs={sha256: work.journal.blob(sha256) for sha256 in set(_sky_maps(inputs))},
            deadline_s=float(action.get("timeout_s", DEFAULT_TIMEOUT_S)),
        )
        return Running(job=job, finish=lambda result: _finish(work, result))


def _sky_maps(value: Any) -> Iterator[str]:
    """SHA-256 of every sky map among the inputs."""
    if isinstance(value, dict):
        if value.get("type") == "map" and isinstance(value.get("sha256"), str):
            yield value["sha256"]
        for inner in value.values():
            yield from _sky_maps(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sky_maps(inner)


def _finish(work: Work, result: Result) -> Done:
    pictures = [
        Picture(name=f.name, sha256=work.journal.put_blob(f.png), caption=f.caption, alt=f.alt) for f in result.figures
    ]
    tables = [_values_table(result.values)] if result.values else []
    said = report(
        work, title=result.answer, tables=[*tables, *result.tables], pictures=pictures, caveats=list(result.caveats)
    )
    kept = {
        "answer": result.answer,
        "values": {name: msgspec.to_builtins(value) for name, value in result.values.items()},
        "provenance": msgspec.to_builtins(result.provenance),
    }
    return Done(result=kept, reports=[said], events=[_event(work, kept)] if result.values else [])


def _event(work: Work, kept: dict[str, Any]) -> Event:
    """The result for the graph, so that what others say can contradict it. The same step, done again, gives the same
    event; what rests on a mock is a mock, and what rests on a retraction takes nothing back."""
    action, reaction, ev = work.step.action, work.step.reaction, work.scene.ev
    who = {word: ev[word] for word in ("mission", "instrument") if isinstance(ev.get(word), str)}
    mock = str(ev.get("tense")) in (Tense.TEST, Tense.INJECTION)
    return Event(
        id=f"result:{digest(action['key'] or reaction.key, action['slot'])}",
        kind="analysis.result",
        source=f"rules:{reaction.rule}",
        received=work.now,
        tense=Tense.TEST if mock else Tense.INITIAL,
        object=reaction.object,
        data={"analysis": action["what"], "rule": reaction.rule, "because": reaction.context["event"], **who, **kept},
    )


def _values_table(values: dict[str, Quantity]) -> Table:
    rows: list[list[str | float | None]] = [[name.replace("_", " "), str(value)] for name, value in values.items()]
    return Table(name="values", columns=["quantity", "value"], rows=rows)


ACTIONS.add("run", Run())
