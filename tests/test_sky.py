"""Sky regions and maps against closed forms, astropy and published sky maps."""

import gzip
import io
import math
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy_healpix import HEALPix
from hypothesis import given, settings
from hypothesis import strategies as st

from nuncius.core import sky as nsky
from nuncius.core.errors import FormatError
from nuncius.core.regions import contains, density, offset, outline, polar, sample
from nuncius.core.sky import Annulus, Circle, Ellipse, MapReference, ProbabilityMap

WHOLE_SKY = 4.0 * math.pi * (180.0 / math.pi) ** 2  # 41,252.96 square degrees

angles = st.floats(0.0, 360.0, exclude_max=True)
latitudes = st.floats(-89.9, 89.9)


def gaussian_map(ra: float, dec: float, sigma: float, order: int = 7) -> ProbabilityMap:
    """A round Gaussian on a flat grid of that order."""
    pixels = np.arange(12 * 4**order, dtype=np.int64)
    lon, lat = HEALPix(2**order, order="nested").healpix_to_lonlat(pixels)
    radius, _ = polar(ra, dec, lon.deg, lat.deg)
    values = np.exp(-0.5 * (radius / sigma) ** 2)
    return ProbabilityMap(pixels + 4 * 4**order, values / np.sum(values) * 3.0 * 4.0**order / math.pi)


def fits_of(columns: dict[str, np.ndarray], header: dict[str, object]) -> bytes:
    table = fits.BinTableHDU.from_columns(
        [fits.Column(name, "K" if data.dtype.kind == "i" else "D", array=data) for name, data in columns.items()]
    )
    table.header.update(header)
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(buffer)
    return buffer.getvalue()


@given(angles, latitudes, angles, latitudes)
@settings(max_examples=100)
def test_separation_agrees_with_astropy(ra1: float, dec1: float, ra2: float, dec2: float) -> None:
    theirs = SkyCoord(ra1, dec1, unit="deg").separation(SkyCoord(ra2, dec2, unit="deg")).deg
    assert nsky.separation(ra1, dec1, ra2, dec2) == pytest.approx(theirs, abs=1e-10)


def test_separation_is_exact_for_neighbours_and_antipodes() -> None:
    assert nsky.separation(10.0, 60.0, 10.0, 60.0 + 1e-9) == pytest.approx(1e-9, rel=1e-5)
    assert nsky.separation(0.0, 0.0, 180.0, 0.0) == pytest.approx(180.0, abs=1e-12)


@given(angles, latitudes, angles, st.floats(1e-6, 179.0))
@settings(max_examples=100)
def test_offset_and_polar_are_inverses_and_agree_with_astropy(
    ra: float, dec: float, angle: float, radius: float
) -> None:
    lon, lat = offset(ra, dec, angle, radius)
    theirs = SkyCoord(ra, dec, unit="deg").directional_offset_by(angle * u.deg, radius * u.deg)
    assert nsky.separation(float(lon), float(lat), theirs.ra.deg, theirs.dec.deg) < 1e-9
    back, _ = polar(ra, dec, lon, lat)
    assert float(back) == pytest.approx(radius, abs=1e-9)


@pytest.mark.parametrize("radius", [1e-4, 0.1, 5.0, 60.0, 120.0, 180.0])
def test_area_of_a_circle_is_that_of_a_spherical_cap(radius: float) -> None:
    expected = 2.0 * math.pi * (1.0 - math.cos(math.radians(radius))) * (180.0 / math.pi) ** 2
    circle = Circle(ra=30.0, dec=-40.0, radius=radius, containment_probability=0.9)
    # 1 - cos loses eight digits at the smallest radius; the formula under test does not.
    assert nsky.area(circle, 0.9) == pytest.approx(expected, rel=1e-4 if radius < 0.01 else 1e-9)


def test_the_whole_sky_is_the_largest_circle() -> None:
    assert nsky.area(Circle(ra=0, dec=0, radius=180.0), 0.9) == pytest.approx(WHOLE_SKY, rel=1e-12)


