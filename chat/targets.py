"""Opens the chat targets that the settings name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chat.contract import Target
from chat.slack import SlackSettings
from nuncius.core.clock import Clock, SystemClock
from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import did_you_mean

if TYPE_CHECKING:
    from nuncius.journal import Journal

#: Targets by the name used in settings and in rules.
KNOWN = ("slack", "terminal", "web")


def open_targets(
    names: Sequence[str],
    *,
    journal: Journal,
    slack: SlackSettings | None,
    data_dir: Path,
    clock: Clock | None = None,
) -> list[Target]:
    """The targets in the order named, each once. Raises ConfigurationError for an unknown name or missing
    settings. `journal` is here for targets that read reviews back; none of the present ones does."""
    return [_open(name, slack, data_dir, clock or SystemClock()) for name in dict.fromkeys(names)]


def _open(name: str, slack: SlackSettings | None, data_dir: Path, clock: Clock) -> Target:
    match name:
        case "web":
            from chat.web import WebTarget

            return WebTarget()
        case "terminal":
            from rich.console import Console

            from chat.terminal import TerminalTarget

            return TerminalTarget(Console(), data_dir / "pictures")
        case "slack":
            from chat.slack_target import SlackTarget

            if slack is None:
                raise ConfigurationError("target 'slack' needs a [slack] section in the settings; see docs/chat.md")
            return SlackTarget(slack, clock)
        case _:
            raise ConfigurationError(f"no chat target is named '{name}'{did_you_mean(name, list(KNOWN))}")
