"""Everything that a regression run needs, in one hand: the cases, the bench and the graph. The service makes one; the
command line makes one for itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from analyses.regression.bench import Asked, Bench, Trial
from analyses.regression.cases import Case, load_cases
from analyses.regression.dependents import Ask, dependents, of_dataset
from analyses.regression.outcomes import Outcome, Pair, Release, outcome_of, references, result_event, try_release
from analyses.regression.settings import RegressSettings
from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import did_you_mean
from nuncius.journal import Journal
from nuncius.journal.testresults import TestRun


class Laboratory:
    """Runs cases for a release of software or of data, and keeps what they gave. `ask` is a stored query of the graph
    by name."""

    def __init__(
        self, journal: Journal, settings: RegressSettings, data_dir: Path, ask: Ask, *, now: Callable[[], datetime]
    ) -> None:
        self.bench = Bench(journal, settings, data_dir, now=now)
        self._journal, self._settings, self._ask, self._now = journal, settings, ask, now

    def cases(self) -> dict[str, Case]:
        """All cases as their files say now."""
        return load_cases(self._settings.testcases)

    def dependents(self, package: str, stop: threading.Event | None = None) -> list[Case]:
        """The cases that depend on a package, directly or through another one."""
        return dependents(package, self.cases(), self._ask, self.bench, stop)

    def case(self, name: str) -> Case:
        """The case of that name. Raises ConfigurationError, naming the nearest."""
        cases = self.cases()
        if name not in cases:
            raise ConfigurationError(f"no test case is named '{name}'{did_you_mean(name, list(cases))}")
        return cases[name]

    def choose(self, words: Sequence[str], stop: threading.Event | None = None) -> list[Case]:
        """The cases of these names, and those that depend on packages or use datasets of these names; all where none
        is given. Raises ConfigurationError for a word that is none of these."""
        cases = self.cases()
        if not words or list(words) == ["all"]:
            return list(cases.values())
        found: dict[str, Case] = {}
        for word in words:
            own = [cases[word]] if word in cases else self.dependents(word, stop) or self.of_dataset(word)
            if not own:
                hint = did_you_mean(word, [*cases, *{p for case in cases.values() for p in case.test.depends}])
                raise ConfigurationError(f"no test case is named '{word}' or depends on it{hint}")
            found |= {case.name: case for case in own}
        return list(found.values())

    def of_dataset(self, dataset: str) -> list[Case]:
        """The cases that use a dataset."""
        return of_dataset(dataset, self.cases(), self._ask)

    def release(
        self,
        release: Release,
        cases: Sequence[Case],
        *,
        cause: str = "",
        again: bool = False,
        stop: threading.Event | None = None,
    ) -> Iterator[Pair]:
        """Each case with both versions, journalled as it ends."""
        for case in cases:
            pair = try_release(self.bench, case, release, cause=cause, again=again, stop=stop)
            self._journal.append([result_event(pair, case, cause, self._now())])
            yield pair

    def data(
        self, dataset: str, version: str, *, cause: str = "", stop: threading.Event | None = None
    ) -> Iterator[Pair]:
        """Each case that uses a dataset, now that it has a new version, beside what it gave before."""
        for case in self.of_dataset(dataset):
            asked = Asked(dataset=dataset, version=version, cause=cause)
            trial = self.bench.trial(case, asked, stop)
            expect = references(case, self.bench.results.references([case.name]))
            known = self.bench.results.history(case.name, package=dataset, case_hash=case.digest)
            old = _before(known, version)
            pair = Pair(outcome=outcome_of(case, expect, trial, old), new=trial, old=old)
            self.bench.results.judge(trial.runs, pair.outcome.verdict)
            self._journal.append([result_event(pair, case, cause, self._now(), of="dataset")])
            yield pair

    def newest(
        self, cases: Sequence[Case], *, again: bool = False, stop: threading.Event | None = None, cause: str = ""
    ) -> Iterator[Pair]:
        """Each case with the newest of all that it depends on, against its reference."""
        for case in cases:
            trial = self.bench.trial(case, Asked(cause=cause, again=again), stop)
            expect = references(case, self.bench.results.references([case.name]))
            outcome: Outcome = outcome_of(case, expect, trial, None)
            self.bench.results.judge(trial.runs, outcome.verdict)
            yield Pair(outcome=outcome, new=trial)

    def blob(self, sha256: str) -> bytes:
        """A picture that a run gave."""
        return self._journal.blob(sha256)


def _before(runs: Sequence[TestRun], version: str) -> Trial | None:
    """The last version of a dataset before this one, as its runs were kept."""
    earlier = [run for run in runs if run.version != version]
    if not earlier:
        return None
    last = earlier[-1]
    own = [run for run in earlier if (run.version, run.environment) == (last.version, last.environment)]
    return Trial(
        case=last.case,
        package=last.package,
        version=last.version,
        state=last.state,
        runs=own,
        environment=last.environment,
        error=last.error,
    )
