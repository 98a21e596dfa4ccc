"""Objects with a label, denials, lists and old results told again: each beside what looks like it and is not."""

from __future__ import annotations

import pytest

from kg.extraction import Circular, Fact, extract
from kg.extraction.labels import labelled, labelled_before


def _facts(predicate: str, body: str, subject: str = "GRB 310101A: a report") -> list[Fact]:
    return [f for f in extract(Circular(number=50_000, subject=subject, body=body)) if f.predicate == predicate]


def _said(predicate: str, body: str, subject: str = "GRB 310101A: a report") -> set[tuple[object, object, str]]:
    return {(f.object, f.value, f.assertion) for f in _facts(predicate, body, subject)}


def test_a_source_and_an_object_with_one_label_are_one_thing() -> None:
    text = "We see source #1, object B (also S3), and galaxy G1, but the source in A. Doe's list is another."
    assert list(labelled(text)) == ["source 1", "source B", "source S3", "galaxy G1"]


def test_the_object_is_the_only_one_that_was_labelled_so_far() -> None:
    text = "We observed object B of that field. The object is red."
    assert labelled_before(text, 36, len(text)) == "source B"
    both = "We observed object B and source C. The object is red."
    assert labelled_before(both, 35, len(both)) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("The spectrum reveals that source S1 is an M dwarf star.", {("source S1", "M dwarf", "asserted")}),
        ("Source #2 presents several stellar features.", {("source 2", "star", "asserted")}),
        (
            "We took a spectrum of object B. The object is identified with a star, and is unrelated to the burst.",
            {("source B", "star", "asserted")},
        ),
        ("The nearest extended source is a galaxy, and the candidate is unrelated to the GRB.", set()),
        ("Star formation is seen in source A.", set()),
    ],
)
def test_what_a_labelled_source_is(body: str, said: set[tuple[str, str, str]]) -> None:
    assert _said("classification", body) == said


@pytest.mark.parametrize(
    ("body", "subject", "said"),
    [
        (
            "Triggers 1900123 and 1900124 were due to known sources (Sco X-1 and the Crab).",
            "Swift Triggers 1900123 and 1900124 are not GRBs",
            {
                ("Swift trigger 1900123", "GRB", "negated"),
                ("Swift trigger 1900124", "GRB", "negated"),
                ("Swift trigger 1900123", "Sco X-1", "asserted"),
                ("Swift trigger 1900124", "Crab", "asserted"),
            },
        ),
        (
            "The trigger was due to misidentification. It is not an astrophysical event.",
            "Swift Trigger 1900123 is not a GRB",
            {
                ("Swift trigger 1900123", "GRB", "negated"),
                ("Swift trigger 1900123", "astrophysical event", "negated"),
            },
        ),
        (
            "We believe that this event is no burst and not an astrophysical event.",
            "Swift Trigger 1900123 is not a GRB",
            {("Swift trigger 1900123", "GRB", "negated")},
        ),
        (
            "A likely Gamma-ray Burst was seen by our balloon.",
            "GRB 310101A: a balloon",
            {("GRB 310101A", "GRB", "hedged")},
        ),
        ("This is the best candidate for the likely GRB afterglow.", "GRB 310101A: a report", set()),
        (
            "Its energy is consistent with the Type II (collapsar) bursts.",
            "GRB 310101A: a redshift",
            {("GRB 310101A", "Type II", "hedged")},
        ),
        ("Such absorption is seen in every long GRB to date.", "GRB 310101A: a report", set()),
        (
            "The host of the X-ray transient EP310101b shows lines.",
            "EP310101b: a redshift",
            {("EP310101b", "X-ray transient", "asserted")},
        ),
        ("A chance alignment with an X-ray transient cannot be excluded.", "EP310101b: a redshift", set()),
        (
            "After further study we believe it to be due to air showers.",
            "IceCube-310101A: Event likely due to background",
            {("IceCube-310101A", "background", "hedged")},
        ),
    ],
)
def test_classes_are_told_of_each_trigger_and_with_their_doubt(
    body: str, subject: str, said: set[tuple[str, str, str]]
) -> None:
    assert _said("classification", body, subject) == said


@pytest.mark.parametrize(
    ("body", "subject", "said"),
    [
        ("It has no likely association with GRB 310101A, object B.", "GRB 310101A: a report", "object"),
    ],
)
def test_no_likely_association_parts(body: str, subject: str, said: str) -> None:
    assert {a for _, _, a in _said("coincidence", body, subject)} == {"negated"}


