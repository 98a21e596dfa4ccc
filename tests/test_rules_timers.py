"""Rules by the clock: schedules, one-off moments, several moments after T0, and what becomes of missed ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rules_samples import gw, retraction

from nuncius.core.event import iso
from nuncius.journal import Journal
from reactors.durations import short
from reactors.loader import load_rules
from reactors.reactor import Reactor
from reactors.rule import Rule
from reactors.rulebook import RuleBook
from reactors.rulegraph import graph_of
from reactors.testrun import run_tests, told

DO = "do: [{post: x}]\n"
T0 = datetime(2026, 1, 1, tzinfo=UTC)


def rule(text: str) -> Rule:
    loaded = load_rules(text + DO, "my.yaml")
    assert loaded.errors == []
    (found,) = loaded.rules
    return found


def complaint(text: str) -> str:
    return str(load_rules(text + DO, "my.yaml").errors[0])


def passes(text: str) -> None:
    """The inline tests of these rules pass."""
    loaded = load_rules(text, "my.yaml")
    assert loaded.errors == []
    results = run_tests(loaded.rules)
    assert results
    assert [line for result in results if not result.passed for line in told(result)] == []


# --- how they are written ---


def test_moments_are_read_in_their_time_zone_and_put_in_order() -> None:
    one = rule("rule: r\nwhen: {at: 2026-12-01T00:00Z}\n").schedule
    assert one is not None
    assert one.at == (datetime(2026, 12, 1, tzinfo=UTC),)
    several = rule("rule: r\nwhen: {at: [2026-12-01 09:00, 2026-07-01 09:00], tz: Europe/Zurich}\n").schedule
    assert several is not None
    assert several.at == (datetime(2026, 7, 1, 7, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC))


def test_offsets_after_t0_are_a_list_and_each_is_known_as_after() -> None:
    several = rule("rule: r\nwhen: {after: [7d, 1h, 1d], of: lvk.alert}\nif: after != '1h'\n").after
    assert several is not None
    assert [short(s) for s in several.delays_s] == ["1h", "1d", "1w"]
    assert "after" in complaint("rule: r\nwhen: {after: 1h, of: lvk.alert}\nif: after != '1h'\n")


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("{at: tomorrow}", "a moment such as 2026-12-01T09:00Z"),
        ("{at: []}", "one moment, or a list"),
        ("{at: 2026-12-01T00:00Z, tz: Europe/Zurick}", "did you mean 'Europe/Zurich'"),
        ("{at: 2026-12-01T00:00Z, every: 1h}", "a schedule is"),
        ("{at: 0001-01-01T00:00+14:00}", "a moment such as"),
        ("{at: 9999-12-31T23:00-14:00}", "a moment such as"),
        ("{missed: skip}", "a schedule is"),
        ("{every: 1h, missed: skp}", "did you mean 'skip'"),
        ("{after: [], of: lvk.alert}", "a time after T0"),
        ("{after: [1h, -1h], of: lvk.alert}", "of at most 400 days"),
        ("{after: [1h, soon], of: lvk.alert}", "a time relative to T0"),
        ("{of: lvk.alert, missed: each}", "{after, of}"),
    ],
)
def test_a_mistake_is_explained(when: str, says: str) -> None:
    assert says in complaint(f"rule: r\nwhen: {when}\n")


def test_rules_of_before_keep_their_hash() -> None:
    # The values before the language knew `at`, lists of `after` and `missed`: an upgrade must not make old rules new.
    assert rule("rule: r\nwhen: {every: 10m}\n").hash == "3b99bbf23bc91d58"
    assert rule("rule: r\nwhen: {after: 1h, of: lvk.alert}\n").hash == "d7dcbb1cc5865ee1"
    assert rule("rule: r\nwhen: {every: 10m, missed: skip}\n").hash != "3b99bbf23bc91d58"
    assert rule("rule: r\nwhen: {every: 10m, missed: once}\n").hash == "3b99bbf23bc91d58"


def test_the_graph_of_rules_tells_when_they_are_due() -> None:
    rules = [
        rule("rule: a\nwhen: {at: 2026-12-01T00:00Z}\n"),
        rule("rule: b\nwhen: {after: [1h, 1d], of: lvk.alert}\n"),
        rule("rule: c\nwhen: {cron: '0 7 * * *'}\n"),
    ]
    assert [node.clock for node in graph_of(rules).nodes] == [
        "at 2026-12-01T00:00:00Z",
        "3600 s, 86400 s after T0",
        "cron 0 7 * * * UTC",
    ]


# --- what they do, as inline tests say it ---


def test_a_moment_comes_once() -> None:
    passes("""
