"""Fixtures around the journal: `journal_url` and `journal` run each test on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
import ready_journals

from nuncius.journal import Journal


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a running PostgreSQL."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a journal that is not there yet."""
    return f"sqlite:///{tmp_path / 'journal.db'}"


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database of one's own."""
    with postgres.database(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def journal_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database: the test runs once on each kind. It is empty, or an empty journal where the test takes
    `journal` too."""
    ready = "journal" in request.fixturenames
    if request.param == "sqlite":
        yield ready_journals.sqlite(tmp_path / "journal.db") if ready else request.getfixturevalue("sqlite_url")
    elif not ready:
        yield request.getfixturevalue("postgres_url")
    else:
        with ready_journals.postgresql(request.getfixturevalue("postgres_server")) as url:
            yield url


@pytest.fixture
def journal(journal_url: str) -> Iterator[Journal]:
    """An open, empty journal, on each kind of database."""
    with Journal.open(journal_url, busy_timeout_s=20.0) as opened:
        yield opened