@pytest.mark.parametrize(
    ("body", "subject", "said"),
    [
        (
            "Three known sources are present in our error region: GRB 290202A, 2FGL "
            "J1000.1-2000c, and 3FGL J1001.2-2001.",
            "GRB 310101A: a balloon",
            {(n, "hedged") for n in ("GRB 290202A", "2FGL J1000.1-2000c", "3FGL J1001.2-2001")},
        ),
        (
            "There is one unassociated Fermi 4FGL source lying within the 50% "
            "uncertainty region, 4FGL J1000.1+2000. There "
            "are no other Fermi 3FHL or 4FGL catalogue sources within the 90% contour.",
            "IceCube-310101A: a track",
            {("4FGL J1000.1+2000", "hedged"), ("4FGL or 3FHL source", "negated")},
        ),
        (
            "The limit excludes any possible association with the M51 galaxy, excluding possible association with M51 "
            "galaxy at 8 Mpc.",
            "GRB 310101A: a redshift limit",
            {("M51", "negated")},
        ),
        (
            "We observed the X-ray transient LXT 310101A, coincident with GRB 310101B, with our telescope.",
            "LXT 310101A / GRB 310101B: a redshift",
            {("GRB 310101B", "asserted")},
        ),
        (
            "It lies in a galaxy group. While this is likely a line of sight "
            "coincidence, a redshift of AT2031abc is needed.",
            "GRB 310101A: a report",
            set(),
        ),
        (
            "The lack of fading suggests that the source is not a GRB afterglow. However, it may be the host galaxy.",
            "GRB 310101A: a report",
            set(),
        ),
    ],
)
def test_known_sources_and_galaxies_are_joined_or_parted(body: str, subject: str, said: set[tuple[str, str]]) -> None:
    assert {(value, a) for _, value, a in _said("coincidence", body, subject)} == said


@pytest.mark.parametrize(
    ("body", "missed"),
    [
        ("We see no evidence so far of the host galaxy.", {"host"}),
        ("We rule out the presence of a host galaxy at this place.", {"host"}),
        ("The analysis indicates no significant new excess emission at this place.", {"signal"}),
        ("No signal is observed below 1050 nm.", set()),
        ("We do not detect any significant emission at Hbeta.", set()),
        ("There is no strong evidence for host-intrinsic reddening.", set()),
        ("The absence of a bright afterglow may indicate dust.", set()),
    ],
)
def test_what_is_missing_is_a_source_and_no_feature_of_a_spectrum(body: str, missed: set[str]) -> None:
    assert {value for _, value, _ in _said("non_detection", body)} == missed


@pytest.mark.parametrize(
    ("body", "assertions"),
    [
        ("The point-like counterpart is prominent on top of its host.", {"asserted"}),
        ("We identify the afterglow proposed by Doe et al. (GCN 40001). The other object is unrelated to the GRB.",
         {"asserted", "negated"}),
        ("Five sources were detected too far from the burst to be likely afterglow candidates.", {"negated"}),
        ("The object is identified with a star.", set()),
        ("An extended source is visible, an extended object is seen in the Legacy Survey.", set()),
        ("We responded to GRB 310101A (Doe et al., GCN 40001), which was also detected by AGILE.", set()),
    ],
)  # fmt: skip
def test_a_counterpart_is_neither_a_star_nor_a_galaxy_nor_the_burst(body: str, assertions: set[str]) -> None:
    assert {a for _, _, a in _said("counterpart", body)} == assertions


@pytest.mark.parametrize(
    ("subject", "sort"),
    [
        ("GRB 310101A: discovery with a balloon", "detection"),
        ("GRB 310101A: discovery of the optical afterglow", "follow_up"),
        ("Alert from the HAWC Burst Monitor HAWC-310101A", "detection"),
        ("GRB 310101A (=H3947): Refined Analysis", "detection"),
        ("GRB 310101A: VLT/X-shooter observations", "spectroscopy"),
        ("GRB 310101A: VLT observations", "follow_up"),
        ("GRB 310101A: Keck redshift estimate", "spectroscopy"),
        ("GRB 310101A: redshift estimate", "interpretation"),
        ("GRB 310101A: redshift of a nearby energetic burst", "spectroscopy"),
        ("IceCube-310101A: Event likely due to background", "retraction"),
    ],
)
def test_subjects_announce_discoveries_and_spectra_in_other_words(subject: str, sort: str) -> None:
    assert {f.value for f in _facts("report_type", "", subject)} == {sort}


