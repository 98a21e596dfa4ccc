"""Asks each chat target whether it is there and takes our token, without posting anything: for sanity checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from chat.mail_server import MailServer
from chat.mail_settings import EmailSettings, check_mail
from chat.slack import SlackApi, SlackSettings
from nuncius.core.clock import SystemClock
from nuncius.core.errors import ConfigurationError


def questions(
    targets: Sequence[str], slack: SlackSettings | None, email: EmailSettings | None = None
) -> dict[str, Callable[[], str]]:
    """For each target that can be asked, the question. It gives words for people, or raises what is wrong."""
    known: dict[str, Callable[[], str]] = {"slack": partial(_slack, slack), "email": partial(_email, email)}
    return {name: question for name, question in known.items() if name in targets}


def _slack(settings: SlackSettings | None) -> str:
    if settings is None:
        raise ConfigurationError("it has no [slack] section in the settings; see docs/chat.md")
    if settings.token_file and not settings.token and not Path(settings.token_file).expanduser().is_file():
        raise ConfigurationError(f"slack.token_file {settings.token_file!r} is not there")
    return SlackApi(settings, SystemClock()).who_am_i()


def _email(settings: EmailSettings | None) -> str:
    if settings is None:
        raise ConfigurationError("it has no [email] section in the settings; see docs/chat.md")
    check_mail(settings)
    return MailServer(settings, SystemClock()).who_am_i()
