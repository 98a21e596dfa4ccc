"""What people ask for and do, as rows, on each kind of database: once, in order, whole or not at all."""

from __future__ import annotations

import threading

import msgspec
import pytest
from journal_samples import GRB, decide, event, later, reaction, report

from nuncius.core.errors import PermanentError
from nuncius.core.event import Event
from nuncius.journal import Journal, NewReview, Silence
from nuncius.journal.acts import MOST_RUNS, Acts
from nuncius.journal.inbox import LEASE_S, MOST_ATTEMPTS, Inbox
from nuncius.journal.subscriptions import Subscriptions

ASK = {"do": "ask", "what": "Send it?", "slot": "grb/1/0/0", "key": "k-ask", "revision": 1}
RUN = {"do": "run", "what": "localization", "slot": "grb/1/0/1", "key": "k-run", "revision": 1}
PAGE = {"do": "page", "what": "wake up", "slot": "grb/1/0/2", "key": "k-page", "revision": 1}


def act(name: str, **data: object) -> Event:
    return Event(id=f"review:{name}", kind="review.approved", source="chat", received=later(60), data=dict(data))


def asked(journal: Journal, key: str = "r1") -> int:
    """A question that waits for a person; its report was delivered."""
    decide(journal, f"e-{key}", reaction(key, actions=[ASK, RUN]))
    (step,) = journal.lease_steps("w", now=later(1), lease_s=30)
    review = NewReview(thread=GRB, question="Send it?", due=later(7200))
    said = msgspec.structs.replace(report(f"q-{key}", slot="grb/1/0/0"), asks=step.id)
    journal.finish_step(
        step.id, "w", now=later(1), outcome="retry", retry_at=review.due, review=review, reports=[("slack", said)]
    )
    (row,) = journal.lease_reports("c", target="slack", now=later(2), lease_s=30)
    journal.sending(row.id, "c", later(2))
    journal.delivered(row.id, "c", now=later(2), reference={"ts": "1"})
    return step.id


# --- requests ---


def test_a_delivery_is_kept_once_and_answered_in_order(journal: Journal) -> None:
    inbox = Inbox(journal, "slack")
    assert [inbox.put(name, {"words": name}, later(0)) for name in ("a", "b", "a")] == [True, True, False]
    assert not Inbox(journal, "other").take(later(1))
    first = inbox.take(later(1))
    assert first is not None
    assert (first.delivery, first.request, first.attempt) == ("a", {"words": "a"}, 1)
    inbox.done(first, later(2))
    second = inbox.take(later(2))
    assert second is not None
    assert second.delivery == "b"
    assert inbox.take(later(3)) is None


def test_a_request_whose_answerer_died_goes_to_the_next(journal: Journal) -> None:
    inbox = Inbox(journal, "slack")
    inbox.put("a", {}, later(0))
    assert inbox.take(later(0))
    assert inbox.take(later(LEASE_S - 1)) is None
    again = inbox.take(later(LEASE_S + 1))
    assert again is not None
    assert again.attempt == 2


def test_a_request_that_fails_waits_and_is_given_up_at_last(journal: Journal) -> None:
    inbox = Inbox(journal, "slack")
    inbox.put("a", {}, later(0))
    for attempt in range(MOST_ATTEMPTS):
        taken = inbox.take(later(100.0 * attempt))
        assert taken is not None
        inbox.later(taken, later(100.0 * attempt), "Slack is down", 50.0)
        assert inbox.take(later(100.0 * attempt + 49)) is None
    assert inbox.take(later(10_000)) is None
    assert inbox.states() == {"failed": 1}


def test_many_answer_and_each_request_is_taken_once(journal: Journal) -> None:
    inbox = Inbox(journal, "slack")
    for number in range(20):
        inbox.put(str(number), {}, later(0))
    taken: list[str] = []

    def work() -> None:
        while (one := inbox.take(later(1))) is not None:
            taken.append(one.delivery)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=int) == [str(number) for number in range(20)]


# --- acts ---


def test_an_answer_and_its_event_are_one(journal: Journal) -> None:
    number, acts = asked(journal), Acts(journal)
    assert acts.answer(act("1"), number, "approved", by="Ann", why="fine") is not None
    assert acts.answer(act("1"), number, "rejected", by="Bob", why="") is None
    with pytest.raises(PermanentError, match="not open: it was approved by Ann"):
        acts.answer(act("2"), number, "rejected", by="Bob", why="no")
    assert [stored.event.id for stored in journal.read(0, kinds=["review"])] == ["review:1"]
    assert [step.reaction.key for step in journal.lease_steps("w", now=later(61), lease_s=30)] == ["r1"]


def test_two_who_answer_at_once_are_told_apart(journal: Journal) -> None:
    number, acts = asked(journal), Acts(journal)
    done: list[object] = []

    def answer(name: str) -> None:
        try:
            done.append(acts.answer(act(name), number, "approved", by=name, why=""))
        except PermanentError as error:
            done.append(str(error))

    threads = [threading.Thread(target=answer, args=(name,)) for name in ("Ann", "Bob", "Cem")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not isinstance(one, str) for one in done) == 1
    assert len(journal.read(0, kinds=["review"])) == 1


