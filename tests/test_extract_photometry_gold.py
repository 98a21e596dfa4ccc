"""Light-curve compilations that cite circulars: the benchmark's rules, and that dev and held-out halves stay good."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.score_photometry import agrees, half, in_text, limit_of, matched, same_band, score
from kg.extraction import Fact


def _fact(value: float, band: str, limit: str | None = None) -> Fact:
    shared = {"circular": 1, "object": "GRB 310301A", "predicate": "magnitude", "where": "body", "confidence": 0.9}
    return Fact(value=value, limit=limit, qualifier={"band": band}, start=0, end=5, text="x", **shared)  # type: ignore[arg-type]


def _row(mag: str, band: str, error: str) -> dict[str, object]:
    return {"mag": mag, "filter": band, "mag_err": error, "grb": "GRB 310301A"}


def test_an_error_of_nought_tells_no_limit_flag() -> None:
    assert [limit_of(_row("20.1", "R", e)) for e in ("0.1", "0.0", "UL", "3-sigma")] == [None, True, ">", ">"]


def test_magnitude_band_and_flag_must_agree() -> None:
    assert agrees(_fact(20.1, "r'"), _row("20.104", "r", "0.1"), exact=False)
    assert not agrees(_fact(20.1, "r'"), _row("20.11", "r", "0.1"), exact=False)
    assert not agrees(_fact(20.1, "r'", ">"), _row("20.1", "r", "0.1"), exact=False)
    assert not agrees(_fact(20.1, "g"), _row("20.1", "r", "0.1"), exact=False)
    assert not agrees(_fact(20.1, "r'"), _row("20.1", "r", "0.1"), exact=True)


def test_one_fact_answers_one_row() -> None:
    rows = [_row("18.6", "C", "0.0"), _row("18.6", "C", "0.0")]
    missed, extra = matched([_fact(18.6, "clear", ">"), _fact(19.0, "clear", ">")], rows, exact=False)
    assert (len(missed), [f.value for f in extra]) == (1, [19.0])


def test_bands_of_one_passband_are_one() -> None:
    assert same_band("CR", "R", exact=False)
    assert same_band("clear", "P-", exact=False)
    assert not same_band("g", "r", exact=False)


def test_a_value_stands_in_a_text_with_or_without_its_last_nought() -> None:
    assert in_text(_row("20.1", "R", "0.1"), "R = 20.10 +/- 0.1")
    assert not in_text(_row("20.1", "R", "0.1"), "R = 120.1")


@pytest.mark.shared_data
def test_both_halves_of_the_compilations_are_read(shared_data: Path) -> None:
    """SLAC-Gamma-Rays/grbLC and cgobat/dark-GRBs: F1 of 0.90 is the bar; the margin is for interval and changes."""
    figures = score(shared_data)
    assert half("GRB 230812B") == "dev"
    assert figures["dev"]["all_rows"]["f1"] >= 0.93
    assert figures["held-out"]["all_rows"]["f1"] >= 0.88
