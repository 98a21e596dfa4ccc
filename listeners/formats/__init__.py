"""From bytes to events: finds the format of a message and lets its parser read it. Opens no file and no socket.

Each format is one module of this package, found by `discover`; adding one edits no existing file. A module
registers a `Format` in `FORMATS`; its `accepts` looks at the decoded content, its `parse` makes the events.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from nuncius.core.errors import FormatError
from nuncius.core.event import Event
from nuncius.core.registry import Registry, discover

#: Larger than any alert with an embedded sky map (about 3 MB); a larger message is refused unread.
MAX_MESSAGE_BYTES = 32 * 1024 * 1024


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it arrived: its bytes, when, and where from (Kafka topic, file or archive member).

    `refused` is set by what hands the message on and could not or would not read it; `parse` then raises with it.
    """

    raw: bytes
    received: datetime
    topic: str | None = None
    name: str | None = None
    content_type: str | None = None
    refused: str | None = None

    @property
    def label(self) -> str:
        """What to call the message in an error."""
        return self.name or self.topic or "message"


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A way of writing alerts.

    `order` sorts the formats, cheap and certain tests first. `accepts` and `parse` get the message and its
    content: the decoded value where the message is JSON, the bytes otherwise (`json` says which).
    """

    order: int
    json: bool
    accepts: Callable[[Message, Any], bool]
    parse: Callable[[Message, Any], list[Event]]


FORMATS: Registry[Format] = Registry("format")


@cache
def _formats(json: bool) -> tuple[Format, ...]:
    import listeners.formats as package

    discover(package)
    return tuple(sorted((f for _, f in FORMATS.items() if f.json is json), key=lambda f: f.order))


def parse(message: Message) -> list[Event]:
    """The events in a message, usually one. Raises FormatError that says what was received and how to mend it."""
    raw = message.raw
    if message.refused is not None:
        raise FormatError(f"{message.label}: {message.refused}")
    if len(raw) > MAX_MESSAGE_BYTES:
        raise FormatError(f"{message.label}: {len(raw)} bytes; messages over {MAX_MESSAGE_BYTES} bytes are refused")
    head = raw[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if not head and not raw.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FormatError(f"{message.label}: an empty message ({len(raw)} bytes)")
    # A 160-byte binary packet may begin with any byte, but never looks like JSON to its end.
    content: Any = _json(message) if head in (b"{", b"[") and raw.rstrip()[-1:] in (b"}", b"]") else raw
    for known in _formats(content is not raw):
        if known.accepts(message, content):
            return _guarded(known, message, content)
    raise FormatError(_unknown(message, content))


def _guarded(known: Format, message: Message, content: Any) -> list[Event]:
    """A mistake of ours in a parser must not stop a topic: the message is rejected like any other, and says so."""
    try:
        return known.parse(message, content)
    except FormatError:
        raise
    except Exception as error:
        reason = f"a mistake in the parser, please report it: {type(error).__name__}: {error}"
        raise FormatError(f"{message.label}: {reason}") from error


def _json(message: Message) -> Any:
    raw = message.raw.removeprefix(b"\xef\xbb\xbf")
    try:
        try:
            return msgspec.json.decode(raw)
        except msgspec.DecodeError:
            # Python writes NaN and Infinity, which are no JSON; they are read as absent. The way back through msgspec
            # does the same to 1e999, and refuses half characters (a lone surrogate), which no journal can store.
            lenient = json.loads(raw.decode(), parse_constant=lambda _: None)
            return msgspec.json.decode(msgspec.json.encode(lenient))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise FormatError(f"{message.label}: not JSON: {error}; begins {message.raw[:60]!r}") from error


def _unknown(message: Message, content: Any) -> str:
    known = ", ".join(FORMATS)
    if isinstance(content, dict):
        return f"{message.label}: JSON of no known kind, keys {sorted(content)[:12]}; known formats: {known}"
    if isinstance(content, list):
        return f"{message.label}: a JSON list of {len(content)} items is no notice; give its items one by one"
    if b"VOEvent" in message.raw[:4096] and b"<?xml" in message.raw[:4096]:
        at = message.raw.index(b"<?xml")
        return f"{message.label}: XML begins only after {at} bytes of other text, {message.raw[:40]!r}; remove them"
    return f"{message.label}: no known format begins {message.raw[:60]!r} ({len(message.raw)} bytes); known: {known}"