def test_levels_of_a_circle_scale_as_a_two_dimensional_gaussian() -> None:
    one_sigma = Circle(ra=0.0, dec=0.0, radius=0.1, containment_probability=1.0 - math.exp(-0.5))
    # r90 = sigma sqrt(2 ln 10) = 2.1460 sigma
    assert nsky.area(one_sigma, 0.9) == pytest.approx(math.pi * 0.1**2 * 2.0 * math.log(10.0), rel=1e-5)


def test_area_of_an_ellipse_is_pi_a_b() -> None:
    ellipse = Ellipse(ra=0, dec=0, semi_major=0.3, semi_minor=0.1, position_angle=20, containment_probability=0.9)
    assert nsky.area(ellipse, 0.9) == pytest.approx(math.pi * 0.03)


def test_area_of_an_annulus_is_the_difference_of_two_caps() -> None:
    ring = Annulus(ra=10, dec=20, inner=30.0, outer=31.0)
    expected = 2 * math.pi * (math.cos(math.radians(30)) - math.cos(math.radians(31))) * (180 / math.pi) ** 2
    assert nsky.area(ring, 0.9) == pytest.approx(expected, rel=1e-9)
    with pytest.raises(FormatError, match=r"known to 0\.997, not to 0\.999"):
        nsky.area(ring, 0.999)


@pytest.mark.parametrize(
    "region",
    [
        Circle(ra=350.0, dec=80.0, radius=12.0),
        Circle(ra=0.0, dec=0.0, radius=0.003),
        Ellipse(ra=120.0, dec=-30.0, semi_major=4.0, semi_minor=1.0, position_angle=60.0),
        Annulus(ra=200.0, dec=10.0, inner=40.0, outer=41.0),
    ],
)
def test_a_moc_has_the_area_of_its_region_to_two_percent(region: nsky.Region) -> None:
    # The MOC holds every cell that the border touches: a hundredth of the size on each side, so about two percent.
    found = nsky.moc(region).sky_fraction * WHOLE_SKY
    assert found == pytest.approx(nsky.area(region, 0.9), rel=0.03)


def test_probability_inside_concentric_circles_is_the_gaussian_one() -> None:
    sky = Circle(ra=80.0, dec=-60.0, radius=2.0, containment_probability=0.9)
    for radius in (0.5, 1.0, 2.0, 3.0, 5.0):
        inside = nsky.prob_inside(sky, Circle(ra=80.0, dec=-60.0, radius=radius))
        assert inside == pytest.approx(1.0 - 0.1 ** (radius**2 / 2.0**2), abs=0.002)


def test_probability_inside_a_concentric_ellipse_of_the_same_shape_is_its_level() -> None:
    sky = Ellipse(ra=10, dec=45, semi_major=3, semi_minor=1, position_angle=70, containment_probability=0.9)
    half = math.sqrt(math.log(0.5) / math.log(0.1))
    region = Ellipse(ra=10, dec=45, semi_major=3 * half, semi_minor=half, position_angle=70)
    assert nsky.prob_inside(sky, region) == pytest.approx(0.5, abs=0.005)


def test_a_distant_region_holds_nothing_and_the_whole_sky_everything() -> None:
    sky = Circle(ra=80.0, dec=-60.0, radius=2.0)
    assert nsky.prob_inside(sky, Circle(ra=260.0, dec=60.0, radius=20.0)) == 0.0
    assert nsky.prob_inside(sky, Circle(ra=0.0, dec=0.0, radius=180.0)) == 1.0


def test_no_probability_exceeds_one_though_the_cells_of_a_map_may_sum_to_more() -> None:
    whole = nsky.Patch(cells="0/0-11").moc()
    sums = [gaussian_map(ra, 10.0, 5.0, order=5).probability_in(whole) for ra in range(0, 360, 15)]
    assert max(sums) > 1.0  # by rounding, which a rule that asks for "at most 1" would take for a mistake
    assert all(nsky.prob_in_moc(gaussian_map(ra, 10.0, 5.0, order=5), whole) <= 1.0 for ra in range(0, 360, 15))


