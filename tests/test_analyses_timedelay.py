"""Light curves from files, the delay between two of them, and the annulus that follows."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analyses.lag import delay_between
from analyses.library.time_delay import LIGHT_KM_S, Seen, annulus, distance_from, place, time_delay
from analyses.lightcurve import LightCurve, binned
from analyses.lightcurvefiles import read_light_curve
from nuncius.core.errors import FormatError, PermanentError

T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LIGHT_CURVES = "lightcurves"
IPN = f"{LIGHT_CURVES}/ipn-GRB200415A/test_data/GRB20200415_T31685"
#: NGC 253, the host of GRB 200415A (Svinkin et al. 2021, Nature 589, 211).
NGC_253 = (11.888, -25.288)


def pulse(t: np.ndarray) -> np.ndarray:
    """A fast rise and an exponential decay."""
    return np.where(t > 0.0, np.exp(-t / 0.8) * (1.0 - np.exp(-np.maximum(t, 0.0) / 0.1)), 0.0)


def seen(dice: np.random.Generator, *, shift: float, step: float, peak: float, base: float = 300.0) -> LightCurve:
    edges = np.arange(-10.0, 20.0 + step / 2, step)
    middle = (edges[1:] + edges[:-1]) / 2
    counts = dice.poisson((base + peak * pulse(middle - shift)) * step)
    return LightCurve(
        instrument=f"made {step}",
        t0=T0,
        start=edges[:-1],
        stop=edges[1:],
        rate=counts / step,
        error=np.sqrt(np.maximum(counts, 1)) / step,
    )


def test_the_delay_of_made_bursts_is_found_and_its_interval_holds_the_truth_as_often_as_it_says() -> None:
    dice = np.random.default_rng(7)
    inside, off = 0, []
    trials = 40
    for _ in range(trials):
        truth = float(dice.uniform(-1.5, 1.5))
        one = seen(dice, shift=1.0, step=0.016, peak=4000.0)
        two = seen(dice, shift=1.0 + truth, step=0.064, peak=2500.0)
        found = delay_between(one, two, 0.5 + truth, 5.0 + truth, (-3.0, 3.0))
        inside += found.low <= truth <= found.high
        off.append((found.delay - truth) / found.sigma)
    assert inside >= trials - 1  # 99.7 % is claimed: two of forty outside happen once in 150
    assert 0.5 < np.std(off) < 1.5
    assert abs(np.mean(off)) < 4 / math.sqrt(trials)


def test_the_delay_is_the_same_whichever_of_the_two_has_the_wider_bins() -> None:
    dice = np.random.default_rng(8)
    one, two = seen(dice, shift=1.0, step=0.016, peak=4000.0), seen(dice, shift=1.7, step=0.064, peak=4000.0)
    forth, back = delay_between(one, two, 1.2, 6.0, (-3, 3)), delay_between(two, one, 0.5, 5.3, (-3, 3))
    assert forth.delay == pytest.approx(0.7, abs=0.02)
    assert back.delay == pytest.approx(-forth.delay, abs=forth.sigma)
    assert back.low < back.delay < back.high


def test_light_curves_that_never_meet_are_refused() -> None:
    dice = np.random.default_rng(9)
    one = seen(dice, shift=1.0, step=0.064, peak=100.0)
    with pytest.raises(PermanentError, match="do not overlap"):
        delay_between(one, one, 0.5, 5.0, (500.0, 600.0))


def test_rebinning_keeps_counts_and_leaves_gaps_out() -> None:
    edges = np.array([0.0, 1.0, 2.0, 3.0])
    curve = LightCurve(
        instrument="x",
        t0=T0,
        start=np.array([0.0, 1.0, 4.0]),
        stop=np.array([1.0, 2.0, 5.0]),
        rate=np.array([10.0, 20.0, 30.0]),
        error=np.array([1.0, 1.0, 1.0]),
    )
    halved = curve.rebinned(np.array([0.5, 1.5]))
    assert halved.rate == pytest.approx([15.0])
    assert halved.error == pytest.approx([1.0])  # half the counts of each, with the errors of Poisson
    assert len(curve.rebinned(edges).rate) == 2  # nothing was seen from 2 to 3 s
    with pytest.raises(PermanentError, match="covers 0 to 5 s"):
        curve.rebinned(np.array([-1.0, 1.0]))


def test_events_become_counts_with_the_errors_of_poisson() -> None:
    made = binned(np.array([0.1, 0.2, 1.5]), instrument="x", t0=T0, edges=np.array([0.0, 1.0, 2.0, 3.0]), band=None)
    assert made.rate == pytest.approx([2.0, 1.0, 0.0])
    assert made.error == pytest.approx([math.sqrt(2.0), 1.0, 1.0])


def test_an_annulus_lies_where_a_plane_wave_says() -> None:
    wind = place(Seen(file="", ra=30.0, dec=10.0, distance=1.5e6))
    earth = place(Seen(file="", ra=0.0, dec=0.0, distance=0.0))
    for ra, dec in ((30.0, 10.0), (120.0, -40.0), (211.0, -11.0), (75.0, 60.0)):
        a, d = math.radians(ra), math.radians(dec)
        towards = np.array([math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)])
        later = float((wind - earth) @ towards) / LIGHT_KM_S  # the wave passes Wind first where this is positive
        ring = annulus(wind - earth, later, later - 0.01, later + 0.01)
        assert ring is not None
        assert distance_from(ring, ra, dec) == 0.0
        assert distance_from(ring, (ra + 90.0) % 360.0, -dec) > 1.0
    assert annulus(wind - earth, 5.1, 5.0, 5.2) is None  # light needs 5.003 s


def at(seconds: float) -> datetime:
    return datetime(2020, 4, 15, tzinfo=UTC) + timedelta(seconds=seconds)


def seen_by(shared_data: Path) -> tuple[Seen, Seen, Seen]:
    """GRB 200415A as Konus-Wind, Fermi GBM and HEND saw it."""
    folder = shared_data / IPN
    wind = Seen(
        file=str(folder / "kw20200415_31681_rc2.thr"), ra=2.14708, dec=1.94712, distance=1428868.0,
        t0=at(31681.403392), instrument="Konus-Wind", columns=[4],
    )  # fmt: skip
    fermi = Seen(
        file=str(folder / "GBM" / "GRB200415_GBM_1ms.thr"), ra=58.14031, dec=-23.94317, distance=6913.6,
        t0=at(31685.5640), instrument="Fermi-GBM",
    )  # fmt: skip
    mars = Seen(
        file=str(folder / "20200415_30325_HEND.thr"), ra=313.335, dec=-18.822, distance=201629728.0,
        t0=at(30325.011), instrument="HEND",
    )  # fmt: skip
    return wind, fermi, mars


@pytest.mark.shared_data
def test_three_spacecraft_find_the_galaxy_of_grb_200415a(shared_data: Path) -> None:
    wind, fermi, mars = seen_by(shared_data)
    for first, second, start, stop, widest in (
        (wind, fermi, -0.02, 0.15, 3.0),
        (fermi, mars, 967.4, 967.8, 3.0),
        (mars, wind, -0.02, 0.15, 3.0),
    ):
        found = time_delay(
            first=first, second=second, start=start, stop=stop, marker_ra=NGC_253[0], marker_dec=NGC_253[1]
        )
        assert found.values["marker_offset"].value == 0.0, found.answer
        width = (found.values["annulus_outer"].value - found.values["annulus_inner"].value) * 60.0
        assert 0.1 < width < widest, found.answer
        assert found.figures[0].png.startswith(b"\x89PNG")


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("file", "instrument", "t0", "bins"),
    [
        ("spi-acs-GRB230307A/tests/missions/integral/data/spiacs_lc_query-3.1.fits", "INTEGRAL SPI-ACS",
         "2023-03-07T15:45:35.978", 5400),
        # The trigger as Swift announced it, 07:47:57.51: its clock was off by 10.5 s that day.
        ("swift-bat-lightcurves/data_files/grb_130427A/grb_130427A_1chan_1s.lc", "SWIFT BAT",
         "2013-04-27T07:47:57.511", 1051),
        ("gbm-bn110721200/gbm_drm_gen/data/example_data/glg_tte_n6_bn110721200_v00.fit", "GLAST GBM NAI_06",
         "2011-07-21T04:47:43.760", 5223),
        ("oda_api-products/tests/test_data/lc.fits", "INTEGRAL JMX1", "2022-10-10T14:22:10.817", 197),
    ],
)  # fmt: skip
def test_light_curves_of_missions_are_read_with_their_trigger_times(
    shared_data: Path, file: str, instrument: str, t0: str, bins: int
) -> None:
    curve = read_light_curve(shared_data / LIGHT_CURVES / file)
    assert (curve.instrument, len(curve.rate)) == (instrument, bins)
    assert curve.t0.isoformat(timespec="milliseconds").removesuffix("+00:00") == t0
    assert np.isfinite(curve.rate).all()
    assert (curve.error > 0.0).all()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no table of numbers"),
        (b"1 2\n", "no table of numbers"),
        (b"time counts\nthree four\n", "no table of numbers"),
        (b"5 1\n4 1\n3 1\n2 1\n", "no table of numbers"),
        (b"SIMPLE  =                    T and then rubbish", "not FITS that can be read"),
        (b"\x1f\x8b broken", "not FITS that can be read"),
        (b"\xff\xfe\x00", "neither FITS nor text"),
    ],
)
def test_what_is_no_light_curve_is_refused_with_the_reason(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "what.thr"
    file.write_bytes(content)
    with pytest.raises(FormatError, match=why):
        read_light_curve(file, t0=T0)


def test_a_table_without_its_own_t0_asks_for_it(tmp_path: Path) -> None:
    file = tmp_path / "curve.txt"
    file.write_text("0.0 5\n0.5 7\n1.0 6\n")
    with pytest.raises(FormatError, match="does not tell its T0"):
        read_light_curve(file)
    assert read_light_curve(file, t0=T0).rate == pytest.approx([10.0, 14.0, 12.0])
