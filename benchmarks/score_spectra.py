"""Scores what is read of spectra and decays against hand annotations (`gold/spectra.jsonl`), predicate by predicate.

    python -m benchmarks.score_spectra --data ../shared/data [--errors] [--test-errors] [--json]

A value is right within 1 % in the unit that was annotated, with the same limit flag and object; of those, the second
table says how often the errors, the model and the interval agree, too. Rows of split=test are counted and not shown
unless asked for.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.gold_agreement import Found, same_object, scored
from benchmarks.gold_scoring import Outcome, annotated, circular_of, counted, rates, texts
from kg.extraction import Circular, extract

SAMPLE = "spectra.jsonl"
#: Beside the value: what else a fact says.
BESIDES = ("error", "model", "interval", "of", "segment")


def system(circular: Circular) -> list[Found]:
    """What is read of spectra and decays."""
    return [msgspec.to_builtins(fact) for fact in extract(circular, also=("spectrum",))]


def same(said: Found, wanted: Found) -> bool:
    """Whether a found fact is the annotated one."""
    if said["predicate"] != wanted["predicate"] or said.get("limit") != wanted.get("limit"):
        return False
    if not same_object(said.get("object"), wanted.get("object")) or (said.get("unit") or "") != wanted.get("unit", ""):
        return False
    pairs = [(said.get(word), wanted.get(word)) for word in ("value", "lower", "upper")]
    return all(math.isclose(a, b, rel_tol=0.01) if a is not None and b is not None else a is b for a, b in pairs)


def outcomes(found: list[Found], record: dict[str, Any]) -> list[Outcome]:
    """How one circular went; the same value said twice counts once."""
    complete = set(record["complete_for"])
    gold = _once([f for f in record["facts"] if scored(f)])
    free = [f for f in record["facts"] if not scored(f)]
    said = _once([f for f in found if f["predicate"] in complete and scored(f)])
    out = [_outcome("tp" if any(same(f, g) for f in said) else "fn", record, g) for g in gold]
    for fact in said:
        excused = fact["assertion"] == "hedged" and any(same(fact, g) for g in free)
        if not any(same(fact, g) for g in gold) and not excused:
            out.append(_outcome("fp", record, fact))
    return out


def _outcome(kind: str, record: dict[str, Any], fact: Found) -> Outcome:
    return Outcome(kind, fact["predicate"], record["circular"], record["split"], True, fact)


def _once(facts: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for fact in facts:
        if not any(same(fact, other) for other in kept):
            kept.append(fact)
    return kept


def besides(found: list[Found], record: dict[str, Any]) -> list[tuple[str, bool]]:
    """(what, whether it agrees) of everything that annotated facts say beside their values, where these were found: for
    a value said twice, any of the two."""
    out = []
    for gold in (f for f in record["facts"] if scored(f)):
        hits = [f for f in found if same(f, gold)]
        for what in BESIDES if hits else ():
            wanted = gold.get("error") if what == "error" else (gold.get("qualifier") or {}).get(what)
            if wanted is not None:
                out.append((what, any(_agrees(what, f, wanted) for f in hits)))
    return out


def _agrees(what: str, fact: Found, wanted: Any) -> bool:
    if what != "error":
        return bool(fact["qualifier"].get(what) == wanted)
    said = fact.get("error")
    return said is not None and all(math.isclose(a, b, rel_tol=0.05) for a, b in zip(said, wanted, strict=True))


def score(data: Path) -> tuple[list[Outcome], dict[str, dict[str, tuple[int, int]]]]:
    """Every outcome, and by split how often what stands beside a value agrees."""
    circulars = texts(data)
    results: list[Outcome] = []
    agreed: dict[str, dict[str, tuple[int, int]]] = {"dev": {}, "test": {}}
    for record in annotated(SAMPLE):
        found = system(circular_of(circulars[record["circular"]]))
        results += outcomes(found, record)
        for what, right in besides(found, record):
            count = agreed[record["split"]].get(what, (0, 0))
            agreed[record["split"]][what] = (count[0] + right, count[1] + 1)
    return results, agreed


def table(results: list[Outcome], split: str) -> list[str]:
    """One line a predicate, and one for all."""
    mine = [r for r in results if r.split == split]
    fields = counted(mine) | {"all": counted([r._replace(field="all") for r in mine])["all"]}
    rows = [f"| {split} | tp | fp | fn | precision | recall | F1 |", "|---|---|---|---|---|---|---|"]
    for field, counts in fields.items():
        r = rates(counts)
        cells = ["–" if r[k] is None else f"{r[k]:.3f} ({r[k + '_95'][0]:.2f}–{r[k + '_95'][1]:.2f})"
                 for k in ("precision", "recall", "f1")]  # fmt: skip
        rows.append(f"| {field} | {counts.tp} | {counts.fp} | {counts.fn} | {' | '.join(cells)} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with circulars.jsonl")
    parser.add_argument("--errors", action="store_true", help="list what went wrong on dev")
    parser.add_argument("--test-errors", action="store_true", help="list errors of split=test, too: final reports only")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    chosen = parser.parse_args()
    results, agreed = score(chosen.data)
    if chosen.json:
        fields = {s: {f: rates(c) for f, c in counted(r for r in results if r.split == s).items()} for s in agreed}
        print(json.dumps({"fields": fields, "besides": agreed}))
        return
    for split in ("dev", "test"):
        print(*table(results, split), sep="\n")
        print(f"beside the values of {split}:", *(f"{k} {a}/{n}" for k, (a, n) in sorted(agreed[split].items())), "\n")
    listed = ("dev",) * chosen.errors + ("test",) * chosen.test_errors
    for r in results:
        if r.kind != "tp" and r.split in listed:
            shown = {k: r.fact.get(k) for k in ("value", "unit", "limit", "object", "assertion", "text", "qualifier")}
            print(f"{r.kind} {r.circular} {r.field}: { ({k: v for k, v in shown.items() if v}) }")


if __name__ == "__main__":
    main()
