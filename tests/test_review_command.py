"""`nuncius review`: people answer what rules ask, from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rules_samples import Night, gw

from kg.objects import identify
from nuncius.cli import cli

RULES = """rule: r
when: lvk.alert
do:
  - ask: "Send it?\\nAll ${ev.far} of it."
    timeout: 2h
  - post: "sent"
"""


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    (tmp_path / "var").mkdir()
    monkeypatch.setenv("NUNCIUS_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    made = Night(tmp_path, RULES)
    made.journal.close()
    from nuncius.journal import Journal

    made.journal = Journal.open(f"sqlite:///{tmp_path / 'var' / 'nuncius.db'}", synchronous="normal")
    made.start()
    made.reactor._identify = identify
    made.hears(gw("a", object=None))
    made.works()
    yield made
    made.close()


def review(*words: str) -> Result:
    return CliRunner().invoke(cli, ["review", *words])


def test_what_waits_is_listed_and_approved(night: Night) -> None:
    (asked,) = night.journal.reviews()
    shown = review("list")
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[0] == f"{asked.id}  open  Send it?"
    assert "    | All 3.5e-12 of it." in shown.output
    assert json.loads(review("list", "--json").output)["question"] == "Send it?\nAll 3.5e-12 of it."
    done = review("approve", str(asked.id), "--why", "fine", "--by", "Ann")
    assert (done.exit_code, done.output) == (0, "approved by Ann: Send it?\n")
    night.works()
    assert night.titles()[-1] == "sent"
    assert review("list").output == "nothing waits for an answer\n"
    assert "approved by Ann at" in review("list", "--all").output


def test_a_rejection_needs_a_reason_and_a_second_answer_is_refused(night: Night) -> None:
    (asked,) = night.journal.reviews()
    assert review("reject", str(asked.id)).exit_code == 2
    assert review("reject", str(asked.id), "--why", "wrong").exit_code == 0
    night.works()
    assert night.titles()[-1].startswith("Rejected by ")
    again = review("approve", str(asked.id))
    assert again.exit_code == 1
    assert "Too late: this was rejected by" in again.output
    assert review("approve", "999").exit_code == 1


def test_an_object_is_acknowledged_by_any_of_its_names(night: Night) -> None:
    assert review("acknowledge", "S170817a", "--by", "Ann").output == "1 of 1 reactions acknowledged\n"
    assert review("acknowledge", "S170817a").output == "acknowledged before\n"
    assert night.journal.standing(night.journal.reactions()[0].id).acknowledged
    assert review("acknowledge", "S991231z").exit_code == 1


def test_figures_of_each_rule_are_shown_for_people_and_machines(night: Night) -> None:
    (asked,) = night.journal.reviews()
    assert json.loads(review("stats", "--json").output)["open"] == 1
    review("approve", str(asked.id))
    figures = json.loads(review("stats", "--json").output)
    assert (figures["rule"], figures["approved"], figures["precision"], figures["open"]) == ("r", 1, 1.0, 0)
    assert "100 %" in review("stats").output
    assert review("stats", "--rule", "q").exit_code == 1


def test_the_words_of_the_desk_are_answered_in_a_terminal(night: Night) -> None:
    shown = CliRunner().invoke(cli, ["ask", "show", "s170817a", "--config", "/dev/null"])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("S170817a: gravitational-wave candidate")
    assert "Send it?" in shown.output
    wrong = CliRunner().invoke(cli, ["ask", "shwo", "--json", "--config", "/dev/null"])
    assert wrong.exit_code == 1
    assert "Did you mean 'show'" in json.loads(wrong.output)["text"]
