"""`run: localization`: an analysis, by the executor; its answer, values and figures are posted in the object's thread
and its values are there for later texts under its `as` name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from analyses.contract import describe
from nuncius.core.report import Picture
from nuncius.core.result import Result
from reactors.actions.contract import ACTIONS, Done, Running, Work
from reactors.beside import regions_beside, sky_maps
from reactors.resulting import kept_of, result_event, run_record, values_table
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
            blobs={sha256: work.journal.blob(sha256) for sha256 in set(sky_maps(inputs))},
            deadline_s=float(action.get("timeout_s", DEFAULT_TIMEOUT_S)),
        )
        return Running(job=job, finish=lambda result: _finish(work, inputs, result))


def _finish(work: Work, inputs: dict[str, Any], result: Result) -> Done:
    action = work.step.action
    pictures = [
        Picture(name=f.name, sha256=work.journal.put_blob(f.png), caption=f.caption, alt=f.alt) for f in result.figures
    ]
    tables = [values_table(result.values)] if result.values else []
    said = report(
        work, title=result.answer, tables=[*tables, *result.tables], pictures=pictures, caveats=list(result.caveats)
    )
    kept = kept_of(result)
    record = run_record(action["what"], inputs, result)
    events = [result_event(work, action["what"], kept, record=record)] if result.values else []
    return Done(result=kept, reports=[said], events=events)


ACTIONS.add("run", Run())
