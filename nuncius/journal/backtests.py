"""Backtests as rows: what a rule would have done, and how far the work is that finds out. Of each rule the newest few
are kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from nuncius.core.errors import PermanentError
from nuncius.journal import tables as t
from nuncius.journal.journal import Journal

State = Literal["running", "done", "failed"]

#: Backtests of one rule that are kept, and after how long one that says nothing any more is taken for dead.
KEPT = 3
DEAD_AFTER = timedelta(minutes=2)


class KeptBacktest(msgspec.Struct, frozen=True, kw_only=True):
    """One run about the version `rule_hash` of a rule: on what (`source`), asked for `by` whom, `done` of `total` parts
    of the way; `report` is what `reactors.backtestreport.report` gave, empty until it is done."""

    id: int
    rule: str
    rule_hash: str
    source: str
    state: State
    by: str
    asked: datetime
    updated: datetime
    done: int
    total: int
    report: dict[str, Any]
    error: str


class Backtests:
    """The backtests in a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def begin(self, rule: str, rule_hash: str, source: str, by: str, now: datetime, *, at_once: int) -> int:
        """Note that one begins; returns its number. Raises PermanentError where this rule's, or as many as `at_once`
        others, are under way."""
        b = t.backtests.c

        def work(connection: Connection) -> int:
            dead = update(t.backtests).where(b.state == "running", b.updated < now - DEAD_AFTER)
            connection.execute(dead.values(state="failed", error="it was cut off", updated=now))
            running = list(connection.scalars(select(b.rule).where(b.state == "running")))
            if rule in running:
                raise PermanentError(f"a backtest of {rule} is under way already")
            if len(running) >= at_once:
                raise PermanentError(f"{len(running)} backtests are under way, which is all at once; try again later")
            return _add(connection, rule, rule_hash, source, by, now, state="running")

        return self._journal.transact(work)

    def keep(self, rule: str, rule_hash: str, source: str, by: str, now: datetime, report: dict[str, Any]) -> int:
        """Keep one that was made elsewhere, by the command say."""
        return self._journal.transact(
            lambda c: _add(c, rule, rule_hash, source, by, now, state="done", report=t.encode(report))
        )

    def went_on(self, number: int, done: int, total: int, now: datetime) -> None:
        """How far it is."""
        b = t.backtests.c
        row = update(t.backtests).where(b.id == number, b.state == "running")
        self._journal.transact(lambda c: c.execute(row.values(done=done, total=total, updated=now)))

    def end(self, number: int, now: datetime, *, report: dict[str, Any] | None = None, error: str = "") -> None:
        """It is over, for better or worse."""
        b = t.backtests.c
        values = {"state": "failed" if report is None else "done", "error": error, "updated": now}
        values["report"] = t.encode(report or {})
        row = update(t.backtests).where(b.id == number, b.state == "running")
        self._journal.transact(lambda c: c.execute(row.values(**values)))

    def newest(self, rule: str) -> list[KeptBacktest]:
        """Those of a rule, the newest first."""
        query = select(t.backtests).where(t.backtests.c.rule == rule).order_by(t.backtests.c.id.desc()).limit(KEPT)
        return self._journal.ask(lambda c: [_kept(row) for row in c.execute(query).mappings()])


def _add(
    connection: Connection,
    rule: str,
    rule_hash: str,
    source: str,
    by: str,
    now: datetime,
    *,
    state: State,
    report: str = "{}",
) -> int:
    values = {"rule": rule, "rule_hash": rule_hash, "source": source, "by": by, "asked": now, "updated": now}
    new = insert(t.backtests).values(**values, state=state, done=0, total=0, report=report, error="")
    number: int = connection.execute(new).inserted_primary_key[0]  # type: ignore[index]
    b = t.backtests.c
    kept = select(b.id).where(b.rule == rule).order_by(b.id.desc()).limit(KEPT)
    oldest = min(connection.scalars(kept))
    connection.execute(delete(t.backtests).where(b.rule == rule, b.id < oldest, b.state != "running"))
    return number


def _kept(row: RowMapping) -> KeptBacktest:
    return KeptBacktest(**{**row, "report": msgspec.json.decode(row["report"])})
