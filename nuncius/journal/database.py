"""One door to SQLite or PostgreSQL: every transaction of the journal runs through `read` or `write` here."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from nuncius.core.errors import ConfigurationError, TransientError
from nuncius.journal.failures import is_deadlock, shown, translate

T = TypeVar("T")
Synchronous = Literal["normal", "full"]

#: Keys of PostgreSQL's advisory locks, held to the end of a transaction.
LOCK_LOG, LOCK_OUTBOX, LOCK_SCHEMA, LOCK_REACTIONS = 0x6E756E01, 0x6E756E02, 0x6E756E03, 0x6E756E04


#: Databases open in this process, for `_after_fork`.
_open: weakref.WeakSet[Database] = weakref.WeakSet()


class Database:
    """Connections, transactions and error translation. Safe to share between threads; a forked child connects anew."""

    def __init__(self, url: str, *, synchronous: Synchronous = "full", busy_timeout_s: float = 30.0) -> None:
        self.url = _parse(url)
        self.shown = shown(self.url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # Writers of one process queue here in turn; SQLite's own busy wait polls and may starve one of them.
        self._turn = threading.Lock()
        try:
            self._engine = create_engine(self.url, hide_parameters=True, **self._options(busy_timeout_s))
        except (ImportError, SQLAlchemyError) as error:
            raise ConfigurationError(
                f"journal {self.shown}: no driver ({type(error).__name__}); PostgreSQL needs `pip install 'nuncius"
                "[postgres]'` and a URL that begins with postgresql+psycopg://"
            ) from None
        self._writer = self._engine.execution_options(nuncius_begin="BEGIN IMMEDIATE")
        if self.is_sqlite:
            _speak_sqlite(self._engine, synchronous, busy_timeout_s)
        _open.add(self)

    def forget_connections(self) -> None:
        """In a forked child: leave the parent's connections alone and make new ones when needed."""
        self._turn = threading.Lock()
        self._engine.dispose(close=False)

    def _options(self, busy_timeout_s: float) -> dict[str, Any]:
        if not self.is_sqlite:
            return {"pool_pre_ping": True, "connect_args": {"application_name": "nuncius"}}
        options: dict[str, Any] = {"connect_args": {"timeout": busy_timeout_s, "check_same_thread": False}}
        if self.url.database in (None, "", ":memory:"):
            from sqlalchemy.pool import QueuePool

            # All of a memory database lives in its one connection: threads take turns with it.
            return options | {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
        file = Path(str(self.url.database)).expanduser().resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        # A new file is its owner's alone: it holds what people were told in private. Its log files follow it.
        with contextlib.suppress(OSError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        return options

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one reading transaction: all its queries see the same state."""
        return self._run(self._engine, work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one writing transaction, durable on return. A deadlock in PostgreSQL undoes it as a whole,
        so it is tried again."""
        if self.is_sqlite:
            with self._turn:
                return self._run(self._writer, work)
        for attempt in range(4):
            try:
                return self._run(self._writer, work)
            except TransientError as error:
                if not is_deadlock(error.__cause__):
                    raise
                time.sleep(0.01 * 2**attempt)
        return self._run(self._writer, work)

    def _run(self, engine: Any, work: Callable[[Connection], T]) -> T:
        try:
            with engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise translate(error, self.url) from (error if isinstance(error, DBAPIError) else None)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def _after_fork() -> None:
    for database in list(_open):
        database.forget_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def lock(connection: Connection, key: int) -> None:
    """Exclude others that take the same lock until this transaction ends; SQLite's writers are alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ImportError):
        scheme = url.split("://")[0] if "://" in url else "no scheme"
        raise ConfigurationError(
            f"journal URL ({scheme}): write sqlite:///folder/file.db or postgresql+psycopg://user@host/database"
        ) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigurationError(f"journal {shown(parsed)}: the journal lives in SQLite or PostgreSQL")
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed


def _speak_sqlite(engine: Any, synchronous: Synchronous, busy_timeout_s: float) -> None:
    """WAL, foreign keys, and transactions that begin when we say so (the driver's own habit is to begin late,
    and to take the write lock later still, which ends in locks that no waiting can resolve)."""

    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous.upper()}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_size_limit = 67108864")
        cursor.execute("PRAGMA cache_size = -32000")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("nuncius_begin", "BEGIN"))

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
