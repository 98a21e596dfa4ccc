"""Scores an extractor against the hand annotations of `benchmarks/gold`, field by field, and on the adversarial cases.

    python -m benchmarks.gold_scoring --data ../shared/data [--json] [--errors] [--predicate redshift]

Rows of split=test are counted and never shown: tune on dev. `--test-errors` lists them, for a final report only.
`--sample third.jsonl` scores the blind sample in place of the others.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.gold_adversarial import GOLD, System, adversarial, shown
from benchmarks.gold_agreement import Found, agrees, scored
from kg.extraction import Circular, extract


class Outcome(NamedTuple):
    """One thing said or annotated, and how it went: `tp`, `fp`, `fn`. `counts` is False where the circular is not
    annotated to the end for this field, so that its true positives speak for recall alone."""

    kind: str
    field: str
    circular: int
    split: str
    counts: bool
    fact: Found


class Counts(NamedTuple):
    """Counts of one field; `tp_complete` are true positives in circulars that are annotated to the end."""

    tp: int
    tp_complete: int
    fp: int
    fn: int


def grammar(circular: Circular) -> list[Found]:
    """Our own facts, by grammar alone."""
    return [msgspec.to_builtins(fact) for fact in extract(circular)]


def annotated(sample: str = "circulars.jsonl") -> list[dict[str, Any]]:
    """The annotated circulars, with every key of a fact filled in."""
    return [json.loads(line) for line in (GOLD / sample).open(encoding="utf-8")]


def texts(data: Path) -> dict[int, dict[str, Any]]:
    """The open circulars by number."""
    return {c["circularId"]: c for c in map(json.loads, (data / "circulars.jsonl").open(encoding="utf-8"))}


def circular_of(row: dict[str, Any]) -> Circular:
    """A circular as extraction takes it, without the archive's own event name: the text must say it."""
    return Circular(
        number=row["circularId"],
        subject=row["subject"],
        body=row["body"],
        created=None if row.get("createdOn") is None else str(row["createdOn"]),
    )


def outcomes(found: list[Found], record: dict[str, Any], text: dict[str, Any]) -> Iterator[Outcome]:
    """How one circular went, duplicates counted once."""
    span = {id(g): str(text[g["where"]])[g["start"] : g["end"]] for g in record["facts"]}
    gold = _distinct([g for g in record["facts"] if scored(g)], span)
    free = [g for g in record["facts"] if not scored(g)]
    said = _distinct([f for f in found if scored(f) and not str(f.get("value")).startswith("ATel")], {})
    right: set[int] = set()
    for cluster in gold:
        hits = [i for i, same in enumerate(said) if _any_agree(same, cluster, span)]
        right.update(hits)
        field = _field(cluster[0])
        yield _outcome("tp" if hits else "fn", field, record, cluster[0])
    for i, same in enumerate(said):
        # A hedged reading of what is only cited is neither right nor wrong; asserting it is wrong.
        if i not in right and not (same[0]["assertion"] == "hedged" and _any_agree(same, free, span)):
            outcome = _outcome("fp", _field(same[0]), record, same[0])
            if outcome.counts:
                yield outcome


def judged(found: list[Found], record: dict[str, Any], text: dict[str, Any]) -> list[tuple[float, bool]]:
    """(confidence, whether it is right) of each found fact that counts for precision, duplicates and all."""
    span = {id(g): str(text[g["where"]])[g["start"] : g["end"]] for g in record["facts"]}
    gold = [g for g in record["facts"] if scored(g)]
    said = [f for f in found if scored(f) and _outcome("", _field(f), record, f).counts]
    return [(f["confidence"], _any_agree([f], gold, span)) for f in said if not str(f.get("value")).startswith("ATel")]


def _outcome(kind: str, field: str, record: dict[str, Any], fact: Found) -> Outcome:
    complete = set(record["complete_for"])
    counts = field in complete or field.partition(":")[0] in complete
    return Outcome(kind, field, record["circular"], record["split"], counts, fact)


def _field(fact: Found) -> str:
    limited = fact["predicate"] in ("magnitude", "flux") and fact.get("limit")
    return f"{fact['predicate']}:limit" if limited else str(fact["predicate"])


def _any_agree(said: list[Found], gold: list[Found], span: dict[int, str]) -> bool:
    return any(agrees(f, g, span.get(id(g), "")) for f in said for g in gold)


def _distinct(facts: Iterable[Found], span: dict[int, str]) -> list[list[Found]]:
    """Facts that say the same, together."""
    clusters: list[list[Found]] = []
    for fact in facts:
        for cluster in clusters:
            if agrees(fact, cluster[0], span.get(id(cluster[0]), "")):
                cluster.append(fact)
                break
        else:
            clusters.append([fact])
    return clusters


