"""How a further place is set up that messages reach by apprise. Nothing here talks to it, or imports apprise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from nuncius.core.errors import ConfigurationError
from nuncius.core.report import Severity


class AppriseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further place, `[apprise.NAME]`: Telegram, Matrix, Mattermost, Teams, Discord, ntfy, a webhook, … whatever
    apprise knows (`pip install nuncius[apprise]`). It gets all reports where `targets` names it, and what is for a
    person whose `targets` name it."""

    url: str = ""
    """Its address, which holds its secrets: keep it in a file, or in the environment as `NUNCIUS_APPRISE_NAME`."""
    url_file: str = ""
    """File that holds the address; read at the start."""
    least: Severity = Severity.NOTICE
    """Least severity of reports for everybody; what is for one person is sent whatever it is."""
    tests: bool = False
    """Whether mock alerts and injections are told there, beside real ones."""
    most_an_hour: Annotated[int, msgspec.Meta(ge=0)] = 10
    """New threads for everybody in an hour before further ones are gathered in one message at its end; pages and
    questions always get through. 0: no bound."""
    timeout_s: Annotated[int, msgspec.Meta(ge=1)] = 30
    """Longest wait for one delivery, in seconds."""

    def __repr__(self) -> str:
        return f"AppriseSettings(url={'set' if self.url else 'not set'}, url_file={self.url_file!r})"


def apprise_url(name: str, settings: AppriseSettings) -> str:
    """The address, from its file where it is in one. Raises ConfigurationError, never with the address."""
    if settings.url:
        return settings.url
    if not settings.url_file:
        raise ConfigurationError(f"[apprise.{name}] needs url_file, or {variable_of(name)} in the environment")
    try:
        text = Path(settings.url_file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        raise ConfigurationError(f"apprise.{name}.url_file {settings.url_file!r} cannot be read: {why}") from None
    if not text or "\n" in text:
        raise ConfigurationError(f"apprise.{name}.url_file {settings.url_file!r} must hold one address")
    return text


def variable_of(name: str) -> str:
    """The environment variable that may hold a place's address."""
    return f"NUNCIUS_APPRISE_{name.upper().replace('-', '_')}"
