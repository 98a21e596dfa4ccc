"""`kind: sql`: one number asked from the journal lies within its bounds. For what only one installation cares about."""

from __future__ import annotations

import re
import time
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from analyses.checks.contract import Finding, Platform
from analyses.checks.declared import KINDS, Kind
from nuncius.core.errors import PermanentError

#: A question that takes longer is given up; SQLite looks at the clock after so many of its steps.
LONGEST_S = 10.0
STEPS = 10_000


class Sql(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`query` is one SELECT that gives one number: well where it is between `least` and `most`."""

    query: str
    most: float | None = None
    least: float | None = None

    def __post_init__(self) -> None:
        if not re.match(r"(?is)\s*(select|with)\b", self.query) or ";" in self.query.rstrip().rstrip(";"):
            raise ValueError("query is one SELECT")
        if self.most is None and self.least is None:
            raise ValueError("say the most or the least that is well")


def look(wanted: Sql, platform: Platform) -> Finding:
    """Ask once, in a transaction that cannot write."""
    got = platform.book.ask(lambda connection: _number(connection, wanted.query))
    low = wanted.least is not None and got < wanted.least
    high = wanted.most is not None and got > wanted.most
    bounds = " and ".join(
        f"{word} {bound:g}"
        for word, bound in (("at least", wanted.least), ("at most", wanted.most))
        if bound is not None
    )
    reason = f"{got:g}; expected {bounds}"
    return Finding(name="", ok=not (low or high), reason=reason, values={"value": got})


def _number(connection: Connection, query: str) -> float:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {int(LONGEST_S * 1000)}"))
        return _as_number(connection.execute(text(query)).scalar())
    raw: Any = connection.connection.driver_connection
    end = time.monotonic() + LONGEST_S
    connection.execute(text("PRAGMA query_only = ON"))
    raw.set_progress_handler(lambda: int(time.monotonic() > end), STEPS)
    try:
        return _as_number(connection.execute(text(query)).scalar())
    finally:
        raw.set_progress_handler(None, 0)
        connection.execute(text("PRAGMA query_only = OFF"))


def _as_number(got: Any) -> float:
    try:
        return float(got)
    except (TypeError, ValueError):
        raise PermanentError(f"the query gives {got!r:.60}, which is no number") from None


KINDS.add("sql", Kind(parameters=Sql, look=look))
