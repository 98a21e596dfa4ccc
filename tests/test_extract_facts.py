"""Extraction by grammar: circulars of our own wording in, exactly the facts a careful reader would note out.

Each case is a trap that real circulars set (numbers in comments are circulars with the like); the sentences are ours.
"""

from __future__ import annotations

import pytest

from kg.extraction import Circular, Fact, extract


def _facts(body: str, subject: str = "GRB 260307A: spectroscopy", number: int = 34120) -> list[Fact]:
    return extract(Circular(number=number, subject=subject, body=body))


def _redshifts(body: str, subject: str = "GRB 260307A: spectroscopy") -> list[Fact]:
    return [f for f in _facts(body, subject) if f.predicate == "redshift"]


@pytest.mark.parametrize(
    ("body", "value", "error"),
    [
        ("We detect Mg II and Fe II at a common redshift of z = 1.234 +/- 0.002.", 1.234, [0.002, 0.002]),
        ("From these lines we infer a redshift of 0.5453(4).", 0.5453, [0.0004, 0.0004]),
        ("The lines give z=.92 for the host.", 0.92, None),  # 8601
        ("A fit to the SED yields a photometric redshift of z = 3.6 (+0.3, -0.4).", 3.6, [0.4, 0.3]),
        ("We measure a redshift z ~ 2.1 from a break.", 2.1, None),
        ("We measure $z = 0.815 \\pm 0.001$ from [O II].", 0.815, [0.001, 0.001]),
        ("We find a redshift of\nz = 1.60\u2009\u00b1\u20090.01 from C IV.", 1.60, [0.01, 0.01]),
        (
            "From lines of its host NGC 4993 we measure a redshift of z = 0.009783 +/- 0.000023.",
            0.009783,
            [2.3e-05] * 2,
        ),
        ("The redshift of the host galaxy, and hence of GRB 260307A, is 0.793 from [O III] lines.", 0.793, None),
        ("We therefore suggest that the redshift of the burst is most likely 0.947.", 0.947, None),
        ("Lyman-alpha is seen at a redshift z\u22486.32, in a damped system.", 6.32, None),
        ("Weak lines of Ca II confirm the redshift of z=0.544 found by Others et al. (GCN 34001).", 0.544, None),
    ],
)
def test_a_measured_redshift_is_read_with_its_error(body: str, value: float, error: list[float] | None) -> None:
    [fact] = _redshifts(body)
    assert (fact.value, fact.error, fact.limit) == (value, error, None)
    assert fact.assertion in ("asserted", "hedged")
    assert body[fact.start : fact.end] == fact.text


@pytest.mark.parametrize(
    ("body", "limit", "value"),
    [
        ("The lack of a Lyman break implies an upper limit on the redshift of z < 2.0.", "<", 2.0),  # 5747, 23537
        ("From the non-detection in B we infer a redshift z > 3.3 for the burst.", ">", 3.3),
        ("Detection in all filters implies z \u2272 1.5 for the burst.", "<", 1.5),
    ],
)
def test_a_limit_is_a_limit(body: str, limit: str, value: float) -> None:
    [fact] = _redshifts(body)
    assert (fact.limit, fact.value) == (limit, value)


def test_a_range_has_bounds_and_no_value() -> None:  # 33749
    [fact] = _redshifts("The break and the flux drop indicate 3.7<z<~4.0 for the burst.")
    assert (fact.value, fact.lower, fact.upper) == (None, 3.7, 4.0)


@pytest.mark.parametrize(
    "body",
    [
        "g = 22.1, r = 21.4, i = 20.9 and z = 20.3 +/- 0.1 mag (AB).",  # z band
        "Assuming z = 1.2, the isotropic energy is 3e52 erg.",
        "Assuming a redshift of 1.2, the rest-frame peak energy is 400 keV.",
        "For a typical redshift of z = 2 the energy would be 1e53 erg.",
        "At the redshift of z = 0.151 (Others et al., GCN 34001) the energy is 1e54 erg.",  # 21209
        "The intrinsic column is 3.6 x 10^22 cm^-2, at a redshift of 4.2, in addition to the Galactic value.",
        "The colour r - z = 0.7 is red.",
        "The galaxy lies at a distance of 40 Mpc.",  # 26401
        "We used a photometric zeropoint of 25.3.",
        "The blazar PKS 0000+000 at a redshift of z = 0.58 lies in the error region.",
        "The quasar in the field has a redshift of z = 1.1.",
        "The redshift will be reported elsewhere. Exposure 2 x 600 s.",
        "We obtained 3 spectra and redshift 10.4m GTC data.",
    ],
)
def test_what_is_not_measured_for_this_burst_is_not_claimed(body: str) -> None:
    said = _redshifts(body, "GRB 260307A: observations")
    assert [f for f in said if f.assertion in ("asserted", "hedged")] == []


def test_of_two_absorbers_one_is_the_burst() -> None:  # 3176
    body = (
        "We see Mg II at z = 0.845 from an intervening system. Fine-structure lines at z = 2.345 show that this is the "
        "redshift of the burst."
    )
    assert {(f.value, f.qualifier["of"]) for f in _redshifts(body)} == {(2.345, "afterglow"), (0.845, "intervening")}


