"""Database errors in the journal's own words: what may be tried again, what a person must mend."""

from __future__ import annotations

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from nuncius.core.errors import ConfigurationError, NunciusError, PermanentError, TransientError

#: PostgreSQL's SQLSTATEs of transactions undone for another's sake.
DEADLOCKS = frozenset({"40001", "40P01"})

_BUSY = ("database is locked", "database table is locked", "database schema is locked")
_FULL = ("disk is full", "disk i/o error", "no space left")
_BROKEN = ("not a database", "malformed", "file is encrypted")
_CLOSED = ("unable to open", "readonly", "read-only", "permission denied", "authentication failed", "does not exist")


def shown(url: URL) -> str:
    """The URL as it may be printed: no password, and of the query (drivers take passwords there too) the host."""
    bare = url.set(query={key: url.query[key] for key in ("host", "port") if key in url.query})
    return bare.render_as_string(hide_password=True)


def is_deadlock(error: BaseException | None) -> bool:
    """Whether PostgreSQL undid the transaction because two of them waited for each other."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in DEADLOCKS


def translate(error: SQLAlchemyError, url: URL) -> NunciusError:
    """The error of our tree that a database error stands for, without secrets in it."""
    if isinstance(error, StatementError) and isinstance(error.orig, NunciusError):
        return error.orig
    where, said = f"journal {shown(url)}", _said(error, url)
    low = said.lower()
    if isinstance(error, IntegrityError):
        return PermanentError(f"{where}: {said}; does the event or reaction that is referred to exist?")
    if any(word in low for word in _BUSY):
        return TransientError(f"{where}: {said}; another process holds the write lock for long", retry_after_s=1.0)
    if any(word in low for word in _FULL):
        return TransientError(f"{where}: {said}; make room on the disk", retry_after_s=30.0)
    if any(word in low for word in _BROKEN):
        return ConfigurationError(
            f"{where}: {said}; this is not a journal or it is damaged: put the last backup in its place, or save what "
            "can be read with `sqlite3 FILE .recover | sqlite3 NEW`"
        )
    if "no such table" in low or "no such column" in low or "undefinedtable" in low:
        return ConfigurationError(f"{where}: {said}; its tables are not ours: open it with migrate=True")
    if any(word in low for word in _CLOSED):
        return ConfigurationError(f"{where}: {said}; check that it exists and that this user may write there")
    if isinstance(error, PoolTimeout) or is_deadlock(error):
        return TransientError(f"{where}: {said}", retry_after_s=1.0)
    if isinstance(error, DBAPIError) and (error.connection_invalidated or _unreachable(error)):
        return TransientError(f"{where}: {said}; is the server up?", retry_after_s=5.0)
    return PermanentError(f"{where}: {said}")


def _unreachable(error: DBAPIError) -> bool:
    return type(error.orig).__name__ in ("OperationalError", "InterfaceError", "AdminShutdown", "CannotConnectNow")


def _said(error: SQLAlchemyError, url: URL) -> str:
    """The driver's first line, with every secret of the URL blotted out."""
    orig = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    line = (str(orig).strip() or type(orig).__name__).splitlines()[0]
    secrets = [str(url.password or "")]
    for key, value in url.query.items():
        if key not in ("host", "port"):
            secrets += [value] if isinstance(value, str) else list(value)
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        line = line.replace(secret, "***")
    return line
