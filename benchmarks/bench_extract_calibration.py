"""How far a confidence is from being the share that is right: expected calibration error over bins of equal mass."""

from __future__ import annotations

import random
from itertools import pairwise

BINS = 15


def calibrated(pairs: list[tuple[float, bool]]) -> dict[str, float]:
    """The error, how sure and how right on average, and the error that so few facts would show even if each
    confidence were the true probability (mean of 200 seeded draws)."""
    dice = random.Random(1)
    draws = [calibration_error([(p, dice.random() < p) for p, _ in pairs]) for _ in range(200)]
    count = max(len(pairs), 1)
    return {
        "facts": len(pairs),
        "error": calibration_error(pairs),
        "if_perfect": sum(draws) / 200,
        "mean_confidence": sum(p for p, _ in pairs) / count,
        "right": sum(right for _, right in pairs) / count,
    }


def calibration_error(pairs: list[tuple[float, bool]]) -> float:
    """Mean distance of confidence from frequency, bins of equal mass. What has the same confidence stays in the order
    of its circulars: sorted by being right it would look uncalibrated."""
    pairs = sorted(pairs, key=lambda pair: pair[0])
    cuts = [round(i * len(pairs) / BINS) for i in range(BINS + 1)]
    bins = [pairs[a:b] for a, b in pairwise(cuts)]
    return sum(abs(sum(p for p, _ in b) - sum(right for _, right in b)) for b in bins) / max(len(pairs), 1)
