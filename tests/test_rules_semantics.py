"""Each row of the design's table of semantics, over SQLite and PostgreSQL: several events, absence, counts, moments,
revisions, retractions, late events, restarts, edits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import rules_samples as samples
from rules_samples import GW, NOON, Night, gw, retraction

from nuncius.core.errors import TransientError
from nuncius.core.event import Event, Tense
from nuncius.core.report import Severity
from nuncius.journal import Journal, Silence
from reactors.functions import Maps
from reactors.reactor import Reactor

MakeNight = Callable[[str], Night]
GRB = "http://odahub.io/ontology/nuncius/object/GRB170817A"

PAIR = """
rule: pair
when: {gw: lvk.alert, grb: gcn.notice.fermi}
within: {of: gw, from: -1m, to: 10m}
if:
  - gw.significant
  - separation(gw, grb) < 20
do:
  - post: "${gw.name} with ${grb.name}, ${separation(gw, grb):.1f} deg apart"
"""
ALONE = """
rule: alone
when: lvk.alert
within: {of: ev, from: -1m, to: 1h}
without: {grb: gcn.notice.fermi}
where: separation(ev, grb) < 20
if: ev.significant
do:
  - post: "no burst with ${ev.name}"
"""


@pytest.fixture
def night(tmp_path: Path, journal: Journal) -> Iterator[MakeNight]:
    made: list[Night] = []

    def make(rules: str) -> Night:
        samples.CALLS.clear()
        samples.GATE.clear()
        made.append(Night(tmp_path, rules, journal=journal))
        return made[-1]

    yield make
    for each in made:
        samples.GATE.set()
        each.executor.close()


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def grb(name: str, **more: Any) -> Event:
    """A burst seen by Fermi, by default two seconds after the merger and told a minute later."""
    data: dict[str, Any] = {
        "mission": "Fermi",
        "instrument": "GBM",
        "ra": 190.0,
        "dec": -20.0,
        "ra_dec_error": 5.0,
        "containment_probability": 0.68,
        "ids": ["524666471"],
    }
    data |= more.pop("data", {})
    told: dict[str, Any] = {
        "id": name,
        "kind": "gcn.notice.fermi.gbm.fin_pos",
        "source": "test",
        "object": GRB,
        "received": later(62),
        "trigger_time": later(2),
    }
    return Event(**(told | more), data={key: value for key, value in data.items() if value is not None})


def silent(state: str, at: datetime, feed: str = "gcn.classic.voevent.FERMI_GBM_FIN_POS") -> Event:
    kind = "feed.recovered" if state == "ok" else "feed.silent"
    data = {"feed": feed, "feeds": [feed], "state": state}
    return Event(id=f"{kind}:{feed}:{at}", kind=kind, source="test", received=at, trigger_time=at, data=data)


def until(n: Night, seconds: float) -> None:
    """Let time pass."""
    n.clock.advance_to(later(seconds))
    while n.reactor.step():
        pass


def fired(n: Night, rule: str = "") -> list[str]:
    return [d.reason for d in n.decisions() if d.outcome == "fired" and rule in ("", d.rule)]


# --- several events ---


@pytest.mark.parametrize("first", ["gw", "grb"])
def test_two_events_correlate_whichever_comes_first(night: MakeNight, first: str) -> None:
    n = night(PAIR)
    events = [gw("a", received=later(300)), grb("b", received=later(301))]
    for event in events if first == "gw" else events[::-1]:
        n.hears(event)
    n.works()
    assert n.titles() == ["GW170817 with GRB170817A, 7.7 deg apart"]
    assert n.outcomes() == ["waiting" if first == "gw" else "not", "fired"]
    (reaction,) = n.journal.reactions()
    assert reaction.context["aliases"] == {"gw": "a", "grb": "b"}


def test_an_event_outside_the_window_is_no_partner(night: MakeNight) -> None:
    n = night(PAIR)
    n.hears(gw("a"), grb("b", trigger_time=later(601)), grb("c", trigger_time=later(-61), object=None))
    assert fired(n) == []
    n.hears(grb("d", trigger_time=later(600), object=None))
    assert len(fired(n)) == 1


def test_the_trace_of_a_correlation_names_the_values_of_both(night: MakeNight) -> None:
    n = night(PAIR)
    n.hears(gw("a"), grb("b", data={"ra": 10.0}))
    decision = n.decisions()[-1]
    assert (decision.outcome, decision.reason) == ("not", "false: separation(gw, grb) < 20")
    assert decision.trace[0]["seen"] == {"gw.significant": True}
    assert decision.trace[1]["with"] == {"gw": "a", "grb": "b"}
    assert decision.trace[1]["seen"]["separation(gw, grb)"] == pytest.approx(136.0, abs=1.0)


def test_a_partner_without_the_field_is_unknown_and_its_revision_decides(night: MakeNight) -> None:
    n = night(PAIR)
    n.hears(gw("a"), grb("b", data={"ra": None}))
    assert (n.outcomes()[-1], "has no position" in n.decisions()[-1].reason) == ("unknown", True)
    n.hears(grb("c", revision=1))
    assert n.outcomes()[-1] == "fired"


def test_of_partners_only_the_latest_revision_counts(night: MakeNight) -> None:
    n = night(PAIR)
    n.hears(grb("b", data={"alert_datetime": "2017-08-17T12:41:20Z"}))
    n.hears(grb("c", data={"alert_datetime": "2017-08-17T12:42:20Z", "ra": 10.0}))
    n.hears(gw("a"))
    assert n.outcomes()[-1] == "not"  # the first position matched, the corrected one does not
    n.hears(grb("d", data={"alert_datetime": "2017-08-17T12:41:40Z"}))
    assert "a newer word on the same" in n.decisions()[-1].reason


def test_a_revision_of_either_supersedes_in_the_same_place(night: MakeNight) -> None:
    n = night(PAIR)
    n.hears(gw("a"), grb("b"))
    n.works()
    n.hears(grb("c", revision=1, data={"ra": 191.0}))
    n.works()
    n.hears(gw("d", revision=1))
    n.works()
    assert n.outcomes()[-2:] == ["fired", "unchanged"]
    assert [(r.revision, r.slot == n.reports()[0].slot) for r in n.reports()] == [(1, True), (2, True)]


def test_no_event_is_used_up(night: MakeNight) -> None:
    n = night(PAIR + "---" + PAIR.replace("rule: pair", "rule: pair-too"))
    other = "http://odahub.io/ontology/nuncius/object/other"
    n.hears(gw("a"), grb("b"), grb("c", object=other, data={"instrument": "LAT"}))
    assert len(fired(n, "pair")) == len(fired(n, "pair-too")) == 2


def test_the_retraction_of_any_member_undoes_what_rests_on_it(night: MakeNight) -> None:
    n = night(PAIR)
    n.hears(gw("a"), grb("b"))
    n.works()
    n.delivers()
    n.hears(grb("r", tense=Tense.RETRACTION, kind="gcn.notice.fermi.gbm.retraction", received=later(500)))
    n.works()
    assert [r.state for r in n.journal.reactions() if r.retracts is None] == ["retracted"]
    assert "Retracted by Fermi" in n.titles()[-1]
    n.hears(gw("c", revision=1, received=later(550)))
    assert n.outcomes()[-1] != "fired"  # what was taken back is no partner any more


def test_a_retraction_by_another_mission_leaves_a_correlation_standing(night: MakeNight) -> None:
    n = night(PAIR)
    n.hears(gw("a"), grb("b"))
    n.hears(grb("r", tense=Tense.RETRACTION, kind="gcn.notice.integral.x.retraction", data={"mission": "INTEGRAL"}))
    assert [r.state for r in n.journal.reactions()] == ["queued"]


def test_tests_and_mocks_are_no_partners(night: MakeNight) -> None:
    n = night(PAIR)
    n.hears(gw("a"), grb("b", tense=Tense.TEST))
    assert n.outcomes() == ["waiting", "test"]
    n.hears(gw("c", tense=Tense.TEST, object="mock"))
    assert n.outcomes()[-1] == "test"


def test_a_late_event_is_accepted_for_seven_days_and_marked(night: MakeNight) -> None:
    n = night(PAIR)
    n.hears(gw("a"), grb("b", received=later(600 + 3 * 86_400)))
    assert fired(n) == ["all conditions hold; late: came 3 d after the window closed"]
    other = "http://odahub.io/ontology/nuncius/object/other"
    n.hears(grb("c", object=other, received=later(600 + 8 * 86_400)))
    assert (n.outcomes()[-1], "too late" in n.decisions()[-1].reason) == ("not", True)


def test_three_events_correlate_in_every_order(tmp_path: Path) -> None:
    rules = """
