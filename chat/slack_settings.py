"""How Slack is set up: settings, the secrets they name, and what is wrong with them. Nothing here talks to Slack."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from nuncius.core.errors import ConfigurationError
from nuncius.core.report import Severity

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{2,}")
_REVIEWER_ID = re.compile(r"[UWS][A-Z0-9]{2,}")


class SlackSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and how to post on Slack. Channels are IDs (C0123456789), because Slack edits messages only by ID."""

    token: str = ""
    """Bot token (xoxb-…); better kept in a file or in the environment than in the settings."""
    token_file: str = ""
    """File that holds the bot token; read at the start."""
    channel: str = ""
    """Channel for every severity that `channels` does not name."""
    channels: dict[Severity, str] = {}
    """Channel by severity: info, notice, warning, page. `""`: such reports are not posted, the web page has them."""
    test_channel: str = ""
    """Channel for mock alerts and injections. Empty: they are not posted at all."""
    page_mention: str = ""
    """Who is called by severity page, in Slack's own form: `<!channel>`, `<!subteam^S0123>`, `<@U0123>`. Empty:
    nobody is."""
    base_url: str = "https://slack.com/api/"
    """Address of the Web API; tests point it at a local server."""
    timeout_s: int = 30
    """Longest wait for one answer, in seconds."""
    pace_s: float = 1.0
    """Shortest time between two writes to one channel, in seconds; Slack allows about one a second."""
    app_token: str = ""
    """App-level token (xapp-…) for Socket Mode: with it people can press buttons and ask, and no address of ours needs
    to be reachable."""
    app_token_file: str = ""
    """File that holds the app-level token; read at the start."""
    signing_secret: str = ""
    """Signing secret of the app: buttons and commands may then come to `/slack` of the web page instead."""
    signing_secret_file: str = ""
    """File that holds the signing secret; read at the start."""
    reviewers: list[str] = []
    """Who may approve, reject, mute and repeat: user IDs (U0123) and IDs of user groups (S0123). Empty: nobody may, and
    anyone may still ask."""
    most_an_hour: int = 20
    """New threads that a channel gets in an hour before further objects are gathered in one digest; pages and questions
    always get through. 0: no bound."""
    page_url: str = ""
    """Address of the web page as people reach it, for links in digests. Empty: no links."""

    def __repr__(self) -> str:
        token = "set" if self.token else "not set"
        return f"SlackSettings(channel={self.channel!r}, channels={self.channels!r}, token={token})"

    @property
    def interactive(self) -> bool:
        """Whether people can press buttons: one of the two doors is open."""
        return any((self.app_token, self.app_token_file, self.signing_secret, self.signing_secret_file))

    def channel_for(self, severity: Severity, *, test: bool) -> str:
        """The channel a report belongs in; empty: it is not posted."""
        return self.test_channel if test else self.channels.get(severity, self.channel)


def read_secret(path: str, what: str, key: str) -> str:
    """A secret from its file. Raises ConfigurationError naming the setting, never the secret."""
    if not path:
        raise ConfigurationError(f"Slack needs {what}: set slack.{key}_file, or slack.{key} by the environment")
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        raise ConfigurationError(f"slack.{key}_file {path!r} cannot be read: {why}") from error


def check(settings: SlackSettings) -> None:
    """Raises ConfigurationError for channels or reviewers that are no IDs, and where a severity has no channel."""
    named = {"channel": settings.channel, "test_channel": settings.test_channel}
    named |= {f"channels.{severity}": channel for severity, channel in settings.channels.items()}
    for key, channel in named.items():
        if channel and not _CHANNEL_ID.fullmatch(channel):
            raise ConfigurationError(
                f"slack.{key} is {channel!r}, which is not a channel ID like C0123456789; Slack shows the ID at the "
                "end of the channel's details"
            )
    if not settings.channel and len(settings.channels) < len(Severity):
        raise ConfigurationError("slack.channel is empty and slack.channels does not name every severity; set one")
    for person in settings.reviewers:
        if not _REVIEWER_ID.fullmatch(person):
            raise ConfigurationError(
                f"slack.reviewers names {person!r}, which is no ID of a user (U0123456789, in their profile) or of a "
                "user group (S0123456789)"
            )
