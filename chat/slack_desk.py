"""Slack's desk: takes what people asked for out of the inbox, sees who they are, has the desk do it, and brings the
answer back to where it was asked."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

import msgspec

from chat.desk.answers import Answer, Asking, Person
from chat.desk.desk import Desk
from chat.people import People, Role
from chat.slack import Refused, SlackApi, SlackSettings
from chat.slack_blocks import blocks, fallback
from chat.slack_buttons import offered
from chat.slack_door import DOOR
from chat.slack_requests import Request
from nuncius.core.clock import Clock
from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.report import Report
from nuncius.journal import Journal
from nuncius.journal.inbox import Asked, Inbox

log = logging.getLogger(__name__)

POLL_S = 0.25
#: How long names and groups of people are remembered.
REMEMBERED = timedelta(minutes=5)
FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
_ANSWER = "nuncius_answer"
#: Where Slack shows nobody a whisper: the bot or the person is not in the channel.
_NOT_THERE = {"channel_not_found", "not_in_channel", "user_not_in_channel", "messages_tab_disabled"}


class SlackDesk:
    """Answers on Slack. Several may run side by side: each request is held by one."""

    def __init__(
        self, journal: Journal, desk: Desk, settings: SlackSettings, clock: Clock, people: People | None = None
    ) -> None:
        self._known_people = people or People({})
        self._journal, self._desk, self._settings, self._clock = journal, desk, settings, clock
        self._inbox, self._api = Inbox(journal, DOOR), SlackApi(settings, clock)
        self._people: dict[str, tuple[datetime, Person]] = {}

    def run(self, stop: threading.Event) -> None:
        """Answer until `stop` is set."""
        while not stop.is_set():
            if not self.step():
                self._journal.wait_for_work(POLL_S)

    def step(self) -> bool:
        """Answer one request; False where there is none."""
        asked = self._inbox.take(self._clock.now())
        if asked is None:
            return False
        try:
            self._answer(asked, msgspec.convert(asked.request, type=Request))
        except TransientError as error:
            wait = error.retry_after_s or min(FIRST_RETRY_S * 2**asked.attempt, LONGEST_RETRY_S)
            log.warning("an answer waits %.0f s: %s", wait, error)
            self._inbox.later(asked, self._clock.now(), str(error), wait)
        except PermanentError as error:
            log.error("an answer could not be given: %s", error)
            self._inbox.done(asked, self._clock.now(), str(error))
        except Exception as error:  # a request that trips over a bug must not keep the others waiting
            log.exception("what was asked in chat could not be answered")
            self._inbox.done(asked, self._clock.now(), f"{type(error).__name__}: {error}")
        else:
            self._inbox.done(asked, self._clock.now())
        return True

    def _answer(self, asked: Asked, request: Request) -> None:
        thread = self._journal.thread_at(DOOR, request.channel, request.thread_ts) if request.thread_ts else None
        asking = Asking(
            words=request.words, person=self._person(request.user), delivery=asked.delivery, thread=thread or ""
        )
        answer = self._desk.hear(asking)
        if asked.attempt > 1 and not answer.ok and self._journal.get(f"review:{asked.delivery}") is not None:
            # The act was done before its answer was lost; done again it is refused, which would be misleading.
            answer = Answer(title="Done", text="It was done; only the answer came late.")
        content = {"text": fallback(_said(answer), test=False), "blocks": _dressed(answer)}
        if answer.pictures or (request.whisper and not request.channel):
            channel = self._api.direct(request.user) if request.whisper else request.channel
            self._say(asked, answer, content, channel, "" if request.whisper else request.thread_ts)
        elif request.whisper:
            self._whisper(request, content)
        else:
            self._say(asked, answer, content, request.channel, request.thread_ts)

    def _whisper(self, request: Request, content: dict[str, Any]) -> None:
        try:
            self._api.whisper(request.channel, request.user, request.thread_ts, **content)
        except Refused as error:
            if error.code not in _NOT_THERE:
                raise
            self._api.post(self._api.direct(request.user), **content)

    def _say(self, asked: Asked, answer: Answer, content: dict[str, Any], channel: str, thread_ts: str) -> None:
        """Post an answer that others may see; after a lost reply Slack is asked first whether it is there."""
        place = {"thread_ts": thread_ts} if thread_ts else {}
        metadata = {"event_type": _ANSWER, "event_payload": {"delivery": asked.delivery}}
        ts = self._there(asked, channel, thread_ts) if asked.attempt > 1 else None
        if ts is None:
            ts = self._api.post(channel, **content, metadata=metadata, **place)
        files = [
            {
                "content": self._journal.blob(picture.sha256),
                "filename": f"{picture.name}-{picture.sha256[:12]}.png",
                "title": picture.caption[:250],
                "alt_txt": picture.alt[:1000],
            }
            for picture in answer.pictures
        ]
        if files:
            self._api.upload(channel, thread_ts or ts, files)

    def _there(self, asked: Asked, channel: str, thread_ts: str) -> str | None:
        found = self._api.replies(channel, thread_ts) if thread_ts else self._api.history(channel, most=200)
        for message in found:
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == _ANSWER and payload.get("delivery") == asked.delivery:
                return str(message["ts"])
        return None

    def _person(self, user: str) -> Person:
        """Who a user is, and whether they may review; remembered for a while."""
        now = self._clock.now()
        known = self._people.get(user)
        if known is None or now - known[0] > REMEMBERED:
            named = self._settings.reviewers
            groups = [group for group in named if group.startswith("S")]
            person = self._known_people.by_slack(user)
            reviewer = user in named or (person is not None and person.role.covers(Role.REVIEWER))
            reviewer = reviewer or any(self._belongs(user, group) for group in groups)
            also, site = ((person.id,), person.site) if person is not None else ((), "")
            named_here = self._api.called(user)
            known = (now, Person(id=f"{DOOR}:{user}", name=named_here, reviewer=reviewer, also=also, site=site))
            self._people[user] = known
        return known[1]

    def _belongs(self, user: str, group: str) -> bool:
        try:
            return user in self._api.group(group)
        except PermanentError as error:
            # Whoever asks is still answered; only reviewing waits until somebody mends it.
            log.error("nobody is a reviewer by the group %s: %s", group, error)
            return False


def _said(answer: Answer) -> Report:
    return Report(thread="", slot="answer", key="", title=answer.title, text=answer.text, tables=answer.tables)


def _dressed(answer: Answer) -> list[dict[str, Any]]:
    title, _, *body = blocks(_said(answer), test=False)  # the line below the title speaks of severity and rule
    return [title, *body, *offered(answer.offers)]
