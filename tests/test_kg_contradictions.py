"""The arithmetic of contradiction: what errors, limits, ranges and verdicts exclude, and what they do not."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kg_samples import Telling, fact, moved, notice

from kg.claim import Claim
from kg.coincidences import chance_probability, separation_deg
from kg.consumer import GraphConsumer
from kg.contradictions import compare, contradictions
from kg.named_queries import get
from kg.store import GraphStore
from kg.units import si, to_si
from kg.vocabulary import object_iri
from nuncius.core.event import Event
from nuncius.journal import Journal

NOW = datetime(2026, 3, 7, tzinfo=UTC)


def _claim(number: int, predicate: str, value: Any = None, **more: Any) -> Claim:
    return Claim(
        node=f"http://c/{number}#{predicate}",
        predicate=predicate,
        subject=object_iri("GRB 260307A"),
        document=f"http://c/{number}",
        circular=number,
        received=NOW + timedelta(minutes=number),
        value=value,
        text=more.pop("text", str(value)),
        **more,
    )


def _z(number: int, value: float | None, **more: Any) -> Claim:
    return _claim(number, "redshift", value, **more)


@pytest.mark.parametrize(
    ("one", "two", "excluded"),
    [
        (_z(1, 1.5, minus=0.001, plus=0.001), _z(2, 1.7, minus=0.001, plus=0.001), True),
        (_z(1, 1.5, minus=0.1, plus=0.1), _z(2, 1.7, minus=0.1, plus=0.1), False),
        (_z(1, 1.5, minus=0.01, plus=0.5), _z(2, 1.9, minus=0.01, plus=0.01), False),
        (_z(1, 1.5, minus=0.5, plus=0.01), _z(2, 1.9, minus=0.01, plus=0.01), True),
        (_z(1, 1.5), _z(2, 2.0, limit="<"), False),
        (_z(1, 2.5), _z(2, 2.0, limit="<"), True),
        (_z(1, 1.0, limit="<"), _z(2, 2.0, limit=">"), True),
        (_z(1, 3.0, limit="<"), _z(2, 2.0, limit=">"), False),
        (_z(1, None, lower=3.7, upper=4.0), _z(2, 3.9), False),
        (_z(1, None, lower=3.7, upper=4.0), _z(2, 2.1, minus=0.1, plus=0.1), True),
        (_z(1, 1.500), _z(2, 1.502), False),
        (_z(1, 1.5), _z(2, 0.8, qualifier={"of": "intervening"}), False),
        (_z(1, 1.5, qualifier={"type": "photometric"}), _z(2, 1.7), False),
        (_z(1, 1.5), _z(2, 2.7, assertion="cited"), False),
        (_z(1, 1.5, status="corrected"), _z(2, 2.7), False),
    ],
)
def test_redshifts(one: Claim, two: Claim, excluded: bool) -> None:
    assert bool(contradictions([one, two])) is excluded
    assert bool(contradictions([two, one])) is excluded


def test_an_error_is_as_wide_as_its_probability_says() -> None:
    # 90 % errors of 0.33 are 0.2 of one sigma: a gap of 0.7 is 3.5 sigma of 0.2, and 2.1 sigma of 0.33.
    at_90 = [_z(n, v, minus=0.33, plus=0.33, error_probability=0.9) for n, v in ((1, 1.5), (2, 2.4))]
    [found] = contradictions(at_90)
    assert found.sigmas == pytest.approx(0.9 / math.hypot(0.33 / 1.644854, 0.33 / 1.644854), rel=1e-5)
    assert not contradictions([_z(n, v, minus=0.33, plus=0.33) for n, v in ((1, 1.5), (2, 2.4))])


def test_a_contradiction_names_the_earlier_first_and_says_why() -> None:
    [found] = contradictions([_z(2, 2.7, minus=0.01, plus=0.01), _z(1, 1.5, minus=0.01, plus=0.01)])
    assert (found.earlier.circular, found.later.circular) == (1, 2)
    assert found.why == "1.5 ± 0.01 against 2.7 ± 0.01: apart by 84.9 sigma"


def _dur(number: int, value: float, unit: str, **qualifier: Any) -> Claim:
    factor, si_unit = si(unit) or (0.0, "")
    return _claim(
        number, "t90", value, unit=unit, si=value * factor, si_unit=si_unit, minus=0.1, plus=0.1, qualifier=qualifier
    )


def test_durations_are_compared_in_si_and_only_of_one_instrument_and_band() -> None:
    bat = {"instrument": "Swift-BAT", "band": "15-350 keV"}
    assert contradictions([_dur(1, 2.0, "min", **bat), _dur(2, 60.0, "s", **bat)])
    assert not contradictions([_dur(1, 1.0, "min", **bat), _dur(2, 60.0, "s", **bat)])
    assert not contradictions([_dur(1, 30.0, "s", **bat), _dur(2, 60.0, "s", instrument="Fermi-GBM")])
    assert not contradictions([_dur(1, 30.0, "s"), _dur(2, 60.0, "s")]), "nobody says whose they are"


def test_magnitudes_are_compared_at_the_same_time_in_the_same_band() -> None:
    def mag(number: int, value: float, band: str, epoch: float, **more: Any) -> Claim:
        more = {"minus": 0.05, "plus": 0.05} | more
        return _claim(number, "magnitude", value, unit="mag", qualifier={"band": band, "epoch_s": epoch}, **more)

    assert contradictions([mag(1, 18.0, "r", 600.0), mag(2, 19.0, "r", 610.0)])
    assert not contradictions([mag(1, 18.0, "r", 600.0), mag(2, 19.0, "r", 6000.0)]), "it faded"
    assert not contradictions([mag(1, 18.0, "r", 600.0), mag(2, 19.0, "i", 610.0)])
    deep = mag(2, 20.0, "r", 610.0, limit=">", minus=None, plus=None)
    assert contradictions([mag(1, 18.0, "r", 600.0), deep]), "seen at 18, and not above 20"
    assert not contradictions([mag(1, 21.0, "r", 600.0), deep])


def test_positions_are_compared_on_the_sphere_with_their_containment() -> None:
    def place(number: int, ra: float, dec: float, radius: float, level: float) -> Claim:
        return _claim(number, "position", None, ra=ra, dec=dec, radius=radius, containment=level)

    assert not contradictions([place(1, 359.999, 10.0, 0.01, 0.9), place(2, 0.001, 10.0, 0.01, 0.9)]), "across 0 h"
    assert not contradictions([place(1, 10.0, 89.999, 0.01, 0.9), place(2, 190.0, 89.999, 0.01, 0.9)]), "at the pole"
    assert contradictions([place(1, 10.0, 0.0, 0.01, 0.9), place(2, 11.0, 0.0, 0.01, 0.9)])
    # A 99 % radius is 3.03 sigma, a 39.3 % radius is one.
    assert contradictions([place(1, 10.0, 0.0, 1.0, 0.99), place(2, 12.0, 0.0, 0.01, 0.99)])
    assert not contradictions([place(1, 10.0, 0.0, 1.0, 0.393), place(2, 12.0, 0.0, 0.01, 0.9)])


def test_a_list_of_candidates_contradicts_nothing() -> None:
    def place(number: int, ra: float, node: str) -> Claim:
        claim = _claim(number, "position", None, ra=ra, dec=0.0, radius=0.001, containment=0.9)
        return msgspec.structs.replace(claim, node=node)

    candidates = [place(1, 10.0 + 0.1 * i, f"http://c/1#{i}") for i in range(3)]
    assert contradictions([*candidates, place(2, 10.05, "http://c/2#0")]) == []
    assert contradictions([candidates[0], place(2, 10.05, "http://c/2#0")])


def test_a_place_printed_twice_disagrees_once() -> None:
    def place(number: int, ra: float, part: str) -> Claim:
        claim = _claim(number, "position", None, ra=ra, dec=0.0, radius=0.001, containment=0.9)
        return msgspec.structs.replace(claim, node=f"http://c/{number}#{part}")

    twice = [place(1, 10.0, "degrees"), place(1, 10.000001, "hours")]
    assert len(contradictions([*twice, place(2, 11.0, "degrees"), place(2, 11.000001, "hours")])) == 1


def test_verdicts_contradict_by_yes_and_no_or_by_sorts_that_exclude_each_other() -> None:
    def verdict(number: int, predicate: str, value: str, assertion: str = "asserted") -> Claim:
        return _claim(number, predicate, value, assertion=assertion)

    assert contradictions([verdict(1, "coincidence", "S260307ab"), verdict(2, "coincidence", "S260307ab", "negated")])
    assert contradictions([verdict(1, "classification", "short"), verdict(2, "classification", "long")])
    assert not contradictions([verdict(1, "classification", "short", "hedged"), verdict(2, "classification", "long")])
    assert not contradictions([verdict(1, "classification", "long"), verdict(2, "classification", "BBH")])
    assert not contradictions([verdict(1, "counterpart", "optical"), verdict(2, "counterpart", "X-ray", "negated")])


numbers = st.floats(0.01, 10.0)
errors = st.floats(0.0, 3.0)


@given(numbers, numbers, errors, errors, st.sampled_from([None, "<", ">"]), st.sampled_from([None, "<", ">"]))
def test_comparing_is_symmetric_and_wider_errors_never_make_a_contradiction(
    a: float, b: float, ea: float, eb: float, la: Any, lb: Any
) -> None:
    def pair(extra: float) -> tuple[Claim, Claim]:
        return _z(1, a, minus=ea + extra, plus=ea + extra, limit=la), _z(
            2, b, minus=eb + extra, plus=eb + extra, limit=lb
        )

    one, two = pair(0.0)
    assert bool(compare(one, two)) == bool(compare(two, one))
    if not compare(one, two):
        assert not compare(*pair(1.0))
    assert not compare(one, one)


def test_si_units_agree_with_astropy() -> None:
    from astropy import units as u

    for unit in (
        "s",
        "ms",
        "min",
        "h",
        "d",
        "arcmin",
        "arcsec",
        "erg / cm2",
        "erg / (cm2 s)",
        "Jy",
        "mJy",
        "uJy",
        "keV",
        "Mpc",
        "GHz",
    ):
        factor, name = si(unit) or (0.0, "")
        assert factor == pytest.approx(u.Unit(unit).to(u.Unit(name)), rel=1e-12), unit
    assert to_si(4.6, "1e-08 erg / cm2") == (pytest.approx(4.6e-11, rel=1e-12), "J / m2")
    assert si("furlong per fortnight") is None


def test_the_chance_of_a_coincidence_is_that_of_poisson_for_small_and_large_regions() -> None:
    assert chance_probability(10.0, 180.0, rate=1e-4) == pytest.approx(1 - math.exp(-2e-3), rel=1e-12)
    # A cap of 1 degree is 7.6e-5 of the sky.
    assert chance_probability(10.0, 1.0, rate=1e-4) == pytest.approx(
        2e-3 * (1 - math.cos(math.radians(1.0))) / 2, rel=1e-3
    )
    assert separation_deg(10.0, 20.0, 10.0, 20.0) == 0.0
    assert separation_deg(0.0, 90.0, 123.0, -90.0) == pytest.approx(180.0)


def test_a_new_claim_that_contradicts_an_earlier_one_is_announced_once_with_both_spans(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling = Telling(monkeypatch)
    one = telling.circular(1, fact(1, "redshift", 1.5, error=[0.01, 0.01], text="z = 1.5"))
    two = telling.circular(2, fact(2, "redshift", 2.7, error=[0.01, 0.01], text="z = 2.7"))
    agreeing = telling.circular(3, fact(3, "redshift", 2.7, obj="GRB 260308A"), subject="GRB 260308A: report")
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        journal.append([one, two, agreeing])
        for batch in (500, 1):  # a second reading, in other batches, announces nothing new
            store = GraphStore.in_memory()
            while GraphConsumer(journal, store, batch=batch).step():
                pass
            journal.rewind("kg")
        [event] = [s.event for s in journal.read(0, kinds=["kg.fact.contradiction"])]
    assert event.is_a("kg.fact")
    assert event.object == object_iri("GRB 260307A")
    assert (event.data["predicate"], event.data["quantity"]) == ("contradiction", "redshift")
    assert (event.data["earlier"]["text"], event.data["earlier"]["circular"]) == ("z = 1.5", 1.0)
    assert (event.data["later"]["text"], event.data["later"]["url"]) == ("z = 2.7", "https://gcn.nasa.gov/circulars/2")
    [row] = get(store, "contradictions", {"object": "GRB 260307A"})
    assert (row["earlier"]["value"], row["later"]["value"]) == (1.5, 2.7)


def test_rules_hear_of_facts_of_all_sorts_of_one_magnitude_and_not_of_hearsay(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling = Telling(monkeypatch)
    facts = [fact(1, "magnitude", 18.0, start=20 * i) for i in range(1, 4)]
    facts += [fact(1, "t90", 2.0, unit="s", start=100), fact(1, "t90", 3.0, assertion="cited", start=130)]
    facts += [fact(1, "redshift", 2.0, assertion="hypothetical", start=150)]
    facts += [fact(1, "counterpart", f"source {i}", start=200 + 30 * i) for i in range(40)]
    place = {"ra": 10.0, "dec": -5.0}
    facts += [fact(1, "position", place, error=[0.01, 0.02], error_probability=0.9, unit="deg", start=2000)]
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        journal.append([telling.circular(1, *facts)])
        GraphConsumer(journal, GraphStore.in_memory()).step()
        heard: list[Event] = [s.event for s in journal.read(0, kinds=["kg.fact"])]
    kinds = [e.data["predicate"] for e in heard]
    assert kinds.count("t90") == 1
    assert kinds.count("counterpart") == 12
    assert kinds.count("magnitude") == 1
    assert set(kinds) == {"t90", "counterpart", "position", "magnitude"}
    found = heard[-1].data
    assert (found["ra"], found["dec"], found["ra_dec_error"], found["containment_probability"]) == (
        10.0,
        -5.0,
        0.02,
        0.9,
    )
    assert len({e.id for e in heard}) == len(heard)


def test_a_refined_notice_takes_the_place_of_the_first(sqlite_url: str) -> None:
    first = notice("1", ids=["794591051"], ra=10.0, dec=5.0, ra_dec_error=3.0, containment_probability=0.68)
    later = notice("2", ids=["794591051"], ra=40.0, dec=5.0, ra_dec_error=1.0, containment_probability=0.68)
    store = GraphStore.in_memory()
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        journal.append([first, moved(later, minutes=1)])
        GraphConsumer(journal, store).step()
    rows = get(store, "claims", {"object": "fermi-gbm:794591051"})
    assert [(r["ra"], r.get("status", "stands")) for r in rows] == [(10.0, "superseded"), (40.0, "stands")]
    assert [r["ra"] for r in get(store, "known", {"object": "fermi-gbm:794591051"})] == [40.0]
    assert get(store, "contradictions", {"object": "fermi-gbm:794591051"}) == []
