"""What notices mean, format by format: the same thing has the same word, whoever said it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listeners.formats import Message, parse, voevent
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense
from nuncius.core.sky import ProbabilityMap, parse_sky

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(name: str) -> Event:
    (only,) = parse(Message(raw=(GOLDEN / name).read_bytes(), received=NOW, name=name))
    return only


def test_gbm_flight_radius_is_one_sigma_and_its_trigger_time_exact() -> None:
    e = event("voevent_fermi_gbm_flt_pos.xml")
    assert e.kind == "gcn.notice.fermi.gbm.flt_pos"
    assert (e.data["ra"], e.data["dec"], e.data["ra_dec_error"]) == (60.4833, -75.3833, 3.2)
    assert e.data["containment_probability"] == 0.68
    assert e.trigger_time == datetime(2023, 3, 7, 15, 44, 6, 670000, tzinfo=UTC)
    assert e.data["classification"] == {"GRB": 0.96, "GENERIC_TRANSIENT": 0.03}
    assert e.data["ids"] == ["700000001", "bn230307656"] or e.data["ids"] == ["700000001"]
    assert (e.tense, e.revision) == (Tense.UPDATE, 46)


@pytest.mark.parametrize(
    "name", ["voevent_fermi_gbm_alert.xml", "voevent_integral_spiacs.xml", "text_integral_spiacs.txt"]
)
def test_zeros_of_a_trigger_without_position_are_no_position(name: str) -> None:
    data = event(name).data
    assert "ra" not in data
    assert "sky" not in data


def test_minus_one_is_no_position_and_the_annulus_is_one() -> None:
    data = event("voevent_ipn_annulus.xml").data
    assert "ra" not in data
    assert data["sky"] == {
        "type": "annulus", "ra": 150.0, "dec": 10.0, "inner": 39.75, "outer": 40.25, "containment_probability": 0.997,
    }  # fmt: skip


def test_where_the_telescope_points_is_not_where_the_source_is() -> None:
    e = event("voevent_swift_pointing.xml")
    assert e.tense is Tense.UTILITY
    assert not e.is_real
    assert (e.data["ra_pointing"], e.data["dec_pointing"]) == (79.5, -29.7)
    assert "ra" not in e.data


def test_icecube_rate_is_per_second_and_its_radius_the_ninety_percent_one() -> None:
    e = event("voevent_icecube_gold_update.xml")
    assert e.data["far"] == pytest.approx(0.5 / (365.25 * 86400), rel=1e-12)
    assert (e.data["ra_dec_error"], e.data["containment_probability"]) == (0.81, 0.9)
    assert e.data["parameters"]["src_error_50"] == 0.35
    assert (e.tense, e.revision) == (Tense.UPDATE, 1)
    assert e.data["ids"][0] == "139999_12345678"
    assert (e.data["signalness"], e.data["nu_energy"]) == (0.612, 187.2)


def test_hawc_radius_in_minutes_of_arc_becomes_degrees() -> None:
    assert event("voevent_hawc_burst.xml").data["ra_dec_error"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    "name", ["voevent_icecube_gold_retraction.xml", "voevent_svom_retraction.xml", "json_icecube_gold_retraction.json"]
)
def test_retraction_is_recognised(name: str) -> None:
    e = event(name)
    assert e.tense is Tense.RETRACTION
    assert e.is_retraction


@pytest.mark.parametrize(
    "name", ["voevent_lvk_mock_retraction.xml", "igwn_retraction_mock.json", "json_svom_test.json"]
)
def test_retraction_of_a_mock_is_a_test_that_still_says_retraction(name: str) -> None:
    e = event(name)
    assert e.tense is Tense.TEST
    assert not e.is_real
    assert e.is_retraction
    assert e.data["alert_type"] == "retraction"


@pytest.mark.parametrize(
    "name",
    [
        "voevent_integral_weak_test.xml", "voevent_sk_supernova_test.xml", "voevent_broker_test.xml",
        "text_snews_test.txt", "text_lvk_initial_mock.txt", "binary_lvk_initial_mock.bin", "json_snews_test.json",
    ],
)  # fmt: skip
def test_tests_are_tests_in_every_format(name: str) -> None:
    e = event(name)
    assert e.tense is Tense.TEST
    assert not e.is_real


def test_hardware_injection_is_an_injection() -> None:
    assert event("voevent_lvk_injection.xml").tense is Tense.INJECTION


def test_lvk_says_the_same_in_voevent_json_and_avro() -> None:
    xml, js, avro = event("voevent_lvk_preliminary.xml"), event("igwn_update.json"), event("igwn_update.avro")
    for word in (
        "mission",
        "instrument",
        "messenger",
        "far",
        "p_astro",
        "properties",
        "significant",
        "ids",
        "url",
        "search",
    ):
        assert xml.data[word] == js.data[word] == avro.data[word], word
    assert (js.id, js.data, js.blobs) == (avro.id, avro.data, avro.blobs)
    assert js.id == "igwn:S231231ab:update:2023-12-31T11:00:00Z"
    assert (xml.kind, js.kind) == ("lvk.alert.preliminary", "lvk.alert.update")
    assert xml.data["sky"] == {"type": "map", "url": "https://example.org/S231231ab/bayestar.multiorder.fits,1"}


def test_embedded_map_is_a_blob_that_opens_and_gives_the_distance() -> None:
    e = event("igwn_update.json")
    (content,) = e.blobs.values()
    assert e.data["sky"] == {"type": "map", "sha256": next(iter(e.blobs))}
    assert (e.data["luminosity_distance"], e.data["luminosity_distance_error"]) == (40.5, 8.25)
    # A flat map over the sphere: half the probability is in half of its 41,253 square degrees.
    assert ProbabilityMap.from_fits(content).area(0.5) == pytest.approx(41252.96 / 2, rel=0.02)
    assert b"skymap" not in json.dumps(e.data).encode()


def test_broken_map_does_not_lose_the_alert() -> None:
    alert = json.loads((GOLDEN / "igwn_update.json").read_text())
    alert["event"]["skymap"] = "not base64!"
    (e,) = parse(Message(raw=json.dumps(alert).encode(), received=NOW))
    assert "base64" in e.data["sky_error"]
    assert "sky" not in e.data
    assert e.data["far"] == 3.1e-9


def test_same_gbm_localization_from_voevent_text_and_json() -> None:
    text, js = event("text_fermi_gbm_gnd_pos.txt"), event("json_fermi_gbm_ground.json")
    for word in (
        "ra",
        "dec",
        "ra_dec_error",
        "containment_probability",
        "sky",
        "trigger_time",
        "mission",
        "instrument",
        "ids",
    ):
        assert text.data[word] == js.data[word], word
    assert text.tense is js.tense is Tense.UPDATE


def test_same_icecube_track_from_voevent_and_text() -> None:
    xml, text = event("voevent_icecube_gold_update.xml"), event("text_icecube_gold.txt")
    for word in ("ra", "dec", "far", "signalness", "nu_energy", "containment_probability", "trigger_time", "type"):
        assert xml.data[word] == pytest.approx(text.data[word]), word
    assert xml.data["ra_dec_error"] == pytest.approx(text.data["ra_dec_error"])


def test_same_swift_trigger_from_binary_and_text() -> None:
    binary, text = event("binary_swift_bat_grb_pos.bin"), event("text_swift_bat_position.txt")
    assert binary.kind == text.kind == "gcn.notice.swift.bat.grb_pos_ack"
    assert binary.data["ids"] == ["1999999"]
    assert text.data["ids"] == ["1999999"]
    assert binary.data["ra_dec_error"] == text.data["ra_dec_error"] == 0.05
    assert (binary.data["longitude"], binary.data["latitude"]) == (151.31, -11.14)


def test_ellipse_keeps_its_axes_with_the_longer_one_first() -> None:
    sky = event("json_chime_frb.json").data["sky"]
    assert (sky["semi_major"], sky["semi_minor"], sky["position_angle"]) == (0.6, 0.5, 90.0)
    parse_sky(sky)


def test_schema_default_of_containment_is_ninety_percent() -> None:
    assert event("json_einstein_probe_wxt.json").data["containment_probability"] == 0.9


def test_galactic_coordinates_are_turned_to_icrs() -> None:
    data = event("voevent_galactic_frame.xml").data
    # The Galactic centre direction l = b = 0: RA 266.405, Dec -28.936 (J2000).
    assert data["ra"] == pytest.approx(266.405, abs=1e-3)
    assert data["dec"] == pytest.approx(-28.936, abs=1e-3)


def test_gaia_time_is_dynamical_and_becomes_utc() -> None:
    e = event("voevent_gaia.xml")
    assert e.trigger_time == datetime(2020, 2, 8, 16, 36, 5, 816000, tzinfo=UTC)  # 69.184 s earlier
    assert e.data["event_name"] == ["Gaia99zzz"]
    assert (e.data["mag"], e.data["parameters"]["historic-magnitude.averagemag"]) == (17.08, 17.3)


def test_placeholder_time_of_the_lat_gives_way_to_its_mission_time() -> None:
    # 700000007 s after 2001-01-01, less the five leap seconds since.
    assert event("voevent_fermi_lat_offline_met.xml").trigger_time == datetime(2023, 3, 8, 20, 26, 42, tzinfo=UTC)


def test_circulars_versions_are_two_events_and_addresses_are_left_out() -> None:
    first, second = event("json_circular.json"), event("json_circular_edited.json")
    assert (first.id, second.id) == ("circular:99902/1", "circular:99902/2")
    assert (first.tense, second.tense) == (Tense.INITIAL, Tense.UPDATE)
    assert first.data["event_name"] == ["GRB 230307A"]
    assert first.data["submitter"] == "A. Person at Example"
    for e in (first, second, event("text_circular.txt")):
        assert "@" not in json.dumps(e.data)


def test_people_are_left_out_of_voevents() -> None:
    data = json.dumps(event("voevent_fermi_gbm_flt_pos.xml").data)
    assert "person@example.org" not in data
    assert "A. Person" not in data


def test_voevent_reads_alike_without_voevent_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.12 and later have no voevent-parse; lxml.objectify must give the same events."""
    samples = sorted(GOLDEN.glob("voevent_*.xml"))
    assert samples
    with_it = [event(p.name) for p in samples]
    monkeypatch.setattr(voevent, "voeventparse", None)
    assert [event(p.name) for p in samples] == with_it


def test_unknown_json_names_its_keys_and_the_known_formats() -> None:
    with pytest.raises(FormatError, match=r"keys \['foo'\].*voevent"):
        parse(Message(raw=b'{"foo": 1}', received=NOW, name="x.json"))
