"""Replays an archive through the assembled flow and sums up what it did; used by `replay`, `demo` and benchmarks."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from console.admission import events_of
from console.hook_settings import SOURCE as HOOKS
from console.hook_settings import HookSettings, Sender
from console.server import WebSettings
from kg.objects import resolve
from listeners.formats import Message, parse
from listeners.replay import Replay
from nuncius.app import App, assemble
from nuncius.core.clock import SystemClock, VirtualClock
from nuncius.core.errors import FormatError
from nuncius.core.event import Event
from nuncius.core.report import Report
from nuncius.journal import Journal
from nuncius.settings import JournalSettings, Settings

#: How often to look whether everything has been done, in seconds.
POLL_S = 0.05


def replay_settings(data_dir: Path, rules: list[Path], own: Settings | None = None) -> Settings:
    """Settings of a replay that reaches nobody: its own folder, reports for the page only, no web server; of an
    installation's own only its analyses and where instruments' data are. A replay can be done again, so its journal
    need not survive a power cut."""
    own = own or Settings()
    return Settings(
        data_dir=data_dir,
        journal=JournalSettings(synchronous="normal"),
        rules=tuple(rules),
        analyses=own.analyses,
        data=own.data,
        targets=("web",),
        web=WebSettings(enabled=False),
    )


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the start of a replay until all was journalled, decided and understood, run and delivered."""

    journalled: float
    decided: float
    reported: float


def replay(
    settings: Settings, paths: list[Path], *, speed: float | None = None, live: bool = False, progress: bool = False
) -> tuple[App, Replay, Timing]:
    """Feed `paths` through the flow and wait until all is decided, run and delivered. The caller closes the app."""
    clock = SystemClock() if live else VirtualClock(datetime(1990, 1, 1, tzinfo=UTC))
    app = assemble(settings, [], clock=clock)
    app.start()
    started = time.monotonic()
    try:
        with _bar(progress) as (count, waiting):
            listener = Replay(paths, clock=SystemClock(), speed=speed, progress=count)
            listener.run(app.journal, app.stop)
            journalled = time.monotonic() - started
            settle(app, waiting, stages=("kg", "reactors"))
            if isinstance(clock, VirtualClock):
                close_windows(app, clock)
                settle(app, waiting, stages=("kg", "reactors"))
            decided = time.monotonic() - started
            settle(app, waiting)
    except BaseException:  # Ctrl-C too: the caller has no app to close yet, and removes its folder at once
        app.close()
        raise
    timing = Timing(journalled=journalled, decided=decided, reported=time.monotonic() - started)
    return app, listener, timing


def close_windows(app: App, clock: VirtualClock, *, timeout_s: float = 600) -> None:
    """Let the time pass after the archive's end that rules wait for: windows close, moments after T0 come."""
    deadline = time.monotonic() + timeout_s
    while due := [wait.due for wait in app.journal.waits() if wait.form in ("without", "after")]:
        clock.advance_to(max(due))
        if time.monotonic() > deadline or app.stop.wait(POLL_S):
            return


def settle(
    app: App,
    waiting: Callable[[dict[str, int]], None] = lambda stages: None,
    *,
    stages: Collection[str] = (),
    timeout_s: float = 3600,
) -> bool:
    """Wait until nothing is left to do (in `stages`, where given); False when `timeout_s` passed first."""
    deadline = time.monotonic() + timeout_s
    while left := {name: n for name, n in app.waiting().items() if not stages or name in stages}:
        waiting(left)
        if time.monotonic() > deadline or app.stop.wait(POLL_S):
            return False
    return True


def _bar(show: bool) -> Any:
    """A progress bar on stderr: messages read, then what is still to be done."""
    if not show:
        return nullcontext((lambda count: None, lambda stages: None))
    from nuncius.progress import messages_and_stages

    return messages_and_stages()


def replay_rejects(journal: Journal, hooks: HookSettings | None = None) -> tuple[int, int]:
    """Read again what could not be understood, after a fix: what now parses is journalled and the reject resolved;
    returns how many were understood and how many are left. The running service, or the next, decides about them. What
    came through the webhooks' door may say no more than its sender may by now."""
    understood = left = 0
    senders = (hooks or HookSettings()).open_to()
    for reject in journal.replayable_rejects(limit=1_000_000):
        message = Message(
            raw=reject.raw,
            received=reject.received,
            topic=reject.topic or None,
            name=reject.source,
            content_type=reject.content_type or None,
        )
        try:
            events = parse(message) if reject.source != HOOKS else _from_outside(message, senders)
        except FormatError:
            left += 1
            continue
        journal.append(events)
        journal.mark_reject_resolved(reject.id)
        understood += 1
    return understood, left


def _from_outside(message: Message, senders: Mapping[str, Sender]) -> list[Event]:
    sender = senders.get((message.topic or "").partition("/")[2])
    if sender is None:
        raise FormatError(f"{message.label}: its sender is not let in any more")
    return events_of(message, sender)


def summarise(app: App, listener: Replay, timing: Timing) -> dict[str, Any]:
    """Counts of what arrived, what was decided and what was reported."""
    rules: dict[str, Counter[str]] = defaultdict(Counter)
    for rule, outcome, count in app.journal.outcomes():
        rules[rule][outcome] += count
    reports = app.journal.reports(limit=10**7)
    return {
        "messages": listener.messages,
        "new": listener.new,
        "duplicates": listener.duplicates,
        "rejected": listener.rejected,
        "seconds": {name: round(value, 2) for name, value in msgspec.structs.asdict(timing).items()},
        "decided_per_s": round(listener.messages / timing.decided, 1),
        "kinds": app.journal.count(),
        "rules": {rule: dict(outcomes) for rule, outcomes in rules.items()},
        "reactions": sum(outcomes["fired"] for outcomes in rules.values()),
        "reports": len(reports),
        "threads": len({stored.report.thread for stored in reports}),
    }


def reports_about(app: App, name: str) -> list[Report]:
    """Reports in the thread of the object that `name` names, in order."""
    obj = resolve(app.journal, name)
    if obj is None:
        return []
    return [stored.report for stored in app.journal.reports(thread=obj, limit=10**5)]


def same_day(app: App, name: str) -> list[str]:
    """Names of objects whose T0 is on the day that `name` carries (GRB 221009A, S190425z): a hint for a name that
    nothing in the archive has claimed yet."""
    digits = re.search(r"\d{6}", name)
    if digits is None:
        return []
    day = digits.group()
    found = [o for o in app.journal.objects(limit=10**6) if o.trigger_time and f"{o.trigger_time:%y%m%d}" == day]
    return [", ".join(o.names) for o in sorted(found, key=lambda o: -o.events)]
