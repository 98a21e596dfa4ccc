"""Galaxies as hosts: how far, how far off in projection, and whether a distance that is known otherwise fits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from analyses.catalogues import Source
from analyses.cosmology import luminosity_distance
from analyses.counterparts import Counterpart

#: Below this redshift a galaxy's own motion matters as much as the expansion: a measured distance is wanted instead.
LEAST_REDSHIFT = 0.003
_HOSTS = ("galaxy", "agn", "blazar")


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A galaxy that may be the host: luminosity distance in Mpc, projected offset in kpc (None: no best position), and
    by how many sigma its distance is off one that is known otherwise (None: none is known)."""

    counterpart: Counterpart
    distance: float
    offset_kpc: float | None
    off_sigma: float | None


def hosts(
    counterparts: Sequence[Counterpart], distance: float | None = None, distance_error: float | None = None
) -> list[Host]:
    """Host candidates among counterparts that fit, in their order; those whose distance is off by more than 3 sigma are
    left out."""
    found = []
    for one in counterparts:
        if one.source.sort not in _HOSTS and not (one.source.sort == "known object" and one.source.redshift):
            continue
        far = distance_of(one.source)
        if far is None or not one.fits:
            continue
        z = one.source.redshift or 0.0
        kpc = None if one.separation is None else math.radians(one.separation) * far * 1000.0 / (1.0 + z) ** 2
        off = None
        if distance is not None:
            # Distances of galaxies are rarely known to better than a tenth.
            off = abs(far - distance) / math.hypot(distance_error or 0.2 * distance, 0.1 * far)
        if off is None or off <= 3.0:
            found.append(Host(counterpart=one, distance=far, offset_kpc=kpc, off_sigma=off))
    return found


def distance_of(source: Source) -> float | None:
    """Luminosity distance in Mpc: as measured, else from the redshift."""
    if source.distance is not None:
        return source.distance
    if source.redshift is None or not LEAST_REDSHIFT <= source.redshift < 12.0:
        return None
    return luminosity_distance(source.redshift)
