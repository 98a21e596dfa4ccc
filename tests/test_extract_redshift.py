"""Redshifts with their assertion, whose they are, and everything that was left, with its reason.

Cases are of our own wording; numbers in comments are real circulars with the like.
"""

from __future__ import annotations

import pytest

from kg.extraction import Candidate, Circular, Fact, candidates, extract

SUBJECT = "GRB 260307A: spectroscopy"


def _redshifts(body: str, subject: str = SUBJECT) -> list[Fact]:
    facts = extract(Circular(number=34120, subject=subject, body=body))
    return [f for f in facts if f.predicate == "redshift"]


def _proposed(body: str, subject: str = SUBJECT) -> list[Candidate]:
    _, found = candidates(Circular(number=34120, subject=subject, body=body))
    return [c for c in found if c.predicate == "redshift"]


@pytest.mark.parametrize(
    ("body", "limit", "value", "text"),
    [
        ("The redshift of GRB 260307A is greater than or equal to 1.60.", ">", 1.6, "greater than or equal to 1.60"),
        ("This implies a redshift smaller than 3.5.", "<", 3.5, "smaller than 3.5"),  # 8424
        ("We find that the redshift is likely lower than z ~ 2.", "<", 2.0, "lower than z ~ 2"),  # 35007
        (
            "The break gives an upper limit to the GRB redshift of 1.6, no more.",
            "<",
            1.6,
            "upper limit to the GRB redshift of 1.6",
        ),  # 9250
        ("Our deeper spectrum limits the redshift to z < 2.4.", "<", 2.4, "< 2.4"),
        (
            "Lines give a redshift of z = 2.145. We note that this is a lower limit to the GRB redshift.",
            ">",
            2.145,
            "2.145. We note that this is a lower limit to the GRB redshift",
        ),  # 6952
        ("We find a minimal redshift of z = 0.13.", ">", 0.13, "minimal redshift of z = 0.13"),  # 31606
    ],
)
def test_a_limit_in_words_is_a_limit_and_its_span_says_so(body: str, limit: str, value: float, text: str) -> None:
    [fact] = _redshifts(body)
    assert (fact.limit, fact.value, fact.text) == (limit, value, text)


@pytest.mark.parametrize(
    ("body", "assertion"),
    [
        ("If z=1, the isotropic energy would be 4e52 erg.", "hypothetical"),
        ("At the redshift of z = 1.493 (Meyer et al., GCN 34001) our limit is deep.", "cited"),  # 21209
        ("There is excess absorption at the observed redshift z=1.55 (Hill et al., GCN 34001).", "cited"),  # 4261
        ("Either dust or a high redshift (z>5) would do this; we cannot tell which.", "hypothetical"),  # 3096
        ("Dust is common there (e.g., A_V~3 mag at z~4).", "hypothetical"),  # 10399
        ('> Meyer et al. wrote:\n> "we find z = 5.1 from lines"\n\nWe see nothing.', "cited"),
    ],
)
def test_what_is_not_measured_here_is_told_as_what_it_is(body: str, assertion: str) -> None:
    assert [f.assertion for f in _redshifts(body, "GRB 260307A: observations")] == [assertion]


def test_of_systems_on_one_line_of_sight_the_farthest_is_the_bursts() -> None:  # 4044, 37959
    body = "Absorption lines are present, with Mg II doublets at redshifts of 0.456, 0.862, and 1.411."
    assert {(f.value, f.qualifier["whose"]) for f in _redshifts(body)} == {
        (0.456, "intervening"),
        (0.862, "intervening"),
        (1.411, "afterglow"),
    }


def test_a_galaxy_that_has_nothing_to_do_with_it_is_in_the_field() -> None:
    [fact] = _redshifts("The bright galaxy to the north has z = 0.031. It lies outside the XRT circle.")
    assert (fact.value, fact.qualifier["whose"], fact.qualifier["of"]) == (0.031, "field galaxy", "field galaxy")


def test_a_limit_of_the_bursts_own_outweighs_a_galaxy_not_called_its_host() -> None:  # 5319
    body = (
        "A firm upper limit of z < 2.3 can be placed on the redshift of GRB 260307A from the lack of lines. This "
        "galaxy displays numerous absorption features, such as Ca II, corresponding to a redshift of z = 0.249."
    )
    assert {(f.value, f.limit, f.qualifier["whose"]) for f in _redshifts(body) if f.confidence > 0.7} == {
        (2.3, "<", "afterglow")
    }


def test_redshifts_of_two_bursts_are_kept_apart() -> None:
    body = "We took two spectra. GRB 260307A is at z = 0.843. GRB 260308B is at z = 3.120, from several lines."
    facts = _redshifts(body, "GRB 260307A and GRB 260308B: two redshifts")
    assert {(f.object, f.value) for f in facts} == {("GRB 260307A", 0.843), ("GRB 260308B", 3.12)}


def test_another_burst_that_is_compared_with_keeps_its_own_redshift() -> None:
    body = "We measure z = 2.5 from lines. GRB 090423 was found at z = 8.2."
    assert {(f.object, f.value) for f in _redshifts(body)} == {("GRB 260307A", 2.5), ("GRB 090423", 8.2)}


def test_a_pseudo_redshift_is_told_as_one() -> None:  # 5437
    [fact] = _redshifts("From the prompt spectrum we find a pseudo-redshift pz= 1.3 +/- 0.2.", "GRB 260307A: pseudo-z")
    assert (fact.value, fact.error, fact.qualifier["type"]) == (1.3, [0.2, 0.2], "pseudo")


def test_what_is_left_is_proposed_with_a_reason_and_numbers_for_a_scorer() -> None:
    found = _proposed("Lines give z = 1.234. The quasar in the field has a redshift of z = 2.1.")
    assert [(c.value, c.taken) for c in found] == [(1.234, True), (2.1, False)]
    assert "another object" in found[1].why
    assert set(found[0].features) == set(found[1].features)
    assert all(isinstance(v, float) for v in found[0].features.values())