rule: r
when: {at: [2026-01-01T06:00Z, 2026-01-02T06:00Z]}
do: [{post: now}]
test:
  - {until: T0+30d, expect: [{outcome: fires, at: T0+6h}, {outcome: fires, at: T0+30h}]}
  - {T0: 2026-02-01T00:00Z, until: T0+30d, expect: silent}
""")


def test_each_moment_after_t0_acts_in_a_place_of_its_own() -> None:
    passes(
        """
rule: r
when: {after: [1h, 1d, 7d], of: lvk.alert}
do: [{post: "${ev.name} after ${after}"}]
test:
  - about: each is told, though nothing has changed since
    given: {kind: lvk.alert.initial, ids: [S1], event_name: [S1], at: T0+1m, trigger_time: T0, far: 1e-9}
    expect:
      - waiting
      - {outcome: fires, at: T0+1h, post: S1 after 1h}
      - {outcome: fires, at: T0+1d, post: S1 after 1d}
      - {outcome: fires, at: T0+7d, post: S1 after 1w}
  - about: a revision is looked at at every moment that is left, and at the last one that has passed
    given:
      - {kind: lvk.alert.initial, ids: [S1], id: a, at: T0+1m, trigger_time: T0, far: 1e-9}
      - {kind: lvk.alert.update, ids: [S1], id: b, at: T0+2h, trigger_time: T0, tense: update, far: 1e-11}
    expect:
      - waiting
      - {outcome: fires, at: T0+1h}
      - waiting
      - unchanged
      - {outcome: fires, at: T0+1d}
      - {outcome: fires, at: T0+7d}
""".replace("ids: [S1], id", "object: o, id").replace("ids: [S1], event_name", "event_name")
    )


@pytest.mark.parametrize(
    ("missed", "expect"),
    [
        ("once", "[fires, {outcome: fires, at: T0+330m, because: 3 runs were missed}, {outcome: fires, at: T0+6h}]"),
        ("skip", "[fires, {outcome: skipped, at: T0+330m}, {outcome: fires, at: T0+6h}]"),
        ("each", "[fires, fires, fires, fires, fires, {outcome: fires, at: T0+6h}]"),
    ],
)
def test_runs_missed_in_an_outage_are_handled_as_the_rule_says(missed: str, expect: str) -> None:
    passes(f"""
rule: r
when: {{every: 1h, missed: {missed}}}
do: [{{post: now}}]
test:
  - {{until: T0+6h, outage: {{from: T0+90m, to: T0+330m}}, expect: {expect}}}
""")


@pytest.mark.parametrize(
    ("missed", "expect"),
    [
        ("once", "[{outcome: fires, at: T0+2d}]"),
        ("skip", "[{outcome: skipped, at: T0+2d}]"),
        ("each", "[{outcome: fires, at: T0+2d}]"),
    ],
)
def test_a_moment_missed_in_an_outage_is_handled_as_the_rule_says(missed: str, expect: str) -> None:
    passes(f"""
rule: r
when: {{at: 2026-01-01T06:00Z, missed: {missed}}}
do: [{{post: now}}]
test:
  - {{until: T0+6d, outage: {{from: T0+1h, to: T0+2d}}, expect: {expect}}}
""")


@pytest.mark.parametrize(
    ("missed", "came"),
    [
        # Both moments have passed: looked at now they would see the same, so the last one stands for both.
        ("once", [("waiting", 1), ("skipped", 2880), ("waiting", 2880), ("fired", 2881), ("fired", 10080)]),
        ("skip", [("waiting", 1), ("skipped", 2880), ("skipped", 2880), ("fired", 10080)]),
        ("each", [("waiting", 1), *[("waiting", 2880)] * 2, *[("fired", 2881)] * 2, ("fired", 10080)]),
    ],
)
def test_moments_after_t0_missed_in_an_outage_are_handled_as_the_rule_says(
    missed: str, came: list[tuple[str, int]]
) -> None:
    text = f"""
rule: r
when: {{after: [1h, 1d, 7d], of: lvk.alert, missed: {missed}}}
do: [{{post: "after ${{after}}"}}]
test:
  - given: {{kind: lvk.alert.initial, object: o, at: T0+1m, trigger_time: T0}}
    outage: {{from: T0+30m, to: T0+2d}}
    expect: waiting
