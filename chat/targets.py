"""Opens the chat targets that the settings name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from chat.apprise_settings import AppriseSettings
from chat.contract import Target
from chat.mail_settings import EmailSettings
from chat.people import People
from chat.slack import SlackSettings
from nuncius.core.clock import Clock, SystemClock
from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import did_you_mean

if TYPE_CHECKING:
    from nuncius.journal import Journal

#: Targets by the name used in settings and in rules; beside them those of `[apprise.NAME]`.
KNOWN = ("email", "slack", "terminal", "web")


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What targets are opened with: the sections of the settings, and `page_url`, the page as people reach it."""

    slack: SlackSettings | None = None
    email: EmailSettings | None = None
    apprise: Mapping[str, AppriseSettings] = {}
    people: People = People({})
    data_dir: Path = Path("var")
    page_url: str = ""


def open_targets(
    names: Sequence[str], means: Means, *, journal: Journal | None = None, clock: Clock | None = None
) -> list[Target]:
    """The targets in the order named, each once. Raises ConfigurationError for an unknown name or missing
    settings. `journal` is here for targets that read reviews back; none of the present ones does."""
    return [_open(name, means, clock or SystemClock()) for name in dict.fromkeys(names)]


def _open(name: str, means: Means, clock: Clock) -> Target:
    match name:
        case "web":
            from chat.web import WebTarget

            return WebTarget()
        case "terminal":
            from rich.console import Console

            from chat.terminal import TerminalTarget

            return TerminalTarget(Console(), means.data_dir / "pictures")
        case "slack":
            from chat.slack_target import SlackTarget

            if means.slack is None:
                raise ConfigurationError("target 'slack' needs a [slack] section in the settings; see docs/chat.md")
            return SlackTarget(means.slack, clock, means.people)
        case "email":
            from chat.mail import EmailTarget

            if means.email is None:
                raise ConfigurationError("target 'email' needs an [email] section in the settings; see docs/chat.md")
            return EmailTarget(means.email, means.people, clock, page_url=means.page_url)
        case _ if name in means.apprise:
            from chat.apprise_target import AppriseTarget

            return AppriseTarget(name, means.apprise[name], means.people, page_url=means.page_url)
        case _:
            known = [*KNOWN, *means.apprise]
            raise ConfigurationError(f"no chat target is named '{name}'{did_you_mean(name, known)}")
