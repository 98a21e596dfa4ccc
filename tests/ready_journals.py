"""Empty journals of the newest schema, copied from one that was migrated once: most tests begin with one, and the
migrations are the matter of `test_journal_schema.py`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import postgres
from sqlalchemy import create_engine, make_url, text

from nuncius.journal import Journal

_TEMPLATE = "nuncius_ready"


def sqlite(file: Path) -> str:
    """The URL of an empty journal in `file`, which is made unless it is there."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_sqlite_template(), file)
    return f"sqlite:///{file}"


@contextmanager
def postgresql(server_url: str) -> Iterator[str]:
    """The URL of an empty journal in a database of its own, dropped afterwards."""
    _postgresql_template(server_url)
    with postgres.database(server_url, template=_TEMPLATE) as url:
        yield url


@cache
def _sqlite_template() -> Path:
    file = Path(tempfile.mkdtemp(prefix="nuncius-ready-")) / "journal.db"
    Journal.open(f"sqlite:///{file}").close()
    return file


@cache
def _postgresql_template(server_url: str) -> None:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {_TEMPLATE} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {_TEMPLATE}"))
    engine.dispose()
    Journal.open(make_url(server_url).set(database=_TEMPLATE).render_as_string(hide_password=False)).close()
