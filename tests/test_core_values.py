"""The values of the flow: events, quantities, registries, clocks and errors."""

import dataclasses
import pickle
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuncius.core import errors
from nuncius.core.clock import SystemClock, VirtualClock
from nuncius.core.errors import ConfigurationError, FormatError
from nuncius.core.event import (
    Event,
    Tense,
    content_id,
    from_cloudevent,
    from_json,
    iso,
    to_cloudevent,
    to_json,
)
from nuncius.core.quantity import Quantity
from nuncius.core.registry import Registry, did_you_mean

T0 = datetime(2017, 8, 17, 12, 41, 4, tzinfo=UTC)

moments = st.integers(0, 4 * 10**15).map(lambda microseconds: T0 + timedelta(microseconds=microseconds))
json_data = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8), st.lists
    ),
    max_size=4,
)


def event(**changes: object) -> Event:
    base = Event(id="ivo://nasa.gsfc.gcn/Fermi#GBM_1", kind="gcn.notice.fermi.gbm.flt_pos", source="kafka", received=T0)
    return msgspec.structs.replace(base, **changes)


@given(moments, moments, json_data, st.sampled_from(Tense), st.integers(0, 99))
def test_an_event_survives_json(received: datetime, t0: datetime, data: dict, tense: Tense, revision: int) -> None:
    made = event(received=received, trigger_time=t0, data=data, tense=tense, revision=revision)
    assert from_json(to_json(made)) == made


def test_the_bytes_of_an_event_enter_json_only_on_request_and_maps_never() -> None:
    made = event(raw=b"\x00\xff", blobs={"ab": b"map"})
    assert b"raw" not in to_json(made)
    back = from_json(to_json(made, with_raw=True))
    assert back.raw == b"\x00\xff"
    assert back.blobs == {}


def test_json_of_an_event_is_one_line() -> None:
    assert b"\n" not in to_json(event(data={"body": "two\nlines"}))


@given(moments, moments, json_data, st.sampled_from(Tense))
def test_an_event_survives_cloudevents(received: datetime, t0: datetime, data: dict, tense: Tense) -> None:
    made = event(received=received, trigger_time=t0, data=data, tense=tense, object="http://x/object/GW170817")
    cloud = to_cloudevent(made)
    assert cloud["specversion"] == "1.0"
    assert from_cloudevent(cloud, received=T0) == made


def test_a_cloudevent_of_another_version_or_without_a_type_is_refused() -> None:
    with pytest.raises(FormatError, match=r"'0\.3'; this reads 1\.0"):
        from_cloudevent({"specversion": "0.3"}, received=T0)
    with pytest.raises(FormatError, match="'type'"):
        from_cloudevent({"specversion": "1.0", "id": "1", "source": "x"}, received=T0)


def test_a_line_that_is_no_event_says_what_was_received() -> None:
    with pytest.raises(FormatError, match="not an event") as caught:
        from_json(b'{"id": 5}')
    assert "5" in str(caught.value)


def test_kinds_contain_what_is_below_them() -> None:
    assert event().is_a("gcn.notice")
    assert event().is_a("gcn.notice.fermi.gbm.flt_pos")
    assert not event().is_a("gcn.not")
    assert not event().is_a("gcn.notice.fermi.gbm.flt_pos.more")


@pytest.mark.parametrize(
    ("tense", "real"),
    [
        (Tense.INITIAL, True),
        (Tense.UPDATE, True),
        (Tense.RETRACTION, True),
        (Tense.ARCHIVAL, True),
        (Tense.TEST, False),
        (Tense.INJECTION, False),
        (Tense.UTILITY, False),
        (Tense.PLANNED, False),
        (Tense.COMMANDED, False),
    ],
)
def test_only_what_was_really_seen_is_real(tense: Tense, real: bool) -> None:
    assert event(tense=tense).is_real is real


def test_a_mock_retraction_is_a_retraction_but_not_real() -> None:
    mock = event(tense=Tense.TEST, data={"alert_type": "retraction"})
    assert mock.is_retraction
    assert not mock.is_real


def test_events_cannot_be_changed() -> None:
    with pytest.raises((AttributeError, dataclasses.FrozenInstanceError)):
        event().id = "other"  # type: ignore[misc]


def test_a_content_id_depends_on_every_byte() -> None:
    assert content_id("avro", b"a") != content_id("avro", b"b")
    assert content_id("avro", b"a") == content_id("avro", b"a")
    assert content_id("avro", b"a").startswith("avro:")


def test_iso_is_utc_with_a_z() -> None:
    paris = datetime(2017, 8, 17, 14, 41, 4, tzinfo=timezone(timedelta(hours=2)))
    assert iso(paris) == "2017-08-17T12:41:04Z"
    assert iso(None) is None


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Quantity(value=40.0, unit="Mpc", minus=14.0, plus=8.0), "40 +8 −14 Mpc"),
        (Quantity(value=40.0, unit="Mpc", minus=8.0, plus=8.0), "40 ± 8 Mpc"),
        (Quantity(value=0.5, limit="<"), "< 0.5"),
        (Quantity(value=1e-7, unit="erg / (cm2 s)"), "1e-07 erg / (cm2 s)"),
    ],
)
def test_quantities_read_as_astronomers_write_them(quantity: Quantity, text: str) -> None:
    assert str(quantity) == text


def test_a_registry_refuses_a_name_twice_and_suggests_the_nearest() -> None:
    things: Registry[int] = Registry("thing")
    things.add("localization", 1)
    assert things.register("visibility")(2) == 2
    with pytest.raises(ConfigurationError, match="thing 'localization' is registered twice"):
        things.add("localization", 3)
    with pytest.raises(ConfigurationError, match="no thing is named 'localisation'; did you mean 'localization'"):
        things["localisation"]
    assert list(things) == ["localization", "visibility"]
    assert "visibility" in things


def test_the_hint_lists_all_names_when_none_is_near() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "; known: a, b"
    assert did_you_mean("zzz", []) == ""


def test_a_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(T0)
    clock.advance_to(T0 - timedelta(days=1))
    assert clock.now() == T0
    clock.sleep(90.0)
    assert clock.now() == T0 + timedelta(seconds=90)


def test_the_system_clock_knows_its_zone() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_errors_keep_their_words_on_the_way_between_processes() -> None:
    for made in (errors.TransientError("busy", retry_after_s=7.0), errors.DeadlineExceeded("late")):
        back = pickle.loads(pickle.dumps(made))
        assert type(back) is type(made)
        assert str(back) == str(made)
        assert back.retry_after_s == made.retry_after_s
    assert issubclass(errors.DeadlineExceeded, errors.TransientError)
    assert issubclass(errors.Cancelled, errors.PermanentError)
