"""T90, fluences, fluxes, limits and trigger times in circulars of our own wording (numbers in comments are circulars
with the like); units are compared with astropy's own."""

from __future__ import annotations

import pytest
from astropy import units

from kg.extraction import Circular, Fact, candidates, extract
from kg.extraction.times import t0
from kg.extraction.units import JANSKY, PER_AREA, read_unit


def _facts(predicate: str, body: str, subject: str = "GRB 260307A: prompt emission") -> list[Fact]:
    facts = extract(Circular(number=34120, subject=subject, body=body))
    return [f for f in facts if f.predicate == predicate]


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("ergs/cm^2/sec", "erg / (cm2 s)"),
        ("erg cm^(-2) s^(-1)", "erg / (cm2 s)"),
        ("erg s^{-1} cm^{-2}", "erg / (cm2 s)"),
        ("erg/(s cm^2)", "erg / (cm2 s)"),
        ("erg/cm2-s", "erg / (cm2 s)"),
        ("erg cm-2", "erg / cm2"),
        ("erg/cm**2", "erg / cm2"),
        ("erg/cmsq", "erg / cm2"),
        ("GeV cm^-2", "GeV / cm2"),
        ("photons/s/cm^2", "ph / (cm2 s)"),
        ("ergs/cm2/sec/A", "erg / (cm2 s Angstrom)"),
        ("microJy", "uJy"),
        ("\u03bcJy", "uJy"),
        ("mJy/beam", "mJy / beam"),
    ],
)
def test_units_in_any_spelling_are_those_of_astropy(written: str, same: str) -> None:
    match = PER_AREA.fullmatch(written) or JANSKY.fullmatch(written)
    assert match
    unit = read_unit(written)
    assert unit
    assert unit.name == same
    assert units.Unit(unit.name) == units.Unit(same)


@pytest.mark.parametrize(
    ("body", "value", "unit", "error"),
    [
        ("T90 (15-350 keV) is 150 +- 20 sec (estimated error).", 150.0, "s", [20.0, 20.0]),
        ("One pulse with a duration (T90) of about 64 ms (50-300 keV).", 64.0, "ms", None),
        ("We measure a T90 of 81 (+12, -27) s from it.", 81.0, "s", [27.0, 12.0]),
        ("T_90 = 12.4+1.8-0.9 s in our band.", 12.4, "s", [0.9, 1.8]),
        ("It has a duration of 2.2 s (T90) only.", 2.2, "s", None),
        ("Duration(t90) = 114.2 seconds", 114.2, "s", None),
        ("The T90 and T50 durations are 24.1 +/- 0.8 sec and 10.1 +/- 1.7 sec.", 24.1, "s", [0.8, 0.8]),
    ],
)
def test_t90_is_read_with_its_error(body: str, value: float, unit: str, error: list[float] | None) -> None:
    [fact] = _facts("t90", body)
    assert (fact.value, fact.unit, fact.error, fact.limit) == (value, unit, error, None)


@pytest.mark.parametrize(
    "body",
    [
        "The significance during T90 reaches 5.4 sigma in 1 s bins.",
        "T90/(Peak photon flux) = 403 s for it.",
        "In the T90,i - EH diagram it lies at 3 s.",
        "The light curve falls after 3640+3450-1270 s.",  # 10106
        "It lasted about 12 s.",
    ],
)
def test_what_is_not_called_t90_is_none(body: str) -> None:
    assert _facts("t90", body) == []


def test_a_note_on_a_typing_error_is_no_second_duration() -> None:  # 12477
    body = "The burst is short (T90 = 300 ms).\n\n[GCN OPS NOTE(15jan31): T90 was changed from 300 s to 300 ms.]"
    assert [(f.value, f.unit) for f in _facts("t90", body) if f.assertion == "asserted"] == [(300.0, "ms")]


@pytest.mark.parametrize(
    ("body", "value", "error", "band"),
    [
        ("The fluence in the 15-150 keV band is 1.3 +- 0.2 x 10^-06 erg/cm2.", 1.3e-6, [2e-7, 2e-7], "15-150 keV"),
        ("The 20 keV-10 MeV fluence is 1.85 +0.12/-0.10 E-4 erg/cm^2.", 1.85e-4, [1e-5, 1.2e-5], "20-10000 keV"),
        ("It had a fluence of (6.4 +/- 0.4)x10^-5 erg/cm^2 (20-1000 keV).", 6.4e-5, [4e-6, 4e-6], "20-1000 keV"),
        ("A fluence of 4.3 e-6 erg/cm2 was seen.", 4.3e-6, None, None),
    ],
)
def test_a_fluence_is_read_with_error_and_band(
    body: str, value: float, error: list[float] | None, band: str | None
) -> None:
    [fact] = _facts("fluence", body)
    assert (fact.value, fact.unit, fact.error) == (value, "erg / cm2", error)
    assert fact.qualifier.get("band") == band


