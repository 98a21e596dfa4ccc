"""The outbox: each key once per target, in order within a thread, and honest about doubt."""

from __future__ import annotations

from journal_samples import later, report

from nuncius.journal import Journal, LeasedReport


def lease(journal: Journal, owner: str = "c", seconds: float = 0, target: str = "term") -> list[LeasedReport]:
    return journal.lease_reports(owner, target=target, now=later(seconds), lease_s=30)


def keys(leased: list[LeasedReport]) -> list[str]:
    return [found.report.key for found in leased]


def deliver(journal: Journal, leased: LeasedReport, owner: str = "c", ts: str = "1") -> None:
    assert journal.sending(leased.id, owner, later(1))
    journal.delivered(leased.id, owner, now=later(1), reference={"ts": ts})


def test_the_same_key_a_hundred_times_is_one_report_per_target(journal: Journal) -> None:
    new = [journal.enqueue([("term", report("k")), ("web", report("k"))], now=later(0)) for _ in range(100)]
    assert new == [2] + [0] * 99
    deliver(journal, lease(journal)[0])
    journal.enqueue([("term", report("k"))], now=later(0))
    assert lease(journal, seconds=100) == []
    assert [found.state for found in journal.reports()] == ["delivered", "pending"]


def test_a_report_comes_back_as_it_was_written(journal: Journal) -> None:
    journal.enqueue([("term", report("k"))], now=later(0))
    (leased,) = lease(journal)
    assert leased.report == report("k")
    assert (leased.attempt, leased.in_doubt, leased.previous, leased.target) == (1, False, None, "term")


def test_within_a_thread_the_next_waits_and_other_threads_and_targets_do_not(journal: Journal) -> None:
    journal.enqueue([("term", report(k, thread=k[0])) for k in ("a1", "b1", "a2", "b2")], now=later(0))
    journal.enqueue([("web", report("a2", thread="a"))], now=later(0))
    first = lease(journal)
    assert keys(first) == ["a1", "b1"]
    assert lease(journal) == []
    assert keys(lease(journal, target="web")) == ["a2"]
    deliver(journal, first[0])
    assert keys(lease(journal)) == ["a2"]


def test_a_postponed_report_holds_its_thread_until_it_is_given_up(journal: Journal) -> None:
    journal.enqueue([("term", report("1")), ("term", report("2"))], now=later(0))
    (first,) = lease(journal)
    assert journal.sending(first.id, "c", later(0))
    journal.postpone(first.id, "c", now=later(1), until=later(60), error="429")
    assert lease(journal, seconds=59) == []
    (again,) = lease(journal, seconds=60)
    assert (again.report.key, again.attempt, again.in_doubt) == ("1", 2, False)
    journal.postpone(again.id, "c", now=later(61), until=later(61), error="channel gone", give_up=True)
    assert keys(lease(journal, seconds=62)) == ["2"]
    assert next((found.state, found.error) for found in journal.reports()) == ("failed", "channel gone")


def test_a_lease_lost_before_sending_leaves_no_doubt(journal: Journal) -> None:
    journal.enqueue([("term", report("1"))], now=later(0))
    (mine,) = lease(journal, "slow")
    (theirs,) = lease(journal, "quick", seconds=30)
    assert not theirs.in_doubt
    assert not journal.sending(mine.id, "slow", later(31))
    assert journal.sending(theirs.id, "quick", later(31))
    journal.postpone(mine.id, "slow", now=later(32), until=later(32), error="late", give_up=True)
    assert journal.reports()[0].state == "sending"


def test_a_lease_lost_while_sending_is_in_doubt_until_somebody_knows(journal: Journal) -> None:
    journal.enqueue([("term", report("1")), ("term", report("2"))], now=later(0))
    (mine,) = lease(journal, "dies")
    assert journal.sending(mine.id, "dies", later(0))
    for number in (1, 2):  # who takes over may die as well
        (again,) = lease(journal, f"w{number}", seconds=30 * number)
        assert (again.report.key, again.in_doubt, again.attempt) == ("1", True, number + 1)
    journal.delivered(again.id, "w2", now=later(61), reference={"ts": "found"})
    (second,) = lease(journal, seconds=61)
    assert (second.report.key, second.in_doubt) == ("2", False)


def test_a_timeout_stays_in_doubt(journal: Journal) -> None:
    journal.enqueue([("term", report("1"))], now=later(0))
    (first,) = lease(journal)
    journal.sending(first.id, "c", later(0))
    journal.postpone(first.id, "c", now=later(1), until=later(5), error="timeout", in_doubt=True)
    (again,) = lease(journal, seconds=5)
    assert again.in_doubt


def test_a_delivery_is_believed_even_after_the_lease_is_lost(journal: Journal) -> None:
    journal.enqueue([("term", report("1"))], now=later(0))
    (mine,) = lease(journal, "slow")
    journal.sending(mine.id, "slow", later(0))
    (theirs,) = lease(journal, "quick", seconds=30)
    journal.delivered(mine.id, "slow", now=later(31), reference={"ts": "1"})
    assert not journal.sending(theirs.id, "quick", later(32))
    assert journal.reports()[0].reference == {"ts": "1"}


def test_a_later_report_in_a_slot_knows_the_one_before(journal: Journal) -> None:
    reports = [report("1", slot="x"), report("2", slot="y"), report("3", slot="x"), report("4", slot="x")]
    journal.enqueue([("term", one) for one in reports], now=later(0))
    previous = []
    for number in range(4):
        (leased,) = lease(journal)
        previous.append(leased.previous)
        deliver(journal, leased, ts=str(number))
    assert previous == [None, None, {"ts": "0"}, {"ts": "2"}]


def test_threads_are_remembered_per_target(journal: Journal) -> None:
    assert journal.thread("slack", "t") is None
    journal.set_thread("slack", "t", {"channel": "C1", "ts": "1"})
    journal.set_thread("slack", "t", {"channel": "C1", "ts": "2"})
    journal.set_thread("web", "t", {"n": 1})
    assert (journal.thread("slack", "t"), journal.thread("web", "t")) == ({"channel": "C1", "ts": "2"}, {"n": 1})


def test_reports_are_listed_in_order_and_by_thread(journal: Journal) -> None:
    journal.enqueue([("term", report(k, thread=k[0])) for k in ("a1", "b1", "a2")], now=later(0))
    assert [found.report.key for found in journal.reports()] == ["a1", "b1", "a2"]
    assert [found.report.key for found in journal.reports(thread="a")] == ["a1", "a2"]
    assert [found.report.key for found in journal.reports(limit=2)] == ["b1", "a2"]
    assert journal.statistics()["oldest_pending_report"] == later(0).isoformat()
