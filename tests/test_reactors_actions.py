"""What rules do beyond posting and running: questions to people, events of their own, pages, lists, other branches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rules_samples import CALLS, GATE, GW, NOON, Night, gw, retraction

from nuncius.core.errors import PermanentError
from nuncius.core.event import Tense
from nuncius.core.report import ReportState, Severity

MakeNight = Callable[[str], Night]
HEAD = "rule: r\nwhen: lvk.alert\n"


@pytest.fixture
def night(tmp_path: Path) -> Iterator[MakeNight]:
    made: list[Night] = []

    def make(rules: str) -> Night:
        CALLS.clear()
        GATE.clear()
        made.append(Night(tmp_path, rules))
        assert made[-1].book.problems == [], [str(problem) for problem in made[-1].book.problems]
        return made[-1]

    yield make
    for one in made:
        one.close()


def steps(night: Night) -> list[tuple[str, str]]:
    reaction = night.journal.reactions(rule="r")[-1]
    return [(step.action["do"], step.state) for step in night.journal.steps(reaction.id)]


ASKS = (
    HEAD
    + """do:
  - {run: sample-area, as: loc}
  - ask: |
      Send the circular on ${ev.name}?
      It says: ${loc.answer}
    as: ok
    timeout: 2h
    to: drafts
    else:
      - post: "not sent: ${ok.state} ${ok.why}"
  - post: "sent, approved by ${ok.by}"
  - emit: custom.circular_sent
