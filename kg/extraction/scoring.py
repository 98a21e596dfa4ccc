"""The scorer: boosted trees over what the grammars saw, and a calibration that makes their sum a probability.

The model is plain arrays in `model/scorer.json`, made by `make train` (folder `training/`); reading and asking it takes
no library. Without the file extraction works on grammar alone. A scorer generates nothing: it gives each candidate a
probability, and may take one that its grammar left or leave one that it took.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from kg.extraction.candidate import Candidate
from kg.extraction.document import Document
from nuncius.core.errors import ConfigurationError

MODEL = Path(__file__).resolve().parent / "model" / "scorer.json"
#: The model that speaks for predicates with too few examples for one of their own.
ANY = "any"
_ASSERTIONS = ("asserted", "hedged", "negated", "hypothetical", "cited")


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """One tree as arrays: at a node, `feature` at most `threshold` goes `left`, else `right`; a leaf has feature -1."""

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    value: list[float]


class Forest(msgspec.Struct, frozen=True, kw_only=True):
    """Trees whose sum, made even by the rising line through (`x`, `y`), is the probability that a candidate is right.

    A candidate that its grammar took stays above `keep`; one that it left is taken from `take` on.
    """

    names: list[str]
    baseline: float
    trees: list[Tree]
    x: list[float]
    y: list[float]
    keep: float
    take: float

    def probability(self, features: dict[str, float]) -> float:
        """The calibrated probability of a candidate by its features; what is not there counts as nought."""
        row = [features.get(name, 0.0) for name in self.names]
        total = self.baseline + math.fsum(_leaf(tree, row) for tree in self.trees)
        return interpolated(self.x, self.y, 1.0 / (1.0 + math.exp(-total)))


def _leaf(tree: Tree, row: list[float]) -> float:
    node = 0
    while (feature := tree.feature[node]) >= 0:
        node = tree.left[node] if row[feature] <= tree.threshold[node] else tree.right[node]
    return tree.value[node]


def interpolated(x: list[float], y: list[float], at: float) -> float:
    """The line through points of rising x, level beyond its ends."""
    right = bisect_right(x, at)
    if right == 0:
        return y[0]
    if right == len(x):
        return y[-1]
    low, high = x[right - 1], x[right]
    return y[right - 1] + (y[right] - y[right - 1]) * (at - low) / (high - low)


class Scorer(msgspec.Struct, frozen=True, kw_only=True):
    """What `make train` makes. `made` says of what and how, for people."""

    name: str
    forests: dict[str, Forest]
    made: dict[str, str | int | float] = {}
    #: Whether it decides where nobody chooses: only if it passed the ship gate (training/gate.py).
    default: bool = False

    def decide(self, document: Document, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The same candidates in the same order, with the scorer's probability and, where it overrules, its verdict."""
        rows = vector(document, candidates)
        said = {_saying(c) for c in candidates if c.taken}
        out = []
        for candidate, row in zip(candidates, rows, strict=True):
            forest = self.forests.get(candidate.predicate) or self.forests.get(ANY)
            if forest is None:
                out.append(candidate)
                continue
            decided = _decided(candidate, forest, forest.probability(row), said)
            if decided.taken:
                said.add(_saying(decided))
            out.append(decided)
        return out


def _decided(candidate: Candidate, forest: Forest, probability: float, said: set[tuple[object, ...]]) -> Candidate:
    if candidate.taken:
        taken = probability >= forest.keep
        why = candidate.why if taken else f"left by the scorer at {probability:.2f}; {candidate.why}"
    else:
        taken = probability >= forest.take and _saying(candidate) not in said
        why = f"taken by the scorer at {probability:.2f}; {candidate.why}" if taken else candidate.why
    return msgspec.structs.replace(candidate, confidence=round(probability, 4), taken=taken, why=why)


def _saying(c: Candidate) -> tuple[object, ...]:
    """What a candidate says, so that it is said once."""
    value = tuple(c.value.items()) if isinstance(c.value, dict) else c.value
    return c.predicate, c.object, value, c.lower, c.upper, c.limit, c.assertion


def vector(document: Document, candidates: Sequence[Candidate]) -> list[dict[str, float]]:
    """What a scorer sees of each candidate: the grammar's own features, its verdict, and the company it is in."""
    proposed = Counter(c.predicate for c in candidates)
    taken = Counter(c.predicate for c in candidates if c.taken)
    length = {"subject": max(len(document.subject.text), 1), "body": max(len(document.body.text), 1)}
    rows = []
    for c in candidates:
        row = {
            "confidence": c.confidence,
            "taken": float(c.taken),
            "in_subject": float(c.where == "subject"),
            "place": c.start / length[c.where],
            "length": float(min(c.end - c.start, 200)),
            "body_length": min(length["body"] / 1000.0, 10.0),
            "proposed": float(min(proposed[c.predicate], 20)),
            "taken_of_predicate": float(min(taken[c.predicate], 20)),
            "has_error": float(c.error is not None),
            "has_limit": float(c.limit is not None),
            "has_object": float(c.object is not None),
            f"is_{c.predicate}": 1.0,
            f"is_{c.assertion}": 1.0,
        }
        row.update({f"{c.predicate}.{name}": value for name, value in c.features.items()})
        rows.append(row)
    return rows


def marked(document: Document, candidate: Candidate) -> str:
    """A candidate's surroundings with its span marked, as a language model reads it."""
    text = document.even(candidate.where).text
    before, after = text[max(0, candidate.start - 110) : candidate.start], text[candidate.end : candidate.end + 70]
    role = candidate.predicate.replace("_", " ")
    return f"{role}: {before} [[ {text[candidate.start : candidate.end]} ]] {after}".replace("\n", " ")


@lru_cache(maxsize=4)
def load(path: Path = MODEL) -> Scorer | None:
    """The trained scorer; None where its file is not there, so that extraction works on grammar alone."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Scorer)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ConfigurationError(
            f"{path} is no scorer: {error}; make it again with `make train`, or remove it"
        ) from error


def chosen(which: str) -> Scorer | None:
    """The scorer by name: `trees`, or `default`, which is the trained one if it passed the ship gate; None is the
    grammar alone. Raises ConfigurationError where trees are asked for and are not there."""
    if which == "grammar":
        return None
    scorer = load()
    if which == "trees" and scorer is None:
        raise ConfigurationError(f"no trained scorer at {MODEL}: `make train` makes one; --scorer grammar needs none")
    return scorer if scorer is not None and (which == "trees" or scorer.default) else None
