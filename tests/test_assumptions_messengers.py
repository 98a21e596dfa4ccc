"""What is assumed about messengers and instruments, on real data and published bounds."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_assumptions_bursts import verdict_on

from analyses.assumptions import assumption
from analyses.library.association_rate import Seen, association_rate, poisson_tail
from analyses.library.background_rate import background_rate
from analyses.library.gravity_speed import gravity_speed
from analyses.library.photon_delay import PLANCK_GEV, photon_delay, travel
from analyses.lightcurvefiles import read_light_curve
from analyses.run import run
from analyses.verdicts import judge
from nuncius.core.errors import PermanentError

T0 = datetime(2020, 1, 1, tzinfo=UTC)


# --- gravity and light ---


def test_gw170817_bounds_the_speed_of_gravity_as_published() -> None:
    # Abbott et al. 2017, ApJL 848, L13: 1.74 +- 0.05 s, 26 Mpc; -3e-15 to +7e-16.
    found = gravity_speed(delay=1.74, delay_error=0.05, distance=26.0)
    assert round(found.values["speed_lower"].value * 1e15) == -3
    assert round(found.values["speed_upper"].value * 1e16) == 7
    assert "between -3e-15 and +7e-16" in found.answer
    assert verdict_on("gravity-as-fast-as-light", delay=1.74, delay_error=0.05, distance=26).verdict == "holds"


def test_gamma_rays_before_the_merger_or_long_after_it_violate() -> None:
    late = verdict_on("gravity-as-fast-as-light", delay=60.0, delay_error=0.1, distance=40)
    assert (late.verdict, late.distance) == ("violated", pytest.approx(500.0))
    assert verdict_on("gravity-as-fast-as-light", delay=-2.0, delay_error=0.1, distance=40).verdict == "violated"
    assert verdict_on("gravity-as-fast-as-light", delay=-0.2, delay_error=0.1, distance=40).verdict == "holds"
    assert verdict_on("gravity-as-fast-as-light", delay=1.0, distance=900).verdict == "cannot be told"


def test_grb_090510_bounds_a_dependence_on_energy_as_published() -> None:
    # Abdo et al. 2009, Nature 462, 331: 31 GeV, 0.829 s after the trigger and 0.859 s after the onset, z = 0.903:
    # above 1.19 Planck energies, with H0 = 71 and the photon's lower error of 28 GeV; here Planck 2018.
    found = photon_delay(energy=27.97, delay=0.859, redshift=0.903)
    assert found.values["scale"].limit == ">"
    assert found.values["scale"].value == pytest.approx(1.19, rel=0.04)
    assert verdict_on("light-of-all-energies-as-fast", energy=31, delay=0.859, redshift=0.903).verdict == "holds"


def test_one_photon_of_grb_221009a_is_too_weak_to_tell_and_a_measured_lag_would_violate() -> None:
    # Fermi-LAT's photon of 99.3 GeV 240 s after the trigger (Bissaldi et al., GCN 32748), z = 0.151.
    weak = verdict_on("light-of-all-energies-as-fast", energy=99.3, delay=240, redshift=0.151)
    assert weak.verdict == "cannot be told"
    assert "the limit is too weak to tell" in weak.why
    lag = verdict_on("light-of-all-energies-as-fast", energy=31, delay=5.0, delay_error=0.5, redshift=0.903)
    assert lag.verdict == "violated"


def test_the_path_of_a_photon_is_jacob_and_pirans() -> None:
    # Nearby, the integral of (1 + z)^n / H is z / H0 for every n.
    hubble = 3.0856775814913673e19 / 67.66
    assert travel(1e-4, 1) == pytest.approx(1e-4 * hubble, rel=2e-4)
    assert travel(1e-4, 2) == pytest.approx(1e-4 * hubble, rel=2e-4)
    scale = photon_delay(energy=10, delay=2.0, redshift=1.0, order="quadratic").values["scale"].value
    assert scale * PLANCK_GEV == pytest.approx(10 * (1.5 * travel(1.0, 2) / 2.0) ** 0.5)


# --- neutrinos and bursts ---


def at(seconds: float, ra: float | None = None, dec: float | None = None, radius: float = 1.0) -> Seen:
    return Seen(time=T0 + timedelta(seconds=seconds), ra=ra, dec=dec, radius=radius)


def test_poissons_tail_is_poissons() -> None:
    assert poisson_tail(0, 3.0) == 1.0
    assert poisson_tail(1, 3.0) == pytest.approx(1 - np.exp(-3.0))
    assert poisson_tail(3, 2.0) == pytest.approx(1 - np.exp(-2.0) * (1 + 2 + 2))
    assert 0 < poisson_tail(60, 1.0) < 1e-70


def test_chance_makes_as_many_coincidences_as_the_closed_form_says() -> None:
    rng = np.random.default_rng(3)
    span = 3e7
    one = [at(float(s)) for s in rng.uniform(0, span, 300)]
    two = [at(float(s)) for s in rng.uniform(0, span, 2000)]
    found = association_rate(first=one, second=two, before=250, after=250)
    assert found.values["expected"].value == pytest.approx(300 * 2000 * 500 / span, rel=0.05)
    assert 0.001 < found.values["p_value"].value < 0.999


def test_p_values_of_unrelated_samples_are_no_smaller_than_they_say() -> None:
    rng = np.random.default_rng(4)
    small = 0
    for number in range(100):
        one = [at(float(s)) for s in rng.uniform(0, 3e7, 100)]
        two = [at(float(s)) for s in rng.uniform(0, 3e7, 1000)]
        found = association_rate(first=one, second=two, shifts=40, seed=number)
        small += found.values["p_value"].value < 0.05
    assert small <= 11  # 5 expected, and 11 in 1 % of all cases


def test_true_pairs_are_found_and_places_tell_them_from_others() -> None:
    rng = np.random.default_rng(5)
    bursts = [
        at(float(s), float(ra), 0.0) for s, ra in zip(rng.uniform(0, 3e7, 500), rng.uniform(0, 360, 500), strict=True)
    ]
    with_bursts = [Seen(time=b.time + timedelta(seconds=20), ra=b.ra, dec=1.0, radius=1.0) for b in bursts[:12]]
    found = association_rate(first=with_bursts, second=bursts, before=100, after=100)
    assert found.values["coincidences"].value == 12
    assert found.values["excess"].value > 5
    elsewhere = [Seen(time=b.time, ra=b.ra, dec=40.0, radius=1.0) for b in with_bursts]
    assert association_rate(first=elsewhere, second=bursts, before=100, after=100).values["coincidences"].value == 0
    verdict = verdict_on("neutrinos-not-from-bursts", first=plain(with_bursts), second=plain(bursts))
    assert verdict.verdict == "violated"


def plain(seen: list[Seen]) -> list[dict[str, Any]]:
    return [{"time": s.time.isoformat(), "ra": s.ra, "dec": s.dec, "radius": s.radius} for s in seen]


def neutrinos(shared_data: Path) -> list[dict[str, Any]]:
    """IceCube's gold and bronze tracks since 2011, radii the longest of their errors."""
    found = []
    with (shared_data / "gold" / "icecube_alerts" / "IceCube_Gold_Bronze_Tracks.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            errors = [float(row[word]) for word in ("RA_ERR_PLUS", "RA_ERR_MINUS", "DEC_ERR_PLUS", "DEC_ERR_MINUS")]
            place = {"ra": float(row["RA"]), "dec": float(row["DEC"]), "radius": max(errors)}
            found.append({"time": row["START"][:26] + "+00:00", "name": row["NAME"], **place})
    return found


@pytest.mark.shared_data
def test_icecubes_alerts_coincide_with_gbms_bursts_no_more_than_by_chance(shared_data: Path) -> None:
    file = shared_data / "gold" / "gbm_triggers" / "trigger_data.csv"
    rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    bursts = [{"time": row[2].strip()[:26] + "+00:00", "name": f"bn{row[1]}"} for row in rows]
    inputs = {"first": neutrinos(shared_data), "second": bursts, "before": 500, "after": 500, "shifts": 200}
    found = run("association-rate", inputs, {})
    assert found.values["coincidences"].value == 8
    assert found.values["expected"].value == pytest.approx(6.0, abs=0.4)  # 298 x 6896 x 1000 s in 3,942 days
    assert judge(assumption("neutrinos-not-from-bursts"), found.values, inputs).verdict == "holds"


@pytest.mark.shared_data
def test_icecubes_alerts_coincide_with_swifts_bursts_no_more_than_by_chance(shared_data: Path) -> None:
    bursts = []
    text = (shared_data / "gold" / "swift_tables" / "summary_general_swift_bat.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        time = re.sub(r"^(\d{4})(\d\d)(\d\d)T", r"\1-\2-\3T", cells[3]) if len(cells) > 5 else ""
        if re.match(r"\d{4}-\d\d-\d\dT[\d:.]+$", time) and re.match(r"[-+\d.e]+$", cells[4]):
            place = {"ra": float(cells[4]), "dec": float(cells[5]), "radius": 0.05}
            bursts.append({"time": f"{time}+00:00", "name": cells[0], **place})
    day = {"first": neutrinos(shared_data), "second": bursts, "before": 86400, "after": 86400, "shifts": 200}
    found = run("association-rate", day, {})
    assert found.values["coincidences"].value == 1  # IC190629A and GRB 190630B, 11 hours apart
    assert found.values["expected"].value == pytest.approx(0.9, abs=0.3)
    assert judge(assumption("neutrinos-not-from-bursts"), found.values, day).verdict == "holds"


# --- backgrounds ---


def test_a_robust_z_is_not_moved_by_a_flare_in_the_history() -> None:
    quiet = [98.0, 99.0, 100.0, 101.0, 102.0, 100.0, 99.0, 101.0, 100.0]
    calm = background_rate(rate=104.0, history=quiet).values["robust_z"].value
    flared = background_rate(rate=104.0, history=[*quiet[:-1], 5000.0]).values["robust_z"].value
    assert calm == pytest.approx(4.0 / 1.4826)
    assert flared == pytest.approx(calm, rel=0.3)
    with pytest.raises(PermanentError, match="without scatter"):
        background_rate(rate=1.0, history=[1.0, 1.0, 1.0])


@pytest.mark.shared_data
def test_the_background_of_spi_acs_is_stable_and_a_burst_in_it_is_found(shared_data: Path) -> None:
    # GRB 230307A, half-minutes of the 9 minutes around it (USRA-STI/gdt-integral).
    folder = shared_data / "lightcurves" / "spi-acs-GRB230307A" / "tests" / "missions" / "integral" / "data"
    curve = read_light_curve(folder / "spiacs_lc_query-3.1.fits")
    rate, start = np.asarray(curve.rate), np.asarray(curve.start)

    def mean(begin: float) -> tuple[float, float]:
        part = rate[(start >= begin) & (start < begin + 20.0)]
        return float(part.mean()), float(part.std() / len(part) ** 0.5)

    before = [mean(begin)[0] for begin in np.arange(-270.0, -100.0, 20.0)]
    assert len(before) == 9
    for begin, verdict in ((70.0, "holds"), (230.0, "holds"), (-30.0, "violated"), (-90.0, "violated")):
        value, error = mean(begin)
        found = verdict_on("background-stable", rate=value, rate_error=error, history=before)
        assert found.verdict == verdict, (begin, found.why)


@pytest.mark.shared_data
def test_the_background_of_konus_wind_is_stable_over_three_years(shared_data: Path) -> None:
    # 0.4 s before eleven triggers between 2018 and 2021, softest channel G1 and G2 (Konus-Wind team).
    files = sorted((shared_data / "lightcurves" / "konus-asim-fermi" / "kw_lc").glob("*_16ms.txt"))
    rates: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for channel, found in rates.items():
        for file in files:
            curve = read_light_curve(file, t0=T0, columns=(channel,))
            quiet = np.asarray(curve.rate)[np.asarray(curve.stop) < -0.1]
            found.append((float(quiet.mean()), float(quiet.std() / len(quiet) ** 0.5)))
    assert len(files) == 11
    *earlier, (rate, error) = rates[1]
    history = [value for value, _ in earlier]
    assert verdict_on("background-stable", rate=rate, rate_error=error, history=history).verdict == "holds"
    # GRB 190305A had begun before its trigger: 2,710 counts a second where 390 are usual.
    number = [file.name for file in files].index("GRB190305A_16ms.txt")
    others = [value for place, (value, _) in enumerate(rates[2]) if place != number]
    rate = rates[2][number][0]
    assert verdict_on("background-stable", rate=rate, rate_error=50.0, history=others).verdict == "violated"


def test_a_short_history_cannot_tell() -> None:
    found = verdict_on("background-stable", rate=100.0, rate_error=1.0, history=[99.0, 100.0, 101.0])
    assert found.verdict == "cannot be told"
    assert found.why == "it is not about this case: earlier is 3, not above 8"