"""
)


def test_later_actions_wait_for_a_person(night: MakeNight) -> None:
    n = night(ASKS)
    n.hears(gw("a"))
    n.works()
    (review,) = n.journal.reviews(open_only=True)
    assert (review.rule, review.object, review.state, review.thread) == ("r", GW, "open", "drafts")
    assert review.question.startswith("Send the circular on GW170817?\nIt says: GW170817 at 3.5e-12 Hz")
    assert review.due - review.asked == timedelta(hours=2)
    question = n.reports()[-1]
    assert (question.title, question.thread) == ("Send the circular on GW170817?", "drafts")
    assert f"nuncius review approve {review.id}" in question.hint
    assert n.journal.unfinished()["steps"] == 0, "a replay does not wait for people"
    n.journal.answer(review.id, "approved", by="Ann", why="looks right", now=n.clock.now())
    n.works()
    n.hears()
    assert n.titles()[1:] == [
        "Send the circular on GW170817?",
        "Approved by Ann: Send the circular on GW170817?",
        "sent, approved by Ann",
    ]
    assert n.reports()[1].slot == n.reports()[2].slot, "the answer replaces the question in its place"
    kinds = [e.event.kind for e in n.journal.read(0)]
    assert kinds == ["lvk.alert.preliminary", "analysis.result", "custom.circular_sent"]
    (review,) = n.journal.reviews()
    assert (review.state, review.by, review.why, review.decided) == (
        "approved",
        "Ann",
        "looks right",
        NOON + timedelta(minutes=5),
    )
    assert steps(n) == [("run", "done"), ("ask", "done"), ("post", "skipped"), ("post", "done"), ("emit", "done")]


@pytest.mark.parametrize(
    ("verdict", "told"), [("rejected", "not sent: rejected no spectrum"), ("", "not sent: expired ")]
)
def test_without_approval_the_rest_is_not_done(night: MakeNight, verdict: str, told: str) -> None:
    n = night(ASKS)
    n.hears(gw("a"))
    n.works()
    (review,) = n.journal.reviews()
    if verdict:
        n.journal.answer(review.id, "rejected", by="Bob", why="no spectrum", now=n.clock.now())
    else:
        n.clock.advance_to(review.due)
    n.works()
    assert n.titles()[-1] == told.strip()
    assert n.titles()[-2].startswith("Rejected by Bob:" if verdict else "Nobody answered within 2h:")
    assert steps(n) == [("run", "done"), ("ask", "done"), ("post", "done"), ("post", "skipped"), ("emit", "skipped")]
    assert n.journal.reviews()[0].state == (verdict or "expired")
    assert n.journal.reactions(rule="r")[0].state == "done"


def test_a_question_survives_a_restart_and_is_answered_once(night: MakeNight) -> None:
    n = night(ASKS)
    n.hears(gw("a"))
    n.works()
    n.start()
    n.works()
    (review,) = n.journal.reviews(open_only=True)
    assert sum("Send the circular" in title for title in n.titles()) == 1
    n.journal.answer(review.id, "approved", by="Ann", why="", now=n.clock.now())
    with pytest.raises(PermanentError, match="was approved by Ann"):
        n.journal.answer(review.id, "rejected", by="Bob", why="", now=n.clock.now())
    n.works()
    assert n.titles()[-1] == "sent, approved by Ann"


def test_a_retraction_withdraws_the_question(night: MakeNight) -> None:
    n = night(ASKS)
    n.hears(gw("a"))
    n.works()
    (review,) = n.journal.reviews()
    n.delivers()
    n.hears(retraction("b"))
    n.works()
    assert n.journal.reviews()[0].state == "withdrawn"
    with pytest.raises(PermanentError, match="was withdrawn"):
        n.journal.answer(review.id, "approved", by="Ann", why="", now=n.clock.now())
    newest = {report.slot: report for report in n.reports()}
    assert [r.title for r in newest.values() if r.state is ReportState.CURRENT] == [
        "Retracted by LVK: what was said here on its word no longer stands."
    ]
    with pytest.raises(PermanentError, match="no review has the number 99"):
        n.journal.answer(99, "approved", by="Ann", why="", now=n.clock.now())


def test_a_revision_asks_anew_because_what_follows_has_changed(night: MakeNight) -> None:
    n = night(HEAD + 'do:\n  - ask: sure?\n  - post: "far ${ev.far}"\n')
    n.hears(gw("a"))
    n.works()
    n.hears(gw("b", data={"far": 1e-9}))
    n.works()
    first, second = sorted(n.journal.reviews(), key=lambda review: review.id)
    assert (first.state, second.state) == ("withdrawn", "open")
    assert n.titles() == ["sure?", "sure?"]
    n.journal.answer(second.id, "approved", by="Ann", why="", now=n.clock.now())
    n.works()
    assert n.titles()[-1] == "far 1e-09"


def test_a_question_that_is_not_needed_lets_the_rest_go_on(night: MakeNight) -> None:
    n = night(HEAD + "do:\n  - {ask: sure?, if: ev.far > 1, else: {post: no}}\n  - post: done\n")
    n.hears(gw("a"))
    n.works()
    assert n.titles() == ["done"]


def test_somebody_may_take_notice(night: MakeNight) -> None:
    n = night(HEAD + "do: {post: x}\n")
    n.hears(gw("a"))
    n.works()
    (reaction,) = n.journal.reactions()
    assert not n.journal.standing(reaction.id).acknowledged
    assert n.journal.acknowledge(reaction.id, by="Ann", why="on it", now=n.clock.now())
    assert not n.journal.acknowledge(reaction.id, by="Bob", why="", now=n.clock.now())
    standing = n.journal.standing(reaction.id)
    assert (standing.acknowledged, standing.approved, standing.done) == (True, False, True)
    with pytest.raises(PermanentError, match="no reaction has the number 77"):
        n.journal.acknowledge(77, by="Ann", why="", now=n.clock.now())


def test_an_action_is_done_for_each_item_and_its_results_are_a_list(night: MakeNight) -> None:
    n = night(
        HEAD
        + "vars: {levels: '[0.5, 0.9]'}\ndo:\n"
        + "  - {run: sample-area, for_each: levels, as: locs, with: {level: '${item}'}}\n"
        + "  - post: '${locs.map(l, string(l.level))} of ${size(locs)}; first for ${locs[0].item}'\n"
    )
    n.hears(gw("a"))
    n.works()
    assert sorted(level for _, (_, level, _) in CALLS) == [0.5, 0.9]
    assert n.titles()[-1] == "0.5, 0.9 of 2; first for 0.5"
    assert len({report.slot for report in n.reports()}) == 3, "each item has a place of its own"


def test_a_revision_does_only_the_items_that_are_new(night: MakeNight) -> None:
    n = night(HEAD + "do:\n  - {run: sample-area, for_each: ev.parameters.levels, with: {far: 1, level: '${item}'}}\n")
    n.hears(gw("a", data={"parameters": {"levels": [0.5, 0.9]}}))
    n.works()
    n.hears(gw("b", data={"parameters": {"levels": [0.9, 0.99]}}))
    n.works()
    assert len(n.reports()) == 3


def test_a_list_that_is_not_there_is_said_in_the_step(night: MakeNight) -> None:
    n = night(HEAD + "do:\n  - {post: '${item}', for_each: ev.parameters.levels}\n  - post: after\n")
    n.hears(gw("a"), gw("b", object=f"{GW}b", data={"parameters": {"levels": list(range(60))}}))
    n.works()
    first, second = reversed(n.journal.reactions())
    (missing, _) = n.journal.steps(first.id)
    assert (missing.state, missing.error) == (
        "skipped",
        "for_each: ev.parameters.levels: ev.parameters.levels is not given",
    )
    many = n.journal.steps(second.id)
    assert [step.state for step in many].count("done") == 51
    assert many[50].error == "for_each: 60 items; only the first 50 are done"


def test_else_is_done_where_a_condition_does_not_hold(night: MakeNight) -> None:
    n = night(
        HEAD
        + "do:\n  - {post: near, if: ev.luminosity_distance < 100, "
        + "else: [{post: far, if: ev.far < 1, else: {post: no}}]}\n"
    )
    n.hears(
        gw("a", data={"luminosity_distance": 40.0}),
        gw("b", object=f"{GW}b", data={"luminosity_distance": 400.0}),
        gw("c", object=f"{GW}c", data={"far": 2.0}),
    )
    n.works()
    assert n.titles() == ["near", "far", "no"]


def test_an_event_of_ones_own_is_heard_by_other_rules(night: MakeNight) -> None:
    n = night(
        HEAD
        + "do:\n  - emit: custom.close_merger\n    as: sent\n"
        + "    with: {distance: '${ev.luminosity_distance}', why: 'near ${ev.name}'}\n"
        + "  - post: 'said ${sent.kind}'\n"
        + "---\nrule: s\nwhen: custom.close_merger\n"
        + "do: {post: '${ev.why}: ${ev.distance} by ${ev.emitted_by}, depth ${ev.depth}'}\n"
    )
    n.hears(gw("a", data={"luminosity_distance": 40.0}))
    n.works()
    n.hears()
    n.works()
    assert n.titles() == ["said custom.close_merger", "near GW170817: 40 by r, depth 1"]
    event = n.journal.read(1)[0].event
    assert (event.object, event.trigger_time, event.source) == (GW, NOON, "rules:r")
    assert event.data["because"] == "a"


def test_what_rests_on_a_mock_is_a_mock(night: MakeNight) -> None:
    n = night(HEAD + "if: ev.tense == 'test'\ndo: {emit: custom.x}\n---\nrule: s\nwhen: custom.x\ndo: {post: heard}\n")
    n.hears(gw("a", tense=Tense.TEST))
    n.works()
    n.hears()
    n.works()
    assert n.titles() == []
    assert n.journal.read(1)[0].event.tense is Tense.TEST


def test_rules_that_cause_each_other_come_to_an_end(night: MakeNight) -> None:
    n = night(HEAD.replace("lvk.alert", "[lvk.alert, custom.again]") + "per: ev.id\ndo: {emit: custom.again}\n")
    n.hears(gw("a"))
    for _ in range(20):
        n.works()
        n.hears()
    assert n.journal.count()["custom.again"] == 8
    assert n.titles() == ["emit did not work"]
    assert "is the 9th event in a row" in n.reports()[0].text


def test_a_page_wakes_somebody_in_the_thread_named(night: MakeNight) -> None:
    n = night(HEAD + 'severity: info\ndo: {page: "wake up: ${ev.name}", to: on-call}\n')
    n.hears(gw("a"))
    n.works()
    assert [(r.thread, r.severity, r.title) for r in n.reports()] == [("on-call", Severity.PAGE, "wake up: GW170817")]


def test_any_action_may_follow_a_failure(night: MakeNight) -> None:
    n = night(
        HEAD
        + "do: [{run: sample-hopeless}, {post: goes on}]\n"
        + "on_fail:\n  - post: 'broken: ${error}'\n  - {page: 'look: ${error}', to: on-call}\n"
        + "  - {emit: custom.failed, with: {e: '${error}'}}\n"
    )
    n.hears(gw("a"))
    n.works()
    n.hears()
    error = "analysis 'sample-hopeless' failed: ValueError: a negative count"
    assert [(r.thread, r.title, r.severity) for r in n.reports()] == [
        (GW, f"broken: {error}", Severity.INFO),
        (GW, "goes on", Severity.INFO),
        ("on-call", f"look: {error}", Severity.PAGE),
    ]
    assert n.journal.read(1)[0].event.data["e"] == error
    n.hears(gw("b"))  # nothing new
    n.works()
    assert len(n.reports()) == 3


def test_what_follows_a_failure_does_not_count_as_a_firing(night: MakeNight) -> None:
    rules = HEAD + "limit: 2/1h\nper: ev.id\ndo: {run: sample-hopeless}\non_fail: {page: x, to: on-call}\n"
    n = night(rules)
    n.hears(gw("a"))
    n.works()
    n.start()
    n.hears(gw("b"))
    n.works()
    n.start()
    n.hears(gw("c"))
    assert n.outcomes() == ["fired", "fired", "limited"]


def test_any_action_may_follow_a_retraction(night: MakeNight) -> None:
    n = night(
        HEAD
        + "do: [{post: a}]\non_retract:\n  - {emit: custom.gone, with: {by: '${retraction.mission}'}}\n"
        + "  - {post: 'gone, ${ev.name}', to: ops}\n  - {page: 'stand down', to: on-call}\n"
    )
    n.hears(gw("a"))
    n.works()
    n.delivers()
    n.hears(retraction("b"))
    n.works()
    assert [(r.thread, r.title, r.state.value) for r in n.reports()] == [
        (GW, "a", "current"),
        (GW, "a", "retracted"),
        ("ops", "gone, GW170817", "current"),
        ("on-call", "stand down", "current"),
    ]
    gone = n.journal.read(2)[0].event
    assert (gone.kind, gone.data["by"], gone.is_retraction) == ("custom.gone", "LVK", False)


def test_what_was_said_is_marked_although_what_follows_the_retraction_fails(night: MakeNight) -> None:
    n = night(HEAD + "do: [{post: a}]\non_retract: [{run: sample-hopeless}]\n")
    n.hears(gw("a"))
    n.works()
    n.delivers()
    n.hears(retraction("b"))
    n.works()
    assert [r.title for r in n.reports() if r.state is ReportState.RETRACTED] == ["a"]
