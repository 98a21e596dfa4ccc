"""Messengers on this machine: one server that answers as their HTTP interfaces do, keeps what it is sent, and can be
told to fail."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LocalServices:
    """Use as a context. `fail` are the answers to the next messages: a status, or "slow"."""

    def __init__(self, port: int = 0) -> None:
        self.asked: list[tuple[str, str, bytes]] = []
        self.fail: list[int | str] = []
        services = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                said = services._is_message(self.path)
                how = services.fail.pop(0) if said and services.fail else 200
                if how == "slow":
                    time.sleep(1.5)
                    how = 503
                if said and how == 200:
                    services.asked.append((self.command, self.path, body))
                content = json.dumps(_reply(self.path)).encode()
                self.send_response(int(how))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = _answer

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self) -> LocalServices:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _is_message(self, path: str) -> bool:
        return "_matrix" not in path or "/send/m.room.message" in path

    @property
    def texts(self) -> list[str]:
        """What was said, as the services would show it."""
        return [_text(body) for _, _, body in self.asked]


def _reply(path: str) -> dict[str, Any]:
    """What Matrix says when somebody logs in, joins a room, speaks or sends a file; others take anything."""
    if path.endswith("/login"):
        return {"access_token": "t0ken", "home_server": "localhost", "user_id": "@nuncius:localhost"}
    if "/join" in path or "/directory/room" in path:
        return {"room_id": "!room:localhost"}
    if "/upload" in path:
        return {"content_uri": "mxc://localhost/abc"}
    return {"ok": True, "id": 1, "event_id": "$e"}


def _text(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except ValueError:
        return text
    return "\n".join(str(told[key]) for key in ("title", "message", "text", "body") if told.get(key))