@pytest.mark.parametrize(
    ("body", "value", "unit", "limit"),
    [
        (
            "J(E > 760 GeV) < 9.4 * 10^(-12) erg cm^(-2) s^(-1) at 90% confidence.",
            9.4e-12,
            "erg / (cm2 s)",
            "<",
        ),  # 1007
        ("The X-ray flux was 48 +- 13 mCrab.", 48.0, "mCrab", None),
        ("It has a flux density of 42+/-12 uJy at 9 GHz.", 42.0, "uJy", None),
        ("It is not detected with a 3-sigma upper limit of ~40 uJy at 5.5 GHz.", 40.0, "uJy", "<"),
        ("The >100 MeV flux upper limit is < 2.8e-10 ph cm^-2 s^-1.", 2.8e-10, "ph / (cm2 s)", "<"),
        ("The mean flux is 4.6+/-0.2E-18 ergs/cm2/sec.", 4.6e-18, "erg / (cm2 s)", None),  # 603
    ],
)
def test_a_flux_is_read_with_its_limit(body: str, value: float, unit: str, limit: str | None) -> None:
    [fact] = _facts("flux", body)
    assert (fact.value, fact.unit, fact.limit) == (value, unit, limit)
    assert bool(fact.qualifier.get("unit_as_written")) == (unit == "mCrab")


@pytest.mark.parametrize(
    "body",
    [
        "The counts to observed (unabsorbed) flux conversion factor is 3.7 x 10^-11 (5.2 x 10^-11) erg cm^-2 count^-1.",
        "The 1-sec peak photon flux is 1.8 +- 0.1 ph/cm2/sec.",
        "The rms noise in the field is 40 uJy/beam.",
        "The line flux of the [O II] doublet is 2 x 10^-16 erg/s/cm^2.",
        "Flux (10^-16 erg/cm^2/s)",
    ],
)
def test_what_is_no_flux_of_the_event_is_left_with_a_reason(body: str) -> None:
    assert _facts("flux", body) == []
    _, found = candidates(Circular(number=34120, subject="GRB 260307A: prompt emission", body=body))
    assert all(c.why for c in found if c.predicate == "flux")


def test_numbers_of_a_list_share_the_unit_and_the_unabsorbed_ones_are_left() -> None:  # 32694
    body = "The absorbed (unabsorbed) flux: 6.1 x 10^-9 (1.3 x 10^-8) to 1.8 x 10^-10 (3.3 x 10^-10) erg/sec/cm^2."
    assert sorted(f.value for f in _facts("flux", body) if isinstance(f.value, float)) == [1.8e-10, 6.1e-9]


def test_a_forecast_is_hypothetical() -> None:  # 38773
    body = (
        "If the light curve continues to decay, the count rate at T+24 hours will be 0.004, or 2.7e-13 erg cm^-2 s^-1."
    )
    [fact] = _facts("flux", body)
    assert fact.assertion == "hypothetical"


def test_each_cell_of_a_table_of_limits_has_the_unit_of_the_heading() -> None:
    body = (
        "We set 3 sigma flux upper limits over 10-1000 keV (in units of 10^-7 erg/s/cm^2):\n\n"
        "Timescale  Soft   Normal   Hard\n-----------------\n0.128 s:   1.2   2.1   4.6\n1.024 s:   0.3   0.6   1.3\n"
    )
    facts = _facts("flux", body, "LIGO/Virgo/KAGRA S260307ab: Upper limits from Fermi-GBM")
    assert [f.value for f in facts] == [1.2, 2.1, 4.6, 0.3, 0.6, 1.3]
    assert {(f.unit, f.limit, f.qualifier["band"]) for f in facts} == {("1e-07 erg / (cm2 s)", "<", "10-1000 keV")}
    assert units.Unit(facts[0].unit).is_equivalent(units.Unit("erg / (cm2 s)"))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("At 17:46:21 UT, the Swift Burst Alert Telescope (BAT) triggered and located the burst.", "17:46:21Z"),
        ("It triggered Konus-Wind (KW) at T0=21024.993 s UT (05:50:24.993).", "05:50:24.993Z"),
        ("Swift/BAT did not localize it onboard (T0: 2026-03-07T21:44:25.2 UTC).", "21:44:25.2Z"),
        ('"At 06:35:25.27 UT on 7 March 2026, the Fermi GBM triggered on it.', "06:35:25.27Z"),
        ("The detector was at T0=43200.5 s UT in its waiting mode.", "12:00:00.5Z"),
        ("It was seen by Fermi, Konus-Wind and Mars-Odyssey (HEND) at about 43200 s UT (12:00:00).", "12:00:00Z"),
        (
            "With a window of 32-ms resolution the burst onset is determined to be 2026-03-07 15:49:30.096.",
            "15:49:30.096Z",
        ),
    ],
)
def test_a_trigger_time_keeps_its_digits(body: str, value: str) -> None:
    [fact] = _facts("trigger_time", body)
    assert fact.value == f"2026-03-07T{value}"


