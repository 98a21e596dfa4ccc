"""A process that is killed between two pages, and two processes at once: nothing is missed, nothing is doubled, and
nothing is asked for twice without need. Real processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from papers_server import PaperServer, document

from nuncius.core.clock import VirtualClock
from nuncius.journal import Journal, Turns
from nuncius.ownership import take_over, this_process

NOON = datetime(2025, 11, 18, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HERE = Path(__file__).parent


@pytest.fixture
def server() -> Iterator[PaperServer]:
    with PaperServer(moment=NOON) as running:
        running.documents = [document(n, NOON - (n % 6) * DAY) for n in range(350)]  # four pages
        running.telegrams = [(100 + n, NOON - DAY) for n in range(10)]
        yield running


def child(url: str, server: PaperServer, source: str, now: datetime = NOON) -> subprocess.Popen[str]:
    """A process that waits for a line, then asks the source once."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "papers_child.py"), url, server.address, source, now.isoformat()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    with process:
        return process.stdout.readline()


@pytest.mark.parametrize("request_number", [1, 3])
def test_a_process_killed_between_pages_is_taken_over_and_nothing_is_lost_or_doubled(
    server: PaperServer, journal_url: str, request_number: int
) -> None:
    with Journal.open(journal_url, busy_timeout_s=20.0) as journal:
        victim = child(journal_url, server, "ads")

        def kill(count: int) -> None:
            if count == request_number and victim.poll() is None:
                os.kill(victim.pid, signal.SIGKILL)
                victim.wait()

        server.arriving = kill
        go(victim)
        with victim:
            victim.wait(20)
        assert victim.returncode == -signal.SIGKILL
        kept = journal.count().get("paper.ads", 0)
        assert kept == 100 * (request_number - 1)
        turn = Turns(journal, "x").get("ads")
        assert turn is not None
        assert turn.owner is not None  # it died with the turn in its hands

        assert take_over(journal, this_process()) == 1
        survivor = child(journal_url, server, "ads")
        go(survivor)
        assert said(survivor) == "True \n"
        told = [stored.event.id for stored in journal.read(0, limit=10_000)]
        assert sorted(told) == sorted(f"bibcode:{d['bibcode']}" for d in server.documents)


def test_two_processes_at_once_ask_once(server: PaperServer, journal_url: str) -> None:
    with Journal.open(journal_url, busy_timeout_s=20.0) as journal:
        alone = child(journal_url, server, "ads")
        go(alone)
        assert said(alone) == "True \n"
        requests = len(server.calls)
        later = NOON + timedelta(hours=2)
        both = [child(journal_url, server, "ads", later) for _ in range(2)]
        for process in both:
            go(process)
        assert sorted(said(process) for process in both) == ["False \n", "True \n"]
        assert len(server.calls) == 2 * requests
        assert journal.count() == {"paper.ads": 350}
        assert VirtualClock(later).now() < Turns(journal, "x").all()[0].due
