"""When a certificate or a token runs out."""

from __future__ import annotations

import base64
import binascii
import json
import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from nuncius.core.errors import PermanentError, TransientError


def certificate_end(url: str, *, ca: str = "", timeout_s: float = 10.0) -> datetime:
    """When the certificate behind an https address runs out. Raises PermanentError where it is not good now, with the
    reason; TransientError where nobody answers."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme != "https" or not host:
        raise PermanentError(f"'{url[:80]}' is no https address")
    context = ssl.create_default_context(cafile=ca or None)
    try:
        with (
            socket.create_connection((host, port), timeout=timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            told = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        raise PermanentError(f"the certificate of {host} is not good: {error.verify_message}") from error
    except OSError as error:
        raise TransientError(f"{host}:{port}: {error.strerror or error}") from error
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)


def token_end(token: str) -> datetime | None:
    """When a JSON Web Token says that it runs out; None where it says nothing. Its signature is not looked at. Raises
    PermanentError, which never quotes it."""
    parts = token.strip().split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        end = claims.get("exp")
        return None if end is None else datetime.fromtimestamp(float(end), UTC)
    except (IndexError, ValueError, binascii.Error, AttributeError, OverflowError, OSError):
        raise PermanentError("the token is no JSON Web Token: three parts with dots between") from None


def left(end: datetime, now: datetime) -> str:
    """How much time is left, or since when there is none, in words."""
    hours = (end - now).total_seconds() / 3600.0
    size = f"{abs(hours) / 24:.0f} days" if abs(hours) >= 48 else f"{abs(hours):.1f} h"
    return f"runs out in {size}, {end:%Y-%m-%d %H:%M} UTC" if hours > 0 else f"ran out {size} ago, {end:%Y-%m-%d %H:%M}"
