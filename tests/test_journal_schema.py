"""Opening a journal: made, migrated, refused; and errors that say what to mend without telling secrets."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from journal_samples import decide, event, reaction
from sqlalchemy import inspect, text

from nuncius.core.errors import ConfigurationError, PermanentError, TransientError
from nuncius.journal import Journal, schema
from nuncius.journal.database import Database
from nuncius.journal.tables import REVISION, metadata


def test_migrations_from_an_empty_database_give_the_tables_that_the_code_knows(journal_url: str) -> None:
    Journal.open(journal_url).close()
    database = Database(journal_url)
    difference = database.read(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
    assert difference == []
    heads = database.read(lambda c: ScriptDirectory.from_config(schema.alembic_config(c)).get_heads())
    assert heads == [REVISION]
    database.close()


def test_an_older_journal_is_upgraded_and_keeps_its_rows(journal_url: str) -> None:
    database = Database(journal_url)
    database.write(lambda c: command.upgrade(schema.alembic_config(c), "0001"))
    row = (
        "INSERT INTO events (seq, id, kind, source, received, journalled, tense, retraction, revision, content_type, "
        "data, raw) VALUES (1, 'old', 'gcn.circular', 's', '2026-01-02 03:04:05.000000+00:00', "
        "'2026-01-02 03:04:05.000000+00:00', 'initial', false, 0, 'text/plain', :data, :raw)"
    )
    database.write(lambda c: c.execute(text(row), {"data": '{"a":1.0}', "raw": b"raw"}))
    with Journal.open(journal_url) as journal:
        assert journal.statistics()["revision"] == REVISION
        assert journal.append([event("new")]).new == [2]
        old = journal.read(0)[0].event
        assert (old.id, old.data, old.raw) == ("old", {"a": 1.0}, b"raw")
        assert old.received.isoformat() == "2026-01-02T03:04:05+00:00"
    database.close()


def test_downgrading_to_nothing_and_upgrading_again_works(journal_url: str) -> None:
    Journal.open(journal_url).close()
    database = Database(journal_url)
    database.write(lambda c: command.downgrade(schema.alembic_config(c), "base"))
    assert database.read(lambda c: inspect(c).get_table_names()) == ["alembic_version"]
    database.close()
    with Journal.open(journal_url) as journal:
        assert journal.append([event("a")]).new == [1]


def test_a_journal_of_a_newer_nuncius_is_refused(journal_url: str) -> None:
    Journal.open(journal_url).close()
    database = Database(journal_url)
    database.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.close()
    with pytest.raises(ConfigurationError, match=r"newer Nuncius \(revision 9999.*upgrade Nuncius"):
        Journal.open(journal_url)


def test_without_migrate_an_empty_database_is_refused_and_left_alone(journal_url: str) -> None:
    with pytest.raises(ConfigurationError, match="migrate=True"):
        Journal.open(journal_url, migrate=False)
    database = Database(journal_url)
    assert database.read(lambda c: inspect(c).get_table_names()) == []
    database.close()
    Journal.open(journal_url).close()
    Journal.open(journal_url, migrate=False).close()


def test_a_database_with_someone_elses_tables_is_refused(journal_url: str) -> None:
    database = Database(journal_url)
    database.write(lambda c: c.execute(text("CREATE TABLE events (what TEXT)")))
    database.close()
    with pytest.raises(ConfigurationError, match=r"something else \(events\).*of its own"):
        Journal.open(journal_url)


def test_processes_that_open_an_empty_journal_at_once_all_get_it(journal_url: str) -> None:
    code = "import sys; from nuncius.journal import Journal; Journal.open(sys.argv[1]).close()"
    openers = [subprocess.Popen([sys.executable, "-c", code, journal_url]) for _ in range(3)]
    assert [opener.wait(60) for opener in openers] == [0, 0, 0]


def test_sqlite_is_opened_durable_and_a_missing_folder_is_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/folder/j.db"
    for synchronous, number in (("full", 2), ("normal", 1)):
        with Journal.open(url, synchronous=synchronous) as journal:  # type: ignore[arg-type]
            pragmas = ("journal_mode", "synchronous", "foreign_keys")
            told = [journal._db.read(lambda c, p=p: c.scalar(text(f"PRAGMA {p}"))) for p in pragmas]  # type: ignore[misc]
            assert told == ["wal", number, 1]


def test_a_new_journal_is_readable_by_its_owner_alone(sqlite_url: str) -> None:
    with Journal.open(sqlite_url):
        folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
        assert {file.name for file in folder.iterdir()} >= {"journal.db", "journal.db-wal"}
        assert {file.stat().st_mode & 0o077 for file in folder.iterdir()} == {0}


def test_a_journal_in_memory_works_from_several_threads() -> None:
    with Journal.open("sqlite://") as journal:
        assert len(decide(journal, "a", reaction("k"))) == 1
        assert journal.wait(0, 0)


def test_a_write_lock_held_for_long_is_transient(sqlite_url: str) -> None:
    with Journal.open(sqlite_url, busy_timeout_s=0.1) as journal:
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransientError, match="locked"):
            journal.append([event("a")])
        assert journal.last_seq() == 0  # readers go on
        other.execute("ROLLBACK")
        assert journal.append([event("a")]).new == [1]
        other.close()


@pytest.mark.parametrize(
    "content", [b"this is no database, it is a text file\n" * 200, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database_is_named_with_its_mend(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "j.db"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"j\.db.*backup"):
        Journal.open(f"sqlite:///{path}")
    assert path.read_bytes() == content


def test_a_damaged_journal_is_told_from_an_empty_one(sqlite_url: str) -> None:
    with Journal.open(sqlite_url) as journal:
        journal.append([event(f"e{i}", raw=b"x" * 3000) for i in range(300)])
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[8192:-8192] = b"\xa5" * (len(content) - 16384)
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="backup"):
        _use(sqlite_url)


def _use(url: str) -> None:
    with Journal.open(url) as journal:
        journal.read(0, limit=1000)
        journal.append([event("new")])


@pytest.mark.parametrize(
    "url", ["var/journal.db", "mysql://u:hushhush@h/d", "sqlit:///x", "postgresql+nodriver://h/d", ""]
)
def test_a_url_of_another_kind_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"SQLite|sqlite:///|driver") as told:
        Journal.open(url)
    assert "hushhush" not in str(told.value)


def test_a_server_that_is_down_is_transient_and_no_secret_is_told(caplog: pytest.LogCaptureFixture) -> None:
    url = "postgresql+psycopg://me:hush%20hush@127.0.0.1:1/db?passfile=/hidden/file&application_name=psst"
    with pytest.raises(TransientError, match=r"me:\*\*\*@127\.0\.0\.1:1/db.*server up") as told:
        Journal.open(url)
    everything = caplog.text
    error: BaseException | None = told.value
    while error is not None:
        everything += str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for secret in ("hush hush", "hush%20hush", "hidden", "psst"):
        assert secret not in everything


def test_a_database_that_does_not_exist_on_the_server_is_named(postgres_server: str) -> None:
    url = postgres_server.replace("/postgres?", "/nowhere?")
    assert url != postgres_server
    with pytest.raises(ConfigurationError, match="nowhere"):
        Journal.open(url)


def test_errors_do_not_repeat_what_was_to_be_stored(journal: Journal) -> None:
    with pytest.raises(PermanentError) as told:
        journal.append([event("a", data={"token": object()})])
    assert "gcn.notice" not in str(told.value)


def test_a_lost_connection_heals(postgres_url: str) -> None:
    with Journal.open(postgres_url) as journal, Journal.open(postgres_url) as other:
        journal.append([event("a")])
        kill = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        other._db.read(lambda c: c.execute(text(kill)))
        assert journal.append([event("b")]).new == [2]
