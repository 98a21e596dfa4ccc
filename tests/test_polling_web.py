"""Asking over HTTP: every way in which a server fails becomes an error of the right type, within bounds, at a polite
pace, and a secret stays with the host that it is for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from papers_server import Fault, PaperServer

from listeners.polling.web import LONGEST_WAIT_S, Web, service
from nuncius.core.clock import VirtualClock
from nuncius.core.errors import ConfigurationError, NunciusError, PermanentError, TransientError

NOON = datetime(2025, 11, 17, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[PaperServer]:
    with PaperServer() as running:
        yield running


class Seconds:
    """A monotonic clock that only waits move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(round(seconds, 6))
        self.now += seconds


def web(seconds: Seconds | None = None, **more: Any) -> Web:
    if seconds is None:
        return Web(clock=VirtualClock(NOON), wait=lambda s: None, **more)
    return Web(clock=VirtualClock(NOON), wait=seconds.wait, monotonic=lambda: seconds.now, **more)


def page(server: PaperServer) -> str:
    return f"{server.address}/api/query"


@pytest.mark.parametrize(
    ("sort", "value", "error", "says"),
    [
        ("refuse", 500, TransientError, "500"),
        ("refuse", 503, TransientError, "503"),
        ("refuse", 408, TransientError, "408"),
        ("refuse", 429, TransientError, "429"),
        ("refuse", 400, PermanentError, "We are sorry"),
        ("refuse", 404, PermanentError, "404"),
        ("refuse", 401, ConfigurationError, "check the token"),
        ("refuse", 403, ConfigurationError, "check the token"),
        ("refuse", (403, {"X-RateLimit-Remaining": "0"}), TransientError, "403"),
        ("cut", None, TransientError, "api/query"),
        ("drop", None, TransientError, "api/query"),
        ("hang", 1.0, TransientError, "ReadTimeout"),
        ("huge", 10_000_000, PermanentError, "more than 1000000 bytes"),
        ("redirect", "ftp://example.org/x", ConfigurationError, "ftp"),
    ],
)
def test_each_failure_is_an_error_of_its_type_that_names_the_address(
    server: PaperServer, sort: str, value: Any, error: type[NunciusError], says: str
) -> None:
    server.faults.append(Fault("/api", sort, value))
    with pytest.raises(error, match=says) as raised:
        web(timeout_s=0.3).get(page(server), max_bytes=1_000_000)
    assert page(server) in str(raised.value)


def test_a_server_that_drips_is_left_after_the_longest_time(server: PaperServer) -> None:
    server.faults.append(Fault("/api", "drip", 0.02))
    begun = time.monotonic()
    with pytest.raises(TransientError, match="not all there"):
        web(longest_answer_s=0.2).get(page(server))
    assert time.monotonic() - begun < 2


def test_no_server_at_all_may_be_one_later() -> None:
    with pytest.raises(TransientError, match="ConnectError"):
        web(timeout_s=0.5).get("http://127.0.0.1:9/")


@pytest.mark.parametrize("address", ["nowhere", "ftp://example.org/", "http://[::1", ""])
def test_what_is_no_address_is_a_mistake_in_the_settings(address: str) -> None:
    with pytest.raises(ConfigurationError):
        web().get(address)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": format_datetime(NOON + timedelta(minutes=5), usegmt=True)}, 300.0),
        ({"Retry-After": format_datetime(NOON - timedelta(minutes=5), usegmt=True)}, 0.0),
        ({"Retry-After": "99999999999"}, LONGEST_WAIT_S),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOON.timestamp()) + 90)}, 90.0),
        ({}, None),
    ],
)
def test_the_wait_that_a_server_asks_for_is_told(
    server: PaperServer, headers: dict[str, str], wait_s: float | None
) -> None:
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    server.faults.append(Fault("/api", "refuse", (429, encoded)))
    with pytest.raises(TransientError) as raised:
        web().get(page(server))
    assert raised.value.retry_after_s == wait_s


