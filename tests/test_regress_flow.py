"""From the event of a release to the report in chat, through the real flow: journal, graph, rule, environments."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from package_index import PackageIndex
from regress_samples import index, toy, write_case

from analyses.regression.settings import RegressSettings
from config import __file__ as config
from console.server import WebSettings
from nuncius.app import App, assemble
from nuncius.core.event import Event
from nuncius.core.report import Report
from nuncius.journal.testresults import TestResults
from nuncius.settings import Settings

__all__ = ["index"]  # a fixture

RULES = Path(config).parent / "rules" / "releases.yaml"
BASE = "base.AREA * scale"


@pytest.fixture
def app(tmp_path: Path, index: PackageIndex) -> Iterator[App]:
    """The service with the shipped rules on releases and two cases of the toy package."""
    index.add("base", "1.0", "AREA = 10.0")
    index.add("toy", "1.0", toy(BASE, "import base"), requires=["base"])
    write_case(tmp_path / "cases", data="[tide tables]")
    write_case(tmp_path / "cases", "volume", expect="{area: {value: 20.0, absolute: 0.5}}", **{"with": "{scale: 2.0}"})
    settings = Settings(
        data_dir=tmp_path / "data",
        rules=(RULES,),
        targets=("web",),
        web=WebSettings(enabled=False),
        regress=RegressSettings(testcases=(tmp_path / "cases",), memory_mb=1024),
    )
    assembled = assemble(settings, [])
    assembled.start()
    yield assembled
    assembled.close()


def hear(app: App, kind: str = "release.code", **data: object) -> None:
    """A release arrives."""
    name = data.get("package") or data.get("dataset")
    now = datetime.now(UTC)
    event = Event(
        id=f"pypi:{name}=={data['version']}", kind=kind, source="test", received=now, trigger_time=now, data=dict(data)
    )
    app.journal.append([event])


def reports(app: App, count: int = 1) -> list[Report]:
    """What was said when everything is done."""
    end = time.monotonic() + 90.0
    while not app.settled() or len(app.journal.reports()) < count:
        assert time.monotonic() < end, f"still at work: {app.waiting()}, {app.journal.reactions()}"
        time.sleep(0.05)
    return [stored.report for stored in app.journal.reports()]


def test_a_release_of_what_a_package_requires_is_reported_with_numbers_and_figures(
    app: App, index: PackageIndex
) -> None:
    hear(app, package="base", version="1.0")
    (first,) = reports(app)
    assert first.title == "base 1.0: nothing changed in 2 test cases"
    index.add("base", "1.1", "AREA = 11.0")
    hear(app, package="base", version="1.1", url="https://example.org/notes")
    said = reports(app, 3)[-2:]
    table, operators = said
    assert table.title == "base 1.1: of 2 test cases 2 changed: area, volume"
    assert table.thread == "releases"
    rows = {row[0]: row[1:] for row in table.tables[0].rows}
    assert rows["area"] == ["area", "10 ± 0.1", "10", "11", "changed"]
    assert rows["volume"][-1] == "changed"
    (picture, *_) = table.pictures
    assert app.journal.blob(picture.sha256).startswith(b"\x89PNG")
    assert "area: 10 before, 11 now" in picture.alt
    assert "nuncius regress accept area --package base --version 1.1" in table.text
    assert operators.title == "base 1.1 changes results"


def test_a_package_that_no_case_depends_on_is_said_in_one_line(app: App, index: PackageIndex) -> None:
    index.add("unrelated", "1.0")
    hear(app, package="unrelated", version="1.0")
    (said,) = reports(app)
    assert said.title == "No test case depends on unrelated 1.0"
    assert said.tables == []


def test_a_release_of_data_runs_the_cases_that_use_it(app: App) -> None:
    hear(app, "release.data", dataset="tide tables", version="2024")
    (said,) = reports(app)
    assert said.title == "tide tables 2024: nothing changed in 1 test case"
    (run,) = _results(app).history("area", package="tide tables")
    assert (run.version, run.verdict, run.cause) == ("2024", "equal", "pypi:tide tables==2024")
    hear(app, "release.data", dataset="tide tables", version="2025")
    assert reports(app, 2)[-1].title == "tide tables 2025: nothing changed in 1 test case"
    last = app.journal.read(0, kinds=["regression.result"])[-1].event.data
    assert (last["dataset"], last["old_version"], last["version"]) == ("tide tables", "2024", "2025")


def test_the_graph_knows_cases_packages_versions_and_runs(app: App, index: PackageIndex) -> None:
    from kg.named_queries import get

    index.add("base", "1.1", "AREA = 11.0")
    hear(app, package="base", version="1.1")
    reports(app, 2)
    found = get(app.graph, "cases_depending_on", {"package": "base"})
    assert [(row["case"], row["protects"]) for row in found] == [("area", "areas"), ("volume", "areas")]
    assert get(app.graph, "cases_of_data", {"dataset": "tide tables"})[0]["case"] == "area"
    rows = get(app.graph, "case_runs", {"case": "area"})
    (run,) = rows
    assert (run["package"], run["version"], run["verdict"], run["value"]) == ("base", "1.1", "changed", 11.0)


def test_a_muted_case_runs_and_is_not_reported(app: App, index: PackageIndex) -> None:
    from analyses.regression.muting import mute

    now = datetime.now(UTC)
    mute(app.journal, "area", until=now + timedelta(days=1), why="we know", by="ada", now=now)
    index.add("base", "1.1", "AREA = 11.0")
    hear(app, package="base", version="1.1")
    table, _ = reports(app, 2)
    assert table.title == "base 1.1: of 1 test case 1 changed: volume"
    assert _results(app).history("area")[-1].verdict == "changed"


def test_an_index_that_is_down_is_asked_again_and_nothing_is_said_too_early(app: App, index: PackageIndex) -> None:
    index.down = True
    hear(app, package="toy", version="1.0")
    end = time.monotonic() + 60.0
    while not any("cannot be asked" in step.error for r in app.journal.reactions() for step in app.journal.steps(r.id)):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert app.journal.reports() == []
    (reaction,) = app.journal.reactions()
    (step, _) = app.journal.steps(reaction.id)
    assert step.state == "queued"
    assert datetime.now(UTC) - reaction.created < timedelta(minutes=5)


def _results(app: App) -> TestResults:
    return TestResults(app.journal)
