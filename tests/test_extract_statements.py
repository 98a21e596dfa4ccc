"""Facts that are statements: whose event, what was taken back, not found, joined, followed up; sentences of our own."""

from __future__ import annotations

import time

import pytest

from kg.extraction import Circular, Fact, extract


def _facts(body: str, subject: str = "GRB 310101A: a report") -> list[Fact]:
    return extract(Circular(number=50_000, subject=subject, body=body))


def _said(predicate: str, body: str, subject: str = "GRB 310101A: a report") -> set[tuple[object, object, str]]:
    return {(f.object, f.value, f.assertion) for f in _facts(body, subject) if f.predicate == predicate}


@pytest.mark.parametrize(
    ("subject", "body", "named"),
    [
        ("GRB 310101.25: MASTER report", "", {"GRB 310101.25"}),
        ("GRB 310101.256: report", "", {"GRB 310101.256"}),
        ("GRB 3101011A: optical limits", "We observed GRB 310101A.", {"GRB 310101A"}),  # a digit too many
        ("GBR 310101A: refined analysis", "", {"GRB 310101A"}),
        ("IceCube Alert 310101.25: a report", "", {"IceCube-310101.25"}),
        ("Trigger 1900123: Swift detection of a known source", "", {"Swift trigger 1900123"}),
        (
            "Swift Triggers 1900123, 1900124 and 1900127 are noise",
            "",
            {f"Swift trigger 19001{n}" for n in (23, 24, 27)},
        ),
        ("Swift-BAT triggers 1900560-1 are not GRBs", "", {"Swift trigger 1900560", "Swift trigger 1900561"}),
        ("Fermi GBM trigger 230916144/716527670 is not a GRB", "", {"Fermi trigger 716527670"}),
        ("The EP-WXT trigger 01709131153 is no real source", "", {"EP-WXT trigger 01709131153"}),
        ("IBAS Alert 1774: not a real GRB", "", {"IBAS alert 1774"}),
        ("GRB 310101A and GRB 310102B: two spectra", "", {"GRB 310101A", "GRB 310102B"}),
        ("GRB 310101A: similar to GRB 290101B", "", {"GRB 310101A"}),
        (
            "Fermi trigger 716527670: a report",
            "The trigger 716527670, later named GRB 230916B, was seen.",
            {"GRB 230916B"},
        ),
    ],
)
def test_the_events_of_a_circular_are_named(subject: str, body: str, named: set[str]) -> None:
    assert {f.value for f in _facts(body, subject) if f.predicate == "event_name"} == named


def test_numbers_and_other_names_are_aliases_of_the_event() -> None:
    body = (
        "At 03:27 UT the BAT located GRB 310101A (trigger=1900123). The burst GRB 310101A is also known as EP310101b."
    )
    assert {f.value for f in _facts(body) if f.predicate == "alias"} == {"Swift trigger 1900123", "EP310101b"}


def test_facts_of_two_events_in_one_circular_are_kept_apart() -> None:
    body = "GRB 310101A was not detected in our images. For GRB 310102B the afterglow is clearly detected."
    facts = _facts(body, "GRB 310101A and GRB 310102B: imaging")
    assert [f.object for f in facts if f.predicate == "non_detection"] == ["GRB 310101A"]
    assert {f.object for f in facts if f.predicate == "counterpart"} == {"GRB 310102B"}


