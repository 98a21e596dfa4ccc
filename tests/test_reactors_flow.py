"""From an event in the journal to reports in the outbox: supersede, unchanged, retract, restart, with real steps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import rules_samples as samples
from rules_samples import GW, NOON, Night, gw, retraction

from nuncius.core.event import Event, Tense
from nuncius.core.report import ReportState
from nuncius.journal import Journal

POST = """
rule: bns
when: lvk.alert
if:
  - ev.significant && ev.p_astro.BNS > 0.5
do:
  - post: "BNS ${ev.name}: FAR ${ev.far} Hz"
"""
ANALYSE = """
rule: bns
when: lvk.alert
if: ev.significant
do:
  - run: sample-area
    as: loc
  - post: "twice is ${loc.doubled}, ${loc.answer}"
"""
SLOW = """
rule: slow
when: lvk.alert
if: ev.significant
do:
  - run: sample-slow
"""

MakeNight = Callable[[str], Night]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[MakeNight]:
    made: list[Night] = []

    def make(rules: str) -> Night:
        samples.CALLS.clear()
        samples.GATE.clear()
        made.append(Night(tmp_path, rules))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_matching_alert_is_told_once_on_every_target(night: MakeNight) -> None:
    n = night(POST)
    n.hears(gw("a"))
    n.works()
    assert [r.title for r in n.reports("terminal")] == [r.title for r in n.reports("web")]
    (said,) = n.reports()
    assert said.title == "BNS GW170817: FAR 3.5e-12 Hz"
    assert (said.thread, said.rule, said.event_id, said.revision) == (GW, "bns", "a", 1)
    assert said.links[0].url == "https://example.org/S170817a"


def test_a_hundred_redeliveries_make_one_report(night: MakeNight) -> None:
    n = night(POST)
    for _ in range(100):
        n.hears(gw("a"))
        n.works()
    assert n.titles() == ["BNS GW170817: FAR 3.5e-12 Hz"]
    assert n.outcomes() == ["fired"]


def test_a_revision_that_changes_nothing_does_nothing(night: MakeNight) -> None:
    n = night(POST)
    n.hears(gw("a"), gw("b", revision=1, received=NOON + timedelta(hours=1)))
    n.works()
    assert n.outcomes() == ["fired", "unchanged"]
    assert len(n.reports()) == 1
    assert n.decisions()[1].reason == "nothing new since a"


def test_a_revision_that_changes_something_replaces_the_report_in_its_place(night: MakeNight) -> None:
    n = night(POST)
    n.hears(gw("a"))
    n.works()
    n.hears(gw("b", data={"far": 1e-9}))
    n.works()
    first, second = n.reports()
    assert first.slot == second.slot
    assert first.key != second.key
    assert (second.revision, second.title) == (2, "BNS GW170817: FAR 1e-09 Hz")


def test_a_value_that_goes_back_to_what_it_was_is_told_again(night: MakeNight) -> None:
    n = night(POST)
    for name, far in (("a", 1e-9), ("b", 1e-8), ("c", 1e-9)):
        n.hears(gw(name, data={"far": far}))
        n.works()
    assert n.outcomes() == ["fired"] * 3
    assert [r.revision for r in n.reports()] == [1, 2, 3]
    assert len({r.key for r in n.reports()}) == 3


def test_revisions_in_one_batch_are_compared_with_each_other(night: MakeNight) -> None:
    n = night(POST)
    n.hears(gw("a"), gw("b"), gw("c", data={"far": 1e-9}), gw("d", data={"far": 1e-9}))
    assert n.outcomes() == ["fired", "unchanged", "fired", "unchanged"]
    n.works()
    assert n.titles()[-1] == "BNS GW170817: FAR 1e-09 Hz"


def test_an_analysis_is_run_with_words_of_the_event_and_reported(night: MakeNight) -> None:
    n = night(ANALYSE)
    n.hears(gw("a"))
    n.works()
    assert samples.CALLS == [("sample-area", (3.5e-12, 0.9, "GW170817"))]
    result, text = n.reports()
    assert result.title == "GW170817 at 3.5e-12 Hz"
    assert result.tables[0].rows[0] == ["doubled", "7e-12 Hz"]
    assert result.caveats == ["only a sample"]
    assert n.journal.blob(result.pictures[0].sha256) == b"\x89PNG sample"
    assert text.title == "twice is 7e-12, GW170817 at 3.5e-12 Hz"


def test_a_text_on_a_result_is_told_again_when_the_inputs_of_the_result_change(night: MakeNight) -> None:
    n = night(ANALYSE)
    n.hears(gw("a"))
    n.works()
    n.hears(gw("b", data={"far": 1e-9}))
    n.works()
    assert n.titles()[-1] == "twice is 2e-09, GW170817 at 1e-09 Hz"
    assert [r.revision for r in n.reports()] == [1, 1, 2, 2]


def test_a_newer_revision_cancels_work_under_way(night: MakeNight) -> None:
    n = night(SLOW)
    n.hears(gw("a"))
    while not samples.CALLS:
        n.runner.tick()
    n.hears(gw("b", data={"far": 1e-9}))
    n.clock.sleep(2.0)
    samples.GATE.set()
    n.works()
    assert n.titles() == ["slow 1e-09"]
    assert [r.state for r in reversed(n.journal.reactions())] == ["superseded", "done"]


def test_a_retraction_cancels_work_under_way_and_says_nothing_where_nobody_was_told(night: MakeNight) -> None:
    n = night(SLOW)
    n.hears(gw("a"))
    while not samples.CALLS:
        n.runner.tick()
    n.hears(retraction("r"))
    n.clock.sleep(2.0)
    n.works()
    assert n.reports() == []
    assert [r.state for r in n.journal.reactions(rule="slow") if r.retracts is None] == ["retracted"]


def test_a_retraction_marks_what_was_said_and_tells_people_once(night: MakeNight) -> None:
    n = night(POST + "---" + POST.replace("rule: bns", "rule: second").replace("BNS $", "Second $"))
    n.hears(gw("a"))
    n.works()
    n.hears(gw("b", data={"far": 1e-9}))
    n.works()
    n.delivers()
    n.hears(retraction("r"))
    n.works()
    marked = [r for r in n.reports() if r.state is ReportState.RETRACTED]
    assert sorted(r.title for r in marked) == ["BNS GW170817: FAR 1e-09 Hz", "Second GW170817: FAR 1e-09 Hz"]
    assert {r.slot for r in marked} == {r.slot for r in n.reports()[:2]}
    assert all(r.revision == 3 for r in marked)
    told = [t for t in n.titles() if t.startswith("Retracted")]
    assert told == ["Retracted by LVK: what was said here on its word no longer stands."]


EACH = """
rule: each
when: gcn.notice
per: ev.mission
do:
  - post: "${ev.mission}: ${ev.far} Hz"
