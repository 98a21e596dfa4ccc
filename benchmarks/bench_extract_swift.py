"""Redshifts on the Swift gold (Sharma et al. 2025): each system's one redshift a circular, beside the published answers
of Mistral-7B on the very same rows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.bench_extract_calibration import calibrated
from benchmarks.gold_adversarial import System
from benchmarks.gold_agreement import Found
from benchmarks.gold_scoring import Counts, circular_of, rates, texts
from benchmarks.score_extraction import NUMBER, is_written, model_counts

CLASSES = ("spectroscopic", "photometric")


def swift(data: Path, systems: dict[str, System]) -> dict[str, Any]:
    """Figures of each system, and of the language model."""
    circulars = texts(data)
    rows = [json.loads(line) for line in (data / "gold" / "redshift_gold.jsonl").open(encoding="utf-8")]
    out = {"Mistral-7B (published)": _published(rows, circulars)}
    for name, system in systems.items():
        said = [_own(system(circular_of(circulars[row["circularId"]]))) for row in rows]
        out[name] = _figures(rows, said, circulars) | {
            "before_2023": _figures(*_era(rows, said, circulars, late=False), circulars)["f1"],
            "from_2023": _figures(*_era(rows, said, circulars, late=True), circulars)["f1"],
        }
    return out


def _own(facts: list[Found]) -> Found | None:
    """The event's own redshift: the surest that was measured here, of the event or of its host."""
    own = [
        f
        for f in facts
        if f["predicate"] == "redshift"
        and f["assertion"] in ("asserted", "hedged")
        and f["qualifier"].get("whose") in ("afterglow", "host")
        and f["qualifier"].get("type") != "pseudo"
    ]
    return max(own, key=lambda f: f.get("confidence", 1.0), default=None)


def _right(fact: Found | None, gold: str | None, tolerance: float, absolute: float = 0.0) -> bool:
    """Whether a redshift agrees with the gold's text; limits in sign, ranges in both ends."""
    if fact is None or not gold:
        return False
    numbers = [float(n) for n in NUMBER.findall(gold)]
    if len(numbers) == 2 and fact.get("value") is None:
        return [fact.get("lower"), fact.get("upper")] == sorted(numbers)
    limit = next((sign for sign in "<>" if sign in gold), None)
    if len(numbers) != 1 or fact.get("value") is None or fact.get("limit") != limit:
        return False
    return abs(fact["value"] - numbers[0]) <= tolerance * numbers[0] + absolute * (1 + numbers[0])


def _figures(rows: list[dict[str, Any]], said: list[Found | None], circulars: dict[int, Any]) -> dict[str, Any]:
    right = [_right(f, row["redshift"], 0.01) for f, row in zip(said, rows, strict=True)]
    exact = [_right(f, row["redshift"], 0.0, 0.001) for f, row in zip(said, rows, strict=True)]
    tp, fp = sum(right), sum(f is not None for f in said) - sum(right)
    fn = sum(bool(row["redshift"]) for row in rows) - tp
    none = [f for f, row in zip(said, rows, strict=True) if row["redshift"] is None]
    told = [r for r, row in zip(right, rows, strict=True) if row["redshift"] and _written(row, circulars)]
    kinds = [
        (str(row["type"]).lower(), (f or {}).get("qualifier", {}).get("type"))
        for f, row, r in zip(said, rows, right, strict=True)
        if r and row["type"]
    ]
    return rates(Counts(tp, tp, fp, fn)) | {
        "exact": sum(exact),
        "calibration": calibrated([(f.get("confidence", 1.0), r) for f, r in zip(said, right, strict=True) if f]),
        "in_text_right": [sum(told), len(told)],
        "false_per_100": 100 * sum(f is not None for f in none) / max(len(none), 1),
        "type_macro_f1": sum(_f1(kinds, c) for c in CLASSES) / len(CLASSES) if any(b for _, b in kinds) else None,
    }


def _f1(kinds: list[tuple[str, Any]], of: str) -> float:
    tp = sum(a == b == of for a, b in kinds)
    return 2 * tp / max(sum(a == of for a, _ in kinds) + sum(b == of for _, b in kinds), 1)


def _written(row: dict[str, Any], circulars: dict[int, Any]) -> bool:
    c = circulars[row["circularId"]]
    return is_written(row["redshift"], c["subject"] + " " + c["body"])


def _era(
    rows: list[dict[str, Any]], said: list[Found | None], circulars: dict[int, Any], *, late: bool
) -> tuple[list[dict[str, Any]], list[Found | None]]:
    """The rows before 2023, or from 2023 on."""
    start = 1_672_531_200_000
    chosen = [
        (row, f)
        for row, f in zip(rows, said, strict=True)
        if (float(re.sub(r"\D", "", str(circulars[row["circularId"]]["createdOn"]))) >= start) == late
    ]
    return [row for row, _ in chosen], [f for _, f in chosen]


def _published(rows: list[dict[str, Any]], circulars: dict[int, Any]) -> dict[str, Any]:
    """The language model's answers, read kindly: their first number."""
    keys = [model_counts(row["llm_pred"]["redshift"], row["redshift"]) for row in rows]
    tp, fp, fn = (sum(key in k for k in keys) for key in ("tp", "fp", "fn"))
    none = [bool(k) for k, row in zip(keys, rows, strict=True) if row["redshift"] is None]
    told = [k == ["tp"] for k, row in zip(keys, rows, strict=True) if row["redshift"] and _written(row, circulars)]
    kinds = [
        (str(row["type"]).lower(), str(row["llm_pred"]["type"]).lower())
        for row, k in zip(rows, keys, strict=True)
        if k == ["tp"] and row["type"]
    ]
    return rates(Counts(tp, tp, fp, fn)) | {
        "in_text_right": [sum(told), len(told)],
        "false_per_100": 100 * sum(none) / max(len(none), 1),
        "type_macro_f1": sum(_f1(kinds, c) for c in CLASSES) / len(CLASSES),
    }
