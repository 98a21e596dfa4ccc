"""Runs a test case with one version of a package: resolves, builds, runs each seed in isolation and keeps every run at
once, so that whoever comes after a crash goes on where it stopped."""

from __future__ import annotations

import base64
import importlib.metadata
import importlib.util
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from analyses.regression import sandbox
from analyses.regression.announcing import environment_event, packages_in
from analyses.regression.cases import Case, package_name
from analyses.regression.environments import Built, CouldNotBuild, Environments
from analyses.regression.settings import RegressSettings
from nuncius.journal import Journal
from nuncius.journal.testresults import RunState, TestResults, TestRun

#: What our own analyses import, beside what a case says it depends on.
RUNS_ON = ("astropy", "astropy-healpix", "astropy-iers-data", "matplotlib", "mocpy", "msgspec", "numpy")
#: Our packages that an analysis may import; the environment holds only theirs.
OURS = ("analyses", "config", "kg", "listeners", "nuncius")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a package or of a dataset to try; without either, the newest of all. `as_of`: other packages as the
    index was then; `like`: the versions of others to keep where possible; `cause`: the event that asks; `again`: also
    what ran before."""

    package: str = ""
    version: str = ""
    dataset: str = ""
    as_of: datetime | None = None
    like: Mapping[str, str] | None = None
    cause: str = ""
    again: bool = False

    @property
    def what(self) -> str:
        """What is tried, as results are kept under it."""
        return self.package or self.dataset


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A case with one version: every run, what was in the environment, and why where it did not run. `built_s` is how
    long it took until the environment was there."""

    case: str
    package: str
    version: str
    state: RunState
    runs: list[TestRun]
    environment: str = ""
    packages: dict[str, str] = {}
    error: str = ""
    built_s: float = 0.0

    @property
    def values(self) -> list[dict[str, Any]]:
        """The quantities of each run."""
        return [run.values["quantities"] for run in self.runs if run.state == "ran"]

    @property
    def shown(self) -> dict[str, Any]:
        """Curves and figures of the first run."""
        return self.runs[0].values if self.runs and self.state == "ran" else {}


class Bench:
    """Runs cases on this machine."""

    def __init__(
        self, journal: Journal, settings: RegressSettings, data_dir: Path, *, now: Callable[[], datetime]
    ) -> None:
        self.results = TestResults(journal)
        self.environments = Environments(
            settings.environments or data_dir / "environments", limit_mb=settings.environments_mb
        )
        self._journal, self._settings, self._now = journal, settings, now

    def trial(self, case: Case, asked: Asked, stop: threading.Event | None = None) -> Trial:
        """Every seed of a case with that version. Raises TransientError where the index cannot be asked, Cancelled."""
        trial = partial(Trial, case=case.name, package=asked.what, version=asked.version)
        started = time.monotonic()
        try:
            pins = self.environments.resolve(requirements(case, asked), like=asked.like, as_of=asked.as_of, stop=stop)
            with self.environments.use(pins, stop=stop) as built:
                built_s = round(time.monotonic() - started, 2)
                self._announce(built)
                runs = self._runs(case, asked, built, stop)
        except CouldNotBuild as error:
            run = self._run_row(case, asked, "", case.test.seed, "could not be built", error=str(error))
            self.results.keep([run])
            return trial(state="could not be built", runs=[run], error=str(error))
        failed = next((run for run in runs if run.state != "ran"), None)
        return trial(
            state=failed.state if failed else "ran",
            runs=runs,
            environment=built.hash,
            packages=built.packages,
            error=failed.error if failed else "",
            built_s=built_s,
        )

    def _runs(self, case: Case, asked: Asked, built: Built, stop: threading.Event | None) -> list[TestRun]:
        found = {} if asked.again else self.results.found(case.digest, asked.what, asked.version, built.hash)
        runs = []
        for seed in case.seeds:
            if seed not in found:
                found[seed] = self._run(case, asked, built, seed, stop)
                self.results.keep([found[seed]])
            runs.append(found[seed])
            if found[seed].state != "ran":
                break  # it would break with the other seeds too
        return runs

    def _run(self, case: Case, asked: Asked, built: Built, seed: int, stop: threading.Event | None) -> TestRun:
        limits = sandbox.Limits(seconds=case.test.timeout_s, memory_mb=self._settings.memory_mb)
        request: dict[str, Any] = {"seed": seed, "inputs": case.test.inputs, "script": str(case.script or "")}
        with ours() as folder:
            if case.test.analysis:
                request |= {"analysis": case.test.analysis, "ours": str(folder)}
            answer = sandbox.run(built.python, request, limits, network=bool(case.test.services), stop=stop)
        row = partial(self._run_row, case, asked, built.hash, seed, seconds=answer.seconds)
        if answer.error:
            return row("broken", error=answer.error)
        figures = [
            {"name": f["name"], "sha256": self._journal.put_blob(base64.b64decode(f["png"]))} for f in answer.figures
        ]
        return row("ran", values={"quantities": answer.values, "curves": answer.curves, "figures": figures})

    def _run_row(
        self,
        case: Case,
        asked: Asked,
        environment: str,
        seed: int,
        state: RunState,
        *,
        values: dict[str, Any] | None = None,
        error: str = "",
        seconds: float = 0.0,
    ) -> TestRun:
        return TestRun(
            case=case.name,
            case_hash=case.digest,
            package=asked.what,
            version=asked.version,
            environment=environment,
            seed=seed,
            state=state,
            values=values or {},
            error=error,
            seconds=seconds,
            at=self._now(),
            cause=asked.cause,
        )

    def _announce(self, built: Built) -> None:
        if self._journal.get(f"environment:{built.hash}") is None:
            packages = packages_in(importlib.metadata.distributions(path=[str(built.site)]))
            self._journal.append([environment_event(packages, self._now(), like=built.hash)])


def requirements(case: Case, asked: Asked) -> list[str]:
    """What an environment of a case needs."""
    named = [*case.test.depends, *(RUNS_ON if case.test.analysis else ())]
    others = sorted({package_name(name) for name in named} - {asked.package})
    first = [f"{asked.package}=={asked.version}"] if asked.package else []
    return [*first, *others, *case.test.requires]


@contextmanager
def ours() -> Iterator[Path]:
    """A folder that links to our packages and to nothing else of the installation that they may share a folder with."""
    with tempfile.TemporaryDirectory(prefix="nuncius-ours-") as folder:
        place = Path(folder)
        for name in OURS:
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.submodule_search_locations:
                (place / name).symlink_to(Path(next(iter(spec.submodule_search_locations))).resolve())
        info = getattr(importlib.metadata.distribution("nuncius"), "_path", None)  # for our own version
        if info is not None:
            (place / Path(info).name).symlink_to(Path(info).resolve())
        yield place