@pytest.mark.parametrize(
    ("subject", "body", "taken_back"),
    [
        ("Swift Triggers 1900123 and 1900124 are noise", "",
         {("Swift trigger 1900123", "event"), ("Swift trigger 1900124", "event")}),
        ("GRB 310101A: redshift retraction", "", {("GRB 310101A", "redshift")}),
        ("GRB 310101A: retraction of the optical counterpart", "", {("GRB 310101A", "counterpart")}),
        ("S310101ab: update", "S310101ab is no longer considered a candidate of interest.", {("S310101ab", "event")}),
        ("GRB 310101A: a report", "If the event is retracted we shall say so.", set()),
        ("GRB 310101A: NOT optical imaging", "With the NOT a GRB field was observed.", set()),
        ("GRB 310101A: a report", "AT 2031abc is not a GRB afterglow but a star.", set()),
    ],
)  # fmt: skip
def test_each_object_taken_back_is_told(subject: str, body: str, taken_back: set[tuple[str, str]]) -> None:
    facts = [f for f in _facts(body, subject) if f.predicate == "retraction"]
    assert {(f.object, f.qualifier["of"]) for f in facts} == taken_back


@pytest.mark.parametrize(
    ("body", "missed"),
    [
        ("We do not detect the afterglow down to R = 22.", {"afterglow"}),
        ("No credible counterpart candidate has been found.", {"counterpart"}),
        ("Zero track-like events are found within the region.", {"neutrino"}),
        ("Nothing is seen at the position.", {"source"}),
        ("There is no obvious host galaxy at this place.", {"host"}),
        ("We do not detect any absorption lines in the spectrum.", set()),
        ("There is no evidence for spectral evolution.", set()),
        ("The NOT detected the afterglow.", set()),
        ("If no afterglow is found, we shall observe again.", set()),
    ],
)
def test_what_was_looked_for_and_not_found(body: str, missed: set[str]) -> None:
    assert {value for _, value, _ in _said("non_detection", body)} == missed


@pytest.mark.parametrize(
    ("body", "assertion"),
    [
        ("The optical afterglow is clearly detected in our stacked image.", "asserted"),
        ("Using promptly downlinked data we find an uncatalogued X-ray source.", "hedged"),
        ("We find a fading, uncatalogued X-ray source.", "asserted"),
        ("We report a candidate afterglow inside the error circle.", "hedged"),
        ("The star is unrelated to the burst.", "negated"),
    ],
)
def test_a_counterpart_is_seen_proposed_or_denied(body: str, assertion: str) -> None:
    assert {a for _, _, a in _said("counterpart", body)} == {assertion}


@pytest.mark.parametrize(
    "body",
    [
        "We observed the optical afterglow (Doe et al., GCN 1234) with our telescope.",
        "No afterglow is detected.",
        "We searched for an optical counterpart.",
    ],
)
def test_a_counterpart_that_is_only_named_is_no_claim(body: str) -> None:
    assert _said("counterpart", body) == set()


@pytest.mark.parametrize(
    ("subject", "body", "link"),
    [
        (
            "GRB 310101A: a report",
            "The transient AT 2031abc is not associated with GRB 310101A.",
            ("AT2031abc", "negated"),
        ),
        (
            "IceCube-310101A: a report",
            "IceCube-310101A is possibly associated with AT 2031abc.",
            ("AT2031abc", "hedged"),
        ),
        (
            "GRB 310101A: a report",
            "We confirm the association of SN 2031ab with GRB 310101A.",
            ("SN2031ab", "asserted"),
        ),
        ("IceCube-310101A: a report", "There are no 4FGL sources inside the 90% region.", ("4FGL source", "negated")),
    ],
)
def test_what_coincides_with_what(subject: str, body: str, link: tuple[str, str]) -> None:
    assert {(value, a) for _, value, a in _said("coincidence", body, subject)} == {link}


def test_an_old_supernova_in_a_comparison_coincides_with_nothing() -> None:
    assert (
        _said("coincidence", "The light is consistent with SN 1998bw at this distance.", "GRB 310101A: light") == set()
    )


@pytest.mark.parametrize(
    ("body", "value", "assertion"),
    [
        ("This is a long-duration GRB.", "long", "asserted"),
        ("GRB 310101A is likely a short burst.", "short", "hedged"),
        ("The class is BBH (>99%).", "BBH", "hedged"),
        ("The trigger is not a GRB.", "GRB", "negated"),
        ("The source is a dwarf nova.", "dwarf nova", "asserted"),
    ],
)
def test_what_an_event_is_or_is_not(body: str, value: str, assertion: str) -> None:
    assert {(v, a) for _, v, a in _said("classification", body)} == {(value, assertion)}


