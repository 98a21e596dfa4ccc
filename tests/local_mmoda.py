"""A dispatcher and a name resolver of MMODA on loopback HTTP, with the habits that its clients must know."""

from __future__ import annotations

import json
import threading
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
        self.failures: list[int] = []
        self.not_a_number = False
        self.clock_offset_s = 0.0
        self._step: dict[str, int] = {}
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if self.failures:
            return self.failures.pop(0), {"error": "upstream"}
        if path == "/dispatch/instr-list":
            return 200, self.instruments
        if path == "/dispatch/run_analysis":
            self.methods.append(method)
            return self._run(query)
        name = unquote(path.rsplit("/", 1)[-1])
        if path.startswith("/resolver/api/v1.1/byname/"):
            return 200, self.names.get(name, {"success": False, "ra": None, "dec": None, "utc": None, "duration": None})
        return 404, {"error": "no such page"}

    def _run(self, query: dict[str, str]) -> tuple[int, Any]:
        self.asked.append(query)
        session = query["session_id"]
        step = self._step.get(session, -1) + 1
        self._step[session] = step
        status = self.script[min(step, len(self.script) - 1)]
        sent = {key: value for key, value in query.items() if key in ("RA", "DEC", "T1", "T2", "E1_keV")}
        products: dict[str, Any] = {"analysis_parameters": self.echo if self.echo is not None else sent}
        if status == "done":
            unit = {"name": "PRIMARY", "meta_data": {"exposure": float("nan") if self.not_a_number else 1.0}}
            products["numpy_data_product_list"] = [{"name": "mosaic", "data_unit_list": [unit]}]
        return 200, {
            "query_status": status,
            "products": products,
            "exit_status": self.exit_status if status in ("done", "failed") else {"status": 0},
            "job_monitor": {"job_id": "a1b2c3", "status": status, "session_id": session},
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
        self._reply("POST", parse_qs(body, keep_blank_values=True))

    def _reply(self, method: str, query: dict[str, list[str]]) -> None:
        plain = {key: values[-1] for key, values in query.items()}
        status, answer = self.server.mmoda.answer(method, urlsplit(self.path).path, plain)
        content = json.dumps(answer).encode()
        self.send_response_only(status)
        self.send_header("Date", formatdate(time() + self.server.mmoda.clock_offset_s, usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass
