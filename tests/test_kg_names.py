"""Names of events: every spelling comes to one, and nothing else is taken for a name."""

from __future__ import annotations

import pytest
from kg_samples import circular, notice

from kg.names import find_names, normalise_name
from kg.naming import equated, keys_of
from nuncius.core.event import Tense


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("GRB 230307A", "GRB 230307A"),
        ("GRB230307A", "GRB 230307A"),
        ("grb 230307a", "GRB 230307A"),
        ("GRB-230307A", "GRB 230307A"),
        ("GRB 20230307A", "GRB 230307A"),
        ("GRB 970228", "GRB 970228"),
        ("GRB 230827.256", "bn230827256"),
        ("GRB 210812699", "bn210812699"),
        ("bn170817529", "bn170817529"),
        ("S190425z", "S190425z"),
        ("LIGO/Virgo/KAGRA S230731an", "S230731an"),
        ("MS181101ab", "MS181101ab"),
        ("G298048", "G298048"),
        ("GW170817", "GW170817"),
        ("GW190521_074359", "GW190521_074359"),
        ("IceCube-211125A", "IceCube-211125A"),
        ("IC211125A", "IceCube-211125A"),
        ("IceCube 200911A", "IceCube-200911A"),
        ("IceCubeCascade-210121b", "IceCubeCascade-210121b"),
        ("EP240414a", "EP240414a"),
        ("EP240414A", "EP240414a"),
        ("AT 2017gfo", "AT2017gfo"),
        ("SN2023ixf", "SN2023ixf"),
        ("SN1987A", "SN1987A"),
        ("sb25012203", "sb25012203"),
        ("Swift J1913.1+1946", "Swift J1913.1+1946"),
        ("FRB 20211122A", "FRB 20211122A"),
        ("SGR1935+2154", "SGR 1935+2154"),
        ("GRB\u00a0230307A", "GRB 230307A"),
        ("GRB\n230307A", "GRB 230307A"),
        ("IceCube\u2013211125A", "IceCube-211125A"),
        ("HAWC-211123A", "HAWC-211123A"),
    ],
)
def test_every_spelling_of_a_name_becomes_one(written: str, name: str) -> None:
    assert normalise_name(written) == name
    assert normalise_name(name) == name, "a normalised name stays itself"


@pytest.mark.parametrize(
    "text", ["471401960", "1126853", "Fermi", "GRB 999999A", "GRB", "S123", "IC 4182", "", "AT THE", "SN 12", "G12",
     "GRB 230307A and GRB 230307B"]
)  # fmt: skip
def test_what_is_not_one_name_is_none(text: str) -> None:
    assert normalise_name(text) is None


def test_names_in_a_sentence_are_found_with_their_spans() -> None:
    text = "Is AT2017gfo, found after GW170817 and GRB 170817A (bn170817529), a kilonova?"
    found = find_names(text)
    assert [n.name for n in found] == ["AT2017gfo", "GW170817", "GRB 170817A", "bn170817529"]
    assert [text[n.start : n.end] for n in found] == ["AT2017gfo", "GW170817", "GRB 170817A", "bn170817529"]


@pytest.mark.parametrize(
    ("subject", "names"),
    [
        ("EP260307a / GRB 260307A: optical spectrum", ["EP260307a", "GRB 260307A"]),
        ("GRB 260307A (AT 2026abc / GOTO26xy): spectrum", ["GRB 260307A", "AT2026abc", "GOTO26xy"]),
        ("LIGO/Virgo G298048 (= GW170817): update", ["G298048", "GW170817"]),
        ("GRB 260307A a.k.a. GRB 260306B: same burst", ["GRB 260307A", "GRB 260306B"]),
        ("S260307ab / GRB 260307A: joint search", ["S260307ab"]),
        ("GRB 170817A = GW170817", ["GRB 170817A"]),
        ("GRB 260307A / GRB 260307B: two bursts", ["GRB 260307A"]),
        ("GRB 260307A / EP260301a: five days apart", ["GRB 260307A"]),
        ("IceCube-260307A: AT 2026abc is no counterpart", ["IceCube-260307A"]),
    ],
)
def test_only_names_that_a_subject_equates_are_aliases(subject: str, names: list[str]) -> None:
    assert equated(subject, find_names(subject)) == names


def _keys(event: object) -> list[str]:
    return [k.key for k in keys_of(event)]  # type: ignore[arg-type]


def test_numbers_are_scoped_by_mission_and_instrument() -> None:
    assert _keys(notice("a", ids=["471401960"])) == ["fermi-gbm:471401960"]
    assert _keys(notice("a", mission="Swift", instrument="XRT", ids=["1126853"])) == ["swift:1126853"]
    assert _keys(notice("a", mission="IceCube", instrument="IceCube", ids=["135946:57528"])) == ["icecube:135946:57528"]
    assert _keys(notice("a", mission="LVK", instrument="H1L1", ids=["S190425z"])) == ["S190425z"]
    assert _keys(notice("a", mission="INTEGRAL", instrument="SPI-ACS", ids=["9001"])) == ["integral-spi-acs:9001"]
    assert _keys(notice("a", ids=["0", "-1", ""])) == [], "no number is no key"


def test_a_test_never_shares_a_key_with_a_real_trigger() -> None:
    assert _keys(notice("a", ids=["471401960"], tense=Tense.TEST)) == ["test:fermi-gbm:471401960"]
    assert _keys(notice("a", mission="LVK", ids=["MS181101ab"], tense=Tense.TEST)) == ["MS181101ab"]


def test_a_gbm_circular_states_its_trigger_and_burst_numbers() -> None:
    body = "the Fermi GBM triggered and located GRB 230307A (trigger 699896651.3 / 230307656)."
    assert _keys(circular(1, "GRB 230307A: Fermi GBM detection", body)) == [
        "GRB 230307A",
        "fermi-gbm:699896651",
        "bn230307656",
    ]
    slip = body.replace("230307656", "230308656")
    assert _keys(circular(1, "GRB 230307A: Fermi GBM detection", slip)) == ["GRB 230307A"], "numbers that disagree"
    two = body + " An earlier trigger 699810251 / 230306656 is unrelated."
    assert _keys(circular(1, "GRB 230307A: Fermi GBM detection", two)) == ["GRB 230307A"], "which of the two?"


def test_a_swift_circular_states_its_trigger_for_its_own_burst_only() -> None:
    body = "At 13:16 UT, the Swift Burst Alert Telescope (BAT) triggered and located GRB 221009A (trigger=1126853)."
    assert _keys(circular(1, "GRB 221009A: Swift detection", body)) == ["GRB 221009A", "swift:1126853"]
    assert _keys(circular(1, "GRB 221009B: not that one", body)) == ["GRB 221009B"]
    assert _keys(circular(1, "Swift Trigger 1078701 is probably not a GRB")) == ["swift:1078701"]
    assert _keys(circular(1, "Fermi  trigger No 755225799: Global observations report")) == ["fermi-gbm:755225799"]
    assert _keys(circular(1, "EP-WXT01709258519: optical upper limit")) == ["einstein-probe-wxt:01709258519"]
    assert _keys(circular(1, "Swift Triggers 1186280 and 1186291 are not GRBs")) == [], "two triggers, no one object"
