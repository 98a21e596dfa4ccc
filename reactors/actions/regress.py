"""`regress: ${ev.package}`: the test cases that depend on a package (or cases by name, or `all`), compared with their
references. Later actions may use `cases`, `changed`, `broken` and `answer` under its `as` name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from analyses.executor import Job
from analyses.testcases import Outcome, TestCase, broken, choose, compare, load_cases, touched
from nuncius.core.errors import NunciusError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table
from reactors.actions.check import words
from reactors.actions.contract import ACTIONS, Done, Running, Work
from reactors.saying import report
from reactors.scene import Scene
from reactors.templates import parse_template

DEFAULT_TIMEOUT_S = 600.0


class Together:
    """Several jobs as one: done when all are; its result counts the outcomes, and `outcomes` holds them."""

    def __init__(self, jobs: Sequence[tuple[TestCase, Job]]) -> None:
        self._jobs = list(jobs)
        self.outcomes: list[Outcome] = []

    def done(self) -> bool:
        return all(job.done() for _, job in self._jobs)

    def cancel(self) -> None:
        for _, job in self._jobs:
            job.cancel()

    def result(self, timeout_s: float | None = None) -> Result:
        self.outcomes = [self._outcome(case, job, timeout_s) for case, job in self._jobs]
        verdicts = [outcome.verdict for outcome in self.outcomes]
        counts = {"cases": len(verdicts), "changed": verdicts.count("changed"), "broken": verdicts.count("broken")}
        return Result(answer="", values={name: Quantity(value=float(count)) for name, count in counts.items()})

    def _outcome(self, case: TestCase, job: Job, timeout_s: float | None) -> Outcome:
        try:
            return compare(case, job.result(timeout_s))
        except NunciusError as error:
            return broken(case, error)


class Regress:
    """Runs test cases."""

    options: Collection[str] = ("as", "timeout", "retry")

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        if "${" in action["what"]:
            parse_template(action["what"], names)
        else:
            choose(words(action["what"]), load_cases())

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        # A version of a package is tested once; another event about the same version changes nothing.
        return [scene.text(action["what"])[0], scene.ev.get("version")]

    def perform(self, work: Work) -> Done | Running:
        asked = work.scene.text(work.step.action["what"])[0]
        cases = _chosen(asked)
        version = work.scene.ev.get("version")
        about = f"{asked} {version}" if version and asked != "all" else asked
        if not cases:
            answer = f"No test case depends on {about}"
            return Done(result={"answer": answer, "values": {"cases": {"value": 0.0}}})
        deadline_s = float(work.step.action.get("timeout_s", DEFAULT_TIMEOUT_S))
        jobs = [(c, work.executor.submit(c.analysis, dict(c.inputs), blobs={}, deadline_s=deadline_s)) for c in cases]
        together = Together(jobs)
        return Running(job=together, finish=lambda result: _finish(work, about, together.outcomes, result))


def _chosen(asked: str) -> list[TestCase]:
    """The cases of these words. A package that no case depends on has none, which is no mistake."""
    cases, named = load_cases(), words(asked)
    return [case for case in cases.values() if not named or case.case in named or touched(case, named)]


def _finish(work: Work, about: str, outcomes: list[Outcome], result: Result) -> Done:
    off = [outcome for outcome in outcomes if outcome.verdict in ("changed", "broken")]
    answer = (
        f"{about}: {len(off)} of {len(outcomes)} test cases changed or are broken: {', '.join(o.case for o in off)}"
        if off
        else f"{about}: all {len(outcomes)} test cases that depend on it hold"
    )
    rows: list[list[str | float | None]] = [
        [o.case, q.quantity, f"{q.expected.value:.8g}", "missing" if q.got is None else f"{q.got:.8g}", q.verdict]
        for o in outcomes
        for q in o.quantities
    ]
    said = report(
        work,
        title=answer,
        text="\n".join(f"{o.case}: {o.error}" for o in outcomes if o.error),
        tables=[Table(name="test cases", columns=["case", "quantity", "reference", "now", "is"], rows=rows)],
        caveats=["Run with the software that is installed here, not in a fresh environment with the new version."],
    )
    values = {name: msgspec.to_builtins(value) for name, value in result.values.items()}
    return Done(result={"answer": answer, "values": values}, reports=[said])


ACTIONS.add("regress", Regress())
