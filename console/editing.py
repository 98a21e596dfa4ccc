"""What the rule editor shows: what is wrong with a text, what it would have done beside the rule in force, its tests,
its word on one event. Knows nothing of HTML or HTTP."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from console.backtesting import bars_of
from console.ruletexts import checked
from console.subscriptions import Bar
from console.views import href
from nuncius.core.errors import PermanentError
from nuncius.journal import Journal
from reactors.loader import Loaded
from reactors.problems import Problem
from reactors.rulegraph import Node, graph_of, loop_text
from reactors.ruleset import RuleSet
from reactors.tryout import Tryout, try_out

#: Trials at once, and seconds for one; the days that a preview looks back.
AT_ONCE, PATIENCE_S, DAYS = 2, 30.0, 365
#: Differences and firings that a preview lists.
LISTED = 60
_PLACES = threading.BoundedSemaphore(AT_ONCE)


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """A problem beside the line that it is about."""

    line: int
    column: int
    level: str
    message: str
    hint: str
    written: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A text looked over: what is wrong, what its rules hear and do, and where they feed each other."""

    problems: list[Wrong]
    errors: int
    rules: list[Node]
    loops: list[str]


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """A firing in a preview; `change` is empty where it is the same with the rule in force."""

    at: str
    change: str
    about: str
    href: str
    said: str
    line: str


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """What the text would have done: `fired` times, of which `gained` do not now; `lost` do now and not then."""

    rule: str
    fired: int
    in_force: bool
    gained: int
    lost: int
    changed: int
    looked: int
    since: str
    until: str
    whole: bool
    outcomes: list[tuple[str, int]]
    because: list[tuple[str, int]]
    bars: list[Bar]
    firings: list[Fired]


def look_over(text: str, shared: Sequence[str], rules: RuleSet) -> tuple[Checked, Loaded]:
    """What is wrong with a text. Raises PermanentError for one that is too long."""
    loaded = checked(text, shared)
    lines = text.splitlines()
    edited = {rule.name for rule in loaded.rules}
    loops = graph_of([*loaded.rules, *(rule for rule in rules.rules if rule.name not in edited)]).loops
    return Checked(
        problems=[_wrong(problem, lines) for problem in loaded.problems[:50]],
        errors=len(loaded.errors),
        rules=graph_of(loaded.rules).nodes,
        loops=[loop_text(loop) for loop in loops if edited & set(loop)],
    ), loaded


def _wrong(problem: Problem, lines: Sequence[str]) -> Wrong:
    here = problem.file == "rule"
    return Wrong(
        line=problem.line if here else 0,
        column=problem.column if here else 0,
        level=problem.level,
        message=problem.message if here else f"in the template that is used: {problem.message}",
        hint=problem.hint,
        written=lines[problem.line - 1][:200] if here and problem.line <= len(lines) else "",
    )


def past(journal: Journal, text: str, before: str, shared: Sequence[str], now: datetime) -> list[Previewed]:
    """What the rules of a text would have done in the last year, beside what those in force (`before`) do. Raises
    PermanentError and DeadlineExceeded."""
    asked = Tryout(
        want="past",
        journal=journal.url,
        text=text,
        before=before,
        shared=shared,
        since=now - timedelta(days=DAYS),
        until=now,
        listed=LISTED,
        patience_s=PATIENCE_S,
    )
    report = _tried(asked)
    return [_previewed(row, report) for row in report["rules"]]


def _previewed(row: dict[str, Any], report: dict[str, Any]) -> Previewed:
    diff = report.get("diff", {})
    counts: dict[str, Any] = next((one for one in diff.get("rules", []) if one["rule"] == row["rule"]), {})
    changes = [one for one in diff.get("firings", []) if one["rule"] == row["rule"]]
    told = {(one["at"], one["about"]) for one in changes}
    same = [one for one in row["firings"] if (one["at"], one["event"]) not in told]
    firings = [_fired(one, "", "") for one in same] + [_fired(one, one["change"], one["line"]) for one in changes]
    return Previewed(
        rule=row["rule"],
        fired=row["fired"],
        in_force="diff" in report,
        gained=counts.get("gained", 0),
        lost=counts.get("lost", 0),
        changed=counts.get("changed", 0),
        looked=report["archive"]["messages"],
        since=report["since"],
        until=report["until"],
        whole=report["whole"],
        outcomes=list(row["outcomes"].items()),
        because=[(one["line"], one["times"]) for one in row["because"]],
        bars=bars_of(row["days"], report["since"], report["until"]),
        firings=sorted(firings, key=lambda one: one.at, reverse=True)[:LISTED],
    )


def _fired(one: dict[str, Any], change: str, line: str) -> Fired:
    obj = str(one["object"])
    return Fired(
        at=str(one["at"])[:16].replace("T", " "),
        change=change,
        about=obj.rpartition("/")[2],
        href=href(obj) if obj else "",
        said=str(one["title"]),
        line=line,
    )


def tests(journal: Journal, text: str, shared: Sequence[str]) -> list[dict[str, Any]]:
    """The inline tests of a text. Raises PermanentError and DeadlineExceeded."""
    asked = Tryout(want="tests", journal=journal.url, text=text, shared=shared, patience_s=PATIENCE_S)
    found: list[dict[str, Any]] = _tried(asked)["tests"]
    return found


def event(journal: Journal, text: str, shared: Sequence[str], name: str) -> list[dict[str, Any]]:
    """What the first rule of a text says about an event or an object. Raises PermanentError and DeadlineExceeded."""
    if not name.strip():
        raise PermanentError("name an event's id, or any name of an object")
    asked = Tryout(
        want="event", journal=journal.url, text=text, shared=shared, event=name.strip()[:400], patience_s=PATIENCE_S
    )
    said: list[dict[str, Any]] = _tried(asked)["said"]
    return said


def _tried(asked: Tryout) -> dict[str, Any]:
    if not _PLACES.acquire(blocking=False):
        raise PermanentError(f"{AT_ONCE} trials are under way, which is all at once; press again in a moment")
    try:
        return try_out(asked)
    finally:
        _PLACES.release()
