"""Data of instruments searched around T0: what is found in real light curves, and what is said where nothing is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyses.library.burst_search import burst_search
from analyses.library.light_curves import Panel, light_curves, shared_span
from analyses.lightcurvefiles import read_light_curve
from analyses.places import read_place
from nuncius.core.errors import FormatError, PermanentError
from nuncius.core.result import Result

T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SOD = (T0 - T0.replace(hour=0, minute=0, second=0)).total_seconds()


def table(folder: Path, name: str, *, peak: float = 0.0, at: float = 1.0, seed: int = 1, head: bool = True) -> Path:
    dice = np.random.default_rng(seed)
    time = np.arange(-200.0, 400.0, 0.5)
    counts = dice.poisson(100.0 + peak * ((time >= at) & (time < at + 2.0)))
    rows = [f"{moment:.2f} {count}" for moment, count in zip(time, counts, strict=True)]
    file = folder / f"{name}.txt"
    file.write_text("\n".join([*([f"'X ' '02/01/26' {SOD:.3f}"] if head else []), *rows]) + "\n", encoding="ascii")
    return file


def found(**given: Any) -> Result:
    return burst_search(trigger_time=T0, **given)


def test_of_several_files_the_most_significant_counts_and_each_is_a_trial(tmp_path: Path) -> None:
    bright, faint = table(tmp_path, "a", peak=60.0), table(tmp_path, "b", seed=2)
    alone, both = found(files=[str(bright)]), found(files=[str(faint), str(bright)])
    assert both.provenance["data"]["file"] == str(bright)
    assert both.values["trials"].value == 2 * alone.values["trials"].value
    assert both.values["significance"].value < alone.values["significance"].value
    assert "s over" not in both.answer
    assert "sigma over 2 s after trials, begins +1" in both.answer


def test_where_nothing_is_a_limit_holds_and_a_burst_outside_the_window_is_none(tmp_path: Path) -> None:
    given = found(files=[str(table(tmp_path, "a", peak=60.0, at=350.0))], after=100.0)
    assert "no burst" in given.answer
    limit = given.values["counts_limit"]
    assert limit.limit == "<"
    assert 42.0 < limit.value < 120.0, "3 sigma of 200 counts in a second, and the brightest that is there"


def test_the_place_of_a_spacecraft_widens_the_window_by_the_lights_way(tmp_path: Path) -> None:
    mars = tmp_path / "mars.txt"
    mars.write_text("10.0 20.0 90000000.0\n236.2 39.6 3782.2\n", encoding="ascii")
    file = table(tmp_path, "a", peak=60.0, at=-150.0)
    assert "no burst" in found(files=[str(file)]).answer
    given = found(files=[str(file)], places=[str(mars)])
    assert "begins -150 s from T0" in given.answer
    assert any("300 light seconds from the Earth" in caveat for caveat in given.caveats)


def test_a_table_without_a_moment_takes_that_of_its_ephemeris(tmp_path: Path) -> None:
    wind = tmp_path / "wind.eph"
    wind.write_text(f"20260102 {SOD + 10.0:.3f} 03:04:15.000 2.1 1.9 1428868.0\n", encoding="ascii")
    assert read_place(wind).t0 == T0 + timedelta(seconds=10)
    given = found(files=[str(table(tmp_path, "a", peak=60.0, head=False))], places=[str(wind)])
    assert given.values["t90_start"].value == pytest.approx(11.1, abs=0.3)
    assert given.provenance["data"]["burst"][0] == pytest.approx(1.1, abs=0.3), "in the file's own time"


@pytest.mark.parametrize(
    ("text", "why"), [("400 20 1\n", "received '400 20 1'"), ("", "received ''"), ("a b c\n", "expected `RA Dec km`")]
)
def test_what_is_no_place_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "p.txt"
    file.write_text(text, encoding="ascii")
    with pytest.raises(FormatError, match=why):
        read_place(file)


def test_files_of_another_time_are_told_as_such_and_broken_ones_are_errors(tmp_path: Path) -> None:
    file = table(tmp_path, "a")
    given = burst_search(trigger_time=T0 + timedelta(hours=1), files=[str(file)], instrument="X")
    assert (given.answer, given.values) == ("X: no data of that time", {})
    assert given.caveats == ["a.txt holds -3800 to -3200 s after T0"]
    file.write_text("cloudy\n", encoding="ascii")
    with pytest.raises(PermanentError, match=r"no light curve around 2026-01-02T03.*a\.txt: no table of numbers"):
        found(files=[str(file)], instrument="X")
    with pytest.raises(PermanentError, match="gives no files: it has no input `keep`"):
        found(source="localization")


def test_what_falls_into_a_gap_is_not_drawn_and_is_told(tmp_path: Path) -> None:
    file = table(tmp_path, "a", peak=60.0)
    lines = file.read_text(encoding="ascii").splitlines()
    file.write_text("\n".join(lines[:420] + lines[440:]), encoding="ascii")
    given = found(files=[str(file)])
    assert any("gaps of 10 s in all" in caveat for caveat in given.caveats)
    assert all(float(row[1] or 0.0) - float(row[0] or 0.0) < 2.0 for row in given.tables[0].rows)


def test_times_in_modified_julian_days_are_read(tmp_path: Path) -> None:
    file = tmp_path / "mjd.txt"
    file.write_text("\n".join(f"{61042.0 + i / 86400.0:.10f} {100 + i % 3}" for i in range(10)), encoding="ascii")
    curve = read_light_curve(file)
    assert (curve.t0, curve.start[1]) == (T0.replace(hour=0, minute=0, second=0), pytest.approx(1.0, abs=1e-4))


def test_instruments_that_saw_it_together_share_an_axis_and_distant_ones_do_not() -> None:
    def panel(name: str, low: float, high: float, begin: float | None) -> Panel:
        rows = [[low + i * (high - low) / 20, low + (i + 1) * (high - low) / 20, 5.0 + i, 5.0, 1.0] for i in range(20)]
        return Panel(name=name, rows=rows, begin=begin, end=None if begin is None else begin + 1.0)

    panels = [
        panel("a", -5, 10, 0.0),
        panel("b", -2, 12, 1.0),
        panel("mars", -400, -390, -395.0),
        panel("c", -30, 300, None),
    ]
    assert shared_span(panels) == (-5, 12)
    drawn = light_curves(panels=panels, trigger_time=T0, object="GRB 1")
    assert drawn.answer == "GRB 1: a burst in 3 of 4 light curves"
    assert drawn.figures[0].png.startswith(b"\x89PNG")
    with pytest.raises(PermanentError, match="two bins"):
        light_curves(panels=[], trigger_time=T0)


LIGHT_CURVES = "lightcurves"


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("file", "t0", "given", "t90", "off"),
    [
        ("spi-acs-GRB230307A/**/spiacs_lc*.fits", "2023-03-07T15:44:06.67Z", {}, 28.5, 1.0),
        ("gbm-bn110721200/**/*tte*.fit", "2011-07-21T04:47:43.76Z", {"band_low": 50.0, "band_high": 300.0}, 21.8, 6.0),
        ("ipn-GRB200415A/**/*GBM_1ms.thr", "2020-04-15T08:48:05.564Z", {}, 0.14, 0.03),
        ("integral-grb221009/**/*lc_1s.txt", "2022-10-09T13:16:59.99Z", {"columns": [1], "after": 700.0}, 289.0, 70.0),
    ],
)  # fmt: skip
def test_real_bursts_are_found_without_being_told_where(
    shared_data: Path, file: str, t0: str, given: dict[str, Any], t90: float, off: float
) -> None:
    (path,) = (shared_data / LIGHT_CURVES).glob(file)
    places = [str(p) for p in path.parent.glob("*_Fermi.eph")]
    result = burst_search(trigger_time=datetime.fromisoformat(t0), files=[str(path)], places=places, **given)
    assert result.values["significance"].value > 37.0
    assert result.values["t90"].value == pytest.approx(t90, abs=off)
    assert 20 < len(result.tables[0].rows) <= 300


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"there is no file .*gone\.fits; a light curve is wanted"):
        burst_search(trigger_time=datetime(2023, 3, 7, tzinfo=UTC), files=[str(tmp_path / "gone.fits")])
