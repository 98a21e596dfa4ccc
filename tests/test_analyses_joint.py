"""Several instruments' regions as one: against closed forms of Gaussians, rings that cross, and maps."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from analyses.jointsky import joint
from analyses.layers import NamedRegion
from analyses.library.joint_localization import Galaxy, joint_localization
from nuncius.core.errors import PermanentError
from nuncius.core.sky import Annulus, Circle, Ellipse, ProbabilityMap, moc, overlap_integral

#: Radius that holds 90 % of a two-dimensional Gaussian, in sigmas of one axis.
NINETY = math.sqrt(2.0 * math.log(10.0))


def circle(ra: float, dec: float, radius: float) -> Circle:
    return Circle(ra=ra, dec=dec, radius=radius, containment_probability=0.9)


def named(**skies: Circle | Ellipse | Annulus | ProbabilityMap) -> list[NamedRegion]:
    return [NamedRegion(name=name, sky=sky) for name, sky in skies.items()]


def test_two_gaussians_join_to_the_gaussian_of_the_closed_form() -> None:
    found = joint([circle(10.0, 0.0, 3.0), circle(12.0, 0.0, 2.0)])
    assert found.sky is not None
    wide, narrow = (3.0 / NINETY) ** -2, (2.0 / NINETY) ** -2
    ra, dec = found.sky.peak
    assert ra == pytest.approx((10.0 * wide + 12.0 * narrow) / (wide + narrow), abs=0.03)
    assert dec == pytest.approx(0.0, abs=0.03)
    radius = NINETY / math.sqrt(wide + narrow)
    assert found.sky.area(0.9) == pytest.approx(math.pi * radius**2, rel=0.02)
    spread = (3.0 / NINETY) ** 2 + (2.0 / NINETY) ** 2
    odds = 2.0 * (180.0 / math.pi) ** 2 / spread * math.exp(-0.5 * 4.0 / spread)
    assert found.log_odds == pytest.approx(math.log10(odds), abs=0.01)


def test_three_agree_better_than_two_of_them() -> None:
    two = joint([circle(10, 40, 3), circle(11, 40, 3)])
    three = joint([circle(10, 40, 3), circle(11, 40, 3), circle(10.5, 40.5, 1)])
    assert two.sky is not None
    assert three.sky is not None
    assert three.log_odds > two.log_odds > 0.0
    assert three.sky.area(0.9) < two.sky.area(0.9)


def test_the_odds_of_two_are_their_overlap_integral_whatever_their_shapes() -> None:
    ellipse = Ellipse(ra=200, dec=-30, semi_major=4, semi_minor=1, position_angle=60)
    ring = Annulus(ra=195, dec=-20, inner=10.5, outer=11.5)
    for one, other in ((ellipse, circle(201, -31, 2)), (ring, circle(200, -30, 3))):
        assert 10 ** joint([one, other]).log_odds == pytest.approx(overlap_integral(one, other), rel=0.05)


def test_two_rings_cross_in_two_places_and_a_circle_chooses_one() -> None:
    first, second = Annulus(ra=0, dec=0, inner=29.99, outer=30.01), Annulus(ra=40, dec=0, inner=24.99, outer=25.01)
    both = joint_localization(regions=named(a=first, b=second))
    assert both.values["places"].value == 2.0
    assert "2 separate places" in both.answer
    chosen = joint_localization(regions=named(a=first, b=second, c=circle(22, 20, 10)))
    assert chosen.values["places"].value == 1.0
    assert chosen.values["dec"].value > 0.0
    assert chosen.values["area_90"].value < 0.6 * both.values["area_90"].value
    # Rings of 0.02 deg that cross at 51 degrees share a rhombus.
    a, b, c = (math.radians(side) for side in (30.0, 25.0, 40.0))
    angle = math.acos((math.cos(c) - math.cos(a) * math.cos(b)) / (math.sin(a) * math.sin(b)))
    assert both.values["area_90"].value == pytest.approx(0.9 * 2 * 0.02**2 / math.sin(angle), rel=0.05)


def test_a_map_and_a_circle_are_one_region_inside_both() -> None:
    order = 6
    pixels = np.arange(12 * 4**order)
    from astropy_healpix import HEALPix

    lon, lat = HEALPix(nside=2**order, order="nested").healpix_to_lonlat(pixels)
    away = np.degrees(
        np.arccos(np.clip(np.sin(lat.rad) * 0.5 + np.cos(lat.rad) * math.sqrt(0.75) * np.cos(lon.rad - 1), -1, 1))
    )
    density = np.exp(-0.5 * (away / 8.0) ** 2)
    sky = ProbabilityMap(4 * 4**order + pixels, density / (density.sum() * math.pi / (3 * 4**order)))
    found = joint([sky, circle(57.3, 33.0, 5.0)])
    assert found.sky is not None
    assert found.sky.area(0.9) < min(sky.area(0.9), math.pi * 25.0)
    assert not moc(circle(57.3, 33.0, 5.0)).intersection(found.sky.moc(0.9)).empty()
    assert found.log_odds > 0.5


def test_regions_with_nothing_in_common_are_never_averaged() -> None:
    found = joint_localization(regions=named(a=circle(10, 0, 2), b=circle(100, 40, 2)))
    assert "nothing in common" in found.answer
    assert found.values["consistent"].value == 0.0
    assert "area_90" not in found.values
    assert not found.figures


def test_an_instrument_that_disagrees_is_named() -> None:
    found = joint_localization(regions=named(wide=circle(10, 0, 2), exact=circle(13.4, 0, 0.05)))
    assert "wide disagrees" in found.answer
    assert found.values["consistent"].value == 0.0


def test_odds_about_even_are_called_neither_agreement_nor_the_lack_of_it() -> None:
    near = joint_localization(regions=named(a=circle(10, 0, 2), b=circle(10, 0, 2)))
    assert "they agree (odds" in near.answer
    even = joint_localization(regions=named(a=circle(10, 0, 20), b=circle(37, 0, 4)))
    assert -1.0 < even.values["log_odds"].value < 0.5
    assert "they neither support nor exclude one source (odds 1.3 : 1)" in even.answer
    assert even.values["consistent"].value == 1.0


def test_galaxies_are_ranked_by_place_weight_and_distance() -> None:
    regions = named(a=circle(10, 0, 3), b=circle(11, 0, 3))
    hosts = [
        Galaxy(name="edge", ra=12.5, dec=0.5, distance=40, weight=1),
        Galaxy(name="centre", ra=10.5, dec=0.0, distance=40, weight=1),
        Galaxy(name="far", ra=10.5, dec=0.1, distance=400, weight=1),
        Galaxy(name="bright", ra=10.9, dec=0.2, distance=42, weight=8),
        Galaxy(name="elsewhere", ra=100.0, dec=0.2, distance=40, weight=1e9),
    ]
    found = joint_localization(regions=regions, galaxies=hosts, distance=40.0, distance_error=8.0)
    table = next(table for table in found.tables if table.name == "galaxies")
    order = [row[0] for row in table.rows]
    assert order == ["bright", "centre", "edge", "far"]
    assert sum(float(row[-1] or 0) for row in table.rows) == pytest.approx(1.0)
    assert "first host bright" in found.answer


def test_one_region_or_two_of_one_name_are_refused() -> None:
    with pytest.raises(PermanentError, match="two regions or more"):
        joint_localization(regions=named(a=circle(10, 0, 2)))
    with pytest.raises(PermanentError, match="a name of its own"):
        joint_localization(regions=[*named(a=circle(10, 0, 2)), *named(a=circle(10, 0, 2))])


@pytest.mark.shared_data
def test_the_rings_of_grb_200415a_cross_at_ngc_253(shared_data: Path) -> None:
    from test_analyses_timedelay import NGC_253, seen_by

    from analyses.library.time_delay import time_delay

    wind, fermi, mars = seen_by(shared_data)
    rings = []
    for first, second, start, stop in ((wind, fermi, -0.02, 0.15), (fermi, mars, 967.4, 967.8)):
        values = time_delay(first=first, second=second, start=start, stop=stop).values
        sky = {name: values[f"annulus_{name}"].value for name in ("ra", "dec", "inner", "outer")}
        rings.append(NamedRegion(name=f"{first.instrument}, {second.instrument}", sky=Annulus(**sky)))
    host = Galaxy(name="NGC 253", ra=NGC_253[0], dec=NGC_253[1])
    found = joint_localization(regions=rings, galaxies=[host], object="GRB 200415A")
    assert "first host NGC 253" in found.answer
    # Svinkin et al. (2021) give a box of 17 square arcminutes from more spacecraft, systematic errors included.
    assert found.values["area_90"].value * 3600.0 < 17.0
    assert found.values["places"].value == 2.0


@pytest.mark.parametrize("middle", [20.0, 89.0, 91.0, 135.0, 151.0, 170.0])
def test_a_ring_of_any_radius_keeps_all_its_sky(middle: float) -> None:
    ring = Annulus(ra=181.9, dec=-2.1, inner=middle - 0.5, outer=middle + 0.5)
    expected = (math.cos(math.radians(ring.inner)) - math.cos(math.radians(ring.outer))) / 2.0
    # Cells of an edge count as a whole: a little more, never less.
    assert 1.0 <= moc(ring).sky_fraction / expected < 1.15
