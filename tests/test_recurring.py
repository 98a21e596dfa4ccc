"""Recurring duties: each done by one process at a time, nothing forgotten over a restart, whatever the clocks do."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from nuncius.core.clock import SystemClock
from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.event import Event
from nuncius.journal import Journal, Turn, Turns
from nuncius.recurring import FIRST_PAUSE_S, LONGEST_ASKED_S, LONGEST_PAUSE_S, Duty, Recurring

NOON = datetime(2025, 11, 17, 12, tzinfo=UTC)


class Hands:
    """A clock that is set by hand, backwards too."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Work:
    """Counts, keeps one event each time, and fails when it is told to."""

    def __init__(self) -> None:
        self.times = 0
        self.fails: Exception | None = None
        self.saw: list[object] = []

    def __call__(self, turn: Turn, turns: Turns) -> int:
        self.times += 1
        self.saw.append(turn.state)
        event = Event(id=f"e{self.times}", kind="timer", source="test", received=NOON)
        turns.keep(turn, [event], state={"times": self.times}, until=NOON + timedelta(days=1))
        if self.fails:
            raise self.fails
        return self.times


@pytest.fixture
def hands() -> Hands:
    return Hands()


def recurring(journal: Journal, work: Work, hands: Hands, owner: str = "one", every_s: float = 600.0) -> Recurring:
    duty = Duty(name="papers", every_s=every_s, work=work, lease_s=120.0)
    return Recurring(journal, [duty], clock=hands, owner=owner)


def look(doer: Recurring) -> bool:
    return doer.look(doer.duties[0])


def test_a_duty_is_done_at_once_and_then_when_it_is_due(journal: Journal, hands: Hands) -> None:
    work = Work()
    doer = recurring(journal, work, hands)
    assert look(doer)
    assert not look(doer)
    hands.sleep(599)
    assert not look(doer)
    hands.sleep(1)
    assert look(doer)
    assert work.saw == [None, {"times": 1}]
    turn = Turns(journal, "x").get("papers")
    assert turn is not None
    assert (turn.succeeded, turn.due, turn.owner) == (hands.moment, hands.moment + timedelta(seconds=600), None)


def test_a_restart_goes_on_from_the_row(journal: Journal, hands: Hands) -> None:
    assert look(recurring(journal, Work(), hands, "before"))
    again = Work()
    doer = recurring(journal, again, hands, "after")
    assert not look(doer)
    hands.sleep(600)
    assert look(doer)
    assert again.saw == [{"times": 1}]


def test_a_failure_is_kept_with_its_words_and_tried_again_ever_later(journal: Journal, hands: Hands) -> None:
    work = Work()
    work.fails = PermanentError("the service is gone")
    doer = recurring(journal, work, hands)
    waits = []
    for _ in range(12):
        assert not look(doer)
        turn = doer.turns.get("papers")
        assert turn is not None
        assert turn.error == "the service is gone"
        waits.append((turn.due - hands.moment).total_seconds())
        hands.moment = turn.due
    assert waits[:4] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S, 8 * FIRST_PAUSE_S]
    assert max(waits) == LONGEST_PAUSE_S
    assert work.saw[-1] == {"times": 11}  # what was kept before it failed is kept
    work.fails = None
    assert look(doer)
    turn = doer.turns.get("papers")
    assert turn is not None
    assert (turn.failures, turn.error) == (0, "")


def test_a_server_that_asks_for_a_longer_pause_gets_it_up_to_a_bound(journal: Journal, hands: Hands) -> None:
    work = Work()
    doer = recurring(journal, work, hands)
    for asked, given in ((5000.0, 5000.0), (10.0**9, LONGEST_ASKED_S)):
        work.fails = TransientError("later", retry_after_s=asked)
        look(doer)
        turn = doer.turns.get("papers")
        assert turn is not None
        assert (turn.due - hands.moment).total_seconds() == given
        hands.moment = turn.due - timedelta(seconds=1)
        assert not look(doer)
        hands.sleep(1)


