"""Localization: numbers against closed forms and published maps, figures against the pixels they must have."""

import hashlib
import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_sky import fits_of, gaussian_map

from analyses.layers import credible_level, extent, sun_and_moon
from analyses.library.localization import rounded, size
from analyses.projection import Mollweide, Zenithal
from analyses.run import run
from nuncius.core.quantity import Quantity
from nuncius.core.regions import separation
from nuncius.core.result import Result
from nuncius.core.sky import Annulus, Circle, Ellipse, ProbabilityMap

GBM = {"type": "circle", "ra": 176.8, "dec": -39.8, "radius": 11.6, "containment_probability": 0.68}


def localization(blobs: dict[str, bytes] | None = None, **inputs: object) -> Result:
    return run("localization", inputs, blobs or {})


def published_map(path: Path) -> tuple[dict, dict[str, bytes]]:
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return {"type": "map", "sha256": sha256}, {sha256: content}


def test_a_circle_gives_its_own_numbers_back() -> None:
    values = localization(sky=GBM).values
    sigma = math.radians(11.6) / math.sqrt(-2.0 * math.log(1 - 0.68))
    for name, level in (("area_50", 0.5), ("area_90", 0.9)):
        radius = sigma * math.sqrt(-2.0 * math.log(1 - level))
        expected = 2 * math.pi * (1 - math.cos(radius)) * (180 / math.pi) ** 2
        assert values[name].value == pytest.approx(expected, rel=1e-6)
        assert values[name].unit == "deg2"
    assert (values["ra"].value, values["dec"].value) == (176.8, -39.8)
    assert values["ra_dec_error"].value == 11.6
    assert values["containment_probability"].value == 0.68


def test_an_annulus_claims_no_best_position_and_no_other_level() -> None:
    result = localization(sky={"type": "annulus", "ra": 120.0, "dec": 30.0, "inner": 80.0, "outer": 86.0})
    assert set(result.values) == {"area_99.7"}
    assert "no best position" in result.caveats[0]


def test_a_given_distance_is_reported_and_a_maps_own_wins() -> None:
    given = localization(sky=GBM, luminosity_distance="0.04 Gpc", luminosity_distance_error=8)
    assert given.values["luminosity_distance"].value == pytest.approx(40.0)
    assert "at 40 ± 8 Mpc" in given.answer
    content = fits_of(
        {"PROB": np.arange(1, 13) / 78}, {"NSIDE": 1, "ORDERING": "NESTED", "DISTMEAN": 155.0, "DISTSTD": 45.0}
    )
    sha256 = hashlib.sha256(content).hexdigest()
    own = localization({sha256: content}, sky={"type": "map", "sha256": sha256}, luminosity_distance=1.0)
    assert own.values["luminosity_distance"] == Quantity(value=155.0, unit="Mpc", minus=45.0, plus=45.0)


def test_the_published_numbers_of_s190425z(shared_data: Path) -> None:
    # GCN Circular 24168: 90 % area 10183 deg2, distance 155 +/- 45 Mpc, for this file.
    file = shared_data / "lightcurves/skyportal-lightcurves/skyportal/tests/data/bayestar.fits.gz"
    sky, blobs = published_map(file)
    result = localization(blobs, sky=sky, object="S190425z", trigger_time="2019-04-25T08:18:05Z")
    assert result.answer.startswith("50 % within 2,806 deg², 90 % within 10,183 deg²")
    assert result.answer.endswith("at 155 ± 45 Mpc")
    assert result.provenance["inputs"]["sky"] == sky
    assert len(result.figures[0].png) <= 200_000


def test_regions_are_compared_both_ways() -> None:
    regions = [{"name": "inner", "sky": {**GBM, "radius": 5.8}}, {"name": "far", "sky": {**GBM, "ra": 10.0}}]
    result = localization(sky=GBM, regions=regions)
    # concentric Gaussians: 1 - (1 - p)^((r2/r1)^2)
    assert result.values["prob_inside_inner"].value == pytest.approx(1 - 0.32 ** (1 / 4), abs=0.005)
    assert result.values["inside_inner"].value == pytest.approx(1 - 0.32**4, abs=0.005)
    assert result.values["overlap_integral_inner"].value > 10.0
    assert result.values["prob_inside_far"].value == 0.0
    assert result.values["overlap_integral_far"].value == pytest.approx(0.0, abs=1e-6)
    assert [row[0] for row in result.tables[0].rows] == ["inner", "far"]


def test_a_marker_lies_at_its_credible_level() -> None:
    markers = [
        {"name": "centre", "ra": 176.8, "dec": -39.8},
        {"name": "edge", "ra": 176.8, "dec": -39.8 + 11.6},
        {"name": "elsewhere", "ra": 10.0, "dec": 10.0},
    ]
    values = localization(sky=GBM, markers=markers).values
    assert values["credible_level_centre"].value == pytest.approx(0.0, abs=1e-9)
    assert values["credible_level_edge"].value == pytest.approx(0.68, abs=1e-6)
    assert values["credible_level_elsewhere"].value == pytest.approx(1.0, abs=1e-6)


def test_credible_levels_of_a_map_are_those_of_the_gaussian_it_draws() -> None:
    drawn = gaussian_map(60.0, 20.0, 3.0)
    circle = Circle(ra=60.0, dec=20.0, radius=3.0, containment_probability=1 - math.exp(-0.5))
    ra, dec = np.array([60.0, 60.0, 60.0, 240.0]), np.array([20.0, 23.0, 26.0, -20.0])
    np.testing.assert_allclose(credible_level(drawn, ra, dec), credible_level(circle, ra, dec), atol=0.05)


