"""`kind: certificate`: the certificate behind an https address is good, and for a while yet."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from analyses.checks.contract import Finding, Platform
from analyses.checks.declared import KINDS, Kind
from analyses.checks.expiring import certificate_end, left


class Certificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`days` before its end it counts as broken, so that there is time to renew it; `ca` is a file of further
    authorities to trust."""

    url: str
    days: float = 14.0
    ca: str = ""


def look(wanted: Certificate, platform: Platform) -> Finding:
    """Connect once."""
    end = certificate_end(wanted.url, ca=wanted.ca)
    values = {"days_left": round((end - platform.now).total_seconds() / 86400.0, 2)}
    ok = end - platform.now > timedelta(days=wanted.days)
    return Finding(name="", ok=ok, reason=f"{wanted.url}: {left(end, platform.now)}", values=values)


KINDS.add("certificate", Kind(parameters=Certificate, look=look))