def test_a_host_that_wants_quiet_is_not_asked_by_anyone_until_then(server: PaperServer) -> None:
    seconds = Seconds()
    asking = web(seconds)
    server.faults.append(Fault("/api", "refuse", (429, {"Retry-After": "600"})))
    with pytest.raises(TransientError):
        asking.get(page(server))
    seconds.now += 599
    with pytest.raises(TransientError, match="left alone for 1 s"):
        asking.get(f"{server.address}/atom/astro-ph.HE")
    assert len(server.calls) == 1
    seconds.now += 1
    assert asking.get(f"{server.address}/atom/astro-ph.HE").status == 200


def test_the_pace_of_a_host_is_kept_from_the_end_of_one_answer_to_the_next_question(server: PaperServer) -> None:
    seconds = Seconds()
    asking = web(seconds)
    for _ in range(3):
        asking.get(page(server), pace_s=3.0)
    assert seconds.waits == [3.0, 3.0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://export.arxiv.org/api/query", "https://rss.arxiv.org/atom/gr-qc", True),
        ("https://api.github.com/repos", "https://index.example.org/simple", False),
        ("http://127.0.0.1:8001/", "http://127.0.0.1:8002/", False),
        ("http://localhost:8001/a", "http://localhost:8001/b", True),
        ("http://[::1]:8001/", "http://[::1]:8002/", False),
    ],
)
def test_hosts_of_one_domain_are_one_service_to_be_polite_to(one: str, other: str, same: bool) -> None:
    assert (service(one) == service(other)) is same


def test_two_threads_never_ask_one_host_at_once(server: PaperServer) -> None:
    at_once, most = [0], [0]

    def arriving(_: int) -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.02)
        at_once[0] -= 1

    server.arriving = arriving
    asking = web()
    threads = [threading.Thread(target=asking.get, args=(page(server),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(server.calls), most[0]) == (5, 1)


def test_what_is_unchanged_is_not_sent_again(server: PaperServer) -> None:
    asking = web()
    first = asking.get(f"{server.address}/atom/astro-ph.HE")
    again = asking.get(f"{server.address}/atom/astro-ph.HE", headers=first.validators)
    assert (first.unchanged, again.unchanged, again.body) == (False, True, b"")


def test_a_redirect_is_followed_but_not_in_a_circle(server: PaperServer) -> None:
    server.faults.append(Fault("/api", "redirect", "/atom/astro-ph.HE"))
    assert b"<feed" in web().get(page(server)).body
    server.faults += [Fault("/api", "redirect") for _ in range(10)]
    with pytest.raises(PermanentError, match="redirected more than"):
        web().get(page(server))


def test_a_token_does_not_follow_a_redirect_to_another_host(server: PaperServer) -> None:
    with PaperServer() as stranger:
        server.faults.append(Fault("/v1", "redirect", f"{stranger.address}/api/query"))
        web().get(f"{server.address}/v1/search/query", headers={"Authorization": "Bearer s3cret"})
        assert server.headers[0]["authorization"] == "Bearer s3cret"
        assert len(stranger.headers) == 1
        assert "authorization" not in stranger.headers[0]


def test_a_refusal_that_repeats_our_token_is_told_without_it(server: PaperServer) -> None:
    server.faults.append(Fault("/v1", "refuse", (400, {"Content-Type": "text/plain"})))
    body = b"bad query; you sent Authorization: Bearer s3cret-token-1"
    server.faults[0] = Fault("/v1", "refuse_with", body)
    with pytest.raises(PermanentError) as raised:
        web().get(f"{server.address}/v1/x", headers={"Authorization": "Bearer s3cret-token-1"})
    assert "bad query" in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_service_that_stops_waits_for_nobody(server: PaperServer) -> None:
    stop = threading.Event()
    asking = Web(stop=stop)
    asking.get(page(server), pace_s=30.0)
    threading.Timer(0.1, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(TransientError, match="stops"):
        asking.get(page(server), pace_s=30.0)
    assert time.monotonic() - begun < 5
    assert len(server.calls) == 1


def test_what_is_missing_may_be_an_answer_too(server: PaperServer) -> None:
    assert web().get(f"{server.address}/nothing", missing_is_well=True).status == 404