def test_a_trigger_is_due_to_a_known_source() -> None:
    said = _said(
        "classification", "It was due to a misidentification of Cyg X-1.", "Swift Trigger 1900123 is not a GRB"
    )
    assert said == {("Swift trigger 1900123", "GRB", "negated"), ("Swift trigger 1900123", "Cyg X-1", "asserted")}


def test_citations_of_every_form_are_found() -> None:
    text = "See Doe et al. (CGN 41001), GCNs 41003-41005, GCN Circ. 41007/41008 and ATel #7391, https://gcn.nasa.gov/circulars/41010."
    cited = {f.value for f in _facts(text) if f.predicate == "cites"}
    assert cited == {41001, 41003, 41004, 41005, 41007, 41008, 41010, "ATel 7391"}


@pytest.mark.parametrize(
    ("subject", "body", "mended"),
    [
        ("Correction to GCN 41001: GRB 310101A", "", {41001}),
        ("GRB 310101A: new redshift", "This value supersedes the one given in GCN 41001 (see GCN 41002).", {41001}),
        ("GRB 310101A: photometry", "Consistent with GCN 41001, corrected for extinction.", set()),
    ],
)
def test_what_a_circular_mends(subject: str, body: str, mended: set[int]) -> None:
    assert {f.value for f in _facts(body, subject) if f.predicate == "corrects"} == mended


@pytest.mark.parametrize(
    ("subject", "sort"),
    [
        ("GRB 310101A: Fermi GBM detection", "detection"),
        ("GRB 310101A: Swift-XRT refined analysis", "follow_up"),
        ("GRB 310101A: Enhanced Swift-XRT position", "localization"),
        ("GRB 310101A: VLT/X-shooter redshift", "spectroscopy"),
        ("GRB 310101A is not a GRB", "retraction"),
        ("Correction to GCN 41001", "correction"),
        ("GRB 310101A: pseudo-redshift from the prompt emission", "interpretation"),
        ("IceCube-310101A: Fermi-LAT observations", "follow_up"),
    ],
)
def test_report_types_are_those_of_the_annotations(subject: str, sort: str) -> None:
    assert {f.value for f in _facts("x", subject) if f.predicate == "report_type"} == {sort}


def test_an_observation_follows_up_its_event_with_an_instrument() -> None:
    facts = _facts("We observed GRB 310101A with the 2.5-m NOT.", "GRB 310101A: optical observations")
    assert [f.value for f in facts if f.predicate == "follows_up"] == ["GRB 310101A"]
    assert [f.value for f in facts if f.predicate == "instrument"] == ["NOT"]


@pytest.mark.parametrize(
    "unit",
    [
        "the afterglow of ",
        "not detected ",
        "no new bright optical source, ",
        "is likely a ",
        "associated with AT 2031abc ",
        "Swift trigger 1900123, ",
        "short long ",
        "with the VLT at the ",
        "GRB 310101.25 / ",
        "GCN 41001-",
        "possible likely ",
    ],
)
def test_hostile_text_is_read_in_bounded_time(unit: str) -> None:
    from kg.extraction import (
        absent,
        citations,
        classification,
        coincidence,
        counterparts,
        followups,
        instruments,
        reports,
        retraction,
    )
    from kg.extraction.document import Document

    document = Document(Circular(number=50_000, subject="GRB 310101A: a report", body=unit * (100_000 // len(unit))))
    before = time.process_time()
    for family in (
        absent,
        citations,
        classification,
        coincidence,
        counterparts,
        followups,
        instruments,
        reports,
        retraction,
    ):
        list(family.GRAMMAR.propose(document))
    assert time.process_time() - before < 6
