"""Graticules and their labels: hours and degrees on the whole sky, degrees (or less) on a close-up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analyses.figures import CARD, FAINT, HAIRLINE, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from analyses.projection import Mollweide, Zenithal

_STEPS = (30.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)


def label_whole_sky(axes: Axes, paper: Mollweide) -> None:
    """Meridians every 3 h (labelled along the equator), parallels every 30 degrees (labelled at the left edge)."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=1.4, foreground=CARD)]
    line = np.linspace(-90.0, 90.0, 181)
    for hour in range(0, 24, 3):
        ra = hour * 15.0
        if abs((ra - paper.middle + 180.0) % 360.0 - 180.0) > 179.0:
            continue
        axes.plot(*paper.place(np.full(line.size, ra), line), color=HAIRLINE, lw=0.35, zorder=1.5)
        x, y = paper.place([ra], [0.0])
        axes.text(
            x[0], y[0] - 0.035, f"{hour}h", size=5.8, color=INK, ha="center", va="top", zorder=8, path_effects=halo
        )
    round_the_sky = paper.middle + np.linspace(-179.999, 179.999, 361)
    for dec in range(-60, 90, 30):
        x, y = paper.place(round_the_sky, np.full(361, float(dec)))
        axes.plot(x, y, color=HAIRLINE, lw=0.35, zorder=1.5)
        side = 1.0 if dec >= 0 else -1.0
        axes.text(
            x.min() - 0.04 - 0.0008 * abs(dec),
            y[0] + 0.05 * side * (dec != 0),
            _degrees(dec, 0),
            size=5.8,
            color=INK,
            ha="right",
            va="center",
        )
    turn = np.linspace(0.0, 2.0 * math.pi, 361)
    axes.plot(2.0 * np.cos(turn), np.sin(turn), color=FAINT, lw=0.8, zorder=9)


def label_close_up(axes: Axes, paper: Zenithal, half: float) -> None:
    """Lines of equal right ascension and declination, labelled along the lower and the left edge; offsets from the
    centre where labels would be too long (small fields) or the lines run together (near a pole)."""
    axes.tick_params(labelsize=5.8, colors=INK, length=2, width=0.5, pad=1.5)
    if half < 0.03 or abs(paper.dec) + half > 80.0:
        _label_offsets(axes, paper, half)
        return
    edge = np.linspace(-half, half, 201)
    across, up = np.meshgrid(edge, edge)
    ra, dec = paper.sky(across, up)
    turn = (ra - paper.ra + 180.0) % 360.0 - 180.0
    dec_step = _step(2.0 * half)
    _lines(axes, edge, dec, dec_step)
    levels = _multiples(float(dec[:, 0].min()), float(dec[:, 0].max()), dec_step)
    axes.set_yticks(np.interp(levels, dec[:, 0], edge), [_degrees(v, dec_step) for v in levels])
    bottom = turn[0, ::-1]  # east is to the left, so right ascension falls along x
    ra_step = _step(float(bottom[-1] - bottom[0]))
    _lines(axes, edge, turn + paper.ra, ra_step)
    levels = _multiples(float(bottom[0]) + paper.ra, float(bottom[-1]) + paper.ra, ra_step)
    labels = [_degrees(value % 360.0, ra_step, False) for value in levels]
    axes.set_xticks(np.interp(levels - paper.ra, bottom, edge[::-1]), labels)
    axes.set_xlabel("RA (ICRS)", size=5.8, color=INK, labelpad=1.0)
    axes.text(-0.03, 1.02, "Dec", size=5.8, color=INK, ha="right", va="bottom", transform=axes.transAxes)


def _label_offsets(axes: Axes, paper: Zenithal, half: float) -> None:
    """Angles east and north of the centre, in the unit that keeps them short."""
    unit, parts = next((unit, n) for unit, n in (("°", 1.0), ("′", 60.0), ("″", 3600.0)) if half * n >= 1 or n == 3600)
    step = _step(2.0 * half * parts)
    levels = _multiples(-half * parts, half * parts, step)
    for axis in (axes.set_xticks, axes.set_yticks):
        sign = -1.0 if axis == axes.set_xticks else 1.0
        axis(levels / parts, [f"{sign * level + 0.0:g}{unit}".replace("-", "−") for level in levels])
    axes.grid(color=HAIRLINE, lw=0.4, zorder=1.5)
    axes.set_axisbelow(True)
    places = min(5, 1 + math.ceil(max(0.0, -math.log10(half))))
    here = f"{paper.ra:.{places}f}° {paper.dec:+.{places}f}°".replace("-", "−")
    axes.set_xlabel(f"east, north of {here}", size=5.8, color=INK, labelpad=1.0)


def _step(span: float) -> float:
    """The largest round step that gives at least three lines over `span` degrees."""
    return next((step for step in _STEPS if span / step >= 2.9), _STEPS[-1])


def _multiples(low: float, high: float, step: float) -> np.ndarray:
    return np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step


def _lines(axes: Axes, edge: np.ndarray, values: np.ndarray, step: float) -> None:
    levels = _multiples(float(values.min()), float(values.max()), step)
    if levels.size:
        axes.contour(edge, edge, values, levels=levels, colors=[HAIRLINE], linewidths=0.4, linestyles="-", zorder=1.5)


def _degrees(value: float, step: float, sign: bool = True) -> str:
    places = 0 if step >= 1.0 or step == 0 else math.ceil(-math.log10(step) - 1e-9)
    text = f"{abs(value):.{places}f}°"
    if not sign or float(f"{value:.{places}f}") == 0.0:
        return text
    return ("+" if value > 0 else "−") + text
