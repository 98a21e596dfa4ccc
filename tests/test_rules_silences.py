"""`nuncius rules silence`, `silences`, `unsilence`: people do not want to hear of something for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rules_samples import GW, gw

from kg.objects import identify
from nuncius.cli import cli
from nuncius.core.clock import SystemClock
from nuncius.journal import Journal
from reactors.reactor import Reactor
from reactors.rulebook import RuleBook

RULE = "rule: loud\nwhen: lvk.alert\nper: ev.id\ndo:\n  - post: x\n"


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    (tmp_path / "rules.yaml").write_text(RULE)
    (tmp_path / "nuncius.toml").write_text('data_dir = "var"\nrules = ["rules.yaml"]\n')
    monkeypatch.chdir(tmp_path)
    with Journal.open(f"sqlite:///{tmp_path / 'var' / 'nuncius.db'}") as opened:
        yield opened


def rules(*words: str) -> Result:
    return CliRunner().invoke(cli, ["rules", *words])


def hear(journal: Journal, name: str) -> str:
    journal.append([gw(name, object=None)])
    reactor = Reactor(journal, RuleBook([Path("rules.yaml")]), SystemClock(), identify=identify)
    while reactor.step():
        pass
    return journal.decisions(event_id=name)[0].outcome


def test_a_silenced_rule_is_heard_again_when_the_silence_ends(journal: Journal) -> None:
    assert rules("silences").output == "nothing is silenced\n"
    done = rules("silence", "loud", "--for", "2h", "--why", "tests", "--by", "Ann")
    assert (done.exit_code, done.output[:22]) == (0, "silence 1: loud until ")
    assert hear(journal, "a") == "silenced"
    assert "(Ann)" in rules("silences").output
    assert json.loads(rules("silences", "--json").output)["why"] == "tests"
    assert rules("unsilence", "1").output == "silence 1 has ended\n"
    assert hear(journal, "b") == "fired"
    assert rules("unsilence", "1").exit_code == 1


def test_one_object_is_silenced_by_any_of_its_names(journal: Journal) -> None:
    assert hear(journal, "a") == "fired"
    done = rules("silence", "all", "--object", "S170817a", "--for", "1d", "--why", "known")
    assert done.exit_code == 0, done.output
    assert hear(journal, "b") == "silenced"
    assert GW.rsplit("/", 1)[0] in rules("silences").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lowd", "--for", "2h", "--why", "x"], "no rule is called 'lowd'; did you mean 'loud'?"),
        (["loud", "--for", "2", "--why", "x"], "a duration is a number with a unit"),
        (["loud", "--for", "91d", "--why", "x"], "at most 90d"),
        (["loud", "--for", "1h", "--why", "x", "--object", "GRB1"], "nothing in the journal is called 'GRB1'"),
    ],
)
def test_what_cannot_be_silenced_is_said(journal: Journal, words: list[str], said: str) -> None:
    result = rules("silence", *words)
    assert result.exit_code in (1, 2)
    assert said in result.output
