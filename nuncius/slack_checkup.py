"""What `nuncius doctor` finds of Slack: looked at, never repeated, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analyses.checks.contract import Finding
from chat.slack_settings import SlackSettings, read_secret
from nuncius.core.errors import ConfigurationError
from nuncius.settings import Settings


def slack_findings(settings: Settings) -> Iterator[Finding]:
    """Tokens, channel and doors."""
    slack = settings.slack
    if slack is None:
        wanted = "slack" in settings.targets
        mend = "set SLACK_BOT_TOKEN and [slack] channel, or take slack out of targets" if wanted else ""
        yield Finding(name="slack", ok=False if wanted else None, reason="not set up", mend=mend)
        return
    token = slack.token
    if not token and slack.token_file:
        try:
            token = Path(slack.token_file).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = f"token file {slack.token_file}: {type(error).__name__}"
            yield Finding(name="slack", ok=False, reason=reason, mend="name a readable file in slack.token_file")
            return
    yield _slack_token(token, bool(slack.channel or slack.channels))
    yield _slack_doors(slack)


def _slack_token(token: str, channel: bool) -> Finding:
    mend = "copy the Bot User OAuth Token (xoxb-…) from the app's page, OAuth & Permissions, to SLACK_BOT_TOKEN"
    if not token:
        return Finding(name="slack", ok=False, reason="no token", mend=mend)
    if not token.startswith("xoxb-"):
        kind = token.split("-")[0] if token.startswith("xox") else "something else"
        return Finding(name="slack", ok=False, reason=f"the token is no bot token ({kind}-…)", mend=mend)
    if not channel:
        mend = "set the channel's ID (C0123456789) as channel under [slack]"
        return Finding(name="slack", ok=False, reason="no channel to post to", mend=mend)
    return Finding(name="slack", ok=True, reason="bot token present, channel set")


def _slack_doors(slack: SlackSettings) -> Finding:
    """How people's buttons and words come in."""
    name, app = "slack buttons", slack.app_token
    if not slack.interactive:
        mend = "set SLACK_APP_TOKEN (xapp-…) to let people press buttons and ask; see docs/chat.md"
        return Finding(name=name, ok=None, reason="not set up: messages have no buttons", mend=mend)
    try:
        app = app or (read_secret(slack.app_token_file, "an app token", "app_token") if slack.app_token_file else "")
        if slack.signing_secret_file:
            read_secret(slack.signing_secret_file, "a signing secret", "signing_secret")
    except ConfigurationError as error:
        return Finding(
            name=name, ok=False, reason=str(error), mend="name a readable file, or set it by the environment"
        )
    if app and not app.startswith("xapp-"):
        kind = app.split("-")[0] if app.startswith("xox") else "something else"
        mend = "make an App-Level Token with the scope connections:write on the app's page, Basic Information"
        return Finding(name=name, ok=False, reason=f"the app token is none ({kind}-…)", mend=mend)
    doors = [word for word, open_ in (("Socket Mode", bool(app)), ("/slack of the web page", _signs(slack))) if open_]
    if not slack.reviewers:
        mend = "name user IDs or user groups in slack.reviewers"
        return Finding(name=name, ok=False, reason=f"{' and '.join(doors)}; nobody may approve", mend=mend)
    return Finding(name=name, ok=True, reason=f"{' and '.join(doors)}; {len(slack.reviewers)} reviewers or groups")


def _signs(slack: SlackSettings) -> bool:
    return bool(slack.signing_secret or slack.signing_secret_file)