rule: three
when: {gw: lvk.alert, grb: gcn.notice.fermi, nu: gcn.notice.icecube}
within: 1h
do:
  - post: "${gw.name} ${grb.name} ${nu.name}"
"""
    nu = grb("n", kind="gcn.notice.icecube.ic86.gold", object="x/IC170817A", data={"mission": "IceCube"})
    for number, order in enumerate(permutations([gw("a"), grb("b"), nu])):
        folder = tmp_path / str(number)
        folder.mkdir()
        n = Night(folder, rules)
        for event in order:
            n.hears(event)
        n.works()
        assert n.titles() == ["GW170817 GRB170817A IC170817A"]
        n.close()


def test_too_many_sets_of_events_are_bounded_and_it_is_told(night: MakeNight) -> None:
    n = night("rule: many\nwhen: {a: gcn.notice.fermi, b: lvk.alert, c: gcn.notice.swift}\nwithin: 1h\n"
              "do: [{post: '${c.id}'}]\n")  # fmt: skip
    n.hears(*(grb(f"f{i}", object=None) for i in range(10)))
    n.hears(*(grb(f"s{i}", object=None, kind="gcn.notice.swift.bat.x") for i in range(10)))
    n.hears(gw("a"))
    assert len(n.journal.reactions(limit=1000)) == 64
    told = [s.event for s in n.journal.read(0, limit=1000, kinds=["platform.rules"])]
    assert ["more than 64 sets" in e.data["detail"] for e in told] == [True]


# --- what did not come ---


def test_absence_fires_at_the_end_of_the_window_and_a_minute(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"))
    assert n.outcomes() == ["waiting"]
    until(n, 3659)
    assert n.outcomes() == ["waiting"]
    until(n, 3660)
    n.works()
    assert n.outcomes() == ["waiting", "fired"]
    assert n.titles() == ["no burst with GW170817"]
    (timer,) = n.journal.read(0, kinds=["timer"])
    assert (timer.event.trigger_time, timer.event.data["rule"]) == (later(3660), "alone")
    until(n, 90_000)
    assert n.outcomes() == ["waiting", "fired"]


@pytest.mark.parametrize("before", [True, False])
def test_what_came_in_the_window_ends_the_absence_whichever_was_first(night: MakeNight, before: bool) -> None:
    n = night(ALONE)
    for event in (grb("b"), gw("a")) if before else (gw("a"), grb("b")):
        n.hears(event)
    until(n, 3660)
    assert n.outcomes()[-1] == "not"
    assert n.decisions()[-1].reason == "'grb' has come: b"


def test_what_came_elsewhere_does_not_count(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"), grb("b", data={"ra": 10.0}))
    until(n, 3660)
    assert n.outcomes()[-1] == "fired"


def test_what_came_without_a_position_leaves_it_unknown(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"), grb("b", data={"ra": None}))
    until(n, 3660)
    assert n.outcomes()[-1] == "unknown"


def test_what_came_after_the_window_was_closed_does_not_count(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"))
    n.hears(grb("b", received=later(3661)))  # the clock passes the end before this is heard
    assert n.outcomes() == ["waiting", "fired"]


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([silent("silent", later(100))], "unknown"),
        ([silent("silent", later(-5000))], "unknown"),
        ([silent("silent", later(100)), silent("ok", later(900))], "unknown"),
        ([silent("silent", later(-5000)), silent("ok", later(-4000))], "fired"),
        ([silent("disconnected", later(100), "kafka")], "unknown"),
        ([silent("silent", later(100), "gcn.classic.voevent.SWIFT_XRT_POSITION")], "fired"),
        ([silent("silent", later(100), "igwn.gwalert")], "fired"),
    ],
)
def test_where_the_feed_was_broken_the_answer_is_unknown_never_absent(
    tmp_path: Path, events: list[Event], outcome: str
) -> None:
    n = Night(tmp_path, ALONE)
    n.hears(*(e for e in events if e.received < later(300)), gw("a"))
    n.hears(*(e for e in events if e.received >= later(300)))
    until(n, 3660)
    assert n.outcomes()[-1] == outcome
    n.close()


def test_a_retraction_closes_the_window(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"))
    n.hears(retraction("r", received=later(600)))
    until(n, 3660)
    assert fired(n) == []
    assert n.journal.statistics()["waits"] == {"closed": 1}


def test_a_revision_that_no_longer_holds_closes_the_window(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"), gw("b", data={"significant": False}))
    until(n, 3660)
    assert n.outcomes() == ["waiting", "not"]


def test_a_revision_keeps_one_window_open_and_is_what_it_is_about(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"), gw("b", revision=1))
    until(n, 3660)
    assert n.outcomes() == ["waiting", "waiting", "fired"]
    assert [r.context["event"] for r in n.journal.reactions()] == ["b"]


def test_absence_after_a_correlation(night: MakeNight) -> None:
    n = night("rule: both\nwhen: {gw: lvk.alert, grb: gcn.notice.fermi}\nwithin: 1h\n"
              "without: {xrt: gcn.notice.swift}\ndo: [{post: 'nobody looked at ${grb.name}'}]\n")  # fmt: skip
    n.hears(gw("a"), grb("b"))
    until(n, 3660)
    n.works()
    assert n.titles() == ["nobody looked at GRB170817A"]


# --- counts ---

COUNT = """
rule: three-bursts
when: gcn.notice.fermi
within: 1h
count: 3
if: ev.ra_dec_error < 10
do:
  - post: "many bursts, the last is ${ev.id}"
