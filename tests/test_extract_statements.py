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


@pytest.mark.parametrize(
    ("subject", "body", "said"),
    [
        ("GRB 310101A: spectroscopic confirmation of the supernova", "The spectrum has broad lines.",
         {("GRB 310101A", "supernova", "asserted")}),
        ("GRB 310101A/SN 2031abc: spectra", "", {("GRB 310101A", "SN2031abc", "asserted")}),
        ("GRB 310101A: late imaging", "The red bump may be the signature of an emerging supernova.",
         {("GRB 310101A", "supernova", "hedged")}),
        ("GRB 310101A: late imaging", "We plan to search for the signature of an emerging supernova.", set()),
        ("GRB 310101A: late imaging", "We see no evidence for an underlying supernova down to 26 mag.", set()),
        ("GRB 310101A: a star", "The object reported by Doe et al. (GCN 40001) is unrelated to the GRB.",
         {("GRB 310101A", "object of GCN 40001", "negated")}),
        ("GRB 310101A: spectra", "The spectrum of source B is that of a star; it is not related to the burst.",
         {("GRB 310101A", "source B", "negated")}),
        ("GRB 310101A: spectra", "An SDSS galaxy is close by. This galaxy is not associated with the GRB.",
         {("GRB 310101A", "SDSS galaxy", "negated")}),
        ("GRB 310101A: a survey", "Serendipitous sources, unrelated to the GRB, may be found.", set()),
        ("IceCube-310101A: a track", "Inside the 90% containment region there are no 4FGL or 3FHL objects.",
         {("IceCube-310101A", "4FGL or 3FHL object", "negated")}),
        ("IceCube-310101A: a track",
         "Two gamma-ray sources of the LAT catalog are within the 90% region. They are 4FGL J1000.1+2000 and "
         "4FGL J1001.2+2001.",
         {("IceCube-310101A", n, "hedged") for n in ("4FGL J1000.1+2000", "4FGL J1001.2+2001")}),
        ("IceCube-310101A: a track", "The neutrino is close in time to Fermi trigger 716527670.",
         {("IceCube-310101A", "Fermi trigger 716527670", "hedged")}),
        ("AT2031abc: a spectrum", "AT2031abc (Doe et al., GCN 40001), coincident with GRB 310101A, was observed.",
         {("AT2031abc", "GRB 310101A", "hedged")}),
        ("GRB 310101A: imaging", "We think that AT2031abc is the likely afterglow of GRB 310101A.",
         {("AT2031abc", "GRB 310101A", "hedged")}),
    ],
)  # fmt: skip
def test_what_coincides_is_told_by_name_or_in_our_words(
    subject: str, body: str, said: set[tuple[str, str, str]]
) -> None:
    assert _said("coincidence", body, subject) == said


@pytest.mark.parametrize(
    ("subject", "body", "said"),
    [
        ("GRB 310101A: a spectrum", "It shows broad features typical of a broad-lined type Ic supernova.",
         {("GRB 310101A", "SN Ic-BL", "asserted")}),
        ("GRB 310101A: a spectrum", "It is similar to that of the type Ib SN 1999xx.", set()),
        ("GRB 310101A: a spectrum", "The candidate is an M-dwarf star and not related to the GRB.",
         {("candidate of GRB 310101A", "M dwarf", "asserted")}),
        ("Fermi GBM trigger 716527670 is not a GRB", "It is likely due to local particles.",
         {("Fermi trigger 716527670", "GRB", "negated"), ("Fermi trigger 716527670", "particles", "hedged")}),
        ("GRB 310101A: imaging", "The candidate optical afterglow of the short GRB 310101A is faint.",
         {("GRB 310101A", "short", "asserted")}),
        ("GRB 310101A: imaging", "Its brightness is within the range of long GRB afterglows.", set()),
        ("GRB 310101A: lags", "It lies in the middle of the long GRB lag distribution.", set()),
        ("GRB 310101A: lags", "The spectral lag of 300 ms is consistent with that of long GRBs.",
         {("GRB 310101A", "long", "hedged")}),
        ("GRB 310101A: limits", "The optical flux is so low that GRB 310101A is classified as a dark burst.",
         {("GRB 310101A", "dark", "asserted")}),
        ("GRB 310101A: spectrum", "This makes it an X-ray rich GRB.", {("GRB 310101A", "X-ray rich", "asserted")}),
        ("GRB 310101A: spectrum", "The X-ray rich GRB 310101A.", {("GRB 310101A", "X-ray rich", "asserted")}),
        ("GRB 310101A: lags", "We note that GRB 290202C was the brightest long burst.", set()),
    ],
)  # fmt: skip
def test_what_a_thing_is_is_told_of_the_thing_itself(subject: str, body: str, said: set[tuple[str, str, str]]) -> None:
    assert _said("classification", body, subject) == said


