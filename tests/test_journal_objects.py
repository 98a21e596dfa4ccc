"""Object identity and feeds in the journal."""

from __future__ import annotations

import pytest
from journal_samples import NOW, event, later

from nuncius.core.errors import PermanentError
from nuncius.core.event import Tense
from nuncius.journal import FeedSeen, Journal, ObjectLink

A, B = "http://o/A", "http://o/B"


def link(name: str, obj: str, event_id: str = "e1", *, withdrawn: bool = False) -> ObjectLink:
    return ObjectLink(name=name, object=obj, event_id=event_id, how="name", withdrawn=withdrawn)


def test_the_first_known_name_names_the_object(journal: Journal) -> None:
    journal.link([link("grb230307a", A), link("bn230307656", A), link("s230307x", B)])
    assert journal.object_of(["nothing", "s230307x", "grb230307a"]) == B
    assert journal.object_of(["nothing"]) is None
    assert journal.object_of([]) is None


def test_names_that_no_database_can_hold_are_asked_for_without_an_error(journal: Journal) -> None:
    for name in ("GRB\x00", "GW\ud800"):
        assert journal.object_of([name]) is None
        journal.link([link(name, A)])
        assert journal.object_of([name]) == A
        assert journal.events_of(f"{A}/{name}") == []
        assert journal.reports(thread=name) == []
        assert journal.decisions(event_id=name, rule=name) == []
        assert journal.thread("web", name) is None


def test_a_withdrawn_claim_stays_visible_and_no_longer_counts(journal: Journal) -> None:
    journal.link([link("x", A, "e1"), link("x", B, "e2")])
    assert journal.object_of(["x"]) == A
    journal.link([link("x", A, "e1", withdrawn=True)])
    assert journal.object_of(["x"]) == B
    assert journal.names_of(A) == [link("x", A, "e1", withdrawn=True)]
    journal.link([link("x", A, "e1")])
    assert journal.object_of(["x"]) == A


def test_an_event_gets_its_object_later_and_may_get_another(journal: Journal) -> None:
    journal.append([event("a"), event("b", object=B)])
    journal.set_object([(1, A), (2, A), (2, B)])
    assert [s.event.object for s in journal.read(0)] == [A, B]
    assert [s.event.id for s in journal.events_of(B)] == ["b"]
    with pytest.raises(PermanentError, match="99"):
        journal.set_object([(1, B), (99, B)])
    assert [s.event.object for s in journal.read(0)] == [A, B]


def test_objects_come_with_what_is_known_of_them_newest_first(journal: Journal) -> None:
    journal.append(
        [
            event("1", object=A, trigger_time=None),
            event("2", object=A, trigger_time=later(-9), tense=Tense.UPDATE, received=later(1)),
            event("3", object=B, received=later(5)),
        ]
    )
    journal.link([link("x", A), link("y", A, withdrawn=True), link("x", A, "e2")])
    newest, older = journal.objects()
    assert (newest.object, newest.names, newest.events) == (B, [], 1)
    assert (older.object, older.names, older.trigger_time) == (A, ["x"], later(-9))
    assert older.tenses == [Tense.INITIAL, Tense.UPDATE]
    assert (older.first_seq, older.last_seq, older.events, older.updated) == (1, 2, 2, later(1))
    assert journal.objects(limit=1, before=newest.updated) == [older]


@pytest.mark.parametrize(
    ("story", "retracted"),
    [
        ([("gcn.notice.fermi.gbm.x", Tense.INITIAL), ("gcn.notice.fermi.gbm.y", Tense.RETRACTION)], True),
        ([("lvk.alert.preliminary", Tense.INITIAL), ("lvk.alert.retraction", Tense.RETRACTION)], True),
        ([("gcn.notice.fermi.gbm.x", Tense.RETRACTION), ("gcn.circular", Tense.INITIAL)], True),
        ([("gcn.notice.fermi.gbm.x", Tense.RETRACTION), ("gcn.notice.swift.bat.x", Tense.INITIAL)], False),
        ([("lvk.alert.retraction", Tense.RETRACTION), ("lvk.alert.update", Tense.UPDATE)], False),
        ([("gcn.circular", Tense.INITIAL)], False),
    ],
)
def test_an_object_is_retracted_when_all_who_announced_it_took_it_back(
    journal: Journal, story: list[tuple[str, Tense]], retracted: bool
) -> None:
    journal.append([event(str(i), kind=kind, tense=tense, object=A) for i, (kind, tense) in enumerate(story)])
    assert journal.objects()[0].retracted is retracted


def test_a_feed_remembers_first_last_and_count_whatever_the_order(journal: Journal) -> None:
    journal.feed_seen([FeedSeen(feed="f", at=later(5), count=3), FeedSeen(feed="f", at=NOW, heartbeat=True)])
    journal.feed_seen([FeedSeen(feed="f", at=later(9))])
    (feed,) = journal.feeds()
    assert (feed.first, feed.last, feed.last_heartbeat, feed.count) == (NOW, later(9), NOW, 5)
    assert (feed.state, feed.since) == ("unknown", None)


def test_a_change_of_a_feeds_state_is_told_once(journal: Journal) -> None:
    told = [journal.set_feed_state("f", state, since=NOW, detail="d") for state in ("silent", "silent", "ok", "silent")]
    assert told == [True, False, True, True]
    (feed,) = journal.feeds()
    assert (feed.state, feed.first, feed.count) == ("silent", None, 0)
    journal.feed_seen([FeedSeen(feed="f", at=NOW)])
    assert journal.feeds()[0].state == "silent"


def test_the_retractions_of_several_objects_are_told_at_once(journal: Journal) -> None:
    journal.append([event("a"), event("b", tense=Tense.RETRACTION), event("c", tense=Tense.RETRACTION), event("d")])
    journal.set_object([(1, A), (2, A), (3, B), (4, B)])
    told = journal.retractions([A, B, "http://o/none"])
    assert {obj: [stored.event.id for stored in found] for obj, found in told.items()} == {A: ["b"], B: ["c"]}
    assert journal.retractions([]) == {}
