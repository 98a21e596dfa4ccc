"""`kind: value`: a service answers in JSON, and what stands at the places named is what it must be."""

from __future__ import annotations

from typing import Any

import msgspec

from analyses.checks.asking import fetch
from analyses.checks.contract import Finding, Platform
from analyses.checks.declared import KINDS, Kind
from analyses.checks.expecting import compare, expectations


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`expect` maps places (`ra`, `products.0.name`, empty for the whole answer) to what must stand there."""

    url: str
    expect: dict[str, Any]
    within_s: float = 20.0

    def __post_init__(self) -> None:
        expectations(self.expect)


def look(wanted: Value, platform: Platform) -> Finding:
    """Ask once and compare."""
    reply = fetch(wanted.url, timeout_s=wanted.within_s)
    took = {"took_s": round(reply.took_s, 4)}
    if reply.status != 200:
        return Finding(name="", ok=False, reason=f"{reply.url} answered {reply.status}", values=took)
    wrong, values = compare(reply.json(), expectations(wanted.expect))
    if wrong:
        return Finding(name="", ok=False, reason=f"{reply.url}: {'; '.join(wrong)}", values=took | values)
    said = ", ".join(f"{place} {value:g}" for place, value in values.items()) or "as expected"
    return Finding(name="", ok=True, reason=f"{reply.url}: {said}", values=took | values)


KINDS.add("value", Kind(parameters=Value, look=look))
