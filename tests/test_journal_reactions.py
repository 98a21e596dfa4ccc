"""Decisions, reactions and their steps: once each, superseded, retracted, leased and taken over."""

from __future__ import annotations

import pytest
from journal_samples import GRB, NOW, decide, decision, event, later, reaction, report, states

from nuncius.core.errors import PermanentError
from nuncius.journal import Decided, Journal, LeasedStep, Retraction


def lease(journal: Journal, owner: str = "w", seconds: float = 0, limit: int = 8) -> list[LeasedStep]:
    return journal.lease_steps(owner, now=later(seconds), lease_s=30, limit=limit)


def finish(journal: Journal, step: LeasedStep, outcome: str = "done", owner: str = "w", **more: object) -> bool:
    return journal.finish_step(step.id, owner, now=later(1), outcome=outcome, **more)  # type: ignore[arg-type]


def steps(journal: Journal, reaction_id: int) -> list[str]:
    return [step.state for step in journal.steps(reaction_id)]


def test_a_decision_is_kept_with_its_reason_and_trace(journal: Journal) -> None:
    journal.append([event("a"), event("b")])
    told = [Decided(seq=1, decisions=[decision("not")]), Decided(seq=2, decisions=[decision(), decision("unknown")])]
    assert journal.decide("rules", 2, told) == []
    assert [(d.event_id, d.outcome) for d in journal.decisions()] == [("b", "unknown"), ("b", "fired"), ("a", "not")]
    (first,) = journal.decisions(event_id="a")
    assert (first.seq, first.reason, first.trace, first.rule) == (1, "area < 100", [{"area": 12.5}], "grb")
    assert journal.decisions(rule="other") == []
    assert len(journal.decisions(rule="grb", limit=2)) == 2
    assert journal.cursor("rules") == 2


def test_a_batch_decided_twice_counts_once(journal: Journal) -> None:
    journal.append([event("a"), event("b")])
    told = [Decided(seq=seq, decisions=[decision()], reactions=[reaction(f"k{seq}")]) for seq in (1, 2)]
    assert len(journal.decide("rules", 1, told[:1])) == 1
    assert len(journal.decide("rules", 2, told)) == 1  # another process had done the first already
    assert journal.decide("rules", 2, told) == []
    assert len(journal.decisions()) == 2


def test_deciding_about_an_event_that_is_not_there_is_refused_as_a_whole(journal: Journal) -> None:
    journal.append([event("a")])
    with pytest.raises(PermanentError, match="number 5"):
        journal.decide("rules", 5, [Decided(seq=1, decisions=[decision()]), Decided(seq=5)])
    assert (journal.decisions(), journal.cursor("rules")) == ([], 0)


def test_the_same_key_makes_one_reaction(journal: Journal) -> None:
    assert len(decide(journal, "a", reaction("k"))) == 1
    assert decide(journal, "b", reaction("k"), reaction("k")) == []
    assert states(journal) == [("k", "queued")]


def test_a_new_key_in_a_slot_supersedes_what_is_unfinished_there(journal: Journal) -> None:
    decide(journal, "a", reaction("k1"), reaction("other", slot="grb/2/0"))
    (running, _) = lease(journal)
    decide(journal, "b", reaction("k2"))
    assert states(journal) == [("k1", "superseded"), ("other", "running"), ("k2", "queued")]
    assert steps(journal, running.reaction.id) == ["cancelled", "cancelled"]
    assert not journal.renew(running.id, "w", later(1), 30)
    assert not finish(journal, running, reports=[("term", report("late"))], events=[event("late")])
    assert (journal.reports(), journal.get("late")) == ([], None)
    assert [found.revision for found in journal.reactions()] == [2, 1, 1]


def test_revisions_and_a_retraction_in_one_batch_end_as_they_would_one_by_one(journal: Journal) -> None:
    journal.append([event(name) for name in "abcde"])
    told = [
        Decided(seq=1, reactions=[reaction("k1"), reaction("other", slot="2", obj="http://o/2"), reaction("k1")]),
        Decided(seq=2, reactions=[reaction("k2"), reaction("k3")]),
        Decided(seq=3, retracts=[Retraction(object=GRB)], reactions=[reaction("k2"), reaction("said")]),
        Decided(seq=4, reactions=[reaction("k4")]),
        Decided(seq=5, reactions=[reaction("k4"), reaction("k1")]),
    ]
    assert len(journal.decide("rules", 5, told)) == 7
    assert states(journal) == [
        ("k1", "superseded"),
        ("other", "queued"),
        ("k2", "superseded"),
        ("k3", "retracted"),
        ("retract:4:c", "queued"),
        ("said", "superseded"),
        ("k4", "queued"),
    ]
    assert [(found.key, found.revision) for found in journal.reactions(limit=2)] == [("k4", 5), ("said", 4)]


