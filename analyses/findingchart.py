"""Draws what is known around a position: north up, east to the left, the error region, a numbered symbol for each
source and its name below, so that it reads on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from analyses.figures import CARD, COLOURS, FAINT, HAIRLINE, INK, LEVELS, new_figure, png_of, shorten_to
from analyses.layers import extent
from analyses.projection import Zenithal
from analyses.skyplot import _fill
from nuncius.core.regions import outline, scale
from nuncius.core.sky import Localization, ProbabilityMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from analyses.counterparts import Counterpart

#: Symbol and colour of each class; told apart by shape alone, too.
SYMBOLS = {
    "galaxy": ("o", COLOURS[0]),
    "agn": ("D", COLOURS[4]),
    "blazar": ("d", COLOURS[4]),
    "magnetar": ("*", COLOURS[3]),
    "pulsar": ("p", COLOURS[3]),
    "supernova remnant": ("h", COLOURS[5]),
    "x-ray binary": ("s", COLOURS[2]),
    "x-ray source": ("x", COLOURS[2]),
    "gamma-ray source": ("^", COLOURS[2]),
    "flare star": ("P", COLOURS[1]),
    "fast radio burst": ("v", COLOURS[1]),
    "gamma-ray burst": ("X", COLOURS[3]),
    "supernova": ("<", COLOURS[5]),
    "known object": (".", FAINT),
}
#: Sources that are numbered and named.
NAMED = 8
CHART = 2.55


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """All that one finding chart shows; `counterparts` in the order of their numbers, `reach` degrees to the edge."""

    title: str
    subtitle: str
    sky: Localization
    counterparts: Sequence[Counterpart]
    reach: float
    foot: str = ""


def draw(chart: Chart) -> bytes:
    """The chart as PNG."""
    named = chart.counterparts[:NAMED]
    below = 0.42 + 0.145 * max(len(named), 1) + (0.14 if chart.foot else 0.0)
    height = 0.42 + CHART + below
    figure = new_figure(height)
    figure.text(0.025, 1 - 0.07 / height, shorten_to(chart.title, 38), size=9.5, weight="bold", color=INK, va="top")
    figure.text(0.025, 1 - 0.26 / height, shorten_to(chart.subtitle, 62), size=6.6, color=INK, va="top")
    axes = figure.add_axes(((3.6 - CHART) / 2 / 3.6 + 0.04, below / height, CHART / 3.6, CHART / height))
    _chart(axes, chart)
    key = figure.add_axes((0.0, 0.0, 1.0, (below - 0.34) / height))
    key.set_axis_off()
    lines = len(named) + (1 if chart.foot else 0)
    key.set(xlim=(0.0, 3.6), ylim=(-max(lines, 1) - 0.1, 0.0))
    for number, one in enumerate(named, 1):
        marker, colour = SYMBOLS[one.source.sort]
        key.plot([0.12], [-number + 0.45], marker=marker, color=colour, ms=5, mec=INK, mew=0.4, ls="none")
        key.text(0.22, -number + 0.45, _line(number, one), size=6.4, color=INK, va="center")
    if not named:
        key.text(0.1, -0.55, "nothing known is in this field", size=6.4, color=INK, va="center")
    if chart.foot:
        key.text(0.1, -max(lines, 1) + 0.35, shorten_to(chart.foot, 72), size=5.8, color=FAINT, va="center")
    return png_of(figure)


def _line(number: int, one: Counterpart) -> str:
    away = "" if one.separation is None else f", {angle(one.separation)}"
    chance = f", chance {one.chance:.1g}" if one.fits else ", does not fit"
    return f"{number}  {shorten_to(one.source.name, 26)} · {one.source.sort}{away}{chance}"


def angle(degrees: float) -> str:
    """In the unit that people would use."""
    for factor, unit in ((1.0, "°"), (60.0, "′")):
        if degrees * factor >= 1.0:
            return f"{degrees * factor:.1f}{unit}"
    return f"{degrees * 3600.0:.1f}″"


def _chart(axes: Axes, chart: Chart) -> None:
    import numpy as np
    from matplotlib.patches import Circle as Ring
    from matplotlib.patheffects import withStroke

    ra, dec, _ = extent(chart.sky)
    paper, half = Zenithal(ra, dec), chart.reach
    axes.set(xlim=(-half, half), ylim=(-half, half), aspect="equal", facecolor=CARD)
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.6)
    axes.tick_params(labelsize=5.8, colors=INK, length=2, width=0.5, pad=1.5)
    _offsets(axes, half)
    if isinstance(chart.sky, ProbabilityMap):
        grid = np.linspace(-half, half, 301)
        _fill(axes, chart.sky, paper, grid, grid)
    else:
        for level, style, width in ((0.9, "-", 1.0), (0.9973, (0, (2, 1.5)), 0.8)):
            if getattr(chart.sky, "inner", None) is None and scale(chart.sky.containment_probability, level):
                for line in outline(chart.sky, level):
                    axes.plot(*paper.place(*line), ls=style, color=LEVELS[1], lw=width, zorder=4)
    axes.plot([0], [0], "+", color=LEVELS[1], ms=6, mew=0.9, zorder=5)
    halo = [withStroke(linewidth=1.6, foreground=CARD)]
    for number, one in enumerate(chart.counterparts, 1):
        x, y = (float(v[0]) for v in paper.place([one.source.ra], [one.source.dec]))
        if max(abs(x), abs(y)) > half:
            continue
        marker, colour = SYMBOLS[one.source.sort]
        if one.source.size > half / 60.0:
            axes.add_patch(Ring((x, y), one.source.size, fill=False, ec=colour, lw=0.7, zorder=3))
        axes.plot(
            [x],
            [y],
            marker=marker,
            color=colour,
            ms=5.5 if number <= NAMED else 3.0,
            mec=INK,
            mew=0.4,
            ls="none",
            zorder=6,
        )
        if number <= NAMED:
            right = x < 0.85 * half  # x grows to the left of what is west
            axes.text(
                x + (0.045 if right else -0.045) * half,
                y + 0.045 * half,
                str(number),
                size=7,
                weight="bold",
                color=INK,
                ha="left" if right else "right",
                zorder=7,
                path_effects=halo,
            )


def _offsets(axes: Axes, half: float) -> None:
    """Angles east and north of the centre."""
    import numpy as np

    unit, parts = next((unit, n) for unit, n in (("°", 1.0), ("′", 60.0), ("″", 3600.0)) if half * n >= 1 or n == 3600)
    span = half * parts
    step = next(s * 10.0**p for p in range(-2, 4) for s in (1.0, 2.0, 5.0) if span / (s * 10.0**p) <= 3.2)
    levels = np.arange(-int(span / step), int(span / step) + 1) * step
    axes.set_xticks(-levels / parts, [f"{level:g}{unit}".replace("-", "−") for level in levels])
    axes.set_yticks(levels / parts, [f"{level:g}{unit}".replace("-", "−") for level in levels])
    axes.grid(color=HAIRLINE, lw=0.4, zorder=1.5)
    axes.set_axisbelow(True)
    axes.set_xlabel("east of the position", size=6.0, color=INK, labelpad=1.0)
    axes.set_ylabel("north", size=6.0, color=INK, labelpad=0.5)
