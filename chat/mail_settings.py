"""How mail is set up: settings and what is wrong with them. Nothing here talks to a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from chat.contract import rank
from chat.people import is_address
from nuncius.core.errors import ConfigurationError
from nuncius.core.report import Severity


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """By which server mail leaves, and who gets it. People in `[people.NAME]` with an address get what is for them;
    `to` gets all reports where `targets` names `email`."""

    host: str = ""
    """Name of the mail server."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    """Its port: 587 with `starttls`, 465 with `tls`, 25 for a relay on this machine."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is protected; the server's certificate is verified. `none` is for a relay that asks no
    password."""
    ca_file: Path | None = None
    """Certificates to trust besides the system's, for a server of one's own."""
    user: str = ""
    """Name to sign in by; empty: the server asks for none."""
    password: str = ""
    """Its password; better kept in a file or in the environment than in the settings."""
    password_file: str = ""
    """File that holds the password; read at the start."""
    from_: str = ""
    """Address that mail comes from; answers and bounces go there."""
    to: list[str] = []
    """Addresses that get every report, a mailing list say."""
    test_to: list[str] = []
    """Addresses that get mock alerts and injections. Empty: these are not mailed."""
    least: Severity = Severity.NOTICE
    """Least severity that `to` gets; what is for one person is sent to them whatever it is."""
    most_an_hour: Annotated[int, msgspec.Meta(ge=0)] = 10
    """New threads for `to` in an hour before further ones are gathered in one mail at its end; pages and questions
    always get through. 0: no bound."""
    pace_s: float = 1.0
    """Shortest time between two mails, in seconds."""
    timeout_s: int = 30
    """Longest wait for one answer of the server, in seconds."""
    max_bytes: Annotated[int, msgspec.Meta(ge=20_000)] = 8_000_000
    """Largest mail; figures and files that do not fit are left out, and the mail says so."""

    def __repr__(self) -> str:
        return f"EmailSettings(host={self.host!r}, port={self.port}, from_={self.from_!r}, to={self.to!r})"

    def addressees(self, severity: Severity, *, test: bool) -> list[str]:
        """Who gets a report that is for everybody."""
        return self.test_to if test else self.to if rank(severity) >= rank(self.least) else []


def mail_password(settings: EmailSettings) -> str:
    """The password, from its file where it is in one. Raises ConfigurationError, never with the secret."""
    if settings.password or not settings.password_file:
        return settings.password
    try:
        return Path(settings.password_file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text in UTF-8"
        raise ConfigurationError(f"email.password_file {settings.password_file!r} cannot be read: {why}") from None


def check_mail(settings: EmailSettings) -> None:
    """Raises ConfigurationError for what cannot work."""
    if not settings.host:
        raise ConfigurationError("email.host is empty; name the mail server")
    if not is_address(settings.from_):
        raise ConfigurationError(f"email.from: one address like nuncius@example.org; received {settings.from_!r}")
    for key, addresses in (("to", settings.to), ("test_to", settings.test_to)):
        for address in addresses:
            if not is_address(address):
                raise ConfigurationError(f"email.{key}: addresses like alerts@example.org; received {address!r}")
    secret = bool(settings.password or settings.password_file)
    if secret and settings.security == "none":
        raise ConfigurationError("email.security is 'none', so the password would be sent in the clear; use starttls")
    if secret != bool(settings.user):
        raise ConfigurationError("email.user and a password belong together; set both, or neither")
    if settings.ca_file is not None and not settings.ca_file.is_file():
        raise ConfigurationError(f"email.ca_file {settings.ca_file} is not there")
