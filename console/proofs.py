"""Whether a message comes from who it says: signatures and tokens, compared in constant time. Logs nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from console.hook_settings import Proof, Sender

_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
#: The header that holds a signature of the body.
SIGNATURE: dict[Proof, str] = {"github-hmac": "x-hub-signature-256", "flux-hmac": "x-signature"}


def missing(sender: Sender, headers: Mapping[str, str]) -> str:
    """The header that a sender should have sent and did not; empty where it is there."""
    wanted = SIGNATURE.get(sender.proof, "authorization")
    return "" if headers.get(wanted) else wanted


def signed(sender: Sender, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the body was signed by who has the secret."""
    method, _, given = headers.get(SIGNATURE[sender.proof], "").strip().partition("=")
    if method not in _HASHES or (sender.proof == "github-hmac" and method != "sha256"):
        return False
    own = hmac.new(sender.secret.encode(), body, _HASHES[method]).hexdigest()
    return _same(given.strip().lower(), own)


def bears(sender: Sender, headers: Mapping[str, str]) -> bool:
    """Whether the token is given: as a bearer's, or as the password of basic authentication, whatever its user."""
    return bears_token(sender.secret, headers)


def bears_token(secret: str, headers: Mapping[str, str]) -> bool:
    """Whether the `Authorization` header holds this token."""
    scheme, _, given = headers.get("authorization", "").strip().partition(" ")
    given = given.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return _same(given, secret)


def _same(given: str, own: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), own.encode())