def test_samples_have_the_stated_containment() -> None:
    for region in (
        Circle(ra=10, dec=89.0, radius=1.0, containment_probability=0.68),
        Ellipse(ra=10, dec=5, semi_major=2, semi_minor=0.5, position_angle=130, containment_probability=0.9),
    ):
        inside = float(np.mean(contains(region, *sample(region))))
        assert inside == pytest.approx(region.containment_probability, abs=0.002)


def test_the_outline_of_an_ellipse_points_along_its_position_angle() -> None:
    ellipse = Ellipse(ra=30.0, dec=10.0, semi_major=2.0, semi_minor=0.2, position_angle=40.0)
    ((ra, dec),) = outline(ellipse)
    radius, angle = polar(30.0, 10.0, ra, dec)
    farthest = int(np.argmax(radius))
    assert radius[farthest] == pytest.approx(2.0)
    assert angle[farthest] % 180.0 == pytest.approx(40.0, abs=0.5)


def test_the_density_of_a_circle_integrates_to_one() -> None:
    circle = Circle(ra=100.0, dec=30.0, radius=3.0, containment_probability=0.9)
    pixels = np.arange(12 * 4**8)
    lon, lat = HEALPix(2**8, order="nested").healpix_to_lonlat(pixels)
    total = float(np.sum(density(circle, lon.deg, lat.deg))) * 4.0 * math.pi / pixels.size
    assert total == pytest.approx(1.0, abs=0.003)


def test_a_flat_map_has_areas_in_proportion_to_level() -> None:
    pixels = np.arange(12, dtype=np.int64)
    flat = ProbabilityMap(pixels + 4, np.full(12, 1.0 / (4.0 * math.pi)))
    for level in (0.1, 0.5, 0.9):
        assert flat.area(level) == pytest.approx(level * WHOLE_SKY, rel=1e-9)


def test_a_gaussian_map_agrees_with_the_circle_that_it_draws() -> None:
    sigma = 3.0
    drawn = gaussian_map(200.0, -35.0, sigma)
    circle = Circle(ra=200.0, dec=-35.0, radius=sigma, containment_probability=1.0 - math.exp(-0.5))
    # cells are 0.46 deg: half a percent on an area of 130 square degrees
    assert drawn.area(0.9) == pytest.approx(nsky.area(circle, 0.9), rel=0.01)
    assert nsky.separation(*drawn.peak, 200.0, -35.0) < 0.4
    assert drawn.radius_about(200.0, -35.0, 0.9) == pytest.approx(sigma * 2.146, rel=0.02)
    region = Circle(ra=200.0, dec=-35.0, radius=sigma)
    assert nsky.prob_inside(drawn, region) == pytest.approx(1.0 - math.exp(-0.5), abs=0.01)
    assert nsky.prob_inside(circle, drawn) == pytest.approx(0.9, abs=0.01)
    assert drawn.density_at([200.0], [-35.0])[0] == pytest.approx(density(circle, [200.0], [-35.0])[0], rel=0.02)


def test_the_credible_region_of_a_map_holds_its_level() -> None:
    drawn = gaussian_map(10.0, 5.0, 4.0)
    for level in (0.5, 0.9):
        assert drawn.probability_in(drawn.moc(level)) == pytest.approx(level, abs=0.01)
        assert drawn.moc(level).sky_fraction * WHOLE_SKY == pytest.approx(drawn.area(level), rel=0.01)


