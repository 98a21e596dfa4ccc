"""Cases with what is installed here: quick, and nothing is kept."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from analyses.regression.cases import Case
    from analyses.regression.outcomes import Outcome


def installed_here(cases: list[Case]) -> list[Case]:
    """The cases whose packages are installed; the others are named on stderr."""
    here = []
    for case in cases:
        missing = [name for name in case.test.depends if not _version(name)]
        if missing:
            click.echo(f"{case.name}: left out, {', '.join(missing)} not installed here", err=True)
        else:
            here.append(case)
    return here


def run_here(case: Case) -> Outcome:
    """One case with all its seeds."""
    from analyses.regression import sandbox
    from analyses.regression.bench import ours
    from analyses.regression.outcomes import Outcome
    from analyses.regression.verdicts import compare, worst

    request = {"seed": case.test.seed, "inputs": case.test.inputs, "script": str(case.script or "")}
    software = {name: found for name in case.test.depends if (found := _version(name))}
    with ours() as folder:
        request |= {"analysis": case.test.analysis, "ours": str(folder)} if case.test.analysis else {}
        limits = sandbox.Limits(seconds=case.test.timeout_s)
        runs = [
            sandbox.run(Path(sys.executable), {**request, "seed": seed}, limits, network=bool(case.test.services))
            for seed in case.seeds
        ]
    seconds = round(sum(run.seconds for run in runs), 3)
    failed = next((run for run in runs if run.error), None)
    if failed is not None:
        return Outcome(case=case.name, verdict="broken", error=failed.error, software=software, seconds=seconds)
    quantities = compare(case.test.expect, [run.values for run in runs])
    missing = [q.quantity for q in quantities if q.new is None]
    return Outcome(
        case=case.name,
        verdict=worst(quantities),
        quantities=quantities,
        error=f"the result has no {', '.join(missing)}" if missing else "",
        software=software,
        seconds=seconds,
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
