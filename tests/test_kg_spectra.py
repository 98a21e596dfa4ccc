"""Which numbers of a spectrum go together, with which fluence, and which spectrum goes with which decay."""

from __future__ import annotations

from typing import Any

import pytest
from kg_samples import circular

from analyses.library.energetics import energetics, energy_between
from kg.claim import said
from kg.consumer import GraphConsumer
from kg.knowledge import Reader
from kg.named_queries import get
from kg.shapes import validate
from kg.spectra import CUT_OFF, decays, spectra
from kg.store import GraphStore
from kg.vocabulary import object_iri
from nuncius.journal import Journal

BURST = "GRB 260307A"
GBM = (
    "The time-averaged spectrum from T0 to T0+9 s measured by Fermi-GBM is best fit by a power law function with an\n"
    "exponential high-energy cutoff. The power law index is -1.13 +/- 0.06 and the cutoff energy, parameterized as\n"
    "Epeak, is 177 +/- 19 keV. A Band function fits the spectrum equally well with Epeak = 141 +/- 23 keV,\n"
    "alpha = -1.03 +/- 0.10 and beta = -2.18 +/- 0.20.\n\n"
    "The event fluence (10-1000 keV) in this time interval is (5.60 +/- 0.29)E-06 erg/cm^2.\n"
)
XRT = (
    "The light curve can be modelled with a series of power-law decays. The initial decay index is\n"
    "alpha=3.1 (+/-0.2). At T+120 s the decay flattens to an alpha of 0.83 (+/-0.06).\n\n"
    "A spectrum formed from the WT mode data can be fitted with an absorbed power-law with a photon spectral index of\n"
    "2.6 (+/-0.1). The PC mode spectrum has a photon index of 1.80 (+0.10, -0.08) and a low column.\n"
)


def row(predicate: str, value: float, **more: Any) -> dict[str, Any]:
    return {"predicate": predicate, "value": value, "document": "d", "where": "body", "start": 100, **more}


@pytest.fixture
def store(sqlite_url: str) -> GraphStore:
    made = GraphStore.in_memory()
    with Journal.open(sqlite_url, synchronous="normal") as journal:
        journal.append(
            [circular(30, f"{BURST}: Fermi GBM Observation", GBM), circular(31, f"{BURST}: Swift-XRT analysis", XRT)]
        )
        GraphConsumer(journal, made).step()
    return made


def test_spectra_of_a_circular_come_with_their_indices_and_its_fluence(store: GraphStore) -> None:
    rows = get(store, "spectra", {"object": BURST})
    assert [(r["value"], r["alpha"], r["beta"], r["model"]) for r in rows] == [
        (177.0, -1.13, CUT_OFF, "cutoff power law"),
        (141.0, -1.03, -2.18, "Band"),
    ]
    assert {r["fluence"]["value"] for r in rows} == {5.6e-6}
    assert {r["interval"] for r in rows} == {"time-integrated"}


def test_the_latest_decay_goes_with_the_spectrum_of_photon_counting(store: GraphStore) -> None:
    [found] = get(store, "decays", {"object": BURST})
    assert (found["value"], found["photon"]["value"]) == (0.83, 1.8)
    assert found["error_probability"] == found["photon"]["error_probability"] == 0.9


def test_what_is_told_of_spectra_conforms_and_is_shown_in_words(store: GraphStore) -> None:
    assert [wrong for _, wrong in validate(store) if wrong] == []
    [peak] = [c for c in Reader(store).claims(object_iri(BURST), ("epeak",)) if c.value == 141.0]
    assert said(peak) == "141 ± 23 keV (Band, time-integrated, Fermi-GBM)"
    assert peak.si == pytest.approx(141e3 * 1.602176634e-19)


def test_a_peak_energy_in_seconds_or_an_index_with_a_unit_is_noticed() -> None:
    store = GraphStore.in_memory()
    broken = (
        b"@prefix n: <http://odahub.io/ontology/nuncius#> . @prefix p: <http://www.w3.org/ns/prov#> . "
        b'<urn:c> a n:Claim ; n:predicate n:epeak ; p:wasDerivedFrom <urn:d> ; n:value 3.0 ; n:unit "s" . '
        b'<urn:e> a n:Claim ; n:predicate n:decay_index ; p:wasDerivedFrom <urn:d> ; n:value 1.0 ; n:unit "s" . '
        b'<urn:f> a n:Claim ; n:predicate n:epeak ; p:wasDerivedFrom <urn:d> ; n:value 3.0 ; n:unit "keV" .'
    )
    store.load(broken, "http://g/1")
    [(_, violations)] = list(validate(store))
    assert {v.node for v in violations} == {"urn:c", "urn:e"}


