"""One sky map from several independent localizations of one source: the product of their densities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from nuncius.core.regions import density
from nuncius.core.sky import Annulus, Localization, ProbabilityMap, moc, ring

if TYPE_CHECKING:
    from mocpy import MOC

#: The source is looked for where every localization has it at this level, an annulus at its own.
LEVEL = 0.99999
#: Cells of the joint map, at most.
CELLS = 400_000


class Joint(msgspec.Struct, frozen=True, kw_only=True):
    """The joint map, None where the regions have nothing in common, and the logarithm (base 10) of how much better one
    common source explains all than as many unrelated ones: (4 pi)^(n-1) times the integral of the product (Ashton et
    al. 2018, ApJ 860, 6, for n = 2)."""

    sky: ProbabilityMap | None
    log_odds: float


def joint(skies: Sequence[Localization]) -> Joint:
    """The product of the densities of two localizations or more, in cells about a six-hundredth of its extent."""
    common = reduce(and_, (_footprint(sky) for sky in skies))
    if common.empty():
        return Joint(sky=None, log_odds=-math.inf)
    order = math.floor(math.log(CELLS / (12.0 * max(common.sky_fraction, 1e-18)), 4))
    order = max(0, min(29, order))
    if order != common.max_order:
        common = common.degrade_to_order(order) if order < common.max_order else common.refine_to_order(order)
    pixels = np.asarray(common.flatten(), dtype=np.int64)
    ra, dec = _centres(pixels, order)
    with np.errstate(divide="ignore"):
        logs = sum(np.log(_density(sky, ra, dec)) for sky in skies)
    assert not isinstance(logs, int)
    highest = float(logs.max())
    if not math.isfinite(highest):
        return Joint(sky=None, log_odds=-math.inf)
    product = np.exp(logs - highest)
    cell = math.pi / (3.0 * 4.0**order)
    integral = float(product.sum()) * cell
    odds = highest + math.log(integral) + (len(skies) - 1) * math.log(4.0 * math.pi)
    lit = product > 0.0
    made = ProbabilityMap(4 * 4**order + pixels[lit], product[lit] / integral)
    return Joint(sky=made, log_odds=odds / math.log(10.0))


def _footprint(sky: Localization) -> MOC:
    """Where the source may be, a little generously. A ring of arcminutes around half the sky is covered in cells of an
    eighth of its width: finer ones would be millions."""
    if not isinstance(sky, Annulus):
        return moc(sky, LEVEL)
    order = math.ceil(math.log2(58.6 * 8.0 / max(sky.outer - sky.inner, 1e-6)))
    return ring(sky, max(3, min(order, 29)))


def _density(sky: Localization, ra: NDArray[np.float64], dec: NDArray[np.float64]) -> NDArray[np.float64]:
    return sky.density_at(ra, dec) if isinstance(sky, ProbabilityMap) else density(sky, ra, dec)


def _centres(pixels: NDArray[np.int64], order: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from astropy_healpix import HEALPix

    lon, lat = HEALPix(nside=2**order, order="nested").healpix_to_lonlat(pixels)
    return lon.deg, lat.deg
