"""How sanity checks stand, and each look at them. What a look means (a slip, a failure, a recovery) is decided by the
caller's function within the same transaction, so that two processes that look at once tell of a change once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from nuncius.core.event import Event
from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.journal import Journal

#: How long single looks are kept.
KEPT = timedelta(days=30)


class CheckState(msgspec.Struct, frozen=True, kw_only=True):
    """How a check stands. `ok`, `reason` and `mend` are those of the last look; `state` is what the looks together
    say; `standing` are its counters; `changes` and `incident` count changes of state and times of failing."""

    check: str
    platform: str
    state: str
    since: datetime
    looked: datetime
    ok: bool | None
    reason: str
    mend: str
    severity: str
    proves: list[str]
    standing: dict[str, Any]
    changes: int
    incident: int


class CheckRun(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one thing: how it was, what state that made, how long it took, and what was measured."""

    check: str
    at: datetime
    ok: bool | None
    state: str
    reason: str
    took_s: float
    values: dict[str, float] = {}


#: From how a check stood (None: never looked at) to how it stands, the look to keep, and what to tell.
Judge = Callable[[CheckState | None], tuple[CheckState, CheckRun, list[Event]]]


class Looks:
    """Sanity checks in a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def keep(self, check: str, judge: Judge, *, now: datetime) -> CheckState:
        """Keep a look: state, look and events in one transaction. Returns how the check stands now."""

        def work(connection: Connection) -> CheckState:
            _hold(connection, check)
            state, run, events = judge(_state(connection, check))
            connection.execute(
                update(t.check_states).where(t.check_states.c.check == check).values(**msgspec.structs.asdict(state))
            )
            connection.execute(insert(t.check_runs).values(**msgspec.structs.asdict(run)))
            old = delete(t.check_runs).where(t.check_runs.c.check == check, t.check_runs.c.at < now - KEPT)
            connection.execute(old)
            if events:
                log.append(connection, events, now)
            return state

        return self._journal.transact(work)

    def states(self) -> list[CheckState]:
        """How every check stands that was ever looked at, by name."""

        def work(connection: Connection) -> list[CheckState]:
            rows = connection.execute(select(t.check_states).order_by(t.check_states.c.check)).mappings()
            return [CheckState(**row) for row in rows if row["state"]]

        return self._journal.ask(work)

    def newest(self) -> int:
        """The number of the last look at anything, 0 where there was none."""
        return int(self._journal.ask(lambda c: c.scalar(select(func.max(t.check_runs.c.id)))) or 0)

    def history(self, check: str, *, limit: int = 100) -> list[CheckRun]:
        """The last looks at a check, the oldest first."""
        names = CheckRun.__struct_fields__

        def work(connection: Connection) -> Sequence[Any]:
            r = t.check_runs.c
            query = select(t.check_runs).where(r.check == check).order_by(r.at.desc(), r.id.desc()).limit(limit)
            return connection.execute(query).mappings().all()

        return [CheckRun(**{name: row[name] for name in names}) for row in reversed(self._journal.ask(work))]


def _hold(connection: Connection, check: str) -> None:
    """Lock the check's row, made where there is none; one without a state was never looked at."""
    empty: dict[str, Any] = {"platform": "", "state": "", "since": _NEVER, "looked": _NEVER, "ok": None, "reason": ""}
    empty |= {"mend": "", "severity": "", "proves": [], "standing": {}, "changes": 0, "incident": 0}
    new = log.upsert(connection, t.check_states).values(check=check, **empty)
    connection.execute(new.on_conflict_do_nothing())
    row = select(t.check_states.c.check).where(t.check_states.c.check == check)
    connection.execute(row.with_for_update())


def _state(connection: Connection, check: str) -> CheckState | None:
    row = connection.execute(select(t.check_states).where(t.check_states.c.check == check)).mappings().one()
    return CheckState(**row) if row["state"] else None


_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
