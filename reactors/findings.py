"""What a backtest found: counts for each rule in memory, every firing and difference on a private table on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from nuncius.core.event import Event, iso
from nuncius.journal.records import Decision
from reactors.deciding import FIRES, deciding_source
from reactors.identities import private_table

_SCHEMA = """
CREATE TABLE firings (side INT, rule TEXT, at REAL, t0 REAL, event TEXT, kind TEXT, object TEXT, per TEXT, title TEXT);
CREATE INDEX by_rule ON firings (side, rule, at);
CREATE TABLE differences (rule TEXT, about TEXT, per TEXT, at REAL, object TEXT, change TEXT, line TEXT, title TEXT);
CREATE INDEX by_about ON differences (rule, about, per);
"""


class Firing(msgspec.Struct, frozen=True, kw_only=True):
    """One firing: when (the archive's arrival), on which event, and what it would have said first."""

    at: str
    delay_s: float | None
    event: str
    kind: str
    object: str
    per: str
    title: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A firing that only one of two rule sets has (`gained`, `lost`), or that says something else (`changed`), with
    the line that decided."""

    rule: str
    change: str
    at: str
    about: str
    object: str
    line: str
    title: str


class Tally(msgspec.Struct, kw_only=True):
    """What one rule said in all; every map is bounded by the rule or by the days and kinds of the archive."""

    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    kinds: Counter[str] = msgspec.field(default_factory=Counter)
    days: Counter[str] = msgspec.field(default_factory=Counter)
    because: Counter[str] = msgspec.field(default_factory=Counter)


class Findings:
    """The results of one run, of one rule set (side 0) or of two."""

    def __init__(self) -> None:
        self._table = private_table(_SCHEMA)
        self._tallies: dict[tuple[int, str], Tally] = {}

    def tally(self, side: int, rule: str) -> Tally:
        """The counts of a rule."""
        return self._tallies.setdefault((side, rule), Tally())

    def decided(self, side: int, decision: Decision, event: Event) -> None:
        """Count a decision."""
        tally = self.tally(side, decision.rule)
        tally.outcomes[decision.outcome] += 1
        if decision.outcome in FIRES:
            tally.kinds[event.kind] += 1
            tally.days[f"{event.received:%Y-%m-%d}"] += 1
        elif source := deciding_source(decision):
            tally.because[source] += 1

    def fired(self, side: int, rule: str, event: Event, *, t0: datetime | None, per: str, title: str) -> None:
        """Keep a firing."""
        moment = t0.timestamp() if t0 else None
        row = (side, rule, event.received.timestamp(), moment, event.id, event.kind, event.object, per, title[:200])
        self._table.execute("INSERT INTO firings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def differs(self, *, rule: str, about: str, per: str, event: Event, change: str, line: str, title: str) -> None:
        """Keep a difference. What one set does at another time than the other is one change, not a gain and a loss."""
        opposite = {"gained": "lost", "lost": "gained"}.get(change)
        where = "rule = ? AND about = ? AND per = ? AND change = ?"
        found = self._table.execute(
            f"SELECT rowid, at FROM differences WHERE {where} LIMIT 1",  # noqa: S608
            (rule, about, per, opposite),
        ).fetchone()
        at = event.received.timestamp()
        if opposite and found is not None and found[1] != at:
            when = [_iso(found[1]), _iso(at)]
            then, now = when if change == "gained" else when[::-1]
            line = f"fires at {now} instead of {then}"
            self._table.execute("UPDATE differences SET change = 'changed', line = ? WHERE rowid = ?", (line, found[0]))
            return
        row = (rule, about, per, at, event.object, change, line[:400], title[:200])
        self._table.execute("INSERT INTO differences VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    # --- looking at them ---

    def firings(self, side: int, rule: str, limit: int) -> Iterator[Firing]:
        """Firings of a rule in order of time."""
        query = "SELECT at, t0, event, kind, object, per, title FROM firings WHERE side = ? AND rule = ? ORDER BY at"
        for at, t0, event, kind, obj, per, title in self._table.execute(f"{query} LIMIT ?", (side, rule, limit)):
            delay = None if t0 is None else round(at - t0, 3)
            yield Firing(
                at=_iso(at), delay_s=delay, event=event, kind=kind, object=obj or "", per=per or "", title=title
            )

    def objects(self, side: int, rule: str) -> int:
        """On how many objects a rule fired."""
        query = "SELECT count(DISTINCT object) FROM firings WHERE side = ? AND rule = ?"
        return int(self._table.execute(query, (side, rule)).fetchone()[0])

    def delays(self, side: int, rule: str) -> list[float]:
        """Minimum, first decile, median, ninth decile and maximum of arrival - T0 in seconds; empty without a T0."""
        which = "FROM firings WHERE side = ? AND rule = ? AND t0 IS NOT NULL"
        count = self._table.execute(f"SELECT count(*) {which}", (side, rule)).fetchone()[0]
        if not count:
            return []
        query = f"SELECT at - t0 {which} ORDER BY at - t0 LIMIT 1 OFFSET ?"
        places = [round(part * (count - 1)) for part in (0.0, 0.1, 0.5, 0.9, 1.0)]
        return [round(self._table.execute(query, (side, rule, place)).fetchone()[0], 3) for place in places]

    def delay_histogram(self, side: int, rule: str, edges: list[float]) -> list[int]:
        """How many delays lie below the first edge, between each two, and above the last."""
        counts = [0] * (len(edges) + 1)
        rows = self._table.execute(
            "SELECT at - t0 FROM firings WHERE side = ? AND rule = ? AND t0 IS NOT NULL", (side, rule)
        )
        for (delay,) in rows:
            counts[sum(delay >= edge for edge in edges)] += 1
        return counts

    def changes(self) -> dict[str, Counter[str]]:
        """For each rule how many firings were gained, lost and changed."""
        found: dict[str, Counter[str]] = {}
        for rule, change, count in self._table.execute("SELECT rule, change, count(*) FROM differences GROUP BY 1, 2"):
            found.setdefault(rule, Counter())[change] = count
        return found

    def differences(self, limit: int) -> Iterator[Difference]:
        """Differences in order of time."""
        query = "SELECT rule, change, at, about, object, line, title FROM differences ORDER BY at, rowid LIMIT ?"
        for rule, change, at, about, obj, line, title in self._table.execute(query, (limit,)):
            yield Difference(
                rule=rule, change=change, at=_iso(at), about=about, object=obj or "", line=line, title=title
            )

    def close(self) -> None:
        """Let go of the table."""
        self._table.close()


def _iso(at: float) -> str:
    return iso(datetime.fromtimestamp(round(at, 3), UTC)) or ""
