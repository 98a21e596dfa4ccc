"""Backtests as rows: begun once at a time, followed, ended, and the newest few of each rule kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from nuncius.cli import cli
from nuncius.core.errors import PermanentError
from nuncius.journal import Journal
from nuncius.journal.backtests import DEAD_AFTER, KEPT, Backtests

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def backtests(tmp_path: Path) -> Iterator[Backtests]:
    with Journal.open(f"sqlite:///{tmp_path / 'journal.db'}", synchronous="normal") as journal:
        yield Backtests(journal)


def begin(backtests: Backtests, rule: str = "near", now: datetime = NOW, at_once: int = 1) -> int:
    return backtests.begin(rule, "h", "the journal", "ann", now, at_once=at_once)


def test_one_is_followed_to_its_end(backtests: Backtests) -> None:
    number = begin(backtests)
    backtests.went_on(number, 3, 10, NOW)
    (running,) = backtests.newest("near")
    assert (running.state, running.done, running.total, running.report) == ("running", 3, 10, {})
    backtests.end(number, NOW, report={"rules": []})
    backtests.end(number, NOW, error="late")
    backtests.went_on(number, 9, 10, NOW)
    (done,) = backtests.newest("near")
    assert (done.state, done.done, done.report, done.error) == ("done", 3, {"rules": []}, "")


def test_no_more_than_so_many_are_under_way(backtests: Backtests) -> None:
    begin(backtests)
    with pytest.raises(PermanentError, match="of near is under way"):
        begin(backtests, at_once=5)
    with pytest.raises(PermanentError, match="all at once"):
        begin(backtests, "far")
    assert begin(backtests, "far", at_once=2)


def test_one_that_was_cut_off_is_in_nobodys_way(backtests: Backtests) -> None:
    begin(backtests)
    begin(backtests, now=NOW + DEAD_AFTER + timedelta(seconds=1))
    assert [kept.state for kept in backtests.newest("near")] == ["running", "failed"]


def test_the_command_keeps_what_it_found_for_the_rules_pages(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rule = tmp_path / "rule.yaml"
    rule.write_text("rule: gold\nwhen: gcn.notice\ndo: {post: x}\n", encoding="utf-8")
    notice = project / "tests" / "golden" / "text_icecube_gold.txt"
    command = ["rules", "backtest", str(notice), "--rules", str(rule), "--jobs", "1", "--keep", "--json"]
    ran = CliRunner().invoke(cli, command)
    assert ran.exit_code == 0, ran.output
    with Journal.open(f"sqlite:///{tmp_path / 'var' / 'nuncius.db'}") as journal:
        (kept,) = Backtests(journal).newest("gold")
    assert (kept.state, kept.source) == ("done", "text_icecube_gold.txt")
    assert [row["fired"] for row in kept.report["rules"]] == [1]


def test_the_newest_few_of_each_rule_are_kept(backtests: Backtests) -> None:
    for _ in range(KEPT + 2):
        backtests.keep("near", "h", "an archive", "ann", NOW, {"rules": []})
    backtests.keep("far", "h", "an archive", "ann", NOW, {"rules": []})
    assert [kept.id for kept in backtests.newest("near")] == [5, 4, 3]
    assert len(backtests.newest("far")) == 1
