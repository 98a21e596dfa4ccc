"""Magnitudes in running text and in tables: band, sign, error, whose, when. Texts are of our own making."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from kg.extraction import Circular, Fact, candidates, extract, reads_again
from kg.extraction.bands import normalise_band
from kg.extraction.candidate import Candidate


def _facts(body: str, subject: str = "GRB 310301A: optical observations") -> list[Fact]:
    facts = extract(Circular(number=39999, subject=subject, body=body))
    return [f for f in facts if f.predicate == "magnitude"]


def _short(body: str, subject: str = "GRB 310301A: optical observations") -> list[tuple[object, ...]]:
    return [(f.qualifier.get("band"), f.limit or "=", f.value) for f in _facts(body, subject)]


def _left(body: str) -> list[Candidate]:
    _, found = candidates(Circular(number=39999, subject="GRB 310301A: optical observations", body=body))
    return [c for c in found if c.predicate == "magnitude" and not c.taken]


@pytest.mark.parametrize(
    ("written", "band"),
    [
        *[(w, "Rc") for w in ("R_c", "RC", "R_{C}", "Rc-band")],
        *[(w, "r'") for w in ("r'", "r\u2019", "`r'`", "SDSS r'", "rp")],
        *[(w, "uvw1") for w in ("UVW1", "w1", "uvw1")],
        *[(w, "white") for w in ("wh", "White", "white", "white_FC", "white(FC)")],
        *[(w, "clear") for w in ("C", "Clear filter", "unfiltered", "CLEAR")],
        *[(w, "Ks") for w in ("K_s", "Ks", "K_short")],
        *[("sdssg", "g"), ("CR", "CR"), ("P|", "P|"), ("F160W", "F160W"), ("g_ps1", "g")],
    ],
)
def test_a_band_is_written_in_one_way(written: str, band: str) -> None:
    assert normalise_band(written) == band


@pytest.mark.parametrize("word", ["mag", "is", "days", "Filter", "UT", "OT", "up to", ""])
def test_other_words_are_no_band(word: str) -> None:
    assert normalise_band(word) is None


@pytest.mark.parametrize(
    ("sentence", "fact"),
    [
        ("The afterglow has R = 20.31 +/- 0.05 mag.", ("R", "=", 20.31)),
        ("We find the OT at r' ~ 19.3 (AB) in the first frame.", ("r'", "=", 19.3)),
        ("The transient was found with J_AB=21.64 +/- 0.08.", ("J", "=", 21.64)),
        ("The source has m(R)=24.5+/-0.2.", ("R", "=", 24.5)),
        ("Its R-band magnitude is derived to be 19.02 +- 0.2 from four stars.", ("R", "=", 19.02)),
        ("We measure 20.78 +/- 0.2 mag for the afterglow in the clear filter.", ("clear", "=", 20.78)),
        ("The object is seen at an r-band magnitude of 22.41 +/- 0.07.", ("r", "=", 22.41)),
        ("The source is not detected to a limiting magnitude of 22.71 in the i band.", ("i", ">", 22.71)),
        ("No source is visible down to R ~ 21.4 mag.", ("R", ">", 21.4)),
        ("It must be fainter than i = 22.0 now.", ("i", ">", 22.0)),
        ("The 3-sigma upper limit of our unfiltered image is 19.4m.", ("clear", ">", 19.4)),
        ("We do not detect any source to depth i>23.7 AB mag.", ("i", ">", 23.7)),
        ("In our image the afterglow has z = 20.55 +/- 0.08 (AB).", ("z", "=", 20.55)),
    ],
)
def test_one_magnitude_is_read_in_many_wordings(sentence: str, fact: tuple[object, ...]) -> None:
    assert _short(sentence) == [fact]


def test_values_in_a_row_share_the_limit_that_the_words_say() -> None:
    body = "The candidate is not detected to J=18.35 mag, H=16.87 mag, Ks=16.43 (2.5 sigma upper limit)."
    assert _short(body) == [("J", ">", 18.35), ("H", ">", 16.87), ("Ks", ">", 16.43)]


def test_in_a_list_of_values_and_limits_the_signs_decide() -> None:
    body = "We obtain these magnitudes and upper limits:\n\ng' = 24.2 +- 0.2\nr' = 23.0 +- 0.1\nJ > 21.5\nKs > 19.9\n"
    assert _short(body) == [("g'", "=", 24.2), ("r'", "=", 23.0), ("J", ">", 21.5), ("Ks", ">", 19.9)]


def test_a_list_without_signs_of_equality_is_read_line_by_line() -> None:
    body = (
        "For the counterpart we obtain:\n\n  g     > 23.07\n  r     21.78 +/- 0.13\n  Z    19.45 +/- 0.05\n\nThe end."
    )
    assert _short(body) == [("g", ">", 23.07), ("r", "=", 21.78), ("Z", "=", 19.45)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The redshift is z = 2.145, from a break in the r band.",
        "A spectrum with a resolution of R ~ 1000 was taken with the 10.4m telescope.",
        "The source faded by 0.76 magnitudes within 2.27 hours in the r band.",
        "The reddening in this direction is E(B-V) = 0.31 mag and A_V = 12.3 mag.",
        "The list of sources is typically complete to about 18 mag.",
        "The photometric zeropoint of our R image is 25.13.",
        "We used the USNO star with R = 15.61 as reference.",
        "The absolute magnitude of the host would be M_V = -19.2.",
        "The errorbox (trigger No 1,12h 27m 31.99s , +15d 52m 00.1s, R=21.2667) was observed in R band.",
        "The upper limit on the X-ray flux is 20 mCrab.",
    ],
)
def test_what_is_no_brightness_of_the_source_is_left_out(sentence: str) -> None:
    assert _short(sentence) == []


def test_what_is_left_out_is_shown_with_its_reason() -> None:
    [left] = _left("The afterglow is seen. For the USNO star we take R = 15.61 mag.")
    assert left.qualifier["target"] == "reference star"
    assert left.why == "a reference star's magnitude"


def test_the_host_is_kept_apart_from_the_afterglow() -> None:
    facts = _facts("The afterglow is at R = 21.3 +/- 0.1. The host galaxy has R = 24.8.")
    assert [(f.value, f.qualifier.get("target")) for f in facts] == [(21.3, None), (24.8, "host")]


def test_anothers_value_is_cited() -> None:
    body = "We find R = 22.5 +/- 0.1. At first the OT had R = 19.8 (Miller et al., GCN 39001)."
    assert [(f.value, f.assertion) for f in _facts(body)] == [(22.5, "asserted"), (19.8, "cited")]


def test_a_calibration_that_is_cited_leaves_the_value_asserted() -> None:
    [fact] = _facts("We measure r = 20.10 +- 0.02 AB (calibrated against SkyMapper stars; Wolf et al. 2018, PASA).")
    assert (fact.value, fact.assertion, fact.qualifier["system"]) == (20.1, "asserted", "AB")


def test_the_depth_of_images_that_show_the_source_is_no_limit_on_it() -> None:
    assert _short("The OT unfiltered magnitude is 12.9m (mlim=17.6).") == [("clear", "=", 12.9)]


def test_an_error_printed_away_from_its_value_has_its_own_place() -> None:
    body = "Filter  T_start(s)  T_stop(s)  Mag  Err\nwhite   3686        5322     19.61  0.15\n"
    [fact] = _facts(body, "GRB 310301A: Swift/UVOT detection")
    assert (fact.value, fact.error, fact.text) == (19.61, [0.15, 0.15], "19.61")
    begin, end = fact.qualifier["error_span"]
    assert body[begin:end] == "0.15"
    assert fact.qualifier["epoch_s"] == pytest.approx((3686 + 5322) / 2)


TABLES = {
    "ascii art": """
  +---------+--------+------------------+-----------+
  | T-T0(h) | Filter |  Mag             |  UL       |
  +---------+--------+------------------+-----------+
  |   1.20  |   R    |  18.44 +/- 0.03  |   21.9    |
  |   7.75  |   R    |      --          |   22.3    |
  +---------+--------+------------------+-----------+