def test_a_finished_reaction_is_not_superseded_by_its_successor(journal: Journal) -> None:
    decide(journal, "a", reaction("k1", actions=[{"post": "x"}]))
    finish(journal, lease(journal)[0])
    decide(journal, "b", reaction("k2"))
    assert states(journal) == [("k1", "done"), ("k2", "queued")]


def test_a_reaction_without_actions_is_done_at_once(journal: Journal) -> None:
    decide(journal, "a", reaction("k", actions=[]))
    assert (states(journal), lease(journal)) == ([("k", "done")], [])


def test_steps_come_in_order_with_earlier_results(journal: Journal) -> None:
    decide(journal, "a", reaction("k"))
    (first,) = lease(journal)
    assert (first.position, first.action["run"], first.attempt, first.earlier) == (0, "localization", 1, {})
    assert first.reaction.event_id == "a"
    assert lease(journal, "v") == []
    assert finish(journal, first, result={"area": 12.0})
    (second,) = lease(journal)
    assert (second.position, second.earlier) == (1, {"loc": {"area": 12.0}})
    assert finish(journal, second)
    assert (states(journal), lease(journal)) == ([("k", "done")], [])


def test_after_a_failed_step_the_next_still_runs_and_the_reaction_has_failed(journal: Journal) -> None:
    decide(journal, "a", reaction("k"))
    finish(journal, lease(journal)[0], "failed", error="no sky map", result={"error": "no sky map"})
    (second,) = lease(journal)
    assert second.earlier == {"loc": {"error": "no sky map"}}
    finish(journal, second, "skipped")
    assert states(journal) == [("k", "failed")]
    assert [(s.state, s.error) for s in journal.steps(second.reaction.id)] == [
        ("failed", "no sky map"),
        ("skipped", ""),
    ]


def test_a_retried_step_waits_for_its_time(journal: Journal) -> None:
    decide(journal, "a", reaction("k"))
    finish(journal, lease(journal)[0], "retry", error="503", retry_at=later(60))
    assert lease(journal, seconds=59) == []
    (again,) = lease(journal, seconds=60)
    assert again.attempt == 2


def test_an_expired_lease_is_taken_over_and_its_old_owner_is_refused(journal: Journal) -> None:
    decide(journal, "a", reaction("k"))
    (mine,) = lease(journal, "slow")
    assert lease(journal, "quick", seconds=29) == []
    (theirs,) = lease(journal, "quick", seconds=30)
    assert (theirs.id, theirs.attempt) == (mine.id, 2)
    assert not journal.renew(mine.id, "slow", later(31), 30)
    assert not finish(journal, mine, owner="slow", reports=[("term", report("r"))])
    assert journal.reports() == []
    assert finish(journal, theirs, owner="quick", reports=[("term", report("r"))])
    assert len(journal.reports()) == 1


def test_a_renewed_lease_is_kept(journal: Journal) -> None:
    decide(journal, "a", reaction("k"))
    (mine,) = lease(journal)
    assert journal.renew(mine.id, "w", later(20), 30)
    assert lease(journal, "v", seconds=49) == []
    assert len(lease(journal, "v", seconds=50)) == 1


def test_finishing_a_step_stores_reports_and_events_with_it_once(journal: Journal) -> None:
    decide(journal, "a", reaction("k"))
    step = lease(journal)[0]
    told = {"reports": [("term", report("r")), ("web", report("r"))], "events": [event("result", object=GRB)]}
    assert finish(journal, step, **told)
    assert not finish(journal, step, **told)
    assert [(found.target, found.state) for found in journal.reports()] == [("term", "pending"), ("web", "pending")]
    assert [s.event.id for s in journal.events_of(GRB)] == ["result"]


