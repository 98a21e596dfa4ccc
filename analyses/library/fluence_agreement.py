"""Whether several instruments measured the same fluence of one burst, brought to one band. Nothing is averaged: each
pair is compared, and the worst one is the answer.

Bands are bridged with a Band function; what the spectrum may be instead (its indices by 0.3, its peak energy by a
factor of 2, unless they are measured) scatters the bridge, the more the further apart two bands are. To that come the
measurements' own errors and one of calibration between instruments.
"""

from __future__ import annotations

import math
from itertools import combinations, product
from typing import Annotated

import msgspec
import numpy as np

from analyses.contract import Unit, analysis
from analyses.library.energetics import ALPHA, BETA, EPEAK, energy_between
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table

#: How far a spectrum that is not measured may be off: indices, and the logarithm of the peak energy.
INDEX, FACTOR = 0.3, math.log(2.0)
#: Calibration between gamma-ray instruments, relative: teams publish fluences of one burst that differ by so much.
CALIBRATION = 0.15


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument's fluence."""

    name: Annotated[str, "of the instrument"]
    fluence: Annotated[float, Unit("erg / cm2"), "energy fluence in the band"]
    band_low: Annotated[float, Unit("keV"), "lower end of its band"]
    band_high: Annotated[float, Unit("keV"), "upper end"]
    fluence_error: Annotated[float, Unit("erg / cm2"), "1-sigma error"] = 0.0


@analysis(
    "fluence-agreement",
    version="1",
    about="One burst's fluence by several instruments, in one band: do they agree",
    example="nuncius analyse fluence-agreement --with alpha=-1.02 --with beta=-10 --with epeak=260 "
    '--with measurements=\'[{"name": "GBM", "fluence": 5.6e-6, "fluence_error": 3e-7, "band_low": 10, '
    '"band_high": 1000}, '
    '{"name": "BAT", "fluence": 1.9e-6, "fluence_error": 6e-8, "band_low": 15, "band_high": 150}]\'',
)
def fluence_agreement(
    *,
    measurements: Annotated[list[Measured], "two or more"],
    alpha: Annotated[float | None, "low-energy index of the Band function, where it is measured"] = None,
    beta: Annotated[float | None, "high-energy index; -10 for a cut-off power law"] = None,
    epeak: Annotated[float | None, Unit("keV"), "observed peak energy"] = None,
    band_low: Annotated[float, Unit("keV"), "lower end of the common band"] = 10.0,
    band_high: Annotated[float, Unit("keV"), "its upper end"] = 1000.0,
    calibration: Annotated[float, "relative 1-sigma error between instruments"] = CALIBRATION,
    object: Annotated[str, "name of the object"] = "",
) -> Result:
    for one in measurements:
        if one.fluence <= 0.0 or not 0.0 < one.band_low < one.band_high:
            raise PermanentError(
                f"{one.name}: a fluence above 0 in a band that opens upwards is needed; received {one}"
            )
    if len(measurements) < 2:
        raise PermanentError(f"fluence-agreement compares two measurements or more; received {len(measurements)}")
    spectra = list(_spectra(alpha, beta, epeak))
    common = np.array([energy_between(band_low, band_high, *one) for one in spectra])
    bridges = [common / np.array([energy_between(m.band_low, m.band_high, *s) for s in spectra]) for m in measurements]
    tension, ratio, error, first, second = max(
        (*_compare(one, two, bridges[i], bridges[j], calibration), one.name, two.name)
        for (i, one), (j, two) in combinations(enumerate(measurements), 2)
    )
    values = {
        "tension": Quantity(value=tension),
        "log_ratio": Quantity(value=ratio / math.log(10.0), minus=error / math.log(10.0), plus=error / math.log(10.0)),
        "compared": Quantity(value=float(len(measurements))),
    }
    rows: list[list[str | float | None]] = [
        [
            m.name,
            f"{m.fluence:.3g} ± {m.fluence_error:.1g}, {m.band_low:g}-{m.band_high:g} keV",
            f"{m.fluence * bridge[0]:.3g} ± {m.fluence * bridge[0] * _own(m):.1g}",
        ]
        for m, bridge in zip(measurements, bridges, strict=True)
    ]
    agree = "agree" if tension <= 3.0 else "do not agree"
    mean = [word for word, given in (("alpha", alpha), ("beta", beta), ("Epeak", epeak)) if given is None]
    caveats = [f"Calibration between instruments counts as {100 * calibration:.0f} %."]
    if mean:
        caveats.append(f"Not measured and taken from the mean of bursts, within its scatter: {', '.join(mean)}.")
    caveats.append("Instruments that integrate over different times measure different fluences.")
    return Result(
        answer=f"{object + ': ' if object else ''}{len(measurements)} fluences {agree}: {first} over {second} is "
        f"{math.exp(ratio):.2f}, {tension:.1f} sigma from 1",
        values=values,
        tables=[
            Table(
                name="fluences [erg/cm2]",
                columns=["by", "as measured", f"in {band_low:g}-{band_high:g} keV"],
                rows=rows,
            )
        ],
        caveats=caveats,
    )


def _spectra(alpha: float | None, beta: float | None, epeak: float | None) -> list[tuple[float, float, float]]:
    """The spectrum, and what it may be instead."""
    a, b, e = ALPHA if alpha is None else alpha, BETA if beta is None else beta, EPEAK if epeak is None else epeak
    alphas = [a] if alpha is not None else [a, a - INDEX, a + INDEX]
    betas = [b] if beta is not None else [b, b - INDEX, b + INDEX]
    peaks = [e] if epeak is not None else [e, e * math.exp(-FACTOR), e * math.exp(FACTOR)]
    return list(product(alphas, betas, peaks))


def _own(one: Measured) -> float:
    return one.fluence_error / one.fluence


def _compare(
    one: Measured, two: Measured, first: np.ndarray, second: np.ndarray, calibration: float
) -> tuple[float, float, float]:
    """Tension in sigma, logarithm of the ratio in the common band, and its error."""
    logs = np.log(first / second)
    ratio = math.log(one.fluence / two.fluence) + float(logs[0])
    error = math.sqrt(_own(one) ** 2 + _own(two) ** 2 + calibration**2 + float(np.mean((logs - logs[0]) ** 2)))
    return abs(ratio) / error if error else math.inf if ratio else 0.0, ratio, error