"""
    loaded = load_rules(text, "my.yaml")
    (result,) = run_tests(loaded.rules)
    assert [(c.outcome, round((datetime.fromisoformat(c.at) - T0).total_seconds() / 60)) for c in result.came] == came


def test_an_event_that_comes_after_its_moments_is_looked_at_as_the_rule_says() -> None:
    text = """
rule: r
when: {after: [1h, 1d, 7d], of: lvk.alert, missed: MISSED}
do: [{post: "after ${after}"}]
test:
  - {given: {kind: lvk.alert.initial, object: o, at: T0+2d, trigger_time: T0}, expect: EXPECT}
"""
    for missed, late in (("once", ["1d"]), ("skip", []), ("each", ["1h", "1d"])):
        expect = f"[waiting, {', '.join(f'{{outcome: fires, post: after {after}}}' for after in [*late, '1w'])}]"
        passes(text.replace("MISSED", missed).replace("EXPECT", expect))


def test_an_outage_in_a_test_is_checked_when_the_rule_is_loaded() -> None:
    wrong = "rule: r\nwhen: {every: 1h}\ndo: [{post: x}]\ntest:\n  - {until: T0+6h, expect: fires, outage: OUTAGE}\n"
    for outage, says in (("{from: T0}", "an outage is"), ("{from: T0+2h, to: T0+1h}", "ends after it begins")):
        assert says in str(load_rules(wrong.replace("OUTAGE", outage), "my.yaml").errors[0])


# --- in the service: restarts, retractions, edits, clocks ---


class HandClock:
    """A wall clock that a person sets."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Service:
    """A reactor on a journal, started anew as often as wanted."""

    def __init__(self, journal: Journal, folder: Path, rules: str, *, start: datetime = T0) -> None:
        self.journal, self.file, self.clock = journal, folder / "r.yaml", HandClock(start)
        self.file.write_text(rules)
        self.restart()

    def restart(self) -> None:
        self.reactor = Reactor(self.journal, RuleBook([self.file]), self.clock)
        self.run()

    def run(self) -> None:
        while self.reactor.step():
            pass

    def at(self, **after: float) -> None:
        """Set the clock and go on."""
        self.clock.moment = T0 + timedelta(**after)
        self.run()

    def every_minute(self, minutes: int) -> None:
        for _ in range(minutes):
            self.clock.sleep(60)
            self.run()

    def fired(self) -> list[str]:
        """Due moments of the runs that fired, in the order in which they did."""
        decisions = [d for d in reversed(self.journal.decisions(limit=10_000)) if d.outcome == "fired"]
        events = [self.journal.get(d.event_id) for d in decisions]
        return [str(stored.event.data["due"]) for stored in events if stored is not None]


def hours(*numbers: float) -> list[Any]:
    return [iso(T0 + timedelta(hours=n)) for n in numbers]


@pytest.mark.parametrize(("missed", "due"), [("once", (1, 2, 6)), ("skip", (1, 6)), ("each", (1, 2, 3, 4, 5, 6))])
def test_after_a_restart_missed_runs_are_made_up_for_as_the_rule_says(
    journal: Journal, tmp_path: Path, missed: str, due: tuple[int, ...]
) -> None:
    service = Service(journal, tmp_path, f"rule: r\nwhen: {{every: 1h, missed: {missed}}}\n{DO}")
    service.at(hours=1)
    service.clock.moment = T0 + timedelta(hours=5, minutes=30)  # it did not run for four hours and a half
    service.restart()
    service.at(hours=6)
    assert service.fired() == hours(*due)
    reactions = journal.reactions(limit=50)
    assert len({reaction.slot for reaction in reactions}) == (len(due) if missed == "each" else 1)
    assert missed != "each" or {reaction.state for reaction in reactions} == {"queued"}, "none replaces another"


def test_of_very_many_missed_runs_the_last_hundred_are_made_up_for(journal: Journal, tmp_path: Path) -> None:
    service = Service(journal, tmp_path, f"rule: r\nwhen: {{cron: '*/5 * * * *', missed: each}}\n{DO}")
    service.clock.moment = T0 + timedelta(days=30, minutes=1)
    service.restart()
    fired = service.fired()
    assert len(fired) == 101, "the first, whose row was open, and the last hundred"
    assert fired[-1] == iso(T0 + timedelta(days=30))
    assert fired[1] == iso(T0 + timedelta(days=30) - timedelta(minutes=5 * 99))


