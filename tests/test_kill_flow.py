"""The promise that the journal is there for: whenever the process dies, nothing is lost and nothing is said twice."""

from __future__ import annotations

import pytest
from kill_points import survey


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_whenever_the_process_is_killed_nothing_is_lost_and_nothing_is_reported_twice() -> None:
    wanted, outcomes = survey(2, seed=20170817)
    assert not wanted.problems
    assert len(wanted.journalled) >= 16
    assert len(outcomes) == 2
    assert any(outcome.killed for outcome in outcomes)
    assert [problem for outcome in outcomes for problem in outcome.problems] == []
