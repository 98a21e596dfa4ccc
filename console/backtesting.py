"""Backtests on the journal's past that people ask for on the page: one at a time beside the service, in a process of
its own; how far it is and what it found stands in the journal."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from console.subscriptions import Bar, Line, months
from console.views import href
from nuncius.core.clock import Clock
from nuncius.core.errors import NunciusError, PermanentError
from nuncius.journal import Journal
from nuncius.journal.backtests import DEAD_AFTER, Backtests, KeptBacktest
from reactors.rule import Rule
from reactors.tryout import Tryout, try_out

log = logging.getLogger(__name__)

#: Backtests under way at once, seconds that each may take, and the days that may be looked back.
AT_ONCE, PATIENCE_S, DAYS = 1, 300.0, (30, 90, 365, 1826)
_LISTED = 200
#: How often it is noted how far one is, seconds.
_EVERY_S = 0.5


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A backtest on a rule's page. `same` is false where the rule is another by now; `because` says, where it never
    fired, what mostly was in its way."""

    kept: KeptBacktest
    same: bool
    fired: int
    objects: int
    looked: int
    since: str
    until: str
    whole: bool
    bars: list[Bar]
    firings: list[Line]
    because: list[tuple[str, int]]
    outcomes: list[tuple[str, int]]


class Backtesting:
    """Begins backtests, and shows them."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal, self._clock, self._kept = journal, clock, Backtests(journal)

    def begin(self, rule: Rule, text: str, shared: Sequence[str], days: int, by: str) -> None:
        """Let one run in the background. Raises PermanentError where that is not possible now."""
        if days not in DAYS:
            raise PermanentError(f"look back {', '.join(map(str, DAYS))} days; received {days}")
        now = self._clock.now()
        source = f"the journal's last {days} days"
        number = self._kept.begin(rule.name, rule.hash, source, by, now, at_once=AT_ONCE)
        asked = Tryout(
            want="past",
            journal=self._journal.url,
            text=text,
            shared=shared,
            since=now - timedelta(days=days),
            until=now,
            listed=_LISTED,
            patience_s=PATIENCE_S,
        )
        work = threading.Thread(target=self._run, args=(number, asked, rule.name), name="backtest", daemon=True)
        work.start()

    def _run(self, number: int, asked: Tryout, name: str) -> None:
        noted = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal noted
            if time.monotonic() - noted >= _EVERY_S:
                noted = time.monotonic()
                self._kept.went_on(number, done, total, self._clock.now())

        try:
            found = only(try_out(asked, progress=progress), name)
            self._kept.end(number, self._clock.now(), report=found)
        except NunciusError as error:
            self._ended(number, str(error))
        except Exception:
            log.exception("the backtest of %s failed", name)
            self._ended(number, "it failed by a defect, which the log tells; please report it")

    def _ended(self, number: int, error: str) -> None:
        try:
            self._kept.end(number, self._clock.now(), error=error)
        except NunciusError as failed:  # it is taken for dead after a while
            log.error("that a backtest ended cannot be noted: %s", failed)

    def of(self, name: str, rule: Rule | None) -> list[Shown]:
        """The backtests of a rule that are kept, the newest first."""
        return [_shown(self._alive(kept), rule) for kept in self._kept.newest(name)]

    def _alive(self, kept: KeptBacktest) -> KeptBacktest:
        """One that has said nothing for long died with its service."""
        dead = kept.state == "running" and self._clock.now() - kept.updated > DEAD_AFTER
        return msgspec.structs.replace(kept, state="failed", error="it was cut off") if dead else kept


def only(report: dict[str, Any], name: str) -> dict[str, Any]:
    """Of a report what is about one rule."""
    kept = [row for row in report.get("rules", []) if row["rule"] == name]
    if not kept:
        raise PermanentError(f"the report says nothing of {name}")
    return {**{key: report[key] for key in report if key not in ("diff", "rules")}, "rules": kept}


def _shown(kept: KeptBacktest, rule: Rule | None) -> Shown:
    report = kept.report
    row: dict[str, Any] = next(iter(report.get("rules", [])), {})
    archive = report.get("archive", {})
    days = sorted(archive.get("days", {}))
    since = str(report.get("since") or (days[0] if days else ""))
    until = str(report.get("until") or (days[-1] if days else ""))
    return Shown(
        kept=kept,
        same=rule is not None and rule.hash == kept.rule_hash,
        fired=int(row.get("fired", 0)),
        objects=int(row.get("objects", 0)),
        looked=int(archive.get("messages", 0)),
        since=since,
        until=until,
        whole=bool(report.get("whole", True)),
        bars=bars_of(row.get("days", {}), since, until),
        firings=lines_of(row.get("firings", [])),
        because=[(str(one["line"]), int(one["times"])) for one in row.get("because", [])],
        outcomes=[(str(word), int(count)) for word, count in row.get("outcomes", {}).items()],
    )


def bars_of(days: dict[str, int], since: str, until: str) -> list[Bar]:
    """Firings by month, from counts by day."""
    if not since or not until:
        return []
    begin, end = (_moment(day) for day in (since, until))
    return months([_moment(day) for day, count in days.items() for _ in range(min(count, 100_000))], begin, end)


def _moment(day: str) -> datetime:
    return datetime.fromisoformat(day[:10]).replace(tzinfo=UTC)


def lines_of(firings: Sequence[dict[str, Any]]) -> list[Line]:
    """Firings, the newest first."""
    return [
        Line(
            at=datetime.fromisoformat(one["at"]),
            about=str(one["object"]).rpartition("/")[2],
            href=href(one["object"]) if one["object"] else "",
            said=str(one["title"]),
        )
        for one in reversed(firings)
    ]
