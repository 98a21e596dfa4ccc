"""Where on the sky: circles, ellipses, annuli and probability maps, all answering the same questions.

Frame: ICRS, degrees. A region carries its containment probability; other levels of a circle or an ellipse
follow from a two-dimensional Gaussian, r(p) proportional to sqrt(-2 ln(1 - p)). Maps are multi-order HEALPix
probability densities [1/sr] (Fernique et al. 2022, IVOA MOC 2.0; Singer & Price 2016 for the distance layers).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from nuncius.core.errors import FormatError
from nuncius.core.regions import Annulus, Circle, Ellipse, Region, cap, contains, density, sample, scale, separation
from nuncius.core.skymap import ProbabilityMap

# mocpy and astropy take half a second to import; a parser that only keeps a circle needs neither.
if TYPE_CHECKING:
    from mocpy import MOC

__all__ = [
    "Annulus",
    "Circle",
    "Ellipse",
    "Localization",
    "MapReference",
    "Patch",
    "ProbabilityMap",
    "Region",
    "SkyData",
    "area",
    "centre",
    "moc",
    "overlap_integral",
    "parse_sky",
    "prob_in_moc",
    "prob_inside",
    "resolve",
    "separation",
]


class MapReference(msgspec.Struct, frozen=True, kw_only=True, tag="map"):
    """A probability map kept elsewhere: as a blob under `sha256` where its bytes came with the message, else only
    at `url`."""

    sha256: str | None = None
    url: str | None = None


class Patch(msgspec.Struct, frozen=True, kw_only=True, tag="moc"):
    """A part of the sky of any shape: `cells` is an ASCII MOC (IVOA MOC 2.0), such as `3/16-31 4/7`. `coverage` is
    the chance that a place in it was really seen, `note` says why it is less than sure. It is a region to ask about
    (a field of view, a survey), never where a source was localized."""

    cells: str
    coverage: float = 1.0
    note: str = ""

    def moc(self) -> MOC:
        """The region. Raises FormatError for text that is no MOC."""
        from mocpy import MOC

        try:
            return MOC.from_string(self.cells) if self.cells.strip() else MOC.new_empty(29)
        except (ValueError, OSError) as error:  # mocpy's parser raises OSError
            raise FormatError(f"not an ASCII MOC: {self.cells[:60]!r}; write cells as 3/16-31 4/7") from error


SkyData = Circle | Ellipse | Annulus | MapReference
Localization = Circle | Ellipse | Annulus | ProbabilityMap


def parse_sky(data: dict[str, Any]) -> SkyData:
    """The typed form of `event.data["sky"]`. Raises FormatError naming the field."""
    try:
        sky: SkyData = msgspec.convert(data, type=SkyData)
        return sky
    except msgspec.ValidationError as error:
        raise FormatError(f"sky {data!r}: {error}") from error


def resolve(sky: SkyData, blob: Callable[[str], bytes]) -> Localization | None:
    """A localization to compute with; a map is read through `blob(sha256)`, and one known only by its URL gives
    None (nothing here opens a socket)."""
    if not isinstance(sky, MapReference):
        return sky
    return ProbabilityMap.from_fits(blob(sky.sha256)) if sky.sha256 else None


def centre(sky: Localization) -> tuple[float, float]:
    """Best position (ra, dec) in degrees: the centre, or the peak of a map. An annulus has none of its own and
    gives the centre of its circles."""
    return sky.peak if isinstance(sky, ProbabilityMap) else (sky.ra, sky.dec)


def area(sky: Localization, level: float) -> float:
    """Area in square degrees of the credible region at `level` (0 to 1). For an annulus the level must be its
    own; it does not say how its probability is spread."""
    if isinstance(sky, ProbabilityMap):
        return sky.area(level)
    if isinstance(sky, Annulus):
        if level > sky.containment_probability:
            raise FormatError(f"annulus is known to {sky.containment_probability}, not to {level}")
        return cap(sky.outer) - cap(sky.inner)
    factor = scale(sky.containment_probability, level)
    if isinstance(sky, Circle):
        return cap(sky.radius * factor)
    return math.pi * sky.semi_major * sky.semi_minor * factor**2


def ring(sky: Annulus, depth: int) -> MOC:
    """An annulus as a MOC, in cells of HEALPix order `depth`."""
    import astropy.units as u
    from astropy.coordinates import Latitude, Longitude
    from mocpy import MOC

    ra, dec, inner, outer = sky.ra, sky.dec, sky.inner, sky.outer
    if inner + outer > 180.0:  # the same ring about the opposite point: mocpy loses cells of rings beyond 130 degrees
        ra, dec, inner, outer = (ra + 180.0) % 360.0, -dec, 180.0 - outer, 180.0 - inner
    return MOC.from_ring(
        lon=Longitude(ra, u.deg),
        lat=Latitude(dec, u.deg),
        internal_radius=inner * u.deg,
        external_radius=outer * u.deg,
        max_depth=depth,
    )


def moc(sky: Localization, level: float | None = None) -> MOC:
    """The region at `level` (default: 0.9 for a map, the stated containment otherwise) as a MOC. Cells are about
    a hundredth of the region's size, which keeps its area right to about one percent."""
    import astropy.units as u
    from astropy.coordinates import Latitude, Longitude
    from mocpy import MOC

    if isinstance(sky, ProbabilityMap):
        return sky.moc(0.9 if level is None else level)
    if isinstance(sky, Annulus):
        return ring(sky, _depth((sky.outer - sky.inner) / 2))
    lon, lat = Longitude(sky.ra, u.deg), Latitude(sky.dec, u.deg)
    factor = 1.0 if level is None else scale(sky.containment_probability, level)
    if isinstance(sky, Circle):
        radius = min(max(sky.radius * factor, 1e-7), 180.0)
        return MOC.from_cone(lon=lon, lat=lat, radius=radius * u.deg, max_depth=_depth(radius))
    major, minor = max(sky.semi_major * factor, 1e-7), max(sky.semi_minor * factor, 1e-7)
    angle = sky.position_angle * u.deg
    return MOC.from_elliptical_cone(
        lon=lon, lat=lat, a=major * u.deg, b=minor * u.deg, pa=angle, max_depth=_depth(minor)
    )


