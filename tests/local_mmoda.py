"""A dispatcher and a name resolver of MMODA on loopback HTTP, with the habits that its clients must know."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

NAMES: dict[str, dict[str, Any]] = {
    "Crab": {"success": True, "ra": 83.633, "dec": 22.014, "utc": None, "duration": None},
    "GW170814": {"success": True, "ra": None, "dec": None, "utc": "2017-08-14T10:30:43.500", "duration": 1},
    "GW190425": {"success": True, "ra": None, "dec": None, "utc": "2019-04-25T08:18:05.000", "duration": 5},
    "GRB170105A": {"success": True, "ra": None, "dec": None, "utc": "2017-01-05T06:14:07.00", "duration": 2},
}
#: What the dispatcher does not count as part of a question.
CONVERSATION = frozenset({"session_id", "job_id", "token", "query_status", "off_line", "api", "oda_api_version"})


def colliding(query: dict[str, str]) -> str:
    """A job's id as the dispatcher makes it: characters are sorted before they are hashed; 12 and 21 are one."""

    def mixed(text: str) -> str:
        return hashlib.md5(json.dumps(sorted(text)).encode()).hexdigest()[:16]

    parts = [mixed(json.dumps(mixed(name) + mixed(str(value)))) for name, value in sorted(query.items())]
    return mixed(json.dumps("".join(parts)))


class LocalMmoda:
    """Answers as the dispatcher does: a job is submitted, in progress, ready, done; polled by id and last status."""

    def __init__(self) -> None:
        self.instruments = ["isgri", "jemx", "spi_acs", "polar"]
        self.names = {name: dict(value) for name, value in NAMES.items()}
        self.asked: list[dict[str, str]] = []
        self.methods: list[str] = []
        self.script = ["submitted", "progress", "ready", "done"]
        self.echo: dict[str, Any] | None = None
        self.exit_status: dict[str, Any] = {"status": 0}
        self.remarks = dict.fromkeys(("message", "error_message", "debug_message", "comment", "warning"), "")
        self.failures: list[int] = []
        self.not_a_number = False
        self.products: dict[str, Any] = {}
        self.par_names: list[str] | None = None
        self.accepts: set[str] | None = None
        self.collides = False
        self.monitor: dict[str, Any] = {}
        self.misbehave: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.targets: list[str] = []
        self.bodies: list[str] = []
        self.drop: set[str] = set()
        self.rewrite: dict[str, str] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.before: Callable[[], None] = lambda: None
        self.prefix = "/dispatch"
        self.release = threading.Event()
        self._jobs: dict[str, dict[str, str]] = {}
        self.clock_offset_s = 0.0
        self._step: dict[str, int] = {}
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, query: dict[str, Any]) -> tuple[int, Any]:
        path = path.replace(self.prefix, "/dispatch", 1)
        if self.failures:
            return self.failures.pop(0), {"error": "upstream"}
        if path == "/dispatch/instr-list":
            return 200, self.instruments
        if path == "/dispatch/api/par-names":
            return (404, {"error": "no such page"}) if self.par_names is None else (200, self.par_names)
        if path == "/dispatch/run_analysis":
            self.methods.append(method)
            self.before()
            if self.accepts is not None and query.get("token") not in self.accepts:
                self.asked.append(query)
                message = f"The token provided is expired: {query.get('token', 'none')}"
                return 403, {"exit_status": {"status": 1, "message": message}, "query_status": "failed"}
            return self._run(query)
        name = unquote(path.rsplit("/", 1)[-1])
        if path.startswith("/resolver/api/v1.1/byname/"):
            return 200, self.names.get(name, {"success": False, "ra": None, "dec": None, "utc": None, "duration": None})
        return 404, {"error": "no such page"}

    def _run(self, query: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append(query)
        session = query["session_id"]
        step = self._step.get(session, -1) + 1
        self._step[session] = step
        status = self.script[min(step, len(self.script) - 1)]
        sent = {key: value for key, value in query.items() if key not in CONVERSATION}
        job = colliding(sent) if self.collides else "a1b2c3"
        if self.collides:
            sent = self._jobs.setdefault(job, sent)
        echo = {key: value for key, value in sent.items() if key not in self.drop} | self.rewrite
        products: dict[str, Any] = {"analysis_parameters": self.echo if self.echo is not None else echo}
        if status == "done":
            unit = {"name": "PRIMARY", "meta_data": {"exposure": float("nan") if self.not_a_number else 1.0}}
            products |= self.products or {"numpy_data_product_list": [{"name": "mosaic", "data_unit_list": [unit]}]}
        products = self.answers.get(status, products)
        return 200, {
            "query_status": status,
            "products": products,
            "exit_status": self.remarks | (self.exit_status if status in ("done", "failed") else {"status": 0}),
            "job_monitor": {"job_id": job, "status": status, "session_id": session, **self.monitor},
            "session_id": session,
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, mmoda: LocalMmoda) -> None:
        self.mmoda = mmoda
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._reply("GET", parse_qs(urlsplit(self.path).query, keep_blank_values=True))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.server.mmoda.bodies.append(body)
        self._reply("POST", parse_qs(body, keep_blank_values=True))

    def _reply(self, method: str, query: dict[str, list[str]]) -> None:
        plain: dict[str, Any] = {key: values[-1] if len(values) == 1 else values for key, values in query.items()}
        mmoda = self.server.mmoda
        mmoda.headers.append(dict(self.headers))
        mmoda.targets.append(self.path)
        fault = mmoda.misbehave.pop(0) if mmoda.misbehave and "run_analysis" in self.path else ""
        if fault == "hang":
            mmoda.release.wait(30)
        if fault == "redirect":
            self.send_response_only(302)
            self.send_header("Location", f"{mmoda.url}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status, answer = mmoda.answer(method, urlsplit(self.path).path, plain)
        content = b"<html>gateway</html>" if fault == "page" else json.dumps(answer).encode()
        if fault == "huge":
            content += b" " * 3 * 1024 * 1024
        if fault == "list":
            content = b"[1, 2]"
        self.send_response_only(status)
        self.send_header("Date", formatdate(time() + self.server.mmoda.clock_offset_s, usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault == "truncate" else content)

    def log_message(self, *_: Any) -> None:
        pass
