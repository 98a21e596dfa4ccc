"""Checks of the platform: each names what is wrong and how to mend it, and none stops another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyses.checks import contract
from analyses.checks.contract import CHECKS, Check, Finding, Platform
from analyses.checks.looking import perform
from analyses.checks.settings import ChecksSettings
from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError
from nuncius.core.report import Report
from nuncius.journal import Journal
from nuncius.journal.records import FeedSeen, Reject

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def look(journal: Journal, name: str, folder: Path | None = None) -> Finding:
    (finding,) = perform([name], Platform(journal=journal, now=NOW, data_dir=folder))
    return finding


def test_a_silent_feed_is_broken_until_it_speaks_again(journal: Journal) -> None:
    assert look(journal, "feeds").ok is None
    journal.feed_seen([FeedSeen(feed="gcn.circulars", at=NOW)])
    assert look(journal, "feeds").ok is True
    journal.set_feed_state("gcn.circulars", "silent", since=NOW, detail="no heartbeat since noon")
    finding = look(journal, "feeds")
    assert finding.ok is False
    assert "gcn.circulars is silent: no heartbeat since noon" in finding.reason
    assert finding.mend
    journal.set_feed_state("gcn.circulars", "quiet", since=NOW, detail="")
    assert look(journal, "feeds").ok is True


def test_a_report_that_waits_for_ten_minutes_is_a_backlog(journal: Journal) -> None:
    journal.enqueue([("web", Report(key="k", thread="t", slot="s", title="x"))], now=NOW)
    created = datetime.fromisoformat(journal.statistics()["oldest_pending_report"])
    late = Platform(journal=journal, now=created + timedelta(minutes=11))
    (finding,) = perform(["backlog"], late)
    assert finding.ok is False
    assert "11 min" in finding.reason
    (finding,) = perform(["backlog"], Platform(journal=journal, now=created + timedelta(minutes=9)))
    assert finding.ok is True


def test_what_is_kept_for_the_end_of_quiet_hours_is_no_backlog_before(journal: Journal) -> None:
    together = [("email", Report(key="k", thread="later:person:ann", slot="together", title="Told together"))]
    journal.enqueue(together, now=NOW, not_before=NOW + timedelta(hours=8))

    def well(after: timedelta) -> bool | None:
        (finding,) = perform(["backlog"], Platform(journal=journal, now=NOW + after))
        return finding.ok

    assert well(timedelta(hours=7)) is True
    assert well(timedelta(hours=8, minutes=9)) is True
    assert well(timedelta(hours=8, minutes=11)) is False, "nobody sent it when its hour came"


def test_what_a_place_refuses_for_long_is_a_backlog_although_it_is_tried_later(journal: Journal) -> None:
    journal.enqueue([("slack", Report(key="k", thread="t", slot="s", title="x"))], now=NOW)
    (leased,) = journal.lease_reports("courier", target="slack", now=NOW, lease_s=60.0)
    journal.postpone(leased.id, "courier", now=NOW, until=NOW + timedelta(hours=1), error="down")
    (finding,) = perform(["backlog"], Platform(journal=journal, now=NOW + timedelta(minutes=11)))
    assert finding.ok is False


def test_many_rejects_within_a_day_are_broken(journal: Journal) -> None:
    def rejects(count: int, at: datetime) -> list[Reject]:
        return [
            Reject(received=at, source="gcn", raw=f"{at}{n}".encode(), error="FormatError", reason=f"reason {n}")
            for n in range(count)
        ]

    journal.append([], rejects=rejects(30, NOW - timedelta(days=2)))
    assert look(journal, "rejects").ok is True
    journal.append([], rejects=rejects(25, NOW - timedelta(hours=2)))
    finding = look(journal, "rejects")
    assert finding.ok is False
    assert finding.reason.startswith("25 in the last day")


def test_a_full_disk_is_named(journal: Journal, tmp_path: Path) -> None:
    assert look(journal, "disk").ok is None
    assert look(journal, "disk", tmp_path).reason.endswith(str(tmp_path))
    settings = ChecksSettings(least_free_gib=1e9)
    (finding,) = perform(["disk"], Platform(journal=journal, now=NOW, data_dir=tmp_path, settings=settings))
    assert finding.ok is False
    assert "make room" in finding.mend


@pytest.fixture
def broken_check() -> Iterator[None]:
    contract.checks()

    def stumble(platform: Platform) -> Finding:
        raise RuntimeError("a loose wire")

    CHECKS.add("stumbling", Check(name="stumbling", about="for tests", look=stumble))
    yield
    del CHECKS._items["stumbling"]


def test_a_check_that_stumbles_is_a_finding_and_stops_no_other(journal: Journal, broken_check: None) -> None:
    settings = ChecksSettings(off=("executor",))
    findings = {f.name: f for f in perform([], Platform(journal=journal, now=NOW, settings=settings))}
    assert findings["stumbling"].ok is False
    assert "a loose wire" in findings["stumbling"].reason
    assert len(findings) >= 5


def test_an_unknown_check_is_answered_with_the_nearest(journal: Journal) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'feeds'"):
        perform(["feed"], Platform(journal=journal, now=NOW))


def test_the_command_says_how_things_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    nothing = CliRunner().invoke(cli, ["check"])
    assert isinstance(nothing.exception, ConfigurationError)
    assert not (tmp_path / "var").exists()
    (tmp_path / "var").mkdir()
    with Journal.open("sqlite:///var/nuncius.db") as journal:
        journal.feed_seen([FeedSeen(feed="gcn.circulars", at=NOW)])
        journal.set_feed_state("gcn.circulars", "silent", since=NOW, detail="gone")
    said = CliRunner().invoke(cli, ["check", "--json"])
    assert said.exit_code == 1
    assert {f["name"]: f["ok"] for f in json.loads(said.stdout)}["feeds"] is False
    assert CliRunner().invoke(cli, ["check", "backlog"]).exit_code == 0
