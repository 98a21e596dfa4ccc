"""Who signed in and what people did on the page, as rows that are only added to."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import insert, select

from nuncius.journal import tables as t
from nuncius.journal.journal import Journal

_LONGEST = 500


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody did: `person` is their id, `shown` their name then, `client` the address it came from."""

    id: int
    at: datetime
    person: str
    shown: str
    act: str
    about: str
    client: str


class Audit:
    """The acts in a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def note(self, act: str, *, person: str, shown: str, about: str, client: str, now: datetime) -> None:
        """Add one. What it is `about` never holds a secret; long words are cut."""
        row = {"at": now, "person": person, "shown": shown, "act": act, "about": about[:_LONGEST], "client": client}
        self._journal.transact(lambda connection: connection.execute(insert(t.audit).values(row)))

    def acts(self, *, person: str = "", before: int | None = None, limit: int = 100) -> list[Act]:
        """Acts, the newest first; `before` goes on from the number of the last one."""
        a = t.audit.c
        query = select(t.audit).order_by(a.id.desc()).limit(limit)
        query = query.where(a.person == person) if person else query
        query = query.where(a.id < before) if before is not None else query
        return self._journal.ask(lambda connection: [Act(**row) for row in connection.execute(query).mappings()])
