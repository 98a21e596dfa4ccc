"""Numbers that share a unit or are told again: lists of durations, ranges of limits, values cited in brackets."""

from __future__ import annotations

import pytest

from kg.extraction import Circular, Fact, extract


def _facts(predicate: str, body: str, subject: str = "GRB 310101A: a report") -> list[Fact]:
    return [f for f in extract(Circular(number=50_000, subject=subject, body=body)) if f.predicate == predicate]


def test_durations_of_a_list_share_their_unit() -> None:
    facts = _facts("t90", "The T_90 durations for the burst are approximately 36, 41, and 46 s in the same bands.")
    assert [(f.value, f.unit, f.text) for f in facts] == [(36.0, "s", "36"), (41.0, "s", "41"), (46.0, "s", "46")]


def test_numbers_behind_a_duration_that_are_no_list_are_left() -> None:
    facts = _facts("t90", "T90 is 36.0 s, and 41 counts were seen in 46 s.")
    assert [f.value for f in facts] == [36.0]


def test_a_duration_cited_in_one_bracket_is_another_teams() -> None:
    (cited,) = _facts("t90", "The T90 (1.4 +/- 0.2 sec; Swift/BAT 15-350 keV, Doe et al., GCN 40001) is short.")
    assert cited.assertion == "cited"
    (own,) = _facts("t90", "Our T90 (1.4 +/- 0.2 sec, 15-350 keV) agrees with that of Doe et al. (GCN 40001).")
    assert own.assertion == "asserted"


def test_a_limit_that_ranges_over_the_field_is_one_fact() -> None:
    body = (
        "The 3-sigma upper limit in the field ranges over it, corresponding to a flux "
        "of 7.7e-14 to 1.0e-13 erg cm^-2 s^-1."
    )
    (limit,) = _facts("flux", body)
    assert (limit.value, limit.lower, limit.upper, limit.limit) == (None, 7.7e-14, 1.0e-13, "<")
    assert limit.text == "7.7e-14 to 1.0e-13 erg cm^-2 s^-1"


def test_limits_of_two_epochs_stay_two() -> None:
    body = "We derive upper limits of 7.7e-14 and 1.0e-13 erg cm^-2 s^-1 for the two epochs."
    assert [f.value for f in _facts("flux", body)] == [7.7e-14, 1.0e-13]


def test_a_typical_upper_limit_is_a_limit_and_a_typical_flux_none() -> None:
    (limit,) = _facts("flux", "A typical 1-sigma averaged upper limit obtained in one scan is 20 mCrab at 2-20 keV.")
    assert (limit.value, limit.limit) == (20.0, "<")
    assert not _facts("flux", "This is fainter than a typical GRB at 3e-12 erg cm^-2 s^-1.")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Our value z = 1.319 is in a good agreement with that by Doe et al. (GCN 40001).", {(1.319, "asserted")}),
        (
            "We infer z = 0.977. This is consistent with the photometric estimate from the Legacy survey "
            "(z_ph = 0.87 +- 0.11; Doe et al. 2021).",
            {(0.977, "asserted"), (0.87, "cited")},
        ),
        (
            "We derive a redshift of z = 0.134. We note that z=0.093 is not consistent with the lines.",
            {(0.134, "asserted"), (0.093, "negated")},
        ),
        ("There is an early type galaxy, for which we determined a redshift of z=0.0385.", {(0.0385, "asserted")}),
    ],
)
def test_redshifts_of_others_are_told_from_those_measured_here(body: str, said: set[tuple[float, str]]) -> None:
    assert {(f.value, f.assertion) for f in _facts("redshift", body, "GRB 310101A: spectroscopy")} == said


def test_a_galaxy_that_is_there_is_not_the_burst() -> None:
    body = "There is an early type galaxy, for which we determined a redshift of z=0.0385."
    (fact,) = _facts("redshift", body, "GRB 310101A: spectroscopy")
    assert fact.qualifier["whose"] == "field galaxy"


def test_an_absorber_without_its_sign_and_a_coarser_one_are_both_told() -> None:
    body = (
        "We identify absorption lines at a common redshift of z=1.305, and another "
        "absorption system at z=0.63. We propose "
        "the redshift of the GRB to be z=1.305, with an intervening system at 0.638."
    )
    facts = _facts("redshift", body, "GRB 310101A: spectroscopy")
    assert {f.value: f.qualifier["whose"] for f in facts} == {
        1.305: "afterglow",
        0.63: "intervening",
        0.638: "intervening",
    }


