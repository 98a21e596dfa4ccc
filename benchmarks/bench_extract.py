"""Extraction beside its peers on the same rows: `make bench-extract`.

    python -m benchmarks.bench_extract --data ../shared/data [--json] [--quick]

Redshifts on the Swift gold (Sharma et al. 2025), names, every field of the hand annotations (dev and test apart), the
photometry rows, calibration, circulars a second. Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import bench_extract_peers as peers
from benchmarks.bench_extract_calibration import calibrated
from benchmarks.bench_extract_swift import swift
from benchmarks.gold_adversarial import System, adversarial
from benchmarks.gold_scoring import annotated, circular_of, counted, every_outcome, judged, rates, texts, wilson
from kg.extraction import Circular, Document, Scorer, extract
from kg.extraction.batch import Choice, in_order
from kg.extraction.scoring import load


def ours(scorer: Scorer | None) -> System:
    """Our own facts, by grammar alone or with a scorer."""
    return lambda circular: [msgspec.to_builtins(fact) for fact in extract(circular, scorer)]


def systems() -> dict[str, System]:
    """Who is asked for facts, the simplest first."""
    out: dict[str, System] = {}
    if circex := peers.circex():
        out["circex (regex)"] = circex
    out["grammar alone"] = ours(None)
    if scorer := load():
        out[f"grammar + trees ({scorer.name})"] = ours(scorer)
    return out


def fields(data: Path) -> dict[str, Any]:
    """Precision, recall and F1 of every field of the hand annotations, by system and split."""
    out: dict[str, Any] = {}
    for name, system in systems().items():
        results = every_outcome(system, data)
        out[name] = {
            split: {field: rates(c) for field, c in counted(r for r in results if r.split == split).items()}
            for split in ("dev", "test")
        }
    return out


def names(data: Path) -> dict[str, Any]:
    """Whose event a circular is about, on the hand annotations: right, and how many have an answer. NASA's patterns are
    judged only where the archive as we have it carries their result."""
    circulars = texts(data)
    readers: dict[str, Callable[[Circular], set[str]] | None] = {
        "circex (regex)": peers.names_of_circex(),
        "astro-colibri-circular-parser": peers.names_of_colibri(),
        "here": lambda circular: peers.normalised([Document(circular).about]),
    }
    table: dict[str, list[int]] = {}
    for record in annotated():
        row = circulars[record["circular"]]
        wanted = peers.normalised([record["event"]])
        nasa = row.get("eventId")
        answers = {name: read(circular_of(row)) for name, read in readers.items() if read}
        if nasa:
            answers["NASA's patterns, where known"] = peers.normalised([nasa])
            answers["here, on these rows"] = answers["here"]
        for name, answer in answers.items():
            count = table.setdefault(name, [0, 0])
            count[0] += bool(answer & wanted)
            count[1] += 1
    return {name: {"right": r, "rows": n, "wilson_95": wilson(r, n)} for name, (r, n) in table.items()}


def calibration(data: Path) -> dict[str, Any]:
    """How far confidence is from being right, on all facts of the hand annotations that are scored for precision:
    expected calibration error over bins of equal mass."""
    circulars = texts(data)
    out: dict[str, Any] = {}
    for name, system in systems().items():
        if name.startswith("circex"):
            continue
        pairs: dict[str, list[tuple[float, bool]]] = {"dev": [], "test": []}
        for record in annotated():
            row = circulars[record["circular"]]
            pairs[record["split"]] += judged(system(circular_of(row)), record, row)
        out[name] = {split: calibrated(p) for split, p in pairs.items()}
    return out


def pace(data: Path) -> dict[str, float]:
    """Circulars a second over all open circulars: one process, and two as `nuncius extract` runs them."""
    rows = [(str(i), line) for i, line in enumerate((data / "circulars.jsonl").open("rb"))]
    out = {}
    scorers = {"grammar alone": "grammar"} | ({"with the trees": "trees"} if load() else {})
    for name, scorer in scorers.items():
        for workers in (1, 2):
            began = time.perf_counter()
            for _ in in_order(rows * (3 if workers > 1 else 1), Choice(scorer=scorer), workers):
                pass
            count = len(rows) * (3 if workers > 1 else 1)
            out[f"{name}, {workers} process{'es' if workers > 1 else ''}"] = round(
                count / (time.perf_counter() - began), 1
            )
    return out


def photometry(data: Path) -> dict[str, Any]:
    """Magnitudes against light-curve compilations (benchmarks/score_photometry.py)."""
    from benchmarks.score_photometry import score

    return score(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with circulars.jsonl and gold/")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--quick", action="store_true", help="leave out how fast it is")
    chosen = parser.parse_args()
    from benchmarks.bench_extract_tables import shown

    result: dict[str, Any] = {
        "swift_redshifts": swift(data := chosen.data, systems()),
        "event_names": names(data),
        "hand_annotations": fields(data),
        "photometry_rows": photometry(data),
        "calibration": calibration(data),
        "adversarial_cases_passed": {
            name: sum(not why for why in adversarial(system).values()) for name, system in systems().items()
        },
        "circulars_per_s": {} if chosen.quick else pace(data),
    }
    print(json.dumps(result) if chosen.json else shown(result))


if __name__ == "__main__":
    main()
