"""Rules on what the journal holds: a backtest like that of an archive, but of events that were understood already.

It reads only. `reactors/tryout.py` runs it in a process of its own.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from nuncius.journal import Journal
from reactors.archive import Part
from reactors.backtest import Backtest, heard_kinds
from reactors.ruleset import RuleSet
from reactors.runs import Entry
from reactors.sidebyside import SideBySide
from reactors.whereabouts import POINTINGS, needs_pointings

_PAGE = 500


def on_journal(
    journal: Journal,
    rules: RuleSet,
    *,
    other: RuleSet | None = None,
    since: datetime,
    until: datetime,
    patience_s: float,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> tuple[Backtest, bool]:
    """What `rules` (and `other`) would have done on the journal's events from `since` to `until`; what they ask of the
    graph is unknown. False where time ran out before the end. The caller closes the findings."""
    started, cpu = time.monotonic(), time.process_time()
    both = [*rules.rules, *(other.rules if other else ())]
    kinds = heard_kinds(both)
    noted = POINTINGS if needs_pointings(both) else ()
    run = SideBySide(rules, other, journal.blob, None)
    seen: Counter[str] = Counter()
    days: Counter[str] = Counter()
    after, last, whole = journal.seq_before(since), journal.seq_before(until), True
    first, total = after, max(last - after, 1)
    while whole and after < last and (page := journal.read(after, limit=_PAGE, kinds=(*kinds, *noted))):
        for stored in page:
            if stored.seq > last:
                break
            event = stored.event
            heard = any(event.kind == kind or event.kind.startswith(f"{kind}.") for kind in kinds)
            seen[event.kind] += 1
            days[f"{event.received:%Y-%m-%d}"] += 1
            run.take(Entry(event=event, heard=heard, noted=not heard or bool(noted), named=False))
        after = page[-1].seq
        progress(min(after, last) - first, total)
        whole = time.monotonic() - started < patience_s
    took = time.monotonic() - started
    return Backtest(
        rules=rules,
        other=other,
        part=Part(messages=sum(seen.values()), kinds=dict(seen.most_common()), days=dict(sorted(days.items()))),
        findings=run.findings,
        events=run.events,
        duplicates=run.duplicates,
        passed=run.passed,
        first=run.first,
        last=run.last,
        open_windows=len(run.trials[-1].memory.open_waits),
        seconds_read=0.0,
        seconds=took,
        cpu_s=time.process_time() - cpu,
        memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0, 1),
        memory_marks_mb=[],
        workers_mb=0.0,
    ), whole
