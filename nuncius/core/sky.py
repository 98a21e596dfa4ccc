"""Where on the sky: circles, ellipses, annuli and probability maps, all answering the same questions.

Frame: ICRS, degrees. A region carries its containment probability; other levels of a circle or an ellipse
follow from a two-dimensional Gaussian, r(p) proportional to sqrt(-2 ln(1 - p)). Maps are multi-order HEALPix
probability densities [1/sr] (Fernique et al. 2022, IVOA MOC 2.0; Singer & Price 2016 for the distance layers).
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from nuncius.core.errors import FormatError

# mocpy and astropy take half a second to import; a parser that only keeps a circle needs neither.
if TYPE_CHECKING:
    from astropy.table import QTable
    from mocpy import MOC
    from numpy.typing import NDArray

SQ_DEG = (180.0 / math.pi) ** 2  # square degrees in a steradian


class Circle(msgspec.Struct, frozen=True, kw_only=True, tag="circle"):
    """An error circle: centre and radius in degrees."""

    ra: float
    dec: float
    radius: float
    containment_probability: float = 0.9


class Ellipse(msgspec.Struct, frozen=True, kw_only=True, tag="ellipse"):
    """Semi-axes in degrees; position angle of the major axis in degrees, east of north."""

    ra: float
    dec: float
    semi_major: float
    semi_minor: float
    position_angle: float
    containment_probability: float = 0.9


class Annulus(msgspec.Struct, frozen=True, kw_only=True, tag="annulus"):
    """An interplanetary-network annulus: centre, inner and outer radius in degrees."""

    ra: float
    dec: float
    inner: float
    outer: float
    containment_probability: float = 0.997


class MapReference(msgspec.Struct, frozen=True, kw_only=True, tag="map"):
    """A probability map kept elsewhere: as a blob under `sha256` where its bytes came with the message, else only
    at `url`."""

    sha256: str | None = None
    url: str | None = None


Region = Circle | Ellipse | Annulus
SkyData = Circle | Ellipse | Annulus | MapReference


class ProbabilityMap:
    """A multi-order map: `uniq` NUNIQ cell numbers, `density` probability per steradian, same shape.

    `distance` is (mean, standard deviation) of the luminosity distance in Mpc where the map has one.
    """

    def __init__(
        self, uniq: NDArray[np.int64], density: NDArray[np.float64], distance: tuple[float, float] | None = None
    ) -> None:
        self.uniq = uniq
        order = (np.floor(np.log2(uniq / 4.0)) / 2).astype(np.int64)
        self.order = order
        self.ipix = uniq - 4 * 4**order
        self.cell_area = math.pi / (3.0 * 4.0**order)  # steradian
        total = float(np.sum(density * self.cell_area))
        if not 0.5 < total < 1.5:
            raise FormatError(f"a sky map's probability must sum to 1; this one sums to {total:.3g}")
        self.density = density / total
        self.distance = distance

    @classmethod
    def from_fits(cls, content: bytes) -> ProbabilityMap:
        """Multi-order (UNIQ) or flat (PROB) HEALPix FITS, plain or gzipped. Raises FormatError."""
        from astropy.io import fits

        try:
            if content.startswith(b"\x1f\x8b"):
                content = gzip.decompress(content)
            with fits.open(io.BytesIO(content)) as hdus:
                table, header = hdus[1].data, hdus[1].header
                names = set(table.names)
                distance = None
                if "DISTMEAN" in header and "DISTSTD" in header:
                    distance = (float(header["DISTMEAN"]), float(header["DISTSTD"]))
                if "UNIQ" in names:
                    uniq = table["UNIQ"].astype(np.int64)
                    return cls(uniq, table["PROBDENSITY"].astype(np.float64), distance)
                column = next(n for n in ("PROB", "PROBABILITY", "PROBDENSITY") if n in names)
                return cls._from_flat(table[column].astype(np.float64).ravel(), header, column, distance)
        except (OSError, EOFError, zlib.error, KeyError, IndexError, StopIteration, TypeError, ValueError) as error:
            raise FormatError(f"not a HEALPix probability map ({len(content)} bytes): {error!r}") from error

    @classmethod
    def _from_flat(
        cls, values: NDArray[np.float64], header: Any, column: str, distance: tuple[float, float] | None
    ) -> ProbabilityMap:
        from astropy_healpix import HEALPix

        nside = int(header["NSIDE"])
        order = nside.bit_length() - 1
        pixels = np.arange(values.size, dtype=np.int64)
        if str(header.get("ORDERING", "RING")).upper().startswith("RING"):
            values = values[HEALPix(nside, order="nested").nested_to_ring(pixels)]
        density = values if column == "PROBDENSITY" else values * (3.0 * 4.0**order / math.pi)
        return cls(pixels + 4 * 4**order, density, distance)

    @cached_property
    def _ranked(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        rank = np.argsort(-self.density, kind="stable")
        probability = np.cumsum((self.density * self.cell_area)[rank])
        return rank, probability, np.cumsum(self.cell_area[rank])

    def area(self, level: float) -> float:
        """Area in square degrees of the smallest region that holds `level` of the probability."""
        _, probability, area = self._ranked
        return float(np.interp(level, np.r_[0.0, probability], np.r_[0.0, area])) * SQ_DEG

    @cached_property
    def peak(self) -> tuple[float, float]:
        """(ra, dec) in degrees of the cell of highest density."""
        from astropy_healpix import HEALPix

        best = int(np.argmax(self.density))
        grid = HEALPix(2 ** int(self.order[best]), order="nested")
        lon, lat = grid.healpix_to_lonlat([int(self.ipix[best])])
        return float(lon.deg[0]), float(lat.deg[0])

    @cached_property
    def _table(self) -> QTable:
        import astropy.units as u
        from astropy.table import QTable

        return QTable({"UNIQ": self.uniq.astype(np.uint64), "PROBDENSITY": self.density / u.sr})

    def moc(self, level: float) -> MOC:
        """The credible region at `level` as a MOC."""
        from mocpy import MOC

        rank, probability, _ = self._ranked
        count = min(int(np.searchsorted(probability, level)) + 1, rank.size)
        cells = rank[:count]
        depth = self.order[cells].astype(np.uint8)
        return MOC.from_healpix_cells(self.ipix[cells].astype(np.uint64), depth, max(29, int(depth.max())))

    def probability_in(self, region: MOC) -> float:
        """Probability within a MOC, 0 to 1."""
        return float(region.probability_in_multiordermap(self._table))


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


def separation(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Great-circle distance in degrees between two positions in degrees (Vincenty's formula, exact at all
    angles); plain trigonometry, because one scalar SkyCoord.separation costs 245 microseconds."""
    d_lon, lat1, lat2 = math.radians(ra2 - ra1), math.radians(dec1), math.radians(dec2)
    x = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(d_lon)
    y = math.cos(lat2) * math.sin(d_lon)
    z = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(d_lon)
    return math.degrees(math.atan2(math.hypot(x, y), z))


