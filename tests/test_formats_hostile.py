"""What comes from outside may be broken or hostile: it is refused with a reason, and nothing else ever happens."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listeners.files import walk
from listeners.formats import Message, parse
from nuncius.core.errors import FormatError
from nuncius.core.event import to_json

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = [p.read_bytes() for p in sorted(GOLDEN.iterdir()) if p.is_file()]
NOW = datetime(2026, 1, 1, tzinfo=UTC)

BOMB = b"""<?xml version="1.0"?><!DOCTYPE v [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><VOEvent version="2.0" ivorn="ivo://x#y"><What>&c;</What></VOEvent>"""
FILE = b"""<?xml version="1.0"?><!DOCTYPE v [<!ENTITY f SYSTEM "file:///etc/passwd">]>
<VOEvent version="2.0" ivorn="ivo://x#y"><What><Description>&f;</Description></What></VOEvent>"""


def test_a_mistake_of_ours_rejects_the_message_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from listeners.formats import circular

    monkeypatch.setattr(circular, "_created", lambda value: 1 / 0)
    assert "mistake in the parser, please report it: ZeroDivisionError" in refusal(
        (GOLDEN / "json_circular.json").read_bytes()
    )


def refusal(raw: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        parse(Message(raw=raw, received=NOW, name="sample"))
    return str(caught.value)


@pytest.mark.parametrize("raw", [BOMB, FILE, BOMB.replace(b"2.0", b"1.1")])
def test_document_types_are_refused(raw: bytes) -> None:
    assert "document type" in refusal(raw)


def test_document_type_in_another_encoding_is_refused() -> None:
    assert "send UTF-8" in refusal(b"<" + BOMB.decode().encode("utf-16-le"))


def test_depth_is_bounded() -> None:
    deep = b'<VOEvent version="2.0" ivorn="ivo://x#y">' + b"<a>" * 100_000
    assert "not well-formed" in refusal(deep)


def test_size_is_bounded() -> None:
    assert "refused" in refusal(b'<VOEvent version="2.0" ivorn="ivo://x#y">' + b" " * (5 * 1024 * 1024))


def test_deep_json_is_refused() -> None:
    assert "not JSON" in refusal(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"hello", "no known format begins"),
        (b"<html></html>", "not of a VOEvent"),
        (b"<VOEvent version='2.0'><Who>", "not well-formed"),
        (b'<VOEvent version="2.0" ivorn=""/>', "IVORN"),
        (b"Obj\x01garbage", "not readable Avro"),
        (b'{"superevent_id": "S1", "alert_type": "UPDATE"}', "time_created"),
        (b'{"circularId": "x", "body": "b", "subject": "s"}', "circularId"),
        (b'{"circularId": 1, "body": 5, "subject": "s"}', "subject and body"),
        (b'{"mission": "X", "trigger_time": "yesterday"}', "trigger_time"),
        (b'{"specversion": "0.3", "id": "x"}', "1.0"),
        (b"\x00\x00\x00\x04" + b"\x00" * 156, "kill"),
        (b"\x00\x00\x00\x3d" + b"\x00" * 156, "TJD"),
        (b"TITLE:  GCN/FERMI NOTICE\nFOO: bar\n", "NOTICE_TYPE"),
        (b"some words\n<?xml version='1.0'?><voe:VOEvent/>", "remove"),
    ],
)
def test_each_refusal_says_why(raw: bytes, reason: str) -> None:
    assert reason in refusal(raw)


def test_times_out_of_range_do_not_stop_a_notice() -> None:
    raw = (GOLDEN / "voevent_swift_bat_grb_pos.xml").read_bytes()
    (event,) = parse(Message(raw=raw.replace(b"2022-10-09T14:10:17.99", b"2022-512--1081T14:10:17.99"), received=NOW))
    assert event.trigger_time is None
    assert event.data["parameters"]["ISOTime"] == "2022-512--1081T14:10:17.99"
    (event,) = parse(Message(raw=raw.replace(b"14:10:17.99", b"23:59:60.5"), received=NOW))
    assert event.trigger_time == datetime(2022, 10, 10, 0, 0, 0, 500000, tzinfo=UTC)


def only_format_errors(raw: bytes) -> None:
    try:
        for event in parse(Message(raw=raw, received=NOW)):
            to_json(event)
    except FormatError as error:
        if "mistake" in str(error):
            raise


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_raise_only_format_errors(raw: bytes) -> None:
    only_format_errors(raw)


@given(st.binary(min_size=160, max_size=160))
@settings(max_examples=200, deadline=None)
def test_any_packet_raises_only_format_errors(raw: bytes) -> None:
    only_format_errors(b"\x00\x00\x00" + raw[3:])


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_damaged_notices_raise_only_format_errors(raw: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(raw) - 1))
    length = data.draw(st.integers(0, 40))
    only_format_errors(raw[:start] + data.draw(st.binary(max_size=12)) + raw[start + length :])


@pytest.mark.parametrize("name", ["binary_icecube_cascade.bin", "binary_lvk_initial_mock.bin"])
@pytest.mark.parametrize("slot", [11, 12, 22])
def test_a_rate_that_no_number_could_hold_is_left_out(name: str, slot: int) -> None:
    raw = bytearray((GOLDEN / name).read_bytes())
    raw[4 * slot : 4 * slot + 4] = (2**31 - 1).to_bytes(4, "big")
    (event,) = parse(Message(raw=bytes(raw), received=NOW))
    assert all(abs(v) < 1e300 for v in event.data.values() if isinstance(v, float))
    assert to_json(event)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
WORDS = (
    "superevent_id", "alert_type", "time_created", "event", "external_coinc", "urls", "circularId", "subject", "body",
    "version", "createdOn", "eventId", "mission", "instrument", "id", "event_name", "trigger_time", "alert_datetime",
    "ra", "dec", "ra_dec_error", "containment_probability", "healpix_file", "p_astro", "classification", "$schema",
    "alert_tense", "detector_name", "machine_time", "neutrino_time_utc", "specversion", "type", "source", "data",
    "record_number", "most_probable_direction", "observation_start",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(WORDS), json_values, max_size=9))
@settings(max_examples=400, deadline=None)
def test_json_of_our_words_with_any_values_raises_only_format_errors(value: dict[str, object]) -> None:
    import msgspec

    only_format_errors(msgspec.json.encode(value))


def test_a_tarball_member_over_the_cap_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    import io
    import tarfile

    with tarfile.open(tmp_path / "a.tar.bz2", "w:bz2") as tar:
        for name, content in (("big.xml", b"x" * 50_000), ("small.xml", b"<a/>")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    big, small = walk([tmp_path], now=NOW, max_bytes=10_000)
    assert "50000 bytes" in str(big.refused)
    assert small.raw == b"<a/>"
    with pytest.raises(FormatError, match=r"big\.xml: 50000 bytes"):
        parse(big)


def test_a_gzip_bomb_is_refused_in_time(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "bomb.xml.gz").write_bytes(gzip.compress(b"\0" * 100_000_000))
    begun = time.perf_counter()
    (message,) = walk([tmp_path], now=NOW, max_bytes=1_000_000)
    assert "unpacked" in str(message.refused)
    assert time.perf_counter() - begun < 20
