"""Distances in a flat universe with dark energy of pressure w0 times its density, beside a direct integration of the
Friedmann equation."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.cosmology import FlatLambdaCDM, wCDM

LIGHT_KM_S = 299792.458


def direct(z: float, h0: float, om: float, w0: float) -> float:
    """Distance modulus of a flat universe by the trapezoidal rule over 200,000 steps, which is good to 1e-9."""
    grid = np.linspace(0.0, z, 200_001)
    density = (1.0 + grid) ** (3.0 * (1.0 + w0))
    inverse = 1.0 / np.sqrt(om * (1.0 + grid) ** 3 + (1.0 - om) * density)
    comoving = LIGHT_KM_S / h0 * float(((inverse[1:] + inverse[:-1]) / 2.0).sum() * (grid[1] - grid[0]))
    return 5.0 * float(np.log10((1.0 + z) * comoving)) + 25.0


def universe(h0: float, om: float, w0: float, by_position: bool) -> wCDM:
    """A flat universe; the fourth parameter is w0 where it is given by position, or used to be."""
    return wCDM(h0, om, 1.0 - om, w0) if by_position else wCDM(H0=h0, Om0=om, Ode0=1.0 - om, w0=w0)


def compute(*, seed: int, z: float, h0: float, om: float, w0: float, by_position: bool) -> dict[str, Any]:
    modulus = float(universe(h0, om, w0, by_position).distmod(z).value)
    off = modulus - direct(z, h0, om, w0)
    return {"distance_modulus": {"value": modulus, "unit": "mag"}, "off_by": {"value": off, "unit": "mag"}}


def curves(*, seed: int, z: float, h0: float, om: float, w0: float, by_position: bool) -> dict[str, Any]:
    grid = [0.05 * i for i in range(1, int(20 * 1.5 * z) + 1)]
    dynamic = universe(h0, om, w0, by_position).distmod(np.array(grid)).value
    constant = FlatLambdaCDM(H0=h0, Om0=om).distmod(np.array(grid)).value
    label = "fainter than with a constant (mag)"
    return {"dimming": {"x": grid, "y": list(dynamic - constant), "xlabel": "redshift", "ylabel": label}}
