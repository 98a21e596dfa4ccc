"""A follow-up programme's published criteria as a rule, against what its people did (desy-multimessenger/nuztf)."""

from __future__ import annotations

from pathlib import Path

from benchmarks.neutrino_decisions import RULE, choices, summary
from reactors.rulebook import RuleBook
from reactors.testrun import run_tests, told


def test_the_rule_passes_its_own_tests() -> None:
    book = RuleBook([RULE], quiet=True)
    assert not book.problems
    results = run_tests(book.rules.rules)
    assert len(results) == 3
    assert [told(result) for result in results if not result.passed] == []


def test_rule_and_people_choose_the_same_nine_times_in_ten_where_a_notice_can_decide(shared_data: Path) -> None:
    found = summary(choices(shared_data))
    assert found["alerts"] == 132
    assert found["agree_there"] >= 0.9 * found["alerts_decided_by_what_a_notice_says"]
    assert found["followed_and_chosen"] >= 0.9 * found["followed"]
    # Bad weather and maintenance are in no notice: a rule that agreed there would be tuned to the answers.
    assert found["by_reason"]["Telescope Maintenance"]["shadow"] >= 5
