"""How much energy a burst released, from its fluence and redshift, and whether that fits its peak energy.

Cosmology: flat, Planck Collaboration 2020 (A&A 641, A6) as astropy ships it. The fluence is brought from the measured
band to 1-10,000 keV in the burst's frame with a Band function (Band et al. 1993, ApJ 413, 281): with the spectrum that
is stated, as far as one is, and with the mean one of bursts for the rest.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np

from analyses.contract import Unit, analysis
from analyses.cosmology import luminosity_distance
from nuncius.core.errors import PermanentError
from nuncius.core.numbers import rounded
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table

#: The burst's frame, keV: the band in which energies are compared.
REST_BAND = (1.0, 10_000.0)
#: Mean indices and peak energy of bursts (Kaneko et al. 2006, ApJS 166, 298), where a burst's own are not known.
ALPHA, BETA, EPEAK = -1.1, -2.3, 250.0
#: Above -2 E^2 N(E) goes on rising; a little above it may by the error of beta, of 0.1 as a rule.
STILL_RISING = -1.9
#: A high-energy index that says that there is none: the spectrum is a cut-off power law.
CUT_OFF = -9.0
#: Peak energy against energy, both in the burst's frame: Ep = 98 keV (E / 1e52 erg)^0.54 with 0.17 dex of scatter
#: (Amati et al. 2008, MNRAS 391, 577), for long bursts.
AMATI_NORM_KEV, AMATI_SLOPE, AMATI_SCATTER_DEX = 98.0, 0.54, 0.17


@analysis(
    "energetics",
    version="2",
    about="Isotropic energy from fluence and redshift, and the peak-energy relation of long bursts as a test",
    example="nuncius analyse energetics --with fluence=0.21 --with redshift=0.151 --with band_low=20 "
    "--with band_high=10000 --with epeak=2670 --with alpha=-0.89 --with beta=-10",
)
def energetics(
    *,
    fluence: Annotated[float, Unit("erg / cm2"), "energy fluence in the band"],
    redshift: Annotated[float, "redshift of the burst"],
    band_low: Annotated[float, Unit("keV"), "lower end of the band"] = 10.0,
    band_high: Annotated[float, Unit("keV"), "upper end of the band"] = 1000.0,
    fluence_error: Annotated[float | None, Unit("erg / cm2"), "its 1-sigma error"] = None,
    epeak: Annotated[float | None, Unit("keV"), "observed peak energy, where it is known"] = None,
    epeak_error: Annotated[float | None, Unit("keV"), "its 1-sigma error"] = None,
    alpha: Annotated[float | None, "low-energy index of the Band function"] = None,
    beta: Annotated[float | None, "high-energy index; -10 for a cutoff power law"] = None,
    object: Annotated[str, "name of the object"] = "",
) -> Result:
    if fluence <= 0.0 or redshift <= 0.0 or not 0.0 < band_low < band_high:
        raise PermanentError(
            f"energetics needs a fluence and a redshift above 0 and a band that opens upwards; received "
            f"{fluence:g} erg/cm2, z = {redshift:g}, {band_low:g}-{band_high:g} keV"
        )
    from astropy import units as u

    megaparsecs = luminosity_distance(redshift)
    centimetres = megaparsecs * float(u.Mpc.to(u.cm))
    shape = spectrum(alpha, beta, epeak)
    k = k_correction(redshift, band_low, band_high, *shape)
    bare = 4.0 * math.pi * centimetres**2 * fluence / (1.0 + redshift)
    energy, error = k * bare, None if fluence_error is None else k * bare * fluence_error / fluence
    values = {
        "energy": Quantity(value=energy, unit="erg", minus=error, plus=error),
        "k_correction": Quantity(value=k),
        "luminosity_distance": Quantity(value=megaparsecs, unit="Mpc"),
        "epeak_expected": Quantity(value=expected_epeak(energy), unit="keV"),
    }
    answer = f"{object + ': ' if object else ''}isotropic energy {rounded(energy)} erg at z = {redshift:g}"
    caveats = [
        f"k-correction {k:.2f} to 1-10,000 keV in the burst's frame, {told(alpha, beta, epeak)}; Planck 2018 cosmology."
    ]
    if epeak is not None and beta is not None and beta <= CUT_OFF and band_high < 3.0 * epeak:
        caveats.append(
            f"The cut-off was measured below {band_high:g} keV; what the burst emitted above it is not in this energy, "
            "which may be too low by a factor of two."
        )
    if epeak is not None and beta is not None and beta > STILL_RISING:
        caveats.append(f"A beta of {beta:g} leaves no peak there: the relation is not tested.")
    elif epeak is not None:
        at_rest = epeak * (1.0 + redshift)
        off = math.log10(at_rest / expected_epeak(energy)) / AMATI_SCATTER_DEX
        own = offset_error((epeak_error or 0.0) / epeak, (fluence_error or 0.0) / fluence)
        wide = None if epeak_error is None else epeak_error * (1.0 + redshift)
        values |= {
            "epeak_rest": Quantity(value=at_rest, unit="keV", minus=wide, plus=wide),
            "amati_offset": Quantity(value=off, minus=own or None, plus=own or None),
        }
        verdict = "consistent with" if abs(off) <= 3.0 else "violates"
        answer += f"; {verdict} the peak-energy relation of long bursts ({off:+.1f} sigma)"
    else:
        caveats.append("The peak energy is not known: the relation is not tested.")
    rows: list[list[str | float | None]] = [
        ["fluence", f"{fluence:.3g} erg/cm2, {band_low:g}-{band_high:g} keV"],
        ["spectrum", told(alpha, beta, epeak)],
    ]
    return Result(
        answer=answer,
        values=values,
        tables=[Table(name="from", columns=["quantity", "value"], rows=rows)],
        caveats=caveats,
    )


def spectrum(alpha: float | None, beta: float | None, epeak: float | None) -> tuple[float, float, float]:
    """Indices and peak energy of a Band function; what is not stated is that of the mean burst, a high-energy index
    only as far as it fits below the low-energy one."""
    low = ALPHA if alpha is None else alpha
    high = (min(BETA, low - 0.3)) if beta is None else beta
    return low, high, EPEAK if epeak is None else epeak


def told(alpha: float | None, beta: float | None, epeak: float | None) -> str:
    """Which spectrum was used, in words, and what of it is the mean one."""
    low, high, peak = spectrum(alpha, beta, epeak)
    given = {"alpha": alpha, "beta": beta, "Epeak": epeak}
    mean = [name for name, value in given.items() if value is None]
    shape = f"alpha {low:g}, cut off" if high <= CUT_OFF else f"alpha {low:g}, beta {high:g}"
    if len(mean) == len(given):
        return f"with the mean spectrum of bursts ({shape}, Epeak {peak:g} keV)"
    note = f"; {' and '.join(mean)} of the mean burst" if mean else ""
    return f"with the spectrum stated ({shape}, Epeak {peak:g} keV{note})"


def offset_error(epeak: float, fluence: float) -> float:
    """Error of the offset from the relation, in its scatter, for relative errors of peak energy and fluence."""
    return math.hypot(epeak, AMATI_SLOPE * fluence) / math.log(10.0) / AMATI_SCATTER_DEX


def expected_epeak(energy: float) -> float:
    """Peak energy in the burst's frame (keV) that the relation gives for an isotropic energy in erg."""
    return float(AMATI_NORM_KEV * (energy / 1e52) ** AMATI_SLOPE)


