"""What rules wait for: windows that close, moments that come. Every function runs inside its caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, update

from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.records import Member, StoredWait, Wait

#: State of a wait that nothing has ended yet.
OPEN = "open"


def open_(connection: Connection, waits: Sequence[Wait], now: datetime) -> None:
    """Keep waits; one whose key is known already stays as it is."""
    if not waits:
        return
    rows = [
        {name: getattr(wait, name) for name in Wait.__struct_fields__} | {"state": OPEN, "created": now, "updated": now}
        for wait in waits
    ]
    connection.execute(log.upsert(connection, t.waits).on_conflict_do_nothing(index_elements=["key"]), rows)


def close(connection: Connection, keys: Sequence[str], now: datetime) -> None:
    """End waits that are no longer wanted."""
    for piece in log.chunks(list(keys)):
        ended = update(t.waits).where(t.waits.c.key.in_(piece), t.waits.c.state == OPEN)
        connection.execute(ended.values(state="closed", updated=now))


def ring(connection: Connection, key: str, now: datetime) -> bool:
    """Ring a wait; False where it has been rung or closed before, so that no two processes act on it."""
    w = t.waits.c
    rung = update(t.waits).where(w.key == key, w.state == OPEN).values(state="rung", updated=now)
    return bool(connection.execute(rung).rowcount)


def waiting(connection: Connection) -> list[StoredWait]:
    """All that is open, the first due first."""
    query = select(t.waits).where(t.waits.c.state == OPEN).order_by(t.waits.c.due, t.waits.c.id)
    return [_stored(row) for row in connection.execute(query).mappings()]


def of_rule(connection: Connection, rule: str, limit: int) -> list[StoredWait]:
    """What a rule waits or has waited for, the newest first."""
    query = select(t.waits).where(t.waits.c.rule == rule).order_by(t.waits.c.id.desc()).limit(limit)
    return [_stored(row) for row in connection.execute(query).mappings()]


def _stored(row: RowMapping) -> StoredWait:
    return StoredWait(**dict(row) | {"members": [Member(**member) for member in row["members"]]})


def count(connection: Connection) -> int:
    """How many are open."""
    return int(connection.scalar(select(func.count()).where(t.waits.c.state == OPEN)) or 0)
