"""Wordings that a blind sample and a list of common ways to say a thing showed to be missed; each in our own words."""

from __future__ import annotations

import pytest

from kg.extraction import Circular, Fact, extract


def _facts(predicate: str, subject: str, body: str) -> list[Fact]:
    found = extract(Circular(number=41_000, subject=subject, body=body))
    return [fact for fact in found if fact.predicate == predicate]


@pytest.mark.parametrize(
    ("predicate", "subject", "body", "said"),
    [
        (
            "corrects",
            "GRB 310101A: erratum",
            "Our circular GCN 40010 contained an error in the date: the observations were made on Jan 3, not Jan 2.",
            "40010",
        ),
        (
            "corrects",
            "GRB 310101A: optical observations",
            "We apologize for the misprint in our previous circular (GCN 40010): the filter is i, not r.",
            "40010",
        ),
        (
            "corrects",
            "GRB 310101A: note",
            "The time of the trigger in GCN 40010 was given as 10:11:12 UT; it should have been 11:11:12 UT.",
            "40010",
        ),
        (
            "corrects",
            "GRB 310101A: improved position",
            "The position of GCN 40010 is affected by an astrometric error of 3 arcsec and should not be used.",
            "40010",
        ),
        (
            "retraction",
            "GRB 020101?",
            "Further analysis shows that this event was due to a solar flare and not to a gamma-ray burst.",
            "asserted not_a_burst",
        ),
        (
            "retraction",
            "GRB 050101: a flare star",
            "Trigger 112233 at 10:11:12 UT was not a gamma-ray burst but a flare of the star AB Dor.",
            "asserted not_a_burst",
        ),
        ("classification", "GRB 310101A: BAT", "This burst falls in the long class of bursts.", "asserted long"),
        ("classification", "GRB 310101A: HETE-2", "The event is X-ray-rich (an XRR burst).", "asserted X-ray rich"),
        (
            "classification",
            "GRB 310101A: possible SGR",
            "The burst might be a giant flare from a magnetar in M82.",
            "hedged SGR giant flare",
        ),
        ("classification", "GRB 310101A: GTC", "The candidate is a foreground star.", "asserted star"),
        (
            "classification",
            "EP310101a: EP-WXT",
            "The EP team reports the detection of a fast X-ray transient named EP310101a.",
            "asserted X-ray transient",
        ),
        (
            "classification",
            "GRB 310101A: analysis",
            "Its position in the Amati plane favours a type I (merger) origin.",
            "hedged Type I",
        ),
        (
            "coincidence",
            "IceCube-310101A: HAWC",
            "The neutrino is spatially coincident with the source 3HWC J1900+100.",
            "hedged 3HWC J1900+100",
        ),
        (
            "counterpart",
            "GRB 310101A: NOT",
            'We find a point source inside the 1.7" XRT error circle at RA = 10:11:12, Dec = 20:21:22.',
            "asserted",
        ),
        (
            "counterpart",
            "GRB 310101A: LCOGT",
            "We detect a point-like source at RA = 10:11:12.34, Dec = -20:21:22.1 at a magnitude r = 19.88 +/- 0.05.",
            "asserted",
        ),
        (
            "counterpart",
            "GRB 310101A: Gemini",
            "The source did not fade and is hence unlikely to be the afterglow.",
            "negated",
        ),
        ("non_detection", "S310101a: ANTARES", "No up-going muon neutrino candidate events were recorded", "negated"),
        ("redshift", "GRB 310101A: NOT", "This suggests an upper limit of 3.7 for the redshift.", "3.7"),
        ("redshift", "GRB 310101A: NOT", "Its redshift is thus 1.234.", "1.234"),
        ("redshift", "GRB 310101A: NOT", "placing the burst at a redshift of about 2.3", "2.3"),
        ("redshift", "GRB 310101A: NOT", "common redshift (z) of 2.345", "2.345"),
        (
            "coincidence",
            "GRB 310101A: a redshift",
            "The association with the galaxy group PGC1 0012345 is thus a chance superposition.",
            "negated PGC1 0012345",
        ),
        (
            "coincidence",
            "GRB 310101A: a host",
            "We conclude that the proximity of this burst to a nearby spiral galaxy was most likely coincidental.",
            "negated nearby galaxy",
        ),
        (
            "coincidence",
            "IceCube-310101A - IceCube observation of a high-energy neutrino",
            "The source 4FGL J1000.1+1000, associated with the blazar PKS 1000+100, is located in the 50% region.",
            "hedged PKS 1000+100",
        ),
        ("host", "GRB 310101A: a host", "A faint galaxy is the likely GRB host galaxy.", "hedged host galaxy"),
        (
            "classification",
            "GRB 310101A: energetics",
            "From the diagram we suggest a collapsar origin (Type II) of the burst.",
            "hedged Type II",
        ),
        (
            "coincidence",
            "GRB 310101A: galaxy",
            "The burst may be associated with the bright galaxy NGC 1234.",
            "hedged NGC 1234",
        ),
        (
            "classification",
            "GRB 310101A: BAT",
            "The burst is on the border between short and long.",
            "hedged short or long",
        ),
        ("classification", "GRB 310101A: Konus", "This suggests that the burst is a type-II event.", "hedged Type II"),
        ("counterpart", "GRB 310101A: NOT", "At the position of the afterglow we measure r = 21.2.", "asserted"),
        ("retraction", "GRB 310101A: trigger due to noise", "The trigger was noise.", "asserted not_a_burst"),
        ("corrects", "GRB 310101A: UVOT", "The table of GCN Circ. 40010 is superseded by the one below.", "40010"),
        ("corrects", "GRB 310101A: redshift", "We note an error in our GCN 40010: the redshift is 1.2.", "40010"),
        (
            "corrects",
            "GRB 310101A: time",
            "Contrary to what is stated in GCN 40010, the observation began at 10:11 UT.",
            "40010",
        ),
        ("alias", "GRB 310101A: NOT", "The afterglow of GRB 310101A (= AT2031abc) was seen.", "AT2031abc"),
        (
            "alias",
            "GRB 310101A: NOT",
            "GRB 310101A (Doe et al., GCN 40010), also known as AT 2031abc, was observed.",
            "AT2031abc",
        ),
    ],
)
def test_what_is_said_in_these_words_is_read(predicate: str, subject: str, body: str, said: str) -> None:
    facts = _facts(predicate, subject, body)
    assert said in {text for f in facts for text in (str(f.value), f.assertion, f"{f.assertion} {f.value}")}, facts


