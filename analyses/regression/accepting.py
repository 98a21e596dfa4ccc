"""A person takes what a case gave as its new reference: kept with who and why, and going before the file's word until
that changes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from analyses.regression.cases import Case, package_name
from analyses.regression.laboratory import Laboratory
from analyses.regression.verdicts import sample
from nuncius.core.errors import ConfigurationError, PermanentError
from nuncius.core.registry import did_you_mean
from nuncius.journal.testresults import TestReference, TestRun


def accept(
    lab: Laboratory,
    name: str,
    package: str,
    version: str,
    quantities: Collection[str] = (),
    *,
    why: str,
    by: str,
    now: datetime,
) -> list[TestReference]:
    """Keep the newest result of the case (with that version, where one is given) as its references. Raises
    ConfigurationError for a name that is not there, PermanentError where there is no such result."""
    case = lab.case(name)
    for quantity in quantities:
        if quantity not in case.test.expect:
            known = did_you_mean(quantity, list(case.test.expect))
            raise ConfigurationError(f"the case '{name}' expects no '{quantity}'{known}")
    runs = _newest(lab.bench.results.history(name, case_hash=case.digest), package_name(package), version)
    if not runs:
        raise PermanentError(f"{name} has no result{f' with {package} {version}' if package else ''}: run it first")
    accepted = [_reference(case, quantity, runs, why, by, now) for quantity in quantities or case.test.expect]
    lab.bench.results.accept(accepted)
    return accepted


def _newest(runs: list[TestRun], package: str, version: str) -> list[TestRun]:
    """All seeds of the newest environment that these ran in."""
    fitting = [r for r in runs if r.state == "ran" and package in ("", r.package) and version in ("", r.version)]
    if not fitting:
        return []
    last = fitting[-1]
    same = (last.package, last.version, last.environment)
    return [run for run in fitting if (run.package, run.version, run.environment) == same]


def _reference(case: Case, quantity: str, runs: list[TestRun], why: str, by: str, now: datetime) -> TestReference:
    expected = case.test.expect[quantity]
    found = sample(quantity, expected.unit, [run.values["quantities"] for run in runs])
    if found is None:
        raise PermanentError(f"{case.name} gave no {quantity} in {expected.unit or 'numbers'} in that run")
    return TestReference(
        case=case.name,
        quantity=quantity,
        of=expected.digest(),
        value=found.mean,
        error=found.scatter or expected.error,
        unit=expected.unit,
        package=runs[0].package,
        version=runs[0].version,
        why=why,
        by=by,
        at=now,
    )
