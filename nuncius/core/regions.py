"""Shapes on the sky that a notice can state in a few numbers, and how their probability is spread.

Frame: ICRS, degrees. A circle or an ellipse is a two-dimensional Gaussian known by one containment radius; other
levels follow from r(p) proportional to sqrt(-2 ln(1 - p)). An annulus is flat across its width.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from nuncius.core.errors import FormatError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SQ_DEG = (180.0 / math.pi) ** 2  # square degrees in a steradian

#: Points that stand for a region when its probability is summed: enough for one percent.
SAMPLES = 4096


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


Region = Circle | Ellipse | Annulus


def scale(stated: float, level: float) -> float:
    """Radius at `level` over the radius at `stated` containment, for a two-dimensional Gaussian."""
    if not (0.0 < stated < 1.0 and 0.0 < level < 1.0):
        raise FormatError(f"containment probabilities lie between 0 and 1; received {stated} and {level}")
    return math.sqrt(math.log1p(-level) / math.log1p(-stated))


def cap(radius_deg: float) -> float:
    """Area in square degrees of a spherical cap."""
    half = math.sin(math.radians(min(radius_deg, 180.0)) / 2.0)  # 1 - cos r loses a small cap to rounding
    return 4.0 * math.pi * half * half * SQ_DEG


def separation(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Great-circle distance in degrees between two positions in degrees (Vincenty's formula, exact at all
    angles); plain trigonometry, because one scalar SkyCoord.separation costs 245 microseconds."""
    d_lon, lat1, lat2 = math.radians(ra2 - ra1), math.radians(dec1), math.radians(dec2)
    x = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(d_lon)
    y = math.cos(lat2) * math.sin(d_lon)
    z = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(d_lon)
    return math.degrees(math.atan2(math.hypot(x, y), z))


def separations(ra: float, dec: float, ras: ArrayLike, decs: ArrayLike) -> NDArray[np.float64]:
    """`separation` from one position to many, degrees."""
    radius, _ = polar(ra, dec, ras, decs)
    return radius


def polar(ra: float, dec: float, ras: ArrayLike, decs: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance from (ra, dec) and position angle east of north seen from there, of many positions; degrees."""
    d_lon, lat1, lat2 = np.radians(np.asarray(ras) - ra), math.radians(dec), np.radians(np.asarray(decs))
    north = math.cos(lat1) * np.sin(lat2) - math.sin(lat1) * np.cos(lat2) * np.cos(d_lon)
    east = np.cos(lat2) * np.sin(d_lon)
    along = math.sin(lat1) * np.sin(lat2) + math.cos(lat1) * np.cos(lat2) * np.cos(d_lon)
    return np.degrees(np.arctan2(np.hypot(north, east), along)), np.degrees(np.arctan2(east, north))


def offset(
    ra: float, dec: float, angle: ArrayLike, radius: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The inverse of `polar`: positions at position angle `angle` and distance `radius` from (ra, dec), degrees."""
    lon, lat = math.radians(ra), math.radians(dec)
    turn, reach = np.radians(np.asarray(angle, float)), np.radians(np.asarray(radius, float))
    here = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])
    north = np.array([-math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat)])
    east = np.array([-math.sin(lon), math.cos(lon), 0.0])
    sideways = np.multiply.outer(north, np.cos(turn)) + np.multiply.outer(east, np.sin(turn))
    x, y, z = np.multiply.outer(here, np.cos(reach)) + sideways * np.sin(reach)
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))


def sample(sky: Region) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions (degrees) spread as the region's probability is: deterministic, on a golden-angle spiral of
    equal-probability steps, so that the same event always gives the same number."""
    steps = (np.arange(SAMPLES) + 0.5) / SAMPLES
    turn = np.arange(SAMPLES) * math.pi * (3.0 - math.sqrt(5.0))
    if isinstance(sky, Annulus):
        inner, outer = math.cos(math.radians(sky.inner)), math.cos(math.radians(sky.outer))
        return offset(sky.ra, sky.dec, np.degrees(turn), np.degrees(np.arccos(inner + (outer - inner) * steps)))
    sigma = 1.0 / math.sqrt(-2.0 * math.log1p(-sky.containment_probability))
    unit = sigma * np.sqrt(-2.0 * np.log1p(-steps))
    if isinstance(sky, Circle):
        radius, angle = unit * sky.radius, np.degrees(turn)
    else:
        along, across = unit * np.cos(turn) * sky.semi_major, unit * np.sin(turn) * sky.semi_minor
        radius, angle = np.hypot(along, across), np.degrees(np.arctan2(across, along)) + sky.position_angle
    return offset(sky.ra, sky.dec, angle, np.minimum(radius, 180.0))


def outline(sky: Region, level: float | None = None) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The border as closed lines (ra, dec) in degrees: one for a circle or an ellipse, two for an annulus. `level`
    rescales a circle or an ellipse; an annulus has its own."""
    turn = np.linspace(0.0, 360.0, 361)
    if isinstance(sky, Annulus):
        return [offset(sky.ra, sky.dec, turn, np.full(turn.size, radius)) for radius in (sky.inner, sky.outer)]
    factor = 1.0 if level is None else scale(sky.containment_probability, level)
    if isinstance(sky, Circle):
        return [offset(sky.ra, sky.dec, turn, np.full(turn.size, min(sky.radius * factor, 180.0)))]
    along = sky.semi_major * factor * np.cos(np.radians(turn))
    across = sky.semi_minor * factor * np.sin(np.radians(turn))
    angle = np.degrees(np.arctan2(across, along)) + sky.position_angle
    return [offset(sky.ra, sky.dec, angle, np.hypot(along, across))]


def contains(sky: Region, ra: ArrayLike, dec: ArrayLike) -> NDArray[np.bool_]:
    """Whether positions in degrees lie in the region at its stated containment."""
    radius, angle = polar(sky.ra, sky.dec, ra, dec)
    if isinstance(sky, Annulus):
        return np.asarray((radius >= sky.inner) & (radius <= sky.outer))
    if isinstance(sky, Circle):
        return np.asarray(radius <= sky.radius)
    turn = np.radians(angle - sky.position_angle)
    across = (radius * np.sin(turn) / max(sky.semi_minor, 1e-12)) ** 2
    return np.asarray((radius * np.cos(turn) / max(sky.semi_major, 1e-12)) ** 2 + across <= 1.0)


def density(sky: Region, ra: ArrayLike, dec: ArrayLike) -> NDArray[np.float64]:
    """Probability per steradian at positions in degrees. Gaussians are those of the tangent plane, good where the
    region is much smaller than the sphere."""
    radius, angle = polar(sky.ra, sky.dec, ra, dec)
    if isinstance(sky, Annulus):
        inside = (radius >= sky.inner) & (radius <= sky.outer)
        return np.where(inside, sky.containment_probability * SQ_DEG / (cap(sky.outer) - cap(sky.inner)), 0.0)
    sigma = 1.0 / math.sqrt(-2.0 * math.log1p(-sky.containment_probability))
    if isinstance(sky, Circle):
        major = minor = max(sky.radius, 1e-7) * sigma
        angle = np.zeros_like(angle)
    else:
        major, minor = max(sky.semi_major, 1e-7) * sigma, max(sky.semi_minor, 1e-7) * sigma
        angle = np.radians(angle - sky.position_angle)
    square = (radius * np.cos(angle) / major) ** 2 + (radius * np.sin(angle) / minor) ** 2
    return np.asarray(np.exp(-square / 2.0) * SQ_DEG / (2.0 * math.pi * major * minor))