"""


def burst(number: int, minute: float, **more: Any) -> Event:
    at = later(60 * minute)
    return grb(f"b{number}", object=f"x:{number}", trigger_time=at, received=at + timedelta(seconds=30), **more)


def test_a_count_fires_when_it_is_reached_and_says_how_far_it_is(night: MakeNight) -> None:
    n = night(COUNT)
    n.hears(burst(1, 0), burst(2, 10, data={"ra_dec_error": 20.0}), burst(3, 20))
    assert [d.reason for d in n.decisions()] == [
        "1 of 3 within 3600 s so far",
        "false: ev.ra_dec_error < 10",
        "2 of 3 within 3600 s so far",
    ]
    n.hears(burst(4, 61), burst(5, 70))
    assert n.outcomes()[-2:] == ["waiting", "fired"]


def test_revisions_count_once_and_what_was_taken_back_does_not(night: MakeNight) -> None:
    n = night(COUNT)
    n.hears(burst(1, 0), grb("b1-2", object="x:1", trigger_time=later(0)), burst(2, 10))
    assert fired(n) == []
    n.hears(grb("r", object="x:2", tense=Tense.RETRACTION, kind="gcn.notice.fermi.gbm.retraction"))
    n.hears(burst(3, 20))
    assert fired(n) == []
    n.hears(burst(4, 30))
    assert len(fired(n)) == 1


def test_one_more_in_the_same_bout_revises_and_the_next_bout_is_told_anew(night: MakeNight) -> None:
    n = night(COUNT.replace(", the last is ${ev.id}", ""))
    for number in range(4):
        n.hears(burst(number, number))
    assert n.outcomes() == ["waiting", "waiting", "fired", "unchanged"]
    for number in range(4, 7):
        n.hears(burst(number, 300 + number))
    assert n.outcomes()[4:] == ["waiting", "waiting", "fired"]


def test_a_count_is_the_same_in_every_order_and_after_a_restart(night: MakeNight) -> None:
    n = night(COUNT)
    for event in (burst(3, 20), burst(1, 0)):
        n.hears(event)
    n.start()
    n.hears(burst(2, 10))
    assert len(fired(n)) == 1


def test_a_count_per_object(night: MakeNight) -> None:
    n = night(COUNT.replace("count: 3", "count: 2\nper: ev.object"))
    n.hears(burst(1, 0), burst(2, 1), grb("lat", object="x:1", data={"instrument": "LAT"}))
    assert len(fired(n)) == 1


# --- moments ---


def test_a_moment_after_t0_looks_at_what_is_known_by_then(night: MakeNight) -> None:
    n = night(
        "rule: hour-after\nwhen: {after: 1h, of: lvk.alert}\nif: ev.significant\ndo: [{post: 'an hour: ${ev.far}'}]\n"
    )
    n.hears(gw("a", data={"significant": False}), gw("b", revision=1, data={"far": 1e-9}))
    assert n.outcomes() == ["waiting", "waiting"]
    until(n, 3600)
    n.works()
    assert n.titles() == ["an hour: 1e-09"]
    assert n.journal.statistics()["waits"] == {"closed": 1, "rung": 1}


def test_a_moment_that_has_passed_comes_at_once_and_is_called_late(night: MakeNight) -> None:
    n = night("rule: hour-after\nwhen: {after: 1h, of: lvk.alert}\ndo: [{post: 'x'}]\n")
    n.hears(gw("a", received=later(7200)))
    assert "late: came after" in fired(n)[0]
    n.hears(gw("b", object="x:2", received=later(3601 + 7 * 86_400)))
    assert "too late" in n.decisions()[-1].reason


def test_schedules_run_by_the_clock_and_each_run_is_told(night: MakeNight) -> None:
    n = night("rule: nightly\nwhen: {cron: '0 6 * * *', tz: Europe/Zurich}\ndo: [{post: 'all is well'}]\n"
              "---\nrule: often\nwhen: {every: 6h}\ndo: [{post: 'still here'}]\n")  # fmt: skip
    n.hears(gw("a"))
    until(n, 86_400)
    n.works()
    until(n, 2 * 86_400)
    n.works()
    due = [d.event_id for d in n.decisions() if d.rule == "nightly"]
    times = [s.event.trigger_time for s in n.journal.read(0, limit=100, kinds=["timer"]) if s.event.id in due]
    assert [str(t) for t in times] == ["2017-08-18 04:00:00+00:00", "2017-08-19 04:00:00+00:00"]  # summer time
    assert len(fired(n, "often")) == 8
    assert n.titles().count("all is well") == 2


def test_missed_runs_of_a_schedule_are_made_up_for_once(tmp_path: Path) -> None:
    from nuncius.core.clock import VirtualClock
    from reactors.recalling import RamMemory
    from reactors.rulebook import RuleBook
    from reactors.schedules import missing_schedules
    from reactors.timers import ring

    file = tmp_path / "r.yaml"
    file.write_text("rule: hourly\nwhen: {every: 1h}\ndo: [{post: 'x'}]\n")
    rules, memory = RuleBook([file]).rules, RamMemory()
    for wait in missing_schedules(rules, memory, NOON):
        memory.open(wait, ())
    now = VirtualClock(NOON + timedelta(hours=5, minutes=20)).now()
    wait = memory.first_due(now)
    assert wait is not None
    decided = ring(rules, wait, now=now, memory=memory, maps=Maps(lambda _: b""))
    assert "5 runs were missed before it" in decided.decisions[0].reason
    following = memory.first_due(now + timedelta(hours=1))
    assert memory.first_due(now) is None
    assert following is not None
    assert following.due == NOON.replace(hour=19, minute=0, second=0)


# --- what becomes of unfinished work ---

SLOW = """
rule: slow
when: lvk.alert
mode: {mode}
do:
  - run: sample-slow
