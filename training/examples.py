"""Labelled candidates: what the grammars propose in open circulars, and whether the gold says that it is right.

Two golds speak: the Swift redshifts (Sharma et al. 2025) and the hand annotations, split dev, the third and the fourth
sample with them since the grammars have been widened on them. What belongs to an event of the hand annotations' split
test is left out of both, circular or event. A sample can be kept out, to be predicted by what was trained without it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.gold_agreement import Found, agrees, scored
from benchmarks.gold_scoring import annotated, circular_of
from benchmarks.score_extraction import matches
from kg.extraction import Candidate, Document, candidates
from kg.extraction.scoring import marked, vector
from kg.names import day_of, normalise_name

SURE = ("asserted", "hedged")
#: Files of the hand annotations that are read.
SAMPLES = ("circulars.jsonl", "third.jsonl", "fourth.jsonl")


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate: `event` is what folds are grouped by, `right` the label, `by_grammar` its grammar's verdict,
    `says` what it says: the annotation that it agrees with, or its own value. Nothing learns from what is `kept_out`,
    nor from other circulars of its events."""

    circular: int
    year: int
    event: str
    source: str
    predicate: str
    features: dict[str, float]
    text: str
    right: bool
    by_grammar: bool
    confidence: float
    says: str
    kept_out: bool = False


def examples(data: Path, kept_out: str = "") -> list[Example]:
    """All labelled candidates, in the order of their circulars."""
    circulars = {c["circularId"]: c for c in map(json.loads, (data / "circulars.jsonl").open(encoding="utf-8"))}
    hand = {r["circular"]: r for sample in SAMPLES for r in annotated(sample)}
    apart = {_event(r["event"]) for r in annotated(kept_out)} if kept_out else set()
    blind = {r["circular"] for r in annotated(kept_out)} if kept_out else set()
    away = {_event(r["event"]) for r in hand.values() if r["split"] == "test"}
    swift = {
        g["circularId"]: g for g in map(json.loads, (data / "gold" / "redshift_gold.jsonl").open(encoding="utf-8"))
    }
    out: list[Example] = []
    for number in sorted(swift.keys() | hand.keys()):
        row, record, gold = circulars[number], hand.get(number), swift.get(number)
        document, found = candidates(circular_of(row))
        event = _event(record["event"] if record else document.about or str(row.get("eventId")))
        if event in away or (record and record["split"] == "test") or (event in apart and number not in blind):
            continue
        if record:
            labelled = list(_by_hand(document, found, record, row))
        else:
            labelled = list(_by_swift(found, gold or {"redshift": None}))
        context = vector(document, found)
        year = _year(row)
        for index, gold_fact in labelled:
            c = found[index]
            right = gold_fact is not None
            out.append(
                Example(
                    circular=number,
                    year=year,
                    event=event,
                    source="hand" if record else "swift",
                    predicate=c.predicate,
                    features=context[index],
                    text=marked(document, c),
                    right=right,
                    by_grammar=c.taken,
                    confidence=c.confidence,
                    kept_out=number in blind,
                    says=f"annotation {gold_fact}" if right else repr((c.value, c.lower, c.upper, c.limit)),
                )
            )
    return out


def _event(name: str) -> str:
    """The key of an event: its day where the name has one, so that names of one event fall together."""
    normal = normalise_name(name) or name
    return day_of(normal) or normal


def _year(row: dict[str, Any]) -> int:
    created = row.get("createdOn")
    if isinstance(created, int | float):
        return 1970 + int(created / 1000 / 31_556_952)
    match = re.match(r"\d{4}", str(created or ""))
    return int(match[0]) if match else 0


def _by_hand(
    document: Document, found: list[Candidate], record: dict[str, Any], row: dict[str, Any]
) -> Iterator[tuple[int, int | None]]:
    """Candidates of predicates that the circular is annotated to the end for, with the first annotation that agrees,
    its assertion included; None where none does."""
    complete = set(record["complete_for"])
    gold: list[Found] = record["facts"]
    for index, candidate in enumerate(found):
        limited = f"{candidate.predicate}:limit" if candidate.limit else candidate.predicate
        if candidate.predicate not in complete and limited not in complete:
            continue
        about = candidate.object or document.object_at(candidate.where, candidate.start, candidate.end)
        fact = msgspec.to_builtins(candidate) | {"object": about}
        agreed = (
            k
            for k, g in enumerate(gold)
            if agrees(fact, g, str(row[g["where"]])[g["start"] : g["end"]]) and _same_claim(fact, g)
        )
        yield index, next(agreed, None)


def _same_claim(fact: Found, gold: Found) -> bool:
    return (fact["assertion"] in SURE and gold["assertion"] in SURE) or (
        fact["assertion"] == gold["assertion"] and (scored(gold) or gold["assertion"] != "negated")
    )


def _by_swift(found: list[Candidate], gold: dict[str, Any]) -> Iterator[tuple[int, int | None]]:
    """The Swift gold has the event's own redshift; it says nothing about absorbers, citations and the like."""
    value = gold["redshift"]
    if value and not re.search(r"^[\s<>~z=.\d)]+$", value):
        return  # a sentence in the place of a number
    for index, c in enumerate(found):
        own = c.predicate == "redshift" and c.qualifier.get("whose") in ("afterglow", "host")
        # A bound beside the value is no mistake; the gold merely has the value.
        beside = (c.limit is not None or c.value is None) and bool(value) and not re.search(r"[<>]", value)
        if own and not beside and c.qualifier.get("type") != "pseudo" and c.assertion in SURE:
            yield index, 0 if value and matches(c, value) else None
