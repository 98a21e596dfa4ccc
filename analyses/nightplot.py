"""Draws visibility: a bar for each observatory over 24 hours, and below it the night at the best one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from analyses.figures import CARD, FAINT, INK, new_figure, png_of, shorten_to
from analyses.nightsky import Day, altitude_of_airmass

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from analyses.nights import Night

#: Sky brightness by the Sun's altitude: day, the three twilights, night.
SHADES = ((0.0, "#f4f1e3"), (-6.0, "#d9dbe2"), (-12.0, "#a9b2c6"), (-18.0, "#6f7f9f"), (-91.0, "#33415f"))
ROWS = 14
OPEN, MOON = "#ffd23f", "#9fa8b5"


def draw(title: str, nights: list[Night], day: Day, *, airmass_max: float, sun_max: float) -> bytes:
    """The figure as PNG."""
    shown = nights[:ROWS]
    bars, curve, top, foot = 0.125 * len(shown), 1.3, 0.5, 0.47
    height = top + bars + 0.4 + curve + foot
    figure = new_figure(height)
    figure.text(0.025, 1 - 0.07 / height, shorten_to(title, 38), size=9.5, weight="bold", color=INK, va="top")
    begin = f"{day.start:%Y-%m-%d %H:%M} UTC + 24 h"
    moon = f"Moon {100 * day.moon_illumination:.0f} %"
    condition = f"airmass < {airmass_max:g}, Sun < {sun_max:g}°".replace("-", "−")
    figure.text(0.025, 1 - 0.26 / height, f"{begin} · {condition} · {moon}", size=6.4, color=INK, va="top")
    rows = figure.add_axes((0.265, (foot + curve + 0.4) / height, 0.61, bars / height))
    _bars(rows, shown, day)
    if len(nights) > len(shown):
        left = f"+ {len(nights) - len(shown)} in table"
        figure.text(0.025, (foot + curve + 0.385) / height, left, size=5.6, color=FAINT, va="top")
    below = figure.add_axes((0.1, foot / height, 0.79, curve / height))
    _curve(below, nights[0], day, airmass_max)
    return png_of(figure)


def _clock_axis(axes: Axes, day: Day) -> None:
    """UTC hours every three hours, the date's change marked."""
    first = day.start.hour + day.start.minute / 60.0 + day.start.second / 3600.0
    marks = np.arange(np.ceil(first / 3.0) * 3.0, first + 24.0, 3.0)
    axes.set_xlim(0.0, 24.0)
    axes.set_xticks(marks - first, [f"{int(mark) % 24:02d}h" for mark in marks])
    axes.tick_params(labelsize=6.0, colors=INK, length=2, width=0.5, pad=1.5)
    axes.axvline(24.0 - first, color=INK, lw=0.5, ls=(0, (1, 1.5)), zorder=6)
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.6)


def _bars(axes: Axes, nights: list[Night], day: Day) -> None:
    _shade(axes, day, [night.row for night in nights], len(nights) - 0.5, -0.5)
    for edge in range(1, len(nights)):
        axes.axhline(edge - 0.5, color=CARD, lw=1.2, zorder=2)
    for place, night in enumerate(nights):
        for begin, end in night.windows:
            axes.barh(place, end - begin, left=begin, height=0.44, color=OPEN, edgecolor=INK, lw=0.5, zorder=5)
        colour = INK if night.windows else FAINT
        axes.text(-0.4, place, shorten_to(night.site.name, 17), size=6.0, ha="right", va="center", color=colour)
        axes.text(24.4, place, f"{night.hours:.1f} h", size=6.0, va="center", color=colour)
    _clock_axis(axes, day)
    axes.set_ylim(len(nights) - 0.5, -0.5)
    axes.set_yticks([])


def _shade(axes: Axes, day: Day, rows: list[int], low: float, high: float) -> None:
    """The brightness of the sky over the day: one strip for each row, the first on top."""
    from matplotlib.colors import to_rgb

    colours = np.array([to_rgb(colour) for _, colour in SHADES])
    steps = np.clip(np.digitize(day.sun[rows], [limit for limit, _ in SHADES]), 0, len(SHADES) - 1)
    half = (day.hours[1] - day.hours[0]) / 2.0
    box = (day.hours[0] - half, day.hours[-1] + half, low, high)
    axes.imshow(colours[steps], extent=box, origin="upper", aspect="auto", interpolation="nearest", zorder=1)


def _curve(axes: Axes, best: Night, day: Day, airmass_max: float) -> None:
    """Altitude of the target and the Moon at the best observatory, from an hour before dusk to an hour after dawn."""
    _shade(axes, day, [best.row], 0.0, 90.0)
    axes.plot(day.hours, day.moon[best.row], color=MOON, lw=1.2, ls=(0, (4, 1.5)), zorder=3)
    axes.plot(day.hours, day.target[best.row], color=OPEN, lw=1.0, zorder=4, path_effects=_edge(1.8))
    for begin, end in best.windows:
        inside = (day.hours >= begin) & (day.hours <= end)
        axes.plot(
            day.hours[inside], day.target[best.row][inside], color=OPEN, lw=2.4, zorder=5, path_effects=_edge(3.2)
        )
    _clock_axis(axes, day)
    axes.set_ylim(0.0, 90.0)
    axes.set_yticks([0, 30, 60, 90], ["0°", "30°", "60°", "90°"])
    limits = [mass for mass in (1.0, 1.2, 1.5, airmass_max, 3.0) if mass >= 1.0]
    right = axes.twinx()
    right.set_ylim(0.0, 90.0)
    marks = sorted({altitude_of_airmass(mass): mass for mass in limits}.items())
    right.set_yticks([height for height, _ in marks], [f"{mass:g}" for _, mass in marks])
    right.tick_params(labelsize=6.0, colors=INK, length=2, width=0.5, pad=1.5)
    for spine in right.spines.values():
        spine.set(color=FAINT, linewidth=0.6)
    axes.axhline(altitude_of_airmass(airmass_max), color=CARD, lw=0.6, ls=(0, (1, 1.5)), zorder=2)
    head = f"{shorten_to(best.site.name, 17)}: altitude (left), airmass (right)"
    axes.text(0.0, 1.03, head, size=6.4, color=INK, transform=axes.transAxes, va="bottom")
    last = day.start + timedelta(hours=24)
    dates = f"UTC, {day.start:%d %b} to {last:%d %b %Y}"
    axes.text(0.0, -0.17, dates, size=5.8, color=INK, transform=axes.transAxes, va="top")
    moon = f"– – Moon, {best.moon_separation:.0f}° away" if best.windows else "– – Moon"
    axes.text(1.0, -0.17, moon, size=5.8, color=INK, transform=axes.transAxes, va="top", ha="right")


def _edge(width: float) -> list[object]:
    from matplotlib.patheffects import Normal, withStroke

    return [withStroke(linewidth=width, foreground=INK), Normal()]
