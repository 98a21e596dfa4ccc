"""`make train`: examples from open data, trees, calibration, the comparison with the transformer, and what ships.

    python -m training.run --data ../shared/data [--encoder none|frozen|tuned|both] [--out kg/extraction/model]
    python -m training.run --data ../shared/data --kept-out fourth.jsonl     # compared on that sample; writes nothing

Seeds are fixed, folds are grouped by event, nothing of the hand annotations' split test is seen. Every figure is of
candidates held out; thresholds, too, are chosen on other folds than the one they are tried on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from kg.extraction.scoring import ANY, MODEL, Scorer, interpolated
from training import SEED, Values
from training.examples import Example, examples
from training.forest import calibrated, folds_of, forest, held_out, labels, matrix, names_of, splits
from training.gate import Mask, Units, calibration_error, comparison, f1

NAME = "nuncius-trees/1"
#: A predicate has trees of its own from this many examples on, with this many of the rarer kind; the rest share.
OWN, RARE = 150, 20
_GRID = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01]
NEVER = (0.0, 1.01)


def groups(found: Sequence[Example]) -> dict[str, list[int]]:
    """Which examples make which forest."""
    right = Counter((e.predicate, e.right) for e in found)
    own = [
        p
        for p in dict.fromkeys(e.predicate for e in found)
        if right[p, True] + right[p, False] >= OWN and min(right[p, True], right[p, False]) >= RARE
    ]
    out = {p: [i for i, e in enumerate(found) if e.predicate == p] for p in own}
    shared = [i for i, e in enumerate(found) if e.predicate not in own]
    return out | ({ANY: shared} if len(shared) >= OWN else {})


def verdicts(p: Values, by_grammar: Mask, keep: float, take: float) -> Mask:
    """What is taken where a scorer says p."""
    return (by_grammar & (p >= keep)) | (~by_grammar & (p >= take))


def thresholds(p: Values, by_grammar: Mask, units: Units, seen: Mask) -> tuple[float, float]:
    """The pair that gives the best F1 on what is seen; the grammar's own verdict where none is better."""
    best, chosen = -1.0, NEVER
    for keep, take in [NEVER, *((k, t) for k in _GRID for t in _GRID if t >= k)]:
        taken = verdicts(p, by_grammar, keep, take)
        some = np.zeros(len(units.right), dtype=bool)
        some[units.of[seen]] = True
        said = units.said(taken & seen)
        tp, fp, fn = (said & units.right & some).sum(), (said & ~units.right).sum(), (~said & units.right & some).sum()
        score = 2 * tp / max(2 * tp + fp + fn, 1)
        if score > best + 1e-3:
            best, chosen = float(score), (keep, take)
    return chosen


def tried(p: Values, by_grammar: Mask, units: Units, folds: NDArray[np.int64]) -> Mask:
    """What is taken, each fold by the thresholds of the others."""
    out = np.zeros(len(p), dtype=bool)
    for test, rest in splits(folds):
        keep, take = thresholds(p, by_grammar, units, rest)
        out[test] = verdicts(p, by_grammar, keep, take)[test]
    return out


def even_handed(p: Values, y: Values, folds: NDArray[np.int64]) -> Values:
    """Probabilities calibrated on other folds."""
    out = np.zeros(len(p))
    for test, rest in splits(folds):
        x, level = calibrated(p[rest], y[rest])
        out[test] = [interpolated(x, level, float(v)) for v in p[test]]
    return out


def logits(found: list[Example], folds: NDArray[np.int64], which: str) -> dict[str, Values]:
    """Held-out logits of the transformer, as asked for."""
    if which == "none":
        return {}
    from training.encoder import frozen_logits, tuned_logits

    out = {}
    if which in ("frozen", "both"):
        out["frozen"] = frozen_logits(found, folds)
    if which in ("tuned", "both"):
        out["tuned"] = tuned_logits(found, folds)
    return out