@pytest.mark.parametrize(
    ("subject", "body", "arcseconds"),
    [
        (
            "GRB 310101A: ATCA",
            "Its position is RA = 10h11m12.34s, Dec = -20d21m22.1s uncertain by 0.4 arcsec in each coordinate.",
            0.4,
        ),
        ("S310101a: Swift-XRT", '| S310101a_X1 | 10h 11m 12.3s | -20d 21\' 22" | 5.2" |', 5.2),
        (
            "GRB 310101A: CXO",
            'Source RA(J2000) Dec(J2000) Err(")\nA 10:11:12.3 -20:21:22.0 0.6\nB 10:12:12.3 -20:22:22.0 0.7\n',
            0.6,
        ),
        (
            "GRB 310101A: MASTER",
            "MASTER was pointed to the GRB 310101A (trigger 1234567, 10h11m12.30s, -20d21m22.0s, R=1deg)",
            3600.0,
        ),
    ],
)
def test_errors_of_places_stand_in_cells_columns_and_other_words(subject: str, body: str, arcseconds: float) -> None:
    place = _facts("position", subject, body)[0]
    assert place.error == pytest.approx([arcseconds / 3600] * 2)


@pytest.mark.parametrize(
    ("predicate", "subject", "body"),
    [
        (
            "counterpart",
            "GRB 310101A: Swift/BAT-GUANO localization",
            "The burst is detected in BAT with a duration of 12 s.",
        ),
        ("classification", "GRB 310101A: host", "The burst had a short, hard main component and a soft tail of 90 s."),
        ("classification", "GRB 310101A: imaging", "The two objects north of the OT are cool foreground stars."),
        (
            "coincidence",
            "GRB 310101A: host",
            "It cannot be told whether the association with NGC 1234 is a chance alignment.",
        ),
    ],
)
def test_what_only_looks_like_it_is_left(predicate: str, subject: str, body: str) -> None:
    assert _facts(predicate, subject, body) == []