def test_a_limit_on_a_pseudo_redshift_in_words() -> None:
    body = "We can only place a lower limit on the pseudo-redshift for this burst of about 2."
    (fact,) = _facts("redshift", body)
    assert (fact.value, fact.limit, fact.qualifier["type"]) == (2.0, ">", "pseudo")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "The triggers 692721536/221214610 at 14:38:51 UT on 14 December 2022 and "
            "692713692/221214520 at 12:28:07.34 UT on 14 December "
            "2022 are not due to GRBs.",
            {
                ("Fermi trigger 692721536", "2022-12-14T14:38:51Z"),
                ("Fermi trigger 692713692", "2022-12-14T12:28:07.34Z"),
            },
        ),
    ],
)
def test_each_of_two_triggers_has_its_own_time(body: str, told: set[tuple[str, str]]) -> None:
    subject = "Fermi GBM triggers 692721536/221214610 and 692713692/221214520 are not GRBs"
    assert {(f.object, f.value) for f in _facts("trigger_time", body, subject)} == told


def test_the_burst_starts_at_its_time_and_the_exposure_does_not() -> None:
    (start,) = _facts("trigger_time", "The GRB started at 2031 January 1, 07:03:46 UT and lasted for a minute.")
    assert start.value == "2031-01-01T07:03:46Z"
    assert not _facts("trigger_time", "The exposure of the GRB field started at 2031 January 1, 07:03:46 UT.")


def test_rows_of_a_table_have_their_own_places() -> None:
    body = (
        "We note two galaxies in the region:\n\n      RA (J2000)   Dec (J2000)  J\n"
        "2MASS-A 12:18:29.35 -38:16:44.1 15.01\n2MASS-B 12:18:21.87 -38:18:24.0 15.35\n"
    )
    assert {f.object for f in _facts("position", body)} == {"2MASS-A", "2MASS-B"}
    one = "We find the source in two epochs:\n\nJan1 12:18:29.35 -38:16:44.1\nJan2 12:18:29.36 -38:16:44.2\n"
    assert {f.object for f in _facts("position", one)} == {"GRB 310101A"}


def test_positions_of_labelled_sources_and_of_a_catalogued_galaxy() -> None:
    body = (
        "The southern source (#1) is located at RA: 06:08:09.12 (J2000) Dec: "
        "+55:42:47.98 (J2000). The northern source (#2) "
        "is located inside the error circle (Doe et al. GCN 40001) at: RA: 06:08:09.25 (J2000) Dec: +55:42:54.39."
    )
    assert {f.object for f in _facts("position", body)} == {"source 1", "source 2"}
    galaxy = "We took a spectrum of the galaxy at RA 12:36:12.90, Dec +28:58:58.8 (J2000) (=2MASX J12361286+2858580)."
    assert {f.object for f in _facts("position", galaxy)} == {"2MASX J12361286+2858580"}
    old = "R-band images contain a faint object at alfa(2000)=01 59 15.6 delta(2000)=-40 39 33.8."
    (found,) = _facts("position", old)
    assert isinstance(found.value, dict)
    assert round(found.value["ra"], 3) == 29.815


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("The OT is approximately 17.7 mag (R equivalent, relative to a nearby star).", [(17.7, "R", "GRB 310101A")]),
        ("We estimated i' = 19.81 +- 0.02, (source #1), and i' = 21.75 +- 0.06 (source #2).",
         [(19.81, "i'", "source 1"), (21.75, "i'", "source 2")]),
        ("After a correction of the nearby star, the object is not detected to an upper limit of g' > 23.0.",
         [(23.0, "g'", "GRB 310101A")]),
        ("No object is visible in the Legacy Survey at these coordinates, down to a magnitude r ~ 24.1.",
         [(24.1, "r", "GRB 310101A")]),
        ("The Legacy Survey is complete down to a magnitude r ~ 24.1.", []),
    ],
)  # fmt: skip
def test_magnitudes_with_their_band_or_their_label_behind(body: str, said: list[tuple[float, str, str]]) -> None:
    assert [(f.value, f.qualifier["band"], f.object) for f in _facts("magnitude", body)] == said


def test_a_pseudo_redshift_and_its_rounding_are_one() -> None:
    body = "We find a pseudo-redshift pz = 1.76 from the prompt emission."
    facts = _facts("redshift", body, "GRB 310101A: pseudo-z = 1.8 from prompt emission spectrum")
    assert [f.value for f in facts] == [1.8]