def test_overlap_of_two_gaussians_is_the_closed_form() -> None:
    one = Circle(ra=50.0, dec=20.0, radius=1.0, containment_probability=1.0 - math.exp(-0.5))
    other = Circle(ra=50.0, dec=22.0, radius=1.5, containment_probability=1.0 - math.exp(-0.5))
    # 4 pi times a Gaussian of variance s1^2 + s2^2 at their distance, all in radians
    variance = math.radians(1.0) ** 2 + math.radians(1.5) ** 2
    expected = 2.0 / variance * math.exp(-0.5 * math.radians(2.0) ** 2 / variance)
    assert nsky.overlap_integral(one, other) == pytest.approx(expected, rel=0.02)
    assert nsky.overlap_integral(other, one) == pytest.approx(expected, rel=0.02)
    drawn = gaussian_map(50.0, 22.0, 1.5, order=8)
    assert nsky.overlap_integral(one, drawn) == pytest.approx(expected, rel=0.05)


def test_overlap_with_the_whole_sky_says_nothing() -> None:
    flat = ProbabilityMap(np.arange(12, dtype=np.int64) + 4, np.full(12, 1.0 / (4.0 * math.pi)))
    assert nsky.overlap_integral(Circle(ra=0, dec=0, radius=2.0), flat) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("ordering", ["NESTED", "RING"])
@pytest.mark.parametrize("packed", [False, True])
def test_flat_maps_give_the_same_answers_in_either_ordering(ordering: str, packed: bool) -> None:
    order = 5
    grid = HEALPix(2**order, order=ordering.lower())
    lon, lat = grid.healpix_to_lonlat(np.arange(12 * 4**order))
    radius, _ = polar(123.0, 45.0, lon.deg, lat.deg)
    values = np.exp(-0.5 * (radius / 8.0) ** 2)
    content = fits_of({"PROB": values / values.sum()}, {"NSIDE": 2**order, "ORDERING": ordering})
    drawn = ProbabilityMap.from_fits(gzip.compress(content) if packed else content)
    assert nsky.separation(*drawn.peak, 123.0, 45.0) < 1.5
    assert drawn.area(0.9) == pytest.approx(math.pi * 64.0 * 2.0 * math.log(10.0), rel=0.02)
    assert float(drawn.probability.sum()) == pytest.approx(1.0)


def test_a_blown_up_map_shrinks_to_the_cells_it_was_made_of() -> None:
    coarse = np.arange(1.0, 12 * 4**2 + 1.0)
    blown_up = np.repeat(coarse, 4**4)
    content = fits_of({"PROB": blown_up / blown_up.sum()}, {"NSIDE": 2**6, "ORDERING": "NESTED"})
    drawn = ProbabilityMap.from_fits(content)
    assert drawn.uniq.size == coarse.size
    assert set(drawn.order.tolist()) == {2}
    expected = np.sort(coarse / coarse.sum())
    np.testing.assert_allclose(np.sort(drawn.probability), expected, rtol=1e-12)


def test_multi_order_maps_keep_cells_and_distance() -> None:
    uniq = np.array([4 + 0, 4 + 1, 4 * 4 + 8, 4 * 4 + 9, 4 * 4 + 10, 4 * 4 + 11], dtype=np.int64)
    cell = np.array([math.pi / 3, math.pi / 3] + [math.pi / 12] * 4)
    prob = np.array([0.1, 0.2, 0.4, 0.1, 0.1, 0.1])
    content = fits_of({"UNIQ": uniq, "PROBDENSITY": prob / cell}, {"DISTMEAN": 40.0, "DISTSTD": 8.0})
    drawn = ProbabilityMap.from_fits(content)
    assert drawn.distance == (40.0, 8.0)
    assert drawn.order.tolist() == [0, 0, 1, 1, 1, 1]
    assert drawn.area(0.4) == pytest.approx(WHOLE_SKY / 48.0)


