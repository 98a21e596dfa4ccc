"""Distances from redshifts, by Planck 2018. Astropy would want scipy for the integral over 1/E(z), which is smooth: 64
points of Gauss and Legendre give ten digits."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=512)
def luminosity_distance(redshift: float) -> float:
    """In Mpc."""
    from astropy.cosmology import Planck18

    nodes, weights = np.polynomial.legendre.leggauss(64)
    inverse = Planck18.inv_efunc(redshift * (nodes + 1.0) / 2.0)
    hubble = Planck18.hubble_distance.to_value("Mpc")
    return float(hubble * (1.0 + redshift) * redshift / 2.0 * np.sum(weights * inverse))