def every_outcome(
    system: System, data: Path, *, splits: tuple[str, ...] = ("dev", "test"), sample: str = "circulars.jsonl"
) -> list[Outcome]:
    """How every annotated circular of these splits went."""
    circulars = texts(data)
    return [
        outcome
        for record in annotated(sample)
        if record["split"] in splits
        for outcome in outcomes(
            system(circular_of(circulars[record["circular"]])), record, circulars[record["circular"]]
        )
    ]


def counted(results: Iterable[Outcome]) -> dict[str, Counts]:
    """Counts by field, fields in order."""
    table: dict[str, list[int]] = {}
    for r in results:
        row = table.setdefault(r.field, [0, 0, 0, 0])
        row[0] += r.kind == "tp"
        row[1] += r.kind == "tp" and r.counts
        row[2] += r.kind == "fp"
        row[3] += r.kind == "fn"
    return {field: Counts(*row) for field, row in sorted(table.items())}


def wilson(right: float, total: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion; nothing tried says nothing."""
    if not total:
        return 0.0, 1.0
    p, n = right / total, total
    centre, width = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (centre - width) / (1 + z * z / n)), min(1.0, (centre + width) / (1 + z * z / n))


def rates(c: Counts) -> dict[str, Any]:
    """Precision, recall and F1, each with its interval. F1's is Wilson's for tp / (tp + fp + fn), of which F1 is a
    rising function. Precision is None where no circular is annotated to the end for the field."""
    recall = c.tp / max(c.tp + c.fn, 1)
    precision = c.tp_complete / (c.tp_complete + c.fp) if c.tp_complete + c.fp else None
    f1 = 0.0 if not precision or not recall else 2 * precision * recall / (precision + recall)
    low, high = (2 * j / (1 + j) for j in wilson(c.tp_complete, c.tp_complete + c.fp + c.fn))
    return {
        **{"tp": c.tp, "fp": c.fp, "fn": c.fn},
        **{"precision": precision, "precision_95": wilson(c.tp_complete, c.tp_complete + c.fp)},
        **{"recall": recall, "recall_95": wilson(c.tp, c.tp + c.fn)},
        **{"f1": None if precision is None else f1, "f1_95": (low, high)},
    }


def table(results: list[Outcome], split: str, predicate: str | None = None) -> list[str]:
    """One line a field, for people."""
    rows = [f"{split:18}{'tp':>5}{'fp':>5}{'fn':>5}  precision            recall               F1"]
    for field, counts in counted(r for r in results if r.split == split).items():
        if predicate is None or field.partition(":")[0] == predicate:
            r = rates(counts)
            cells = [
                "-".ljust(21) if r[k] is None else f"{r[k]:.3f} ({r[k + '_95'][0]:.2f}-{r[k + '_95'][1]:.2f})".ljust(21)
                for k in ("precision", "recall", "f1")
            ]
            rows.append(f"{field:18}{counts.tp:5}{counts.fp:5}{counts.fn:5}  {''.join(cells)}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with circulars.jsonl")
    parser.add_argument("--sample", default="circulars.jsonl", help="which file of benchmarks/gold")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--predicate", help="only this predicate")
    parser.add_argument("--errors", action="store_true", help="list what went wrong on dev and in adversarial cases")
    parser.add_argument("--test-errors", action="store_true", help="list errors of split=test, too: final reports only")
    chosen = parser.parse_args()
    results, cases = every_outcome(grammar, chosen.data, sample=chosen.sample), adversarial(grammar)
    if chosen.json:
        by_split = {s: counted(r for r in results if r.split == s) for s in ("dev", "test")}
        fields = {s: {field: rates(c) for field, c in counts.items()} for s, counts in by_split.items()}
        print(json.dumps({"fields": fields, "adversarial_failures": cases}))
        return
    for split in ("dev", "test"):
        print(*table(results, split, chosen.predicate), sep="\n", end="\n\n")
    listed = ("dev",) * chosen.errors + ("test",) * chosen.test_errors
    for r in results:
        if r.kind != "tp" and r.split in listed and chosen.predicate in (None, r.fact["predicate"]):
            print(f"{r.kind} {r.circular} {r.field}: {shown(r.fact)}")
    wrong = {case: why for case, why in cases.items() if why}
    print(f"adversarial cases passed: {len(cases) - len(wrong)} of {len(cases)}")
    if chosen.errors:
        print(*(f"  {case}: {'; '.join(why)}" for case, why in wrong.items()), sep="\n")


if __name__ == "__main__":
    main()
