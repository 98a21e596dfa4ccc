"""Rules on years of archived alerts: the archive is read by several processes, then decided on in order of arrival on
the virtual clock, with nothing outward behind it. Two rule sets are decided on side by side, event by event."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from reactors.archive import Part, Wanted
from reactors.asking import Queries
from reactors.findings import Findings
from reactors.readers import read_archive
from reactors.rule import Rule
from reactors.ruleset import RuleSet
from reactors.runs import merged
from reactors.sidebyside import SideBySide
from reactors.whereabouts import POINTINGS, needs_pointings

#: Memory is looked at each time after so many events, to see that it does not grow.
MARK = 20_000


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What to tell while it runs: messages read, then events decided of how many."""

    read: Callable[[int], object] = lambda count: None
    decided: Callable[[int], object] = lambda count: None


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what was read, how long it took, and the findings (side 0 `rules`, side 1 `other`).
    `passed` counts the rules that a cheap comparison ruled out for an event, where many listen: no decision is kept."""

    rules: RuleSet
    other: RuleSet | None
    part: Part
    findings: Findings
    events: int
    duplicates: int
    passed: int
    first: datetime | None
    last: datetime | None
    open_windows: int
    seconds_read: float
    seconds: float
    cpu_s: float
    memory_mb: float
    memory_marks_mb: list[float]
    workers_mb: float


def heard_kinds(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Every kind that a rule listens to or looks back for."""
    kinds = {kind for rule in rules if rule.status != "off" for kind in rule.when}
    for rule in rules:
        kinds |= {kind for alias in rule.aliases for kind in alias.kinds}
        kinds |= set(rule.absent.alias.kinds) if rule.absent else set()
        kinds |= set(rule.after.kinds) if rule.after else set()
    return tuple(sorted(kinds))


def backtest(
    paths: Sequence[Path],
    rules: RuleSet,
    *,
    other: RuleSet | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    queries: Queries | None = None,
) -> Backtest:
    """What `rules` (and `other`) would have done on the messages at `paths`. The graph's `queries` are asked as of the
    archive's time; without them what a rule asks of the graph is unknown. The caller closes the findings."""
    progress = progress or Progress()
    started, cpu = time.monotonic(), _cpu_s()
    both = [*rules.rules, *(other.rules if other else ())]
    noted = POINTINGS if needs_pointings(both) else ()
    wanted = Wanted(kinds=heard_kinds(both), noted=noted, since=since, until=until)
    with tempfile.TemporaryDirectory(prefix="nuncius-backtest-") as scratch:
        folder = Path(scratch)
        part = read_archive(paths, wanted, folder, jobs=jobs, progress=progress.read)
        read_after = time.monotonic() - started
        marks: list[float] = []
        run = SideBySide(rules, other, lambda sha256: (folder / sha256).read_bytes(), queries)
        for entry in merged(part.runs):
            run.take(entry)
            if run.entries % 200 == 0:
                progress.decided(200)
            if run.entries % MARK == 0:
                marks.append(_now_mb())
        return Backtest(
            rules=rules,
            other=other,
            part=part,
            findings=run.findings,
            events=run.events,
            duplicates=run.duplicates,
            passed=run.passed,
            first=run.first,
            last=run.last,
            open_windows=len(run.trials[-1].memory.open_waits),
            seconds_read=read_after,
            seconds=time.monotonic() - started,
            cpu_s=_cpu_s() - cpu,
            memory_mb=_peak_mb(resource.RUSAGE_SELF),
            memory_marks_mb=marks,
            workers_mb=_peak_mb(resource.RUSAGE_CHILDREN) if jobs > 1 else 0.0,
        )


def _cpu_s() -> float:
    """Processor seconds of this process and of those it has ended: what a run costs on a busy machine too."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _now_mb() -> float:
    """Resident memory of this process now, where the system tells (Linux)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return _peak_mb(resource.RUSAGE_SELF)
    return round(pages * resource.getpagesize() / 1024.0 / 1024.0, 1)


def _peak_mb(who: int) -> float:
    """Peak resident memory: of this process, or of the largest of its children; Linux counts in kilobytes."""
    peak = resource.getrusage(who).ru_maxrss
    return round(peak / (1024.0 * 1024.0 if sys.platform == "darwin" else 1024.0), 1)
