"""A service that speaks nb2workflow's HTTP on loopback, failures that come as success included."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


def parameter(default: Any, comment: str = "", **more: Any) -> dict[str, Any]:
    """A parameter as the options page has it."""
    kind = {"type_object": f"<class '{type(default).__name__}'>"}
    return {"default_value": default, "value": default, "python_type": kind, "comment": comment, "owl_type": None,
            "extra_ttl": None, "is_optional": False, **more}  # fmt: skip


def output(comment: str = "") -> dict[str, Any]:
    """An output as the options page has it."""
    return {"value": None, "comment": comment, "owl_type": None, "extra_ttl": None}


class LocalService:
    """Answers as the real one does: a job is submitted, started, done; its outcome is kept for ever."""

    def __init__(self) -> None:
        self.parameters = {
            "ra": parameter(83.63, "oda:AngleDegrees; oda:upper_limit 360."),
            "t1": parameter("2017-03-06T13:26:48", "oda:StartTimeISOT"),
            "mode": parameter("fine"),
            "energies": parameter([20.0, 40.0]),
            "deep": parameter(False),
        }
        self.outputs = {"rate": output("oda:Float; oda:unit unit:Hz"), "figure": output(), "table": output()}
        self.found: dict[str, Any] = {"rate": 40.0}
        self.exceptions: list[Any] = []
        self.output: Any = "as found"
        self.script: list[tuple[int, Any]] = []
        self.turns = ["created", "submitted", "started"]
        self.misbehave: list[str] = []
        self.asked: list[dict[str, str]] = []
        self.release = threading.Event()
        self._step: dict[str, int] = {}
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if path == "/api/v1.0/options":
            return 200, {"image": {"parameters": self.parameters, "output": self.outputs}}
        if path != "/api/v1.0/get/image":
            return 404, "<h1>Not Found</h1>"
        self.asked.append(query)
        if self.script:
            return self.script.pop(0)
        output: Any = self.found if self.output == "as found" else self.output
        data = {"output": output, "exceptions": self.exceptions, "jobdir": "/tmp/nb2w-x"}
        if "_async_request" not in query:
            return (500 if self.exceptions else 200), data
        key = json.dumps(sorted(query.items()))
        step = self._step.get(key, 0)
        self._step[key] = step + 1
        if step >= len(self.turns):
            return 200, {"workflow_status": "done", "data": data, "comment": ""}
        turn = self.turns[step]
        if turn == "created":
            return 201, {"workflow_status": "submitted", "comment": "task created"}
        return 201, {"workflow_status": turn, "comment": f"task is {turn}", "jobdir": "/tmp/nb2w-x"}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: LocalService) -> None:
        self.service = service
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        service = self.server.service
        parts = urlsplit(self.path)
        fault = service.misbehave.pop(0) if service.misbehave and "/get/" in self.path else ""
        if fault == "hang":
            service.release.wait(30)
        if fault == "redirect":
            self.send_response_only(301)
            self.send_header("Location", service.url + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        status, answer = service.answer(parts.path, query)
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        if fault == "huge":
            content += b" " * 3 * 1024 * 1024
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault == "truncate" else content)

    def log_message(self, *_: Any) -> None:
        pass
