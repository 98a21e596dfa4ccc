"""The edge to Slack: with `slack_socket.py` the only module that imports slack_sdk. Calls the Web API and translates
its errors.

Needs the bot scopes that `deploy/slack/manifest.yaml` lists. Tokens are never logged and never in a message or a repr.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from chat.slack_settings import SlackSettings, check, read_secret
from nuncius.core.clock import Clock
from nuncius.core.errors import PermanentError, TransientError

#: A request that was signed longer ago was perhaps recorded and played again.
LATEST_S = 300.0

__all__ = ["Refused", "SlackApi", "SlackSettings", "signed", "translated"]

# Slack's error codes that a person can mend, and how (https://docs.slack.dev/reference/methods/chat.postMessage).
_MEND = {
    "invalid_auth": "the bot token is wrong; copy it anew from the app's page, OAuth & Permissions",
    "not_authed": "no bot token was sent; set slack.token or slack.token_file",
    "account_inactive": "the bot or its workspace was removed; install the app again",
    "token_revoked": "the bot token was revoked; install the app again and copy the new token",
    "token_expired": "the bot token expired; copy a new one from the app's page",
    "missing_scope": "add chat:write, files:write and channels:history to the app and install it again",
    "no_permission": "add chat:write to the app and install it again",
    "channel_not_found": "check the channel's ID; invite the bot if the channel is private",
    "not_in_channel": "invite the bot to the channel: /invite @nuncius",
    "is_archived": "the channel is archived; name another one in the settings",
    "restricted_action": "a workspace setting forbids the bot to post there; ask its administrator",
}
_PASSING = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


class Refused(PermanentError):
    """Slack said no; `code` is its error code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class SlackApi:
    """Slack's Web API, paced per channel, with errors of our tree. One object a thread of execution."""

    def __init__(self, settings: SlackSettings, clock: Clock) -> None:
        token = settings.token or read_secret(settings.token_file, "a bot token", "token")
        check(settings)
        # Here, because settings are read by every command and this import takes a fifth of a second.
        from slack_sdk import WebClient

        # No retry handlers: the default one repeats a post whose answer was lost, and so doubles the message.
        self._client = WebClient(token=token, base_url=settings.base_url, timeout=settings.timeout_s, retry_handlers=[])
        self._clock, self._pace = clock, settings.pace_s
        self._last: dict[str, datetime] = {}

    def who_am_i(self) -> str:
        """auth.test: whose token it is, in words."""
        said = self._call(self._client.auth_test)
        return f"{said.get('user', 'the bot')} in {said.get('team', 'the workspace')}"

    def post(self, channel: str, **message: Any) -> str:
        """chat.postMessage; returns the message's timestamp, which is its id."""
        self._wait(channel)
        # Nothing is parsed or unfolded that Block Kit does not say explicitly.
        quiet = {"link_names": False, "unfurl_links": False, "unfurl_media": False}
        return str(self._call(self._client.chat_postMessage, channel=channel, **quiet, **message)["ts"])

    def update(self, channel: str, ts: str, **message: Any) -> None:
        """chat.update; safe to repeat."""
        self._wait(channel)
        self._call(self._client.chat_update, channel=channel, ts=ts, **message)

    def upload(self, channel: str, thread_ts: str, files: list[dict[str, Any]]) -> None:
        """files_upload_v2 of all files in one message of the thread."""
        self._wait(channel)
        self._call(self._client.files_upload_v2, channel=channel, thread_ts=thread_ts, file_uploads=files)

    def whisper(self, channel: str, user: str, thread_ts: str = "", **message: Any) -> None:
        """chat.postEphemeral: only `user` sees it."""
        place = {"thread_ts": thread_ts} if thread_ts else {}
        self._call(self._client.chat_postEphemeral, channel=channel, user=user, **place, **message)

    def direct(self, user: str) -> str:
        """conversations.open: the channel between us and one person."""
        return str(self._call(self._client.conversations_open, users=user)["channel"]["id"])

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> None:
        """views.open: a form; a trigger is good for three seconds."""
        self._call(self._client.views_open, trigger_id=trigger_id, view=view)

    def group(self, group: str) -> list[str]:
        """usergroups.users.list: who belongs to a user group."""
        return list(self._call(self._client.usergroups_users_list, usergroup=group).get("users", []))

    def called(self, user: str) -> str:
        """users.info: what people call somebody; the ID where the app may not ask."""
        try:
            found = self._call(self._client.users_info, user=user).get("user", {})
        except PermanentError:
            return user
        profile = found.get("profile", {})
        return str(profile.get("display_name") or profile.get("real_name") or found.get("name") or user)

    def permalink(self, channel: str, ts: str) -> str:
        """chat.getPermalink."""
        return str(self._call(self._client.chat_getPermalink, channel=channel, message_ts=ts)["permalink"])

    def replies(self, channel: str, ts: str) -> Iterator[dict[str, Any]]:
        """Every message of a thread, with metadata."""
        yield from self._pages(self._client.conversations_replies, channel=channel, ts=ts)

    def history(self, channel: str, *, oldest: str = "0", most: int = 1000) -> Iterator[dict[str, Any]]:
        """The channel's own messages, newest first, with metadata, at most about `most`."""
        yield from self._pages(self._client.conversations_history, pages=most // 200, channel=channel, oldest=oldest)

    def _pages(self, method: Callable[..., Any], *, pages: int = 50, **arguments: Any) -> Iterator[dict[str, Any]]:
        cursor = ""
        for _ in range(pages):
            more = {"cursor": cursor} if cursor else {}
            answer = self._call(method, limit=200, include_all_metadata=True, **arguments, **more)
            yield from answer.get("messages", [])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return

    def _wait(self, channel: str) -> None:
        last = self._last.get(channel)
        if last is not None:
            wait = self._pace - (self._clock.now() - last).total_seconds()
            if wait > 0:
                self._clock.sleep(wait)
        self._last[channel] = self._clock.now()

    def _call(self, method: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
        from slack_sdk.errors import SlackApiError, SlackClientError

        name, channel = method.__name__, arguments.get("channel", "")
        try:
            answer = method(**arguments)
        except SlackApiError as error:
            raise translated(name, channel, error.response) from error
        except HTTPError as error:  # the upload's own address, which slack_sdk leaves as it is
            wait = error.headers.get("Retry-After") if error.code == 429 else None
            raise TransientError(f"{name}: HTTP {error.code}", retry_after_s=float(wait) if wait else None) from error
        except (URLError, HTTPException, OSError, SlackClientError) as error:
            raise TransientError(f"{name} in {channel}: no answer from Slack: {error!r}") from error
        return dict(answer.data)


def translated(name: str, channel: str, response: Any) -> TransientError | PermanentError:
    """Slack's refusal as an error of our tree."""
    code, status = str(response.get("error", "unknown_error")), response.status_code
    if status == 429 or code in ("ratelimited", "rate_limited"):
        headers = {key.lower(): value for key, value in response.headers.items()}
        wait = float(headers.get("retry-after", 30))
        return TransientError(f"{name} in {channel}: Slack asks to wait {wait:g} s", retry_after_s=wait)
    if status >= 500 or code in _PASSING or "non-JSON" in code:
        return TransientError(f"{name} in {channel}: Slack failed with HTTP {status} ({code[:80]})")
    details = "; ".join((response.get("response_metadata") or {}).get("messages", []))
    mend = _MEND.get(code) or details or "see Slack's documentation of this method"
    return Refused(f"{name} in {channel}: Slack refused it with '{code}': {mend}", code)


def signed(secret: str, body: bytes, timestamp: str, signature: str, now: float) -> bool:
    """Whether Slack signed a request with the app's secret, not more than five minutes before or after `now`."""
    from slack_sdk.signature import SignatureVerifier

    if not (timestamp.isascii() and timestamp.isdecimal()) or abs(now - int(timestamp[:12])) > LATEST_S:
        return False
    try:
        expected = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    except UnicodeDecodeError:  # no text at all; what Slack sends is
        return False
    return expected is not None and hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