def test_a_newer_reaction_takes_the_open_question_back(journal: Journal) -> None:
    number = asked(journal)
    decide(journal, "e2", reaction("r2", actions=[RUN]))
    (edit,) = journal.lease_reports("c", target="slack", now=later(5), lease_s=30)
    assert edit.report.key == "q-r1/withdrawn"
    assert edit.report.text.startswith("Something newer took its place: nobody needs to answer.")
    assert (edit.report.asks, edit.previous) == (0, {"ts": "1"})
    review = journal.review(number)
    assert review is not None
    assert review.state == "withdrawn"


def test_work_is_done_again_under_keys_of_its_own(journal: Journal) -> None:
    acts = Acts(journal)
    (first,) = decide(journal, "e1", reaction("r1", actions=[RUN, PAGE]))
    with pytest.raises(PermanentError, match="still at work"):
        acts.rerun(act("0"), first)
    for _ in range(2):
        (step,) = journal.lease_steps("w", now=later(1), lease_s=30)
        journal.finish_step(step.id, "w", now=later(1), outcome="done")
    assert acts.rerun(act("1"), first) == 2
    assert acts.rerun(act("1"), first) is None
    (again, _) = journal.reactions()
    assert (again.key, again.slot, again.revision) == ("r1#run2", "grb/1/0", 2)
    assert [action["key"] for action in again.actions] == ["k-run#run2", "k-page"]
    assert again.actions[0]["revision"] == 2
    for run in range(3, MOST_RUNS + 1):
        for _ in range(2):
            (step,) = journal.lease_steps("w", now=later(1), lease_s=30)
            journal.finish_step(step.id, "w", now=later(1), outcome="done")
        assert acts.rerun(act(str(run)), again.id) == run


def test_a_silence_comes_with_its_event(journal: Journal) -> None:
    silence = Silence(rule="grb", object=GRB, why="known", by="Ann", since=later(60), until=later(600))
    assert Acts(journal).silence(act("1"), silence) is not None
    assert Acts(journal).silence(act("1"), silence) is None
    assert len(journal.silences(later(61))) == 1


def test_a_report_is_found_by_its_key_and_a_thread_by_its_place(journal: Journal) -> None:
    journal.enqueue([("web", report("k")), ("slack", report("k"))], now=later(0))
    assert [row.target for row in Acts(journal).reported("k")] == ["web", "slack"]
    journal.set_thread("slack", GRB, {"heads": {"C0A": "15.1", "C0%": "15_2"}})
    assert journal.thread_at("slack", "C0A", "15.1") == GRB
    assert journal.thread_at("slack", "C0B", "15.1") is None
    assert journal.thread_at("slack", "C0A", "15_1") is None
    journal.change_thread("slack", GRB, lambda kept: {**kept, "more": 1})
    assert journal.thread("slack", GRB) == {"heads": {"C0A": "15.1", "C0%": "15_2"}, "more": 1}


def test_events_are_found_by_when_they_were_journalled(journal: Journal) -> None:
    assert journal.seq_before(later(0)) == 0
    journal.append([event(str(n)) for n in range(10)])
    moments = [stored.journalled for stored in journal.read(0)]
    assert journal.seq_before(moments[0]) == 0
    assert journal.seq_before(moments[-1].replace(year=moments[-1].year + 1)) == 10


# --- subscriptions ---


def test_a_subscription_is_its_owners(journal: Journal) -> None:
    subscriptions = Subscriptions(journal)
    number = subscriptions.draft("slack:U1", "bursts", "GRBs", "rule: mine", later(0))
    assert subscriptions.in_force() == []
    before = subscriptions.stamp()
    with pytest.raises(PermanentError, match="you have no subscription"):
        subscriptions.keep(number, "slack:U2", later(1))
    assert [subscriptions.keep(number, "slack:U1", later(1)) for _ in range(2)] == [True, False]
    assert subscriptions.stamp() != before
    assert [one.name for one in subscriptions.in_force()] == ["bursts"]
    with pytest.raises(PermanentError, match="you have no subscription"):
        subscriptions.end(number, "slack:U2", later(2))
    assert [subscriptions.end(number, "slack:U1", later(2)) for _ in range(2)] == [True, False]
    assert subscriptions.of("slack:U1") == []


def test_drafts_that_nobody_keeps_go(journal: Journal) -> None:
    subscriptions = Subscriptions(journal)
    old = subscriptions.draft("slack:U1", "old", "", "rule: mine", later(0))
    subscriptions.draft("slack:U1", "new", "", "rule: mine", later(2 * 86_400))
    with pytest.raises(PermanentError, match="is over; say it again"):
        subscriptions.keep(old, "slack:U1", later(2 * 86_400))
