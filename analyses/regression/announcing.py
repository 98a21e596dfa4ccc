"""What regression runs tell the journal, from which the graph learns it: test cases, what is in environments, results.
Pure but for reading packages' metadata.

    regression.case          a test case as its file says it now; a retraction when it is there no more
    regression.environment   packages of an environment with the names that each requires: the dependency closure
    regression.result        a case with one version of a package, beside its reference and the version before
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import Distribution, distributions
from typing import Any

import msgspec

from analyses.regression.cases import Case, package_name
from nuncius.core.errors import ConfigurationError
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal

log = logging.getLogger(__name__)

CASE, ENVIRONMENT, RESULT = "regression.case", "regression.environment", "regression.result"
SOURCE = "regress"


def announce(journal: Journal, cases: Mapping[str, Case], now: datetime) -> int:
    """Journal the cases that are new or say something else than before, those that are gone, and what is installed
    here; returns how many events that were."""
    last: dict[str, Event] = {}
    after = 0
    while stored := journal.read(after, kinds=[CASE], limit=1000):
        last |= {str(s.event.data["case"]): s.event for s in stored}
        after = stored[-1].seq
    events = [installed(now)]
    for name, case in cases.items():
        said = _said(case)
        if name not in last or last[name].data != said:
            events.append(_case_event(said, last.get(name), now, Tense.INITIAL))
    for name, event in last.items():
        if name not in cases and event.tense is not Tense.RETRACTION:
            events.append(_case_event(event.data, event, now, Tense.RETRACTION))
    return len(journal.append(events).new)


def announce_cases(
    journal: Journal, cases: Callable[[], Mapping[str, Case]], now: Callable[[], datetime], stop: threading.Event
) -> None:
    """A part of the service, which is done at once: cases that cannot be read are logged, and nothing else fails."""
    try:
        announce(journal, cases(), now())
    except ConfigurationError as error:
        log.error("test cases are not announced: %s", error)


def _case_event(said: Mapping[str, Any], before: Event | None, now: datetime, tense: Tense) -> Event:
    revision = before.revision + 1 if before else 1
    return Event(
        id=f"testcase:{said['case']}/{revision}",
        kind=CASE,
        source=SOURCE,
        received=now,
        tense=tense if tense is Tense.RETRACTION or revision == 1 else Tense.UPDATE,
        revision=revision,
        data=dict(said),
    )


def _said(case: Case) -> dict[str, Any]:
    test = case.test
    return {
        "case": test.case,
        "about": test.about,
        "computes": test.analysis or test.script,
        "depends": [package_name(p) for p in test.depends],
        "data": list(test.data),
        "services": list(test.services),
        "protects": test.protects,
        "instrument": test.instrument,
        "quantities": sorted(test.expect),
        "digest": case.digest,
    }


def installed(now: datetime) -> Event:
    """What is installed where this runs, so that dependencies are known before anything was built."""
    return environment_event(packages_in(distributions()), now, what="installed")


def environment_event(packages: Sequence[Mapping[str, Any]], now: datetime, *, what: str = "", like: str = "") -> Event:
    """An environment; its id follows from what is in it."""
    digest = like or hashlib.sha256(msgspec.json.encode(packages)).hexdigest()[:16]
    data = {"environment": digest, "packages": list(packages), "what": what or "built for test cases"}
    return Event(id=f"environment:{digest}", kind=ENVIRONMENT, source=SOURCE, received=now, data=data)


def packages_in(found: Iterable[Distribution]) -> list[dict[str, Any]]:
    """Packages with their versions and the names that they require here, extras left out."""
    out: dict[str, dict[str, Any]] = {}
    for package in found:
        name = package.metadata["Name"]
        if name:
            requires = sorted({r for line in package.requires or () if (r := _required(line))})
            out.setdefault(
                package_name(name), {"name": package_name(name), "version": package.version, "requires": requires}
            )
    return [out[name] for name in sorted(out)]


def _required(line: str) -> str:
    """The name in `numpy>=1.24; python_version >= "3.11"`; empty where the marker does not hold here."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
    except InvalidRequirement:  # from before requirements had a form
        found = re.match(r"[A-Za-z0-9][\w.-]*", line)
        return package_name(found[0]) if found else ""
    wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    return package_name(requirement.name) if wanted else ""
