"""What people ask for, as rows: kept before it is acknowledged, answered by whoever holds it, each delivery once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, or_, select, update

from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.journal import Journal

#: Whoever answers for longer than this is taken for dead.
LEASE_S = 60.0
MOST_ATTEMPTS = 8


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody asked for. `delivery` is the sender's id of it, `request` what only its door reads."""

    id: int
    delivery: str
    request: dict[str, Any]
    attempt: int
    received: datetime


class Inbox:
    """The requests that come in by one door (`slack`)."""

    def __init__(self, journal: Journal, door: str) -> None:
        self._journal, self._door = journal, door

    def put(self, delivery: str, request: dict[str, Any], now: datetime) -> bool:
        """Keep a request; False where that delivery was kept before."""
        row = {"delivery": delivery, "door": self._door, "request": request, "state": "waiting", "attempt": 0}
        row |= {"error": "", "received": now, "updated": now}

        def work(connection: Connection) -> bool:
            new = log.upsert(connection, t.inbox).on_conflict_do_nothing(index_elements=["delivery"])
            return connection.scalar(new.values(row).returning(t.inbox.c.id)) is not None

        new = self._journal.transact(work)
        if new:
            self._journal.wake()
        return new

    def take(self, now: datetime) -> Asked | None:
        """The oldest request that nobody answers yet."""
        i = t.inbox.c
        free = or_(i.lease_until.is_(None), i.lease_until <= now)
        due = select(t.inbox).where(i.door == self._door, i.state == "waiting", free).order_by(i.id).limit(1)

        def work(connection: Connection) -> Asked | None:
            row = connection.execute(due.with_for_update(skip_locked=True)).mappings().first()
            if row is None:
                return None
            held = {"lease_until": now + timedelta(seconds=LEASE_S), "attempt": row["attempt"] + 1, "updated": now}
            connection.execute(update(t.inbox).where(i.id == row["id"]).values(**held))
            names = Asked.__struct_fields__
            return Asked(**{name: row[name] for name in names} | {"attempt": row["attempt"] + 1})

        # Looking costs no write, so one may look often.
        if self._journal.ask(lambda c: c.execute(due).first()) is None:
            return None
        return self._journal.transact(work)

    def done(self, asked: Asked, now: datetime, error: str = "") -> None:
        """It was answered, or (with an error) can not be."""
        self._end(asked, now, state="failed" if error else "done", lease_until=None, error=t.clean(error))

    def later(self, asked: Asked, now: datetime, error: str, wait_s: float) -> None:
        """Try again after a while; given up after several tries."""
        if asked.attempt >= MOST_ATTEMPTS:
            self.done(asked, now, f"{error} (after {asked.attempt} tries)")
        else:
            self._end(asked, now, lease_until=now + timedelta(seconds=wait_s), error=t.clean(error))

    def _end(self, asked: Asked, now: datetime, **values: Any) -> None:
        row = update(t.inbox).where(t.inbox.c.id == asked.id).values(**values, updated=now)
        self._journal.transact(lambda c: c.execute(row))

    def states(self) -> dict[str, int]:
        """How many requests there are in each state."""
        query = select(t.inbox.c.state).where(t.inbox.c.door == self._door)

        def work(connection: Connection) -> dict[str, int]:
            found: dict[str, int] = {}
            for state in connection.scalars(query):
                found[state] = found.get(state, 0) + 1
            return found

        return self._journal.ask(work)
