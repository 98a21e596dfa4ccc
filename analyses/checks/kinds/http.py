"""`kind: http`: an address answers, with the status and the words expected, and soon enough."""

from __future__ import annotations

import msgspec

from analyses.checks.asking import fetch
from analyses.checks.contract import Finding, Platform
from analyses.checks.declared import KINDS, Kind


class Http(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`contains` must stand somewhere in the answer; `within_s` is the longest time that it may take."""

    url: str
    status: int = 200
    contains: str = ""
    within_s: float = 10.0


def look(wanted: Http, platform: Platform) -> Finding:
    """Ask once. An answer that comes too late is broken too."""
    reply = fetch(wanted.url, timeout_s=max(wanted.within_s, 10.0))
    values = {"took_s": round(reply.took_s, 4)}
    said = f"{reply.url} answered {reply.status} in {reply.took_s:.2f} s"
    if reply.status != wanted.status:
        said, ok = f"{said}; expected {wanted.status}", False
    elif wanted.contains and wanted.contains.encode() not in reply.body:
        said, ok = f"{said}, without {wanted.contains!r}", False
    elif reply.took_s > wanted.within_s:
        said, ok = f"{said}; at most {wanted.within_s:g} s were expected", False
    else:
        ok = True
    return Finding(name="", ok=ok, reason=said, values=values)


KINDS.add("http", Kind(parameters=Http, look=look))
