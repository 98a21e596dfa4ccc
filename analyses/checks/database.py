"""Whether the journal's database is whole, and at the revision that this Nuncius works with."""

from __future__ import annotations

from sqlalchemy import Connection, text

from analyses.checks.contract import Finding, Platform, check
from analyses.checks.damping import Policy
from nuncius.core.errors import NunciusError
from nuncius.journal import schema
from nuncius.journal.tables import REVISION

MEND = (
    "stop the service, keep the damaged file, put the last backup in its place, or save what can be read with `sqlite3 "
    "FILE .recover | sqlite3 NEW`; then `nuncius kg rebuild`"
)
#: A damaged database does not mend itself: people should know at once.
AT_ONCE = Policy(failures=1)


@check(
    "database",
    about="The journal's database is whole",
    every_s=6 * 3600.0,
    deadline_s=300.0,
    severity="page",
    proves=("journal",),
    policy=AT_ONCE,
)
def database(platform: Platform) -> Finding:
    """SQLite looks through all of its pages; of PostgreSQL it is asked whether each table can be read."""
    if platform.journal is None:
        if "revision" in platform.trouble:
            return Finding(name="database", ok=None, reason="not to be told before its tables are up to date")
        mend = MEND if "damaged" in platform.trouble else "is the database up, and journal.url right?"
        return Finding(name="database", ok=False, reason=_short(platform.trouble), mend=mend)
    try:
        wrong = platform.journal.ask(_problems)
    except NunciusError as error:
        return Finding(name="database", ok=False, reason=_short(str(error)), mend=MEND)
    if wrong:
        return Finding(name="database", ok=False, reason="; ".join(wrong), mend=MEND)
    numbers = platform.journal.statistics()
    size = float(numbers["bytes"])
    reason = f"whole; {numbers['events']['total']} events, {size / 1024**2:.1f} MiB"
    return Finding(name="database", ok=True, reason=reason, values={"bytes": size})


def _short(said: str) -> str:
    """The reason alone: what the journal's own message says of mending stands beside it already."""
    return said.partition("; this is not a journal")[0]


def _problems(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        found = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(5)"))]
        return [] if found == ["ok"] else [line.splitlines()[0][:200] for line in found]
    bad = "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid"
    return [f"the index {row[0]} is not valid: REINDEX INDEX {row[0]}" for row in connection.execute(text(bad))]


@check("migrations", about="The journal's tables are at the revision of this Nuncius", every_s=3600.0)
def migrations(platform: Platform) -> Finding:
    """Broken where somebody has upgraded or gone back without the other half."""
    if platform.journal is None:
        if "revision" not in platform.trouble:
            return Finding(name="migrations", ok=None, reason="not to be told: the database cannot be opened")
        mend = "start `nuncius run` once; it brings older tables up to date"
        return Finding(name="migrations", ok=False, reason=platform.trouble, mend=mend)
    found = platform.journal.ask(schema.revision)
    if found != REVISION:
        reason = f"the tables are at revision {found}, this Nuncius works with {REVISION}"
        return Finding(
            name="migrations", ok=False, reason=reason, mend="restart the service with one version everywhere"
        )
    return Finding(name="migrations", ok=True, reason=f"revision {found}")