def test_a_retraction_takes_back_all_of_its_object_and_queues_the_follow_ups(journal: Journal) -> None:
    other = "http://o/other"
    decide(journal, "a", reaction("done", slot="1", actions=[{"post": "x"}]))
    finish(journal, lease(journal)[0], reports=[("term", report("sent")), ("term", report("unsent"))])
    (sent,) = journal.lease_reports("c", target="term", now=later(2), lease_s=30)
    assert journal.sending(sent.id, "c", later(2))
    journal.delivered(sent.id, "c", now=later(2), reference={"ts": "1"})
    decide(journal, "b", reaction("running", slot="2"), reaction("elsewhere", slot="3", obj=other))
    running = lease(journal, limit=1)[0]
    decide(journal, "c", reaction("queued", slot="4", on_retract=[]))
    created = decide(journal, "r", retracts=[GRB])
    assert len(created) == 2
    fate = dict(states(journal))
    assert fate == {
        "done": "retracted",
        "running": "retracted",
        "elsewhere": "queued",
        "queued": "retracted",
        "retract:1:r": "queued",
        "retract:2:r": "queued",
    }
    assert not finish(journal, running)
    assert [(found.report.key, found.state) for found in journal.reports()] == [
        ("sent", "delivered"),
        ("unsent", "cancelled"),
    ]
    follow_up = journal.reactions(state="queued")[0]
    assert (follow_up.retracts, follow_up.slot, follow_up.actions) == (2, "2", [{"post": "taken back"}])
    assert follow_up.context == {"ev": {"ra": 60.0}, "retracted_by": "r"}


def test_a_second_retraction_takes_nothing_back_twice(journal: Journal) -> None:
    decide(journal, "a", reaction("k"))
    assert len(decide(journal, "r1", retracts=[GRB, GRB])) == 1
    assert decide(journal, "r2", retracts=[GRB]) == []
    assert states(journal) == [("k", "retracted"), ("retract:1:r1", "queued")]


def test_reactions_of_the_retraction_itself_stand_and_follow_ups_are_never_superseded(journal: Journal) -> None:
    decide(journal, "a", reaction("k1"))
    decide(journal, "r", reaction("k2"), retracts=[GRB])
    assert states(journal) == [("k1", "retracted"), ("retract:1:r", "queued"), ("k2", "queued")]


def test_a_mission_takes_back_only_what_was_done_on_its_own_word(journal: Journal) -> None:
    told = [("EP", {"mission": "EP"}), ("SVOM", {"mission": "SVOM"}), ("circular", {"mission": ""}), ("not noted", {})]
    wanted = [reaction(who, slot=who, context=context) for who, context in told]
    decide(journal, "a", *wanted, reaction("elsewhere", slot="5", obj="http://o/2", context={"mission": "SVOM"}))
    assert len(decide(journal, "r", retracts=[GRB], mission="SVOM")) == 2
    assert dict(states(journal)) == {
        "EP": "queued",
        "SVOM": "retracted",
        "circular": "queued",
        "not noted": "retracted",
        "elsewhere": "queued",
        "retract:2:r": "queued",
        "retract:4:r": "queued",
    }
    decide(journal, "by-circular", retracts=[GRB])
    assert [(key, state) for key, state in states(journal) if key in ("EP", "circular", "elsewhere")] == [
        ("EP", "retracted"),
        ("circular", "retracted"),
        ("elsewhere", "queued"),
    ]


@pytest.mark.parametrize(("said", "fate"), [(True, "retracted"), (False, "failed")])
def test_a_failed_reaction_is_taken_back_only_if_it_had_said_something(journal: Journal, said: bool, fate: str) -> None:
    decide(journal, "a", reaction("k", actions=[{"run": "x"}]))
    finish(journal, lease(journal)[0], "failed", reports=[("term", report("r"))] if said else [])
    decide(journal, "r", retracts=[GRB])
    assert dict(states(journal))["k"] == fate


def test_reactions_are_found_by_object_rule_and_state(journal: Journal) -> None:
    decide(journal, "a", reaction("k1"), reaction("k2", slot="2", obj="http://o/2", rule="other"))
    assert [found.key for found in journal.reactions(object=GRB)] == ["k1"]
    assert [found.key for found in journal.reactions(rule="other", state="queued")] == ["k2"]
    assert journal.reactions(state="done") == []
    assert journal.reactions(limit=1)[0].created >= NOW.replace(year=2020)


def test_statistics_count_every_state(journal: Journal) -> None:
    decide(journal, "a", reaction("k1"))
    decide(journal, "b", reaction("k2"))
    finish(journal, lease(journal)[0], reports=[("term", report("r"))])
    told = journal.statistics()
    assert told["reactions"] == {"running": 1, "superseded": 1}
    assert told["steps"] == {"cancelled": 2, "done": 1, "queued": 1}
    assert told["outbox"] == {"pending": 1}
    assert told["consumers"] == {"rules": {"cursor": 2, "lag": 0}}
    assert told["decisions"] == {"fired": 2}
    assert told["events"]["total"] == 2
    assert told["bytes"] > 0
