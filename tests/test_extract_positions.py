"""Positions in every form that circulars print, in circulars of our own wording (numbers in comments are circulars with
the like); values are compared with astropy's SkyCoord."""

from __future__ import annotations

import time

import pytest
from astropy import units
from astropy.coordinates import SkyCoord

from kg.extraction import Circular, Fact, candidates, extract


def _facts(body: str, subject: str = "GRB 260307A: localization") -> list[Fact]:
    facts = extract(Circular(number=34120, subject=subject, body=body))
    return [f for f in facts if f.predicate == "position"]


def _coord(fact: Fact) -> SkyCoord:
    assert isinstance(fact.value, dict)
    return SkyCoord(fact.value["ra"], fact.value["dec"], unit="deg")


@pytest.mark.parametrize(
    ("body", "sky"),
    [
        ("RA(J2000) = 18h 26m 20.1s, Dec(J2000) = -86d 07' 16.5\"", "18h26m20.1s -86d07m16.5s"),
        ("It lies at RA 14h 02m 11.35s, Dec +66d 07' 25.8\".", "14h02m11.35s +66d07m25.8s"),  # 34569
        ("It is at (J2000) 18 26 20.1 -26 07 04.5 on the sky.", "18h26m20.1s -26d07m04.5s"),  # 34469
        ("R. A. (J2000) = 19:03:33.11\nDecl. (J2000) = +40:53:49.2", "19h03m33.11s +40d53m49.2s"),
        ("(RA, Dec) = 13h 10m 34.94s -21d 43m 04.8s is the place.", "13h10m34.94s -21d43m04.8s"),
        ("RA (J2000.0) 16h 36m 31.47s\nDecl. (J2000.0) +47\u00b0 51' 32.7\"", "16h36m31.47s +47d51m32.7s"),
        ("R.A.= 22h 31m 50s, Decl.= -73o 24'.5 with an error of 3'", "22h31m50s -73d24m30s"),
        ("R.A.: 23:47:10.51\nDec.: -00:19:11.3", "23h47m10.51s -00d19m11.3s"),
        ("RA19h13m03s.5 Dec19d46m24s.25", "19h13m03.5s +19d46m24.25s"),
        ("two sources: it is at 09:46:48.35, +54:00:47.8 in our image", "09h46m48.35s +54d00m47.8s"),
        ("RA = 143.0, Dec = 70.5 (J2000 degrees)", "143.0d 70.5d"),
        ("RA: 306.13 [degrees]   DEC: -6.17 [degrees]", "306.13d -6.17d"),
        ("RA, Dec 329.435, +39.002 is the place", "329.435d 39.002d"),
        ("Center:\n  163.104 (10h 52m 25s) +69.356 is the middle", "163.104d 69.356d"),
    ],
)
def test_a_position_in_any_spelling_is_that_of_astropy(body: str, sky: str) -> None:
    fact = _facts(body)[0]
    assert _coord(fact).separation(SkyCoord(sky)).to_value(units.arcsec) < 1e-3
    assert body[fact.start : fact.end] == fact.text


TWICE = (
    "The position is RA, Dec 276.583, -86.121 which is\n   RA(J2000)  =  18h 26m 20s\n   Dec(J2000) = -86d 07' 16\"\n"
    "with an uncertainty of 3 arcmin (radius, 90% containment)."
)


def test_a_place_printed_twice_points_at_itself() -> None:  # 10081
    first, second = _facts(TWICE)
    assert second.qualifier["same_as"] == [first.start, first.end]
    for fact in (first, second):
        assert fact.error == [0.05, 0.05]
        assert fact.error_probability == 0.9
        start, end = fact.qualifier["error_span"]
        assert TWICE[start:end] == "3 arcmin"


def test_both_forms_side_by_side_are_read() -> None:
    body = (
        "RA(J2000)  = 21:57:41.83 = 329.4243\nDEC(J2000) = +38:59:06.4  =  38.9851\nwith a 1-sigma error of 0.5 arcsec"
    )
    first, second = _facts(body)
    assert second.value == {"ra": 329.4243, "dec": 38.9851}
    assert first.qualifier.get("same_as") is None
    assert first.error_probability == 0.683


