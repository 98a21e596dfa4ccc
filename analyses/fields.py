"""Fields of view: which part of the sky an instrument or an observatory could see at a moment.

    fov("lat", t) = cone around the announced pointing, minus the Earth's disc

Where a spacecraft looked comes from its notices (`pointings.py`), where it was from its notices or from orbital
elements (`orbits.py`). What is not known is averaged, and the answer says so: then every place has the same chance
(`coverage`) of having been seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from analyses.instruments import Instrument, load_instruments
from analyses.observatories import Observatory, load_observatories
from analyses.orbits import EARTH_KM, Orbits
from analyses.pointings import EventsBetween, Pointing, pointing
from nuncius.core.errors import FormatError, PermanentError
from nuncius.core.event import Event
from nuncius.core.registry import did_you_mean
from nuncius.core.sky import Patch

if TYPE_CHECKING:
    from mocpy import MOC

#: HEALPix order of a field of view: cells of 0.9 degrees; narrow fields get finer ones.
DEPTH = 6
WHOLE_SKY_DEG2 = 41252.96
#: Ground observatories: below this altitude nobody observes; the Sun must be below this for the sky to be dark.
LOWEST_DEG = 20.0
DARK_DEG = -12.0


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a field of view depends on besides the time: notices of spacecraft, and orbital elements."""

    events: EventsBetween
    orbits: Orbits


def _nothing(kinds: Sequence[str], begin: datetime, end: datetime) -> list[Event]:
    return []


#: Nothing known: every pointed instrument is averaged.
ALONE = Surroundings(events=_nothing, orbits=Orbits())


@cache
def _known() -> tuple[dict[str, Instrument], dict[str, Observatory]]:
    return load_instruments(), load_observatories()


def known_as(name: str) -> Instrument | Observatory:
    """The instrument (by its key, `gbm` or `fermi-gbm`) or the observatory that is called so. Raises FormatError."""
    instruments, observatories = _known()
    key = name.strip().lower().replace("/", "-").replace(".", "-").replace(" ", "-").replace("_", "-")
    if key in observatories:
        return observatories[key]
    found = next((k for k in (key, key.partition("-")[2], key.rpartition("-")[2]) if k in instruments), None)
    if found is None:
        raise FormatError(
            f"no instrument or observatory is called '{name}'{did_you_mean(key, [*instruments, *observatories])}"
        )
    return instruments[found]


def field_of_view(name: str, at: datetime, around: Surroundings = ALONE) -> Patch:
    """The sky that `name` (as `known_as` knows it) could see at `at`. An instrument that saw nothing has an empty
    field, whose note says why. Raises FormatError for an unknown name, PermanentError where nothing is known about the
    field."""
    instrument = known_as(name)
    if isinstance(instrument, Observatory):
        return _from_the_ground(instrument, at)
    if instrument.until and f"{at:%Y-%m}" > instrument.until:
        return _nothing_seen(f"{instrument.mission} {instrument.name} ended in {instrument.until}")
    if instrument.since and f"{at:%Y-%m}" < instrument.since:
        return _nothing_seen(f"{instrument.mission} {instrument.name} began in {instrument.since}")
    if instrument.latitude is not None and instrument.longitude is not None:
        zenith = (sidereal_deg(at) + instrument.longitude) % 360.0, instrument.latitude
        return Patch(cells=_cells(_cone(*zenith, instrument.half_angle or 90.0)))
    if instrument.field_of_view in ("all sky", "antenna pattern"):
        return Patch(cells="0/0-11")
    return _from_orbit(instrument, at, around)


