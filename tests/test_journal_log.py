"""The log: events, rejects, offsets, blobs, cursors, waking up."""

from __future__ import annotations

import hashlib
import threading
import time

import pytest
from journal_samples import NOW, event, later, reject

from nuncius.core.clock import VirtualClock
from nuncius.core.errors import PermanentError
from nuncius.core.event import Tense
from nuncius.journal import Journal, Offset


def test_an_event_comes_back_as_it_was_appended(journal: Journal) -> None:
    told = event(
        "ivo://a#1", tense=Tense.UPDATE, revision=3, object="http://o/1", data={"far": 1e-9, "n": None, "é": []}
    )
    assert journal.append([told]).new == [1]
    (stored,) = journal.read(0)
    assert stored.event == told
    assert (stored.seq, journal.get("ivo://a#1"), journal.get("other")) == (1, stored, None)


def test_the_same_message_a_hundred_times_is_one_event(journal: Journal) -> None:
    first = journal.append([event("a", data={"ra": 1.0})])
    again = [journal.append([event("a", data={"ra": 2.0})]) for _ in range(99)]
    assert first.new == [1]
    assert all((done.new, done.duplicates) == ([], 1) for done in again)
    assert [stored.event.data["ra"] for stored in journal.read(0)] == [1.0]


def test_duplicates_within_a_batch_count_once_and_the_first_stands(journal: Journal) -> None:
    done = journal.append([event("a"), event("b"), event("a", revision=9)])
    assert (done.new, done.duplicates) == ([1, 2], 1)
    assert [(s.event.id, s.event.revision) for s in journal.read(0)] == [("a", 0), ("b", 0)]


def test_numbers_have_no_gaps_after_duplicates_and_large_batches(journal: Journal) -> None:
    journal.append([event(f"e{i}") for i in range(1300)])
    done = journal.append([event(f"e{i}") for i in range(1200, 1400)])
    assert (done.new, done.duplicates) == (list(range(1301, 1401)), 100)
    assert [s.seq for s in journal.read(0, limit=5000)] == list(range(1, 1401))
    assert journal.last_seq() == 1400


def test_reading_by_kind_includes_all_kinds_below_and_no_namesakes(journal: Journal) -> None:
    kinds = ["gcn.notice.fermi", "gcn.notice.fermi.gbm", "gcn.notice.fermix", "gcn.circular", "gcn_notice.fermi"]
    journal.append([event(kind, kind=kind) for kind in kinds])
    read = [s.event.kind for s in journal.read(0, kinds=["gcn.notice.fermi"])]
    assert read == ["gcn.notice.fermi", "gcn.notice.fermi.gbm"]
    assert journal.count() == dict.fromkeys(kinds, 1)
    assert [s.seq for s in journal.read(2, limit=2)] == [3, 4]


def test_characters_that_no_database_holds_do_not_stop_the_log(journal: Journal) -> None:
    told = event("bad\x00id\ud800", data={"t": "a\x00b", "u\ud800": ["\udfff ok"]}, source="ünï")
    journal.append([told, event("bad\x00id\ud800")])
    (stored,) = journal.read(0)
    assert stored.event.id == "bad\ufffdid\ufffd"
    assert stored.event.data == {"t": "a\ufffdb", "u\ufffd": ["\ufffd ok"]}
    assert journal.get("bad\x00id\ud800") == stored


def test_a_time_without_a_zone_is_refused_and_nothing_of_its_batch_stays(journal: Journal) -> None:
    with pytest.raises(PermanentError, match="UTC-aware"):
        journal.append([event("a"), event("b", received=NOW.replace(tzinfo=None))])
    assert journal.last_seq() == 0


def test_journalled_is_the_journals_own_time(journal_url: str) -> None:
    with Journal.open(journal_url, clock=VirtualClock(later(5))) as journal:
        journal.append([event("a")])
        assert journal.read(0)[0].journalled == later(5)


def test_a_reject_keeps_its_bytes_and_counts_once_however_often_it_comes(journal: Journal) -> None:
    for _ in range(3):
        done = journal.append([], rejects=[reject(b"<bad\x00"), reject(b"<bad\x00", offset=8)])
    assert done.rejected == 0
    newest, oldest = journal.rejects()
    assert (newest.offset, oldest.offset, oldest.raw, oldest.error) == (8, 7, b"<bad\x00", "FormatError")


def test_a_resolved_reject_is_not_replayed_until_it_fails_again(journal: Journal) -> None:
    journal.append([], rejects=[reject(b"1"), reject(b"2")])
    first = journal.replayable_rejects()[0]
    journal.mark_reject_resolved(first.id)
    assert [r.raw for r in journal.replayable_rejects()] == [b"2"]
    journal.append([], rejects=[reject(b"1", reason="another reason")])
    assert next((r.raw, r.reason) for r in journal.replayable_rejects()) == (b"1", "another reason")
    with pytest.raises(PermanentError, match="999"):
        journal.mark_reject_resolved(999)


def test_offsets_only_move_forward(journal: Journal) -> None:
    def offset(next_offset: int, high: int | None, seconds: float) -> Offset:
        place = {"group": "g", "topic": "t", "partition": 0}
        return Offset(**place, next_offset=next_offset, high=high, updated=later(seconds))

    journal.append([event("a")], offsets=[offset(5, 9, 1), offset(7, None, 2)])
    journal.append([], offsets=[offset(6, 10, 0)])
    assert journal.offsets() == [offset(7, 10, 2)]


def test_blobs_are_kept_once_under_their_hash(journal: Journal) -> None:
    content = bytes(range(256)) * 5000
    sha256 = hashlib.sha256(content).hexdigest()
    journal.append([event("a", blobs={sha256: content}), event("b", blobs={sha256: content})])
    assert journal.put_blob(content) == sha256
    assert journal.blob(sha256) == content
    assert journal.statistics()["blobs"] == {"total": 1, "bytes": len(content)}
    assert journal.read(0)[0].event.blobs == {}
    with pytest.raises(PermanentError, match="beef"):
        journal.blob("beef")


def test_a_blob_under_a_wrong_hash_is_refused_with_its_whole_batch(journal: Journal) -> None:
    with pytest.raises(PermanentError, match="event b"):
        journal.append([event("a"), event("b", blobs={"0" * 64: b"x"})])
    assert journal.last_seq() == 0


def test_a_cursor_never_goes_back_unless_rewound(journal: Journal) -> None:
    assert journal.cursor("kg") == 0
    for seq in (5, 3, 7, 6):
        journal.advance("kg", seq)
    assert (journal.cursor("kg"), journal.cursor("rules")) == (7, 0)
    journal.rewind("kg", 2)
    assert journal.cursor("kg") == 2


def test_waiting_ends_when_this_process_appends(journal: Journal) -> None:
    woken: list[float] = []

    def wait() -> None:
        if journal.wait(0, 20.0):
            woken.append(time.monotonic())

    thread = threading.Thread(target=wait)
    thread.start()
    journal.append([event("a")])
    thread.join(20)
    assert woken
    assert not journal.wait(1, 0.01)


def test_waiting_ends_when_another_process_appends(journal: Journal, journal_url: str) -> None:
    with Journal.open(journal_url) as other:  # another Journal shares no condition with this one
        timer = threading.Timer(0.1, lambda: other.append([event("a")]))
        timer.start()
        assert journal.wait(0, 20.0)
        timer.join()
