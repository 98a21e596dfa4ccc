"""What a webhook brought, as messages for the parsers: CloudEvents in all modes, GitHub's form. Reads no socket."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from console.hook_settings import Sender
from listeners.files import messages
from listeners.formats import Message
from nuncius.core.errors import FormatError

STRUCTURED, BATCH = "application/cloudevents", "application/cloudevents-batch"
#: Messages in one batch.
MOST = 1000
#: GitHub's events that mean something here.
GITHUB_EVENTS = ("release", "deployment_status")


def unwrap(sender: Sender, headers: Mapping[str, str], body: bytes, *, now: datetime) -> list[Message]:
    """The messages in a body that `sender` sent. Raises FormatError."""
    label = f"hooks/{sender.name}"
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if sender.name == "github" and kind == "application/x-www-form-urlencoded":
        body = _form(body, label)
    elif sender.tells_cloudevents:
        if kind.startswith(BATCH):
            return _batch(body, label, now)
        if "ce-specversion" in headers:
            body = _binary(headers, kind, body, label)
        elif not kind.startswith(STRUCTURED):
            raise FormatError(
                f"{label}: a CloudEvent comes with the content type {STRUCTURED}+json or {BATCH}+json, or with ce- "
                f"headers; received {kind or 'none'!r}"
            )
    return [Message(raw=body, received=now, topic=label, content_type=kind)]


def _form(body: bytes, label: str) -> bytes:
    """GitHub's other way of writing: the JSON as one field of a form."""
    found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=4).get("payload")
    if not found:
        raise FormatError(f"{label}: a form without a field 'payload'; begins {body[:60]!r}")
    return found[0].encode()


def _batch(body: bytes, label: str, now: datetime) -> list[Message]:
    if body.lstrip()[:1] != b"[":
        raise FormatError(f"{label}: a batch is a JSON list; begins {body[:60]!r}")
    found = list(messages(body, name=label, now=now))
    if len(found) > MOST:
        raise FormatError(f"{label}: {len(found)} events in one batch; at most {MOST}")
    # `received` is when it came, whatever dates are in it.
    return [msgspec.structs.replace(one, received=now, topic=label) for one in found]


def _binary(headers: Mapping[str, str], kind: str, body: bytes, label: str) -> bytes:
    """Binary mode as the structured one: attributes are headers, percent-encoded; the body is the data. What is kept of
    the message is this, which can be parsed again."""
    event: dict[str, Any] = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    if kind:
        event["datacontenttype"] = kind
    if body:
        if kind in ("", "application/json") or kind.endswith("+json"):
            try:
                event["data"] = msgspec.json.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise FormatError(f"{label}: the data is not JSON: {error}; begins {body[:60]!r}") from None
        else:
            event["data_base64"] = base64.b64encode(body).decode("ascii")
    return msgspec.json.encode(event)
