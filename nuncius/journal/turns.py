"""Whose turn it is: recurring duties of the service as rows. Every function runs inside its caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, or_, select, true, update

from nuncius.core.errors import TransientError
from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.records import Turn


def turns(connection: Connection) -> list[Turn]:
    """Every duty that was ever taken, by name."""
    return [Turn(**row) for row in connection.execute(select(t.turns).order_by(t.turns.c.name)).mappings()]


def get(connection: Connection, name: str) -> Turn | None:
    """One duty, where it has been taken before."""
    row = connection.execute(select(t.turns).where(t.turns.c.name == name)).mappings().first()
    return Turn(**row) if row else None


def take(
    connection: Connection, name: str, owner: str, now: datetime, lease_s: float, horizon_s: float, waits: bool
) -> Turn | None:
    """The turn, if it is due (or `waits` for no such moment) and nobody else is at it. What is due later than the
    horizon was written by a clock that went wrong since, and is due now."""
    u = t.turns.c
    new = {"name": name, "due": now, "owner": None, "until": None, "state": None, "failures": 0, "error": ""}
    connection.execute(log.upsert(connection, t.turns).on_conflict_do_nothing(), [new])
    horizon = now + timedelta(seconds=horizon_s)
    free = or_(u.owner.is_(None), u.owner == owner, u.until.is_(None), u.until <= now, u.until > horizon)
    due = or_(u.due <= now, u.due > horizon) if waits else true()
    mine = update(t.turns).where(and_(u.name == name, due, free))
    taken = connection.execute(mine.values(owner=owner, until=now + timedelta(seconds=lease_s)))
    return get(connection, name) if taken.rowcount else None


def change(connection: Connection, turn: Turn, by: str, /, **values: Any) -> None:
    """Change a turn that this owner has. Raises TransientError when somebody else has taken it."""
    u = t.turns.c
    mine = update(t.turns).where(u.name == turn.name, u.owner == by)
    if not connection.execute(mine.values(**values)).rowcount:
        raise TransientError(f"{turn.name}: another process has taken this turn; what it brings is left to it")


def owners(connection: Connection) -> list[str]:
    """Who holds turns."""
    return list(connection.scalars(select(t.turns.c.owner).where(t.turns.c.owner.is_not(None)).distinct()))


def release(connection: Connection, owner: str) -> int:
    """End the turns of a dead owner; they are due at once. Returns how many."""
    theirs = update(t.turns).where(t.turns.c.owner == owner)
    return connection.execute(theirs.values(owner=None, until=None)).rowcount