""",
    "drawn": """
┌─────────┬──────┬───────┬──────┬──────┐
│ T-T0(h) │ Band │  Mag  │ Err  │  UL  │
├─────────┼──────┼───────┼──────┼──────┤
│  1.20   │  R   │ 18.44 │ 0.03 │ 21.9 │
│  7.75   │  R   │  --   │  --  │ 22.3 │
└─────────┴──────┴───────┴──────┴──────┘
""",
    "single blanks": """
Date UT-start Exptime Filter t-T0 OT Err UL
(mid, hours)
2031-03-01 21:23:55 35*120 R 1.20 18.44 0.03 21.9
2031-03-02 03:44:52 33*120 R 7.75 - - 22.3
""",
    "columns": """
t-T0, h    R_mag   err     exp, s   UL
1.20       18.44   0.03    300      21.9
7.75       -       -       2 x 300  22.3
""",
    "tabs": "t-T0 (h)\tFilter\tMag\terr\tLimit\n1.20\tR\t18.44\t0.03\t21.9\n7.75\tR\t-\t-\t22.3\n",
    "markdown": """
| T-T0 (hours) | Band | Mag | Error | Upper limit |
|--------------|:----:|----:|-------|-------------|
| 1.20 | `R` | **18.44** | 0.03 | 21.9 |
| 7.75 | `R` | -- | -- | > 22.3 |
""",
    "commas": """
