"""Lays out a measured value against time or runs as lines and dots for an SVG: with its tolerance as a band, and marks
where the version changed. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import msgspec

#: Size of a panel and of the room for its numbers, in SVG units; it scales with the page.
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640.0, 150.0, 64.0, 12.0, 34.0
#: Labels of versions keep so far from each other.
_APART = 96.0


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement; `label` is the version (or whatever was changed) that it was made with."""

    at: datetime
    value: float
    error: float | None = None
    label: str = ""
    bad: bool = False


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """Where a measurement is drawn, and from where to where its error."""

    x: float
    y: float
    low: float
    high: float
    bad: bool
    says: str


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A moment at which the version changed; `text` is empty where there is no room for it."""

    x: float
    text: str
    says: str


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A panel, ready to be drawn. `band` is (top, height) of what is tolerated, `reference` the line within it."""

    name: str
    unit: str
    width: float
    height: float
    left: float
    bottom: float
    dots: list[Dot]
    marks: list[Mark]
    line: str
    band: tuple[float, float] | None
    reference: float | None
    ticks: list[tuple[float, str]]
    words: str
    first: datetime
    last: datetime


def panel(
    name: str,
    unit: str,
    points: Sequence[Point],
    *,
    band: tuple[float, float] | None = None,
    reference: float | None = None,
    by_time: bool = False,
) -> Panel:
    """A panel of points in their order, evenly apart or (`by_time`) by their moments. Values that are no finite numbers
    are left out."""
    kept = [p for p in points if math.isfinite(p.value)] or [msgspec.structs.replace(points[0], value=0.0)]
    low, high = _range(kept, band)
    first, last = kept[0].at, kept[-1].at
    span = (last - first).total_seconds()

    def across(index: int) -> float:
        share = index / max(1, len(kept) - 1)
        if by_time and span > 0:
            share = (kept[index].at - first).total_seconds() / span
        return round(LEFT + 8 + share * (WIDTH - LEFT - 16), 1)

    def up(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)

    dots = [
        Dot(
            x=across(i),
            y=up(p.value),
            low=up(p.value - (p.error or 0.0)),
            high=up(p.value + (p.error or 0.0)),
            bad=p.bad,
            says=_says(p, unit),
        )
        for i, p in enumerate(kept)
    ]
    bad = sum(p.bad for p in kept)
    words = (
        f"{name}: {len(kept)} values from {min(p.value for p in kept):.6g} to {max(p.value for p in kept):.6g} {unit}"
    )
    words += f", tolerated {band[0]:.6g} to {band[1]:.6g}" if band else ""
    return Panel(
        name=name,
        unit=unit,
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        bottom=HEIGHT - BOTTOM,
        dots=dots,
        marks=_marks(kept, dots),
        line=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        band=(up(band[1]), max(1.0, round(up(band[0]) - up(band[1]), 1))) if band else None,
        reference=up(reference) if reference is not None else None,
        ticks=[(up(value), _number(value, high - low)) for value in (low, (low + high) / 2, high)],
        words=f"{words.strip()}; {bad} not as it should be" if bad else words.strip(),
        first=first,
        last=last,
    )


def _range(points: Sequence[Point], band: tuple[float, float] | None) -> tuple[float, float]:
    values = [v for p in points for v in (p.value - (p.error or 0.0), p.value + (p.error or 0.0))]
    if band is not None:
        values += [v for v in band if math.isfinite(v)]
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    return low - room, high + room


def _marks(points: Sequence[Point], dots: Sequence[Dot]) -> list[Mark]:
    """A mark wherever the label is another than before; texts only where they do not run into each other."""
    found: list[Mark] = []
    written = -_APART
    before = None
    for point, dot in zip(points, dots, strict=True):
        if not point.label or point.label == before:
            continue
        room = dot.x - written >= _APART and dot.x <= WIDTH - _APART * 0.6
        found.append(Mark(x=dot.x, text=point.label.rsplit(" ", 1)[-1][:16] if room else "", says=point.label))
        written = dot.x if room else written
        before = point.label
    return found


def _number(value: float, spread: float) -> str:
    digits = max(1, min(9, math.ceil(math.log10(max(abs(value), 1e-300) / max(spread, 1e-300))) + 2))
    return f"{value:.{digits}g}"


def _says(point: Point, unit: str) -> str:
    error = f" ± {point.error:.2g}" if point.error else ""
    return f"{point.at:%Y-%m-%d %H:%M} UTC: {point.value:.6g}{error} {unit} {point.label}".strip()
