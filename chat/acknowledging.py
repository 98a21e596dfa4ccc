"""Addresses by which whoever was paged says that they look after it, without signing in: signed for one report and one
person, so that nobody can answer for others. Opening one changes nothing (programs look at links in mails); the page
behind it has a button that does."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from pathlib import Path

import msgspec

from chat.unsubscribing import open_key
from nuncius.core.report import Report, ReportState, Severity

PATH = "seen"
_MAC = 32


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """What such an address says: the report's key, and whom it was for."""

    key: str
    person: str


class Acknowledging:
    """Makes and reads such addresses. `address` is the web page as people reach it."""

    def __init__(self, key: bytes, address: str) -> None:
        self._key, self._address = key, address.rstrip("/")

    def address(self, report: Report) -> str:
        """Where a page is acknowledged; empty where there is nothing to acknowledge, or nobody in particular."""
        waits = report.severity is Severity.PAGE and report.state is ReportState.CURRENT
        waits = waits and not report.slot.startswith("retraction/")
        if not (waits and report.to and report.rule and self._address):
            return ""
        return f"{self._address}/{PATH}/{self.signed(Seen(report.key, report.to))}"

    def signed(self, seen: Seen) -> str:
        """The end of that address."""
        body = msgspec.json.encode(seen)
        return f"{base64.urlsafe_b64encode(body).decode().rstrip('=')}.{self._mac(body)}"

    def read(self, signed: str) -> Seen | None:
        """What such an end of an address says; None where we did not sign it."""
        text, _, mac = signed[:2000].partition(".")
        try:
            body = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            if not hmac.compare_digest(mac.encode(), self._mac(body).encode()):
                return None
            return msgspec.json.decode(body, type=Seen)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            return None

    def _mac(self, body: bytes) -> str:
        return hmac.new(self._key, f"{PATH}:".encode() + body, hashlib.sha256).hexdigest()[:_MAC]


_in_use: list[Acknowledging] = []


def use(data_dir: Path, address: str) -> None:
    """From now on this process makes and reads such addresses; without an `address` of the page, none."""
    _in_use[:] = [Acknowledging(open_key(data_dir), address)] if address else []


def seen_address(report: Report) -> str:
    """For targets: where the one reader of a page says that they look after it; empty where there is none."""
    return _in_use[0].address(report) if _in_use else ""


def seen_by(signed: str) -> Seen | None:
    """What the end of such an address says; None where we did not sign it."""
    return _in_use[0].read(signed) if _in_use else None
