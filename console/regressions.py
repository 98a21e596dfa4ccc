"""What the pages of regression test cases show: each quantity over versions with its reference, its tolerance and where
the version changed. Knows nothing of HTML or HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import msgspec

from analyses.regression.cases import Case, Expected, load_cases
from analyses.regression.outcomes import references
from analyses.regression.verdicts import BAD
from console.histories import Panel, Point, panel
from nuncius.core.errors import ConfigurationError
from nuncius.journal import Journal
from nuncius.journal.testresults import TestResults, TestRun

#: Runs that a plot shows, the newest.
SHOWN = 120


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A test case in the list: how its newest run was judged, with which version, and when."""

    name: str
    about: str
    protects: str
    package: str
    version: str
    verdict: str
    health: str
    at: datetime | None
    runs: int


class CasePage(msgspec.Struct, frozen=True, kw_only=True):
    """One case: a panel for each quantity, and its runs, the newest first."""

    line: CaseLine
    panels: list[Panel]
    runs: list[TestRun]


@lru_cache(maxsize=1)
def _cases() -> dict[str, Case]:
    """The shipped cases; one that cannot be read leaves the page to what the journal holds."""
    try:
        return load_cases()
    except ConfigurationError:
        return {}


def lines(journal: Journal) -> list[CaseLine]:
    """All cases that we have or that ever ran, what is wrong first."""
    results, known = TestResults(journal), _cases()
    newest = results.newest()
    found = [_line(name, known.get(name), newest.get(name)) for name in dict.fromkeys([*newest, *known])]
    return sorted(found, key=lambda line: (line.health != "bad", line.at is None, line.name))


def _line(name: str, case: Case | None, newest: tuple[TestRun, int] | None) -> CaseLine:
    run, count = newest or (None, 0)
    verdict = "" if run is None else run.verdict or run.state
    health = "none" if run is None else "bad" if verdict in BAD or run.state != "ran" else "good"
    return CaseLine(
        name=name,
        about=case.test.about if case else "",
        protects=case.test.protects if case else "",
        package=run.package if run else "",
        version=run.version if run else "",
        verdict=verdict or "never run",
        health=health,
        at=run.at if run else None,
        runs=count,
    )


def one(journal: Journal, name: str) -> CasePage | None:
    """A case with its history; None where there is none of that name."""
    results, case = TestResults(journal), _cases().get(name)
    newest = results.newest().get(name)
    if case is None and newest is None:
        return None
    runs = results.history(name)[-SHOWN:]
    expect = references(case, results.references([name])) if case is not None else {}
    quantities = list(dict.fromkeys([*expect, *(q for run in runs for q in run.values)]))
    return CasePage(
        line=_line(name, case, newest),
        panels=[made for q in quantities if (made := _panel(q, expect.get(q), runs)) is not None],
        runs=list(reversed(runs)),
    )


def _panel(quantity: str, expected: Expected | None, runs: Sequence[TestRun]) -> Panel | None:
    points = [
        Point(
            at=run.at,
            value=float(said["value"]),
            error=float(said["error"]) if said.get("error") is not None else None,
            label=f"{run.package} {run.version}",
            bad=run.verdict in BAD,
        )
        for run in runs
        if isinstance(said := run.values.get(quantity), dict) and isinstance(said.get("value"), int | float)
    ]
    if not points:
        return None
    unit = expected.unit if expected else ""
    band = (expected.value - expected.tolerance, expected.value + expected.tolerance) if expected else None
    return panel(quantity, unit, points, band=band, reference=expected.value if expected else None)