@pytest.mark.parametrize(
    "body",
    [
        "Our exposure began at 09:10:00 UT, 20 minutes after the trigger.",
        "The XRT began observing the field at 21:06:54.1 UT, 130.9 seconds after the BAT trigger.",
        "The light curve peaks at 04:25:51.50 UTC.",
        "The source is at RA = 05:34:11.67, Dec = -37:10:04.1 (J2000).",
        "We searched the interval from 20:08 to 20:41 UT.",
    ],
)
def test_other_times_of_day_are_no_trigger_time(body: str) -> None:
    assert _facts("trigger_time", body) == []


def test_a_neutrino_is_dated_beside_its_position() -> None:
    body = "The IceCube Collaboration reports:\n\nDate: 26/03/07\nTime: 13:14:18.04 UT\nRA: 343.26 deg"
    [fact] = _facts("trigger_time", body, "IceCube-260307A - a neutrino candidate")
    assert fact.value == "2026-03-07T13:14:18.04Z"


def test_t0_of_a_circular_serves_other_grammars() -> None:
    body = "At 17:46:21 UT, the Swift BAT triggered and located it. UVOT began at 17:48:00 UT."
    document, _ = candidates(Circular(number=34120, subject="GRB 260307A: detection", body=body))
    moment = t0(document)
    assert moment is not None
    assert moment.isoformat() == "2026-03-07T17:46:21+00:00"


def test_several_triggers_have_their_times_respectively() -> None:  # 33299
    body = (
        "The GBM triggers 260203125/791800000 and 260203201/791806566 at 03:00:05.54 UT and 04:49:31.08 UT "
        "on 03 February 2026, respectively, are not due to a GRB."
    )
    subject = "Fermi GBM triggers 260203125/791800000 and 260203201/791806566 are not GRBs"
    facts = _facts("trigger_time", body, subject)
    assert [(f.object, f.value) for f in facts] == [
        ("Fermi trigger 791800000", "2026-02-03T03:00:05.54Z"),
        ("Fermi trigger 791806566", "2026-02-03T04:49:31.08Z"),
    ]


def test_frequencies_in_order_belong_to_their_values() -> None:  # 34552, 34735
    body = "The peak is 230 uJy/beam and 196 uJy/beam at 6 and 10 GHz, respectively."
    assert [(f.value, f.qualifier["band"]) for f in _facts("flux", body)] == [(230.0, "6 GHz"), (196.0, "10 GHz")]
    front = "It is seen at 5.5 GHz and 9 GHz with flux densities of 120 +/- 12 uJy and 210 +/- 10 uJy, respectively."
    assert [(f.value, f.qualifier["band"]) for f in _facts("flux", front)] == [(120.0, "5.5 GHz"), (210.0, "9 GHz")]
    other = "GMRT looked in band 5 (1000-1450 MHz). We see it with the VLA at a flux density of 30.6 uJy."
    assert [f.qualifier.get("band") for f in _facts("flux", other)] == [None]


def test_a_fluence_used_from_another_circular_is_cited() -> None:  # 3520
    body = "At this redshift the energy is 2.3e54 erg (using a fluence of 3.4e-5 erg/cm^2; GCN 3518)."
    assert [f.assertion for f in _facts("fluence", body)] == ["cited"]


def test_a_flux_with_the_unit_of_a_fluence_is_neither() -> None:  # 37927
    body = "The 3 s peak energy flux is 4.5(-0.5,+0.5)x10^-7 erg/cm^2."
    assert _facts("fluence", body) == _facts("flux", body) == []