"""


def begin(n: Night) -> None:
    """Let the first reaction begin without an end."""
    n.hears(gw("a"))
    assert n.runner.tick() or True


@pytest.mark.parametrize(
    ("mode", "states", "outcomes"),
    [
        ("latest", ["superseded", "queued"], ["fired", "fired"]),
        ("restart", ["superseded", "queued"], ["fired", "fired"]),
        ("queue", ["queued", "queued"], ["fired", "fired"]),
        ("parallel", ["queued", "queued"], ["fired", "fired"]),
        ("skip", ["queued"], ["fired", "skipped"]),
    ],
)
def test_modes_say_what_becomes_of_unfinished_work(
    night: MakeNight, mode: str, states: list[str], outcomes: list[str]
) -> None:
    n = night(SLOW.replace("{mode}", mode))
    n.hears(gw("a"))
    n.hears(gw("b", data={"far": 1e-9}))
    assert n.outcomes() == outcomes
    assert [r.state for r in reversed(n.journal.reactions())] == states
    leasable = n.journal.lease_steps("x", now=n.clock.now(), lease_s=60)
    assert len(leasable) == {"latest": 1, "restart": 1, "queue": 1, "parallel": 2, "skip": 1}[mode]


def test_restart_begins_again_even_when_nothing_changed(night: MakeNight) -> None:
    n = night(
        SLOW.replace("{mode}", "restart") + "---\n" + SLOW.replace("{mode}", "latest").replace("slow\n", "l\n", 1)
    )
    n.hears(gw("a"), gw("b"))
    assert [(d.rule, d.outcome) for d in n.decisions()][2:] == [("slow", "fired"), ("l", "unchanged")]


def test_a_queue_goes_on_when_the_former_has_ended_or_is_taken_back(night: MakeNight) -> None:
    n = night("rule: q\nwhen: lvk.alert\nmode: queue\ndo:\n  - run: sample-area\n    with: {far: '${ev.far}'}\n")
    for number in range(3):
        n.hears(gw(f"a{number}", data={"far": 10.0**-number}))
    n.works()
    assert [call[1][0] for call in samples.CALLS] == [1.0, 0.1, 0.01]
    assert {r.state for r in n.journal.reactions()} == {"done"}


def test_what_had_finished_is_not_skipped(night: MakeNight) -> None:
    n = night("rule: s\nwhen: lvk.alert\nmode: skip\ndo: [{post: '${ev.far}'}]\n")
    n.hears(gw("a"))
    n.works()
    n.hears(gw("b", data={"far": 1e-9}))
    assert n.outcomes() == ["fired", "fired"]


# --- what is not to be heard ---


def test_a_rule_mutes_others_where_the_same_holds_for_a_while(night: MakeNight) -> None:
    n = night("""