@pytest.mark.parametrize(
    ("subject", "sort"),
    [
        ("IceCube-310101A - IceCube observation of a high-energy neutrino candidate", "detection"),
        ("GRB 310101A: DEIMOS spectrum", "spectroscopy"),
        ("SN 2031abc: spectrographic observations", "spectroscopy"),
        ("GRB 310101A: GROND detection and photometric redshift estimate", "follow_up"),
        ("GRB 310101A: Swift spectral lag analysis", "detection"),
        ("GRB 310101A: Konus-Wind detection and spectra", "detection"),
        ("GRB 310101A: VLT spectrum and photometry", "spectroscopy"),
        ("GRB 310101A: duration, fluence and energy spectrum", "detection"),
    ],
)
def test_a_subject_tells_the_sort_of_report(subject: str, sort: str) -> None:
    assert {f.value for f in _facts("", subject) if f.predicate == "report_type"} == {sort}


@pytest.mark.parametrize(
    ("subject", "body", "mended"),
    [
        ("GRB 310101A: refined redshift", "We reduced again the data of our previous GCN 40001.", {40001}),
        ("GRB 310101A: redshift revision (correction to GCN 40001)", "GRB 310101A (Doe et al., GCN 40000) was wrong.",
         {40001}),
        ("GRB 310101A: energy", "The jet (GCN 40001) gives a beaming-corrected energy of 1e51 erg.", set()),
        ("GRB 310101A: energy", "After correcting for extinction (GCN 40001) the slope is 1.1.", set()),
    ],
)  # fmt: skip
def test_a_correction_is_of_a_circular_and_not_for_extinction(subject: str, body: str, mended: set[int]) -> None:
    assert {f.value for f in _facts(body, subject) if f.predicate == "corrects"} == mended


def test_a_redshift_said_to_be_wrong_is_taken_back() -> None:
    body = "The identification of z=1.72 in GCN 40001 was erroneous. We have no other lines."
    facts = [f for f in _facts(body) if f.predicate == "retraction"]
    assert [(f.object, f.qualifier["of"]) for f in facts] == [("GRB 310101A", "redshift")]


def test_a_source_at_the_place_of_the_afterglow_is_its_counterpart_unless_it_may_be_the_host() -> None:
    seen = "We detect a faint source at the position of the X-ray afterglow."
    assert _said("counterpart", seen) == {("GRB 310101A", "counterpart", "asserted")}
    assert _said("counterpart", f"{seen} It may be the host.") == set()
    denied = "The lack of fading shows that the source is not a GRB afterglow."
    assert {a for _, _, a in _said("counterpart", denied)} == {"negated"}


def test_an_object_of_others_that_is_seen_again_is_a_counterpart() -> None:
    for body in ("We detect the object identified by Doe et al. (GCN 40001).",
                 "The object reported by Doe et al. (GCN 40001) is very well detected."):  # fmt: skip
        assert _said("counterpart", body), body
    assert not _said("counterpart", "The objects reported by Doe et al. (GCN 40001) are stars.")


def test_what_is_missed_in_one_band_only_is_a_non_detection() -> None:
    body = "The afterglow is well detected in the r and i bands, but not in the g band."
    assert {a for _, _, a in _said("non_detection", body)} == {"negated"}
    assert _said("counterpart", body)


def test_a_name_without_its_letter_is_completed_by_the_body_and_a_survey_name_is_an_alias() -> None:
    assert _facts("We observed GRB 310101B.", "GRB310101: imaging")[0].object == "GRB 310101B"
    facts = _facts("", "ZTF31abcdefg/AT2031abc: a spectrum")
    assert [(f.predicate, f.value) for f in facts if f.predicate in ("event_name", "alias")] == [
        ("alias", "ZTF31abcdefg"),
        ("event_name", "AT2031abc"),
    ]
