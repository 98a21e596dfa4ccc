"""Rates of the graph store: bulk load, one circular's facts made durable, notices through identity and triples, and a
query over three hops in a million triples.

    python -m benchmarks.bench_graph [--quads 1000000] [--notices 5000] [--json]

Wall-clock and processor time stand side by side: on a busy machine only the second compares.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kg.consumer import GraphConsumer
from kg.store import GraphStore, Triple, iri, literal
from kg.vocabulary import NUNCIUS, PAPER
from nuncius.core.event import Event
from nuncius.journal import Journal

NOW = datetime(2026, 3, 7, 16, 0, tzinfo=UTC)
BODY = "We detect Mg II and Fe II at a common redshift of z = 1.234 +/- 0.002 (First et al., GCN 34101; GCN 34102)."
#: Which redshifts were claimed by circulars that cite a circular about an object of this night?
THREE_HOPS = """SELECT ?z WHERE {
  ?claim nuncius:about ?document . ?document nuncius:cites ?cited . ?cited nuncius:night 17 .
  ?claim nuncius:value ?z
} ORDER BY ?z LIMIT 20"""


def circular(number: int) -> Event:
    """A short spectroscopic circular."""
    data = {"circular": float(number), "version": 1.0, "subject": f"GRB 260307A: redshift {number}", "body": BODY}
    return Event(id=f"circular:{number}/1", kind="gcn.circular", source="gcn", received=NOW, data=data)


def notice(number: int) -> Event:
    """A notice as GBM sends five of for each trigger."""
    data = {
        "mission": "Fermi", "instrument": "GBM", "type": "FERMI_GBM_FLT_POS", "ids": [str(700_000_000 + number // 5)],
        "ra": 10.0, "dec": 5.0, "ra_dec_error": 3.0, "containment_probability": 0.68,
    }  # fmt: skip
    name = f"ivo://nasa.gsfc.gcn/Fermi#GBM_Flt_Pos_{number}"
    trigger_time = NOW + timedelta(minutes=10 * (number // 5))
    return Event(
        id=name,
        kind="gcn.notice.fermi.gbm.fermi_gbm_flt_pos",
        source="gcn",
        received=NOW,
        trigger_time=trigger_time,
        data=data,
    )


def claims(count: int) -> Iterator[tuple[str, list[Triple]]]:
    """Graphs of 20 triples: documents that cite others, each with claims."""
    about, cites, night, value = (iri(NUNCIUS + word) for word in ("about", "cites", "night", "value"))
    for i in range(count // 20):
        document = iri(f"{PAPER}gcn{i}")
        triples: list[Triple] = [(document, cites, iri(f"{PAPER}gcn{i // 2}")), (document, night, literal(i % 5000))]
        for k in range(9):
            claim = iri(f"{PAPER}gcn{i}-{k}")
            triples += [(claim, about, document), (claim, value, literal(i % 977 / 100.0 + k))]
        yield document.value, triples


def timed(work: Any) -> tuple[float, float]:
    """(wall-clock, processor) seconds of a call."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def measure(folder: Path, *, quads: int, notices: int) -> dict[str, Any]:
    """All figures."""
    out: dict[str, Any] = {}
    store = GraphStore.open(folder / "bulk")
    graphs = dict(claims(quads))

    def load() -> None:
        batch: dict[str, list[Triple]] = {}
        for name, triples in graphs.items():
            batch[name] = triples
            if len(batch) == 20_000:
                store.replace(batch, durable=False)
                batch = {}
        store.replace(batch)

    wall, processor = timed(load)
    out["load"] = {"quads": len(store), "per_s": round(len(store) / wall), "per_cpu_s": round(len(store) / processor)}
    times = [timed(lambda: store.query(THREE_HOPS))[0] for _ in range(15)]
    out["three_hops_ms"] = round(statistics.median(times) * 1000, 2)
    store.close()

    with Journal.open(f"sqlite:///{folder / 'journal.db'}", synchronous="normal") as journal:
        store = GraphStore.open(folder / "graph")
        consumer = GraphConsumer(journal, store)
        taken: list[float] = []
        for number in range(34200, 34260):
            journal.append([circular(number)])
            taken.append(timed(consumer.step)[0])
            while consumer.step():
                pass  # the facts it announced
        taken.sort()
        out["circular_ms"] = {
            "median": round(statistics.median(taken) * 1000, 2),
            "p95": round(taken[int(len(taken) * 0.95)] * 1000, 2),
        }
        journal.append([notice(i) for i in range(notices)])
        before = len(store)

        def follow() -> None:
            while consumer.step():
                pass

        wall, processor = timed(follow)
        out["notices"] = {
            "per_s": round(notices / wall),
            "per_cpu_s": round(notices / processor),
            "quads_each": round((len(store) - before) / notices, 1),
        }
        store.close()
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quads", type=int, default=1_000_000)
    parser.add_argument("--notices", type=int, default=5_000)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), quads=arguments.quads, notices=arguments.notices)
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
