"""Altitudes of a target, the Sun and the Moon over a day, at many sites at once.

Directions of date (true equator and equinox) come from astropy, once per moment; altitudes from the hour angle, so
that twenty sites cost no more than one. No refraction, no polar motion: right to a minute of arc.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from analyses.observatories import Observatory
from analyses.offline import offline_iers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Minutes between moments; windows are interpolated between them.
STEP_MIN = 5.0
HOURS = 24.0


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """24 hours from `start`. `hours` since start, shape (time,); all others (site, time), degrees; airmass by Kasten
    & Young (1989, Appl. Opt. 28, 4735), infinite below the horizon. `moon_direction` are unit vectors of date as seen
    from each site, shape (3, site, time)."""

    start: datetime
    hours: NDArray[np.float64]
    target: NDArray[np.float64]
    airmass: NDArray[np.float64]
    sun: NDArray[np.float64]
    moon: NDArray[np.float64]
    moon_separation: NDArray[np.float64]
    moon_direction: NDArray[np.float64]
    moon_illumination: float
    sidereal_deg: NDArray[np.float64]


def day(ra: float, dec: float, sites: Sequence[Observatory], start: datetime) -> Day:
    """The day's altitudes of the target at (ra, dec), ICRS degrees, seen from each site."""
    from astropy.coordinates import TETE, SkyCoord, get_body
    from astropy.time import Time, TimeDelta

    hours = np.arange(0.0, HOURS + 1e-9, STEP_MIN / 60.0)
    with offline_iers():
        times = Time(start, scale="utc") + TimeDelta(hours * 3600.0, format="sec")
        sidereal = np.asarray(times.sidereal_time("apparent", "greenwich").deg)
        of_date = SkyCoord(ra, dec, unit="deg").transform_to(TETE(obstime=times[times.size // 2]))
        sun, moon = (
            _vectors(get_body(name, times, ephemeris="builtin").transform_to(TETE(obstime=times)))
            for name in ("sun", "moon")
        )
        places = _places(sites)
    local = sidereal[None, :] + np.array([site.longitude for site in sites])[:, None]
    latitude = np.array([site.latitude for site in sites])[:, None]
    target = altitude(float(of_date.ra.deg), float(of_date.dec.deg), local, latitude)
    sun_ra, sun_dec = _angles(sun)
    moon_seen = moon[:, None, :] - _turned(places, sidereal)  # the Moon is near: up to a degree of parallax
    moon_ra, moon_dec = _angles(moon_seen)
    aim = _unit(float(of_date.ra.deg), float(of_date.dec.deg))
    toward = moon_seen / np.linalg.norm(moon_seen, axis=0)
    middle = hours.size // 2
    return Day(
        start=start,
        hours=hours,
        target=target,
        airmass=airmass(target),
        sun=altitude(sun_ra, sun_dec, local, latitude),
        moon=altitude(moon_ra, moon_dec, local, latitude),
        moon_separation=np.degrees(np.arccos(np.clip(np.tensordot(aim, toward, axes=(0, 0)), -1.0, 1.0))),
        moon_direction=toward,
        moon_illumination=_illumination(sun[:, middle], moon[:, middle]),
        sidereal_deg=local,
    )


def altitude(ra: Array | float, dec: Array | float, sidereal: Array, latitude: Array | float) -> Array:
    """Altitude in degrees of directions of date; `sidereal` is local sidereal time in degrees."""
    hour_angle, lat, dec_r = np.radians(sidereal - ra), np.radians(latitude), np.radians(dec)
    height = np.sin(lat) * np.sin(dec_r) + np.cos(lat) * np.cos(dec_r) * np.cos(hour_angle)
    return np.asarray(np.degrees(np.arcsin(np.clip(height, -1.0, 1.0))))


def airmass(altitude_deg: Array) -> Array:
    """Relative optical air mass (Kasten & Young 1989); infinite below the horizon."""
    up = np.maximum(altitude_deg, 0.0)
    mass = 1.0 / (np.sin(np.radians(up)) + 0.50572 * (up + 6.07995) ** -1.6364)
    return np.where(altitude_deg > 0.0, np.maximum(mass, 1.0), np.inf)


def altitude_of_airmass(limit: float) -> float:
    """The altitude in degrees at which `airmass` reaches `limit`."""
    grid = np.linspace(0.0, 90.0, 18001)[1:]
    return float(np.interp(-limit, -airmass(grid), grid))


def windows(hours: Array, margin: Array) -> list[tuple[float, float]]:
    """Spans (begin, end) in hours where `margin` is positive, the ends interpolated linearly."""
    up = np.concatenate([[False], margin > 0.0, [False]])
    edges = np.flatnonzero(np.diff(up.astype(np.int8)))
    return [(_crossing(hours, margin, a), _crossing(hours, margin, b)) for a, b in edges.reshape(-1, 2)]


def _crossing(hours: Array, margin: Array, index: int) -> float:
    if index == 0 or index == hours.size:
        return float(hours[min(index, hours.size - 1)])
    before, after = margin[index - 1], margin[index]
    return float(hours[index - 1] + (hours[index] - hours[index - 1]) * before / (before - after))


def _vectors(coordinates: object) -> Array:
    """Cartesian kilometres, shape (3, time)."""
    return np.asarray(coordinates.cartesian.xyz.to_value("km"))  # type: ignore[attr-defined]


def _angles(vectors: Array) -> tuple[Array, Array]:
    x, y, z = vectors
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def _unit(ra: float, dec: float) -> Array:
    lon, lat = math.radians(ra), math.radians(dec)
    return np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])


def _places(sites: Sequence[Observatory]) -> Array:
    """Earth-fixed kilometres of the sites, shape (3, site)."""
    from astropy.coordinates import EarthLocation

    lon, lat, height = ([getattr(site, axis) for site in sites] for axis in ("longitude", "latitude", "height"))
    found = EarthLocation.from_geodetic(lon, lat, height)
    return np.array([axis.to_value("km") for axis in (found.x, found.y, found.z)])


def _turned(places: Array, sidereal: Array) -> Array:
    """The sites in the axes of date: turned by Greenwich sidereal time; shape (3, site, time)."""
    cos, sin = np.cos(np.radians(sidereal)), np.sin(np.radians(sidereal))
    x, y, z = places[:, :, None]
    return np.array([x * cos - y * sin, x * sin + y * cos, np.broadcast_to(z, (places.shape[1], sidereal.size))])


def _illumination(sun: Array, moon: Array) -> float:
    """Lit fraction of the Moon's disc (Meeus 1998, chapter 48)."""
    back, away = -moon, sun - moon
    phase = np.dot(back, away) / (np.linalg.norm(back) * np.linalg.norm(away))
    return float((1.0 + phase) / 2.0)
