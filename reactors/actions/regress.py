"""`regress: ${ev.package}`: the test cases that depend on a package, directly or through another one (or those that use
a dataset, or cases by name, or `all`), run with the event's version in fresh environments beside the version before.
Later actions may use `cases`, `changed`, `broken`, `unbuilt`, `before`, `muted` and `answer` under its
`as` name."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from analyses.regression.laboratory import Laboratory
from analyses.regression.muting import muted_cases
from analyses.regression.outcomes import Outcome, Pair, release_of
from analyses.regression.plots import history, side_by_side
from analyses.regression.wording import answer, verdict
from nuncius.core.errors import FormatError
from nuncius.core.quantity import Quantity
from nuncius.core.report import Picture, Severity
from nuncius.core.result import Figure, Result, Table
from reactors.actions.check import words
from reactors.actions.contract import ACTIONS, Done, Running, Work
from reactors.inthread import InThread
from reactors.naming import digest
from reactors.saying import report
from reactors.scene import Scene
from reactors.templates import parse_template

DEFAULT_TIMEOUT_S = 3600.0
#: Figures in one report; the worst cases come first.
MOST_FIGURES = 4
#: Seconds between two words about how far it is.
BETWEEN_WORDS_S = 20.0


class Regress:
    """Runs test cases."""

    options: Collection[str] = ("as", "timeout", "retry")

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        if "${" in action["what"]:
            parse_template(action["what"], names)
        elif not action["what"].strip():
            raise FormatError("regress: names a package, a dataset, test cases, or `all`")

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        # A version of a package is tested once; another event about the same version changes nothing.
        return [scene.text(action["what"])[0], scene.ev.get("version")]

    def perform(self, work: Work) -> Done | Running:
        asked = work.scene.text(work.step.action["what"])[0].strip()
        if work.laboratory is None:  # what the index holds today says nothing of the day of the release
            about = " ".join(str(word) for word in (asked, work.scene.ev.get("version")) if word)
            title = f"{about}: no test case is run in a replay of the past; `nuncius regress` runs them"
            values = {name: msgspec.to_builtins(value) for name, value in _counts([]).items()}
            return Done(result={"answer": title, "values": values}, reports=[report(work, title=title)])
        run = _Run(work, work.laboratory, asked)
        deadline_s = float(work.step.action.get("timeout_s", DEFAULT_TIMEOUT_S))
        return Running(job=InThread(run.work, deadline_s), finish=run.finish)


class _Run:
    """One performance: which cases, what they gave, and how it is said."""

    def __init__(self, work: Work, lab: Laboratory, asked: str) -> None:
        self._work, self._lab, self._asked = work, lab, asked
        self._pairs: list[Pair] = []
        self._about = asked
        self._total, self._told = 0, time.monotonic()

    def work(self, stop: threading.Event) -> Result:
        """Run the cases, each journalled as it ends. Raises TransientError, Cancelled."""
        for pair in self._trials(stop):
            self._pairs.append(pair)
            self._tell(pair.outcome)
        outcomes = self._heard()
        muted = len(self._pairs) - len(outcomes)
        said = _answer(self._about, outcomes) if outcomes or not muted else f"{self._about}: every case is muted"
        return Result(answer=said, values=_counts(outcomes, muted))

    def _trials(self, stop: threading.Event) -> Iterable[Pair]:
        ev = self._work.scene.ev
        cause, version = str(ev["id"]), ev.get("version")
        if ev.get("kind") == "release.code" and version and words(self._asked) == [str(ev.get("package"))]:
            self._about = f"{self._asked} {version}"
            cases = self._lab.dependents(self._asked, stop)
            if not cases:
                return []
            self._total = len(cases)
            return self._lab.release(release_of(self._asked, str(version)), cases, cause=cause, stop=stop)
        if version and (cases := self._lab.of_dataset(self._asked)):
            self._about = f"{self._asked} {version}"
            self._total = len(cases)
            return self._lab.data(self._asked, str(version), cause=cause, stop=stop)
        if ev.get("kind") == "release.data":
            return []  # of a dataset that no case uses
        cases = self._lab.choose(words(self._asked), stop)
        self._total = len(cases)
        return self._lab.newest(cases, cause=cause, stop=stop)

    def _tell(self, last: Outcome) -> None:
        """How far it is, in the place where the answer will stand; not more often than people care to read."""
        now = time.monotonic()
        if self._work.tell is None or now - self._told < BETWEEN_WORDS_S:
            return
        self._told = now
        so_far = f"{self._about}: {len(self._pairs)} of {self._total} test cases run, the last {last.verdict}"
        said = report(self._work, title=so_far)
        key = digest(said.key, "progress", so_far)
        self._work.tell(msgspec.structs.replace(said, key=key, severity=Severity.INFO))

    def finish(self, result: Result) -> Done:
        """The report: the answer first, then numbers and figures."""
        outcomes = self._heard()
        said = report(
            self._work,
            title=result.answer,
            text="\n".join(_notes(outcomes)),
            tables=[_table(outcomes)] if outcomes else [],
            pictures=[self._picture(figure) for figure in self._figures()],
            caveats=[f"{o.case}: not only {o.package} changed, but {', '.join(o.also)}" for o in outcomes if o.also],
        )
        values = {name: msgspec.to_builtins(value) for name, value in result.values.items()}
        return Done(result={"answer": result.answer, "values": values}, reports=[said])

    def _heard(self) -> list[Outcome]:
        """The outcomes of cases that nobody has muted; muted ones run and are kept all the same."""
        muted = muted_cases(self._work.journal, self._work.now)
        return [pair.outcome for pair in self._pairs if pair.outcome.case not in muted]

    def _figures(self) -> Iterable[Figure]:
        """Old beside new of what changed, and the history of the worst."""
        heard = {outcome.case for outcome in self._heard()}
        bad = [pair for pair in self._pairs if pair.outcome.bad and pair.outcome.case in heard]
        found = [figure for pair in bad if (figure := side_by_side(pair, self._lab.blob)) is not None]
        if bad and bad[0].outcome.package:
            outcome, case = bad[0].outcome, self._lab.cases().get(bad[0].outcome.case)
            runs = self._lab.bench.results.history(outcome.case, package=outcome.package)
            if case is not None and len({run.version for run in runs}) > 2:
                found = [*found[: MOST_FIGURES - 1], *_some(history(case, case.test.expect, runs, outcome.package))]
        return found[:MOST_FIGURES]

    def _picture(self, figure: Figure) -> Picture:
        sha256 = self._work.journal.put_blob(figure.png)
        return Picture(name=figure.name, sha256=sha256, caption=figure.caption, alt=figure.alt)


def _some(figure: Figure | None) -> list[Figure]:
    return [] if figure is None else [figure]


def _answer(about: str, outcomes: list[Outcome]) -> str:
    return answer(about, outcomes) if outcomes else f"No test case depends on {about}"


def _counts(outcomes: list[Outcome], muted: int = 0) -> dict[str, Quantity]:
    bad = [outcome.verdict for outcome in outcomes if outcome.bad]
    counts = {
        "cases": len(outcomes),
        "changed": bad.count("changed"),
        "broken": bad.count("broken"),
        "unbuilt": bad.count("could not be built"),
        "before": sum(outcome.before for outcome in outcomes),
        "muted": muted,
    }
    return {name: Quantity(value=float(count)) for name, count in counts.items()}


def _table(outcomes: list[Outcome]) -> Table:
    rows: list[list[str | float | None]] = []
    for outcome in sorted(outcomes, key=lambda o: not o.bad):
        for q in outcome.quantities:
            unit = f" {q.expected.unit}" if q.expected.unit else ""
            reference = f"{q.expected.value:.8g}" + (f" ± {q.allowed:.2g}" if q.allowed else "") + unit
            rows.append([outcome.case, q.quantity, reference, str(q.old or "–"), str(q.new or "–"), verdict(q)])
    return Table(name="test cases", columns=["case", "quantity", "reference", "old", "new", "is"], rows=rows)


def _notes(outcomes: list[Outcome]) -> Iterable[str]:
    """Why something is broken, and what a person can do."""
    for outcome in outcomes:
        if outcome.error:
            yield f"{outcome.case}: {outcome.error.strip().splitlines()[0][:300]}"
    first = next((outcome for outcome in outcomes if outcome.bad and outcome.package), None)
    if first is not None:
        new = f"--package {first.package}"
        yield f"Take it as the reference: nuncius regress accept {first.case} {new} --version {first.version} --why …"
        yield f"Draft an issue: nuncius regress draft {first.case} {new} --new {first.version}"
        yield f"Hear no more of it for a while: nuncius regress mute {first.case} --for 7d --why …"


ACTIONS.add("regress", Regress())