def _depth(size_deg: float) -> int:
    """HEALPix order whose cells (58.6 deg at order 0) are about a hundredth of `size_deg`."""
    return int(min(29, max(3, math.ceil(math.log2(58.6 * 100.0 / max(size_deg, 1e-7))))))


def prob_inside(sky: Localization, region: Localization) -> float:
    """Probability (0 to 1) that the source of `sky` lies in `region` at its stated containment (a map's is 0.9).
    A circle or an ellipse is taken as the Gaussian it states; sampled at 4,096 points, exact to about 1 %."""
    if isinstance(sky, ProbabilityMap) or isinstance(region, ProbabilityMap):
        return prob_in_moc(sky, moc(region))
    ra, dec = sample(sky)
    return float(np.mean(contains(region, ra, dec)))


def prob_in_moc(sky: Localization, region: MOC) -> float:
    """Probability (0 to 1) that the source of `sky` lies in a MOC; see `prob_inside`."""
    if isinstance(sky, ProbabilityMap):
        return min(sky.probability_in(region), 1.0)  # the cells of a map may sum to a little more
    import astropy.units as u

    ra, dec = sample(sky)
    return float(np.mean(region.contains_lonlat(ra * u.deg, dec * u.deg)))


def overlap_integral(one: Localization, other: Localization) -> float:
    """4π ∫ p₁ p₂ dΩ: how much better a common source explains two localizations than unrelated ones spread over
    the whole sky (the spatial Bayes factor of Ashton et al. 2018, ApJ 860, 6). 1 means no preference, 0 exclusion.
    Summed over samples of the narrower one, good to a few percent."""
    narrow, wide = sorted((one, other), key=lambda sky: area(sky, 0.5))
    if isinstance(narrow, ProbabilityMap):
        weights, (ra, dec) = narrow.probability, narrow.centres
    else:
        ra, dec = sample(narrow)
        weights = np.full(ra.size, 1.0 / ra.size)
    there = wide.density_at(ra, dec) if isinstance(wide, ProbabilityMap) else density(wide, ra, dec)
    return float(4.0 * math.pi * np.sum(weights * there))
