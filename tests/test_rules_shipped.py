"""The shipped rules on the demo night, through the real parsers and the real identity of objects: who is told what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rules_samples import Night

from kg.consumer import GraphConsumer
from kg.objects import identify
from kg.store import GraphStore
from listeners.formats import Message, parse
from nuncius.cli import cli
from nuncius.core.event import Event
from nuncius.core.quantity import Quantity
from nuncius.core.report import ReportState, Severity
from nuncius.core.result import Result
from reactors.rulebook import RuleBook, shipped

RECEIVED = datetime(2017, 8, 18, tzinfo=UTC)


class Finished:
    """A job that was done at once, with an area small enough for the next step."""

    def __init__(self, name: str) -> None:
        self.name = name

    def result(self, timeout_s: float | None = None) -> Result:
        return Result(answer=f"{self.name} done", values={"area_90": Quantity(value=30.0, unit="deg2")})

    def done(self) -> bool:
        return True

    def cancel(self) -> None:
        pass


class Quick:
    """Stands in for the analyses, which have tests of their own; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], dict[str, bytes]]] = []

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> Finished:
        self.asked.append((name, inputs, blobs))
        return Finished(name)

    def close(self) -> None:
        pass


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    made = Night(tmp_path, "rule: none\nwhen: timer\ndo: {post: x}\n")
    made.book = RuleBook()
    made.executor = Quick()  # type: ignore[assignment]
    made.reactor._book, made.reactor._identify = made.book, identify
    made.runner._executor = made.executor
    yield made
    made.close()


def alerts(project: Path) -> list[Event]:
    folder = project / "config" / "demo" / "2017-08-17"
    files = sorted(folder.iterdir())
    assert len(files) > 10
    return [e for f in files for e in parse(Message(raw=f.read_bytes(), received=RECEIVED, name=f.name))]


def relive(night: Night, project: Path) -> None:
    for event in alerts(project):
        night.hears(event)
        night.works()
        night.delivers()


def test_the_night_of_gw170817_is_told(night: Night, project: Path) -> None:
    relive(night, project)
    told = {(r.rule, r.title) for r in night.reports() if r.state is ReportState.CURRENT}
    assert ("gw-candidate", "GW candidate G298048 (H1L1V1): FAR one per 9105.8 yr") in told
    assert ("gw-neutron-star", "Neutron star likely in G298048: BNS 1.00, NSBH 0.00, 90 % within 31 deg²") in told
    assert any(rule == "grb-fermi-gbm" and "burst at RA 176.80, Dec -39.80" in title for rule, title in told)
    assert any(rule == "circular" and title.startswith("GCN 21547: ") for rule, title in told)
    # These ask the graph, which nobody writes here.
    asking = {"joint-circular", "gw-upper-limits", "assumed-gravity"}
    decided = [d for d in night.decisions() if d.rule not in asking]
    assert {d.outcome for d in decided} <= {"fired", "not", "test", "unchanged"}


def test_the_mock_alert_of_the_night_reaches_nobody(night: Night, project: Path) -> None:
    relive(night, project)
    mock = [d for d in night.decisions() if "MS170817b" in d.event_id]
    assert mock
    assert {d.outcome for d in mock} == {"test"}
    assert not any("MS170817b" in f"{r.thread} {r.title} {r.text}" for r in night.reports())


def test_the_other_candidate_of_the_night_is_taken_back(night: Night, project: Path) -> None:
    relive(night, project)
    thread = [r for r in night.reports() if r.thread.endswith("S170817zz")]
    newest = {r.slot: r for r in thread}
    assert [r.title for r in newest.values() if r.state is ReportState.CURRENT] == [
        "Retracted by LVK: what was said here on its word no longer stands."
    ]
    assert sum(r.state is ReportState.RETRACTED for r in newest.values()) == 4


