"""Real public messages: whole archives are normalised, and one event says the same in every format.

Origins: timstaley/voevent-tarballs (voevents, voevent_per_type), nasa-gcn/gcn-classic-to-json (classic_binary),
lpsinger/userguide (lvk_userguide), peppedilillo/gcn-notice-parser (svom_ep_fermi_lvc), the repositories named by
`malformed`, and circulars.jsonl (nasa-gcn and others).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listeners.files import walk
from listeners.formats import Message, parse
from nuncius.commands.parse import Tally
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense
from nuncius.core.sky import parse_sky

pytestmark = pytest.mark.shared_data
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(path: Path) -> Event:
    (event,) = parse(Message(raw=path.read_bytes(), received=NOW, name=path.name))
    return event


def tally(*paths: Path) -> tuple[Tally, list[str]]:
    counts, refused = Tally(), []
    for message in walk(paths, now=NOW):
        try:
            for event in parse(message):
                counts.add(event)
                if "sky" in event.data:
                    parse_sky(event.data["sky"])
        except FormatError as error:
            refused.append(str(error))
    return counts, refused


@pytest.fixture(scope="module")
def october(shared_data: Path) -> tuple[Tally, list[str], dict[str, tuple[float, float]]]:
    """Every fourth packet of October 2022, and all that Swift said of trigger 1126853 with their positions."""
    counts, refused, positions = Tally(), [], {}
    for number, message in enumerate(walk([shared_data / "voevents" / "2022-10.001.tar.bz2"], now=NOW)):
        wanted = b'value="1126853"' in message.raw and b"SWIFT#" in message.raw
        if number % 4 and not wanted:
            continue
        try:
            (event,) = parse(message)
        except FormatError as error:
            refused.append(str(error))
            continue
        counts.add(event)
        if wanted and "ra" in event.data and event.is_real:
            positions[event.data["type"]] = (event.data["ra"], event.data["dec"])
    return counts, refused, positions


def test_the_month_of_grb_221009a_is_normalised(october: tuple[Tally, list[str], object]) -> None:
    counts, refused, _ = october
    assert counts.notices > 3_300
    assert len(refused) <= counts.notices // 1000
    assert counts.normalised / counts.notices >= 0.999


def test_grb_221009a_is_found_where_swift_saw_it(
    october: tuple[object, object, dict[str, tuple[float, float]]],
) -> None:
    positions = october[2]
    # Swift J1913.1+1946: RA 288.2646, Dec +19.7735 (GCN Circular 32632).
    for ra, dec in positions.values():
        assert ra == pytest.approx(288.2646, abs=0.06)
        assert dec == pytest.approx(19.7735, abs=0.06)
    assert {"SWIFT_BAT_GRB_POS_ACK", "SWIFT_XRT_POSITION", "SWIFT_UVOT_POS"} <= set(positions)


def test_every_sample_of_every_voevent_type_is_normalised(shared_data: Path) -> None:
    counts, refused = tally(shared_data / "notices" / "voevent_per_type")
    assert refused == []
    # One UVOT packet of 2009 prints 2023-512--1081507464T15:29:06.14 for a time.
    assert dict(counts.lacking) == {"gcn.notice.swift.uvot.dburst: trigger_time": 1}


def test_all_packets_in_binary_are_read(shared_data: Path) -> None:
    files = sorted((shared_data / "notices" / "classic_binary").glob("*/example.bin"))
    events = {p.parent.name: read(p) for p in files}
    assert len(events) == 67
    assert all(e.trigger_time and e.trigger_time.year == 2024 for e in events.values())
    # The two that come with a decoded JSON agree with it.
    for name in ("SWIFT_BAT_GRB_POS_ACK", "CALET_GBM_FLT_LC"):
        decoded = json.loads((files[0].parent.parent / name / "example.json").read_text())
        event = events[name]
        assert event.trigger_time == datetime.fromisoformat(decoded["trigger_time"])
        ra = event.data.get("ra", event.data.get("ra_pointing"))
        assert ra == pytest.approx(decoded["ra"])
        for word in ("rate_snr", "rate_duration", "rate_energy_range", "latitude", "longitude", "ra_dec_error"):
            if word in decoded:
                assert event.data[word] == pytest.approx(decoded[word]), (name, word)


def test_binary_cascade_agrees_with_the_public_catalogue(shared_data: Path) -> None:
    event = read(shared_data / "notices" / "classic_binary" / "ICECUBE_CASCADE" / "example.bin")
    # IC240518A: run 139414, event 34468187, RA 180.393, Dec 21.5767, radius 15.38 deg, FAR 0.3456 per year.
    assert event.data["ids"] == ["139414_34468187"]
    assert event.data["ra_dec_error"] == pytest.approx(15.38, abs=0.01)
    assert event.data["far"] * 365.25 * 86400 == pytest.approx(0.3456, rel=1e-3)
    assert event.trigger_time == datetime(2024, 5, 18, 6, 50, 7, 880000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "voevent"),
    [
        ("earlywarning", "1-EarlyWarning"),
        ("preliminary", "2-Preliminary"),
        ("initial", "3-Initial"),
        ("update", "4-Update"),
    ],
)
def test_one_superevent_says_the_same_in_three_formats(shared_data: Path, word: str, voevent: str) -> None:
    folder = shared_data / "notices" / "lvk_userguide" / "_static"
    xml = read(folder / f"MS181101ab-{voevent}.xml")
    js, avro = read(folder / f"MS181101ab-{word}.json"), read(folder / f"MS181101ab-{word}.avro")
    assert (js.id, js.data, js.blobs) == (avro.id, avro.data, avro.blobs)
    assert xml.kind == js.kind == avro.kind == f"lvk.alert.{word}"
    assert xml.tense is js.tense is Tense.TEST
    for same in (
        "mission",
        "instrument",
        "far",
        "p_astro",
        "properties",
        "significant",
        "ids",
        "url",
        "alert_type",
        "role",
    ):
        assert xml.data[same] == js.data[same], same
    assert abs((xml.trigger_time - js.trigger_time).total_seconds()) < 0.001


def test_the_retraction_of_that_superevent_too(shared_data: Path) -> None:
    folder = shared_data / "notices" / "lvk_userguide" / "_static"
    for name in ("MS181101ab-5-Retraction.xml", "MS181101ab-retraction.json", "MS181101ab-retraction.avro"):
        event = read(folder / name)
        assert event.kind == "lvk.alert.retraction"
        assert event.is_retraction
        assert event.tense is Tense.TEST
        assert event.data["instrument"] == "LIGO Virgo KAGRA"


def test_recent_notices_are_all_read(shared_data: Path) -> None:
    counts, refused = tally(shared_data / "notices" / "svom_ep_fermi_lvc")
    assert len(refused) == 1
    assert "LICENSE" in refused[0]
    assert counts.notices == counts.normalised > 400


def test_malformed_messages_are_each_rejected_with_a_reason(shared_data: Path) -> None:
    messages = list(walk([shared_data / "notices" / "malformed"], now=NOW))
    assert len(messages) == 8
    for message in messages:
        with pytest.raises(FormatError, match="XML begins only after") as caught:
            parse(message)
        assert str(message.name) in str(caught.value)


def test_all_circulars_are_read_without_addresses(shared_data: Path) -> None:
    counts, refused = tally(shared_data / "circulars.jsonl")
    assert (refused, dict(counts.kinds)) == ([], {"gcn.circular": 1445})