def test_the_last_cell_of_a_deep_order_is_placed_right() -> None:
    last = np.array([4 * 4**29 + 12 * 4**29 - 1, 4], dtype=np.int64)
    drawn = ProbabilityMap(last, np.array([0.0, 3.0 / math.pi]))
    assert drawn.order.tolist() == [29, 0]
    assert drawn.ipix[0] == 12 * 4**29 - 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a HEALPix probability map"),
        (b"hello", "not a HEALPix probability map"),
        (b"\x1f\x8bbroken", "not a HEALPix probability map"),
        (fits_of({"COUNTS": np.ones(12)}, {"NSIDE": 1}), "not a HEALPix probability map"),
        (fits_of({"PROB": np.ones(12)}, {"NSIDE": 1}), "must sum to 1; this one sums to 12"),
        (fits_of({"PROB": np.full(12, np.nan)}, {"NSIDE": 1}), "must sum to 1"),
        (fits_of({"UNIQ": np.array([3]), "PROBDENSITY": np.ones(1)}, {}), "NUNIQ number of 4 or more"),
        (fits_of({"UNIQ": np.array([2**62]), "PROBDENSITY": np.ones(1)}, {}), "is not the NUNIQ number"),
        (fits_of({"PROB": np.ones(11) / 11}, {"NSIDE": 1}), "has 12 pixels; this one has 11"),
    ],
)
def test_a_broken_map_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        ProbabilityMap.from_fits(content)


def test_a_small_file_that_unpacks_to_more_than_any_map_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nuncius.core.skymap.MAX_BYTES", 1_000_000)
    with pytest.raises(FormatError, match="more than 1000000 bytes unpacked is refused"):
        ProbabilityMap.from_fits(gzip.compress(b"\0" * 2_000_000))


def test_parse_sky_names_the_wrong_field() -> None:
    assert nsky.parse_sky({"type": "circle", "ra": 1.0, "dec": 2.0, "radius": 3.0}) == Circle(ra=1, dec=2, radius=3)
    with pytest.raises(FormatError, match="radius"):
        nsky.parse_sky({"type": "circle", "ra": 1.0, "dec": 2.0})
    with pytest.raises(FormatError, match="square"):
        nsky.parse_sky({"type": "square"})


def test_a_map_known_only_by_its_address_resolves_to_nothing() -> None:
    def nowhere(sha256: str) -> bytes:
        raise AssertionError(sha256)

    assert nsky.resolve(MapReference(url="https://example.org/map.fits"), nowhere) is None


def test_published_areas_and_distance_of_s190425z(shared_data: Path) -> None:
    # LIGO/Virgo, GCN Circular 24168 (2019-04-25), on this very bayestar.fits.gz: "10183 deg2", "155 +/- 45 Mpc".
    file = shared_data / "lightcurves/skyportal-lightcurves/skyportal/tests/data/bayestar.fits.gz"
    drawn = ProbabilityMap.from_fits(file.read_bytes())
    assert drawn.area(0.9) == pytest.approx(10183.0, abs=1.0)
    assert drawn.distance == pytest.approx((155.0, 45.0), abs=0.5)


@pytest.mark.slow
def test_a_flat_nside_2048_map_equals_the_multi_order_one_it_was_made_from(shared_data: Path) -> None:
    # LVK user guide, superevent MS181101ab: the same map as bayestar.multiorder.fits and flattened to 50 million
    # pixels.
    folder = shared_data / "notices/lvk_userguide/_static"
    flat = ProbabilityMap.from_fits((folder / "bayestar.slim.fits.gz").read_bytes())
    multi = ProbabilityMap.from_fits((folder / "bayestar.multiorder.fits").read_bytes())
    assert flat.uniq.size <= multi.uniq.size
    for level in (0.1, 0.5, 0.9, 0.99):
        assert flat.area(level) == pytest.approx(multi.area(level), rel=1e-6)
    assert flat.peak == pytest.approx(multi.peak)


def test_a_published_map_holds_its_level_within_its_own_moc(shared_data: Path) -> None:
    folder = shared_data / "notices/lvk_userguide/_static"
    for name in ("bayestar.multiorder.fits", "combined-ext.multiorder.fits"):
        drawn = ProbabilityMap.from_fits((folder / name).read_bytes())
        assert drawn.probability_in(drawn.moc(0.9)) == pytest.approx(0.9, abs=0.001)
        assert drawn.moc(0.9).sky_fraction * WHOLE_SKY == pytest.approx(drawn.area(0.9), rel=0.002)
