"""A local server that speaks the part of Slack's Web API that Nuncius uses, as strictly as Slack documents it.

Started by tests on loopback. It keeps channels, threads and files, refuses what Slack refuses (limits, unknown
channels, wrong tokens, names instead of IDs where Slack wants IDs), and can fail on request in Slack's ways.
"""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from local_slack_socket import Sockets, action_problems

TOKEN, APP_TOKEN = "xoxb-local-token", "xapp-local-token"
Json = dict[str, Any]


class SlackSays(Exception):
    """An answer with ok false."""

    def __init__(self, code: str, *details: str) -> None:
        self.body = {"ok": False, "error": code, "response_metadata": {"messages": list(details)}}
        super().__init__(code)


@dataclass
class Fault:
    """What goes wrong with the next call of `method` ("*": any). `sort`: `rate` (429), `status`, `error` (ok
    false), `lost_request` (dropped before it was read), `lost_answer` (done, but the answer breaks off)."""

    method: str
    sort: str
    value: Any = None


@dataclass
class LocalSlack:
    """The workspace. `arriving` is called with each method's name before a fault is chosen, `before` and `after`
    around what it does, for kill tests."""

    channels: dict[str, list[Json]] = field(default_factory=dict)
    files: dict[str, Json] = field(default_factory=dict)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    arriving: Callable[[str], None] | None = None
    before: Callable[[str], None] | None = None
    after: Callable[[str], None] | None = None
    page: int = 200
    #: User IDs with their names, user groups with their members, forms that were opened, whispers to single people.
    users: dict[str, str] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    views: list[Json] = field(default_factory=list)
    whispers: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sockets = Sockets()
        self._lock = threading.RLock()
        self._count = itertools.count(1)
        handler = type("Handler", (_Handler,), {"slack": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> LocalSlack:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.sockets.close()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def base_url(self) -> str:
        return f"{self.address}/api/"

    # --- what tests look at ---

    def roots(self, channel: str) -> list[Json]:
        return [m for m in self.channels[channel] if m.get("thread_ts", m["ts"]) == m["ts"]]

    def thread(self, channel: str, ts: str) -> list[Json]:
        """Replies of a thread, oldest first."""
        return [m for m in self.channels[channel] if m.get("thread_ts") == ts and m["ts"] != ts]

    def slots(self, channel: str) -> list[tuple[str, str]]:
        """(slot, key) of every message of ours, in order."""
        payloads = [(m.get("metadata") or {}).get("event_payload") for m in self.channels[channel]]
        return [(p["slot"], p["key"]) for p in payloads if p]

    def count(self, method: str) -> int:
        return sum(name == method for name, _ in self.calls)

    # --- the API ---

    def answer(self, method: str, arguments: Json, token: str) -> Json:
        with self._lock:
            self.calls.append((method, arguments))
            if token != (APP_TOKEN if method == "apps.connections.open" else TOKEN):
                raise SlackSays("invalid_auth" if token else "not_authed")
            handler = getattr(self, "_" + method.replace(".", "_"), None)
            if handler is None:
                raise SlackSays("unknown_method")
            return {"ok": True, **handler(arguments)}

    def take_fault(self, method: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.method in (method, "*"):
                    self.faults.remove(fault)
                    return fault
        return None

    def _channel(self, arguments: Json, key: str = "channel") -> list[Json]:
        if arguments.get(key) not in self.channels:
            raise SlackSays("channel_not_found")
        return self.channels[arguments[key]]

    def _ts(self) -> str:
        return f"1511400000.{next(self._count):06d}"

    def _message(self, arguments: Json, key: str = "ts") -> Json:
        found = next((m for m in self._channel(arguments) if m["ts"] == arguments[key]), None)
        if found is None:
            raise SlackSays("message_not_found")
        return found

    def _auth_test(self, arguments: Json) -> Json:
        return {"user": "nuncius", "team": "Observatory", "user_id": "U0NUNCIUS"}

    def _chat_postMessage(self, arguments: Json) -> Json:
        channel = self._channel(arguments)
        content = _content(arguments)
        parent = arguments.get("thread_ts")
        if parent and not any(m["ts"] == parent for m in channel):
            raise SlackSays("thread_not_found")
        message = {"ts": self._ts(), "type": "message", "bot_id": "B0NUNCIUS", **content}
        if parent:
            message["thread_ts"] = parent
        channel.append(message)
        return {"channel": arguments["channel"], "ts": message["ts"], "message": message}

    def _chat_update(self, arguments: Json) -> Json:
        message = self._message(arguments)
        message.update(_content(arguments))
        message["edited"] = message.get("edited", 0) + 1
        return {"channel": arguments["channel"], "ts": message["ts"]}

    def _chat_getPermalink(self, arguments: Json) -> Json:
        message = self._message(arguments, "message_ts")
        path = f"archives/{arguments['channel']}/p{message['ts'].replace('.', '')}"
        return {"channel": arguments["channel"], "permalink": f"https://observatory.slack.com/{path}"}

    def _chat_postEphemeral(self, arguments: Json) -> Json:
        self._channel(arguments)
        if arguments["user"] not in self.users:
            raise SlackSays("user_not_in_channel")
        self.whispers.append({"user": arguments["user"], "channel": arguments["channel"], **_content(arguments)})
        return {"message_ts": self._ts()}

    def _apps_connections_open(self, arguments: Json) -> Json:
        return {"url": f"{self.address.replace('http', 'ws')}/link/?ticket={next(self._count)}"}

    def _views_open(self, arguments: Json) -> Json:
        given = arguments["view"]
        view = json.loads(given) if isinstance(given, str) else given
        if not str(arguments.get("trigger_id", "")).startswith("trigger-"):
            raise SlackSays("expired_trigger_id")
        if len(view["private_metadata"]) > 3000 or len(view["title"]["text"]) > 24:
            raise SlackSays("invalid_arguments")
        self.views.append({**view, "id": f"V{next(self._count):08d}"})
        return {"view": self.views[-1]}

    def _conversations_open(self, arguments: Json) -> Json:
        channel = "D" + arguments["users"][1:]
        self.channels.setdefault(channel, [])
        return {"channel": {"id": channel}}

    def _users_info(self, arguments: Json) -> Json:
        if arguments["user"] not in self.users:
            raise SlackSays("user_not_found")
        return {"user": {"id": arguments["user"], "profile": {"display_name": self.users[arguments["user"]]}}}

    def _usergroups_users_list(self, arguments: Json) -> Json:
        if arguments["usergroup"] not in self.groups:
            raise SlackSays("no_such_subteam")
        return {"users": self.groups[arguments["usergroup"]]}

    def _conversations_history(self, arguments: Json) -> Json:
        oldest = float(arguments.get("oldest") or 0)
        self._channel(arguments)
        found = [m for m in reversed(self.roots(arguments["channel"])) if float(m["ts"]) > oldest]
        return self._page(found, arguments)

    def _conversations_replies(self, arguments: Json) -> Json:
        root = self._message(arguments)
        return self._page([root, *self.thread(arguments["channel"], root["ts"])], arguments)

    def _page(self, messages: list[Json], arguments: Json) -> Json:
        start = int(arguments.get("cursor") or 0)
        end = start + min(int(arguments.get("limit") or 100), self.page)
        show = str(arguments.get("include_all_metadata", "")).lower() in ("1", "true")
        shown = [m if show else {k: v for k, v in m.items() if k != "metadata"} for m in messages[start:end]]
        cursor = str(end) if end < len(messages) else ""
        return {"messages": shown, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}

    def _files_getUploadURLExternal(self, arguments: Json) -> Json:
        file_id = f"F{next(self._count):08d}"
        length = int(arguments["length"])
        self.files[file_id] = {"id": file_id, "name": arguments["filename"], "length": length, "content": b""}
        self.files[file_id]["alt_txt"] = arguments.get("alt_txt", "")
        return {"file_id": file_id, "upload_url": f"{self.address}/upload/{file_id}"}

    def upload(self, file_id: str, content: bytes) -> None:
        with self._lock:
            self.calls.append(("upload", {"file": file_id}))
            self.files[file_id]["content"] = content

    def _files_completeUploadExternal(self, arguments: Json) -> Json:
        given = arguments["files"]
        wanted = json.loads(given) if isinstance(given, str) else given
        channel = self._channel(arguments, "channel_id")
        for item in wanted:
            file = self.files[item["id"]]
            if len(file["content"]) != file["length"]:
                raise SlackSays("file_not_found")
            file["title"] = item.get("title")
        shared = [self.files[item["id"]] for item in wanted]
        shown = [{k: f[k] for k in ("id", "name", "title")} for f in shared]
        message = {"ts": self._ts(), "type": "message", "text": "", "files": shown}
        if arguments.get("thread_ts"):
            message["thread_ts"] = arguments["thread_ts"]
        channel.append(message)
        return {"files": shown}


def _content(arguments: Json) -> Json:
    blocks = arguments.get("blocks") or []
    blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
    metadata = arguments.get("metadata")
    metadata = json.loads(metadata) if isinstance(metadata, str) else metadata
    if not arguments.get("text") and not blocks:
        raise SlackSays("no_text")
    if len(arguments.get("text") or "") > 40_000:
        raise SlackSays("msg_too_long")
    problems = [f"[ERROR] {p}" for p in block_problems(blocks)]
    if problems:
        raise SlackSays("invalid_blocks", *problems)
    if metadata is not None and not {"event_type", "event_payload"} <= metadata.keys():
        raise SlackSays("invalid_metadata_format")
    return {"text": arguments.get("text", ""), "blocks": blocks, "metadata": metadata}


def block_problems(blocks: list[Json]) -> list[str]:
    """What Slack would not take, by its documented limits (https://docs.slack.dev/reference/block-kit/blocks)."""
    problems = ["no more than 50 items allowed [json-pointer:/blocks]"] if len(blocks) > 50 else []
    for index, block in enumerate(blocks):
        where = f"[json-pointer:/blocks/{index}]"
        sort = block.get("type")
        if sort == "header":
            text = block["text"]
            if text["type"] != "plain_text" or not 1 <= len(text["text"]) <= 150:
                problems.append(f"header text must be plain_text of 1 to 150 characters {where}")
        elif sort == "section":
            if not 1 <= len(block["text"]["text"]) <= 3000:
                problems.append(f"section text must have 1 to 3000 characters {where}")
        elif sort == "context":
            if not 1 <= len(block["elements"]) <= 10:
                problems.append(f"context takes 1 to 10 elements {where}")
            problems += [f"empty context element {where}" for e in block["elements"] if not e.get("text")]
        elif sort == "actions":
            problems += [f"{p} {where}" for p in action_problems(block["elements"])]
        elif sort == "rich_text":
            problems += [f"{p} {where}" for e in block["elements"] for p in _rich_problems(e)]
        else:
            problems.append(f"unknown block type {sort!r} {where}")
    return problems


def _rich_problems(element: Json) -> list[str]:
    sort = element["type"]
    if sort == "rich_text_list":
        problems = [] if element.get("style") in ("bullet", "ordered") else ["a list is bullet or ordered"]
        return problems + [p for inner in element["elements"] for p in _rich_problems(inner)]
    if sort not in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        return [f"unknown rich text element {sort!r}"]
    problems = []
    for inner in element["elements"]:
        if inner["type"] not in ("text", "link"):
            problems.append(f"unexpected {inner['type']!r}")
        if not inner.get("text"):
            problems.append("empty text")
        if inner["type"] == "link" and not inner.get("url", "").startswith(("http://", "https://", "mailto:")):
            problems.append("invalid url")
    return problems


class _Handler(BaseHTTPRequestHandler):
    slack: LocalSlack
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/link/"):
            self.slack.sockets.serve(self)
        else:
            self._send(404, {"ok": False})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        method = "upload" if path.startswith("/upload/") else path.rsplit("/", 1)[-1]
        if self.slack.arriving:
            self.slack.arriving(method)
        fault = self.slack.take_fault(method)
        if self.slack.before:
            self.slack.before(method)
        if fault and fault.sort == "lost_request":
            return self._drop()
        if fault and fault.sort == "rate":
            return self._send(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(fault.value)})
        if fault and fault.sort == "status":
            return self._send(fault.value, {"ok": False, "error": "internal_error"})
        if fault and fault.sort == "error":
            return self._send(200, {"ok": False, "error": fault.value})
        if method == "upload":
            self.slack.upload(path.rsplit("/", 1)[-1], body)
            answer: Json = {"ok": True}
        else:
            try:
                answer = self.slack.answer(method, self._arguments(body), self._token())
            except SlackSays as refusal:
                answer = refusal.body
        if self.slack.after:
            self.slack.after(method)
        if fault and fault.sort == "lost_answer":
            return self._drop(partial=json.dumps(answer).encode())
        return self._send(200, answer)

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _arguments(self, body: bytes) -> Json:
        if "json" in self.headers.get("Content-Type", ""):
            return dict(json.loads(body or b"{}"))
        query = self.path.partition("?")[2]
        return dict(parse_qsl(query, keep_blank_values=True)) | dict(parse_qsl(body.decode(), keep_blank_values=True))

    def _send(self, status: int, answer: Json, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(answer).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            self.close_connection = True  # the caller was killed meanwhile

    def _drop(self, partial: bytes = b"") -> None:
        """Reset the connection, after half of the answer where there is one."""
        if partial:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            self.wfile.write(f"Content-Length: {len(partial)}\r\n\r\n".encode() + partial[: len(partial) // 2])
            self.wfile.flush()
        # Zero linger makes close() send a reset, as a dying proxy does.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Quiet."""
