"""Numbers, errors and powers of ten in every form that circulars print (numbers in comments are circulars with the
like), and dates, clocks and times since T0."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from kg.extraction.epochs import find_epochs
from kg.extraction.normalise import Even
from kg.extraction.numbers import read_quantity, reread_quantity


@pytest.mark.parametrize(
    ("written", "value", "error", "rest"),
    [
        ("3640+3450-1270 s", 3640.0, [1270.0, 3450.0], "s"),  # 10106
        ("1.3 (+2.72/-2.29)x10^21 cm^-2", 1.3e21, [2.29e21, 2.72e21], "cm^-2"),  # 10081
        ("4.6+/-0.2E-18 ergs", 4.6e-18, [2e-19, 2e-19], "ergs"),  # 603
        ("9.4 * 10^(-12) erg", 9.4e-12, None, "erg"),  # 1007
        ("1.3 x 10E-11 erg", 1.3e-11, None, "erg"),
        ("10E-11 erg", 1e-11, None, "erg"),
        ("2.34(-0.28, +0.31)10^-5 erg", 2.34e-5, [2.8e-6, 3.1e-6], "erg"),  # 4197
        ("1.13 +/- 0.046 E-4 erg", 1.13e-4, [4.6e-6, 4.6e-6], "erg"),  # 5418
        ("(5.8 +/- 0.5)E-7 erg", 5.8e-7, [5e-8, 5e-8], "erg"),
        ("(9.4  1.1)x10-6 erg", 9.4e-6, [1.1e-6, 1.1e-6], "erg"),  # a plus-minus lost on its way
        ("13+/\ufffd\ufffd\ufffd3 mJy", 13.0, [3.0, 3.0], "mJy"),
        ("8.4 (-/+ 1.5) e-06 ph", 8.4e-6, [1.5e-6, 1.5e-6], "ph"),
        ("1.4E-5 +/- 2.4E-6 ph", 1.4e-5, [2.4e-6, 2.4e-6], "ph"),
        ("1.2e-6 (+3e-7/-2e-7) erg", 1.2e-6, [2e-7, 3e-7], "erg"),
        ("$7.5^{+0.4}_{-0.3}$ s", 7.5, [0.3, 0.4], "s"),
        ("$1.2^{+0.3}_{-0.2} \\times 10^{-7}$ erg", 1.2e-7, [2e-8, 3e-8], "erg"),
        ("20.02(10) mag", 20.02, [0.1, 0.1], "mag"),
        ("8.8e-14erg", 8.8e-14, None, "erg"),
        ("2x1000 s", 2.0, None, "x1000 s"),
    ],
)
def test_a_quantity_is_read_with_its_error_and_power(
    written: str, value: float, error: list[float] | None, rest: str
) -> None:
    read = reread_quantity(written)
    assert read is not None
    assert (read[0].value, read[0].error, read[1]) == (value, error, rest)


@pytest.mark.parametrize("written", ["A12", "e7", "GRB", "", "-", "v2.5"])
def test_digits_inside_a_word_are_no_quantity(written: str) -> None:
    assert all(read_quantity(written, at) is None for at in range(1, len(written)))


@pytest.mark.parametrize(
    ("written", "utc", "since"),
    [
        ("r > 22.3 at T+3.2h.", None, 11520.0),
        ("3.2 hours after the trigger", None, 11520.0),
        ("observed 0.5 d post-burst", None, 43200.0),
        ("on Oct 17.20 UT we", datetime(2023, 10, 17, 4, 48, tzinfo=UTC), None),
        ("971217.50 UT", datetime(1997, 12, 17, 12, tzinfo=UTC), None),
        ("at 22:41:20 UT on 26 December 2022", datetime(2022, 12, 26, 22, 41, 20, tzinfo=UTC), None),
        ("Date: 29/06/19\nTime:  19:24:15.5 UT", datetime(2019, 6, 29, 19, 24, 15, 500000, tzinfo=UTC), None),
        ("October 9, 2022, at 13:16:59 UT", datetime(2022, 10, 9, 13, 16, 59, tzinfo=UTC), None),
        ("starting at UT 04:46 on August 14, 2010", datetime(2010, 8, 14, 4, 46, tzinfo=UTC), None),
        ("2024-10-29T21:32:51 UT", datetime(2024, 10, 29, 21, 32, 51, tzinfo=UTC), None),
        ("2018 Apr 4.5 UT", datetime(2018, 4, 4, 12, tzinfo=UTC), None),
        ("JD 2454321.5", datetime(2007, 8, 9, tzinfo=UTC), None),
        ("MJD 60203.5", datetime(2023, 9, 16, 12, tzinfo=UTC), None),
        ("at 06:12:48 UT the", datetime(2023, 8, 12, 6, 12, 48, tzinfo=UTC), None),
    ],
)
def test_moments_are_read_however_they_are_written(written: str, utc: datetime | None, since: float | None) -> None:
    [epoch] = find_epochs(Even(written).text, day=date(2023, 8, 12))
    assert (epoch.utc, epoch.epoch_s) == (utc, since)


def test_a_known_t0_turns_each_moment_into_the_other_kind() -> None:
    t0 = datetime(2023, 8, 12, 18, 58, 12, tzinfo=UTC)
    first, second = find_epochs("2023-08-12 19:58:12 UT, then 2 h after the burst", t0=t0)
    assert first.epoch_s == 3600.0
    assert second.utc == datetime(2023, 8, 12, 20, 58, 12, tzinfo=UTC)
    [night] = find_epochs("at 01:00:00 UT", t0=t0, day=t0.date())
    assert night.utc == datetime(2023, 8, 13, 1, tzinfo=UTC)
