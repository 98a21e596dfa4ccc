"""Who could have seen a source, and how much energy a burst released: closed forms and published values."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from analyses.cosmology import luminosity_distance
from analyses.fields import field_of_view
from analyses.library.coverage import coverage
from analyses.library.energetics import band, energetics, expected_epeak, k_correction
from nuncius.core.errors import PermanentError
from nuncius.core.sky import Circle

AT = datetime(2023, 3, 7, 15, 44, 7, tzinfo=UTC)
NORTH = Circle(ra=40.0, dec=50.0, radius=1.0)


def test_a_field_of_view_given_by_a_rule_is_what_counts() -> None:
    half = {"cells": "0/0-3", "coverage": 1.0, "note": "the northern polar cells"}
    seen = coverage(sky=NORTH, instrument="lat", trigger_time=AT, field=dict(half))
    assert seen.values["prob_seen"].value == pytest.approx(1.0)
    assert "The northern polar cells." in seen.caveats
    away = coverage(sky=Circle(ra=40.0, dec=-50.0, radius=1.0), instrument="lat", trigger_time=AT, field=dict(half))
    assert away.values["prob_seen"].value == 0.0
    assert "flux_limit" not in away.values


def test_an_average_field_and_a_published_limit_say_what_they_are() -> None:
    seen = coverage(sky=NORTH, instrument="Fermi-GBM", trigger_time=AT, object="GRB 230307A")
    assert seen.values["prob_seen"].value == pytest.approx(field_of_view("gbm", AT).coverage)
    assert seen.values["flux_limit"].limit == "<"
    assert any("GCN 34319" in caveat for caveat in seen.caveats)
    assert seen.figures[0].png.startswith(b"\x89PNG")


def test_an_unknown_instrument_is_answered_with_the_nearest() -> None:
    with pytest.raises(PermanentError, match="did you mean 'konus'"):
        coverage(sky=NORTH, instrument="konnus", trigger_time=AT)


def test_the_brightest_burst_has_the_energy_that_was_published() -> None:
    # Konus-Wind on GRB 221009A (Frederiks et al. 2023, ApJL 949, L7): 0.21 erg/cm2 in 20 keV - 10 MeV at z = 0.151 give
    # 1.2e55 erg, and the peak-energy relation holds within its scatter.
    got = energetics(fluence=0.21, redshift=0.151, band_low=20.0, band_high=10_000.0, epeak=2670.0, fluence_error=0.021)
    assert got.values["energy"].value == pytest.approx(1.2e55, rel=0.1)
    assert got.values["energy"].plus == pytest.approx(0.1 * got.values["energy"].value)
    assert abs(got.values["amati_offset"].value) < 3.0
    assert "consistent" in got.answer


def test_the_burst_of_a_merger_violates_the_relation_of_long_bursts() -> None:
    # GRB 170817A (Goldstein et al. 2017, ApJL 848, L14): 2.8e-7 erg/cm2, peak at 185 keV, index -0.62 with a cut-off;
    # they give (3 to 6)e46 erg for its parts and at 42.9 Mpc. z of NGC 4993.
    cut_off = {"alpha": -0.62, "beta": -10.0, "epeak": 185.0}
    got = energetics(fluence=2.8e-7, redshift=0.0098, band_low=10.0, band_high=1000.0, **cut_off)
    assert 4e46 < got.values["energy"].value < 8e46
    assert got.values["amati_offset"].value > 5.0
    assert "violates" in got.answer


def test_energy_follows_from_distance_and_time_dilation() -> None:
    got = energetics(fluence=1e-5, redshift=1.0)
    centimetres = luminosity_distance(1.0) * 3.0856775814913674e24
    plain = 4.0 * math.pi * centimetres**2 * 1e-5 / 2.0
    assert got.values["energy"].value == pytest.approx(plain * got.values["k_correction"].value)
    assert "not tested" in got.caveats[-1]


@pytest.mark.parametrize(
    ("redshift", "megaparsecs"), [(0.151, 742.29), (1.0, 6791.3), (3.5, 31_282.3), (9.0, 94_030.0)]
)
def test_distances_are_those_of_the_planck_2018_cosmology(redshift: float, megaparsecs: float) -> None:
    # As astropy's Planck18.luminosity_distance gives them, which needs scipy.
    assert luminosity_distance(redshift) == pytest.approx(megaparsecs, rel=1e-4)


def test_a_band_that_covers_the_rest_frame_needs_no_correction() -> None:
    assert k_correction(1.0, 0.5, 5000.0, -1.0, -2.5, 300.0) == pytest.approx(1.0)
    assert k_correction(1.0, 15.0, 150.0, -1.0, -2.5, 300.0) > 2.0


def test_the_band_function_peaks_where_it_says_and_is_smooth() -> None:
    energy = np.geomspace(1.0, 1e5, 200_001)
    power = energy**2 * band(energy, -1.0, -2.5, 300.0)
    assert energy[np.argmax(power)] == pytest.approx(300.0, rel=1e-3)
    turn = 1.5 * 300.0
    left, right = band(np.array([turn * (1 - 1e-9), turn * (1 + 1e-9)]), -1.0, -2.5, 300.0)
    assert left == pytest.approx(right, rel=1e-6)


def test_the_relation_is_normalised_at_1e52_erg() -> None:
    assert expected_epeak(1e52) == pytest.approx(98.0)


@pytest.mark.parametrize("wrong", [{"fluence": -1.0}, {"redshift": 0.0}, {"band_low": 200.0, "band_high": 100.0}])
def test_impossible_inputs_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(PermanentError, match="received"):
        energetics(**({"fluence": 1e-6, "redshift": 1.0} | wrong))
