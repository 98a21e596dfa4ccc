"""What an instrument could see at a moment, checked against geometry and against where real bursts were found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sgp4.api import WGS72, Satrec
from sgp4.exporter import export_tle

from analyses.fields import Surroundings, field_of_view, sidereal_deg, sun_altitude
from analyses.observatories import load_observatories
from analyses.orbits import EARTH_KM, Orbits
from analyses.pointings import pointing
from listeners.files import walk
from listeners.formats import parse
from nuncius.core.errors import ConfigurationError, FormatError
from nuncius.core.event import Event
from nuncius.core.sky import Circle, prob_in_moc

AT = datetime(2023, 3, 7, 15, 44, 7, tzinfo=UTC)


def notice(carrier: str, at: datetime, ra: float, dec: float, **more: object) -> Event:
    return Event(
        id=f"{carrier}-{at:%H%M%S}",
        kind=f"gcn.notice.{carrier}.spacecraft.pointdir",
        source="test",
        received=at,
        trigger_time=at,
        data={"ra_pointing": ra, "dec_pointing": dec, **more},
    )


def around(*events: Event, orbits: Orbits | None = None) -> Surroundings:
    def between(kinds: Sequence[str], begin: datetime, end: datetime) -> list[Event]:
        return [e for e in events if e.trigger_time and begin <= e.trigger_time <= end and e.kind.startswith(kinds[0])]

    return Surroundings(events=between, orbits=orbits or Orbits())


def cap_fraction(radius_deg: float) -> float:
    return (1.0 - math.cos(math.radians(radius_deg))) / 2.0


def test_an_all_sky_monitor_sees_the_whole_sky() -> None:
    assert field_of_view("konus", AT).moc().sky_fraction == pytest.approx(1.0)


def test_a_pointed_instrument_sees_a_cone_around_its_announced_pointing() -> None:
    told = notice("fermi", AT - timedelta(minutes=5), 120.0, -30.0)
    seen = field_of_view("fermi-lat", AT, around(told))
    assert seen.moc().sky_fraction == pytest.approx(cap_fraction(65.0), rel=0.02)
    assert prob_in_moc(Circle(ra=120.0, dec=-30.0, radius=0.1), seen.moc()) == 1.0
    assert "fermi-" in seen.note


def test_an_announced_path_is_followed_between_its_steps() -> None:
    steps = {"Delta_T": 120.0, "RA_1dt": 10.0, "Dec_1dt": 0.0, "SAA_1dt": 0.0, "RA_2dt": 20.0, "Dec_2dt": 0.0}
    told = notice("fermi", AT, 0.0, 0.0, parameters=steps | {"SAA_2dt": 1.0})
    halfway = pointing("fermi", AT + timedelta(seconds=60), around(told).events)
    assert halfway is not None
    assert halfway.ra == pytest.approx(5.0)
    off = field_of_view("lat", AT + timedelta(seconds=250), around(told))
    assert off.moc().empty()
    assert "South Atlantic" in off.note


def test_the_earth_hides_part_of_the_sky_where_its_place_is_told() -> None:
    told = notice("swift", AT, 80.0, 10.0, longitude=20.0, latitude=5.0)
    earth_ra = (sidereal_deg(AT) + 20.0 + 180.0) % 360.0
    blocked = notice("swift", AT, earth_ra, -5.0, longitude=20.0, latitude=5.0)
    assert field_of_view("bat", AT, around(told)).moc().sky_fraction > 0.0
    assert field_of_view("bat", AT, around(blocked)).moc().empty()  # the Earth's disc of 67 degrees covers the field


def test_an_old_pointing_is_not_believed_and_the_answer_says_so() -> None:
    old = notice("swift", AT - timedelta(hours=3), 80.0, 10.0)
    seen = field_of_view("bat", AT, around(old))
    assert 0.0 < seen.coverage < 0.2
    assert "not known" in seen.note


def test_supplied_elements_say_where_the_earth_is_for_gbm(tmp_path: Path) -> None:
    satellite = Satrec()
    epoch = (AT - datetime(1949, 12, 31, tzinfo=UTC)).total_seconds() / 86400.0
    motion = 2.0 * math.pi * 15.1 / 1440.0  # radians a minute
    inclination, node = math.radians(25.6), math.radians(40.0)
    satellite.sgp4init(WGS72, "i", 33053, epoch, 0.0, 0.0, 0.0, 0.001, 0.0, inclination, 0.0, motion, node)
    satellite.classification, satellite.intldesg = "U", "08029A"
    (tmp_path / "fermi.tle").write_text("\n".join(export_tle(satellite)) + "\n")
    seen = field_of_view("gbm", AT, around(orbits=Orbits(tmp_path)))
    disc = math.degrees(math.asin(EARTH_KM / (EARTH_KM + 535.0)))
    assert seen.coverage == 1.0
    assert seen.moc().sky_fraction == pytest.approx(1.0 - cap_fraction(disc), abs=0.01)
    # The ascending node lies on the equator at the right ascension of the node, so the Earth is opposite.
    assert prob_in_moc(Circle(ra=40.0, dec=0.0, radius=1.0), seen.moc()) == 1.0
    assert prob_in_moc(Circle(ra=220.0, dec=0.0, radius=1.0), seen.moc()) == 0.0
    later = field_of_view("gbm", AT + timedelta(days=40), around(orbits=Orbits(tmp_path)))
    assert later.coverage < 1.0  # stale elements are not used


def test_a_file_without_elements_is_named(tmp_path: Path) -> None:
    (tmp_path / "fermi.tle").write_text("hello\n")
    with pytest.raises(ConfigurationError, match=r"fermi\.tle"):
        Orbits(tmp_path).zenith("fermi", AT)


def test_an_observatory_sees_what_is_high_in_a_dark_sky() -> None:
    sites = load_observatories()
    night, noon = datetime(2023, 3, 8, 4, 0, tzinfo=UTC), datetime(2023, 3, 8, 16, 40, tzinfo=UTC)
    paranal = sites["paranal"]
    assert sun_altitude(paranal, night) < -30.0
    assert sun_altitude(paranal, noon) > 60.0
    seen = field_of_view("paranal", night)
    assert seen.moc().sky_fraction == pytest.approx(cap_fraction(70.0), rel=0.02)
    assert field_of_view("paranal", noon).moc().empty()


def test_the_sun_stands_where_astropy_puts_it() -> None:
    from astropy.coordinates import AltAz, EarthLocation, get_sun
    from astropy.time import Time

    site = load_observatories()["palomar"]
    place = EarthLocation.from_geodetic(site.longitude, site.latitude, site.height)
    for hour in range(0, 24, 5):
        at = datetime(2026, 6, 1, hour, tzinfo=UTC)
        there = get_sun(Time(at)).transform_to(AltAz(obstime=Time(at), location=place))
        assert sun_altitude(site, at) == pytest.approx(there.alt.deg, abs=0.15)


def test_an_instrument_that_has_ended_sees_nothing() -> None:
    assert field_of_view("spi-acs", AT).coverage == 1.0
    assert field_of_view("INTEGRAL/SPI-ACS", datetime(2026, 1, 1, tzinfo=UTC)).moc().empty()


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(FormatError, match="did you mean"):
        field_of_view("konuss", AT)


def test_real_bursts_lie_in_the_field_that_the_pointing_notices_give(shared_data: Path) -> None:
    """VOEvents of October 2022 (timstaley/voevent-tarballs): BAT finds bursts within its field, IBIS within its own."""
    told, found = [], []
    archive = shared_data / "voevents" / "2022-10.001.tar.bz2"
    wanted = ("SWIFT_Point_Dir", "Actual_Point_Dir", "Point_Dir_", "BAT_GRB_Pos", "Wakeup")
    for message in walk([archive], now=AT):
        if any(word in message.name for word in wanted):
            for event in parse(message):
                if ".spacecraft" in event.kind:
                    told.append(event)
                elif event.is_real and event.trigger_time and "ra" in event.data:
                    found.append(event)
    here = around(*told)
    key = {"swift": "bat", "integral": "ibis"}
    inside = []
    for event in found:
        assert event.trigger_time is not None
        seen = field_of_view(key[event.kind.split(".")[2]], event.trigger_time, here)
        place = Circle(ra=event.data["ra"], dec=event.data["dec"], radius=0.05)
        inside.append(prob_in_moc(place, seen.moc()) > 0.5)
    assert len(inside) >= 8
    assert sum(inside) / len(inside) >= 0.85
