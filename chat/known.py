"""Reads from an object's events and reports what people ask for first: T0, position, area, distance, redshift."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chat.sources import current, finite, headline, seen_by
from nuncius.core.event import Event
from nuncius.core.report import Report, ReportState
from nuncius.journal.records import ObjectSummary, Stored


def computed(reports: Sequence[Report]) -> dict[str, float]:
    """Values that analyses reported and that still stand, by name: reports carry them in a table `values` of
    quantity ("area 90") and value ("31.2 deg2")."""
    found: dict[str, float] = {}
    for report in reports:
        for table in report.tables if report.state is ReportState.CURRENT else ():
            if table.columns == ["quantity", "value"]:
                numbers = {str(row[0]).replace(" ", "_"): _leading(row[1]) for row in table.rows if len(row) == 2}
                found |= {name: number for name, number in numbers.items() if number is not None}
    return found


def _leading(cell: str | float | None) -> float | None:
    """The number that a cell begins with; none where it is a limit."""
    try:
        return float(cell.split()[0]) if isinstance(cell, str) else cell
    except (ValueError, IndexError):
        return None


#: Kinds that do not come from outside: what was read in a text, our results, moments, what rules emit and people say.
_OURS = ("kg.fact", "analysis.result", "assumption.", "timer", "custom", "review", "object.")


def facts(summary: ObjectSummary, events: Sequence[Stored], reports: Sequence[Report]) -> list[tuple[str, str]]:
    """(label, value) of what is known, in reading order. `reports` are the standing ones."""
    live = current(events)
    values = computed(reports)
    found = [
        ("T0", summary.trigger_time.strftime("%Y-%m-%d %H:%M:%S UTC") if summary.trigger_time else ""),
        ("Position", _position(live, values)),
        ("90 % area", _area(live, values)),
        ("Distance", _distance(live)),
        ("Redshift", _redshift(live)),
        ("False alarms", _false_alarms(live)),
        ("Seen by", seen_by(live)),
        ("Last heard", _last(events)),
    ]
    return [(label, value) for label, value in found if value]


def _position(live: Sequence[Event], values: dict[str, float]) -> str:
    """The most precise position: smallest stated error, the newest among equals; else the one that was computed
    from a sky map."""
    best: tuple[float, str] = (math.inf, "")
    if "ra" in values and "dec" in values:
        peak = f"RA {values['ra']:.2f}°, Dec {_signed(values['dec'], 2)}°, best of the sky map"
        best = (max(values.get("ra_dec_error", 360.0), 0.0) * 1.0001, peak)
    for event in live:
        ra, dec = finite(event.data.get("ra")), finite(event.data.get("dec"))
        if ra is None or dec is None or event.data.get("assertion", "asserted") != "asserted":
            continue
        error = finite(event.data.get("ra_dec_error"))
        size = error if error is not None and error > 0 else 360.0
        digits = min(5, max(1, 2 - math.floor(math.log10(size)))) if size < 360 else 4
        if size <= best[0]:
            place = f"RA {ra:.{digits}f}°, Dec {_signed(dec, digits)}°{_error(error, event)}"
            best = (size, f"{place}, {_from(event)}")
    return best[1]


def _from(event: Event) -> str:
    """Whose position it is: the instrument, or the circular that it was read in."""
    number = finite(event.data.get("circular"))
    return seen_by([event]) or (f"GCN {number:.0f}" if number is not None else event.id)


def _error(error: float | None, event: Event) -> str:
    if error is None or error <= 0:
        return ""
    text = f"{error:.3g}°" if error >= 0.1 else f"{60 * error:.2g}′" if error >= 1 / 60 else f"{3600 * error:.2g}″"
    level = finite(event.data.get("containment_probability"))
    return f" ± {text}" + (f" ({100 * level:.0f} %)" if level else "")


def _area(live: Sequence[Event], values: dict[str, float]) -> str:
    results = [_value(event, "area_90") for event in reversed(live) if event.is_a("analysis.result")]
    known = [value for value in [*results, values.get("area_90")] if value is not None]
    return f"{_rounded(known[0])} deg²" if known else ""


def _distance(live: Sequence[Event]) -> str:
    for event in reversed(live):
        mean = finite(event.data.get("luminosity_distance"))
        error = finite(event.data.get("luminosity_distance_error"))
        if mean is None and event.is_a("analysis.result"):
            mean = _value(event, "luminosity_distance")
        if mean is not None:
            return f"{mean:.3g}" + (f" ± {error:.2g}" if error is not None else "") + " Mpc"
    return ""


def _redshift(live: Sequence[Event]) -> str:
    for event in reversed(live):
        data = event.data
        claim = data if data.get("predicate") == "redshift" else {"value": data.get("redshift")}
        value = finite(claim.get("value"))
        if value is not None and claim.get("assertion", "asserted") == "asserted":
            source = data.get("circular")
            number = finite(source)
            label = f" (circular {number:.0f})" if number is not None else ""
            disputed = any(e.is_a("kg.fact.contradiction") and e.data.get("quantity") == "redshift" for e in live)
            return f"{claim.get('limit') or ''}{value:g}{label}{', disputed' if disputed else ''}"
    return ""


def _false_alarms(live: Sequence[Event]) -> str:
    for event in reversed(live):
        far = finite(event.data.get("far"))
        if far is not None and far > 0:
            years = 1 / (far * 365.25 * 86400)
            return f"one in {years:,.0f} years" if years >= 2 else f"{far * 365.25 * 86400:.2g} a year"
    return ""


def _last(events: Sequence[Stored]) -> str:
    """What came from outside last."""
    heard = [stored for stored in events if not stored.event.kind.startswith(_OURS)] or events
    if not heard:
        return ""
    event = max(heard, key=lambda stored: stored.seq).event
    return f"{headline(event)}, {event.received.strftime('%Y-%m-%d %H:%M UTC')}"


def _value(event: Event, name: str) -> float | None:
    values = event.data.get("values")
    entry = values.get(name) if isinstance(values, dict) else None
    return finite(entry.get("value") if isinstance(entry, dict) else entry)


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def _rounded(value: float) -> str:
    """Three significant digits, thousands apart."""
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{float(f'{value:.3g}'):,.{digits}f}"