rule: quiet-one
when: lvk.alert
per: ev.id
do: [{post: "small ${ev.id}"}]
---
rule: great-one
when: lvk.alert
if: ev.far < 1e-9
mutes: {rules: [quiet-one], same: ev.object, for: 1h}
do: [{post: "great"}]
""")
    n.hears(gw("a"))
    assert [(d.rule, d.outcome) for d in n.decisions()] == [("great-one", "fired"), ("quiet-one", "muted")]
    n.hears(gw("b", object="x:other", data={"far": 1.0}))
    assert n.outcomes()[-1] == "fired"
    n.start()  # a mute outlives the process
    n.hears(gw("c", data={"far": 1.0}, received=later(600)))
    assert n.outcomes()[-1] == "muted"
    n.hears(gw("d", data={"far": 1.0}, received=later(300 + 3601)))
    assert n.outcomes()[-1] == "fired"


def test_people_silence_a_rule_for_a_while(night: MakeNight) -> None:
    n = night("rule: r\nwhen: lvk.alert\nper: ev.id\ndo: [{post: x}]\n")
    number = n.journal.silence(Silence(rule="r", object=GW, why="maintenance", by="Ann", since=NOON, until=later(7200)))
    n.hears(gw("a"), gw("b", object="x:other"))
    assert n.outcomes() == ["silenced", "fired"]
    assert "silenced by Ann until 2017-08-17T14:41:04Z: maintenance" in n.decisions()[0].reason
    n.journal.unsilence(number, now=n.clock.now())
    n.hears(gw("c", received=later(400)))
    assert n.outcomes()[-1] == "fired"


def test_a_shadow_rule_waits_decides_and_traces_and_does_nothing(night: MakeNight) -> None:
    n = night(ALONE.replace("rule: alone", "rule: alone\nstatus: shadow"))
    n.hears(gw("a"))
    until(n, 3660)
    assert n.outcomes() == ["waiting", "shadow"]
    assert len(n.decisions()[-1].trace) == 1
    assert n.journal.reactions() == []


# --- escalation ---

ESCALATES = """
rule: wake
when: lvk.alert
do: [{post: "look at ${ev.far}"}]
escalate:
  - {after: 15m, unless: acknowledged, page: "nobody has looked at ${ev.name}"}