@pytest.mark.parametrize(
    ("body", "radius", "probability"),
    [
        ("RA, Dec = 144.6, -14.5 (J2000) with an error radius of 0.6 deg (90% containment).", 0.6, 0.9),
        ('RA, Dec: 18 10 05.41  +58 09 18.1 ; +/- 3.6" (J2000, 90% Conf.)', 0.001, 0.9),
        ('RA = 19:03:33.11, Decl. = +40:53:49.2 (+/- 0".9)', 0.00025, None),
        ('at J2000 coordinates (~1.8" error):\n\nRA = 05:19:01.57\nDec = -47:53:32.3', 0.0005, None),
        ("RA: 325.9 deg\nDEC: 13.2 deg\nErr: 5.1 deg (1-sigma, statistical only)", 5.1, 0.683),
        ("RA = 11:42:55.2, Dec = +50:58:41.3 in an image of 2 x 600 s.", None, None),
    ],
)
def test_an_error_radius_is_read_with_its_containment(
    body: str, radius: float | None, probability: float | None
) -> None:
    fact = _facts(body)[0]
    assert (fact.error and fact.error[1]) == (radius and pytest.approx(radius, rel=1e-6))
    assert fact.error_probability == probability


@pytest.mark.parametrize(
    ("ra", "dec"),
    [
        ("343.26 (+4.08 -2.63 deg 90% PSF containment) J2000", "10.73 (+1.51 -2.61 deg 90% PSF containment) J2000"),
        ("343.26 [-2.63,+4.08] (deg 90% PSF containment) J2000", "10.73 [-2.61,+1.51] (deg 90% PSF containment)"),
        ("343.26 deg (-2.63 deg / +4.08 deg 90% PSF containment)", "10.73 deg (-2.61 deg / +1.51 deg 90% PSF)"),
        ("343.26 (+4.08/- 2.63 (+1.88/-1.64) deg 90% (50%) PSF containment)", "10.73 (+1.51/-2.61 (+1/-1) deg 90%)"),
    ],
)
def test_a_lopsided_box_is_no_radius(ra: str, dec: str) -> None:
    body = f"The IceCube Collaboration reports a track.\n\nRA: {ra}\nDec: {dec}"
    [fact] = _facts(body, "IceCube-260307A - IceCube observation of a neutrino candidate event")
    assert fact.error is None
    assert (fact.qualifier["ra_error"], fact.qualifier["dec_error"]) == ([2.63, 4.08], [2.61, 1.51])
    assert (fact.error_probability, fact.assertion) == (0.9, "asserted")


@pytest.mark.parametrize(
    "body",
    [
        "calibrated against the USNO-B1 star at RA = 14:02:14.83, Dec = -58:50:28.8",
        "Ref. stars:\nRA DEC\n06:34:04.97 +49:53:05.86 15.61\n06:34:38.78 +49:49:22.97 16.29\n06:34:57.9 +49:53:01 16",
        "The box has the corners:\n(319.214, -30.721) deg\n(319.406, -31.127) deg",
        "The annulus is centered at RA(2000)=330.015 deg, Dec(2000)=-10.611 deg with a radius of 79 deg.",
        "| MASTER-Amur | (10h 23m 18.99s , +58d 10m 49.2s) | C |",
        "a nearby galaxy at 14 02 13.1 +66 07 21",
        "see LightCurve.php?ra=333.02&dec=23.93 there",
        "bands centered on 5.5 and 9 GHz",
        "The Earth as seen from there was centered at RA=335.9, Dec=25.3 with a radius of 67.6 degrees.",
        "The 90% credible region is 1150 deg2.",
    ],
)
def test_stars_corners_fields_and_other_galaxies_are_left_with_a_reason(body: str) -> None:
    assert [f for f in _facts(body) if f.assertion == "asserted" and f.object == "GRB 260307A"] == []
    _, found = candidates(Circular(number=34120, subject="GRB 260307A: observations", body=body))
    assert all(c.why for c in found if c.predicate == "position")


def test_a_pointing_is_negated_and_an_alert_told_by_others_cited() -> None:
    [pointing] = _facts("The telescope was pointed to RA = 10:47:41.1, Dec = 85:07:31.0 then.")
    assert pointing.assertion == "negated"
    body = "The IceCube event was detected at RA = 45.41 (+2.50, -3.07) deg, Decl. = +12.10 (+1.62, -1.53) deg."
    [alert] = _facts(body, "Fermi-LAT gamma-ray observations of IceCube-260307A")
    assert alert.assertion == "cited"


def test_a_catalogue_source_keeps_its_own_name() -> None:  # 24854
    body = "The nearest source is 4FGL J2252.6+1245 at RA: 343.17 deg, Dec: 12.75 deg (2.73 deg away)."
    [fact] = _facts(body, "IceCube-260307A - IceCube observation of a neutrino candidate event")
    assert fact.object == "4FGL J2252.6+1245"


def test_a_misprint_is_kept_as_printed() -> None:  # 33163
    body = "RA(J2000)  =  19h 58m 03s\nDec(J2000) = +35d 04' 288\""
    [fact] = _facts(body)
    assert isinstance(fact.value, dict)
    assert fact.value["dec"] == pytest.approx(35 + 4 / 60 + 288 / 3600)


