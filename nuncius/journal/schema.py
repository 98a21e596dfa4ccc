"""Brings a database to the schema that this Nuncius knows, or says why it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from nuncius.core.errors import ConfigurationError
from nuncius.journal import tables as t
from nuncius.journal.database import LOCK_SCHEMA, Database, lock


def ensure(database: Database, *, migrate: bool) -> None:
    """Upgrade to the newest revision, in one transaction. Raises ConfigurationError for a database that is newer
    than this Nuncius, belongs to something else, or is older and may not be migrated."""
    found = database.read(revision)
    if found == t.REVISION:
        return
    if not migrate:
        raise ConfigurationError(
            f"journal {database.shown} is at revision {found or 'none'}, this Nuncius works with {t.REVISION}: open "
            "it once with migrate=True"
        )
    database.write(lambda connection: _upgrade(connection, database.shown))


def revision(connection: Connection) -> str | None:
    """The Alembic revision that a database is at, None for one without our tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection, shown: str) -> None:
    lock(connection, LOCK_SCHEMA)
    found = revision(connection)  # another process may have been first
    if found == t.REVISION:
        return
    if found is None and (ours := set(inspect(connection).get_table_names()) & set(t.metadata.tables)):
        raise ConfigurationError(
            f"journal {shown} holds tables of something else ({', '.join(sorted(ours))}): give Nuncius a database "
            "(or a PostgreSQL schema) of its own"
        )
    from alembic.script import ScriptDirectory

    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise ConfigurationError(
            f"journal {shown} was written by a newer Nuncius (revision {found}; this one knows {t.REVISION}): upgrade "
            "Nuncius, or open another journal"
        )
    from alembic import command

    command.upgrade(config, "head")


def alembic_config(connection: Connection) -> Any:
    """Alembic's configuration for the migrations shipped here, to run on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
