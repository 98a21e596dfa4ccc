"""Reads what Slack sends when people press buttons, fill in forms, give commands or mention us. Pure: payloads in, what
to keep in the inbox out. All of it was written by strangers, so every field is looked at before it is used."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from chat.slack_buttons import PREFIX, REASON, WITH_REASON
from nuncius.core.errors import FormatError

Json = dict[str, Any]
#: The kinds of payload, as Socket Mode names them.
Sort = Literal["interactive", "slash_commands", "events_api"]
_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
_MOST = 6000


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants, and where the answer goes. `whisper`: only they see it. `ts` is the message that a button
    stands in; `thread_ts` the thread to answer in, if any."""

    words: str
    user: str
    channel: str = ""
    thread_ts: str = ""
    ts: str = ""
    whisper: bool = True


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a payload comes to: a request under its delivery's id; or a form to open at once, because its trigger is
    good for three seconds; or nothing of ours."""

    delivery: str = ""
    request: Request | None = None
    form: str = ""
    trigger: str = ""


NOTHING = Read()


def read(sort: str, payload: Json) -> Read:
    """What a payload wants. Raises FormatError where it is not as Slack documents it."""
    try:
        match sort:
            case "interactive":
                return _interactive(payload)
            case "slash_commands":
                return _command(payload)
            case "events_api":
                return _event(payload)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise FormatError(f"a Slack payload of sort {sort} lacks or garbles {error}") from error
    return NOTHING


def _interactive(payload: Json) -> Read:
    match payload.get("type"):
        case "block_actions":
            return _pressed(payload)
        case "view_submission":
            return _submitted(payload)
    return NOTHING


def _pressed(payload: Json) -> Read:
    action = payload["actions"][0]
    if not _text(action["action_id"]).startswith(PREFIX):
        return NOTHING
    words = _text(action["value"] if "value" in action else action["selected_option"]["value"])
    user = _text(payload["user"]["id"])
    # A whisper that holds a button is told by its container alone.
    message, container = payload.get("message") or {}, payload.get("container") or {}
    channel = _text((payload.get("channel") or {}).get("id", "") or container.get("channel_id", ""))
    ts = _text(message.get("ts", "") or container.get("message_ts", ""))
    thread_ts = _text(message.get("thread_ts", "") or container.get("thread_ts", ""))
    request = Request(words=words, user=user, channel=channel, ts=ts, thread_ts=thread_ts)
    if words.partition(" ")[0] in WITH_REASON:
        place = f"{request.channel} {request.thread_ts} {request.ts}"
        return Read(form=f"{words}\n{place}", trigger=_text(payload["trigger_id"]), request=request)
    # Slack has no id for a press; its moment, place and person are the same when it is sent again.
    delivery = f"slack:press:{channel}:{ts}:{_text(action['action_ts'])}:{user}:{_text(action['action_id'])}"
    return Read(delivery=delivery, request=request)


def _submitted(payload: Json) -> Read:
    view = payload["view"]
    if view.get("callback_id") != REASON:
        return NOTHING
    words, _, place = _text(view["private_metadata"]).partition("\n")
    channel, thread_ts, ts = [*place.split(" "), "", "", ""][:3]
    why = " ".join(_text(view["state"]["values"]["why"]["why"].get("value") or "").split())
    request = Request(
        words=f"{words} {why}".strip()[:_MOST],
        user=_text(payload["user"]["id"]),
        channel=channel,
        thread_ts=thread_ts,
        ts=ts,
    )
    return Read(delivery=f"slack:view:{_text(view['id'])}", request=request)


def _command(payload: Json) -> Read:
    request = Request(
        words=_plain(payload.get("text", "")), user=_text(payload["user_id"]), channel=_text(payload["channel_id"])
    )
    return Read(delivery=f"slack:command:{_text(payload['trigger_id'])}", request=request)


def _event(payload: Json) -> Read:
    event = payload["event"]
    direct = event.get("type") == "message" and event.get("channel_type") == "im"
    # Our own messages, edits and joins are events too.
    if not (direct or event.get("type") == "app_mention") or event.get("bot_id") or event.get("subtype"):
        return NOTHING
    ts = _text(event["ts"])
    request = Request(
        words=_plain(_text(event.get("text", ""))),
        user=_text(event["user"]),
        channel=_text(event["channel"]),
        thread_ts=_text(event.get("thread_ts", "") or ("" if direct else ts)),
        whisper=False,
    )
    return Read(delivery=f"slack:event:{_text(payload['event_id'])}", request=request)


def _plain(text: Any) -> str:
    """What somebody typed, without the mention of us and Slack's escapes (`&lt;`, `<https://…|…>`)."""
    said = _MENTION.sub(" ", _text(text), count=1)
    said = re.sub(r"<(?:mailto:)?([^|>]+)(?:\|([^>]*))?>", lambda m: m[2] or m[1], said)
    said = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    for curly, straight in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("\u00a0", " ")):
        said = said.replace(curly, straight)
    return said.strip()[:_MOST]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text, where {type(value).__name__} is")
    return value[:_MOST]