def test_two_readings_of_one_line_joined_by_or_are_left_alone() -> None:
    assert _redshifts("A line at 5866 A could be [O III] at z=0.17 or [O II] at z=0.57.") == []


def test_the_more_precise_of_two_mentions_is_reported() -> None:
    [fact] = _redshifts("All lines lie at a common redshift of z = 5.2834.", "GRB 260307A: redshift z = 5.28")
    assert (fact.where, fact.value) == ("body", 5.2834)


@pytest.mark.parametrize(
    ("body", "sort"),
    [
        ("A fit to our seven-band SED gives a photometric redshift of 3.5 +/- 0.4.", "photometric"),
        ("Several lines in the spectrum give a redshift of 1.2.", "spectroscopic"),
    ],
)
def test_how_a_redshift_was_measured_is_told(body: str, sort: str) -> None:
    [fact] = _redshifts(body, "GRB 260307A: redshift")
    assert fact.qualifier["type"] == sort


@pytest.mark.parametrize(
    ("body", "whose"),
    [
        ("From absorption lines of the host galaxy NGC 4993 we measure a redshift of z = 0.0098.", "host"),
        ("Emission lines of [O II] and H-beta lie at a common redshift of 0.42.", "host"),
        ("Absorption lines on the afterglow's continuum lie at a common redshift of 1.42.", "afterglow"),
    ],
)
def test_whose_redshift_it_is_is_told(body: str, whose: str) -> None:
    [fact] = _redshifts(body)
    assert fact.qualifier["of"] == whose


def _by(predicate: str, facts: list[Fact]) -> list[object]:
    return [f.value for f in facts if f.predicate == predicate]


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("(First et al., GCN 34101)", [34101]),
        ("First et al. (GCN Circ. 34101; Second, GCNC 34102)", [34101, 34102]),
        ("GCN Circulars 34101, 34102 and 34103", [34101, 34102, 34103]),
        ("GCN #34101, GCN/34102, CGN 10034", [34101, 34102, 10034]),
        ("GCN 34101 and again GCN 34101", [34101]),
        ("this is GCN 34120 itself, and GCN 99999 a slip of the pen", [99999]),
        ("ATel #7391 and GCN 34101", [34101, "ATel 7391"]),
        ("GCN Notices at 12345 s", []),
    ],
)
def test_citations_are_found_once_each(text: str, cited: list[object]) -> None:
    assert sorted(_by("cites", _facts(text)), key=str) == sorted(cited, key=str)


@pytest.mark.parametrize(
    ("subject", "taken_back"),
    [
        ("LIGO/Virgo/KAGRA S260307ab: Retraction of GW compact binary merger candidate", ["retracted"]),
        ("LIGO/Virgo/KAGRA S260307ab: Reissue of Retraction", ["retracted"]),  # 34600
        ("GRB 260307A is not a GRB", ["not_a_burst"]),  # 34532
        ("Swift Trigger 1078701 is probably not a GRB", ["not_a_burst"]),
        ("GRB 260307A: redshift retraction", ["retracted"]),  # of the redshift, as its qualifier says
        ("GRB 260307A: position retraction", []),
        ("GRB 260307A: NOT optical observations", []),  # the telescope
        ("GRB 260307A: AT 2026abc is not the afterglow", []),
    ],
)
def test_only_a_taking_back_by_the_circular_is_one(subject: str, taken_back: list[str]) -> None:
    assert _by("retraction", _facts("Details follow.", subject)) == taken_back


@pytest.mark.parametrize(
    ("body", "taken_back"),
    [
        ("The trigger 1078701 is not due to a GRB but to a flare.", ["not_a_burst"]),
        ("We therefore retract this candidate.", ["retracted"]),
        ("If this candidate is retracted we will say so.", []),
        ("The alert has not been retracted.", []),
        ("We retract the redshift reported before.", ["retracted"]),  # of the redshift
    ],
)
def test_a_retraction_in_the_body_must_be_plain(body: str, taken_back: list[str]) -> None:
    assert _by("retraction", _facts(body, "GRB 260307A: statement")) == taken_back


@pytest.mark.parametrize(
    ("subject", "sort"),
    [
        ("GRB 260307A: optical upper limits", ["follow_up"]),
        ("GRB 260307A: VLT redshift", ["spectroscopy"]),
        ("IPN triangulation of GRB 260307A", ["localization"]),
        ("Correction to GCN 34101", ["correction"]),
        ("GRB 260307A: Konus-Wind detection", ["detection"]),
        ("GRB 260307A", ["follow_up"]),
    ],
)
def test_the_sort_of_report_is_what_the_subject_says(subject: str, sort: list[str]) -> None:
    assert _by("report_type", _facts("x", subject)) == sort


def test_the_event_is_named_with_its_aliases() -> None:
    facts = _facts("x", "EP260307a / GRB 260307A: spectrum")
    assert [(f.predicate, f.value) for f in facts if f.predicate in ("event_name", "alias")] == [
        ("event_name", "EP260307a"),
        ("alias", "GRB 260307A"),
    ]
    assert {f.object for f in facts} == {"EP260307a"}
    [only] = _facts("We observed grb 260307a again.", "Further observations")[:1]
    assert (only.value, only.where) == ("GRB 260307A", "body") or only.predicate == "report_type"
