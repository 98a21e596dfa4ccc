"""Small pictures for the page of a backtest, as inline SVG: bars along the archive's days, and a histogram of delays.

Pictures hold no text, so that they may be stretched to any width; words stand around them in the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from html import escape

#: Pixels of a picture's own coordinates; the page stretches the width.
HEIGHT = 44.0
#: A gap in the archive is drawn as wide as so many days.
GAP = 3


class Axis:
    """Days in a row, gaps closed up: where each stands, in units of a day."""

    def __init__(self, stretches: Sequence[tuple[date, date]]) -> None:
        self.stretches = list(stretches)
        self._place: dict[date, int] = {}
        self.breaks: list[int] = []
        at = 0
        for first, last in stretches:
            if at:
                self.breaks.append(at)
                at += GAP
            for offset in range((last - first).days + 1):
                self._place[first + timedelta(days=offset)] = at
                at += 1
        self.width = max(at, 1)

    def place(self, day: str) -> int | None:
        """The place of a day, None where the archive has none."""
        return self._place.get(date.fromisoformat(day))

    def labels(self) -> list[tuple[str, float]]:
        """A name for each stretch and the part of the width that it takes."""
        widths = [(last - first).days + 1 for first, last in self.stretches]
        return [
            (_name(first, last), width / self.width)
            for (first, last), width in zip(self.stretches, widths, strict=True)
        ]


def _name(first: date, last: date) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%b %Y}"
    return f"{first:%b}–{last:%b %Y}" if first.year == last.year else f"{first:%b %Y}–{last:%b %Y}"


def day_bars(days: Mapping[str, int], axis: Axis, *, unit: str) -> str:
    """One bar for each day, as high as its count."""
    top = max(days.values(), default=0) or 1
    bars = []
    for day, count in days.items():
        place = axis.place(day)
        if place is not None:
            height = max(HEIGHT * count / top, 1.5)
            title = escape(f"{day}: {count:,} {unit}")
            bars.append(
                f'<rect x="{place + 0.1:g}" y="{HEIGHT - height:.1f}" width=".8" height="{height:.1f}">'
                f"<title>{title}</title></rect>"
            )
    gaps = "".join(f'<rect class="gap" x="{place}" y="0" width="{GAP}" height="{HEIGHT:g}"/>' for place in axis.breaks)
    return _svg(axis.width, gaps + "".join(bars), f"{sum(days.values()):,} {unit}, at most {top:,} on a day")


def histogram(counts: Sequence[int], *, label: str) -> str:
    """Bars side by side."""
    top = max(counts, default=0) or 1
    bars = "".join(
        f'<rect x="{n + 0.06:g}" y="{HEIGHT - HEIGHT * count / top:.1f}" width=".88" '
        f'height="{HEIGHT * count / top:.1f}"><title>{count:,}</title></rect>'
        for n, count in enumerate(counts)
    )
    return _svg(len(counts), bars, label)


def _svg(width: float, content: str, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {HEIGHT:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label, quote=True)}">{content}</svg>'
    )
