"""What a backtest has to say, as JSON values: the terminal's table, `--json` and the page are all made of these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from nuncius.core.event import iso
from reactors.backtest import Backtest
from reactors.findings import Findings
from reactors.rule import Rule
from reactors.rulebook import RuleSet

#: Days without a message that end a stretch of the time line.
GAP_DAYS = 10
#: Edges of the histogram of delays, seconds: a second to thirty days, two to a decade.
DELAY_EDGES = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6]
DELAY_NAMES = ("min", "p10", "median", "p90", "max")
#: Firings listed for each rule unless more are asked for, and differences in all.
LISTED = 200


def report(run: Backtest, *, listed: int = LISTED) -> dict[str, Any]:
    """All of a backtest. `listed` firings of each rule and as many differences are listed; the counts are of all."""
    side = 1 if run.other is not None else 0
    under_test = run.other or run.rules
    out: dict[str, Any] = {
        "archive": {
            "messages": run.part.messages,
            "rejected": run.part.rejected,
            "undated": run.part.undated,
            "seen_twice": run.duplicates,
            "decided": run.events,
            "passed_over": run.passed,
            "first": iso(run.first),
            "last": iso(run.last),
            "kinds": dict(list(run.part.kinds.items())[:40]),
            "days": run.part.days,
        },
        "took": {
            "seconds": round(run.seconds, 1),
            "cpu_s": round(run.cpu_s, 1),
            "reading_s": round(run.seconds_read, 1),
            "messages_per_s": round(run.part.messages / max(run.seconds, 1e-3)),
            "peak_memory_mb": run.memory_mb,
            "memory_mb_as_it_went": run.memory_marks_mb,
            "peak_memory_of_a_reader_mb": run.workers_mb,
        },
        "rules": [_rule(run.findings, side, rule, listed) for rule in under_test.rules],
        "windows_still_open": run.open_windows,
    }
    if run.other is not None:
        out["diff"] = _diff(run.findings, run.rules, run.other, listed)
    return out


def _rule(findings: Findings, side: int, rule: Rule, listed: int) -> dict[str, Any]:
    tally = findings.tally(side, rule.name)
    fires = "shadow" if rule.status == "shadow" else "fired"
    delays = findings.delays(side, rule.name)
    return {
        "rule": rule.name,
        "about": rule.about,
        "file": f"{Path(rule.file).name}:{rule.line}",
        "status": rule.status,
        "hash": rule.hash,
        "fired": tally.outcomes[fires],
        "outcomes": dict(tally.outcomes.most_common()),
        "objects": findings.objects(side, rule.name),
        "kinds": dict(tally.kinds.most_common()),
        "delay_s": dict(zip(DELAY_NAMES, delays, strict=False)),
        "delay_histogram": findings.delay_histogram(side, rule.name, DELAY_EDGES) if delays else [],
        "days": dict(sorted(tally.days.items())),
        "because": [{"line": line, "times": times} for line, times in tally.because.most_common(5)],
        "firings": [msgspec.to_builtins(firing) for firing in findings.firings(side, rule.name, listed)],
    }


def _diff(findings: Findings, before: RuleSet, now: RuleSet, listed: int) -> dict[str, Any]:
    """What the rules under test (`now`) do otherwise than the ones they are compared with."""
    hashes = [{rule.name: rule.hash for rule in rules.rules} for rules in (before, now)]
    changes = findings.changes()
    names = dict.fromkeys([*hashes[1], *hashes[0]])
    rows = []
    for name in names:
        counts: Mapping[str, int] = changes.get(name, {})
        edited = hashes[0].get(name) != hashes[1].get(name)
        if counts or edited:
            state = "new" if name not in hashes[0] else "gone" if name not in hashes[1] else "edited"
            rows.append(
                {"rule": name, "state": state if edited else "same"}
                | {change: counts.get(change, 0) for change in ("gained", "lost", "changed")}
            )
    total = sum(sum(counts.values()) for counts in changes.values())
    return {
        "rules": rows,
        "total": total,
        "firings": [msgspec.to_builtins(one) for one in findings.differences(max(listed, 1) * 5)],
    }


def stretches(days: dict[str, int]) -> list[tuple[date, date]]:
    """The stretches of days that an archive covers: gaps of more than `GAP_DAYS` are left out of a time line."""
    found: list[tuple[date, date]] = []
    for day in sorted(date.fromisoformat(text) for text in days):
        if found and day - found[-1][1] <= timedelta(days=GAP_DAYS):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def duration_text(seconds: float) -> str:
    """A delay as people say it: 46 s, 2.2 min, 12 h, 3.1 d."""
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
