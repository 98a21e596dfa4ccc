"""A process that dies while windows are open loses none of them and rings none twice."""

from __future__ import annotations

import pytest
from kill_waits import survey


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whenever_the_reactor_is_killed_no_window_is_lost_and_none_rings_twice() -> None:
    tried, killed, wrong, wanted = survey(8, seed=4)
    assert {w[2] for w in wanted["waits"]} == {"rung", "closed", "open"}
    assert {r[0] for r in wanted["reactions"]} == {"pair", "missing", "hour-after", "often", "bout"}
    assert (tried, killed) == (8, 8)
    assert wrong == []
