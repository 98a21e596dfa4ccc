"""The Socket Mode side of the local Slack: WebSocket connections, envelopes that are sent until they are acknowledged,
and people who press buttons, fill in forms, give commands and mention the bot."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

Json = dict[str, Any]
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


@dataclass
class Envelope:
    """What is sent until it is acknowledged."""

    id: str
    body: Json
    sent: float = 0.0
    attempts: int = 0
    acked: threading.Event = field(default_factory=threading.Event)
    latency_s: float = -1.0


class Sockets:
    """All connections. `patience_s` is how long an acknowledgement may take before the envelope is sent again; with
    `deaf` set, acknowledgements are not heard."""

    def __init__(self) -> None:
        self.connections: list[socket.socket] = []
        self.opened = 0
        self.deaf = False
        self.patience_s = 3.0
        self.envelopes: list[Envelope] = []
        self._lock = threading.RLock()
        self._count = itertools.count(1)
        self._closed = threading.Event()
        self._pump = threading.Thread(target=self._deliver_all, daemon=True)
        self._pump.start()

    # --- what tests do ---

    def deliver(self, sort: str, payload: Json) -> Envelope:
        """Send an envelope; again and again until it is acknowledged."""
        envelope = Envelope(id=f"env-{next(self._count)}", body={"type": sort, "payload": payload})
        with self._lock:
            self.envelopes.append(envelope)
        return envelope

    def wait_connected(self, timeout_s: float = 10.0, *, more_than: int = 0) -> None:
        end = time.monotonic() + timeout_s
        while not (self.connections and self.opened > more_than):
            assert time.monotonic() < end, "nobody connects"
            time.sleep(0.01)

    def drop(self) -> None:
        """Reset every connection without a word."""
        with self._lock:
            for connection in self.connections:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.shutdown(socket.SHUT_RDWR)
            self.connections.clear()

    def refresh(self) -> None:
        """Say that the connections end soon, as Slack does every few hours."""
        self._send_all({"type": "disconnect", "reason": "refresh_requested"})

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            for connection in self.connections:
                connection.close()

    # --- the protocol ---

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One connection, in its handler's thread, from the handshake to its end."""
        key = handler.headers["Sec-WebSocket-Key"]
        accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        handler.send_response_only(101, "Switching Protocols")
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
            handler.send_header(name, value)
        handler.end_headers()
        handler.close_connection = True
        connection = handler.connection
        self._send(connection, TEXT, json.dumps({"type": "hello", "num_connections": 1}).encode())
        with self._lock:
            self.connections.append(connection)
            self.opened += 1
        try:
            while (frame := _read_frame(handler.rfile)) is not None:
                sort, data = frame
                if sort == PING:
                    self._send(connection, PONG, data)
                elif sort == TEXT and not self.deaf:
                    self._acknowledged(str(json.loads(data)["envelope_id"]))
                elif sort == CLOSE:
                    break
        except OSError:
            pass
        with self._lock:
            if connection in self.connections:
                self.connections.remove(connection)

    def _acknowledged(self, envelope_id: str) -> None:
        with self._lock:
            for envelope in self.envelopes:
                if envelope.id == envelope_id and not envelope.acked.is_set():
                    envelope.latency_s = time.monotonic() - envelope.sent
                    envelope.acked.set()

    def _deliver_all(self) -> None:
        while not self._closed.wait(0.01):
            with self._lock:
                for envelope in self.envelopes:
                    late = time.monotonic() - envelope.sent > self.patience_s
                    if self.connections and not envelope.acked.is_set() and (envelope.attempts == 0 or late):
                        envelope.sent, envelope.attempts = time.monotonic(), envelope.attempts + 1
                        more = {"envelope_id": envelope.id, "retry_attempt": envelope.attempts - 1}
                        self._send(self.connections[-1], TEXT, json.dumps(envelope.body | more).encode())

    def _send_all(self, message: Json) -> None:
        with self._lock:
            for connection in list(self.connections):
                self._send(connection, TEXT, json.dumps(message).encode())

    def _send(self, connection: socket.socket, sort: int, data: bytes) -> None:
        size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack("!H", len(data))
        if len(data) > 65_535:
            size = b"\x7f" + struct.pack("!Q", len(data))
        try:
            with self._lock:
                connection.sendall(bytes([0x80 | sort]) + size + data)
        except OSError:
            with self._lock:
                if connection in self.connections:
                    self.connections.remove(connection)


