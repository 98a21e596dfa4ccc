"""Backtests: rules on an archive give what the live service would have given, at any number of readers."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kg.consumer import announcements
from kg.objects import identify
from listeners.files import walk
from listeners.formats import parse
from nuncius.cli import cli
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import FormatError
from nuncius.core.event import Event
from nuncius.journal import Journal
from reactors.archive import UNDATED
from reactors.backtest import Backtest, backtest
from reactors.backtestpage import page
from reactors.backtestreport import report, stretches
from reactors.identities import Identities
from reactors.reactor import Reactor
from reactors.readers import shares
from reactors.rulebook import RuleBook

OLD = """
rule: wide
when: lvk.alert
if:
  - ev.far < 1e-3
  - area(ev.sky, 0.9) < 500
do:
  - post: "${ev.name}: ${ev.far:.1e}"
---
rule: bursts
when: gcn.notice.fermi.gbm.gnd_pos
do:
  - post: "${ev.name} at ${ev.ra:.1f}"
"""
NEW = OLD.replace("area(ev.sky, 0.9) < 500", "area(ev.sky, 0.9) < 30").replace("at ${ev.ra:.1f}", "dec ${ev.dec:.1f}")


@pytest.fixture
def night(project: Path) -> Path:
    """The shipped night: notices, mocks, retractions and circulars of our own writing."""
    return project / "config" / "demo" / "2017-08-17"


def rules(folder: Path, text: str, name: str = "rules.yaml") -> RuleBook:
    (folder / name).write_text(text, encoding="utf-8")
    book = RuleBook([folder / name], quiet=True)
    assert not book.problems, book.problems
    return book


def told(run: Backtest) -> dict[str, Any]:
    try:
        found = report(run)
        found.pop("took")
        return found
    finally:
        run.findings.close()


def in_time_order(path: Path) -> list[Event]:
    events = [event for message in walk([path], now=UNDATED) for event in parse(message)]
    return sorted(events, key=lambda event: event.received)


def live(events: list[Event], book: RuleBook, folder: Path) -> tuple[Counter[tuple[str, str]], set[tuple[str, str]]]:
    """What the service decides, and on which objects it fires."""
    clock = VirtualClock(datetime(1990, 1, 1, tzinfo=UTC))
    with Journal.open(f"sqlite:///{folder / 'live.db'}", synchronous="off") as journal:
        reactor = Reactor(journal, book, clock, identify=identify)
        for event in events:
            journal.append([event])
            while reactor.step():
                pass
            if event.kind == "gcn.circular":  # as the graph's consumer does, which is not running here
                told = journal.get(event.id)
                journal.append(announcements(event, told.event.object if told else None))
                while reactor.step():
                    pass
        decided = Counter((d.rule, d.outcome) for d in journal.decisions(limit=10_000))
        fired = {(r.rule, r.object or "") for r in journal.reactions(limit=10_000) if r.retracts is None}
    return decided, fired


def test_a_backtest_decides_as_the_live_service_does(night: Path, tmp_path: Path) -> None:
    book = RuleBook()
    found = told(backtest([night], book.rules))
    decided, fired = live(in_time_order(night), book, tmp_path)
    outcomes = {(r["rule"], outcome): count for r in found["rules"] for outcome, count in r["outcomes"].items()}
    assert outcomes == dict(decided)
    firings = {(r["rule"], f["object"]) for r in found["rules"] for f in r["firings"]}
    assert firings == fired
    assert len(fired) >= 4


def test_facts_read_in_circulars_reach_rules(night: Path) -> None:
    found = told(backtest([night], RuleBook().rules))
    redshift = next(rule for rule in found["rules"] if rule["rule"] == "redshift")
    assert redshift["outcomes"]


def test_several_readers_give_the_same_answers_as_one(night: Path, tmp_path: Path) -> None:
    more = tmp_path / "archive"
    shutil.copytree(night, more)
    book = RuleBook()
    one = told(backtest([more], book.rules, jobs=1))
    assert told(backtest([more], book.rules, jobs=2)) == one
    assert sum(rule["fired"] for rule in one["rules"]) > 5


def test_one_large_file_is_shared_by_all_readers(tmp_path: Path) -> None:
    (tmp_path / "large.jsonl").write_bytes(b"{}\n" * 100_000)
    (tmp_path / "small.jsonl").write_bytes(b"{}\n")
    found = shares([tmp_path], 3)
    assert [(share.part, share.parts) for share in found] == [(0, 3), (1, 3), (2, 3), (0, 1)]


def test_the_same_message_twice_is_one_event(night: Path, tmp_path: Path) -> None:
    for copy in ("a", "b"):
        shutil.copytree(night, tmp_path / "archive" / copy)
    book = RuleBook()
    once, twice = told(backtest([night], book.rules)), told(backtest([tmp_path / "archive"], book.rules))
    assert twice["archive"]["messages"] == 2 * once["archive"]["messages"]
    assert twice["archive"]["seen_twice"] > 10
    assert [rule["outcomes"] for rule in twice["rules"]] == [rule["outcomes"] for rule in once["rules"]]


def test_edited_rules_lose_and_change_firings_with_the_line_that_decided(night: Path, tmp_path: Path) -> None:
    before, now = rules(tmp_path, OLD), rules(tmp_path, NEW, "new.yaml")
    diff = told(backtest([night], before.rules, other=now.rules))["diff"]
    counts = {row["rule"]: row for row in diff["rules"]}
    assert counts["wide"]["lost"] > 0
    assert counts["wide"]["gained"] == 0
    lost = next(one for one in diff["firings"] if one["change"] == "lost")
    assert re.fullmatch(r"line 6: area\(ev\.sky, 0\.9\) < 30 is false \(.*\)", lost["line"])
    assert counts["bursts"]["changed"] > 0
    changed = next(one for one in diff["firings"] if one["change"] == "changed")
    assert re.search(r"action 1: .* at 176\.8 → .* dec -39\.8", changed["line"])


def test_the_other_way_round_they_are_gained(night: Path, tmp_path: Path) -> None:
    before, now = rules(tmp_path, NEW), rules(tmp_path, OLD, "new.yaml")
    diff = told(backtest([night], before.rules, other=now.rules))["diff"]
    gained = [one for one in diff["firings"] if one["change"] == "gained" and one["rule"] == "wide"]
    assert gained
    assert "< 30 is false" in gained[0]["line"]


def test_a_window_that_an_edit_made_longer_is_said_to_be_open(night: Path, tmp_path: Path) -> None:
    text = "rule: alone\nwhen: lvk.alert\nwithin: {from: 0s, to: 2m}\nwithout: {x: gcn.notice.maxi}\ndo: {post: none}\n"
    before, now = rules(tmp_path, text, "before.yaml"), rules(tmp_path, text.replace("2m", "300d"), "now.yaml")
    firings = told(backtest([night], before.rules, other=now.rules))["diff"]["firings"]
    assert {one["change"] for one in firings} == {"lost"}
    # The other one of that night has been retracted when the next event comes, which closed its window.
    assert [one["line"] for one in firings] == [
        "it waits until 2018-06-13T12:42:04.430000Z",
        "it waits for nothing there",
    ]


def test_a_span_of_time_that_is_none_is_refused_and_an_empty_one_is_said(night: Path) -> None:
    said = CliRunner().invoke(cli, ["rules", "backtest", str(night), "--since", "2018-01-02", "--until", "2018-01-01"])
    assert (said.exit_code, "is not before --until" in said.output) == (2, True)
    said = CliRunner().invoke(cli, ["rules", "backtest", str(night), "--since", "2018-01-02", "--jobs", "1"])
    assert said.exit_code == 0
    assert "None" not in said.output


def test_the_same_rules_differ_in_nothing(night: Path, tmp_path: Path) -> None:
    book, same = rules(tmp_path, OLD), rules(tmp_path, OLD, "same.yaml")
    assert told(backtest([night], book.rules, other=same.rules))["diff"] == {"rules": [], "total": 0, "firings": []}


def test_the_line_that_decided_is_told_although_many_rules_listen(night: Path, tmp_path: Path) -> None:
    many = "".join(f"\n---\nrule: r{n}\nwhen: lvk.alert\nif: ev.far < 1e-{n + 3}\ndo: {{post: x}}\n" for n in range(30))
    strict = "\n---\nrule: strict\nwhen: lvk.alert\nif: ev.far < 1e-40\ndo: {post: x}\n"
    before = rules(tmp_path, OLD.strip() + many + strict.replace("1e-40", "1e-4"))
    now = rules(tmp_path, OLD.strip() + many + strict, "new.yaml")
    found = told(backtest([night], before.rules, other=now.rules))
    assert found["archive"]["passed_over"] > 0
    lost = [one for one in found["diff"]["firings"] if one["rule"] == "strict"]
    assert lost
    assert all(re.search(r"ev\.far < 1e-40 is false \(ev\.far = ", one["line"]) for one in lost)


def test_a_rule_that_is_gone_loses_its_firings(night: Path, tmp_path: Path) -> None:
    before, now = rules(tmp_path, OLD), rules(tmp_path, OLD.partition("---")[0], "new.yaml")
    diff = told(backtest([night], before.rules, other=now.rules))["diff"]
    assert [row["state"] for row in diff["rules"]] == ["gone"]
    assert {one["line"] for one in diff["firings"]} == {"the rule is not there"}


def test_a_window_closes_at_its_time_although_nothing_arrives_then(night: Path, tmp_path: Path) -> None:
    book = rules(
        tmp_path,
        "rule: lonely\nwhen: {wave: lvk.alert}\nwithin: {of: wave, from: -5m, to: 20m}\n"
        "without: {burst: gcn.notice.integral}\ndo:\n  - post: '${wave.name} alone'\n",
    )
    lonely = told(backtest([night], book.rules))["rules"][0]
    assert lonely["fired"] > 0
    assert all(firing["kind"] == "timer" for firing in lonely["firings"])
    assert lonely["firings"][0]["title"].endswith(" alone")
    assert lonely["delay_s"]["min"] >= 1200


def test_since_and_until_limit_what_is_decided_but_not_who_is_called_what(night: Path, tmp_path: Path) -> None:
    book = rules(tmp_path, "rule: told\nwhen: gcn.circular\nif: has(ev.object)\nper: ev.id\ndo: {post: '${ev.name}'}\n")
    whole = told(backtest([night], book.rules))["rules"][0]
    moment = datetime.fromisoformat(whole["firings"][2]["at"])
    later = told(backtest([night], book.rules, since=moment))["rules"][0]
    assert later["firings"] == whole["firings"][2:]
    sooner = told(backtest([night], book.rules, until=moment))["rules"][0]
    assert sooner["firings"] == whole["firings"][:2]


def test_identities_are_those_of_the_journal_on_real_circulars_and_notices(shared_data: Path, tmp_path: Path) -> None:
    """Circulars 1997-2026 (nasa-gcn and others) and notices of each type (timstaley/voevent-tarballs)."""
    events: list[Event] = []
    for message in walk([shared_data / "notices" / "voevent_per_type", shared_data / "circulars.jsonl"], now=UNDATED):
        try:
            events += parse(message)
        except FormatError:
            continue
    events = list({event.id: event for event in events if event.received != UNDATED}.values())
    events = sorted(events, key=lambda event: event.received)[-900:]
    with Journal.open(f"sqlite:///{tmp_path / 'j.db'}", synchronous="off") as journal:
        journal.append(events)
        stored = journal.read(0, limit=10_000)
        objects = identify(journal, stored)
        expected = [objects.get(item.seq) for item in stored]
    names = Identities()
    assert [names.identified(event).object for event in events] == expected
    assert sum(obj is not None for obj in expected) > 500
    names.close()


def test_the_page_needs_no_network_and_shows_every_rule(night: Path, tmp_path: Path) -> None:
    name = "rule: a<b\n"
    assert "a<b" not in page_of(night, rules(tmp_path, OLD))
    text = page_of(night, rules(tmp_path, OLD.replace("rule: wide", "rule: wide\nabout: 'a<b & c'")))
    assert "a&lt;b &amp; c" in text
    assert name not in text
    assert "wide" in text
    assert "bursts" in text
    assert "<svg" in text
    assert "prefers-color-scheme:dark" in text
    assert not re.search(r'(?:src|href)="|url\(|@import|<script', text)


def page_of(night: Path, book: RuleBook) -> str:
    run = backtest([night], book.rules)
    try:
        return page(report(run))
    finally:
        run.findings.close()


def test_gaps_in_an_archive_are_closed_up() -> None:
    days = {"2019-04-01": 1, "2019-04-08": 1, "2022-01-01": 3}
    assert [(str(a), str(b)) for a, b in stretches(days)] == [
        ("2019-04-01", "2019-04-08"),
        ("2022-01-01", "2022-01-01"),
    ]


def test_the_command_writes_json_and_a_page(night: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    result = CliRunner().invoke(cli, ["rules", "backtest", str(night), "--json", "--jobs", "1", "--output", str(out)])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["archive"]["messages"] > 10
    assert found["took"]["peak_memory_mb"] > 10
    assert {"grb-fermi-gbm", "gw-candidate"} <= {rule["rule"] for rule in found["rules"] if rule["fired"]}
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_rules_with_errors_are_not_backtested(night: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("rule: x\nwhen: lvk.alrt\ndo: {post: x}\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["rules", "backtest", str(night), "--rules", str(tmp_path / "bad.yaml")])
    assert result.exit_code != 0
    assert "did you mean 'lvk.alert'" in str(result.exception)


CONDITIONED = """rule: look
when: gcn.notice.fermi.gbm
do:
  - run: localization
    if: ev.ra_dec_error < {most}
"""


def test_an_action_whose_own_condition_was_edited_names_that_condition(night: Path, tmp_path: Path) -> None:
    before, now = rules(tmp_path, CONDITIONED.format(most=20)), rules(tmp_path, CONDITIONED.format(most=2), "new.yaml")
    diff = told(backtest([night], before.rules, other=now.rules))["diff"]
    changed = [one for one in diff["firings"] if one["change"] == "changed"]
    assert changed
    assert "runs → skipped: ev.ra_dec_error < 2 is false" in changed[0]["line"]