"""


def test_a_firing_that_nobody_acknowledges_is_escalated(night: MakeNight) -> None:
    n = night(ESCALATES)
    n.hears(gw("a"))
    n.hears(gw("b", data={"far": 1e-9}, received=later(800)))  # a revision does not begin the time anew
    until(n, 300 + 899)
    assert len(n.journal.reactions()) == 2
    until(n, 300 + 900)
    page = n.journal.reactions()[0]
    assert (page.severity, page.actions[0]["do"]) == ("page", "page")
    assert "escalated after 900 s without acknowledged" in n.decisions()[-1].reason
    n.works()
    assert [(r.title, r.severity) for r in n.reports()][-1] == ("nobody has looked at GW170817", Severity.PAGE)


def test_an_escalation_of_a_correlation_may_name_all_its_events(night: MakeNight) -> None:
    n = night(PAIR + 'escalate:\n  - {after: 15m, page: "${gw.name} with ${grb.name}, and nobody looks"}\n')
    n.hears(gw("a"), grb("b"))
    until(n, 2000)
    n.works()
    assert n.titles()[-1] == "GW170817 with GRB170817A, and nobody looks"


def test_an_acknowledged_firing_is_not_escalated(night: MakeNight) -> None:
    n = night(ESCALATES)
    n.hears(gw("a"))
    n.journal.acknowledge(n.journal.reactions()[0].id, by="Ann", why="", now=n.clock.now())
    until(n, 300 + 900)
    assert n.decisions()[-1].reason == "not needed: acknowledged"


def test_what_was_retracted_is_not_escalated(night: MakeNight) -> None:
    n = night(ESCALATES)
    n.hears(gw("a"), retraction("r", received=later(600)))
    until(n, 300 + 900)
    assert n.outcomes() == ["fired", "not"]


# --- restarts and edits ---


def test_windows_outlive_the_process(night: MakeNight) -> None:
    n = night(ALONE + "---" + PAIR)
    n.hears(gw("a"))
    n.start()
    n.hears(grb("b", data={"ra": 10.0}))
    n.start()
    until(n, 3660)
    assert fired(n, "alone") == ["no 'grb' came by 2017-08-17T13:42:04Z; all conditions hold"]
    n.start()
    until(n, 10_000)
    assert len(fired(n, "alone")) == 1


def test_an_edit_keeps_open_windows_and_never_fires_on_the_past(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"))
    n.file.write_text(
        ALONE.replace("no burst with", "still no burst with") + "---\nrule: new\nwhen: lvk.alert\ndo: [{post: new}]\n"
    )
    n.book.refresh()
    until(n, 3660)
    n.works()
    assert n.titles() == ["still no burst with GW170817"]


def test_a_bad_file_keeps_the_last_good_version_and_its_windows(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"))
    n.file.write_text(ALONE.replace("when:", "wenn:"))
    n.book.refresh()
    until(n, 3660)
    assert len(fired(n)) == 1
    assert [s.event.kind for s in n.journal.read(0, kinds=["platform"])] == ["platform.rules"]


def test_an_edit_that_makes_an_open_window_longer_waits_for_its_new_end(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"))
    n.file.write_text(ALONE.replace("to: 1h", "to: 2h"))
    n.book.refresh()
    until(n, 3660)
    assert n.outcomes() == ["waiting", "waiting"]
    n.start()  # the longer window is a row too
    n.hears(grb("late", trigger_time=later(5400), received=later(5401)))
    until(n, 7260)
    assert n.outcomes() == ["waiting", "waiting", "not"]
    assert n.decisions()[-1].reason == "'grb' has come: late"


def test_an_edit_that_makes_a_moment_later_waits_for_it(night: MakeNight) -> None:
    rule = "rule: later\nwhen: {after: 1h, of: lvk.alert}\ndo: [{post: 'two hours after ${ev.name}'}]\n"
    n = night(rule)
    n.hears(gw("a"))
    n.file.write_text(rule.replace("1h", "2h"))
    n.book.refresh()
    until(n, 3600)
    assert n.outcomes() == ["waiting", "waiting"]
    until(n, 7200)
    assert n.outcomes()[2:] == ["fired"]


def test_a_bad_file_keeps_its_last_good_version_over_a_restart(night: MakeNight) -> None:
    n = night(ALONE)
    n.start(keep=n.folder / "good")
    n.hears(gw("a"))
    n.file.write_text("rule: [\n")
    n.start(keep=n.folder / "good")
    until(n, 3660)
    assert len(fired(n)) == 1
    assert [p.level for p in n.book.problems] == ["error", "warning"]
    assert "last good version stays in force: alone" in n.book.problems[1].hint


def test_the_windows_of_a_rule_that_is_gone_close_in_silence(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"))
    n.file.write_text("rule: other\nwhen: lvk.alert\ndo: [{post: x}]\n")
    n.book.refresh()
    until(n, 3660)
    assert n.outcomes() == ["waiting"]
    assert n.journal.waits() == []


def test_a_window_that_closed_while_the_service_did_not_run_waits_for_what_was_missed(tmp_path: Path) -> None:
    from nuncius.core.event import Event as E
    from nuncius.journal.records import Stored
    from reactors.engine import decide
    from reactors.recalling import RamMemory
    from reactors.rulebook import RuleBook
    from reactors.timers import ring

    file = tmp_path / "r.yaml"
    file.write_text(ALONE)
    rules, memory, maps = RuleBook([file]).rules, RamMemory(), Maps(lambda _: b"")

    def hear(seq: int, event: E) -> None:
        decide(rules, Stored(seq=seq, event=event, journalled=NOON), now=event.received, memory=memory, maps=maps)

    hear(1, gw("a"))
    back = later(20_000)
    wait = memory.first_due(back)
    assert wait is not None
    decided = ring(rules, wait, now=back, memory=memory, maps=maps)
    assert "the service did not run" in decided.decisions[0].reason
    hear(2, grb("b", received=back + timedelta(seconds=5)))  # sent in time, caught up with now
    again = memory.first_due(back + timedelta(seconds=60))
    assert again is not None
    decided = ring(rules, again, now=again.due, memory=memory, maps=maps)
    assert (decided.decisions[0].outcome, decided.decisions[0].reason) == ("not", "'grb' has come: b")


def test_two_processes_ring_a_wait_once(night: MakeNight) -> None:
    n = night(ALONE)
    n.hears(gw("a"))
    other = Reactor(n.journal, n.book, n.clock)
    other.step()
    n.clock.advance_to(later(3660))
    assert n.reactor.step() == 1
    other.step()
    assert n.outcomes() == ["waiting", "fired"]
    assert len(n.journal.reactions()) == 1
    assert len(n.journal.read(0, kinds=["timer"])) == 1


def test_the_wait_is_stored_with_its_decision_or_not_at_all(night: MakeNight, monkeypatch: pytest.MonkeyPatch) -> None:
    n = night(ALONE)
    monkeypatch.setattr("nuncius.journal.waits.open_", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        n.hears(gw("a"))
    assert (n.outcomes(), n.journal.cursor("reactors")) == ([], 0)
    monkeypatch.undo()
    n.hears()
    assert n.outcomes() == ["waiting"]
    assert len(n.journal.waits()) == 1


# --- what is unknown ---


class Answers:
    """A graph that cannot be reached until it is told otherwise."""

    def __init__(self) -> None:
        self.known: bool | None = None

    def ask(self, name: str, params: Mapping[str, Any]) -> bool:
        if self.known is None:
            raise TransientError("the graph does not answer")
        return self.known

    def get(self, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        return []

    def freshness(self, name: str) -> float:
        return 0.0


ASKS = """
rule: asks
when: lvk.alert
if: "kg.ask('has_redshift', {'object': ev.object})"
do:
  - post: "${ev.name} has a redshift"