def centre(sky: Localization) -> tuple[float, float]:
    """Best position (ra, dec) in degrees: the centre, or the peak of a map. An annulus has none of its own and
    gives the centre of its circles."""
    return sky.peak if isinstance(sky, ProbabilityMap) else (sky.ra, sky.dec)


def _scale(stated: float, level: float) -> float:
    """Radius at `level` over the radius at `stated` containment, for a two-dimensional Gaussian."""
    if not (0.0 < stated < 1.0 and 0.0 < level < 1.0):
        raise FormatError(f"containment probabilities lie between 0 and 1; received {stated} and {level}")
    return math.sqrt(math.log1p(-level) / math.log1p(-stated))


def _cap(radius_deg: float) -> float:
    return 2.0 * math.pi * (1.0 - math.cos(math.radians(min(radius_deg, 180.0)))) * SQ_DEG


def area(sky: Localization, level: float) -> float:
    """Area in square degrees of the credible region at `level` (0 to 1). For an annulus the level must be its
    own; it does not say how its probability is spread."""
    if isinstance(sky, ProbabilityMap):
        return sky.area(level)
    if isinstance(sky, Annulus):
        if level > sky.containment_probability:
            raise FormatError(f"annulus is known to {sky.containment_probability}, not to {level}")
        return _cap(sky.outer) - _cap(sky.inner)
    factor = _scale(sky.containment_probability, level)
    if isinstance(sky, Circle):
        return _cap(sky.radius * factor)
    return math.pi * sky.semi_major * sky.semi_minor * factor**2


def moc(sky: Localization, level: float | None = None) -> MOC:
    """The region at `level` (default: 0.9 for a map, the stated containment otherwise) as a MOC. Cells are about
    a hundredth of the region's size, which keeps its area right to about one percent."""
    import astropy.units as u
    from astropy.coordinates import Latitude, Longitude
    from mocpy import MOC

    if isinstance(sky, ProbabilityMap):
        return sky.moc(0.9 if level is None else level)
    lon, lat = Longitude(sky.ra, u.deg), Latitude(sky.dec, u.deg)
    if isinstance(sky, Annulus):
        depth = _depth((sky.outer - sky.inner) / 2)
        return MOC.from_ring(
            lon=lon,
            lat=lat,
            internal_radius=sky.inner * u.deg,
            external_radius=sky.outer * u.deg,
            max_depth=depth,
        )
    factor = 1.0 if level is None else _scale(sky.containment_probability, level)
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
    target = moc(region)
    if isinstance(sky, ProbabilityMap):
        return sky.probability_in(target)
    lon, lat = _sample(sky)
    import astropy.units as u

    return float(np.mean(target.contains_lonlat(lon * u.deg, lat * u.deg)))


def _sample(sky: Region) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """4,096 positions (degrees) spread as the region's probability is: deterministic, on a golden-angle spiral of
    equal-probability steps, so that the same event always gives the same number."""
    from astropy.coordinates import SkyCoord

    steps = (np.arange(4096) + 0.5) / 4096
    turn = np.arange(4096) * math.pi * (3.0 - math.sqrt(5.0))
    if isinstance(sky, Annulus):
        inner, outer = math.cos(math.radians(sky.inner)), math.cos(math.radians(sky.outer))
        radius, angle = np.degrees(np.arccos(inner + (outer - inner) * steps)), turn
    else:
        sigma = 1.0 / math.sqrt(-2.0 * math.log1p(-sky.containment_probability))
        unit = sigma * np.sqrt(-2.0 * np.log1p(-steps))
        if isinstance(sky, Circle):
            radius, angle = unit * sky.radius, turn
        else:
            along, across = unit * np.cos(turn) * sky.semi_major, unit * np.sin(turn) * sky.semi_minor
            radius = np.hypot(along, across)
            angle = np.arctan2(across, along) + math.radians(sky.position_angle)
    origin = SkyCoord(sky.ra, sky.dec, unit="deg")
    points = origin.directional_offset_by(angle * (180 / math.pi) * _deg(), np.minimum(radius, 180.0) * _deg())
    return np.asarray(points.ra.deg), np.asarray(points.dec.deg)


def _deg() -> Any:
    import astropy.units as u

    return u.deg
