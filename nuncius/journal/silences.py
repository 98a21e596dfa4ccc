"""What people do not want to hear for a while. Every function runs inside its caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from nuncius.core.errors import PermanentError
from nuncius.journal import tables as t
from nuncius.journal.records import Silence

_FIELDS = ("rule", "object", "why", "by", "since", "until")


def add(connection: Connection, silence: Silence) -> int:
    """Keep a silence; returns its number."""
    values = {name: getattr(silence, name) for name in _FIELDS}
    number: int = connection.execute(insert(t.silences).values(values)).inserted_primary_key[0]  # type: ignore[index]
    return number


def end(connection: Connection, number: int, now: datetime) -> None:
    """End a silence before its time."""
    s = t.silences.c
    ended = update(t.silences).where(s.id == number, s.until > now).values(until=now)
    if not connection.execute(ended).rowcount:
        raise PermanentError(f"no silence with the number {number} is in force; `nuncius rules silences` lists them")


def in_force(connection: Connection, now: datetime) -> list[Silence]:
    """Silences that hold now, the oldest first."""
    s = t.silences.c
    query = select(t.silences).where(s.since <= now, s.until > now).order_by(s.id)
    return [Silence(**row) for row in connection.execute(query).mappings()]