"""


def fact(name: str, minute: float) -> Event:
    data = {"predicate": "redshift", "value": 0.01}
    return Event(id=name, kind="kg.fact", source="test", object=GW, received=later(60 * minute), data=data)


@pytest.mark.parametrize("restarted", [False, True])
def test_what_was_unknown_is_looked_at_again_when_a_fact_arrives(night: MakeNight, restarted: bool) -> None:
    n, graph = night(ASKS), Answers()
    maps = Maps(n.journal.blob, graph=graph)
    n.reactor = Reactor(n.journal, n.book, n.clock, maps=maps)
    n.hears(gw("a"), fact("f1", 10))
    assert n.outcomes() == ["unknown"]
    if restarted:
        n.reactor = Reactor(n.journal, n.book, n.clock, maps=maps)
    graph.known = True
    n.hears(fact("f2", 20), fact("f3", 30))
    assert n.outcomes() == ["unknown", "fired"]
    assert n.decisions()[-1].reason == "a, looked at again after f2: all conditions hold"
    n.works()
    assert n.titles() == ["GW170817 has a redshift"]


def test_what_was_retracted_meanwhile_is_not_looked_at_again(night: MakeNight) -> None:
    n, graph = night(ASKS), Answers()
    n.reactor = Reactor(n.journal, n.book, n.clock, maps=Maps(n.journal.blob, graph=graph))
    n.hears(gw("a"), retraction("r", received=later(400)))
    graph.known = True
    n.hears(fact("f", 20))
    assert fired(n) == []


# --- bounds ---


def test_too_many_open_windows_are_refused_and_it_is_told(night: MakeNight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reactors.waitbook.MAX_WAITS", 2)
    n = night(ALONE)
    n.hears(*(gw(f"a{i}", object=f"x:{i}") for i in range(4)))
    assert n.outcomes() == ["waiting", "waiting", "limited", "limited"]
    n.hears(gw("again", object="x:0", revision=1))
    assert n.outcomes()[-1] == "waiting"  # a revision takes the place of its own window
    told = n.journal.read(0, limit=100, kinds=["platform.rules"])
    assert len(told) == 2
    assert "too many open windows" in told[0].event.data["detail"]


def test_what_is_no_longer_at_hand_is_read_from_the_journal(night: MakeNight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reactors.shelves.MAX_EVENTS", 5)
    n = night(PAIR.replace("{of: gw, from: -1m, to: 10m}", "10h"))
    n.hears(gw("other", object="x:other"))  # fills the shelf, so that the others are added to it
    n.hears(*(burst(i, i, data={"ra": 10.0 if i else 190.0}) for i in range(30)))
    assert len(fired(n)) == 1
    n.hears(gw("a"))
    assert n.journal.reactions()[0].context["aliases"] == {"gw": "a", "grb": "b0"}
    told = [s.event.data["detail"] for s in n.journal.read(0, limit=100, kinds=["platform.rules"])]
    assert told == ["more than 50000 events of gcn.notice.fermi within the windows of the rules"]
