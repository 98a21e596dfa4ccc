"""Kills the reactor while windows are open: python tests/kill_waits.py [--points N].

A child decides about a made-up night: correlations, counts, absences, moments, a schedule, escalations. At the n-th
commit of the journal, just before or after it is durable, it is killed with SIGKILL. A second child is given every
event again and goes on. Then each decision, reaction, wait and timer must be there once, as when nobody is killed.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

RULES = """
rule: pair
when: {gw: lvk.alert, grb: gcn.notice}
within: 10m
do: [{post: "${gw.id} ${grb.id}"}]
escalate: [{after: 30m, unless: done, page: "nobody looks"}]
---
rule: missing
when: lvk.alert
within: 1h
without: {nu: gcn.notice.icecube}
where: nu.rate_snr > 3
do: [{post: "none for ${ev.id}"}]
---
rule: hour-after
when: {after: 1h, of: gcn.notice.fermi}
mode: queue
per: "'one'"
do: [{post: "${ev.id}"}]
---
rule: often
when: {every: 20m}
do: [{post: "still here"}]
---
rule: bout
when: gcn.notice
within: 20m
count: 3
do: [{post: "many"}]
"""


def night() -> list[Any]:
    """Some alerts and notices of two hours, in the order in which they came, one retracted."""
    from rules_samples import NOON

    from nuncius.core.event import Event, Tense

    kinds = ("lvk.alert.x", "gcn.notice.fermi.gbm.x", "gcn.notice.icecube.ic86.x", "gcn.notice.fermi.gbm.x")
    choose = random.Random(7)
    events = []
    for number in range(14):
        kind, minute = kinds[number % 4], choose.uniform(0, 120)
        data = {"mission": kind.split(".")[2], "instrument": "x", "rate_snr": choose.uniform(0, 6)}
        t0 = NOON + timedelta(minutes=minute)
        told = {"trigger_time": t0, "received": t0 + timedelta(minutes=choose.uniform(0, 9)), "object": f"o{number}"}
        events.append(Event(id=f"e{number}", kind=kind, source="t", data=data, **told))
    back = {"mission": "x", "alert_type": "retraction"}
    late = NOON + timedelta(minutes=118)
    told = {"object": "o0", "received": late, "tense": Tense.RETRACTION}
    events.append(Event(id="r", kind="lvk.alert.retraction", source="t", data=back, **told))
    return sorted(events, key=lambda event: event.received)


def child(folder: Path, commit: int, after: bool) -> None:
    """Decide about the night; die at the given commit (0: never)."""
    from kill_points import _die_at_commit
    from rules_samples import NOON

    from nuncius.core.clock import VirtualClock
    from nuncius.journal import Journal
    from nuncius.journal.database import Database
    from reactors.reactor import Reactor
    from reactors.rulebook import RuleBook

    (folder / "r.yaml").write_text(RULES)
    journal = Journal.open(f"sqlite:///{folder / 'j.db'}")
    commits = _die_at_commit(Database, commit, after)
    clock = VirtualClock(NOON)
    reactor = Reactor(journal, RuleBook([folder / "r.yaml"]), clock)
    for event in night():
        journal.append([event])
        while reactor.step():
            pass
    clock.advance_to(NOON + timedelta(hours=5))
    while reactor.step():
        pass
    decisions = [[d.rule, d.event_id, d.outcome, d.reason] for d in journal.decisions(limit=10_000)]
    reactions = [[r.rule, r.per, r.key, r.state] for r in journal.reactions(limit=10_000)]
    waits = [
        [w.rule, w.key, w.state] for name in ("pair", "missing", "hour-after", "often") for w in journal.waits_of(name)
    ]
    timers = [s.event.id for s in journal.read(0, limit=10_000, kinds=["timer"])]
    print(
        json.dumps(
            {"decisions": decisions, "reactions": reactions, "waits": waits, "timers": timers, "n": next(commits)}
        )
    )


def attempt(commit: int, after: bool) -> tuple[bool, dict[str, Any]]:
    """Kill at a commit (0: nowhere), go on, and tell what is left."""
    with tempfile.TemporaryDirectory(prefix="nuncius-kill-") as scratch:
        command = [sys.executable, __file__, "--child", scratch]
        killed = False
        if commit:
            first = subprocess.run([*command, str(commit), str(int(after))], capture_output=True, timeout=180)
            killed = first.returncode == -signal.SIGKILL
        last = subprocess.run([*command, "0", "0"], capture_output=True, timeout=180, check=True)
        left: dict[str, Any] = json.loads(last.stdout.splitlines()[-1])
        return killed, left


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """All that is lost, doubled or another."""
    told = []
    for what in ("decisions", "reactions", "waits", "timers"):
        a, b = (Counter(json.dumps(row) for row in side[what]) for side in (found, wanted))
        told += [f"lost {what} {row}" for row in b - a] + [f"extra {what} {row}" for row in a - b]
    return told


def survey(points: int, seed: int = 0) -> tuple[int, int, list[str], dict[str, Any]]:
    """Points tried, processes killed, what went wrong, and the undisturbed night."""
    _, wanted = attempt(0, False)
    every = [(n, after) for n in range(1, wanted["n"]) for after in (False, True)]
    chosen = random.Random(seed).sample(every, min(points, len(every)))
    killed, wrong = 0, []
    for commit, after in chosen:
        died, found = attempt(commit, after)
        killed += died
        wrong += [f"{'after' if after else 'before'} commit {commit}: {d}" for d in differences(found, wanted)]
    return len(chosen), killed, wrong, wanted


def main() -> None:
    """Command line."""
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1")
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=40)
    options = parser.parse_args()
    tried, killed, wrong, wanted = survey(options.points)
    print(f"{wanted['n'] - 1} commits; {tried} points tried, {killed} killed, {len(wrong)} differences")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
