"""Topic patterns and starting points."""

from __future__ import annotations

import re

import pytest

from listeners.kafka_settings import KafkaSettings, starts_at, subscription
from nuncius.core.errors import ConfigurationError


def test_a_wildcard_stands_for_any_characters_and_a_dot_for_a_dot() -> None:
    (pattern,) = subscription(["gcn.notices.*"])
    assert pattern.startswith("^")  # how librdkafka knows a pattern
    assert re.search(pattern, "gcn.notices.swift.bat.guano")
    assert not re.search(pattern, "gcnxnotices.swift")
    assert not re.search(pattern, "test.gcn.notices.swift")
    assert subscription(["igwn.gwalert"]) == ["igwn.gwalert"]


@pytest.mark.parametrize("topic", ["gcn circulars", "gcn/*", "", "^gcn.*", "a" * 250])
def test_what_cannot_be_a_topic_is_refused_by_name(topic: str) -> None:
    with pytest.raises(ConfigurationError, match="is no topic name"):
        subscription([topic])
    with pytest.raises(ConfigurationError, match="topics is empty"):
        subscription([])


def test_a_topic_may_begin_elsewhere_than_the_others() -> None:
    settings = KafkaSettings(start_by_topic={"gcn.circulars": "earliest", "gcn.*": "latest"}, start="earliest")
    assert starts_at(settings, "gcn.circulars") == "earliest"
    assert starts_at(settings, "gcn.notices.icecube") == "latest"
    assert starts_at(settings, "igwn.gwalert") == "earliest"
    with pytest.raises(ConfigurationError, match="'yesterday'"):
        starts_at(KafkaSettings(start="yesterday"), "igwn.gwalert")


def test_defaults_are_gcns_with_its_heartbeat() -> None:
    assert KafkaSettings().heartbeat == "gcn.heartbeat"
    assert "gcn.heartbeat" in KafkaSettings().subscribed
    assert KafkaSettings(bootstrap_servers="localhost:9092").heartbeat == ""


def test_printed_settings_hold_no_secret() -> None:
    settings = KafkaSettings(client_id="abc", client_secret="t0p", password="h1dden")
    shown = repr(settings) + str(settings) + f"{settings}" + repr(settings.__rich_repr__())
    assert "t0p" not in shown
    assert "h1dden" not in shown
