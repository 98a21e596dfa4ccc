"""How often noise alone makes a peak as high as one of a given power in a Lomb-Scargle periodogram: by bootstrap, which
scatters from seed to seed, and by Baluev's formula."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.timeseries import LombScargle


def compute(*, seed: int, power: float, samples: int, draws: int) -> dict[str, Any]:
    random = np.random.default_rng(7)
    times, noise = np.sort(random.uniform(0, 50, samples)), random.normal(0, 1, samples)
    search = LombScargle(times, noise, 1.0)
    how = {"n_bootstraps": draws, "random_seed": seed}
    drawn = float(search.false_alarm_probability(power, method="bootstrap", maximum_frequency=1.0, method_kwds=how))
    formula = float(search.false_alarm_probability(power, method="baluev", maximum_frequency=1.0))
    return {"by_bootstrap": (drawn, float(np.sqrt(max(drawn, 1 / draws) / draws))), "by_formula": formula}
