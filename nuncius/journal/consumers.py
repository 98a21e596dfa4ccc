"""How far each consumer has read the log. Every function runs inside its caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from nuncius.journal import log
from nuncius.journal import tables as t


def cursor(connection: Connection, consumer: str) -> int:
    """Number of the last event done, 0 before the first."""
    return int(connection.scalar(select(t.consumers.c.cursor).where(t.consumers.c.consumer == consumer)) or 0)


def hold(connection: Connection, consumer: str, now: datetime) -> int:
    """The cursor, and rivals of the same name wait until this transaction ends."""
    row = {"consumer": consumer, "cursor": 0, "updated": now}  # only a row can be waited for
    connection.execute(log.upsert(connection, t.consumers).on_conflict_do_nothing(), [row])
    query = select(t.consumers.c.cursor).where(t.consumers.c.consumer == consumer)
    return int(connection.scalar(query.with_for_update()) or 0)


def advance(connection: Connection, consumer: str, seq: int, now: datetime) -> None:
    """Move a cursor forward; one that is further already stays."""
    new = log.upsert(connection, t.consumers).values(consumer=consumer, cursor=seq, updated=now)
    greater = func.greatest if connection.dialect.name == "postgresql" else func.max
    later = {"cursor": greater(t.consumers.c.cursor, new.excluded.cursor), "updated": new.excluded.updated}
    connection.execute(new.on_conflict_do_update(index_elements=["consumer"], set_=later))


def rewind(connection: Connection, consumer: str, seq: int, now: datetime) -> None:
    """Put a cursor back on purpose, to read again."""
    new = log.upsert(connection, t.consumers).values(consumer=consumer, cursor=seq, updated=now)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["consumer"], set_={"cursor": new.excluded.cursor, "updated": new.excluded.updated}
        )
    )


def cursors(connection: Connection) -> dict[str, int]:
    return {row.consumer: row.cursor for row in connection.execute(select(t.consumers))}
