"""Addresses by which a subscription is ended without signing in, one in every message that it causes: signed, so that
nobody can end another's by counting.

The key lies in the data folder, because targets, which know only the number in a report, and the web page must agree.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from nuncius.core.errors import ConfigurationError

PATH = "unsubscribe"
_SIGNED = re.compile(r"(?P<number>[1-9]\d{0,14})-(?P<mac>[0-9a-f]{32})")
_KEY_BYTES = 32


class Unsubscribing:
    """Makes and reads such addresses. `address` is the web page as people reach it; empty: there are none."""

    def __init__(self, key: bytes, address: str = "") -> None:
        self._key, self._address = key, address.rstrip("/")

    def address(self, subscription: int) -> str:
        """Where the subscription of that number is ended; empty where no address of the page is known."""
        return f"{self._address}/{PATH}/{self.signed(subscription)}" if self._address else ""

    def signed(self, subscription: int) -> str:
        """The end of that address."""
        mac = hmac.new(self._key, f"{PATH}:{subscription}".encode(), hashlib.sha256).hexdigest()[:32]
        return f"{subscription}-{mac}"

    def number(self, signed: str) -> int | None:
        """The subscription that such an end of an address means; None where we did not sign it."""
        found = _SIGNED.fullmatch(signed)
        if found is None or not hmac.compare_digest(signed, self.signed(int(found["number"]))):
            return None
        return int(found["number"])


def open_key(data_dir: Path) -> bytes:
    """The key of this installation, made at the first time. Raises ConfigurationError where it cannot be kept."""
    file = data_dir / "unsubscribe.key"
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            made = file.with_name(f"{file.name}.{os.getpid()}")
            made.touch(mode=0o600)
            made.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")
            try:
                os.link(made, file)  # of two that begin at once, one wins and both read it
            except FileExistsError:
                pass
            finally:
                made.unlink()
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{file} cannot be made or read: {error}; links that end subscriptions need it"
        ) from error
    if len(key) < _KEY_BYTES:
        raise ConfigurationError(f"{file} holds {len(key)} bytes, which is no key; remove it, and a new one is made")
    return key


_in_use: list[Unsubscribing] = []


def use(data_dir: Path, address: str) -> None:
    """From now on this process makes and reads such addresses; without an `address` of the page, none."""
    _in_use[:] = [Unsubscribing(open_key(data_dir), address)] if address else []


def subscription_of(signed: str) -> int | None:
    """The subscription that the end of such an address means; None where we did not sign it."""
    return _in_use[0].number(signed) if _in_use else None


def unsubscribe_address(subscription: int | None) -> str:
    """For targets: where whoever reads a report may end the subscription that sent it; empty where there is no such
    subscription or address. The same address answers a POST of `List-Unsubscribe=One-Click` (RFC 8058)."""
    return _in_use[0].address(subscription) if _in_use and subscription is not None else ""