def test_a_one_off_that_was_missed_comes_late_and_never_again(journal: Journal, tmp_path: Path) -> None:
    service = Service(journal, tmp_path, f"rule: r\nwhen: {{at: 2026-01-01T03:00Z}}\n{DO}")
    for days in (2, 3, 3):
        service.clock.moment = T0 + timedelta(days=days)
        service.restart()
    assert service.fired() == hours(3)
    assert journal.waits() == []


def test_a_moment_that_had_passed_when_its_rule_was_written_does_not_come(journal: Journal, tmp_path: Path) -> None:
    service = Service(journal, tmp_path, f"rule: r\nwhen: {{at: 2025-12-31T03:00Z}}\n{DO}")
    service.at(days=1)
    assert (service.fired(), journal.waits()) == ([], [])


def test_a_moment_that_was_put_off_comes_only_at_its_new_time(journal: Journal, tmp_path: Path) -> None:
    service = Service(journal, tmp_path, f"rule: r\nwhen: {{at: 2026-01-01T03:00Z}}\n{DO}")
    service.file.write_text(f"rule: r\nwhen: {{at: 2026-01-01T05:00Z}}\n{DO}")
    service.restart()
    service.at(hours=4)
    service.at(hours=6)
    assert service.fired() == hours(5)


def test_a_retraction_ends_every_moment_that_is_left(journal: Journal, tmp_path: Path) -> None:
    service = Service(journal, tmp_path, f"rule: r\nwhen: {{after: [1h, 1d, 7d], of: lvk.alert}}\n{DO}")
    journal.append([gw("a", received=T0, trigger_time=T0)])
    service.at(hours=0.5)
    service.at(hours=1)
    assert len(journal.waits()) == 2
    journal.append([retraction("b", received=T0 + timedelta(hours=2), trigger_time=T0)])
    service.at(days=9)
    assert service.fired() == hours(1)
    assert journal.waits() == []


def test_a_moment_that_was_taken_out_of_the_rule_is_not_looked_at(journal: Journal, tmp_path: Path) -> None:
    service = Service(journal, tmp_path, f"rule: r\nwhen: {{after: [1h, 1d], of: lvk.alert}}\n{DO}")
    journal.append([gw("a", received=T0, trigger_time=T0)])
    service.at(hours=0.5)
    service.file.write_text(f"rule: r\nwhen: {{after: [2h, 1d], of: lvk.alert}}\n{DO}")
    service.restart()
    service.at(hours=1)
    service.at(days=1)
    assert service.fired() == hours(24)
    assert "the rule was edited" in next(d.reason for d in journal.decisions() if d.outcome == "not")


def test_a_clock_that_is_set_back_makes_no_run_come_twice(journal: Journal, tmp_path: Path) -> None:
    service = Service(journal, tmp_path, f"rule: r\nwhen: {{every: 10m}}\n{DO}")
    service.every_minute(60)
    service.clock.sleep(-30 * 60)
    service.every_minute(20)
    service.restart()
    service.every_minute(40)
    assert service.fired() == hours(*(n / 6 for n in range(1, 10)))


def test_a_clock_that_ran_ahead_for_a_while_does_not_stop_a_schedule(journal: Journal, tmp_path: Path) -> None:
    service = Service(journal, tmp_path, f"rule: r\nwhen: {{every: 1h}}\n{DO}")
    service.at(hours=1)
    service.at(days=4000)  # a dead battery, a wrong time server
    assert len(service.fired()) == 2, "the run that was open then is made up for"
    service.at(hours=1.5)
    for hour in (2, 3, 4):
        service.at(hours=hour)
    assert service.fired()[2:] == hours(3, 4), "that of two o'clock was the one that came early"
    service.restart()
    service.at(hours=5)
    assert service.fired()[-1] == iso(T0 + timedelta(hours=5))


@pytest.mark.parametrize(
    ("begin", "end", "due"),
    [
        # In spring the clock leaps over half past two, in autumn it comes twice.
        ("2026-03-27T12", "2026-03-30T12", ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        ("2026-10-24T12", "2026-10-26T12", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
    ],
)
def test_runs_missed_over_a_change_of_the_clock_are_those_of_the_wall_clock(
    journal: Journal, tmp_path: Path, begin: str, end: str, due: list[str]
) -> None:
    rules = f"rule: r\nwhen: {{cron: '30 2 * * *', tz: Europe/Zurich, missed: each}}\n{DO}"
    service = Service(journal, tmp_path, rules, start=datetime.fromisoformat(begin).replace(tzinfo=UTC))
    service.clock.moment = datetime.fromisoformat(end).replace(tzinfo=UTC)
    service.restart()
    assert service.fired() == due
