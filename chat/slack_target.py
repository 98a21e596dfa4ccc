"""Slack as a chat target: a thread per object and channel, edited in place, found again after a crash.

Every message carries metadata (thread, slot, key), every picture a name derived from its slot and content; so what
was delivered can be read back from Slack itself when the answer to a call was lost.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from chat.contract import HEAD, Blob, Delivery, rank
from chat.markdown import clean
from chat.people import People
from chat.plaintable import cell
from chat.slack import Refused, SlackApi, SlackSettings
from chat.slack_blocks import blocks, escape, fallback
from nuncius.core.clock import Clock
from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.report import Attachment, Picture, Report, ReportState, Severity

_EVENT_TYPE = "nuncius_report"
# The message is gone or may no longer be edited: a person deleted it, or the workspace limits editing.
_GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}

#: Values of an analysis that go into a message's metadata, which Slack keeps short.
MOST_VALUES = 20

Json = dict[str, Any]


class SlackTarget:
    """Delivers to Slack. The thread's reference is `{"heads": {channel: ts}}`; a report's is `{"messages":
    {channel: ts}, "pictures": [tag], "severity": …, "called": bool}`, or `{"skipped": why}`."""

    name = "slack"
    certain = True
    heads = True
    head_in_reports = False
    silent_edits = True

    def __init__(self, settings: SlackSettings, clock: Clock, people: People | None = None) -> None:
        self._settings, self._people = settings, people or People({})
        self.most_an_hour = settings.most_an_hour
        self._api = SlackApi(settings, clock)

    def opens(self, report: Report, *, thread: Json | None, test: bool = False) -> str:
        """See Target.opens."""
        channel = self._settings.channel_for(report.severity, test=test)
        return "" if channel in (thread or {}).get("heads", {}) else channel

    def deliver(
        self, report: Report, *, blob: Blob, thread: Json | None, previous: Json | None, test: bool = False
    ) -> Delivery:
        """See Target.deliver."""
        if report.to:
            return self._tell(report, previous or {}, test=test)
        channel = self._settings.channel_for(report.severity, test=test)
        if not channel:
            silent = f"severity {report.severity.value} has no channel"
            why = "a mock alert, and slack.test_channel is not set" if test else silent
            return Delivery(reference={"skipped": why}, thread=thread or {})
        heads: dict[str, str] = dict((thread or {}).get("heads", {}))
        if report.slot == HEAD:
            return Delivery(thread={"heads": self._write(report, heads, channel, {}, test=test)})
        if channel not in heads:
            raise TransientError(f"thread {report.thread} has no first message in {channel} yet")
        old = previous or {}
        messages: dict[str, str] = dict(old.get("messages", {}))
        # An edit rings nobody's phone: a report that became more urgent is also posted where such reports go.
        raised = rank(report.severity) > rank(Severity(old.get("severity", Severity.INFO)))
        where = channel if not messages or raised or channel in messages else next(iter(messages))
        messages = self._write(report, messages, where, heads, test=test)
        pictures = self._upload(report, blob, where, heads[where], set(old.get("pictures", [])))
        called = bool(old.get("called")) or self._call_people(report, where, messages[where], test=test)
        reference = {"messages": messages, "pictures": sorted(pictures), "severity": report.severity.value}
        return Delivery(reference={**reference, "called": called}, thread=thread or {})

    def find(self, report: Report, *, thread: Json | None, test: bool = False) -> Delivery | None:
        """See Target.find. Reads the channel's history for a head, the thread's replies for a report."""
        if report.to:
            room = self._api.direct(self._user(report.to))
            there = next(
                (m["ts"] for m in self._api.history(room, most=200) if _is(m, report.thread, report.slot)), None
            )
            return Delivery(reference={"messages": {room: there}}) if there else None
        channel = self._settings.channel_for(report.severity, test=test)
        if not channel:
            return None
        if report.slot == HEAD:
            return self._find_head(report, channel, thread)
        messages: dict[str, str] = {}
        names: set[str] = set()
        heads: dict[str, str] = (thread or {}).get("heads", {})
        for room, head_ts in heads.items():
            for message in self._api.replies(room, head_ts):
                names |= {str(file.get("name", "")) for file in message.get("files", [])}
                if _is(message, report.thread, report.slot):
                    messages[room] = message["ts"]
        carried: list[Picture | Attachment] = [*report.pictures, *report.attachments]
        pictures = [tag for p in carried if any((tag := _tag(report, p)) in name for name in names)]
        if not messages and not pictures:
            return None
        called = any(self._was_called(report, room, ts) for room, ts in messages.items())
        return Delivery(reference={"messages": messages, "pictures": pictures, "called": called}, thread=thread or {})

    def _find_head(self, report: Report, channel: str, thread: Json | None) -> Delivery | None:
        known = dict((thread or {}).get("heads", {}))
        if channel not in known:
            found = next((m["ts"] for m in self._api.history(channel) if _is(m, report.thread, HEAD)), None)
            known |= {channel: found} if found else {}
        return Delivery(thread={"heads": known}) if known else None

    def _tell(self, report: Report, previous: Json, *, test: bool) -> Delivery:
        """A message to one person, who alone asked for it: also about a mock, where they asked for mocks."""
        messages: dict[str, str] = dict(previous.get("messages", {}))
        room = next(iter(messages), "") or self._api.direct(self._user(report.to))
        return Delivery(reference={"messages": self._write(report, messages, room, {}, test=test)})

    def _user(self, reader: str) -> str:
        """The Slack ID of whom a report is for."""
        person = self._people.by_id(reader)
        user = person.slack if person is not None else reader.removeprefix("slack:")
        if not user or ":" in user:
            raise PermanentError(f"the settings name no Slack ID for {reader}; set slack in their [people] section")
        return user

    def _write(
        self, report: Report, messages: dict[str, str], channel: str, heads: dict[str, str], *, test: bool
    ) -> dict[str, str]:
        """Edit the report's messages where they stand; post it in `channel` if it is not there."""
        text = fallback(report, test=test)
        body = blocks(report, test=test, interactive=self._settings.interactive)
        content = {
            "text": text,
            "blocks": body,
            "metadata": _metadata(report.thread, report.slot, report.key, **_facts(report)),
        }
        kept = {}
        for room, ts in messages.items():
            try:
                self._api.update(room, ts, **content)
                kept[room] = ts
            except Refused as error:
                if error.code not in _GONE:
                    raise
        if channel not in kept:
            place = {"thread_ts": heads[channel]} if channel in heads else {}
            kept[channel] = self._api.post(channel, **content, **place)
        return kept

    def _upload(self, report: Report, blob: Blob, channel: str, head_ts: str, there: set[str]) -> set[str]:
        new = [p for p in report.pictures if _tag(report, p) not in there]
        data = [a for a in report.attachments if _tag(report, a) not in there]
        if not (new or data) or report.state is not ReportState.CURRENT:
            return there
        files = [
            {
                "content": blob(picture.sha256),
                "filename": f"{_safe(picture.name)}-{_tag(report, picture)}.png",
                "title": clean(picture.caption)[:250] or picture.name,
                "alt_txt": clean(picture.alt)[:1000],
            }
            for picture in new
        ]
        files += [
            {
                "content": blob(file.sha256),
                "filename": f"{_safe(file.name.partition('.')[0])}-{_tag(report, file)}.{file.name.rpartition('.')[2]}",
                "title": clean(file.name)[:250],
            }
            for file in data
        ]
        self._api.upload(channel, head_ts, files)
        return there | {_tag(report, picture) for picture in new} | {_tag(report, file) for file in data}

    def _call_people(self, report: Report, channel: str, ts: str, *, test: bool) -> bool:
        """A mention in a thread or in an edit notifies nobody: severity page posts one line in the channel."""
        mention = self._settings.page_mention
        if test or not mention or report.severity is not Severity.PAGE or report.state is not ReportState.CURRENT:
            return False
        link = self._api.permalink(channel, ts)
        line = f"{mention} *PAGE* {escape(clean(report.title)[:300])} · <{link}|read the report>"
        section = {"type": "section", "text": {"type": "mrkdwn", "text": line, "verbatim": True}}
        self._api.post(
            channel, text=line, blocks=[section], metadata=_metadata(report.thread, _call_slot(report), report.key)
        )
        return True

    def _was_called(self, report: Report, channel: str, ts: str) -> bool:
        if not self._settings.page_mention or report.severity is not Severity.PAGE:
            return False
        return any(_is(m, report.thread, _call_slot(report)) for m in self._api.history(channel, oldest=ts))