def k_correction(redshift: float, low: float, high: float, alpha: float, beta: float, epeak: float) -> float:
    """Energy fluence in `REST_BAND` of the burst's frame over that in the observed band (keV); epeak as observed."""
    rest_low, rest_high = (edge / (1.0 + redshift) for edge in REST_BAND)
    return energy_between(rest_low, rest_high, alpha, beta, epeak) / energy_between(low, high, alpha, beta, epeak)


def energy_between(low: float, high: float, alpha: float, beta: float, epeak: float) -> float:
    """Integral of E N(E) dE of a Band function, up to its amplitude."""
    energy = np.geomspace(low, high, 4001)
    spectrum = energy * band(energy, alpha, beta, epeak)
    return float(np.trapezoid(spectrum * energy, np.log(energy)))


def band(energy: np.ndarray, alpha: float, beta: float, epeak: float) -> np.ndarray:
    """The Band function N(E), photons per keV, amplitude 1 at 100 keV; `epeak` in keV is where E^2 N(E) peaks."""
    if not alpha > beta or alpha <= -2.0:
        raise PermanentError(f"a Band function needs beta < alpha and alpha > -2; received {alpha:g} and {beta:g}")
    fold = epeak / (2.0 + alpha)
    turn = (alpha - beta) * fold
    below = (energy / 100.0) ** alpha * np.exp(-energy / fold)
    above = (turn / 100.0) ** (alpha - beta) * math.exp(beta - alpha) * (energy / 100.0) ** beta
    return np.where(energy < turn, below, above)