def test_while_the_journal_cannot_keep_how_it_went_a_server_is_not_asked_again_and_again(
    journal: Journal, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, seconds, asked = Work(), [1000.0], []
    monkeypatch.setattr("nuncius.recurring.time.monotonic", lambda: seconds[0])

    def full(*_: object, **__: object) -> None:
        raise TransientError("database or disk is full")

    doer = recurring(journal, work, hands, every_s=100.0)
    with monkeypatch.context() as broken:
        broken.setattr(doer.turns, "keep", full)
        broken.setattr(doer.turns, "failed", full)
        for _ in range(400):  # looks, one a second
            before = work.times
            look(doer)
            asked += [seconds[0] - 1000.0] * (work.times - before)
            seconds[0] += 1.0
            hands.sleep(1.0)
    assert asked == [0.0, 15.0, 45.0, 105.0, 205.0, 305.0]  # never rarer than it is done in good times
    seconds[0] += 100.0
    assert look(doer)
    turn = doer.turns.get("papers")
    assert turn is not None
    assert turn.error == ""


def test_a_mistake_of_ours_does_not_stop_the_duty(journal: Journal, hands: Hands) -> None:
    work = Work()
    work.fails = ZeroDivisionError("division by zero")
    doer = recurring(journal, work, hands)
    assert doer.attempt(doer.duties[0]).error == "division by zero"
    work.fails = None
    hands.sleep(FIRST_PAUSE_S)
    assert look(doer)


def test_two_processes_never_do_one_turn_twice(journal: Journal, journal_url: str) -> None:
    done = []
    barrier = threading.Barrier(6)

    def work(turn: Turn, turns: Turns) -> None:
        time.sleep(0.05)
        turns.keep(turn, [], state=1, until=datetime.now(UTC) + timedelta(seconds=60))
        done.append(turns.owner)

    def process(owner: str) -> None:
        with Journal.open(journal_url, busy_timeout_s=20.0) as own:
            doer = Recurring(own, [Duty(name="d", every_s=600.0, work=work)], clock=SystemClock(), owner=owner)
            barrier.wait()
            for _ in range(3):
                look(doer)

    threads = [threading.Thread(target=process, args=(f"p{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1


def test_a_dead_process_turn_is_taken_over_when_its_lease_ran_out(journal: Journal, hands: Hands) -> None:
    turns = Turns(journal, "dead")
    assert turns.take("papers", now=hands.moment, lease_s=120.0) is not None
    work = Work()
    doer = recurring(journal, work, hands, "alive")
    hands.sleep(119)
    assert not look(doer)
    hands.sleep(1)
    assert look(doer)


def test_a_dead_process_of_this_machine_is_taken_over_at_once(journal: Journal, hands: Hands) -> None:
    assert Turns(journal, "dead").take("papers", now=hands.moment, lease_s=120.0) is not None
    assert journal.owners() == ["dead"]
    assert journal.release("dead") == 1
    assert look(recurring(journal, Work(), hands, "alive"))


def test_who_lost_the_turn_keeps_nothing_of_it(journal: Journal, hands: Hands) -> None:
    slow = Turns(journal, "slow")
    turn = slow.take("papers", now=hands.moment, lease_s=10.0)
    assert turn is not None
    hands.sleep(11)
    assert look(recurring(journal, Work(), hands, "quick"))
    event = Event(id="late", kind="timer", source="test", received=NOON)
    with pytest.raises(TransientError, match="another process"):
        slow.keep(turn, [event], state="late", until=hands.moment)
    with pytest.raises(TransientError, match="another process"):
        slow.done(turn, now=hands.moment, due=hands.moment)
    assert journal.get("late") is None
    kept = slow.get("papers")
    assert kept is not None
    assert kept.state == {"times": 1}


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(hours=-3), timedelta(days=400)])
def test_a_clock_that_jumps_stops_no_duty(journal: Journal, hands: Hands, jump: timedelta) -> None:
    work = Work()
    doer = recurring(journal, work, hands)
    assert look(doer)
    hands.moment += jump
    looked = 0
    while not look(doer):
        hands.sleep(60)
        looked += 1
        assert looked < 60, "a duty of every ten minutes waited for an hour"


def test_a_person_may_ask_before_the_turn_is_due_but_not_beside_another_process(journal: Journal, hands: Hands) -> None:
    work = Work()
    doer = recurring(journal, work, hands)
    assert look(doer)
    attempt = doer.attempt(doer.duties[0], waits=False)
    assert (attempt.taken, attempt.gave) == (True, 2)
    assert Turns(journal, "service").take("papers", now=hands.moment, lease_s=60.0, waits=False) is not None
    assert not doer.attempt(doer.duties[0], waits=False).taken


def test_the_service_looks_at_once_again_and_again_and_ends_when_told(journal: Journal) -> None:
    done = threading.Event()
    running = []

    def work(turn: Turn, turns: Turns) -> None:
        running.append(turn.name)
        if running.count("often") >= 3 and "once" in running:
            done.set()

    duties = [Duty(name="often", every_s=0.1, work=work), Duty(name="once", every_s=3600.0, work=work)]
    stop = threading.Event()
    doer = Recurring(journal, duties, clock=SystemClock(), owner="service")
    thread = threading.Thread(target=doer.run, args=(stop,))
    thread.start()
    assert done.wait(10)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert running.count("once") == 1


def test_a_long_duty_is_not_begun_twice_by_its_own_process(journal: Journal) -> None:
    begun, leave, seconds = [], threading.Event(), 0.1

    def work(turn: Turn, turns: Turns) -> None:
        begun.append(time.monotonic())
        leave.wait(1.0)

    stop = threading.Event()
    duty = Duty(name="long", every_s=seconds, work=work)
    thread = threading.Thread(target=Recurring(journal, [duty], clock=SystemClock(), owner="one").run, args=(stop,))
    thread.start()
    time.sleep(6 * seconds)
    count = len(begun)
    stop.set()
    leave.set()
    thread.join(5)
    assert count == 1