def _from_orbit(instrument: Instrument, at: datetime, around: Surroundings) -> Patch:
    carrier = instrument.carrier or ""
    axis = pointing(carrier, at, around.events)
    if axis is not None and axis.off:
        return _nothing_seen(f"{instrument.mission} was in the South Atlantic Anomaly, by {axis.event}")
    earth = _earth(instrument, axis, at, around)
    if instrument.field_of_view == "unocculted sky":
        if earth is not None:
            return Patch(cells=_cells(earth.complement()))
        return _averaged(instrument, f"where {instrument.mission} was in its orbit is not known")
    if axis is None or instrument.half_angle is None:
        return _averaged(instrument, f"where {instrument.mission} pointed is not known")
    seen = _cone(axis.ra, axis.dec, instrument.half_angle)
    if earth is not None:
        return Patch(cells=_cells(seen.difference(earth)))
    low = instrument.altitude_km is not None
    note = f"pointing by {axis.event}" + ("; the Earth, which may hide a part, is left out" if low else "")
    return Patch(cells=_cells(seen), note=note)


def _nothing_seen(why: str) -> Patch:
    return Patch(cells="", coverage=0.0, note=why)


def _averaged(instrument: Instrument, why: str) -> Patch:
    share = instrument.share
    if share is None:
        if instrument.field_deg2 is None:
            raise PermanentError(f"{why}, and neither is the share of the sky that {instrument.name} sees")
        share = instrument.field_deg2 / WHOLE_SKY_DEG2
    return Patch(cells="0/0-11", coverage=share, note=f"approximate: {why}, so each place counts {share:.2g}")


def _earth(instrument: Instrument, axis: Pointing | None, at: datetime, around: Surroundings) -> MOC | None:
    """The Earth's disc as seen from the spacecraft; None for high orbits and where its place is not known."""
    if instrument.altitude_km is None:
        return None
    above = around.orbits.zenith(instrument.carrier or "", at)
    if above is None and axis is not None and axis.longitude is not None and axis.latitude is not None:
        distance = EARTH_KM + instrument.altitude_km
        above = (sidereal_deg(at) + axis.longitude) % 360.0, axis.latitude, distance
    if above is None:
        return None
    ra, dec, distance = above
    return _cone((ra + 180.0) % 360.0, -dec, math.degrees(math.asin(EARTH_KM / distance)))


def _from_the_ground(site: Observatory, at: datetime) -> Patch:
    """What stands high enough in a dark sky."""
    height = sun_altitude(site, at)
    if height > DARK_DEG:
        return _nothing_seen(f"the sky over {site.name} is not dark: the Sun stands at {height:.0f} degrees")
    zenith = (sidereal_deg(at) + site.longitude) % 360.0
    return Patch(cells=_cells(_cone(zenith, site.latitude, 90.0 - LOWEST_DEG)))


def sidereal_deg(at: datetime) -> float:
    """Greenwich mean sidereal time in degrees (IAU 1982, linear part; UT1 taken as UTC, good to 0.01 degrees)."""
    days = (at.astimezone(UTC) - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400.0
    return (280.46061837 + 360.98564736629 * days) % 360.0


def sun_altitude(site: Observatory, at: datetime) -> float:
    """Altitude of the Sun in degrees, good to 0.1 degrees (low-precision Sun of the Astronomical Almanac, C5)."""
    days = (at.astimezone(UTC) - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400.0
    anomaly = math.radians(357.528 + 0.9856003 * days)
    longitude = math.radians(280.460 + 0.9856474 * days + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 4e-7 * days)
    ra = math.atan2(math.cos(tilt) * math.sin(longitude), math.cos(longitude))
    dec = math.asin(math.sin(tilt) * math.sin(longitude))
    hour = math.radians(sidereal_deg(at) + site.longitude) - ra
    lat = math.radians(site.latitude)
    return math.degrees(math.asin(math.sin(lat) * math.sin(dec) + math.cos(lat) * math.cos(dec) * math.cos(hour)))


def _cone(ra: float, dec: float, radius: float) -> MOC:
    from astropy import units as u
    from astropy.coordinates import Latitude, Longitude
    from mocpy import MOC

    depth = DEPTH if radius > 5.0 else 12
    return MOC.from_cone(lon=Longitude(ra, u.deg), lat=Latitude(dec, u.deg), radius=radius * u.deg, max_depth=depth)


def _cells(region: MOC) -> str:
    return str(region.to_string())
