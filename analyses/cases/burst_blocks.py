"""Begin and duration of a burst among background photons, as Bayesian blocks see them (Scargle et al. 2013)."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.stats import bayesian_blocks


def arrivals(seed: int, background: int, burst: int) -> np.ndarray:
    """Photons of 100 s of background and of a burst from 40 to 45 s."""
    random = np.random.default_rng(seed)
    return np.sort(np.concatenate([random.uniform(0, 100, background), random.uniform(40, 45, burst)]))


def compute(*, seed: int, background: int, burst: int) -> dict[str, Any]:
    times = arrivals(seed, background, burst)
    edges = bayesian_blocks(times, fitness="events", p0=0.01)
    rates = np.histogram(times, bins=edges)[0] / np.diff(edges)
    brightest = int(np.argmax(rates))
    begin, end = float(edges[brightest]), float(edges[brightest + 1])
    return {
        "begin": {"value": begin, "unit": "s"},
        "duration": {"value": end - begin, "unit": "s"},
        "blocks": float(len(edges) - 1),
    }


def curves(*, seed: int, background: int, burst: int) -> dict[str, Any]:
    times = arrivals(seed, background, burst)
    edges = bayesian_blocks(times, fitness="events", p0=0.01)
    rates = np.histogram(times, bins=edges)[0] / np.diff(edges)
    x, y = np.repeat(edges, 2)[1:-1], np.repeat(rates, 2)
    return {"blocks": {"x": list(x), "y": list(y), "xlabel": "time (s)", "ylabel": "rate (1/s)"}}