"""


def notice(name: str, mission: str, **more: object) -> Event:
    return gw(name, kind=f"gcn.notice.{mission.lower()}.x", data={"mission": mission}, **more)


def test_a_retraction_by_one_mission_leaves_standing_what_another_said(tmp_path: Path, journal: Journal) -> None:
    n = Night(tmp_path, EACH, journal=journal)
    n.hears(notice("ep", "EP"), notice("svom", "SVOM"))
    n.works()
    n.delivers()
    n.hears(notice("r", "SVOM", tense=Tense.RETRACTION), notice("ep-again", "EP"))
    n.works()
    assert [(r.title, r.state.value) for r in n.reports()[2:]] == [
        ("SVOM: 3.5e-12 Hz", "retracted"),
        ("Retracted by SVOM: what was said here on its word no longer stands.", "current"),
    ]
    assert n.outcomes() == ["fired", "fired", "not", "unchanged"]
    n.executor.close()


def test_a_retraction_does_not_mark_what_another_mission_has_since_said_in_the_place(night: MakeNight) -> None:
    n = night(EACH.replace("per: ev.mission\n", ""))
    n.hears(notice("svom", "SVOM"))
    n.works()
    n.hears(notice("ep", "EP"))
    n.works()
    n.delivers()
    n.hears(notice("r", "SVOM", tense=Tense.RETRACTION))
    n.works()
    assert [(r.title, r.state.value) for r in n.reports()] == [
        ("SVOM: 3.5e-12 Hz", "current"),
        ("EP: 3.5e-12 Hz", "current"),
    ]


def test_a_rule_may_say_itself_what_is_said_after_a_retraction(night: MakeNight) -> None:
    n = night(POST + 'on_retract: {post: "forget ${ev.name} (${ev.far} Hz), says ${retraction.id}"}\n')
    n.hears(gw("a"))
    n.works()
    n.delivers()
    n.hears(retraction("r"))
    n.works()
    assert n.titles()[-1] == "forget GW170817 (3.5e-12 Hz), says r"


def test_what_was_retracted_is_told_again_when_it_comes_back(night: MakeNight) -> None:
    n = night(POST)
    n.hears(gw("a"))
    n.works()
    n.delivers()
    n.hears(retraction("r"))
    n.works()
    n.hears(gw("c"))
    n.works()
    assert n.outcomes() == ["fired", "not", "fired"]
    assert n.reports()[-1].state is ReportState.CURRENT
    assert n.reports()[-1].revision > n.reports()[1].revision


def test_a_notice_that_was_overtaken_does_not_replace_the_newer_one(night: MakeNight) -> None:
    it = night(POST)
    it.hears(gw("update", data={"alert_datetime": "2017-08-17T17:54:51Z", "far": 1e-12}))
    it.works()
    it.delivers()
    it.hears(gw("preliminary", data={"alert_datetime": "2017-08-17T13:08:16.5Z", "far": 2e-12}))
    it.works()
    assert it.outcomes() == ["fired", "not"]
    assert it.decisions()[-1].reason.startswith("late: made at 2017-08-17T13:08:16.500000+00:00, before update")
    it.hears(gw("of-others", data={"mission": "Fermi", "alert_datetime": "2017-08-17T12:41:20Z", "far": 3e-12}))
    assert it.outcomes()[-1] == "fired"


def test_a_notice_that_comes_after_its_retraction_is_not_told(night: MakeNight) -> None:
    it = night(POST)
    it.hears(retraction("gone", data={"alert_datetime": "2017-08-17T19:02:45Z", "far": None}))
    it.hears(gw("preliminary", data={"alert_datetime": "2017-08-17T13:08:16Z"}))
    assert it.outcomes() == ["not", "not"]
    assert "before its retraction gone" in it.decisions()[-1].reason
    it.hears(gw("after-all", data={"alert_datetime": "2017-08-17T20:00:00Z"}))
    assert it.outcomes()[-1] == "fired"


def test_a_test_alert_reaches_nobody(night: MakeNight) -> None:
    n = night(POST)
    mock = "http://odahub.io/ontology/nuncius/object/MS170817b"
    n.hears(gw("mock", tense=Tense.TEST, object=mock), gw("injected", tense=Tense.INJECTION, object=mock))
    n.works()
    assert n.outcomes() == ["test", "test"]
    assert n.journal.reactions() == []
    assert n.reports() == []
    assert "sees only real events" in n.decisions()[0].reason


def test_a_rule_that_names_the_tense_sees_tests_too(night: MakeNight) -> None:
    n = night(POST.replace("- ev.significant", "- ev.tense == 'test' && ev.significant"))
    n.hears(gw("mock", tense=Tense.TEST), gw("real"))
    n.works()
    assert n.outcomes() == ["fired", "not"]


def test_a_mock_retraction_takes_back_only_what_mocks_have_set_going(night: MakeNight) -> None:
    n = night(POST.replace("- ev.significant", "- ev.tense in ['test', 'initial'] && ev.significant"))
    mock = "http://odahub.io/ontology/nuncius/object/MS170817b"
    n.hears(gw("real"), gw("mock", tense=Tense.TEST, object=mock))
    n.works()
    n.hears(retraction("r1", tense=Tense.TEST), retraction("r2", tense=Tense.TEST, object=mock))
    n.works()
    states = {r.object: r.state for r in n.journal.reactions() if r.retracts is None}
    assert states == {GW: "done", mock: "retracted"}


def test_a_shadow_rule_decides_and_does_nothing(night: MakeNight) -> None:
    n = night(POST + "status: shadow\n")
    n.hears(gw("a"))
    n.works()
    (decision,) = n.decisions()
    assert decision.outcome == "shadow"
    assert decision.trace[0]["is"] == "true"
    assert n.journal.reactions() == []


def test_a_rule_that_is_off_is_not_asked(night: MakeNight) -> None:
    n = night(POST + "status: off\n")
    n.hears(gw("a"))
    assert n.decisions() == []


def test_a_limit_holds_in_processing_time_and_over_a_restart(night: MakeNight) -> None:
    n = night(POST + 'limit: "2/1h per ev.mission"\n')
    for number in range(3):
        n.hears(gw(f"a{number}", object=f"{GW}{number}"))
    n.works()
    assert n.outcomes() == ["fired", "fired", "limited"]
    n.start()
    n.hears(gw("b", object=f"{GW}b"), gw("c", object=f"{GW}c", data={"mission": "KAGRA"}))
    assert n.outcomes()[3:] == ["limited", "fired"]
    n.clock.advance_to(NOON + timedelta(hours=2))
    n.hears(gw("d", object=f"{GW}d"))
    assert n.outcomes()[5:] == ["fired"]


def test_after_a_restart_nothing_is_done_again(night: MakeNight) -> None:
    n = night(POST)
    n.hears(gw("a"))
    n.works()
    n.start()
    n.hears(gw("a"), gw("b"))
    n.works()
    assert n.outcomes() == ["fired", "unchanged"]
    assert len(n.reports()) == 1


def test_a_step_that_fails_for_a_moment_is_tried_again(night: MakeNight) -> None:
    n = night("rule: r\nwhen: lvk.alert\ndo:\n  - {run: sample-broken, retry: 2}\n")
    samples.BROKEN["times"] = 2
    n.hears(gw("a"))
    for _ in range(3):
        n.works()
        n.clock.sleep(10.0)
    assert n.titles() == ["it works now"]


def test_a_step_that_cannot_succeed_says_so_in_its_place(night: MakeNight) -> None:
    n = night(
        "rule: r\nwhen: lvk.alert\ndo:\n  - {run: sample-hopeless, retry: 2, as: x}\n  - post: 'x: ${x.answer}'\n"
    )
    n.hears(gw("a"))
    n.works()
    failed, after = n.reports()
    assert failed.title == "sample-hopeless did not work"
    assert "a negative count" in failed.text
    assert after.title == "x: unknown"
    assert after.caveats
    assert n.journal.reactions()[0].state == "failed"


def test_on_fail_says_what_the_rule_wants_said(night: MakeNight) -> None:
    n = night('rule: r\nwhen: lvk.alert\ndo: {run: sample-hopeless}\non_fail: {post: "call Ann: ${error}"}\n')
    n.hears(gw("a"))
    n.works()
    assert n.titles()[0].startswith("call Ann: ")
    assert "a negative count" in n.titles()[0]


def test_a_deadline_ends_an_analysis(night: MakeNight) -> None:
    n = night(SLOW + "    timeout: 50ms\n")
    n.hears(gw("a"))
    n.works()
    assert n.titles() == ["sample-slow did not work"]


def test_an_action_of_its_own_condition_is_skipped(night: MakeNight) -> None:
    n = night(POST + '  - {post: "never", if: "ev.far > 1"}\n  - {post: "unknown", if: "ev.nothing > 1"}\n')
    n.hears(gw("a"))
    n.works()
    assert len(n.reports()) == 1
    steps = n.journal.steps(n.journal.reactions()[0].id)
    assert [s.state for s in steps] == ["done", "skipped", "skipped"]
    assert "ev.nothing is not given" in steps[2].error


def test_another_thread_can_be_named(night: MakeNight) -> None:
    n = night(POST + "    to: operators\n")
    n.hears(gw("a"))
    n.works()
    assert n.reports()[0].thread == "operators"


def test_without_an_object_each_event_stands_for_itself(night: MakeNight) -> None:
    n = night(POST)
    n.hears(gw("a", object=None), gw("b", object=None))
    n.works()
    assert n.outcomes() == ["fired", "fired"]
    assert [r.thread for r in n.reports()] == ["a", "b"]


def test_objects_are_resolved_before_rules_see_the_event(night: MakeNight) -> None:
    n = night(POST)
    n.reactor._identify = lambda journal, batch: {stored.seq: GW for stored in batch}
    n.hears(gw("a", object=None))
    assert n.journal.reactions()[0].object == GW


def test_reactor_and_runner_run_as_threads_until_told_to_stop(night: MakeNight) -> None:
    n = night(ANALYSE)
    stop = threading.Event()
    threads = [threading.Thread(target=part.run, args=(stop,)) for part in (n.reactor, n.runner)]
    for thread in threads:
        thread.start()
    n.journal.append([gw("a")])
    deadline = time.monotonic() + 10
    while len(n.reports()) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join(timeout=5)
        assert not thread.is_alive()
    assert n.titles()[1] == "twice is 7e-12, GW170817 at 3.5e-12 Hz"


def test_a_rule_that_acts_per_something_else_finds_its_last_words_after_a_restart(night: MakeNight) -> None:
    n = night(POST.replace("BNS ${ev.name}", "BNS") + "per: ev.mission\n")
    n.hears(gw("a"))
    n.start()
    n.hears(gw("b", object=f"{GW}b"))
    assert n.outcomes() == ["fired", "unchanged"]


def test_the_flow_is_the_same_on_each_database(tmp_path: Path, journal: Journal) -> None:
    n = Night(tmp_path, ANALYSE, journal=journal)
    n.hears(gw("a"))
    n.works()
    n.hears(gw("b", data={"far": 1e-9}))
    n.works()
    n.delivers()
    n.hears(retraction("r"))
    n.works()
    assert [r.revision for r in n.reports()] == [1, 1, 2, 2, 3, 3, 1]
    assert [r.state.value for r in n.reports()][4:] == ["retracted", "retracted", "current"]
    n.executor.close()


def test_work_under_way_is_taken_up_again_after_a_stop(night: MakeNight) -> None:
    n = night(SLOW)
    n.hears(gw("a"))
    stop = threading.Event()
    thread = threading.Thread(target=n.runner.run, args=(stop,))
    thread.start()
    while not samples.CALLS:
        time.sleep(0.005)
    stop.set()
    thread.join(timeout=5)
    samples.GATE.set()
    n.start()
    n.works()
    assert n.titles() == ["slow 3.5e-12"]


def test_work_of_a_process_that_died_is_taken_over_when_its_lease_has_run_out(night: MakeNight) -> None:
    n = night(SLOW)
    n.hears(gw("a"))
    while not samples.CALLS:
        n.runner.tick()
    samples.GATE.set()
    n.start()  # the old runner is gone without a word
    n.works()
    assert n.titles() == []
    n.clock.sleep(60.0)
    n.works()
    assert n.titles() == ["slow 3.5e-12"]


def test_of_two_actions_only_the_one_whose_inputs_changed_is_told_again(night: MakeNight) -> None:
    n = night(POST + '  - post: "look at ${ev.name}"\n')
    n.hears(gw("a"))
    n.works()
    n.hears(gw("b", data={"far": 1e-9}))
    n.works()
    assert n.titles() == ["BNS GW170817: FAR 3.5e-12 Hz", "look at GW170817", "BNS GW170817: FAR 1e-09 Hz"]