def _call_slot(report: Report) -> str:
    return f"{report.slot}/call"


def _metadata(thread: str, slot: str, key: str, **more: Any) -> Json:
    return {"event_type": _EVENT_TYPE, "event_payload": {"thread": thread, "slot": slot, "key": key, **more}}


def _facts(report: Report) -> Json:
    """What a machine that reads the channel wants to know: the cause, how it stands, and an analysis's values."""
    told: Json = {"rule": report.rule, "event": report.event_id, "severity": report.severity.value}
    told |= {"state": report.state.value, "revision": report.revision}
    values = next((table.rows for table in report.tables if table.columns == ["quantity", "value"]), [])
    kept = {str(row[0]): cell(row[1]) for row in values[:MOST_VALUES] if len(row) == 2}
    return {name: value for name, value in (told | {"values": kept}).items() if value}


def _is(message: Json, thread: str, slot: str) -> bool:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return bool(
        metadata.get("event_type") == _EVENT_TYPE and payload.get("thread") == thread and payload.get("slot") == slot
    )


def _tag(report: Report, picture: Picture | Attachment) -> str:
    """Names one picture or file of one slot: twelve hexadecimal digits."""
    return hashlib.sha256(f"{report.slot}\n{picture.sha256}".encode()).hexdigest()[:12]


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:40] or "picture"
