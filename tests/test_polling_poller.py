"""From pages to the journal: a page and its state are one transaction, who has lost the turn keeps nothing more, and
what cannot be understood costs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from listeners.formats import Message
from listeners.polling.contract import Gap, Page
from listeners.polling.poller import LEASE_S, Brought, duties
from listeners.polling.web import Web
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import FormatError, TransientError
from nuncius.core.event import Event
from nuncius.journal import Journal, Turns
from nuncius.recurring import Recurring

NOON = datetime(2025, 11, 17, 12, tzinfo=UTC)


class Counting:
    """A source that gives one number a page, from where its state says, up to four; it may fail after some."""

    name, every_s = "counting", 600.0

    def __init__(self, fails_after: int = 99, gaps: list[Gap] | None = None) -> None:
        self.fails_after, self.gaps = fails_after, gaps or []
        self.saw: list[Any] = []
        self.meanwhile: Any = None

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        self.saw.append(state)
        for number in range((state or 0) + 1, 5):
            if number > self.fails_after:
                raise TransientError("the server answered 503")
            if self.meanwhile:
                self.meanwhile(number)
            yield Page(messages=[Message(raw=b"%d" % number, received=now, name=f"n{number}")], state=number)
        yield Page(gaps=self.gaps, state=4)


def parse(message: Message) -> list[Event]:
    if message.raw == b"2":
        raise FormatError(f"{message.name}: two is no number of ours")
    if message.raw == b"3":
        raise ZeroDivisionError("a mistake of ours")
    return [Event(id=f"n:{message.raw.decode()}", kind="timer", source="counting", received=message.received)]


def doer(journal: Journal, source: Counting, clock: VirtualClock, told: list[Brought] | None = None) -> Recurring:
    heard = told if told is not None else []
    made = duties([source], Web(), clock, parse=parse, told=lambda b: heard.append(Brought(new=b.new, pages=b.pages)))
    return Recurring(journal, made, clock=clock, owner="one")


def ids(journal: Journal) -> list[str]:
    return [stored.event.id for stored in journal.read(0)]


def test_pages_are_kept_in_order_and_what_is_no_message_is_a_reject_with_its_bytes(journal: Journal) -> None:
    told: list[Brought] = []
    work = doer(journal, Counting(), VirtualClock(NOON), told)
    gave = work.attempt(work.duties[0]).gave
    assert gave == Brought(pages=5, messages=4, new=2, known=0, rejected=2, gaps=0)
    assert [b.pages for b in told] == [1, 2, 3, 4, 5]
    assert ids(journal) == ["n:1", "n:4"]
    rejects = {r.raw: r for r in journal.rejects()}
    assert rejects[b"2"].reason == "n2: two is no number of ours"
    assert (rejects[b"3"].error, rejects[b"3"].source, rejects[b"3"].topic) == ("ZeroDivisionError", "counting", "n3")


def test_a_source_that_fails_in_the_middle_goes_on_from_the_last_page_that_was_kept(journal: Journal) -> None:
    clock = VirtualClock(NOON)
    work = doer(journal, Counting(fails_after=1), clock)
    assert not work.look(work.duties[0])
    turn = Turns(journal, "x").get("counting")
    assert turn is not None
    assert (turn.state, turn.failures, turn.error) == (1, 1, "the server answered 503")
    clock.sleep(3600)
    rest = Counting()
    again = doer(journal, rest, clock)
    assert again.look(again.duties[0])
    assert rest.saw == [1]
    assert ids(journal) == ["n:1", "n:4"]


def test_each_page_prolongs_the_turn(journal: Journal) -> None:
    clock, source, untils = VirtualClock(NOON), Counting(), []

    def meanwhile(number: int) -> None:
        turn = Turns(journal, "x").get("counting")
        assert turn is not None
        assert turn.until is not None
        untils.append((turn.until - clock.now()).total_seconds())
        clock.sleep(LEASE_S - 1)

    source.meanwhile = meanwhile
    work = doer(journal, source, clock)
    assert work.look(work.duties[0])
    assert untils[0] == LEASE_S
    assert all(left > 0 for left in untils)


def test_who_is_overtaken_keeps_nothing_more_and_the_other_loses_nothing(journal: Journal) -> None:
    clock, slow = VirtualClock(NOON), Counting()
    quick = Recurring(journal, duties([Counting()], Web(), clock, parse=parse), clock=clock, owner="two")

    def meanwhile(number: int) -> None:
        if number == 2:  # it slept for too long; another process goes on
            clock.sleep(LEASE_S + 1)
            assert quick.look(quick.duties[0])

    slow.meanwhile = meanwhile
    work = doer(journal, slow, clock)
    attempt = work.attempt(work.duties[0])
    assert "another process has taken this turn" in attempt.error
    assert ids(journal) == ["n:1", "n:4"]
    turn = Turns(journal, "x").get("counting")
    assert turn is not None
    assert (turn.state, turn.failures, turn.succeeded) == (4, 0, clock.now())


def test_a_gap_is_one_event_however_often_it_is_told(journal: Journal) -> None:
    clock = VirtualClock(NOON)
    gap = Gap(key="7-9", detail="three numbers are missed")
    for _ in range(2):
        work = doer(journal, Counting(gaps=[gap]), clock)
        assert work.look(work.duties[0])
        clock.sleep(600)
    (told,) = journal.read(0, kinds=["feed.gap"])
    assert told.event.id == "feed.gap:counting:7-9"
    assert told.event.data["subject"] == "counting: three numbers are missed"


def test_a_process_that_could_not_end_its_turn_has_it_again_at_once(journal: Journal) -> None:
    """The database was away when it wanted to say so."""
    turns = Turns(journal, "one")
    assert turns.take("counting", now=NOON, lease_s=LEASE_S) is not None
    work = doer(journal, Counting(), VirtualClock(NOON + timedelta(seconds=20)))
    assert work.look(work.duties[0])
