"""The real web server on loopback, for the tests of the webhooks' door and of the figures."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from chat.people import People, Person
from console.hook_settings import HookSettings
from console.metrics_settings import MetricsSettings
from console.oidc_settings import OidcSettings
from console.server import WebSettings, serve
from kg.store import GraphStore
from nuncius.journal import Journal
from reactors.ruleset import RuleSet


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    port: int

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@contextmanager
def running(
    journal: Journal,
    *,
    hooks: HookSettings | None = None,
    metrics: MetricsSettings | None = None,
    graph: GraphStore | None = None,
    rules: Callable[[], RuleSet] | None = None,
    web: WebSettings | None = None,
    people: People | None = None,
    oidc: OidcSettings | None = None,
    reached: Callable[[Person], Sequence[str]] = lambda person: (),
) -> Iterator[Site]:
    """A server on the journal; `web` is served on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    stop = threading.Event()
    server = threading.Thread(
        target=serve,
        args=(journal, msgspec.structs.replace(web or WebSettings(), port=port), stop),
        kwargs={"hooks": hooks, "metrics": metrics, "graph": graph, "rules": rules}
        | {"people": people, "oidc": oidc, "reached": reached},
    )
    server.start()
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.02)
    try:
        yield Site(port)
    finally:
        stop.set()
        server.join(timeout=10)
        assert not server.is_alive()


def signature(secret: str, body: bytes, method: str = "sha256") -> str:
    """`sha256=…`, as GitHub and Flux write it."""
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"