T-T0 (h), Filter, Mag, Err, UL
1.20, R, 18.44, 0.03, 21.9
7.75, R, -, -, 22.3
""",
}


@pytest.mark.parametrize("kind", TABLES)
def test_the_same_table_is_read_in_every_shape(kind: str) -> None:
    facts = _facts("The photometry of the afterglow follows.\n" + TABLES[kind] + "\nIt fades.")
    read = [(f.qualifier["band"], f.limit, f.value, f.qualifier["epoch_s"]) for f in facts]
    assert read == [("R", None, 18.44, 4320.0), ("R", ">", 22.3, 27900.0)]
    assert facts[0].error == [0.03, 0.03]


def test_bands_may_be_the_columns_and_stars_have_a_table_of_their_own() -> None:
    body = (
        "Date        t-T0(hr)  Exp(s)   r'(AB-mag)       i'(AB-mag)\n"
        "2031-03-01  24.71     1500     20.47 (0.10)     19.75 (0.12)\n"
        "2031-03-03  74.86     900      >21.89           >21.45\n\n"
        "The photometry is based on nearby stars:\nRA DEC g r i\n"
        "06:34:21.95 +49:52:11.31 16.394 15.783 15.515\n06:34:23.90 +49:51:55.54 18.810 18.218 17.972\n"
    )
    assert _short(body) == [("r'", "=", 20.47), ("i'", "=", 19.75), ("r'", ">", 21.89), ("i'", ">", 21.45)]
    assert {f.qualifier["system"] for f in _facts(body)} == {"AB"}


def test_masters_polarisers_do_not_break_its_tables() -> None:
    body = (
        "Tmid-T0  |      Date Time      |   Site  |Filt.| Expt. | Limit| Comment\n"
        "_________|_____________________|_________|_____|_______|______|________\n"
        "    1180 | 2031-03-01 22:26:55 | MASTER-Tunka |  P| |   180 | 17.3 |        \n"
        "    1380 | 2031-03-01 22:29:55 | MASTER-Tunka |   C |   180 | 18.1 |        \n"
    )
    assert _short(body) == [("P|", ">", 17.3), ("clear", ">", 18.1)]


def test_a_row_wrapped_by_the_mailer_is_put_together() -> None:
    body = "Date Start_UT T_start-T0 (days) Filter Exp time (sec) magnitude\n====\n"
    body += "2031-03-02 01:49:47   ~1.168      r     180 sec*10\n 21.04 +/- 0.04\n\nThe end."
    [fact] = _facts(body)
    assert (fact.value, fact.error, fact.qualifier["band"]) == (21.04, [0.04, 0.04], "r")
    assert (fact.qualifier["epoch_s"], fact.qualifier["epoch"]) == (round(1.168 * 86400, 3), "2031-03-02T01:49:47Z")


def test_moments_are_read_beside_the_value() -> None:
    facts = _facts("We give r > 22.3 at T+3.2h. On Mar. 2.20 UT the afterglow had R = 20.10 +/- 0.08.")
    assert (facts[0].qualifier["epoch_s"], facts[1].qualifier["epoch"]) == (11520.0, "2031-03-02T04:48:00Z")


def test_extinction_is_told() -> None:
    facts = _facts("The afterglow has R_c = 19.52 +/- 0.03. No correction has been made for Galactic extinction.")
    assert [f.qualifier["extinction_corrected"] for f in facts] == [False]


def test_every_span_alone_gives_its_value_and_a_bent_one_does_not() -> None:
    bodies = [*TABLES.values(), "We find r' = 20.5(2), g > 22 and 23 < I < 24, or 19.4m in white light."]
    facts = [f for body in bodies for f in _facts(body)]
    assert len(facts) > 10
    for fact in facts:
        assert reads_again(fact)
        value = {"value": fact.value + 0.1} if isinstance(fact.value, float) else {"lower": 1.0}
        assert not reads_again(replace(fact, **value))


@pytest.mark.parametrize("phrase", ["R = 20.1 mag, ", "Filter Mag\nR 20.1\n", "20.1 mag (", "r < 23 < i ", "mag 20.1"])
def test_five_megabytes_of_magnitudes_are_read_within_four_seconds(phrase: str) -> None:
    began = time.process_time()
    _facts(phrase * (5_000_000 // len(phrase)))
    assert time.process_time() - began < 4.0


def test_values_in_a_list_take_the_one_band_or_the_bands_in_order() -> None:
    one = "The counterpart had an approximate V magnitude of 19.18, 19.33 and 19.46 in three exposures."
    assert _short(one) == [("V", "=", 19.18), ("V", "=", 19.33), ("V", "=", 19.46)]
    three = "The afterglow has g, r, and i-band magnitudes of 20.14, 19.83 and 19.71."
    assert _short(three) == [("g", "=", 20.14), ("r", "=", 19.83), ("i", "=", 19.71)]


def test_candidates_in_a_table_keep_their_own_names() -> None:
    body = "ID | RA | Dec | Filter | Mag | Date\nAT 2031abc | 22:18:20 | -17:46:08 | g | 21.61 | 2031-03-01 04:40:35\n"
    body += "AT 2031abd | 22:30:44 | -22:17:27 | g | 21.49 | 2031-03-01 02:49:27\n"
    facts = _facts(body, "LIGO/Virgo/KAGRA S310301a: optical candidates")
    assert [(f.object, f.value) for f in facts] == [("AT2031abc", 21.61), ("AT2031abd", 21.49)]


def test_a_table_that_a_mailer_has_broken_is_put_together() -> None:
    body = (
        "| Name       | Filter | Mag   |\nMagErr | MJD      |\n| AT 2031abc | r      | 19.6  |\n0.05   | 62983.49 |\n"
    )
    [fact] = _facts(body)
    assert (fact.value, fact.error, fact.qualifier["band"]) == (19.6, [0.05, 0.05], "r")


def test_a_moment_told_above_a_list_is_taken_with_a_mark() -> None:
    body = "Observations started 2.5 h after the burst.\n\nWe obtain:\n\ng' = 24.2 +- 0.2\nr' = 23.0 +- 0.1\n"
    assert {(f.qualifier["epoch_s"], f.qualifier["epoch_approximate"]) for f in _facts(body)} == {(9000.0, True)}
    [beside] = _facts("We measure R = 20.45 +/- 0.07 (t_mid - t0 = 1.0589 days).")
    assert beside.qualifier["epoch_s"] == pytest.approx(1.0589 * 86400)
    assert "epoch_approximate" not in beside.qualifier


def test_bands_may_head_the_blocks_of_a_table() -> None:  # 1587
    body = (
        "Our magnitudes of 4 October:\n\n4 Oct.     R    error\nUT(mid)  (300 s)\n\n"
        "16:31:36  17.13  0.01\n16:42:03  17.20  0.02\n\n           B\n         (600s)\n\n"
        "17:32:18  18.42  0.01\n\n           V\n\n17:42:30  18.01  0.01\n18:10:05  18.09  0.03\n"
    )
    expected = [("R", 17.13), ("R", 17.2), ("B", 18.42), ("V", 18.01), ("V", 18.09)]
    assert [(f.qualifier["band"], f.value) for f in _facts(body)] == expected
    assert all(f.error for f in _facts(body))


def test_days_may_be_counted_from_a_round_number() -> None:  # 1152
    body = (
        "It has faded:\n\nHJD-2450000       UT         R_c       exp\n2236.8412   011123 08:10  19.40+-0.04  600 sec\n"
    )
    assert _short(body) == [("Rc", "=", 19.4)]


def test_a_bracket_around_two_values_closes_neither() -> None:  # 18598
    body = "It has faded (in the r band from 21.19 +/- 0.04 to 21.68 +/- 0.05 mag), so it is the afterglow."
    assert _short(body) == [("r", "=", 21.19), ("r", "=", 21.68)]


@pytest.mark.parametrize(
    "sentence",
    [
        "We tie it to the star at R.A. 16:58:31.46, Dec. +12:22:12.8 (J2000), which has J=15.17 and H=14.58 mag.",
        "No line is seen in Ca II or Na I to limits of 20 and 10 milli-Angstroms.",
    ],
)
def test_a_star_with_its_place_and_widths_of_lines_are_no_brightness(sentence: str) -> None:  # 5597, 1247
    assert _facts(sentence) == []


def test_a_clear_sky_is_no_filter() -> None:  # 34490
    assert _short("All images are V filtered. Nothing is seen down to 19.6 mag with clear sky.") == [("V", ">", 19.6)]


def test_a_band_may_stand_in_brackets_behind_its_value_in_a_table() -> None:
    body = "| Name | RA | Dec | Mag |\n| AT2031abc | 10:22:33.10 | +12:33:44.1 | 19.5 +/- 0.1 (L) |\n"
    assert [(f.object, f.qualifier.get("band")) for f in _facts(body, "S310301a: candidates")] == [("AT2031abc", "L")]


def test_fainter_than_another_measurement_is_no_limit() -> None:
    body = "We find r=22.48 +/- 0.05 (AB), ~0.5 mag fainter than in GCN 42000 (r=21.9)."
    assert _short(body)[0] == ("r", "=", 22.48)
    assert [f.assertion for f in _facts(body) if f.value == 21.9] in ([], ["cited"])
    assert _short("No source is seen that is not fainter than 21.9 mag in r.") == [("r", ">", 21.9)]


@pytest.mark.parametrize("limit", ["the limit is 18.2", "limit 18.2", "limiting mag 18.2"])
def test_the_limit_beside_a_value_is_another_number(limit: str) -> None:
    older = "We have a reference image without it on 2020-02-03 with unfiltered magnitude limit 20.1."
    assert _short(f"The OT is seen. Its unfiltered magnitude is 16.5 ({limit}). {older}") == [("clear", "=", 16.5)]
