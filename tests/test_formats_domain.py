"""A value that cannot be what its name says makes no position and no region, and is kept; the alert is never lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from listeners.formats import Message, parse
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, to_json

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HUGE = 10**399
CIRCLE = {"type": "circle", "ra": 10.0, "dec": 5.0, "radius": 1.0, "containment_probability": 0.9}


def read(raw: bytes) -> Event:
    (event,) = parse(Message(raw=raw, received=NOW))
    to_json(event)
    return event


def unified(**words: Any) -> dict[str, Any]:
    notice = {"mission": "X", "trigger_time": "2026-01-01T00:00:00Z", "ra": 10.0, "dec": 5.0, "ra_dec_error": 1.0}
    return read(json.dumps(notice | words).encode()).data


@pytest.mark.parametrize("value", [7.0, 0.0, -0.1, 90, "90%", HUGE])
def test_an_impossible_containment_is_kept_and_the_default_assumed(value: Any) -> None:
    data = unified(containment_probability=value)
    assert data["parameters"] == {"containment_probability": str(HUGE) if value == HUGE else value}
    assert data["sky"] == CIRCLE
    assert data["containment_probability"] == 0.9
    assert data["containment_assumed"] is True


def test_a_possible_containment_or_none_is_taken_as_the_senders() -> None:
    assert unified(containment_probability=1)["sky"] == CIRCLE | {"containment_probability": 1.0}
    assert unified()["sky"] == CIRCLE
    assert "containment_assumed" not in unified()


@pytest.mark.parametrize("odd", [{"ra": 361.0}, {"ra": -1.0}, {"dec": 95.0}, {"dec": HUGE}, {"ra": "12h"}])
def test_an_impossible_position_is_kept_and_makes_no_region(odd: dict[str, Any]) -> None:
    data = unified(**odd)
    assert not {"ra", "dec", "ra_dec_error", "sky"} & data.keys()
    kept = {name: str(value) if value == HUGE else value for name, value in odd.items()}
    assert data["parameters"] == {"ra": 10.0, "dec": 5.0, "ra_dec_error": 1.0} | kept


@pytest.mark.parametrize("error", [-1.0, [1.0, -0.5, 3.0], [1.0, 200.0, 0.0], HUGE])
def test_an_impossible_radius_is_kept_and_makes_no_region(error: Any) -> None:
    data = unified(ra_dec_error=error)
    assert (data["ra"], data["dec"]) == (10.0, 5.0)
    assert not {"ra_dec_error", "sky"} & data.keys()
    assert data["parameters"]["ra_dec_error"] == (str(HUGE) if error == HUGE else error)


def test_a_right_ascension_rounded_to_360_is_0() -> None:
    assert unified(ra=360.0)["sky"] == CIRCLE | {"ra": 0.0}


def test_an_integer_of_400_digits_is_kept_as_text() -> None:
    data = unified(rate_snr=HUGE, own_word=[HUGE])
    assert data["parameters"] == {"rate_snr": str(HUGE), "own_word": [str(HUGE)]}
    assert "rate_snr" not in data
    lvk = json.loads((GOLDEN / "igwn_update.json").read_text())
    lvk["event"]["far"] = HUGE
    assert read(json.dumps(lvk).encode()).data["parameters"]["far"] == str(HUGE)
    snews = {"detector_name": "IceCube", "neutrino_time_utc": "2026-01-01T00:00:00Z", "p_val": HUGE}
    assert read(json.dumps(snews).encode()).data["parameters"]["p_val"] == str(HUGE)


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_what_python_writes_for_no_number_is_absent_and_the_alert_is_read(value: bytes) -> None:
    notice = (
        b'{"mission": "X", "trigger_time": "2026-01-01T00:00:00Z", "ra": 10, "dec": 5, "ra_dec_error": 1, "far": %s}'
    )
    data = read(notice % value).data
    assert data["sky"] == CIRCLE
    assert "far" not in data


@pytest.mark.parametrize(
    "value", [b"nan", b'"\\ud800"', b"NaN, ", b"NaN" + b"\xff", b"[" * 9999 + b"NaN" + b"]" * 9999]
)
def test_what_is_not_even_pythons_json_is_refused(value: bytes) -> None:
    with pytest.raises(FormatError, match="not JSON"):
        read(b'{"mission": "X", "trigger_time": "2026-01-01T00:00:00Z", "far": %s}' % value)


@pytest.mark.parametrize(
    ("written", "instead", "kept"),
    [
        (b"<C2>-75.3833</C2>", b"<C2>-95.5</C2>", {"C1": 60.4833, "C2": -95.5, "Error2Radius": 3.2}),
        (b"<C2>-75.3833</C2>", b"<C2>nan</C2>", {"C1": "60.4833", "C2": "nan"}),
        (b"<Error2Radius>3.2000</Error2Radius>", b"<Error2Radius>-3.2</Error2Radius>", {"Error2Radius": -3.2}),
    ],
)
def test_a_voevents_impossible_place_is_kept_and_makes_no_region(
    written: bytes, instead: bytes, kept: dict[str, Any]
) -> None:
    raw = (GOLDEN / "voevent_fermi_gbm_flt_pos.xml").read_bytes()
    assert written in raw
    data = read(raw.replace(written, instead)).data
    assert "sky" not in data
    assert data["parameters"].items() >= kept.items()


@pytest.mark.parametrize(
    "odd", [{"dec": 95.0}, {"ra": -1.0}, {"radius": -1.0}, {"containment_probability": 7.0}, {"radius": HUGE}]
)
def test_a_cloudevents_impossible_region_is_kept_and_is_none(odd: dict[str, Any]) -> None:
    cloud = {
        "specversion": "1.0",
        "id": "1",
        "type": "a.b",
        "source": "s",
        "data": {"sky": CIRCLE | odd, "dec": 5, "ra": 1},
    }
    data = read(json.dumps(cloud).encode()).data
    assert data == {"ra": 1, "dec": 5, "parameters": {"sky": CIRCLE | odd}}
