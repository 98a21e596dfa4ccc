"""Finds the first released version at which a result changed: log2(n) builds over n versions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from analyses.regression.bench import Asked, Bench, Trial
from analyses.regression.cases import Case, Expected, package_name
from analyses.regression.outcomes import AFTERWARDS, references
from analyses.regression.verdicts import BAD, Compared, compare, sample, worst
from analyses.regression.versions import Version, between, normal, released
from nuncius.core.errors import ConfigurationError

Look = Literal["good", "same", "changed", "broken", "could not be built"]


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One version that was tried."""

    version: str
    found: Look
    quantities: list[Compared] = []
    error: str = ""
    seconds: float = 0.0


class Bisected(msgspec.Struct, frozen=True, kw_only=True):
    """`first` is the first version at which the result was another than with `last_good`; empty where nothing changed.
    `between` are versions between these two that could not be tried, so that one of them may be the first."""

    case: str
    package: str
    first: str
    last_good: str
    looked: list[Looked]
    skipped: dict[str, str]
    between: list[str]
    versions: int
    note: str = ""


def bisect(
    bench: Bench,
    case: Case,
    package: str,
    good: str,
    bad: str,
    *,
    as_of: datetime | None = None,
    tell: Callable[[Looked, int], None] = lambda looked, left: None,
    stop: threading.Event | None = None,
) -> Bisected:
    """The first version after `good` up to `bad` at which the result is not what it is with `good`, by the case's
    tolerances. `tell` hears of each version tried and how many candidates are left. Raises ConfigurationError where
    `good` does not run, TransientError."""
    package, good, bad = package_name(package), normal(good), normal(bad)
    known = released(package)
    asked = between(good, bad, known)
    skipped = {v.version: _why_not(v) for v in asked if not v.regular and v.version != bad}
    versions = [v.version for v in asked if v.version not in skipped]
    if bad not in versions:
        raise ConfigurationError(f"the package index has no {package} {bad} after {good}")
    uploaded = next((v.uploaded for v in known if v.version == bad), None)
    search = _Search(bench, case, package, as_of or (uploaded + AFTERWARDS if uploaded else None), stop)
    search.begin(good)
    tell(search.looked[0], len(versions))
    last = search.look(bad)
    tell(last, len(versions))
    if last.found == "could not be built":
        raise ConfigurationError(f"the bad version, {package} {bad}, could not be built: {last.error}")
    if last.found == "same":
        return search.end("", bad, skipped, [], len(versions), f"{bad} gives the same as {good}")
    low, high = -1, len(versions) - 1  # versions[low] is the same (-1: good itself), versions[high] is not
    unbuilt: set[int] = set()
    while untried := [i for i in range(low + 1, high) if i not in unbuilt]:
        middle = min(untried, key=lambda i: abs(i - (low + high) / 2))
        one = search.look(versions[middle])
        if one.found == "could not be built":
            unbuilt.add(middle)
        elif one.found == "same":
            low = middle
        else:
            high = middle
        tell(one, sum(low < i < high for i in range(len(versions)) if i not in unbuilt))
    left = [versions[i] for i in range(low + 1, high)]
    return search.end(versions[high], versions[low] if low >= 0 else good, skipped, left, len(versions))


def _why_not(version: Version) -> str:
    return "yanked" if version.yanked else "pre-release" if version.prerelease else "no wheel for this Python"


class _Search:
    """What is the same through a search: the reference is what the good version gives."""

    def __init__(
        self, bench: Bench, case: Case, package: str, as_of: datetime | None, stop: threading.Event | None
    ) -> None:
        self._bench, self._case, self._package, self._as_of, self._stop = bench, case, package, as_of, stop
        self._like: dict[str, str] = {}
        self._expect: dict[str, Expected] = {}
        self.looked: list[Looked] = []

    def _trial(self, version: str) -> Trial:
        asked = Asked(package=self._package, version=version, as_of=self._as_of, like=self._like)
        trial = self._bench.trial(self._case, asked, self._stop)
        expect = references(self._case, self._bench.results.references([self._case.name]))
        verdict = worst(compare(expect, trial.values)) if trial.state == "ran" else trial.state
        self._bench.results.judge(trial.runs, verdict)
        return trial

    def begin(self, good: str) -> None:
        trial = self._trial(good)
        if trial.state != "ran":
            raise ConfigurationError(
                f"{self._case.name} does not run with the good version, {self._package} {good}: {trial.error}"
            )
        self._like = trial.packages
        self._expect = {name: _as_reference(name, e, trial) for name, e in self._case.test.expect.items()}
        self.looked.append(Looked(version=good, found="good", seconds=_seconds(trial)))

    def look(self, version: str) -> Looked:
        trial = self._trial(version)
        quantities = compare(self._expect, trial.values) if trial.state == "ran" else []
        found: Look
        if trial.state == "ran":
            verdict = worst(quantities)
            found = "same" if verdict not in BAD else "broken" if verdict == "broken" else "changed"
        else:
            found = trial.state
        one = Looked(version=version, found=found, quantities=quantities, error=trial.error, seconds=_seconds(trial))
        self.looked.append(one)
        return one

    def end(
        self, first: str, last_good: str, skipped: dict[str, str], left: Sequence[str], versions: int, note: str = ""
    ) -> Bisected:
        return Bisected(
            case=self._case.name,
            package=self._package,
            first=first,
            last_good=last_good,
            looked=self.looked,
            skipped=skipped,
            between=list(left),
            versions=versions,
            note=note,
        )


def _as_reference(name: str, expected: Expected, trial: Trial) -> Expected:
    found = sample(name, expected.unit, trial.values)
    if found is None:
        raise ConfigurationError(f"{trial.case}: {trial.package} {trial.version} gives no {name}")
    return msgspec.structs.replace(expected, value=found.mean, error=found.scatter or None)


def _seconds(trial: Trial) -> float:
    return round(trial.built_s + sum(run.seconds for run in trial.runs), 2)
