"""Which test cases depend on a package, directly or through another package: asked of the graph, which knows the cases
and what every environment's packages require. A case whose packages no environment has held yet is resolved first."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from analyses.regression.bench import Asked, Bench, requirements
from analyses.regression.cases import Case, package_name, touched
from nuncius.core.errors import PermanentError

log = logging.getLogger(__name__)

#: Rows of a stored query of the graph.
Ask = Callable[[str, Mapping[str, Any]], list[dict[str, Any]]]

DEPENDING = "cases_depending_on"
RESOLVED = "case_resolved"
HELD = "cases_of_data"


def dependents(
    package: str, cases: Mapping[str, Case], ask: Ask, bench: Bench, stop: threading.Event | None = None
) -> list[Case]:
    """The cases to run when that package has a new version. Raises TransientError where the graph or the index cannot
    be asked: to leave a case out unsaid would be a wrong answer."""
    name = package_name(package)
    found = {str(row["case"]) for row in ask(DEPENDING, {"package": name})}
    for case in cases.values():
        if case.name in found or touched(case, [name]):
            found.add(case.name)
            continue
        unresolved = not ask(RESOLVED, {"case": case.name})
        if unresolved and _requires(case, name, bench, stop):
            found.add(case.name)
    return [case for case in cases.values() if case.name in found]


def _requires(case: Case, package: str, bench: Bench, stop: threading.Event | None) -> bool:
    """Whether what the case depends on would bring the package along today."""
    try:
        pins = bench.environments.resolve(requirements(case, Asked()), stop=stop)
    except PermanentError as error:
        log.warning("test case %s: what it depends on cannot be had together: %s", case.name, error)
        return False
    return package in {package_name(name) for name in pins}


def of_dataset(dataset: str, cases: Mapping[str, Case], ask: Ask) -> list[Case]:
    """The cases that use a dataset, by its name in a release of data."""
    found = {str(row["case"]) for row in ask(HELD, {"dataset": dataset})}
    return [case for case in cases.values() if case.name in found or dataset in case.test.data]
