"""Whether the speed of light depends on a photon's energy: the scale of quantum gravity that one photon's delay allows.

A photon of energy E is late by (1 + n) / 2 (E / E_QG)^n times the integral of (1 + z)^n / H(z) over redshift (Jacob &
Piran 2008, JCAP 01, 031), n = 1 or 2. What the source itself may have delayed makes it a lower limit on E_QG.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from analyses.contract import Unit, analysis
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result

#: The Planck energy, sqrt(hbar c^5 / G), in GeV (CODATA 2018).
PLANCK_GEV = 1.220890e19


@analysis(
    "photon-delay",
    version="1",
    about="Lower limit on the energy at which the speed of light would depend on energy, from one photon's arrival",
    example="nuncius analyse photon-delay --with energy=31 --with delay=0.859 --with redshift=0.903",
)
def photon_delay(
    *,
    energy: Annotated[float, Unit("GeV"), "of the photon as observed; its lower error bar makes the limit safe"],
    delay: Annotated[float, Unit("s"), "its arrival after the earliest moment at which it may have left"],
    redshift: Annotated[float, "of the source"],
    order: Annotated[Literal["linear", "quadratic"], "how the speed would depend on energy"] = "linear",
    delay_error: Annotated[
        float | None, Unit("s"), "where the delay is known to be one of travel: its 1-sigma error, and no limit"
    ] = None,
    object: Annotated[str, "name of the object"] = "",
) -> Result:
    if energy <= 0.0 or redshift <= 0.0 or (delay <= 0.0 and delay_error is None):
        raise PermanentError(
            f"photon-delay needs an energy, a redshift and a delay above 0; received {energy:g} GeV, z = {redshift:g}, "
            f"{delay:g} s"
        )
    n = 1 if order == "linear" else 2
    longest = delay if delay_error is None else abs(delay)
    path = (1 + n) / 2.0 * travel(redshift, n)
    scale = energy * (path / longest) ** (1.0 / n) if longest else float("inf")
    relative = scale / PLANCK_GEV
    error = None if delay_error is None or not longest else relative * delay_error / longest / n
    values = {
        "scale": Quantity(
            value=relative, minus=error, plus=error, limit=">" if delay_error is None else None
        ),  # in Planck energies
        "scale_energy": Quantity(value=scale, unit="GeV", limit=">" if delay_error is None else None),
        "path": Quantity(value=path, unit="s"),
    }
    sign = "above" if delay_error is None else "at"
    return Result(
        answer=f"{object + ': ' if object else ''}{order} dependence of the speed of light on energy only {sign} "
        f"{relative:.3g} Planck energies",
        values=values,
        caveats=[
            "All of the delay is put down to travel; a delay at the source would raise the scale."
            if delay_error is None
            else "The delay is taken as one of travel alone.",
            "Photons of high energy are taken to be slower; H(z) of Planck 2018.",
        ],
    )


def travel(redshift: float, n: int) -> float:
    """Integral of (1 + z)^n / H(z) from 0 to the redshift, in seconds (64 points of Gauss and Legendre)."""
    from astropy.cosmology import Planck18

    nodes, weights = np.polynomial.legendre.leggauss(64)
    z = redshift * (nodes + 1.0) / 2.0
    inverse = Planck18.inv_efunc(z) * (1.0 + z) ** n
    return float(Planck18.hubble_time.to_value("s") * redshift / 2.0 * np.sum(weights * inverse))
