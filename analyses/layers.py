"""What can lie on a sky figure: the localization itself, other instruments' regions, positions, Sun and Moon."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np

from analyses.contract import Unit
from nuncius.core.regions import Annulus, Circle, contains, density, scale, separations
from nuncius.core.sky import Localization, ProbabilityMap

if TYPE_CHECKING:
    from numpy.typing import NDArray


class NamedRegion(msgspec.Struct, frozen=True, kw_only=True):
    """Another instrument's localization of the same object."""

    name: str
    sky: Localization


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """A position to mark: a counterpart, a host galaxy."""

    name: str
    ra: Annotated[float, Unit("deg")]
    dec: Annotated[float, Unit("deg")]


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The Sun or the Moon, where the Earth's centre saw it."""

    name: str
    ra: float
    dec: float


def credible_level(sky: Localization, ra: NDArray[np.float64], dec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each position, the level of the smallest credible region that it lies in: 0 at the peak, 1 where nothing
    is. An annulus has one level inside, its containment probability, for it does not say more."""
    if isinstance(sky, Annulus):
        return np.where(contains(sky, ra, dec), sky.containment_probability, 1.0)
    if not isinstance(sky, ProbabilityMap):
        peak = density(sky, [sky.ra], [sky.dec])[0]
        return np.asarray(1.0 - density(sky, ra, dec) / peak)  # of a Gaussian, exactly
    rank = np.argsort(-sky.density, kind="stable")
    brightest_first, held = -sky.density[rank], np.cumsum(sky.probability[rank])
    there = sky.density_at(ra, dec)
    place = np.minimum(np.searchsorted(brightest_first, -there, side="left"), held.size - 1)
    return np.where(there > 0.0, held[place], 1.0)


def extent(sky: Localization) -> tuple[float, float, float]:
    """(ra, dec, radius) in degrees of a circle that holds the 90 % region, for a close-up."""
    if isinstance(sky, Annulus):
        return sky.ra, sky.dec, sky.outer
    if not isinstance(sky, ProbabilityMap):
        size = sky.radius if isinstance(sky, Circle) else sky.semi_major
        factor = scale(sky.containment_probability, 0.9)
        return sky.ra, sky.dec, max(size * factor, 1e-5)
    inside = sky.density >= sky.threshold(0.9)
    weight = sky.probability[inside]
    lon, lat = (np.radians(angle[inside]) for angle in sky.centres)
    x, y, z = (np.sum(weight * part) for part in (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    ra, dec = math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))
    reach = separations(ra, dec, sky.centres[0][inside], sky.centres[1][inside])
    cell = np.degrees(np.sqrt(sky.cell_area[inside]))
    return ra, dec, float(np.max(reach + cell / 2.0))


def sun_and_moon(moment: datetime) -> list[Body]:
    """Their geocentric ICRS directions, from the ephemeris built into astropy (arcminutes are plenty here)."""
    from astropy.coordinates import get_body
    from astropy.time import Time

    from analyses.offline import offline_iers

    with offline_iers():
        when = Time(moment)
        found = []
        for name in ("Sun", "Moon"):
            seen = get_body(name.lower(), when, ephemeris="builtin").cartesian  # GCRS axes are those of ICRS
            x, y, z = (float(part.value) for part in seen.xyz)
            ra = math.degrees(math.atan2(y, x)) % 360.0
            found.append(Body(name=name, ra=ra, dec=math.degrees(math.atan2(z, math.hypot(x, y)))))
    return found
