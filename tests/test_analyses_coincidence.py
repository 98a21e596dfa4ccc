"""How often chance makes a pair: against closed forms, made searches, and figures of LIGO's own code."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from analyses.library.coincidence import YEAR_S, Candidate, coincidence, joint_far
from nuncius.core.errors import PermanentError
from nuncius.core.sky import Circle

T0 = datetime(2017, 8, 17, 12, 41, 4, 400000, tzinfo=UTC)


def gw(far: float, **more: object) -> Candidate:
    return Candidate(name="S1", time=T0, far=far, **more)  # type: ignore[arg-type]


def test_a_loud_merger_with_a_burst_two_seconds_later_is_a_joint_detection() -> None:
    # The window, a rate of 310 bursts a year, and FAR by FAR the figure that ligo-raven 3.3 gives (docs/analyses.md).
    burst = Candidate(name="GRB", time=T0 + timedelta(seconds=1.74), rate=310.0 / (365.0 * 86400.0))
    found = coincidence(first=gw(3.9e-14), second=burst, pair="gw-grb")
    assert found.values["temporal_far"].value == pytest.approx(6.0 * 310.0 / (365.0 * 86400.0) * 3.9e-14)
    assert "joint detection" in found.answer
    assert found.values["time_offset"].value == pytest.approx(1.74)


def test_joint_rates_are_those_of_ligos_own_code() -> None:
    """Figures printed by `ligo.raven.search.coinc_far` of ligo-raven 3.3 for the same candidates."""
    burst = Candidate(name="GRB", time=T0, rate=310.0 / (365.0 * 86400.0))
    assert joint_far(gw(3.9e-14), burst, 6.0, 1.0) == pytest.approx(2.300228310502283e-18, rel=1e-12)
    faint = Candidate(name="GRB", time=T0, far=1e-5, threshold=1e-4)
    assert joint_far(gw(1e-6, threshold=1 / 86400), faint, 6.0, 1.0) == pytest.approx(3.4508116176997043e-10, rel=1e-12)


def test_a_window_may_be_longer_after_than_before() -> None:
    burst = Candidate(name="GRB", time=T0 - timedelta(seconds=2), rate=1e-5)
    late = Candidate(name="GRB", time=T0 + timedelta(seconds=2), rate=1e-5)
    assert "not coincident" in coincidence(first=gw(1e-9), second=burst, pair="gw-grb").answer
    assert "joint_far" not in coincidence(first=gw(1e-9), second=burst, pair="gw-grb").values
    assert "not coincident" not in coincidence(first=gw(1e-9), second=late, pair="gw-grb").answer
    assert "not coincident" not in coincidence(first=gw(1e-9), second=burst, before=3.0, after=0.0).answer


def test_more_searches_make_chance_as_much_more_frequent() -> None:
    burst = Candidate(name="GRB", time=T0, rate=1e-5)
    one = coincidence(first=gw(1e-9), second=burst, pair="gw-grb").values["temporal_far"].value
    many = coincidence(first=gw(1e-9), second=burst, pair="gw-grb", trials=7).values["temporal_far"].value
    assert many == pytest.approx(7.0 * one)


def test_places_that_exclude_each_other_are_no_pair_however_close_in_time() -> None:
    here, there = (
        Circle(ra=10, dec=0, radius=2, containment_probability=0.9),
        Circle(ra=190, dec=0, radius=2, containment_probability=0.9),
    )
    burst = Candidate(name="GRB", time=T0, rate=1e-5, sky=there)
    found = coincidence(first=gw(1e-12, sky=here), second=burst, pair="gw-grb")
    assert "not the same source" in found.answer


def test_false_alarms_of_made_searches_come_as_often_as_is_said() -> None:
    """Two searches, each with noise at a constant rate and FARs spread evenly up to their thresholds; the sky evenly
    covered by places of known error. The rate of pairs as good as some is what `joint_far` says of them, or less."""
    dice = np.random.default_rng(11)
    top1, top2, window, live = 2e-3, 5e-3, 6.0, 4e7
    n1, n2 = dice.poisson(top1 * live), dice.poisson(top2 * live)
    t1, t2 = np.sort(dice.uniform(0, live, n1)), np.sort(dice.uniform(0, live, n2))
    far1, far2 = dice.uniform(0, top1, n1), dice.uniform(0, top2, n2)
    radius = 20.0  # of 39 percent: one sigma of each axis
    pairs = [
        (i, j)
        for i in range(n1)
        for j in range(np.searchsorted(t2, t1[i] - 1.0), np.searchsorted(t2, t1[i] + window - 1.0))
    ]
    assert len(pairs) == pytest.approx(top1 * top2 * window * live, rel=0.1)
    # Separation of two independent points on the sphere, and the overlap of two Gaussians about them.
    cosine = dice.uniform(-1, 1, len(pairs))
    apart = np.degrees(np.arccos(cosine))
    spread = math.sqrt(2.0) * radius
    overlap = 2.0 * (180.0 / math.pi) ** 2 / spread**2 * np.exp(-0.5 * (apart / spread) ** 2)
    assert overlap.mean() == pytest.approx(1.0, abs=0.15)  # on the sphere, nearly
    for use_place in (False, True):
        said = np.sort([
            joint_far(
                Candidate(name="a", time=T0, far=far1[i], threshold=top1),
                Candidate(name="b", time=T0, far=far2[j], threshold=top2),
                window,
                float(overlap[k]) if use_place else 1.0,
            )
            for k, (i, j) in enumerate(pairs)
        ])  # fmt: skip
        for count in (10, 50, 200):
            happened = count / live
            ratio = said[count - 1] / happened
            noise = 4.0 / math.sqrt(count)
            assert ratio > 1.0 - noise, f"chance pairs come {1 / ratio:.2f} times as often as said"
            if not use_place:  # an equality there, a bound from above with places
                assert ratio < 1.0 + noise


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (Candidate(name="S1", time=T0), Candidate(name="GRB", time=T0, rate=1e-5), "needs the FAR"),
        (gw(1e-9), Candidate(name="GRB", time=T0), "give its rate of reports"),
        (gw(1e-9), Candidate(name="GRB", time=T0, far=1e-6), "give its rate of reports"),
    ],
)
def test_what_is_missing_for_a_rate_of_chance_is_named(first: Candidate, second: Candidate, why: str) -> None:
    with pytest.raises(PermanentError, match=why):
        coincidence(first=first, second=second, pair="gw-grb")


def test_a_coincidence_needs_a_window() -> None:
    with pytest.raises(PermanentError, match="needs a window"):
        coincidence(first=gw(1e-9), second=Candidate(name="x", time=T0, rate=1e-5))


def test_a_rate_is_said_as_people_say_it() -> None:
    burst = Candidate(name="GRB", time=T0, rate=1.0 / 6.0)
    found = coincidence(first=gw(10.0 / YEAR_S), second=burst, pair="gw-grb")
    assert "joint FAR 10 a year" in found.answer
    assert "no more than chance" in found.answer
