"""Numbers in the words of a thread."""

from __future__ import annotations

import pytest

from nuncius.core.numbers import odds, rounded


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (4.386e8, "4.4 × 10⁸"),
        (9.996e8, "1.0 × 10⁹"),
        (1.44e-16, "1.4 × 10⁻¹⁶"),
        (1275.0, "1,300"),
        (0.02512, "0.025"),
        (3.0, "3.0"),
        (-2.5e7, "-2.5 × 10⁷"),
        (0.0, "0"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_is_said_with_the_digits_that_it_has(value: float, said: str) -> None:
    assert rounded(value) == said


@pytest.mark.parametrize(
    ("log10", "said"),
    [
        (2.4, "250 : 1"),
        (0.035, "1.1 : 1"),
        (-0.005, "1 : 1"),
        (-1.2, "1 : 16"),
        (4.1, "13,000 : 1"),
        (17.4, "10¹⁷ : 1"),
        (float("-inf"), "1 : ∞"),
    ],
)
def test_odds_are_said_as_one_against_the_other(log10: float, said: str) -> None:
    assert odds(log10) == said
