"""Page, API, SPARQL and search timings on a large journal and graph, beside a small one, over loopback from the real
server.

    python -m benchmarks.bench_console [--objects 10000] [--claims 1000000] [--keep FOLDER] [--rounds 15] [--json]

`--keep` makes the archive there once and uses it again. Cold is the first request of its kind after the server started;
warm is the median of those that follow, with p95 beside it. Every other warm request comes after a new event, as in a
service that hears something all the time.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.console_archive import OBJECT, make
from nuncius.core.event import Event
from nuncius.journal import Journal

SPARQL = """SELECT ?object ?value WHERE { ?claim nuncius:predicate nuncius:redshift ; nuncius:value ?value ;
nuncius:subject ?object } LIMIT 50"""


def addresses(journal: Journal) -> dict[str, str]:
    """What is asked for, by what it is: a typical object, and those with the most claims."""

    def by_events(connection: Any) -> list[str]:
        rows = connection.exec_driver_sql("SELECT object FROM event_objects GROUP BY object ORDER BY count(*)")
        return [str(row[0]).removeprefix(OBJECT) for row in rows]

    found = journal.ask(by_events)
    usual, busy, most = found[len(found) // 2], found[int(len(found) * 0.99)], found[-1]
    return {
        "now": "/",
        "object, median": f"/thread/{usual}",
        "object, 99th percentile": f"/thread/{busy}",
        "object, most claims": f"/thread/{most}",
        "its regions": f"/api/v1/regions?object={usual}",
        "checks": "/checks",
        "one check": "/checks/check-03",
        "regressions": "/regressions",
        "rules": "/rules",
        "one rule": "/rules/grb-localization",
        "search by name": f"/search?name={usual[:9]}",
        "search by position": "/search?at=197.45+-23.38&radius=3",
        "search by time": "/search?start=2021-06-01&end=2021-06-08",
        "version": "/api/version.json",
        "API objects": "/api/v1/objects",
        "API claims": f"/api/v1/claims?object={usual}",
        "API events": f"/api/v1/events?object={most}",
        "API firings": "/api/v1/firings",
        "feed of an object": f"/feed/object/{usual}",
        "Turtle of an object": f"/thread/{usual}?format=ttl",
        "SPARQL": f"/sparql?query={quote(SPARQL)}",
    }


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """All figures of one archive; times in milliseconds, sizes in bytes, memory in MB."""
    with Journal.open(f"sqlite:///{folder / 'journal.db'}", synchronous="normal") as journal:
        asked = addresses(journal)
        with serving(folder) as (port, process):
            out: dict[str, Any] = {"memory at the start": memory(process)}
            for name, path in asked.items():
                cold, size, packed = fetch(port, path)
                warm = []
                for turn in range(rounds):
                    if turn % 2:
                        hear(journal)
                    warm.append(fetch(port, path)[0])
                warm.sort()
                out[name] = {
                    "cold": round(cold, 1),
                    "median": round(statistics.median(warm), 1),
                    "p95": round(warm[min(len(warm) - 1, int(len(warm) * 0.95))], 1),
                    "bytes": size,
                    "packed": packed,
                }
            out["memory at the end"] = memory(process)
    return out


def hear(journal: Journal) -> None:
    """A heartbeat comes, which the graph's consumer reads at once."""
    now = datetime.now(UTC)
    (seq,) = journal.append(
        [Event(id=f"heartbeat:{now.timestamp()}", kind="gcn.heartbeat", source="gcn", received=now)]
    ).new
    journal.advance("kg", seq)


def fetch(port: int, path: str) -> tuple[float, int, int]:
    """(milliseconds, bytes, bytes sent) of one request on a connection of its own."""
    start = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    took = 1000 * (time.perf_counter() - start)
    connection.close()
    if answer.status != 200:
        print(f"{path}: {answer.status} {body[:200]!r}", file=sys.stderr)
    packed = len(body)
    plain = gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
    return took, len(plain), packed


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """The console in a process of its own: its port and number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bench_console", "--serve", str(folder), "--port", str(port)]
    )
    try:
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(20)


def memory(process: int) -> int:
    """Resident memory of a process in MB."""
    text = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in text.splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024)


def serve_folder(folder: Path, port: int) -> None:
    """What the process of `serving` runs."""
    from console.server import WebSettings, serve
    from kg.store import GraphStore
    from nuncius.settings import Settings
    from reactors.rulebook import RuleBook

    journal = Journal.open(f"sqlite:///{folder / 'journal.db'}", synchronous="normal")
    rules = RuleBook(Settings().rules)
    graph = GraphStore.open(folder / "graph")
    serve(journal, WebSettings(port=port), threading.Event(), graph=graph, rules=lambda: rules.rules)


def archive(folder: Path, objects: int, claims: int) -> Path:
    """The archive in the folder, made where there is none."""
    if not (folder / "journal.db").exists():
        folder.mkdir(parents=True, exist_ok=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(f"claims about {objects:,} objects", total=claims)
            make(folder, objects=objects, claims=claims, advance=lambda n: progress.advance(task, n))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", type=Path, help="make the archives here, and use them again")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve_folder(arguments.serve, arguments.port)
        return
    with tempfile.TemporaryDirectory() as scratch:
        place = arguments.keep or Path(scratch)
        small = measure(archive(place / "small", 100, 10_000), arguments.rounds)
        large = measure(archive(place / "large", arguments.objects, arguments.claims), arguments.rounds)
    if arguments.json:
        print(json.dumps({"small": small, "large": large, "load": os.getloadavg()[0]}))
        return
    show(small, large)


def show(small: dict[str, Any], large: dict[str, Any]) -> None:
    """As a table of Markdown."""
    print("| What | cold | median | p95 | of 100 objects | ratio | kB | sent |\n|---|---|---|---|---|---|---|---|")
    for name, row in large.items():
        if isinstance(row, dict):
            other = small[name]["median"]
            print(
                f"| {name} | {row['cold']:.0f} | {row['median']:.0f} | {row['p95']:.0f} | {other:.0f} | "
                f"{row['median'] / max(other, 0.1):.1f} | {row['bytes'] / 1000:.0f} | {row['packed'] / 1000:.0f} |"
            )
    print(f"\nMemory of the server: {large['memory at the start']} MB, then {large['memory at the end']} MB; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