def _read_frame(stream: Any) -> tuple[int, bytes] | None:
    head = stream.read(2)
    if len(head) < 2:
        return None
    sort, length = head[0] & 0x0F, head[1] & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", stream.read(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", stream.read(8))
    mask = stream.read(4) if head[1] & 0x80 else b"\0\0\0\0"
    data = stream.read(length)
    return sort, bytes(b ^ mask[i % 4] for i, b in enumerate(data))


# --- what people do, as Slack tells it ---

_moments = itertools.count(1)


def pressed(user: str, channel: str, message: Json, label: str) -> Json:
    """The payload of a button, or an entry of a menu, of that label."""
    found = None
    for block in message["blocks"]:
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            base = {"action_id": element["action_id"], "type": element["type"], "action_ts": f"15115{next(_moments)}.1"}
            if element["type"] == "button" and element["text"]["text"] == label:
                found = {**base, "value": element["value"]}
            for option in element.get("options", []):
                if option["text"]["text"] == label:
                    found = {**base, "selected_option": option}
    assert found is not None, f"no button is labelled {label!r}"
    return {
        "type": "block_actions",
        "user": {"id": user},
        "channel": {"id": channel},
        "trigger_id": f"trigger-{next(_moments)}",
        "message": message,
        "actions": [found],
    }


def labels(message: Json) -> list[str]:
    """Labels of the buttons and entries of a message."""
    actions = [e for b in message.get("blocks", []) if b["type"] == "actions" for e in b["elements"]]
    return [e["text"]["text"] for e in actions if "text" in e] + [
        o["text"]["text"] for e in actions for o in e.get("options", [])
    ]


def submitted(user: str, view: Json, why: str) -> Json:
    """The payload of a form that somebody sends off."""
    return {
        "type": "view_submission",
        "user": {"id": user},
        "view": {**view, "state": {"values": {"why": {"why": {"type": "plain_text_input", "value": why}}}}},
    }


def command(user: str, channel: str, text: str) -> Json:
    """The payload of `/nuncius text`."""
    trigger = f"trigger-{next(_moments)}"
    return {"command": "/nuncius", "text": text, "user_id": user, "channel_id": channel, "trigger_id": trigger}


def mention(user: str, channel: str, text: str, *, thread_ts: str = "") -> Json:
    """The payload of a message that begins with a mention of the bot; in a channel `D…`, of a direct message."""
    number = next(_moments)
    event = {"type": "app_mention", "user": user, "channel": channel, "text": f"<@U0NUNCIUS> {text}"}
    if channel.startswith("D"):
        event |= {"type": "message", "channel_type": "im", "text": text}
    event |= {"ts": f"1511600000.{number:06d}"} | ({"thread_ts": thread_ts} if thread_ts else {})
    return {"type": "event_callback", "event_id": f"Ev{number:06d}", "event": event}


def action_problems(elements: list[Json]) -> list[str]:
    """What Slack would not take among buttons and menus."""
    problems = [] if 1 <= len(elements) <= 25 else ["actions take 1 to 25 elements"]
    names = [element.get("action_id") for element in elements]
    problems += ["action_id stands twice"] if len(set(names)) < len(names) else []
    for element in elements:
        if element["type"] == "button":
            fits = 1 <= len(element["text"]["text"]) <= 75 and len(element.get("value", "")) <= 2000
            problems += [] if fits else ["a button's text or value is too long or empty"]
        elif element["type"] == "overflow":
            options = element["options"]
            problems += [] if 1 <= len(options) <= 5 else ["overflow takes 1 to 5 options"]
            long = any(len(o["text"]["text"]) > 75 or len(o["value"]) > 150 for o in options)
            problems += ["an option's text or value is too long"] if long else []
        else:
            problems.append(f"unknown element {element['type']!r}")
    return problems
