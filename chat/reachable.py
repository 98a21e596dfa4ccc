"""Asks each chat target whether it is there and takes our token, without posting anything: for sanity checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from chat.slack import SlackApi, SlackSettings
from nuncius.core.clock import SystemClock
from nuncius.core.errors import ConfigurationError


def questions(targets: Sequence[str], slack: SlackSettings | None) -> dict[str, Callable[[], str]]:
    """For each target that can be asked, the question. It gives words for people, or raises what is wrong."""
    if "slack" not in targets:
        return {}
    return {"slack": partial(_slack, slack)}


def _slack(settings: SlackSettings | None) -> str:
    if settings is None:
        raise ConfigurationError("it has no [slack] section in the settings; see docs/chat.md")
    if settings.token_file and not settings.token and not Path(settings.token_file).expanduser().is_file():
        raise ConfigurationError(f"slack.token_file {settings.token_file!r} is not there")
    return SlackApi(settings, SystemClock()).who_am_i()
