"""How long one scrape of /metrics takes on a journal of a million events.

    python benchmarks/bench_metrics.py [--events 1000000] [--folder DIR] [--json]

The rows are written at once, beside the journal's own code: events of 2 kB, one decision for each, a reaction and a
report for one in twenty. The first scrape of a process counts all kinds; the later ones read what is new.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client import generate_latest
from sqlalchemy import Connection, insert

from console.figures import Figures
from console.metrics import registry
from nuncius.core.clock import SystemClock
from nuncius.core.event import Event
from nuncius.journal import Journal
from nuncius.journal import tables as t

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PIECE = 10_000


def fill(journal: Journal, events: int) -> None:
    """Write the rows."""
    for first in range(1, events + 1, PIECE):
        numbers = range(first, min(first + PIECE, events + 1))

        def rows(connection: Connection, numbers: range = numbers) -> None:
            connection.execute(insert(t.events), [_event(n) for n in numbers])
            connection.execute(insert(t.decisions), [_decision(n) for n in numbers])
            some = [n for n in numbers if n % 20 == 0]
            connection.execute(insert(t.reactions), [_reaction(n) for n in some])
            connection.execute(insert(t.outbox), [_report(n) for n in some])

        journal.transact(rows)
    journal.rewind("reactors", events)
    journal.rewind("kg", events)


def _event(number: int) -> dict[str, Any]:
    at = NOW + timedelta(seconds=number)
    kind = f"gcn.notice.mission{number % 30}.instrument.type{number % 200}"
    told = {"tense": "initial", "retraction": False, "revision": 0, "trigger_time": at, "content_type": "text/xml"}
    times = {"received": at, "journalled": at + timedelta(milliseconds=4)}
    return (
        {"seq": number, "id": f"e{number}", "kind": kind, "source": "b", "data": {}, "raw": b"x" * 1900} | times | told
    )


def _decision(number: int) -> dict[str, Any]:
    at = NOW + timedelta(seconds=number, milliseconds=30)
    told = {"outcome": "fired" if number % 20 == 0 else "not", "reason": "false: ev.far < 1e-7", "trace": []}
    return {"consumer": "reactors", "seq": number, "rule": f"r{number % 20}", "rule_hash": "x", "decided": at} | told


def _reaction(number: int) -> dict[str, Any]:
    at = NOW + timedelta(seconds=number)
    told = {"per": "", "severity": "info", "actions": [], "context": {"x": "y" * 500}, "on_retract": [], "revision": 1}
    times = {"created": at, "updated": at + timedelta(seconds=2)}
    known = {"id": number, "key": f"k{number}", "slot": f"s{number}", "seq": number, "rule": "r0", "rule_hash": "x"}
    return known | told | times | {"state": "done"}


def _report(number: int) -> dict[str, Any]:
    at = NOW + timedelta(seconds=number)
    known = {"id": number, "target": "web", "key": f"k{number}", "thread": f"t{number}", "slot": f"s{number}"}
    times = {"created": at, "updated": at + timedelta(seconds=1)}
    return known | {"report": {"text": "x" * 1000}, "reaction_id": number, "state": "delivered"} | times


@contextmanager
def timed(figures: dict[str, float], name: str) -> Iterator[None]:
    """Note how long a block takes, in milliseconds."""
    begin = time.perf_counter()
    yield
    figures[name] = round((time.perf_counter() - begin) * 1000, 1)


def measure(journal: Journal, events: int) -> dict[str, float]:
    """Milliseconds of the parts."""
    found: dict[str, float] = {"events": events}
    with timed(found, "start_ms"):
        scraped = registry(Figures(journal, SystemClock(), {}))
    with timed(found, "first_scrape_ms"):
        generate_latest(scraped)
    for number in range(1000):
        journal.append([Event(id=f"new{number}", kind="custom.x", source="b", received=datetime.now(UTC))])
    with timed(found, "scrape_after_1000_events_ms"):
        generate_latest(scraped)
    with timed(found, "scrape_ms"):
        generate_latest(scraped)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the journal is written (a temporary folder)")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=asked.folder) as folder,
        Journal.open(f"sqlite:///{folder}/j.db", synchronous="normal") as journal,
    ):
        fill(journal, asked.events)
        found = measure(journal, asked.events)
    told = json.dumps(found) if asked.json else "\n".join(f"{name:30} {value:12,.1f}" for name, value in found.items())
    sys.stdout.write(told + "\n")


if __name__ == "__main__":
    main()
