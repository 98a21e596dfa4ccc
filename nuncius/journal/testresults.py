"""What test cases gave with which software, and the references that people accepted. Each method is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import func, insert, select, update

from nuncius.journal import log
from nuncius.journal import tables as t
from nuncius.journal.journal import Journal

RunState = Literal["ran", "broken", "could not be built"]


class TestRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run: a case in one environment with one seed. `values` are quantities by name, each with value, error, unit;
    `cause` is the event that asked for it first."""

    __test__ = False  # not a test of pytest's

    case: str
    case_hash: str
    package: str
    version: str
    environment: str
    seed: int
    state: RunState
    values: dict[str, Any]
    seconds: float
    at: datetime
    verdict: str = ""
    error: str = ""
    cause: str = ""


class TestReference(msgspec.Struct, frozen=True, kw_only=True):
    """A reference that somebody accepted; `of` is the digest of what the file said about the quantity then."""

    __test__ = False

    case: str
    quantity: str
    of: str
    value: float
    unit: str
    package: str
    version: str
    why: str
    by: str
    at: datetime
    error: float | None = None


_RUN = tuple(field.name for field in msgspec.structs.fields(TestRun))
_REFERENCE = tuple(field.name for field in msgspec.structs.fields(TestReference))
_KEY = ("case_hash", "package", "version", "environment", "seed")


class TestResults:
    """The two tables, over a journal."""

    __test__ = False

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def keep(self, runs: Sequence[TestRun]) -> None:
        """Keep runs; the last word about a case, an environment and a seed counts."""
        if not runs:
            return
        rows = [{name: getattr(run, name) for name in _RUN} for run in runs]

        def work(connection: Any) -> None:
            new = log.upsert(connection, t.test_results)
            later = {name: new.excluded[name] for name in _RUN if name not in _KEY}
            connection.execute(new.on_conflict_do_update(index_elements=list(_KEY), set_=later), rows)

        self._journal.transact(work)

    def judge(self, runs: Sequence[TestRun], verdict: str) -> None:
        """Write the verdict beside the runs that it rests on."""
        c = t.test_results.c

        def work(connection: Any) -> None:
            for run in runs:
                same = [c[name] == getattr(run, name) for name in _KEY]
                connection.execute(update(t.test_results).where(*same).values(verdict=verdict))

        self._journal.transact(work)

    def found(self, case_hash: str, package: str, version: str, environment: str) -> dict[int, TestRun]:
        """Runs of a case in an environment that came to an end, by seed."""
        c = t.test_results.c
        query = select(*(c[name] for name in _RUN)).where(
            c.case_hash == case_hash,
            c.package == package,
            c.version == version,
            c.environment == environment,
            c.state == "ran",
        )
        return {run.seed: run for run in self._runs(query)}

    def history(self, case: str, *, package: str = "", case_hash: str = "") -> list[TestRun]:
        """Every run of a case in the order in which they were made, of one package or of one wording of the case."""
        c = t.test_results.c
        query = select(*(c[name] for name in _RUN)).where(c.case == case).order_by(c.id)
        query = query.where(c.package == package) if package else query
        return list(self._runs(query.where(c.case_hash == case_hash) if case_hash else query))

    def _runs(self, query: Any) -> list[TestRun]:
        rows = self._journal.ask(lambda connection: connection.execute(query).mappings().all())
        return [TestRun(**row) for row in rows]

    def newest(self) -> dict[str, tuple[TestRun, int]]:
        """Of each case that ever ran its newest run, and how many there are."""
        c = t.test_results.c
        last = select(func.max(c.id).label("id"), func.count().label("runs")).group_by(c.case).subquery()
        query = select(*(c[name] for name in _RUN), last.c.runs).join_from(t.test_results, last, c.id == last.c.id)
        rows = self._journal.ask(lambda connection: connection.execute(query).mappings().all())
        return {row["case"]: (TestRun(**{name: row[name] for name in _RUN}), row["runs"]) for row in rows}

    def accept(self, references: Sequence[TestReference]) -> None:
        """Keep what somebody accepted; earlier words stay, as history."""
        rows = [{name: getattr(reference, name) for name in _REFERENCE} for reference in references]
        self._journal.transact(lambda connection: connection.execute(insert(t.test_references), rows))

    def references(self, cases: Collection[str] = ()) -> list[TestReference]:
        """What was accepted for these cases (none: all), the oldest first."""
        c = t.test_references.c
        query = select(*(c[name] for name in _REFERENCE)).order_by(c.id)
        query = query.where(c.case.in_(list(cases))) if cases else query
        rows = self._journal.ask(lambda connection: connection.execute(query).mappings().all())
        return [TestReference(**row) for row in rows]
