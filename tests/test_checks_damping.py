"""When a check is failing, recovered or flapping: hysteresis, as a pure function of its looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyses.checks.damping import Change, Policy, Standing, look, turns

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
looks = st.lists(st.sampled_from([True, False, None]), max_size=120)
policies = st.builds(
    Policy,
    failures=st.integers(1, 4),
    successes=st.integers(1, 4),
    untold=st.integers(1, 4),
    window=st.integers(10, 30),
    begins=st.integers(4, 9),
    ends=st.integers(0, 3),
)


def told(oks: list[bool | None], policy: Policy | None = None) -> tuple[Standing, list[Change]]:
    standing, changes = Standing(since=START), []
    for minute, ok in enumerate(oks):
        standing, change = look(standing, ok, START + timedelta(minutes=minute), policy or Policy())
        changes += [change] if change else []
    return standing, changes


def words(oks: str) -> list[str]:
    return [change.told for change in told([{"+": True, "-": False, ".": None}[ok] for ok in oks])[1]]


def test_one_slip_is_no_failure_and_one_pass_no_recovery() -> None:
    assert words("+++-+++") == ["well"]
    assert words("++--+-+") == ["well", "failing"]
    assert words("++--++") == ["well", "failing", "recovered"]


def test_a_check_that_fails_from_the_start_is_told_when_it_fails_again() -> None:
    assert words("-") == []
    assert words("--") == ["failing"]
    assert words("-+") == [], "one pass after a failure proves nothing yet"


def test_a_recovery_says_since_when_it_was_failing() -> None:
    _, changes = told([True, False, False, False, True, True])
    assert [c.told for c in changes] == ["well", "failing", "recovered"]
    assert changes[1].opens
    assert changes[2].opened == START + timedelta(minutes=2)


def test_flapping_is_told_once_and_is_one_incident() -> None:
    standing, changes = told([True] * 5 + [False, True] * 40)
    assert [c.told for c in changes] == ["well", "flapping"]
    assert standing.state == "flapping"
    standing, changes = told([True] * 5 + [False, True] * 40 + [True] * 25)
    assert [c.told for c in changes] == ["well", "flapping", "recovered"]
    assert standing.opened is None


def test_flapping_that_ends_in_a_failure_stays_the_same_incident() -> None:
    _, changes = told([False, True] * 20 + [False] * 25 + [True] * 25)
    assert [c.told for c in changes] == ["flapping", "failing", "recovered"]
    assert [c.opens for c in changes] == [True, False, False]


def test_what_cannot_be_told_for_long_ends_what_was_known() -> None:
    assert words("++--..") == ["well", "failing"]
    assert words("++--...") == ["well", "failing", "unknown"]
    assert words("++--..-..++") == ["well", "failing", "recovered"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(looks, policies)
def test_incidents_open_and_end_in_turn(oks: list[bool | None], policy: Policy) -> None:
    """However the looks come: nothing is opened twice, and nothing ends that was not opened."""
    standing, changes = told(oks, policy)
    is_open = False
    for change in changes:
        if change.opens:
            assert not is_open
            is_open = True
        elif change.told in ("recovered", "unknown") and change.opened is not None:
            assert is_open
            is_open = False
    assert is_open == (standing.opened is not None)
    assert is_open == (standing.state in ("failing", "flapping"))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(looks, policies)
def test_a_state_is_never_told_twice_in_a_row(oks: list[bool | None], policy: Policy) -> None:
    _, changes = told(oks, policy)
    states = [change.told for change in changes]
    assert all(a != b for a, b in pairwise(states))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(looks, policies)
def test_what_stays_as_it_is_ends_in_that_state_whatever_came_before(oks: list[bool | None], policy: Policy) -> None:
    enough = policy.window + policy.failures + policy.successes
    assert told([*oks, *[True] * enough], policy)[0].state == "well"
    assert told([*oks, *[False] * enough], policy)[0].state == "failing"
    assert told([*oks, *[None] * enough], policy)[0].state == "unknown"


@given(st.lists(st.booleans(), max_size=200), policies)
def test_people_hear_little_of_a_check_that_turns_at_every_look(oks: list[bool], policy: Policy) -> None:
    """Each change that is told has cost at least as many looks as the policy asks for; turning faster tells less."""
    _, changes = told(list(oks), policy)
    least = min(policy.failures, policy.successes)
    turned = turns("".join("+" if ok else "-" for ok in oks))
    assert len(changes) <= 1 + turned
    assert len(changes) <= 1 + len(oks) / least
    _, wild = told([bool(n % 2) for n in range(len(oks))], Policy(window=20))
    assert len(wild) <= 2
