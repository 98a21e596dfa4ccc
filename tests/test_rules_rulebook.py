"""Rules on disk: what is in force, hot reload, a bad file, and the rules that come with the program."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import rules_samples as samples
from click.testing import CliRunner
from rules_samples import GW, Night, gw

from nuncius.cli import cli
from nuncius.core.errors import ConfigurationError
from reactors.rulebook import RuleBook, RuleSet, rule_files, shipped

RULE = 'rule: {name}\nwhen: {when}\ndo:\n  - post: "{text}"\n'


def rule(name: str, text: str = "x", when: str = "lvk.alert") -> str:
    return RULE.format(name=name, text=text, when=when)


def write(file: Path, text: str) -> None:
    """Write so that the change is seen although it comes within the clock's resolution."""
    file.write_text(text, encoding="utf-8")
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000 * (1 + len(text))))


def names(book: RuleBook) -> list[str]:
    return [r.name for r in book.rules.rules]


def test_a_rule_hears_all_kinds_below_its_own(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", rule("all", when="gcn.notice") + "---\n" + rule("gbm", when="gcn.notice.fermi.gbm"))
    heard = RuleBook([tmp_path]).rules.listening
    assert [r.name for r in heard("gcn.notice.fermi.gbm.fin_pos")] == ["all", "gbm"]
    assert [r.name for r in heard("gcn.notice.fermi.gbmx")] == ["all"]
    assert heard("gcn.circular") == ()


def test_a_changed_file_is_in_force_after_the_next_look(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", rule("a"))
    book = RuleBook([tmp_path])
    assert not book.refresh()
    write(tmp_path / "a.yaml", rule("a", text="other"))
    write(tmp_path / "b.yaml", rule("b"))
    assert book.refresh()
    assert names(book) == ["a", "b"]
    assert book.rules.rules[0].actions[0]["what"] == "other"
    (tmp_path / "b.yaml").unlink()
    assert book.refresh()
    assert names(book) == ["a"]


def test_a_change_of_layout_changes_nothing_but_places(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", rule("a"))
    book = RuleBook([tmp_path])
    before = book.rules
    write(tmp_path / "a.yaml", "# a comment\n" + rule("a"))
    assert not book.refresh()
    assert book.rules.hash == before.hash
    assert [one.line for one in book.rules.rules] == [one.line + 1 for one in before.rules]


def test_a_bad_file_keeps_its_last_good_rules_and_is_told(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", rule("a"))
    write(tmp_path / "b.yaml", rule("b"))
    book = RuleBook([tmp_path])
    write(tmp_path / "a.yaml", rule("a").replace("post", "pots"))
    assert book.refresh()
    assert names(book) == ["a", "b"]
    assert [p.level for p in book.problems] == ["error", "warning"]
    assert "last good version stays in force: a" in book.problems[1].hint
    write(tmp_path / "a.yaml", rule("a", text="mended"))
    assert book.refresh()
    assert book.problems == []


def test_a_later_folder_replaces_a_rule_of_the_same_name(tmp_path: Path) -> None:
    for folder, text in (("one", "first"), ("two", "second")):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "r.yaml", rule("r", text=text))
    book = RuleBook([tmp_path / "one", tmp_path / "two"])
    assert [r.actions[0]["what"] for r in book.rules.rules] == ["second"]
    assert book.problems == []
    write(tmp_path / "two" / "s.yaml", rule("r", text="third"))
    book.refresh()
    assert "is also in" in book.problems[0].message


def test_hidden_files_and_other_files_are_passed_over(tmp_path: Path) -> None:
    for name in (".a.yaml", "#b.yaml", "c.yaml~", "d.txt", "e.yml"):
        write(tmp_path / name, rule("x"))
    assert [f.name for f in rule_files(tmp_path)] == ["e.yml"]


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00rule")
    assert "cannot be read" in RuleBook([tmp_path], quiet=True).problems[0].message


def test_no_such_folder_is_a_mistake_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no rules at"):
        RuleBook([tmp_path / "nowhere"])


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    samples.CALLS.clear()
    made = Night(tmp_path, rule("a"))
    yield made
    made.close()


def test_past_events_never_fire_again_after_an_edit(night: Night) -> None:
    night.hears(gw("1"))
    write(night.file, rule("a", text="edited"))
    assert night.book.refresh()
    night.hears(gw("2", object=f"{GW}b"))
    night.works()
    assert night.titles() == ["x", "edited"]
    assert len(night.journal.reactions()) == 2


def test_an_edited_text_replaces_the_old_one_with_the_next_revision(night: Night) -> None:
    night.hears(gw("1"))
    night.works()
    write(night.file, rule("a", text="edited"))
    night.book.refresh()
    night.hears(gw("2"))
    night.works()
    first, second = night.reports()
    assert (first.slot, second.title, second.revision) == (second.slot, "edited", 2)
    assert len({r.rule_hash for r in night.journal.reactions()}) == 2


def test_a_bad_file_becomes_an_event_that_a_rule_can_report(night: Night) -> None:
    watch = 'rule: watch\nwhen: platform.rules\ndo: {post: "${ev.detail}", to: operators}\n'
    write(night.file, rule("a") + "---\n" + watch)
    night.book.refresh()
    write(night.file, rule("a") + "---\n" + watch + "x: 1\n")
    night.book.refresh()
    for _ in range(3):
        night.hears(gw("1"))
        night.works()
    told = [r for r in night.reports() if r.thread == "operators"]
    assert len(told) == 1
    assert "unknown key 'x'" in told[0].title


def test_a_template_that_went_bad_before_a_restart_keeps_the_rules_that_use_it(tmp_path: Path) -> None:
    rules, keep = tmp_path / "rules", tmp_path / "keep"
    rules.mkdir()
    shared, mine = rules / "shared.yaml", rules / "mine.yaml"
    shared.write_text("template: strong\nif: ev.far < 1e-9\n", encoding="utf-8")
    mine.write_text("rule: mine\nuse: strong\nwhen: lvk.alert\ndo: {post: x}\n", encoding="utf-8")
    before = RuleBook([rules], keep=keep).rules.hash
    shared.write_text("template: [", encoding="utf-8")
    again = RuleBook([rules], keep=keep)
    assert again.rules.hash == before
    assert [p.level for p in again.problems] == ["error"]
    assert RuleBook([rules]).rules.rules == ()


def test_a_disk_that_keeps_nothing_stops_no_rule(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.yaml").write_text("rule: one\nwhen: lvk.alert\ndo: {post: x}\n", encoding="utf-8")
    (tmp_path / "keep").write_text("not a folder", encoding="utf-8")
    assert len(RuleBook([tmp_path], keep=tmp_path / "keep").rules.rules) == 1
    assert "cannot be kept" in caplog.text


def test_muting_a_rule_that_is_none_of_these_is_a_warning(tmp_path: Path) -> None:
    muting = "rule: one\nwhen: lvk.alert\nmutes: {rules: [anothr], for: 1h}\ndo: {post: x}\n"
    (tmp_path / "a.yaml").write_text(muting + "---\nrule: another\nwhen: lvk.alert\ndo: {post: x}\n", encoding="utf-8")
    book = RuleBook([tmp_path])
    assert [(p.level, p.line, p.message) for p in book.problems] == [
        ("warning", 1, "'mutes' names 'anothr', which is none of these rules; did you mean 'another'?")
    ]
    assert len(book.rules.rules) == 2


def test_the_shipped_rules_are_valid_and_explain_themselves() -> None:
    book = RuleBook()
    assert book.problems == []
    assert len(book.rules.rules) >= 10
    for each in book.rules.rules:
        assert each.about, each.name
        assert each.owner, each.name
        assert each.limit is not None, f"{each.name} could flood a channel"


def test_the_shipped_rules_hear_what_they_are_for() -> None:
    rules: RuleSet = RuleBook().rules
    expected = {
        "lvk.alert.preliminary": "gw-candidate",
        "gcn.notice.fermi.gbm.fin_pos": "grb-fermi-gbm",
        "gcn.notice.swift.xrt.position": "grb-swift",
        "gcn.notice.icecube.ic86.gold": "icecube-gold",
        "gcn.circular": "circular",
        "kg.fact": "redshift",
        "feed.silent": "feed-state",
        "platform.rules": "rule-files",
    }
    for kind, name in expected.items():
        assert name in [r.name for r in rules.listening(kind)], kind


def test_the_command_checks_files_and_says_so_by_its_exit_status(tmp_path: Path) -> None:
    write(tmp_path / "bad.yaml", rule("a").replace("lvk.alert", "lvk.alrt"))
    run = CliRunner().invoke(cli, ["rules", "check", str(tmp_path / "bad.yaml")])
    assert run.exit_code == 1
    assert "bad.yaml:2:7: error: no event is of kind 'lvk.alrt'; did you mean 'lvk.alert'?" in run.output
    run = CliRunner().invoke(cli, ["rules", "check", str(tmp_path / "bad.yaml"), "--json"])
    told = json.loads(run.output)
    assert (run.exit_code, told["rules"], told["problems"][0]["line"]) == (1, [], 2)
    run = CliRunner().invoke(cli, ["rules", "check", str(shipped())])
    assert run.exit_code == 0
    assert "0 errors" in run.output


def test_the_command_explains_a_decision_from_its_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = rule("a") + "if: [ev.far > 1, ev.nothing > 1]\n"
    n = Night(tmp_path, text)
    n.hears(gw("1"))
    n.close()
    (tmp_path / "var").mkdir()
    (tmp_path / "night.db").rename(tmp_path / "var" / "nuncius.db")
    monkeypatch.chdir(tmp_path)  # the data folder is `var` here unless set
    run = CliRunner().invoke(cli, ["rules", "explain", "a", "1"])
    assert run.exit_code == 0, run.output
    assert "not  a on 1" in run.output
    assert "line 5: false    ev.far > 1" in run.output
    assert "ev.far = 3.5e-12" in run.output
    assert "ev.nothing is not given" in run.output
    assert CliRunner().invoke(cli, ["rules", "explain", "a", "2"]).exit_code == 1


def test_a_template_may_stand_in_another_file_and_its_change_reaches_those_who_use_it(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "use: loud\n" + rule("a") + "---\n" + rule("b"))
    write(tmp_path / "shared.yaml", "template: loud\nseverity: page\nif: ev.far < 1\n")
    book = RuleBook([tmp_path])
    assert book.problems == []
    assert [(r.name, r.severity, len(r.conditions)) for r in book.rules.rules] == [("a", "page", 1), ("b", "info", 0)]
    write(tmp_path / "shared.yaml", "template: loud\nseverity: warning\n")
    assert book.refresh()
    assert [(r.name, r.severity, len(r.conditions)) for r in book.rules.rules] == [
        ("a", "warning", 0),
        ("b", "info", 0),
    ]


def test_a_template_that_goes_bad_keeps_its_last_good_rules(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "use: loud\n" + rule("a"))
    write(tmp_path / "shared.yaml", "template: loud\nseverity: page\n")
    book = RuleBook([tmp_path])
    write(tmp_path / "shared.yaml", "template: loud\nseverity: [\n")
    assert book.refresh()
    assert [r.severity for r in book.rules.rules] == ["page"]
    write(tmp_path / "shared.yaml", "template: loud\nseverity: very\n")
    assert book.refresh()
    assert [r.severity for r in book.rules.rules] == ["page"]
    assert [(p.file, p.line, p.column) for p in book.problems if p.level == "error"] == [
        (str(tmp_path / "shared.yaml"), 2, 11)
    ]
    (tmp_path / "shared.yaml").unlink()
    assert book.refresh()
    assert [r.severity for r in book.rules.rules] == ["page"]
    assert "no template is named 'loud'; there is none in these folders" in book.problems[0].message


def test_a_template_of_ones_own_replaces_the_one_of_the_same_name_in_an_earlier_path(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    write(tmp_path / "one" / "a.yaml", "template: t\nseverity: page\n---\nuse: t\n" + rule("a"))
    write(tmp_path / "two" / "t.yaml", "template: u\nseverity: warning\n---\ntemplate: u\nseverity: info\n")
    write(tmp_path / "two" / "v.yaml", "template: u\nseverity: notice\n")
    book = RuleBook([tmp_path / "one", tmp_path / "two"])
    assert [r.severity for r in book.rules.rules] == ["page"]
    assert ["twice" in p.message or "is also in" in p.message for p in book.problems] == [True, True]
