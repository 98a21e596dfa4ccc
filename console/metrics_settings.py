"""Who may read the figures and the reasons of the health endpoints."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

import msgspec

from console.proofs import bears_token


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`GET /metrics` for Prometheus, and the reasons that `/healthz` and `/readyz` give; see docs/metrics.md. Whether
    all is well, without the reasons, is told to everybody."""

    token: str = ""
    """Bearer token for readers elsewhere; without one only this machine reads."""
    loopback: bool = True
    """Whether this machine reads without the token."""

    def __repr__(self) -> str:
        return f"MetricsSettings(token={'set' if self.token else 'not set'}, loopback={self.loopback!r})"

    def may_read(self, client: str, headers: Mapping[str, str]) -> bool:
        """Whether to tell who asks. What a proxy on this machine hands on does not come from this machine."""
        if self.token and bears_token(self.token, headers):
            return True
        handed_on = "x-forwarded-for" in headers or "forwarded" in headers
        return self.loopback and not handed_on and _is_loopback(client)


def _is_loopback(client: str) -> bool:
    try:
        return ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False
