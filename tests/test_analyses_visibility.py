"""Visibility against astropy's own transformations, almanac facts and geometry."""

import io
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
from astropy.time import Time
from PIL import Image

from analyses.nightsky import airmass, altitude_of_airmass, day, windows
from analyses.observatories import Observatory, choose, load_observatories
from analyses.offline import offline_iers
from analyses.run import run
from nuncius.core.errors import ConfigurationError, PermanentError
from nuncius.core.result import Result

NGC4993 = {"type": "circle", "ra": 197.450374, "dec": -23.381495, "radius": 0.001}
GW170817 = "2017-08-17T12:41:04Z"
SITES = load_observatories()


def visibility(**inputs: object) -> Result:
    return run("visibility", inputs, {})


def circle(ra: float, dec: float, radius: float = 0.01) -> dict:
    return {"type": "circle", "ra": ra, "dec": dec, "radius": radius}


@pytest.mark.parametrize("key", ["paranal", "mauna-kea", "rozhen", "siding-spring"])
@pytest.mark.parametrize(
    ("ra", "dec", "start"),
    [
        (197.45, -23.38, datetime(2017, 8, 17, 12, 41, tzinfo=UTC)),
        (288.26, 19.77, datetime(2022, 10, 9, 13, 17, tzinfo=UTC)),
        (10.0, 85.0, datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_altitudes_agree_with_astropy(key: str, ra: float, dec: float, start: datetime) -> None:
    site = SITES[key]
    ours = day(ra, dec, [site], start)
    every = slice(None, None, 24)
    with offline_iers():
        times = Time(start) + ours.hours[every] * u.hour
        where = EarthLocation.from_geodetic(site.longitude, site.latitude, site.height)
        frame = AltAz(obstime=times, location=where)  # no pressure given: no refraction
        target = SkyCoord(ra, dec, unit="deg").transform_to(frame)
        sun = get_body("sun", times, where).transform_to(frame)
        moon = get_body("moon", times, where).transform_to(frame)
    # Held to a minute of arc; polar motion and diurnal aberration are left out. The Moon's tables are coarser.
    np.testing.assert_allclose(ours.target[0][every], target.alt.deg, atol=1 / 60)
    np.testing.assert_allclose(ours.sun[0][every], sun.alt.deg, atol=1 / 60)
    np.testing.assert_allclose(ours.moon[0][every], moon.alt.deg, atol=2 / 60)
    np.testing.assert_allclose(ours.moon_separation[0][every], target.separation(moon).deg, atol=2 / 60)


@pytest.mark.parametrize(
    ("moment", "lit"),
    [
        # Solar and lunar eclipses (NASA): new and full Moon to the minute; first quarter 2017-08-29 08:13 UTC.
        (datetime(2017, 8, 21, 18, 30, tzinfo=UTC), 0.0),
        (datetime(2024, 4, 8, 18, 21, tzinfo=UTC), 0.0),
        (datetime(2017, 8, 7, 18, 11, tzinfo=UTC), 1.0),
        (datetime(2025, 9, 7, 18, 9, tzinfo=UTC), 1.0),
        (datetime(2017, 8, 29, 8, 13, tzinfo=UTC), 0.5),
    ],
)
def test_the_moon_is_lit_as_the_almanac_says(moment: datetime, lit: float) -> None:
    found = day(0.0, 0.0, [SITES["paranal"]], moment - timedelta(hours=12)).moon_illumination
    assert found == pytest.approx(lit, abs=0.005)


def test_at_equinox_the_sun_passes_overhead_on_the_equator() -> None:
    equator = Observatory(name="Equator", longitude=0.0, latitude=0.0)
    found = day(0.0, 0.0, [equator], datetime(2024, 3, 20, tzinfo=UTC))
    noon = int(np.argmax(found.sun[0]))
    # Twelve hours, plus 7.5 minutes by which the Sun is late on that date (equation of time).
    assert found.hours[noon] == pytest.approx(12.0 + 7.5 / 60.0, abs=0.05)
    assert found.sun[0][noon] > 89.0


def test_in_polar_summer_there_is_no_dark_time() -> None:
    north = Observatory(name="Svalbard", longitude=15.6, latitude=78.2)
    found = day(0.0, 80.0, [north], datetime(2024, 6, 21, tzinfo=UTC))
    assert found.sun[0].min() > 0.0


def test_airmass_is_one_overhead_and_follows_kasten_and_young() -> None:
    # Kasten & Young (1989), table 2: 1.9939 at 30 degrees, 5.5841 at 10 degrees, 37.92 at the horizon
    found = airmass(np.array([90.0, 30.0, 10.0, 1e-9, -5.0]))
    assert found[0] == pytest.approx(1.0, abs=1e-3)
    assert found[1] == pytest.approx(1.994, abs=2e-3)
    assert found[2] == pytest.approx(5.59, abs=0.02)
    assert found[3] == pytest.approx(37.92, abs=0.05)
    assert math.isinf(found[4])
    assert altitude_of_airmass(float(found[1])) == pytest.approx(30.0, abs=0.01)


def test_windows_end_where_the_margin_crosses_zero() -> None:
    hours = np.arange(0.0, 24.01, 1 / 12)
    margin = np.sin(2 * np.pi * (hours - 3.21) / 12.0)
    (first, second) = windows(hours, margin)
    assert first == pytest.approx((3.21, 9.21), abs=0.002)
    assert second == pytest.approx((15.21, 21.21), abs=0.002)
    assert windows(hours, np.full(hours.size, 1.0)) == [(0.0, 24.0)]
    assert windows(hours, np.full(hours.size, -1.0)) == []


def test_the_counterpart_of_gw170817_was_up_at_las_campanas_when_it_was_found() -> None:
    # Coulter et al. 2017 (Science 358, 1556): first image of SSS17a from Las Campanas at 23:33 UTC, low in the west
    # in evening twilight.
    start = datetime(2017, 8, 17, 12, 41, 4, tzinfo=UTC)
    found = day(NGC4993["ra"], NGC4993["dec"], [SITES["las-campanas"]], start)
    when = (datetime(2017, 8, 17, 23, 33, tzinfo=UTC) - start) / timedelta(hours=1)
    assert -18.0 < np.interp(when, found.hours, found.sun[0]) < -12.0
    assert 30.0 < np.interp(when, found.hours, found.target[0]) < 60.0


def test_chile_and_south_africa_can_look_at_gw170817_and_europe_cannot() -> None:
    result = visibility(sky=NGC4993, time=GW170817)
    able = {row[0]: row for row in result.tables[0].rows}
    assert {"Las Campanas", "Paranal", "Cerro Pachón", "SAAO Sutherland", "Siding Spring"} <= able.keys()
    assert not {"Rozhen", "Calar Alto", "Palomar", "Haute-Provence"} & able.keys()
    assert result.values["observatories"].value == len(able)
    assert able["Las Campanas"][1].startswith("23:")
    assert f"Not from the other {len(SITES) - len(able)}: high only while it is not dark at" in result.caveats[1]


def test_a_later_time_in_twilight_is_allowed_when_asked_for() -> None:
    dark = visibility(sky=NGC4993, time=GW170817, sites=["las-campanas"]).values["best_hours"].value
    nautical = visibility(sky=NGC4993, time=GW170817, sites=["las-campanas"], sun_altitude_max=-12.0)
    # The Sun sinks from -12 to -18 degrees in about 28 minutes at this latitude.
    assert nautical.values["best_hours"].value - dark == pytest.approx(28 / 60, abs=0.05)


@pytest.mark.parametrize(("site", "dec"), [("paranal", 80.0), ("rozhen", -80.0)])
def test_what_never_rises_is_said_to_never_rise(site: str, dec: float) -> None:
    result = visibility(sky=circle(10.0, dec), time=GW170817, sites=[site])
    assert result.answer == "Observable from none of 1 observatories within 24 h: never rises at 1"
    assert result.values["observatories"].value == 0.0
    assert "hours_until_first" not in result.values


def test_sites_are_ranked_by_time_weighted_with_airmass() -> None:
    rows = visibility(sky=circle(288.26, 19.77), time="2022-10-09T13:17:00Z").tables[0].rows
    weights = [row[2] / float(str(row[3]).split()[0]) for row in rows]
    assert weights[0] > weights[-1]
    assert len(rows) > 10


def test_the_share_of_a_wide_region_that_a_site_can_see_is_that_of_its_sky() -> None:
    # A region as wide as the sky is spread evenly but for its Gaussian shape about the south pole: from the north
    # only its outskirts are ever high enough.
    wide = {"type": "circle", "ra": 0.0, "dec": -90.0, "radius": 60.0}
    seen = {key: visibility(sky=wide, time=GW170817, sites=[key]).tables for key in ("paranal", "rozhen")}
    assert seen["rozhen"][0].rows == []
    near = visibility(sky=circle(0.0, -60.0, 5.0), time=GW170817, sites=["paranal"]).tables[0].rows[0]
    assert near[-1] == pytest.approx(1.0, abs=0.001)
    half = visibility(sky=circle(0.0, 35.3, 5.0), time="2017-10-01T12:00:00Z", sites=["paranal"])
    # Culminates at 90 - 24.6 - 35.3 = 30.1 degrees, the altitude of airmass 2: half of it reaches that.
    assert 0.4 < half.values.get("best_fraction", half.values["observatories"]).value < 0.65


def test_an_annulus_and_an_impossible_airmass_are_refused() -> None:
    ring = {"type": "annulus", "ra": 1.0, "dec": 2.0, "inner": 10.0, "outer": 11.0}
    with pytest.raises(PermanentError, match="an annulus has none; combine it"):
        visibility(sky=ring, time=GW170817)
    with pytest.raises(PermanentError, match=r"between 1 and 10; received 0\.5"):
        visibility(sky=NGC4993, time=GW170817, airmass_max=0.5)
    with pytest.raises(PermanentError, match="needs a time"):
        visibility(sky=NGC4993)
    with pytest.raises(ConfigurationError, match="no observatory has the key 'parnal'; did you mean 'paranal'"):
        visibility(sky=NGC4993, time=GW170817, sites=["parnal"])


def test_the_figure_is_small_and_opaque_and_says_in_words_what_it_shows() -> None:
    figure = visibility(sky=NGC4993, time=GW170817, object="GW170817").figures[0]
    picture = Image.open(io.BytesIO(figure.png))
    assert len(figure.png) <= 200_000
    assert picture.width == 1080
    assert picture.mode in ("RGB", "P")
    assert "GW170817" in figure.alt
    assert "Observable from" in figure.alt


def test_the_shipped_observatories_are_many_and_spread_over_the_earth() -> None:
    assert len(SITES) >= 15
    assert sum(site.latitude < 0 for site in SITES.values()) >= 5
    gaps = np.diff(
        sorted([site.longitude for site in SITES.values()] + [min(s.longitude for s in SITES.values()) + 360])
    )
    assert gaps.max() < 90.0
    assert SITES["paranal"].latitude == pytest.approx(-24.627, abs=0.01)


def test_a_broken_observatory_file_names_file_and_field(tmp_path: Path) -> None:
    file = tmp_path / "observatories.toml"
    file.write_text('[x]\nname = "X"\nlongitude = 400.0\nlatitude = 0.0\n')
    with pytest.raises(ConfigurationError, match=r"observatories\.toml: .*longitude"):
        load_observatories(file)
    file.write_text("[x\n")
    with pytest.raises(ConfigurationError, match=r"observatories\.toml"):
        load_observatories(file)
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        load_observatories(tmp_path / "nowhere.toml")
    assert choose([], SITES) == SITES
