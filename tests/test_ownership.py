"""Work that a killed process held is due at once on its own machine, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

from nuncius.core.report import Report
from nuncius.journal import Journal
from nuncius.ownership import is_dead, take_over, this_process

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def dead_owner() -> str:
    """What a process that has ended called itself."""
    code = "from nuncius.ownership import this_process; print(this_process())"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_a_process_that_ended_is_dead_and_this_one_is_not() -> None:
    assert is_dead(dead_owner())
    place = this_process().rsplit(":", 2)[0]
    assert not is_dead(f"{place}:{os.getppid()}:00000000")


def test_a_predecessor_with_our_process_id_is_dead_as_in_a_container_that_started_again() -> None:
    place, pid, _ = this_process().rsplit(":", 2)
    assert is_dead(f"{place}:{pid}:00000000")


def test_nothing_is_assumed_of_processes_elsewhere() -> None:
    assert not is_dead("another-host/pid:[1]:1:00000000")
    assert not is_dead("someone")


def test_reports_of_a_dead_process_are_due_at_once_and_in_doubt(journal: Journal) -> None:
    journal.enqueue([("slack", Report(thread="t", slot="s", key="k", title="x"))], now=NOW)
    dead, me = dead_owner(), this_process()
    [leased] = journal.lease_reports(dead, target="slack", now=NOW, lease_s=3600)
    assert journal.sending(leased.id, dead, NOW)
    assert journal.lease_reports(me, target="slack", now=NOW, lease_s=60) == []
    assert take_over(journal, me) == 1
    [again] = journal.lease_reports(me, target="slack", now=NOW, lease_s=60)
    assert again.in_doubt
