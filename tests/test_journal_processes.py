"""Several processes at one journal, and processes that die: nothing lost, nothing half, nothing twice."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from journal_samples import NOW, event, reaction
from sqlalchemy import Connection

from nuncius.journal import Decided, Journal, log

CHILD = Path(__file__).with_name("journal_child.py")


def start(job: str, url: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(CHILD), job, url, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHILD.parent)


def lines(process: subprocess.Popen[str]) -> list[list[str]]:
    assert process.stdout is not None
    with process.stdout as stream:
        out = stream.read()  # not communicate(): it forgets what readline() has buffered
    process.wait(120)
    return [line.split() for line in out.splitlines(keepends=True) if line.endswith("\n")]


def kill_after(process: subprocess.Popen[str], seconds: float) -> list[list[str]]:
    """SIGKILL once it has said something and so much time has passed; returns what it said."""
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    return [first.split(), *lines(process)]


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_process_loses_no_acknowledged_append_and_leaves_no_half_batch(journal_url: str, seed: int) -> None:
    chance = random.Random(seed)
    size = chance.choice([1, 20, 300])
    with Journal.open(journal_url):
        pass
    said = kill_after(start("append", journal_url, "a", str(size)), chance.uniform(0.0, 0.3))
    with Journal.open(journal_url) as journal:
        stored = journal.read(0, limit=10**6)
        batches = Counter(int(s.event.id.split("/")[1]) for s in stored)
        assert set(batches.values()) == {size}
        assert [s.seq for s in stored] == list(range(1, len(stored) + 1))
        assert {int(batch) for batch, _, _ in said} <= set(batches)
        assert len(batches) - len(said) in (0, 1)  # one may have been committed and not said any more
        done = journal.append([s.event for s in stored[-size:]])
        assert (done.new, done.duplicates) == ([], size)


def test_a_flow_killed_twelve_times_reacts_once_to_each_event_and_sends_nothing_twice(journal_url: str) -> None:
    chance = random.Random(11)
    sent: Counter[str] = Counter()
    with Journal.open(journal_url):
        pass
    for life in range(12):
        said = kill_after(start("flow", journal_url, f"life{life}"), chance.uniform(0.0, 0.25))
        sent.update(line[1] for line in said if line)
    with Journal.open(journal_url) as journal:
        last, cursor = journal.last_seq(), journal.cursor("rules")
        assert last - cursor in range(4)
        keys = [found.key for found in journal.reactions(limit=10**6)]
        assert sorted(keys) == sorted(s.event.id for s in journal.read(0, limit=cursor))
        assert max(Counter(keys).values()) == 1
        decided = Counter(found.seq for found in journal.decisions(limit=10**6))
        assert decided == dict.fromkeys(range(1, cursor + 1), 1)
        assert len(sent) > 12
        assert max(sent.values()) == 1
        outbox = {found.report.key: found.state for found in journal.reports(limit=10**6)}
        assert set(sent) <= set(outbox)
        lost = [key for key, state in outbox.items() if state == "delivered" and key not in sent]
        assert len(lost) <= 12  # in doubt when its sender was killed, and marked so; never sent a second time


def test_a_reader_by_cursor_misses_no_event_of_two_concurrent_appenders(journal_url: str) -> None:
    with Journal.open(journal_url) as journal:
        writers = [start("append", journal_url, name, size) for name, size in (("a", "50"), ("b", "1"))]
        seen: list[int] = []
        batches: dict[str, set[str]] = {"a": set(), "b": set()}
        end = time.monotonic() + 120
        while min(map(len, batches.values())) < 30 and time.monotonic() < end:
            for found in journal.read(seen[-1] if seen else 0, limit=10):
                name, batch, _ = found.event.id.split("/")
                batches[name].add(batch)
                seen.append(found.seq)
        for writer in writers:
            writer.kill()
            lines(writer)
        seen += [found.seq for found in journal.read(seen[-1], limit=10**6)]
        assert seen == list(range(1, journal.last_seq() + 1))
        assert min(map(len, batches.values())) >= 30


def test_a_slow_append_holds_back_later_ones_rather_than_be_passed_by(journal_url: str) -> None:
    """The order of events, step by step: the first appender has its number and has not committed yet."""
    with Journal.open(journal_url) as slow, Journal.open(journal_url) as quick, Journal.open(journal_url) as reader:
        numbered, go_on, results = threading.Event(), threading.Event(), list[tuple[str, list[int]]]()

        def hold(connection: Connection) -> list[int]:
            done = log.append(connection, [event("slow")], NOW)
            numbered.set()
            assert go_on.wait(20)
            return done.new

        first = threading.Thread(target=lambda: results.append(("slow", slow._db.write(hold))))
        second = threading.Thread(target=lambda: results.append(("quick", quick.append([event("quick")]).new)))
        first.start()
        assert numbered.wait(20)
        second.start()
        second.join(0.3)
        assert second.is_alive()
        assert reader.read(0) == []
        go_on.set()
        first.join(20)
        second.join(20)
        assert dict(results) == {"slow": [1], "quick": [2]}
        assert [s.event.id for s in reader.read(0)] == ["slow", "quick"]


def test_rival_consumers_decide_about_each_event_once(journal_url: str) -> None:
    with Journal.open(journal_url) as journal:
        journal.append([event(f"e{i}") for i in range(200)])
        rivals = [start("consume", journal_url, f"c{i}", "200") for i in range(2)]
        created = sum(int(number) for rival in rivals for (number,) in lines(rival))
        assert [rival.returncode for rival in rivals] == [0, 0]
        decided = Counter(found.seq for found in journal.decisions(limit=1000))
        assert decided == dict.fromkeys(range(1, 201), 1)
        assert created == len(journal.reactions(limit=1000)) == 200


def test_rival_workers_do_each_step_once(journal_url: str) -> None:
    with Journal.open(journal_url) as journal:
        journal.append([event(f"e{i}") for i in range(40)])
        told = [Decided(seq=i, reactions=[reaction(f"k{i}", slot=f"s{i}")]) for i in range(1, 41)]
        journal.decide("rules", 40, told)
        rivals = [start("work", journal_url, f"w{i}", "80") for i in range(2)]
        done = Counter(step for rival in rivals for (step,) in lines(rival))
        assert [rival.returncode for rival in rivals] == [0, 0]
        assert len(done) == 80
        assert max(done.values()) == 1
        assert journal.statistics()["reactions"] == {"done": 40}


def test_threads_may_share_a_journal(journal: Journal) -> None:
    def append(name: str) -> None:
        for number in range(20):
            journal.append([event(f"{name}/{number}")])

    threads = [threading.Thread(target=append, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [s.seq for s in journal.read(0)] == list(range(1, 81))


def test_a_forked_child_and_its_parent_both_go_on(journal: Journal) -> None:
    journal.append([event("before")])
    child = os.fork()
    if child == 0:  # must leave by _exit, whatever happens: the rest of the tests is the parent's
        status = 1
        with contextlib.suppress(BaseException):
            status = int(journal.append([event("child")]).new != [2])
        os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert journal.append([event("parent")]).new == [3]
    assert [s.event.id for s in journal.read(0)] == ["before", "child", "parent"]
