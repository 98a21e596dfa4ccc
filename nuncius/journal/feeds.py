"""What came over each feed and when, so that quiet and broken can be told apart. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.records import Feed, FeedSeen

#: State of a feed that no watcher has judged yet.
UNKNOWN = "unknown"


def seen(connection: Connection, observations: Sequence[FeedSeen]) -> None:
    """Add observations; first and last are kept whatever order they come in."""
    if not observations:
        return
    new = log.upsert(connection, t.feeds)
    old, more = t.feeds.c, new.excluded
    postgres = connection.dialect.name == "postgresql"
    greatest, least = (func.greatest, func.least) if postgres else (func.max, func.min)
    statement = new.on_conflict_do_update(
        index_elements=["feed"],
        set_={
            "first": least(func.coalesce(old["first"], more["first"]), more["first"]),
            "last": greatest(func.coalesce(old["last"], more["last"]), more["last"]),
            "last_heartbeat": func.coalesce(
                greatest(func.coalesce(old.last_heartbeat, more.last_heartbeat), more.last_heartbeat),
                old.last_heartbeat,
            ),
            "count": old["count"] + more["count"],
        },
    )
    rows = [
        {
            "feed": item.feed,
            "first": item.at,
            "last": item.at,
            "last_heartbeat": item.at if item.heartbeat else None,
            "count": item.count,
            "state": UNKNOWN,
            "since": None,
            "detail": "",
        }
        for item in observations
    ]
    connection.execute(statement, rows)


def feeds(connection: Connection) -> list[Feed]:
    return [Feed(**row) for row in connection.execute(select(t.feeds).order_by(t.feeds.c.feed)).mappings()]


def set_state(connection: Connection, feed: str, state: str, since: datetime, detail: str) -> bool:
    """Note a watcher's verdict; True if it is another than before, which only one of two rivals is told."""
    new = log.upsert(connection, t.feeds).values(feed=feed, count=0, state=state, since=since, detail=detail)
    changed = new.on_conflict_do_update(
        index_elements=["feed"],
        set_={"state": state, "since": since, "detail": detail},
        where=t.feeds.c.state != state,
    )
    return connection.scalar(changed.returning(t.feeds.c.feed)) is not None