def test_somebody_is_paged_once_the_position_is_small_enough(night: Night, project: Path) -> None:
    relive(night, project)
    paged = [r for r in night.reports() if r.severity is Severity.PAGE]
    assert paged
    assert {r.rule for r in paged} == {"gw-neutron-star"}
    assert paged[0].event_id.startswith("igwn:G298048:update")


def test_the_sky_map_goes_to_the_analysis_with_its_bytes(night: Night, project: Path) -> None:
    relive(night, project)
    asked = [(inputs, blobs) for _, inputs, blobs in night.executor.asked if "sky" in inputs]  # type: ignore[attr-defined]
    maps = [(inputs, blobs) for inputs, blobs in asked if inputs["sky"]["type"] == "map"]
    assert maps
    for inputs, blobs in maps:
        assert len(blobs[inputs["sky"]["sha256"]]) > 1000
        assert not inputs["object"].startswith("http")


def test_a_redshift_read_in_a_circular_is_told_in_the_thread(night: Night, tmp_path: Path) -> None:
    body = "We took a spectrum of the afterglow and measure a redshift of z = 1.234 +/- 0.001."
    circular = {"circularId": 40000, "subject": "GRB 261123A: redshift", "body": body, "createdOn": 1_795_000_000_000}
    circular |= {"eventId": "GRB 261123A", "submitter": "nobody"}
    message = Message(raw=json.dumps(circular).encode(), received=RECEIVED, name="circular")
    night.journal.append(parse(message))
    graph = GraphConsumer(night.journal, GraphStore.open(tmp_path / "graph"))
    while graph.step():
        pass
    night.hears()
    night.works()
    assert night.titles() == [
        "GCN 40000: GRB 261123A: redshift",
        "Redshift of GRB 261123A: 1.234 +/- 0.001 (read in GCN 40000)",
    ]
    assert len({r.thread for r in night.reports()}) == 1


def test_a_broken_feed_is_told_to_the_operators(night: Night) -> None:
    data = {"feed": "gcn.heartbeat", "state": "silent", "detail": "nothing for 45 s"}
    night.hears(Event(id="f", kind="feed.silent", source="nuncius:kafka", received=RECEIVED, data=data))
    night.works()
    assert [(r.thread, r.title) for r in night.reports()] == [
        ("operators", "Feed gcn.heartbeat is silent: nothing for 45 s")
    ]


def test_an_old_alert_without_an_embedded_map_is_told_and_not_localized(night: Night, shared_data: Path) -> None:
    # S190425z as distributed on 2019-04-25: timstaley/voevent-tarballs has it; a mock of the same making stands here.
    raw = (shared_data / "notices" / "lvk_userguide").rglob("*Preliminary*.xml")
    file = next(iter(sorted(raw)), None)
    if file is None:
        pytest.skip("no VOEvent of the LVK user guide among the real data")
    text = file.read_bytes().replace(b"MS181101ab", b"S181101ab").replace(b'role="test"', b'role="observation"')
    (event,) = parse(Message(raw=text, received=RECEIVED, name=file.name))
    night.hears(event)
    night.works()
    assert [d.outcome for d in night.decisions() if d.rule == "gw-candidate"] == ["fired"]
    asked = [name for name, _, _ in night.executor.asked]  # type: ignore[attr-defined]
    assert asked == []


def test_explain_prints_what_the_guide_shows(
    night: Night, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (project / "docs" / "rules.md").read_text(encoding="utf-8")
    shown = re.search(r"\$ nuncius (rules explain .*?)\n(.*?)```", guide, re.DOTALL)
    assert shown is not None
    night.hears(*[e for e in alerts(project) if "S170817zz" in e.id and "preliminary" in e.id])
    (tmp_path / "var").mkdir()
    night.journal.close()
    (tmp_path / "night.db").rename(tmp_path / "var" / "nuncius.db")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(cli, shown[1].split()).output == shown[2]


def test_no_shipped_rule_asks_for_a_field_that_no_notice_has(project: Path) -> None:
    assert shipped() == project / "config" / "rules"
    assert RuleBook().problems == []
