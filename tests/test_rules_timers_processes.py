"""Two services on one journal, as real processes: each moment of a rule comes once, whoever rings it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import timers_child
from rules_samples import gw
from timers_child import BEGIN

from nuncius.core.event import iso
from nuncius.journal import Journal

RULES = """
rule: often
when: {every: 1m}
do: [{post: x}]
---
rule: each
when: {cron: "*/2 * * * *", missed: each}
do: [{post: x}]
---
rule: once
when: {at: [2026-01-01T00:25Z, 2026-01-01T00:30Z]}
do: [{post: x}]
---
rule: later
when: {after: [10m, 20m], of: lvk.alert}
do: [{post: x}]
"""
MINUTES = 45


def test_two_processes_on_one_journal_ring_every_moment_once(
    journal: Journal, journal_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "r.yaml"
    file.write_text(RULES)
    journal.append([gw("a", received=BEGIN, trigger_time=BEGIN)])
    command = [sys.executable, str(Path(timers_child.__file__)), journal_url, str(file), str(MINUTES)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    children = [subprocess.Popen(command, **pipes) for _ in range(2)]
    assert [child.stdout.readline() for child in children] == ["ready\n"] * 2
    start = str(time.time())
    for child in children:
        child.stdin.write(f"{start}\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert all(int(text) > 0 for text in said), "both had a part in it"

    timers = [stored.event for stored in journal.read(0, limit=10_000, kinds=["timer"])]
    due = {(event.data["rule"], event.data["due"]) for event in timers}
    assert len(due) == len(timers), "no moment rang twice"
    found = sorted(text for name, text in due if name == "each")
    last = datetime.fromisoformat(found[-1])
    assert last > BEGIN + timedelta(minutes=MINUTES - 10)
    first = datetime.fromisoformat(found[0])
    wanted = [iso(first + timedelta(minutes=2 * n)) for n in range(round((last - first) / timedelta(minutes=2)) + 1)]
    assert found == wanted, "none is missing between the first and the last"
    assert {text for name, text in due if name == "once"} == {"2026-01-01T00:25:00Z", "2026-01-01T00:30:00Z"}
    reactions = Counter(reaction.rule for reaction in journal.reactions(limit=10_000))
    assert reactions["once"] == 2
    assert reactions["later"] == 2
    assert reactions["often"] == sum(name == "often" for name, _ in due)
