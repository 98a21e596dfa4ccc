"""Fluence of a decaying pulse by Simpson's rule over evenly sampled rates, where the true value is known: the integral
of exp(-t / tau) from 0 to the last sample is tau (1 - exp(-t / tau))."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate


def relative_error(samples: int, step: float, tau: float) -> tuple[float, float]:
    """The fluence and by which part it is off."""
    t = np.arange(samples) * step
    fluence = float(integrate.simpson(np.exp(-t / tau), x=t))
    true = tau * (1.0 - float(np.exp(-t[-1] / tau)))
    return fluence, fluence / true - 1.0


def compute(*, seed: int, samples: int, step: float, tau: float) -> dict[str, Any]:
    fluence, error = relative_error(samples, step, tau)
    return {"fluence": {"value": fluence, "unit": "ct"}, "relative_error": error}


def curves(*, seed: int, samples: int, step: float, tau: float) -> dict[str, Any]:
    counts = list(range(7, 2 * samples + 1))
    errors = [100.0 * relative_error(n, step, tau)[1] for n in counts]
    return {"error": {"x": counts, "y": errors, "xlabel": "samples of the pulse", "ylabel": "error of the fluence (%)"}}
