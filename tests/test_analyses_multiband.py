"""One decay for all bands: on made afterglows whose truth is known, and on GRB 221009A."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analyses.library.multiband import Flux, Magnitude, multiband
from nuncius.core.errors import PermanentError

DAY = 86400.0


def afterglow(
    alpha: float, *, later: float | None = None, turn: float = DAY, seed: int = 1, count: int = 60
) -> list[Magnitude]:
    """Measurements in three bands from a tenth of a day to ten days, with errors of 0.1."""
    dice = np.random.default_rng(seed)
    times = np.exp(dice.uniform(np.log(0.1 * DAY), np.log(10 * DAY), count))
    bands = dice.choice(["g", "r'", "i"], count)
    colours = {"g": 20.5, "r'": 20.0, "i": 19.7}
    fade = 2.5 * alpha * np.log10(np.minimum(times, turn) / turn) + 2.5 * (
        alpha if later is None else later
    ) * np.log10(np.maximum(times, turn) / turn)
    return [
        Magnitude(
            seconds=float(t), band=str(b), value=float(colours[str(b)] + f + dice.normal(0, 0.1)), plus=0.1, minus=0.1
        )
        for t, b, f in zip(times, bands, fade, strict=True)
    ]


def test_a_decay_is_found_with_its_error_and_no_break_is_made_up() -> None:
    pulls = []
    for seed in range(12):
        values = multiband(points=afterglow(1.2, seed=seed)).values
        assert "break" not in values
        pulls.append((values["decay_index"].value - 1.2) / (values["decay_index"].plus or 1.0))
    assert np.abs(pulls).max() < 3.5
    assert 0.3 < np.std(pulls) < 1.6


def test_a_break_is_found_where_it_is() -> None:
    found = multiband(points=afterglow(0.7, later=1.9, seed=3), object="GRB X").values
    assert found["decay_index"].value == pytest.approx(0.7, abs=0.15)
    assert found["late_decay_index"].value == pytest.approx(1.9, abs=0.15)
    assert found["break"].value == pytest.approx(DAY, rel=0.4)


def test_spellings_of_a_band_are_one_band_and_magnitudes_of_the_fit_are_told() -> None:
    points = [*afterglow(1.0), Magnitude(seconds=DAY, band="sdss r", value=20.0, plus=0.1, minus=0.1)]
    table = multiband(points=points).tables[0]
    assert [row[0] for row in table.rows] == ["g", "r", "i"]
    assert all(isinstance(row[3], float) for row in table.rows)


def test_one_wild_point_does_not_bend_the_decay() -> None:
    points = [*afterglow(1.0), Magnitude(seconds=5 * DAY, band="r'", value=12.0, plus=0.01, minus=0.01)]
    found = multiband(points=points)
    assert found.values["decay_index"].value == pytest.approx(1.0, abs=0.1)
    assert any("left out of the fit" in caveat for caveat in found.caveats)


def test_a_limit_that_the_decay_should_have_passed_is_named_with_who_says_it() -> None:
    deep = Magnitude(seconds=0.2 * DAY, band="r'", value=22.5, limit=">", document="GCN 1")
    shallow = Magnitude(seconds=5 * DAY, band="r'", value=17.0, limit=">", document="GCN 2")
    found = multiband(points=[*afterglow(1.0), deep, shallow])
    assert found.values["limits_against"].value == 1.0
    assert any("GCN 1" in caveat and "GCN 2" not in caveat for caveat in found.caveats)


def test_a_supernova_is_kept_out_by_an_end() -> None:
    dice = np.random.default_rng(5)
    bump = [
        Magnitude(seconds=float(t), band="r'", value=21.0 + dice.normal(0, 0.1), plus=0.1, minus=0.1)
        for t in np.linspace(12, 25, 15) * DAY
    ]
    points = [*afterglow(1.2), *bump]
    assert multiband(points=points, stop=10 * DAY).values["decay_index"].value == pytest.approx(1.2, abs=0.1)
    assert multiband(points=points).values["scatter"].value > 1.1


def test_two_points_are_too_few_and_none_is_refused() -> None:
    few = [Magnitude(seconds=100.0, band="r", value=18.0), Magnitude(seconds=200.0, band="g", value=18.4)]
    found = multiband(points=few, xrays=[Flux(seconds=150.0, flux=1e-11, error=1e-12)])
    assert "too few to fit" in found.answer
    assert found.figures[0].png.startswith(b"\x89PNG")
    with pytest.raises(PermanentError, match="none of 1 points has a time"):
        multiband(points=[Magnitude(band="r", value=18.0)])


@pytest.mark.shared_data
def test_grb_221009a_decays_as_published(shared_data: Path) -> None:
    text = (shared_data / "gold" / "photometry_gold.jsonl").read_text(encoding="utf-8")
    points = [
        Magnitude(
            seconds=float(row["t_since_trigger_s"]),
            band=row["filter"],
            value=float(row["mag"]),
            plus=float(row["mag_err"] or 0.0),
            document=f"GCN {row['circularId']}",
        )
        for row in map(json.loads, text.splitlines())
        if row["grb"] == "GRB 221009A"
    ]
    found = multiband(points=points, object="GRB 221009A").values
    # Kann et al. (2023, ApJL 948, L12): 0.72, from 0.6 d on 1.44, host and extinction corrected.
    assert found["decay_index"].value == pytest.approx(0.72, abs=0.2)
    assert found["late_decay_index"].value == pytest.approx(1.44, abs=0.15)
    assert found["break"].value / DAY == pytest.approx(0.6, abs=0.2)
