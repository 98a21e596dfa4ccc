"""The whole OAuth path of GCN's client against a token endpoint and a broker on loopback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka_broker import OwnBroker, TokenEndpoint, noida, running, wait_until
from kafka_samples import circular, listening, numbers, settings, state_of

from listeners.kafka import KafkaListener, KafkaSettings
from listeners.kafka_client import probe
from listeners.kafka_settings import client_config
from listeners.oauth import login_state, read_credentials
from nuncius.core.errors import ConfigurationError, TransientError
from nuncius.journal import Journal


@pytest.fixture(scope="module")
def broker() -> Iterator[OwnBroker]:
    with running(noida) as started:
        started.create("gcn.circulars", partitions=1)
        started.produce("gcn.circulars", *(circular(n) for n in range(5)))
        yield started


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(f"sqlite:///{tmp_path}/journal.db", synchronous="normal")
    yield opened
    opened.close()


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    server = TokenEndpoint(lifetime_s=4)
    yield server
    server.close()


def with_login(broker: OwnBroker, endpoint: TokenEndpoint, secret: str, **changes: Any) -> KafkaSettings:
    config = {"security.protocol": "sasl_plaintext", "sasl.oauthbearer.token.endpoint.url": endpoint.url}
    usual = {"client_id": endpoint.client_id, "client_secret": secret, "group_id": f"g-{endpoint.url[17:22]}"}
    return settings(broker.address, config=config, **(usual | changes))


def test_tokens_are_fetched_and_renewed_before_they_expire(
    broker: OwnBroker, journal: Journal, endpoint: TokenEndpoint
) -> None:
    listener = KafkaListener(with_login(broker, endpoint, endpoint.secret))
    with listening(listener, journal):
        wait_until(lambda: len(numbers(journal)) >= 5, what="messages behind a login")
        wait_until(lambda: endpoint.granted >= 3, 20, what="two renewals of a token of four seconds")
        broker.produce("gcn.circulars", circular(1000))
        wait_until(lambda: 1000 in numbers(journal), what="a message after the first token expired")
        assert state_of(journal, listener.name) == "ok"
    assert endpoint.refused == 0


def test_a_wrong_secret_is_unauthorised_and_is_never_shown(
    broker: OwnBroker, journal: Journal, endpoint: TokenEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    listener = KafkaListener(with_login(broker, endpoint, "wr0ng-secret"))
    with listening(listener, journal):
        wait_until(lambda: state_of(journal, listener.name) == "unauthorised", what="unauthorised")
    told = journal.read(0, kinds=["feed.silent"])[0].event
    assert "login refused" in told.data["detail"]
    assert endpoint.refused >= 1
    assert "wr0ng-secret" not in caplog.text + repr(told) + repr(listener.settings) + repr(vars(listener))


def test_a_token_endpoint_that_is_down_is_disconnected_and_is_waited_for(
    broker: OwnBroker, journal: Journal, endpoint: TokenEndpoint
) -> None:
    closed = TokenEndpoint(client_id=endpoint.client_id, secret=endpoint.secret)
    url = closed.url
    closed.close()
    listener = KafkaListener(with_login(broker, closed, endpoint.secret))
    with listening(listener, journal):
        wait_until(lambda: state_of(journal, listener.name) == "disconnected", what="disconnected")
        reopened = TokenEndpoint(client_id=endpoint.client_id, secret=endpoint.secret, port=int(url.split(":")[2][:5]))
        wait_until(lambda: len(numbers(journal)) >= 5, 30, what="messages once the endpoint answers")
        wait_until(lambda: state_of(journal, listener.name) == "ok", what="ok")
        reopened.close()


def test_probe_lists_the_topics_or_says_who_refused(broker: OwnBroker, endpoint: TokenEndpoint) -> None:
    assert probe(with_login(broker, endpoint, endpoint.secret), 10) == ["gcn.circulars"]
    with pytest.raises(ConfigurationError, match="login refused"):
        probe(with_login(broker, endpoint, "wr0ng-secret"), 2)
    with pytest.raises(TransientError, match="Connection refused"):
        probe(settings("127.0.0.1:9"), 1)


def test_a_refusal_is_told_from_an_endpoint_in_trouble() -> None:
    failed = "Failed to acquire SASL OAUTHBEARER token: "
    assert login_state(failed + '{"error": "invalid_client"}') == "unauthorised"
    assert login_state(failed + "Failed to connect to auth.example port 443") == "disconnected"
    assert login_state(failed + "Could not resolve host: auth.example") == "disconnected"
    assert login_state("SASL authentication error: Authentication failed") == "unauthorised"


def test_the_group_id_is_always_explicit() -> None:
    gcn = KafkaSettings(client_id="abc", client_secret="s")
    assert client_config(gcn)["group.id"] == "nuncius-abc"
    with pytest.raises(ConfigurationError, match="group_id is empty"):
        KafkaListener(KafkaSettings(bootstrap_servers="127.0.0.1:9"))


def test_missing_credentials_say_where_to_get_them() -> None:
    for half in (KafkaSettings(), KafkaSettings(client_id="abc"), KafkaSettings(client_secret="s")):
        with pytest.raises(ConfigurationError, match=r"gcn\.nasa\.gov/quickstart"):
            KafkaListener(half)


def test_credentials_come_from_a_file_whose_content_is_never_quoted(tmp_path: Path) -> None:
    path = tmp_path / "gcn.toml"
    path.write_text('client_id = "abc"\nclient_secret = "t0p"\n')
    found = read_credentials(path)
    assert (found.client_id, found.client_secret) == ("abc", "t0p")
    assert "t0p" not in repr(found)
    assert client_config(KafkaSettings(credentials_file=str(path)))["client_secret"] == "t0p"
    path.write_text("client_secret = t0p\n")
    with pytest.raises(ConfigurationError) as raised:
        read_credentials(path)
    assert "t0p" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("key", ["enable.auto.commit", "group.id", "auto.offset.reset"])
def test_settings_that_would_lose_messages_are_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match=key):
        client_config(settings("127.0.0.1:9", config={key: "x"}))


def test_a_setting_that_the_client_does_not_know_is_named(journal: Journal) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"no\.such\.thing"),
        listening(KafkaListener(settings("127.0.0.1:9", config={"no.such.thing": "1"})), journal) as stop,
    ):
        stop.wait(1)