@pytest.mark.parametrize(
    "phrase",
    [
        "RA = 14:02:14.83, Dec = +10:11:12 ",
        "RA, Dec ",
        "14 02 14.8 +10 11 12 ",
        "RA = 10.5 (a) (b) (c) ",
        "corner 10.5, 20.5 ",
        "at 12:00:00 UT on 9 October 2022 the GBM triggered ",
        "2022-10-09 12:00:00 ",
        "T0 = ",
        "T90 (a) (b) is about ",
        "T90 is 12 +/- 2 s ",
        "a fluence of 1.3 +- 0.2 x 10^-6 erg/cm2 ",
        "1.3 (1.2) and 1.1 or ",
        "40 uJy, ",
        "in units of 10^-7 erg/s/cm^2: limits 1.0 2.0 ",
    ],
)
def test_a_long_text_of_one_phrase_is_read_in_bounded_time(phrase: str) -> None:
    began = time.process_time()
    extract(Circular(number=34120, subject="GRB 260307A: limits", body=phrase * (200_000 // len(phrase))))
    assert time.process_time() - began < 5.0


def test_an_error_behind_each_coordinate_is_no_radius() -> None:
    [fact] = _facts("The best fit is RA(2000.0) = 234.9 +/- 0.9 deg, Decl.(2000.0) = 48.7 +/- 0.6 deg.")
    assert fact.error is None
    assert (fact.qualifier["ra_error"], fact.qualifier["dec_error"]) == ([0.9, 0.9], [0.6, 0.6])


@pytest.mark.parametrize(
    ("subject", "body", "instrument"),
    [
        (
            "GRB 260307A: Swift-XRT source",  # 34393
            "We went to the LAT position (GCN 34392). A new X-ray source is at RA, Dec = 83.4411, -21.2093.",
            "Swift-XRT",
        ),
        (
            "GRB 260307A: XRT refined position",  # 34400
            "We find a better XRT position (by the XRT-UVOT alignment, UVOT stars): RA, Dec = 83.4411, -21.2093.",
            "Swift-XRT",
        ),
        (
            "GRB 260307A: Swift sees a burst",  # 34479
            "The XRT began 90 s after the BAT trigger. A source shines at RA, Dec 83.4411, -21.2093.",
            "Swift-XRT",
        ),
        (
            "GRB 260307A: GROND observations",
            'Inside the 1.7" Swift-XRT error circle (Page et al.) one source stands at RA, Dec = 83.4411, -21.2093.',
            "GROND",
        ),
        (
            "GRB 260307A: late images",
            "In the XRT error circle we see one object at RA, Dec = 83.4411, -21.2093.",
            None,
        ),
        (
            "GRB 260307A: LCOGT photometry",  # 37476
            "The host was found in archival Legacy Survey images at RA, Dec = 83.4411, -21.2093.",
            None,
        ),
        (
            "IceCube-260307A - IceCube observation of a neutrino",
            "The direction was refined to: RA, Dec = 83.4411, -21.2093.",
            "IceCube",
        ),
        (
            "S260307a: upper limits of MAXI",
            "MAXI/GSC localized a weak flash at RA, Dec = 83.4411, -21.2093.",
            "MAXI-GSC",
        ),
    ],
)
def test_the_instrument_is_the_one_that_measured(subject: str, body: str, instrument: str | None) -> None:
    assert _facts(body, subject)[0].qualifier.get("instrument") == instrument


def test_sources_of_a_list_are_not_the_event() -> None:  # 33135
    body = (
        "Two new X-ray sources are seen, and we cannot identify which is the afterglow.\n\n"
        "Source 1:\n  RA: 83.4411\n  Dec: -21.2093\n  Error: 6.5 arcsec\n\n"
        "Source 2:\n  RA: 83.5417\n  Dec: -21.3094\n  Error: 3.1 arcsec\n"
    )
    assert [f.object for f in _facts(body)] == ["source 1", "source 2"]
    one = body.partition("Source 2")[0]
    assert [(f.object, f.assertion) for f in _facts(one)] == [("GRB 260307A", "hedged")]


def test_a_galaxy_beside_the_afterglow_is_not_its_place() -> None:  # 22845
    body = (
        'A faint galaxy, seen in old images too, lies 2.5" NW of the afterglow at RA = 12:13:14.15, Dec = -02:20:15.7.'
    )
    assert [f.object for f in _facts(body)] == ["galaxy near GRB 260307A"]


def test_of_two_radii_the_wider_is_taken() -> None:  # 34776
    radii = "Uncertainty (50% containment): 0.13 deg\nUncertainty (90% containment): 0.24 deg"
    body = f"RA: 331.92 deg\nDec: 12.44 deg\n{radii}"
    fact = _facts(body)[0]
    assert (fact.error, fact.error_probability) == ([0.24, 0.24], 0.9)
