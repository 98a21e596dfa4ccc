"""The ship gate: which of grammar, grammar + trees, and grammar + trees + transformer decides by default.

All are compared on the same held-out candidates, events never split between folds. A system counts as better only where
the 95 % interval of its gain in F1, by a bootstrap over events, lies above nought.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import SEED, Values
from training.examples import Example

Mask = NDArray[np.bool_]
BINS = 15
DRAWS = 2000


class Units:
    """What is counted: each thing that may be said of a circular, once. `right` where the gold says it."""

    def __init__(self, examples: Sequence[Example]) -> None:
        keys = [(e.circular, e.predicate, e.says, e.right) for e in examples]
        order = {key: i for i, key in enumerate(dict.fromkeys(keys))}
        self.of = np.array([order[key] for key in keys], dtype=np.int64)
        self.right = np.zeros(len(order), dtype=bool)
        self.right[self.of] = [e.right for e in examples]
        events = {event: i for i, event in enumerate(dict.fromkeys(e.event for e in examples))}
        self.event = np.zeros(len(order), dtype=np.int64)
        self.event[self.of] = [events[e.event] for e in examples]
        self.events = len(events)

    def said(self, taken: Mask) -> Mask:
        """Which things are said where these candidates are taken."""
        out = np.zeros(len(self.right), dtype=bool)
        out[self.of[taken]] = True
        return out

    def counts(self, said: Mask) -> NDArray[np.int64]:
        """True positives, false positives and false negatives of each event."""
        out = np.zeros((self.events, 3), dtype=np.int64)
        for column, which in enumerate((said & self.right, said & ~self.right, ~said & self.right)):
            np.add.at(out[:, column], self.event[which], 1)
        return out


def f1(counts: NDArray[np.int64]) -> float:
    """F1 of summed counts."""
    tp, fp, fn = counts.sum(axis=0)
    return float(2 * tp / max(2 * tp + fp + fn, 1))


def comparison(units: Units, taken: Mask, other: Mask) -> dict[str, Any]:
    """How much better `other` is than `taken`: the gain in F1 with its interval, and McNemar's test."""
    a, b = units.said(taken), units.said(other)
    ca, cb = units.counts(a), units.counts(b)
    dice = np.random.default_rng(SEED)
    gains = []
    for _ in range(DRAWS):
        some = dice.integers(0, units.events, units.events)
        gains.append(f1(cb[some]) - f1(ca[some]))
    low, high = np.quantile(gains, [0.025, 0.975])
    only_a = int(((a == units.right) & (b != units.right)).sum())
    only_b = int(((a != units.right) & (b == units.right)).sum())
    return {
        "f1": round(f1(ca), 4),
        "f1_other": round(f1(cb), 4),
        "gain": round(f1(cb) - f1(ca), 4),
        "gain_95": [round(float(low), 4), round(float(high), 4)],
        "only_first_right": only_a,
        "only_other_right": only_b,
        "mcnemar_p": round(mcnemar(only_a, only_b), 4),
        "better": bool(low > 0),
    }


def mcnemar(b: int, c: int) -> float:
    """Exact two-sided p of McNemar's test."""
    n = b + c
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n
    return min(1.0, 2 * tail)


def calibration_error(said: Values, right: Values) -> float:
    """Expected calibration error over bins of equal mass."""
    order = np.argsort(said, kind="stable")
    parts = [p for p in np.array_split(order, BINS) if len(p)]
    return float(sum(len(p) * abs(said[p].mean() - right[p].mean()) for p in parts) / max(len(said), 1))
