"""The parts of the service that let people act on Slack: the connection that brings in what they do, and the desk that
answers them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from chat.people import People
from chat.slack_desk import SlackDesk
from chat.slack_door import SlackDoor
from chat.slack_settings import SlackSettings
from nuncius.core.clock import Clock
from nuncius.journal import Journal

if TYPE_CHECKING:
    from chat.desk.desk import Desk

DESKS = 3


def slack_parts(
    journal: Journal, desk: Desk, settings: SlackSettings | None, clock: Clock, people: People | None = None
) -> dict[str, Callable[[threading.Event], None]]:
    """None where nobody can press or ask; without an app token the web page's address is the only door. Several desks
    answer, so that an approval does not wait behind somebody's preview."""
    if settings is None or not settings.interactive:
        return {}
    parts: dict[str, Callable[[threading.Event], None]] = {
        f"chat.slack.desk.{number}": SlackDesk(journal, desk, settings, clock, people).run
        for number in range(1, DESKS + 1)
    }
    if settings.app_token or settings.app_token_file:
        from chat.slack_socket import SlackSocket

        parts["chat.slack.socket"] = SlackSocket(settings, SlackDoor(journal, settings, clock)).run
    return parts
