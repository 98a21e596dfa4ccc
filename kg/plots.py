"""Draws an object's light curve: as a figure for a paper or a page, and in characters for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kg.bands import look, plain_band
from kg.lightcurve import Point

#: A time axis in these units, the largest first: seconds and what the axis says.
_UNITS = [(86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds")]


def timed(points: Sequence[Point]) -> list[Point]:
    """Points that a logarithmic time axis can hold: later than T0."""
    return [p for p in points if p.seconds is not None and p.seconds > 0 and math.isfinite(p.value)]


def by_band(points: Sequence[Point]) -> dict[str, list[Point]]:
    """Points by plain band, in order of wavelength."""
    bands: dict[str, list[Point]] = {}
    for point in points:
        bands.setdefault(plain_band(point.band), []).append(point)
    return dict(sorted(bands.items(), key=lambda item: (look(item[0]).nm, item[0])))


def draw(points: Sequence[Point], path: Path, *, name: str, t0: datetime | None) -> int:
    """Write the light curve as PNG, PDF or SVG, by the ending of `path`; returns how many points it shows. Magnitudes
    are as claimed: systems are named, nothing is corrected for extinction or host."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    shown = timed(points)
    unit, word = _unit(shown)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7.0, 4.9), layout="constrained")
        axes = figure.add_subplot()
        axes.invert_yaxis()  # first, because the arrows of limits take their direction from the axis
        for band, own in by_band(shown).items():
            _draw_band(axes, band, own, unit)
        _axes(axes, shown, unit, word, t0)
        axes.set_title(f"{name}: magnitudes claimed in circulars", loc="left", fontsize=10.5, fontweight="bold")
        sources = len({p.document for p in shown})
        note = f"{len(shown)} points of {sources} circulars, as claimed: not corrected for extinction or host light"
        axes.text(0.0, -0.16, note, transform=axes.transAxes, fontsize=7, color="#666666")
        if shown:
            _legend(axes)
        figure.savefig(path, dpi=200)
    return len(shown)


_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.linewidth": 0.8,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "ytick.right": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "nuncius",
}


def _unit(points: Sequence[Point]) -> tuple[float, str]:
    """The largest unit in which the middle of the curve is at least 0.3."""
    if not points:
        return _UNITS[0]
    middle = sorted(p.seconds or 1.0 for p in points)[len(points) // 2]
    return next(((s, w) for s, w in _UNITS if middle / s >= 0.3), _UNITS[-1])


def _draw_band(axes: Any, band: str, points: Sequence[Point], unit: float) -> None:
    style = look(band)
    seen = [p for p in points if p.limit is None]
    limits = [p for p in points if p.limit == ">"]
    common = {"color": style.colour, "linestyle": "none"}
    if seen:
        errors = [[p.minus or 0.0 for p in seen], [p.plus or 0.0 for p in seen]]
        axes.errorbar(
            [(p.seconds or 1.0) / unit for p in seen], [p.value for p in seen], yerr=errors, marker=style.marker,
            markersize=5, markeredgecolor="white", markeredgewidth=0.5, elinewidth=0.9, capsize=0, label=band or "?",
            zorder=3, **common,
        )  # fmt: skip
    if limits:
        # An arrow towards fainter: on the inverted axis larger magnitudes are below.
        axes.errorbar(
            [(p.seconds or 1.0) / unit for p in limits], [p.value for p in limits], yerr=0.35, lolims=True,
            marker="_", markersize=6, elinewidth=0.8, capsize=2, alpha=0.65, zorder=2,
            label=None if seen else f"{band or '?'} (limits)", **common,
        )  # fmt: skip


def _axes(axes: Any, points: Sequence[Point], unit: float, word: str, t0: datetime | None) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    since = f"Time since T0 ({t0:%Y-%m-%d %H:%M:%S} UTC), {word}" if t0 else f"Time since T0, {word}"
    axes.set_xlabel(since)
    systems = sorted({p.system for p in points if p.system})
    axes.set_ylabel("Magnitude" + (f" ({', '.join(systems)}, where stated)" if systems else ""))
    axes.xaxis.set_major_locator(LogLocator(base=10, numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(which="major", color="#e6e6e6", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    if points:
        low, high = min(p.value for p in points), max(p.value for p in points)
        axes.set_ylim(high + 0.9, low - 0.6)
    if points and unit != 1.0:
        top = axes.secondary_xaxis("top", functions=(lambda x: x * unit, lambda x: x / unit))
        top.set_xlabel("seconds", fontsize=8)
        top.tick_params(labelsize=7.5)


def _legend(axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles, labels, ncols=1 + len(labels) // 9, frameon=True, framealpha=0.9, edgecolor="#dddddd", fontsize=8,
        handletextpad=0.2, columnspacing=0.8, title="Band; arrows: limits", title_fontsize=7.5, loc="best",
    )  # fmt: skip


def in_characters(points: Sequence[Point], *, width: int = 76, height: int = 20) -> str:
    """The light curve in characters: each band by its letter, limits as `v`, brighter above, time logarithmic. Empty
    where no point has a time."""
    shown = timed(points)
    if not shown:
        return ""
    logs = [math.log10(p.seconds or 1.0) for p in shown]
    left, right = min(logs), max(logs)
    top, bottom = min(p.value for p in shown), max(p.value for p in shown)
    grid = [[" "] * width for _ in range(height)]
    for point, at in sorted(zip(shown, logs, strict=True), key=lambda pair: pair[0].limit is None):
        x = round((at - left) / ((right - left) or 1.0) * (width - 1))
        y = round((point.value - top) / ((bottom - top) or 1.0) * (height - 1))
        grid[y][x] = "v" if point.limit else (plain_band(point.band) or "?")[0]
    lines: list[str] = []
    for row, cells in enumerate(grid):
        value = top + (bottom - top) * row / (height - 1)
        label = f"{value:5.1f} " if row % 4 == 0 or row == height - 1 else " " * 6
        lines.append(f"{label}│{''.join(cells).rstrip()}")
    lines.append(" " * 6 + "└" + "─" * width)
    first, last = _span(10**left), _span(10**right)
    lines.append(" " * 7 + first + " " * max(1, width - len(first) - len(last)) + last)
    bands = ", ".join(f"{len(own)} {band or '?'}" for band, own in by_band(shown).items())
    return "\n".join([*lines, f"       time since T0; v = limit; {bands}"])


def _span(seconds: float) -> str:
    unit, word = next(((s, w) for s, w in _UNITS if seconds >= s), _UNITS[-1])
    return f"{seconds / unit:.3g} {word[:-1] if seconds / unit == 1 else word}"
