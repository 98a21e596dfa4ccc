"""Scores redshifts and event names against the Swift redshift gold, beside the published predictions of a 7-billion
parameter language model on the very same rows.

    python -m benchmarks.score_extraction --data ../shared/data [--json] [--errors]

Gold: `gold/redshift_gold.jsonl` of nasa-gcn/circulars-nlp-paper (Sharma et al. 2025). Match: |dz| <= 0.01 z. A wrong
value counts as a false positive and as a false negative; a limit or a range must agree in sign and value. Rows whose
gold is a sentence ("consistent with that reported by ...") count as misses for everyone.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path
from typing import Any

from kg.extraction import Circular, Fact, extract

NUMBER = re.compile(r"\d*\.?\d+")


def predicted(facts: list[Fact]) -> Fact | None:
    """The circular's own redshift: the surest one of the event or its host that was measured."""
    own = [f for f in facts if f.predicate == "redshift" and f.qualifier["whose"] in ("afterglow", "host")]
    own = [f for f in own if f.qualifier["type"] != "pseudo"]
    own = [f for f in own if f.assertion in ("asserted", "hedged")]
    return max(own, key=lambda f: f.confidence, default=None)


def matches(fact: Fact, gold: str) -> bool:
    """Whether a fact agrees with the gold's text, limits and ranges included."""
    numbers = [float(n) for n in NUMBER.findall(gold)]
    if len(numbers) == 2 and fact.value is None:
        return [fact.lower, fact.upper] == sorted(numbers)
    limit = next((sign for sign in "<>" if sign in gold), None)
    if len(numbers) != 1 or not isinstance(fact.value, float) or fact.limit != limit:
        return False
    return abs(fact.value - numbers[0]) <= 0.01 * numbers[0]


def rates(tp: int, fp: int, fn: int) -> dict[str, float]:
    """Precision, recall and F1 with the counts."""
    precision, recall = tp / max(tp + fp, 1), tp / max(tp + fn, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(f1, 4),
    }


def score(data: Path, *, show_errors: bool = False) -> dict[str, Any]:
    """All figures, as one JSON object."""
    circulars = {c["circularId"]: c for c in map(json.loads, (data / "circulars.jsonl").open(encoding="utf-8"))}
    rows = list(map(json.loads, (data / "gold" / "redshift_gold.jsonl").open(encoding="utf-8")))
    counts = dict.fromkeys(
        ("tp", "fp", "fn", "model_tp", "model_fp", "model_fn", "false", "none", "told", "told_right"), 0
    )
    bands: dict[str, list[int]] = {}
    names = named = sorts = sorted_right = contradicted = 0
    for row in rows:
        text = circulars[row["circularId"]]
        facts = extract(Circular(number=row["circularId"], subject=text["subject"], body=text["body"]))
        gold, fact = row["redshift"], predicted(facts)
        right = bool(gold and fact and matches(fact, gold))
        counts["tp"] += right
        counts["fp"] += fact is not None and not right
        counts["fn"] += bool(gold) and not right
        counts["none"] += gold is None
        counts["false"] += gold is None and fact is not None
        written = bool(gold) and is_written(gold, text["subject"] + " " + text["body"])
        counts["told"] += written
        counts["told_right"] += written and right
        contradicted += bool(gold) and not written and fact is not None and not right
        if fact:
            band = bands.setdefault(f"{fact.confidence:.2f}", [0, 0])
            band[0] += right
            band[1] += 1
        if show_errors and not right and (fact or written):
            print(row["circularId"], "gold", gold, "said", fact and (fact.text, fact.assertion), text["subject"][:70])
        for key in model_counts(row["llm_pred"]["redshift"], gold):
            counts[f"model_{key}"] += 1
        if row["grb"]:
            names += 1
            said = {f.value for f in facts if f.predicate == "event_name"}
            named += f"GRB {row['grb'].upper()}" in said or f"GRB {row['grb'][:6]}" in said
        if right and fact and row["type"]:
            sorts += 1
            sorted_right += fact.qualifier["type"] == row["type"].lower()
    return {
        "rows": len(rows),
        "redshift": rates(counts["tp"], counts["fp"], counts["fn"]),
        "model_on_the_same_rows": rates(counts["model_tp"], counts["model_fp"], counts["model_fn"]),
        "rows_with_the_value_in_the_text": [counts["told_right"], counts["told"]],
        "wrong_where_the_gold_is_not_in_the_text": contradicted,
        "false_redshifts_in_circulars_without_one": [counts["false"], counts["none"]],
        "right_and_said_by_confidence": bands,
        "event_name": [named, names],
        "redshift_type_of_right_ones": [sorted_right, sorts],
        "circulars_per_s": _rate(list(circulars.values())),
    }


def is_written(gold: str, text: str) -> bool:
    """Whether every number of the gold stands in the text, a last zero more or less."""
    found = {n.rstrip("0") for n in NUMBER.findall(text)} | {n.lstrip("0").rstrip("0") for n in NUMBER.findall(text)}
    numbers = NUMBER.findall(gold)
    return bool(re.match(r"^[\s<>~z=.\d]+$", gold)) and all(n.rstrip("0") in found for n in numbers)


def model_counts(said: str | None, gold: str | None) -> list[str]:
    """Which counts the language model's answer adds to, read kindly: its first number."""
    first, true = NUMBER.search(said or ""), NUMBER.search(gold or "")
    if first and true and abs(float(first[0]) - float(true[0])) <= 0.01 * float(true[0]):
        return ["tp"]
    return ["fp"] * bool(first) + ["fn"] * bool(gold)


def _rate(circulars: list[dict[str, Any]]) -> float:
    """Circulars a second of processor time, one core, all facts."""
    began = time.process_time()
    for c in circulars:
        extract(Circular(number=c["circularId"], subject=c["subject"], body=c["body"]))
    return round(len(circulars) / (time.process_time() - began), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with circulars.jsonl and gold/")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--errors", action="store_true", help="list what went wrong")
    arguments = parser.parse_args()
    figures = score(arguments.data, show_errors=arguments.errors and not arguments.json)
    print(json.dumps(figures) if arguments.json else json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