@pytest.mark.parametrize(
    ("body", "corrected"),
    [
        ("In GCN Circular 40001 (Doe et al. 2031), the date was given as 3 May. These are incorrect.", {40001}),
        ("The burst was followed up (Doe et al., GCN 40001) by us. This is incorrect for other bursts.", set()),
    ],
)
def test_the_next_sentence_may_say_that_a_circular_was_wrong(body: str, corrected: set[int]) -> None:
    assert {value for _, value, _ in _said("corrects", body)} == corrected


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("The duration places it in the class of short GRBs.", {("short", "asserted")}),
        ("Its afterglow is fainter than the class of short GRBs.", set()),
        ("GRB 310101A is not a short burst.", {("short", "negated")}),
        ("Is GRB 310101A a short burst?", {("short", "hedged")}),
        ("The burst can be classified as optically dark.", {("dark", "asserted")}),
        ("GRB 310101A belongs to the population of type I GRBs.", {("Type I", "asserted")}),
    ],
)
def test_a_burst_belongs_to_a_class_or_does_not(body: str, said: set[tuple[str, str]]) -> None:
    assert {(value, a) for _, value, a in _said("classification", body)} == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("This trigger is due to a terrestrial gamma-ray flash.", {"terrestrial gamma-ray flash"}),
        ("This trigger is due to solar activity.", {"solar flare"}),
        ("The light curve is consistent with a burst from SGR J1935+2154.", {"SGR J1935+2154"}),
        ("The trigger is not from SGR J1935+2154.", set()),
    ],
)
def test_what_a_trigger_was_due_to(body: str, said: set[str]) -> None:
    found = _said("classification", body, "Fermi trigger 716527670 is not a GRB")
    assert {value for _, value, a in found if a != "negated"} == said


@pytest.mark.parametrize(
    ("body", "subject", "said"),
    [
        ("The chance coincidence probability of AT2031abc with the burst is 0.01.", "GRB 310101A: a report",
         {("AT2031abc", "hedged")}),
        ("AT2031abc is a chance coincidence with the burst.", "GRB 310101A: a report", {("AT2031abc", "negated")}),
        ("We rule out AT2031abc as a counterpart of S310101ab.", "S310101ab: candidates", {("AT2031abc", "negated")}),
        ("GRB 310101A is consistent in time and location with S310101ab.", "S310101ab: Fermi-GBM",
         {("GRB 310101A", "hedged")}),
        ("The blazar PKS 1502+106 lies within the 50% containment region.", "IceCube-310101A: a blazar",
         {("PKS 1502+106", "hedged")}),
        ("The blazar PKS 1502+106 lies outside of the 90% containment region.", "IceCube-310101A: a blazar", set()),
        ("No sources are known in the 4FGL catalog, no gamma-ray sources in the 4FGL catalog, in the 90% region.",
         "IceCube-310101A: a track", {("4FGL source", "negated")}),
        ("The galaxy NGC 1234 lies in the error box of the burst.", "GRB 310101A: a report", {("NGC 1234", "hedged")}),
    ],
)  # fmt: skip
def test_links_in_other_words(body: str, subject: str, said: set[tuple[str, str]]) -> None:
    assert {(value, a) for _, value, a in _said("coincidence", body, subject)} == said


def test_each_row_of_a_table_of_candidates_is_a_place_of_its_own() -> None:
    body = (
        "The candidates are:\n\n| ZTF Name | IAU Name | RA (deg) | DEC (deg) | Mag |\n"
        "| ZTF31aaaaaaa | AT2031abc | 242.7149675 | +27.1616870 | 20.1 |\n"
        "| ZTF31bbbbbbb | AT2031abd | 238.1438691 | +25.5764946 | 20.2 |\n"
    )
    assert {f.object for f in _facts("position", body)} == {"AT2031abc", "AT2031abd"}
    other = "| Flux | Error | Mag |\n| 242.7149675 | 27.1616870 | 20.1 |\n"
    assert not _facts("position", other)


@pytest.mark.parametrize(
    ("body", "missed"),
    [
        ("The afterglow has faded below our detection limit.", True),
        ("The host is at a redshift below our expectation.", False),
        ("The field did not show any variable source.", True),
        ("The light curve doesn't show anything significant.", False),
    ],
)
def test_what_has_faded_or_is_not_shown(body: str, missed: bool) -> None:
    assert bool(_said("non_detection", body)) is missed


@pytest.mark.parametrize(
    ("subject", "body", "taken_back"),
    [
        ("Swift trigger 1900123: false alarm", "The source is not real.", True),
        ("Fermi trigger 716527670: misclassified", "It was misclassified as a GRB.", True),
        ("GRB 310101A: a report", "The probability of a false alarm is small.", False),
    ],
)
def test_triggers_taken_back_in_other_words(subject: str, body: str, taken_back: bool) -> None:
    assert bool(_facts("retraction", body, subject)) is taken_back


def test_a_probability_of_a_false_trigger_takes_nothing_back() -> None:
    body = "We selected limits such that the probability of a false trigger in a 100-sec window is 10^-4."
    assert not _facts("retraction", body, "S310101ab: CZTI upper limits")


def test_a_distance_behind_a_noun_is_no_label() -> None:
    assert list(labelled('The object 2 arcsec south and the source 12" away, the star 3 and 12 arcsec north')) == []