def test_the_whole_burst_comes_before_its_peak_and_the_precise_before_the_vague() -> None:
    claims = [
        row("epeak", 500.0, unit="keV", start=900, plus=5.0, minus=5.0, qualifier={"interval": "peak"}),
        row("epeak", 300.0, unit="keV", start=100, plus=90.0, minus=90.0, qualifier={"interval": "time-integrated"}),
        row("epeak", 290.0, unit="keV", document="e", plus=9.0, qualifier={"interval": "time-integrated"}),
        row("epeak", 200.0, unit="keV", assertion="cited"),
        row("epeak", 100.0, unit="keV", limit=">"),
    ]
    assert [r["value"] for r in spectra(claims)] == [290.0, 300.0, 500.0]


def test_signs_are_brought_to_exponents() -> None:
    falling = row("low_energy_index", 0.6, start=80, qualifier={"sign": "falling"})
    bat = row("low_energy_index", 1.46, start=80, qualifier={"instrument": "Swift-BAT"})
    peak = row("epeak", 300.0, unit="keV")
    assert spectra([falling, peak])[0]["alpha"] == -0.6
    assert spectra([bat, peak])[0]["alpha"] == -1.46


def test_decays_without_errors_and_those_of_windowed_timing_after_breaks_test_nothing() -> None:
    photon = row("photon_index", 2.9, plus=0.1, minus=0.1, qualifier={"of": "afterglow", "mode": "WT"})
    broken = [
        row("decay_index", 3.0, start=1, plus=0.1, qualifier={"light": "X-ray", "segment": 1}),
        row("decay_index", 0.9, start=9, plus=0.1, qualifier={"light": "X-ray", "segment": 2}),
    ]
    assert decays([row("decay_index", 0.9, qualifier={"light": "optical"})]) == []
    assert decays([photon, *broken])[0]["photon"] is None
    assert decays([photon, broken[0]])[0]["photon"]["value"] == 2.9
    [faded] = decays([row("decay_index", -1.5, plus=0.1, qualifier={"light": "X-ray"})])
    assert faded["value"] == 1.5


def test_the_stated_spectrum_carries_the_energy_and_is_named() -> None:
    given = {
        "fluence": 1e-5,
        "redshift": 1.0,
        "band_low": 15.0,
        "band_high": 150.0,
        "epeak": 300.0,
        "epeak_error": 30.0,
    }
    steep = energetics(**given, alpha=-0.5, beta=-10.0)  # type: ignore[arg-type]
    mean = energetics(**given)  # type: ignore[arg-type]
    ratio = energy_between(0.5, 5000, -0.5, -10, 300) / energy_between(15, 150, -0.5, -10, 300)
    assert steep.values["k_correction"].value == pytest.approx(ratio, rel=1e-9)
    assert "with the spectrum stated (alpha -0.5, cut off, Epeak 300 keV)" in steep.caveats[0]
    assert "alpha and beta of the mean burst" in mean.caveats[0]
    # d(log10 Ep) / 0.17, nothing from a fluence without an error
    assert steep.values["amati_offset"].plus == pytest.approx(0.1 / 2.302585 / 0.17, rel=1e-5)


def test_a_spectrum_that_goes_on_rising_has_no_peak_to_test() -> None:
    rising = energetics(fluence=1e-5, redshift=1.0, epeak=48.0, alpha=0.2, beta=-1.7)
    assert "amati_offset" not in rising.values
    assert any("no peak" in caveat for caveat in rising.caveats)


def test_a_low_energy_index_of_nought_is_one() -> None:
    flat = energetics(fluence=1e-5, redshift=1.0, epeak=100.0, alpha=0.0)
    assert flat.values["energy"].value != energetics(fluence=1e-5, redshift=1.0, epeak=100.0).values["energy"].value