def systems(found: list[Example], which: str) -> tuple[dict[str, Mask], dict[str, Values], dict[str, Any]]:
    """What each system takes, and its calibrated probabilities, all held out; and seconds that each took."""
    folds, y = folds_of(found), labels(found)
    by_grammar = np.array([e.by_grammar for e in found])
    taken = {"grammar": by_grammar}
    sure = {"grammar": even_handed(np.array([e.confidence for e in found]), y, folds)}
    began = time.monotonic()
    extra = logits(found, folds, which)
    took = {"encoder_s": round(time.monotonic() - began, 1)}
    for name, more in {"trees": None, **extra}.items():
        label = name if more is None else f"trees + {name} transformer"
        p, q, said = np.zeros(len(y)), np.zeros(len(y)), np.zeros(len(y), dtype=bool)
        for index in groups(found).values():
            at = np.array(index)
            some = [found[i] for i in index]
            x = matrix(some, names_of(some))
            if more is not None:
                x = np.column_stack([x, more[at]])
            p[at] = held_out(x, y[at], folds[at])
            q[at] = even_handed(p[at], y[at], folds[at])
            said[at] = tried(p[at], by_grammar[at], Units(some), folds[at])
        taken[label], sure[label] = said, q
    return taken, sure, took


def compared(found: list[Example], taken: dict[str, Mask], sure: dict[str, Values]) -> dict[str, Any]:
    """The gate's table: each system against the next simpler one, over all and by predicate; calibration."""
    units, y = Units(found), labels(found)
    simpler = {"trees": "grammar"} | {name: "trees" for name in taken if "transformer" in name}
    table: dict[str, Any] = {
        "over_all": {n: comparison(units, taken[s], taken[n]) | {"than": s} for n, s in simpler.items()},
        "f1_by_predicate": {},
        "calibration_error_of_what_is_said": {},
    }
    for predicate in sorted({e.predicate for e in found}):
        at = np.array([e.predicate == predicate for e in found])
        some = Units([e for e in found if e.predicate == predicate])
        each = {name: round(f1(some.counts(some.said(t[at]))), 4) for name, t in taken.items()}
        table["f1_by_predicate"][predicate] = {"examples": int(at.sum()), **each}
    for name, t in taken.items():
        table["calibration_error_of_what_is_said"][name] = round(calibration_error(sure[name][t], y[t]), 4)
    raw = np.array([e.confidence for e in found])
    t = taken["grammar"]
    table["calibration_error_of_what_is_said"]["grammar, uncalibrated"] = round(calibration_error(raw[t], y[t]), 4)
    return table


def made(found: list[Example], table: dict[str, Any]) -> Scorer:
    """The scorer that ships. It overrules the grammar, and is the default, only if it passed the gate."""
    overrule = table["over_all"]["trees"]["better"]
    y, folds = labels(found), folds_of(found)
    forests = {}
    for name, index in groups(found).items():
        some, at = [found[i] for i in index], np.array(index)
        keep, take = NEVER
        if overrule:
            p = held_out(matrix(some, names_of(some)), y[at], folds[at])
            calm = even_handed(p, y[at], folds[at])
            by_grammar = np.array([e.by_grammar for e in some])
            keep, take = thresholds(calm, by_grammar, Units(some), np.ones(len(some), dtype=bool))
        forests[name] = forest(some, keep, take)
    return Scorer(name=NAME, forests=forests, made={"examples": len(found), "seed": SEED}, default=overrule)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with circulars.jsonl and gold/")
    parser.add_argument("--encoder", choices=("none", "frozen", "tuned", "both"), default="both")
    parser.add_argument("--kept-out", default="", help="a sample that nothing learns from, to be compared on alone")
    parser.add_argument("--out", type=Path, default=MODEL.parent, help="where the scorer is written")
    chosen = parser.parse_args()
    began = time.monotonic()
    found = examples(chosen.data, chosen.kept_out)
    print(f"{len(found)} candidates of {len({e.event for e in found})} events", flush=True)
    taken, sure, took = systems(found, chosen.encoder)
    if chosen.kept_out:
        at = [i for i, e in enumerate(found) if e.kept_out]
        print(f"{len(at)} of them of {chosen.kept_out}, which nothing learnt from", flush=True)
        said = {name: mask[at] for name, mask in taken.items()}
        table = compared([found[i] for i in at], said, {name: p[at] for name, p in sure.items()}) | {"seconds": took}
        print(json.dumps(table, indent=1))
        return
    table = compared(found, taken, sure) | {"seconds": took}
    scorer = made(found, table)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / MODEL.name).write_bytes(msgspec.json.encode(scorer))
    table["seconds"]["all"] = round(time.monotonic() - began, 1)
    (chosen.out / "gate.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