def test_the_credible_level_of_a_cell_counts_the_cell_itself() -> None:
    probability = np.arange(12, 0, -1) / 78.0
    cells = ProbabilityMap(np.arange(12, dtype=np.int64) + 4, probability * 3.0 / math.pi)
    np.testing.assert_allclose(credible_level(cells, *cells.centres), np.cumsum(probability))


def test_the_close_up_holds_the_whole_90_percent_region() -> None:
    sigma = 3.0
    ra, dec, reach = extent(gaussian_map(60.0, 20.0, sigma))
    assert separation(ra, dec, 60.0, 20.0) < 0.1
    assert reach == pytest.approx(sigma * math.sqrt(2 * math.log(10)), rel=0.08)
    ellipse = Ellipse(ra=1, dec=2, semi_major=0.5, semi_minor=0.1, position_angle=0)
    assert extent(ellipse) == pytest.approx((1.0, 2.0, 0.5))
    assert extent(Annulus(ra=1, dec=2, inner=3, outer=4)) == (1, 2, 4)


@pytest.mark.parametrize("middle", [0.0, 180.0])
def test_mollweide_keeps_areas_and_goes_there_and_back(middle: float) -> None:
    paper = Mollweide(middle)
    rng = np.random.default_rng(170817)
    ra, dec = rng.uniform(0, 360, 500), np.degrees(np.arcsin(rng.uniform(-1, 1, 500)))
    x, y = paper.place(ra, dec)
    back_ra, back_dec = paper.sky(x, y)
    np.testing.assert_allclose(np.hypot((back_ra - ra + 180) % 360 - 180, back_dec - dec), 0.0, atol=1e-4)
    # Equal area: positions spread evenly on the sphere fall evenly into the ellipse.
    within_half = np.mean((x / 2) ** 2 + y**2 < 0.5)
    assert within_half == pytest.approx(0.5, abs=0.07)
    assert np.isnan(paper.sky([2.1], [0.0])[0][0])


def test_east_is_to_the_left_on_both_projections() -> None:
    assert Mollweide(180.0).place([190.0], [0.0])[0][0] < 0.0
    assert Zenithal(180.0, 0.0).place([181.0], [0.0])[0][0] == pytest.approx(-1.0, abs=1e-6)
    ra, dec = Zenithal(10.0, 80.0).sky([-1.0], [2.0])
    x, y = Zenithal(10.0, 80.0).place(ra, dec)
    assert (x[0], y[0]) == pytest.approx((-1.0, 2.0))


def test_the_figure_shows_the_region_where_it_is() -> None:
    sky = {"type": "circle", "ra": 180.0, "dec": 0.0, "radius": 50.0}
    picture = np.asarray(Image.open(io.BytesIO(localization(sky=sky).figures[0].png)).convert("RGB")).astype(int)
    red = (picture[:, :, 0] - picture[:, :, 2]) > 60
    _, columns = np.nonzero(red[: picture.shape[0] * 3 // 4])
    assert abs(columns.mean() - picture.shape[1] / 2) < 20  # RA 12h is in the middle
    assert red.mean() > 0.02


@pytest.mark.parametrize(
    "sky",
    [
        {"type": "circle", "ra": 0.0, "dec": 90.0, "radius": 3.0},
        {"type": "circle", "ra": 359.99, "dec": -89.0, "radius": 0.00001},
        {"type": "circle", "ra": 10.0, "dec": 0.0, "radius": 0.0},
        {"type": "ellipse", "ra": 0.01, "dec": 60.0, "semi_major": 0.05, "semi_minor": 0.02, "position_angle": 30.0},
        {"type": "circle", "ra": 10.0, "dec": 20.0, "radius": 170.0},
        {"type": "annulus", "ra": 0.0, "dec": -90.0, "inner": 0.0, "outer": 1.0},
    ],
)
def test_poles_points_and_hemispheres_can_be_drawn(sky: dict) -> None:
    figure = localization(
        sky=sky,
        object="GRB 991231A with a name far too long for any card that a thread could show",
        trigger_time="1999-12-31T23:59:59Z",
        regions=[{"name": f"region {i}", "sky": {**GBM, "radius": 10.0**-i}} for i in range(4)],
        markers=[{"name": "host", "ra": 10.0, "dec": 20.0}],
    ).figures[0]
    assert Image.open(io.BytesIO(figure.png)).width == 1080
    assert len(figure.png) <= 200_000


def test_sun_and_moon_stand_together_at_an_eclipse() -> None:
    from datetime import UTC, datetime

    # Total solar eclipse of 2017-08-21, greatest at 18:26 UTC; the Sun was in Leo at RA 10h04m, Dec +11.9.
    sun, moon = sun_and_moon(datetime(2017, 8, 21, 18, 26, tzinfo=UTC))
    assert separation(sun.ra, sun.dec, moon.ra, moon.dec) < 1.0
    assert separation(sun.ra, sun.dec, 150.9, 11.9) < 0.3


@pytest.mark.parametrize(
    ("deg2", "text"),
    [(10182.6, "10,183 deg²"), (30.98, "31 deg²"), (0.5, "0.5 deg²"), (1e-3, "3.6 arcmin²"), (1e-7, "1.3 arcsec²")],
)
def test_areas_are_said_in_the_unit_that_people_use(deg2: float, text: str) -> None:
    assert size(deg2) == text


def test_a_value_is_rounded_to_the_first_digit_of_its_error() -> None:
    assert rounded(Quantity(value=39.77, unit="Mpc", minus=8.308, plus=8.308)) == "40 ± 8 Mpc"
    assert rounded(Quantity(value=0.1234, unit="deg", minus=0.0123, plus=0.0123)) == "0.12 ± 0.01 deg"
    assert rounded(Quantity(value=40.0, unit="Mpc")) == "40 Mpc"
