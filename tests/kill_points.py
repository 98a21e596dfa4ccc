"""Kills the whole flow at many points and looks at what is left: python tests/kill_points.py [--points N].

A child process replays the demo night through journal, graph, rules, analyses and Slack (a local server that keeps
what it was sent). At the n-th commit of the journal, or the n-th call to Slack, just before or just after it, the
child is killed with SIGKILL. A second child starts on what is left and is given every message again, as Kafka would.
Then each message must be journalled once, each report must stand once in its thread, and the threads must read as
they do when nobody is killed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
NIGHT = ROOT / "config" / "demo" / "2017-08-17"
CHANNEL = "C0NIGHT"
#: For a whole night on a machine with much else to do; on an idle one it takes half a minute.
PATIENCE_S = 600.0


@dataclass(frozen=True)
class Point:
    """Where to kill: the n-th `commit` or `call`, before or after it happened."""

    what: str
    count: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.what} {self.count}"


@dataclass
class Outcome:
    """What was left after a kill and a restart."""

    point: Point | None
    killed: bool
    journalled: list[str]
    messages: Counter[tuple[str, str]]
    said: dict[tuple[str, str], str]
    commits: int = 0
    calls: int = 0
    problems: list[str] = field(default_factory=list)


# --- the child ---


def child(folder: Path, base_url: str, commit: int, after: bool) -> None:
    """Run the flow over the night until all is reported; die at the given commit (0: never)."""
    import logging

    from local_slack import TOKEN

    from chat.slack import SlackSettings
    from console.server import WebSettings
    from listeners.replay import Replay
    from nuncius.app import assemble
    from nuncius.core.clock import SystemClock
    from nuncius.journal.database import Database
    from nuncius.settings import Settings
    from reactors.rulebook import shipped

    logging.basicConfig(level=logging.ERROR)
    commits = _die_at_commit(Database, commit, after)
    slack = SlackSettings(token=TOKEN, channel=CHANNEL, base_url=base_url, pace_s=0.0)
    # What several instruments say together depends on which analyses come back in time: no two nights are alike.
    rules = tuple(file for file in sorted(shipped().glob("*.yaml")) if file.name != "multi-instrument.yaml")
    settings = Settings(data_dir=folder, targets=("slack",), slack=slack, web=WebSettings(enabled=False), rules=rules)
    app = assemble(settings, [])
    app.start()
    # One message at a time, so that what is said does not depend on how threads happen to interleave.
    replay = Replay([NIGHT], clock=SystemClock(), batch=1, progress=lambda _: _settled(app))
    replay.run(app.journal, app.stop)
    journalled = [stored.event.id for stored in app.journal.read(0, limit=10_000)]
    app.close()
    print(json.dumps({"journalled": journalled, "commits": next(commits)}))


def _settled(app: Any) -> None:
    from nuncius.replaying import settle

    if not settle(app, timeout_s=240):
        raise SystemExit(f"the flow did not settle in time: {app.waiting()}")


def _die_at_commit(database: Any, nth: int, after: bool) -> Iterator[int]:
    """Count writing transactions; kill this process at the n-th, before or after it is durable."""
    import itertools

    counter, write = itertools.count(1), database.write

    def counted(self: Any, work: Any) -> Any:
        number = next(counter)
        if number == nth and not after:

            def die(connection: Any) -> Any:
                work(connection)
                os.kill(os.getpid(), signal.SIGKILL)

            return write(self, die)
        result = write(self, work)
        if number == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    database.write = counted
    return counter


# --- the parent ---


def start(folder: Path, base_url: str, point: Point | None) -> subprocess.Popen[str]:
    """A child on `folder`."""
    commit = point.count if point and point.what == "commit" else 0
    after = str(int(bool(point and point.after)))
    command = [sys.executable, __file__, "--child", str(folder), base_url, str(commit), after]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"MPLBACKEND": "agg"})


def attempt(point: Point | None) -> Outcome:
    """Kill at `point` (None: nowhere), start again, and gather what is left."""
    from local_slack import LocalSlack

    with tempfile.TemporaryDirectory(prefix="nuncius-kill-") as scratch, LocalSlack() as slack:
        slack.channels[CHANNEL] = []
        folder = Path(scratch)
        killed = False
        if point:
            first = start(folder, slack.base_url, point)
            if point.what == "call":
                _die_at_call(slack, first, point)
            _ended(first)
            killed = first.returncode == -signal.SIGKILL
            slack.before = slack.after = None
        last = start(folder, slack.base_url, None)
        out = _ended(last)
        if last.returncode:
            return Outcome(point, killed, [], Counter(), {}, problems=[f"the restart ended with {last.returncode}"])
        told = json.loads(out.splitlines()[-1])
        return Outcome(
            point,
            killed,
            told["journalled"],
            Counter((m.get("thread_ts", m["ts"]), slot) for m, slot in _ours(slack)),
            {(m.get("thread_ts", m["ts"]), slot): _text(m) for m, slot in _ours(slack)},
            told["commits"],
            len(slack.calls),
        )


def _ended(process: subprocess.Popen[str]) -> str:
    """What it said, when it has ended; a child that hangs is left to nobody."""
    try:
        return process.communicate(timeout=PATIENCE_S)[0]
    finally:
        process.kill()


def _die_at_call(slack: Any, process: subprocess.Popen[str], point: Point) -> None:
    """Kill the child when the n-th call reaches Slack: before it is carried out, or before its answer is sent."""
    seen = 0

    def hook(method: str) -> None:
        nonlocal seen
        seen += 1
        if seen == point.count:
            process.kill()

    if point.after:
        slack.after = hook
    else:
        slack.before = hook


def _ours(slack: Any) -> Iterator[tuple[Any, str]]:
    for message in slack.channels[CHANNEL]:
        payload = (message.get("metadata") or {}).get("event_payload")
        if payload:
            yield message, payload["slot"]


def _text(message: Any) -> str:
    """What people read, without the moments of this run (the night's own are of 2017) and without the running numbers
    of questions."""
    shown = json.dumps([message.get("text"), [b for b in message.get("blocks", []) if b.get("type") != "context"]])
    now = datetime.now(UTC)
    years = f"{now - timedelta(days=1):%Y}|{now + timedelta(days=1):%Y}"
    return re.sub(rf"(?:{years})-\d\d-\d\d[T ][\d:.]+(?: UTC|Z)?|review (?:approve|reject) \d+", "…", shown)


def compare(found: Outcome, wanted: Outcome) -> Outcome:
    """Name everything lost or doubled. Threads are compared by what they hold, since their names on Slack differ."""
    lost = {_named(event) for event in wanted.journalled} - {_named(event) for event in found.journalled}
    doubled = [event for event, count in Counter(found.journalled).items() if count > 1]
    found.problems += [f"lost event {event}" for event in lost] + [f"doubled event {event}" for event in doubled]
    found.problems += [f"doubled report {place}" for place, count in found.messages.items() if count > 1]
    missing = Counter(wanted.said.values()) - Counter(found.said.values())
    extra = Counter(found.said.values()) - Counter(wanted.said.values())
    found.problems += [f"lost report {text[:300]}" for text in missing] + [f"extra report {t[:300]}" for t in extra]
    return found


def _named(event: str) -> str:
    """An event's id. What is installed here is announced by every night, under a hash of it: whoever installs a
    package meanwhile loses none."""
    return "environment:…" if event.startswith("environment:") else event


def points(commits: int, calls: int, number: int, seed: int) -> list[Point]:
    """`number` points spread over all commits and calls, before and after each."""
    every = [Point("commit", n, after) for n in range(1, commits + 1) for after in (False, True)]
    every += [Point("call", n, after) for n in range(1, calls + 1) for after in (False, True)]
    return random.Random(seed).sample(every, min(number, len(every)))


def survey(number: int, seed: int = 0) -> tuple[Outcome, list[Outcome]]:
    """An undisturbed night, and `number` disturbed ones compared with it."""
    wanted = attempt(None)
    if wanted.problems:
        return wanted, []
    chosen = points(wanted.commits - 1, wanted.calls, number, seed)
    outcomes = []
    for index, point in enumerate(chosen, 1):
        outcomes.append(compare(attempt(point), wanted))
        print(
            f"{index}/{len(chosen)} killed {point}: {outcomes[-1].problems or 'nothing lost, nothing twice'}",
            file=sys.stderr,
        )
    return wanted, outcomes


def main() -> None:
    """Command line."""
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5] == "1")
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    wanted, outcomes = survey(arguments.points, arguments.seed)
    every = [problem for outcome in outcomes for problem in outcome.problems]
    print(
        f"{len(wanted.journalled)} events, {len(wanted.said)} messages, {wanted.commits - 1} commits, {wanted.calls} "
        f"calls; {len(outcomes)} points tried, {sum(o.killed for o in outcomes)} killed, "
        f"{sum('lost' in p for p in every)} lost, {sum('doubled' in p or 'extra' in p for p in every)} doubled"
    )
    sys.exit(bool(every or wanted.problems or not outcomes))


if __name__ == "__main__":
    main()
