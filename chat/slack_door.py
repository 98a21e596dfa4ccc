"""The way in from Slack, whichever door it is: what people do is kept in the inbox, then acknowledged; forms are opened
at once. Nothing is answered here."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from chat.slack import SlackApi, SlackSettings
from chat.slack_buttons import reason_form
from chat.slack_requests import read
from nuncius.core.clock import Clock
from nuncius.core.errors import FormatError, NunciusError
from nuncius.journal import Journal
from nuncius.journal.inbox import Inbox

log = logging.getLogger(__name__)

DOOR = "slack"


class SlackDoor:
    """Takes payloads in. Several may be open: Socket Mode here, the web page's address there."""

    def __init__(self, journal: Journal, settings: SlackSettings, clock: Clock) -> None:
        self._inbox = Inbox(journal, DOOR)
        self._api = SlackApi(settings, clock)
        self._clock = clock

    def take(self, sort: str, payload: Any) -> str:
        """Keep what a payload asks for; returns "new", "again" (it was delivered before), "form" (one is to be opened
        by `open_form`), or "nothing". When this returns it is safe to acknowledge. Raises TransientError where it
        could not be kept."""
        try:
            found = read(sort, payload if isinstance(payload, dict) else {})
        except FormatError as error:
            log.warning("Slack sent what cannot be understood: %s", error)
            return "nothing"
        if found.form:
            return "form"
        if found.request is None:
            return "nothing"
        new = self._inbox.put(found.delivery, msgspec.to_builtins(found.request), self._clock.now())
        return "new" if new else "again"

    def open_form(self, sort: str, payload: Any) -> None:
        """Open the form that a button asks for, if it asks for one."""
        found = read(sort, payload)
        if not found.form:
            return
        words, _, place = found.form.partition("\n")
        try:
            self._api.open_view(found.trigger, reason_form(words, place))
        except NunciusError as error:
            # The trigger is gone by the time one could try again: the person presses once more.
            log.warning("a form could not be opened: %s", error)
