"""Credentials of a Kafka account, and what a failed login means. Never logs or returns a secret by accident."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from nuncius.core.errors import ConfigurationError

WHERE = (
    "make a pair at https://gcn.nasa.gov/quickstart and give it as GCN_CLIENT_ID and GCN_CLIENT_SECRET, or in a file "
    'with the lines client_id = "…" and client_secret = "…" named by kafka.credentials_file'
)


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """An OAuth client. Printing it shows no secret."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"Credentials(client_id={self.client_id!r}, client_secret=•••)"


def read_credentials(path: Path) -> Credentials:
    """The client in a TOML file. Raises ConfigurationError that never quotes what the file holds."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"credentials file {path}: {error.strerror}; {WHERE}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The parser's own message quotes the line, which may be the secret.
        raise ConfigurationError(f"credentials file {path} is not TOML; {WHERE}") from None
    found = {key: content.get(key) for key in ("client_id", "client_secret")}
    wrong = sorted(key for key, value in found.items() if not isinstance(value, str) or not value)
    if wrong:
        raise ConfigurationError(f"credentials file {path} lacks {' and '.join(wrong)}; {WHERE}")
    return Credentials(client_id=str(found["client_id"]), client_secret=str(found["client_secret"]))


def login_state(reason: str) -> Literal["unauthorised", "disconnected"]:
    """`unauthorised` where somebody said no; `disconnected` where the token endpoint gave no answer or had trouble.

    librdkafka reports both as _AUTHENTICATION. A refusal carries an error code of RFC 6749, section 5.2, or comes
    from the broker itself; what is left of "Failed to acquire" is curl's or the server's trouble.
    """
    said_no = ("invalid_client", "unauthorized_client", "invalid_grant", "invalid_scope", "access_denied")
    text = reason.lower()
    if "failed to acquire" in text and not any(code in text for code in said_no):
        return "disconnected"
    return "unauthorised"
