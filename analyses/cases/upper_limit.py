"""Upper limit on a source's counts above a known background (Kraft, Burrows & Nousek 1991), and the two-sided interval
of counts without one (Neyman)."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.stats import poisson_conf_interval


def compute(*, seed: int, counts: int, background: float, level: float) -> dict[str, Any]:
    kraft = poisson_conf_interval(counts, "kraft-burrows-nousek", background=background, confidence_level=level)
    low, high = np.ravel(poisson_conf_interval(counts, "frequentist-confidence", sigma=1))
    return {
        "upper_limit": {"value": float(np.ravel(kraft)[1]), "unit": "ct"},
        "minus": {"value": counts - float(low), "unit": "ct"},
        "plus": {"value": float(high) - counts, "unit": "ct"},
    }
