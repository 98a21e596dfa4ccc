"""Reads from an object's events what people ask for first: what it is, T0, position, area, distance, redshift.

A newer notice of an instrument replaces its older ones; a retraction removes them. Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nuncius.core.event import Event
from nuncius.journal.records import ObjectSummary, Stored

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
            name, probability = max(p_astro.items(), key=lambda pair: _number(pair[1]) or 0.0)
            return f"{name} {100 * (_number(probability) or 0.0):.0f}\u00a0%"
    return ""


def seen_by(live: Sequence[Event]) -> str:
    """Instruments that announced it, each once."""
    names: dict[str, None] = {}
    for event in live:
        parts = [str(event.data[key]) for key in ("mission", "instrument") if event.data.get(key)]
        if parts:
            names[" ".join(dict.fromkeys(parts))] = None
    return ", ".join(names)


def facts(summary: ObjectSummary, events: Sequence[Stored]) -> list[tuple[str, str]]:
    """(label, value) of what is known, in reading order."""
    live = current(events)
    found = [
        ("T0", summary.trigger_time.strftime("%Y-%m-%d %H:%M:%S UTC") if summary.trigger_time else ""),
        ("Position", _position(live)),
        ("90 % area", _area(live)),
        ("Distance", _distance(live)),
        ("Redshift", _redshift(live)),
        ("False alarms", _false_alarms(live)),
        ("Seen by", seen_by(live)),
        ("Last heard", _last(events)),
    ]
    return [(label, value) for label, value in found if value]


def _position(live: Sequence[Event]) -> str:
    """The most precise position: smallest stated error, the newest among equals."""
    best: tuple[float, str] = (math.inf, "")
    for event in live:
        ra, dec = _number(event.data.get("ra")), _number(event.data.get("dec"))
        if ra is None or dec is None:
            continue
        error = _number(event.data.get("ra_dec_error"))
        size = error if error is not None and error > 0 else 360.0
        if size <= best[0]:
            best = (size, f"RA {ra:.4f}°, Dec {_signed(dec)}°{_error(error, event)}, {seen_by([event]) or event.id}")
    return best[1]


def _error(error: float | None, event: Event) -> str:
    if error is None or error <= 0:
        return ""
    text = f"{error:.3g}°" if error >= 0.1 else f"{60 * error:.2g}′" if error >= 1 / 60 else f"{3600 * error:.2g}″"
    level = _number(event.data.get("containment_probability"))
    return f" ± {text}" + (f" ({100 * level:.0f} %)" if level else "")


def _area(live: Sequence[Event]) -> str:
    for event in reversed(live):
        if event.is_a("analysis.result"):
            value = _value(event, ("area_90", "area90", "area_0.9"))
            if value is not None:
                return f"{value:.3g} deg²"
    return ""


def _distance(live: Sequence[Event]) -> str:
    for event in reversed(live):
        mean = _number(event.data.get("luminosity_distance"))
        error = _number(event.data.get("luminosity_distance_error"))
        if mean is None and event.is_a("analysis.result"):
            mean = _value(event, ("distance", "luminosity_distance"))
        if mean is not None:
            return f"{mean:.3g}" + (f" ± {error:.2g}" if error is not None else "") + " Mpc"
    return ""


def _redshift(live: Sequence[Event]) -> str:
    for event in reversed(live):
        data = event.data
        claim = data if data.get("predicate") == "redshift" else {"value": data.get("redshift")}
        value = _number(claim.get("value"))
        if value is not None and claim.get("assertion", "asserted") == "asserted":
            source = data.get("circular")
            number = _number(source)
            label = f" (circular {number:.0f})" if number is not None else ""
            return f"{claim.get('limit') or ''}{value:g}{label}"
    return ""


def _false_alarms(live: Sequence[Event]) -> str:
    for event in reversed(live):
        far = _number(event.data.get("far"))
        if far is not None and far > 0:
            years = 1 / (far * 365.25 * 86400)
            return f"one in {years:,.0f} years" if years >= 2 else f"{far * 365.25 * 86400:.2g} a year"
    return ""


def _last(events: Sequence[Stored]) -> str:
    if not events:
        return ""
    event = max(events, key=lambda stored: stored.seq).event
    return f"{headline(event)}, {event.received.strftime('%Y-%m-%d %H:%M UTC')}"


def headline(event: Event) -> str:
    """One line that says what an event is: a circular's subject, a notice's instrument and type."""
    data = event.data
    if event.is_a("gcn.circular"):
        number = _number(data.get("circular"))
        title = f"Circular {number:.0f}" if number is not None else event.id
        return f"{title}: {data['subject']}" if data.get("subject") else title
    if event.is_a("analysis.result"):
        return f"Analysis {data.get('analysis', data.get('name', ''))}: {data.get('answer', '')}".strip(" :")
    parts = [seen_by([event]), str(data.get("type", "")), str(data.get("alert_type", ""))]
    return " ".join(part for part in parts if part) or event.kind


def _value(event: Event, names: Sequence[str]) -> float | None:
    values = event.data.get("values")
    found = values if isinstance(values, dict) else {}
    for name in names:
        entry = found.get(name)
        number = _number(entry.get("value") if isinstance(entry, dict) else entry)
        if number is not None:
            return number
    return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
