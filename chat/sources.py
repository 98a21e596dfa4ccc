"""Says what an event is and who saw it, and which events of an object still stand. Pure functions.

A newer notice of an instrument replaces its older ones; a retraction removes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nuncius.core.event import Event
from nuncius.journal.records import Stored

_MESSENGERS = {
    "GW": "gravitational-wave candidate",
    "Neutrino": "neutrino candidate",
    "CR": "cosmic-ray candidate",
}
_GRB_INSTRUMENTS = {"GBM", "BAT", "SPI-ACS", "GRM", "ECLAIRs", "CGBM", "IBIS", "KONUS", "GECAM"}


def current(events: Sequence[Stored]) -> list[Event]:
    """The newest event of each sender, oldest first; senders that took theirs back are left out."""
    newest: dict[tuple[str, ...], Event] = {}
    for stored in sorted(events, key=lambda stored: stored.seq):
        event = stored.event
        sender = _sender(event)
        if event.is_retraction:
            newest.pop(sender, None)
        else:
            # A later notice without a position (a light curve, say) does not take the position away.
            before = newest.pop(sender, None)
            newest[sender] = event if before is None or _richer(event, before) else before
    return list(newest.values())


def _sender(event: Event) -> tuple[str, ...]:
    if event.kind.startswith("lvk.alert"):
        return ("LVK",)  # the list of detectors grows from alert to alert
    if event.is_a("gcn.notice"):
        return (str(event.data.get("mission", event.source)), str(event.data.get("instrument", "")))
    return (event.id,)


def _richer(new: Event, old: Event) -> bool:
    return "sky" in new.data or "ra" in new.data or not ("sky" in old.data or "ra" in old.data)


def what(names: Sequence[str], events: Sequence[Stored]) -> str:
    """What sort of thing it is, in words, and who saw it."""
    live = current(events) or [stored.event for stored in events]
    best = _classification(live)
    if best:
        return f"gravitational-wave candidate, {best}"
    if any(name.upper().startswith("GRB") for name in names):
        return "gamma-ray burst"
    for event in live:
        if event.data.get("messenger") in _MESSENGERS:
            return _MESSENGERS[event.data["messenger"]]
    for event in live:
        if event.data.get("instrument") in _GRB_INSTRUMENTS:
            return "gamma-ray trigger"
    for event in live:
        if event.is_a("gcn.notice"):
            return f"{seen_by([event])} trigger"
    return "astronomical event"


def _classification(live: Sequence[Event]) -> str:
    for event in reversed(live):
        p_astro = event.data.get("p_astro")
        if isinstance(p_astro, dict) and p_astro:
            name, probability = max(p_astro.items(), key=lambda pair: finite(pair[1]) or 0.0)
            return f"{name} {100 * (finite(probability) or 0.0):.0f}\u00a0%"
    return ""


def seen_by(live: Sequence[Event]) -> str:
    """Instruments that announced it, each once."""
    names: dict[str, None] = {}
    for event in live:
        parts = [str(event.data[key]) for key in ("mission", "instrument") if event.data.get(key)]
        if parts:
            names[" ".join(dict.fromkeys(parts))] = None
    return ", ".join(names)


def headline(event: Event) -> str:
    """One line that says what an event is: a circular's subject, a notice's instrument and type."""
    data = event.data
    if event.is_a("gcn.circular"):
        number = finite(data.get("circular"))
        title = f"Circular {number:.0f}" if number is not None else event.id
        return f"{title}: {data['subject']}" if data.get("subject") else title
    if event.is_a("paper"):
        return f"{event.id}: {' '.join(str(data.get('subject') or '').split())[:300]}".rstrip(": ")
    if event.is_a("kg.fact"):
        number = finite(data.get("circular"))
        where = f"circular {number:.0f}" if number else str(data.get("document") or "")
        return f"Read{f' in {where}' if where else ''}: {_fact(data)}"
    if event.is_a("analysis.result"):
        return f"Analysis {data.get('analysis', data.get('name', ''))}: {data.get('answer', '')}".strip(" :")
    if event.is_a("review"):
        why = f" ({' '.join(str(data['why']).split())[:160]})" if data.get("why") else ""
        about = data.get("title") or data.get("rule") or "this"
        return f"{data.get('by', 'somebody')}: {data.get('act', 'seen')}, {str(about)[:160]}{why}"
    if event.is_a("platform") and data.get("subject"):
        return str(data["subject"])
    parts = [seen_by([event]), str(data.get("type", "")), str(data.get("alert_type", ""))]
    return " ".join(part for part in parts if part) or event.kind


def _fact(data: dict[str, Any]) -> str:
    """What a fact says, quoting the words of the circular."""
    if data.get("predicate") == "contradiction":
        return f"{data.get('quantity', '')} contradicts an earlier claim: {data.get('why', '')}"
    if data.get("predicate") == "settled":
        return f"{data.get('quantity', '')} no longer in dispute: {data.get('because', '')}"
    if data.get("predicate") == "paper":
        return f"the paper {data.get('relation', 'mentions')} it"
    value = " ".join(
        str(data[key]) for key in ("limit", "value", "unit") if isinstance(data.get(key), str | float | int)
    )
    what = (
        f"{data.get('quantity', '')} withdrawn:"
        if data.get("predicate") == "withdrawn"
        else data.get("predicate", "fact")
    )
    quoted = " ".join(str(data.get("text", "")).split())
    said = value.strip()
    return f"{what} {said}".strip() + (f" (“{quoted[:120]}”)" if quoted and quoted != said else "")


def finite(value: Any) -> float | None:
    """A finite number as a float, anything else as None."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
