"""Draws observing plans: the nights at the best sites one below the other, or the fields of all sites over the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from analyses.figures import CARD, COLOURS, FAINT, INK, new_figure, png_of, shorten_to
from analyses.layers import extent
from analyses.nightplot import OPEN, _clock_axis, _edge, _shade
from analyses.nightsky import HOURS, Day
from analyses.projection import Mollweide, Zenithal, split_where_torn
from analyses.skyplot import _fill, _galactic_plane
from analyses.skyticks import label_close_up, label_whole_sky

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analyses.observatories import Observatory
    from analyses.pointplan import Visit
    from analyses.tileplan import Observation
    from nuncius.core.sky import Localization

#: Sites whose nights are drawn.
PANELS = 4
PANEL = 0.86
#: Sites in the legend of a map.
NAMED = 6


def shown_of(visits: Sequence[Visit]) -> list[int]:
    """Which sites are drawn: the best, of those on one meridian only the first, for their nights are alike."""
    found: list[int] = []
    for index, visit in enumerate(visits):
        apart = (abs((visit.site.longitude - visits[other].site.longitude + 180.0) % 360.0 - 180.0) for other in found)
        if all(degrees > 12.0 for degrees in apart) and len(found) < PANELS and (visit.windows or not found):
            found.append(index)
    return found


def draw_nights(title: str, subtitle: str, visits: Sequence[Visit], day: Day, lowest: Sequence[float]) -> bytes:
    """Altitude against time at the best sites, over the brightness of their skies; `lowest` is each site's limit."""
    shown = shown_of(visits)
    height = 0.44 + PANEL * len(shown) + 0.36
    figure = _card(title, subtitle, height)
    for place, index in enumerate(shown):
        bottom = (0.36 + PANEL * (len(shown) - 1 - place)) / height
        axes = figure.add_axes((0.085, bottom, 0.885, (PANEL - 0.2) / height))
        _night(axes, index + 1, visits[index], day, lowest[index])
        if place < len(shown) - 1:
            axes.tick_params(labelbottom=False)
    words = "altitude, thick: observable; dashed: Moon"
    figure.text(0.085, 0.06 / height, f"UTC from {day.start:%Y-%m-%d %H:%M} · {words}", size=5.8, color=INK)
    return png_of(figure)


def _card(title: str, subtitle: str, height: float) -> Figure:
    figure = new_figure(height)
    figure.text(0.025, 1 - 0.07 / height, shorten_to(title, 38), size=9.5, weight="bold", color=INK, va="top")
    figure.text(0.025, 1 - 0.26 / height, shorten_to(subtitle, 66), size=6.4, color=INK, va="top")
    return figure


def _night(axes: Axes, number: int, visit: Visit, day: Day, least: float) -> None:
    _shade(axes, day, [visit.row], 0.0, 90.0)
    axes.plot(day.hours, day.moon[visit.row], color="#9fa8b5", lw=1.0, ls=(0, (4, 1.5)), zorder=3)
    axes.plot(day.hours, day.target[visit.row], color=OPEN, lw=0.9, zorder=4, path_effects=_edge(1.6))
    for begin, end in visit.windows:
        fine = np.linspace(begin, end, 60)
        height = np.interp(fine, day.hours, day.target[visit.row])
        axes.plot(fine, height, color=OPEN, lw=2.4, zorder=5, path_effects=_edge(3.2))
    axes.axhline(least, color=CARD, lw=0.6, ls=(0, (1, 1.5)), zorder=2)
    _clock_axis(axes, day)
    axes.set_ylim(0.0, 90.0)
    axes.set_yticks([0, 30, 60, 90], ["0°", "30°", "60°", ""])
    above: dict[str, Any] = {"size": 6.2, "color": INK, "transform": axes.transAxes, "va": "bottom"}
    axes.text(0.0, 1.03, f"{number}  {shorten_to(visit.site.name, 20)}", weight="bold", **above)
    axes.text(1.0, 1.03, shorten_to(_what(visit), 40), ha="right", **above)


def _what(visit: Visit) -> str:
    if not visit.windows:
        return visit.reason
    return f"{visit.hours:.1f} h, airmass {visit.best_airmass:.2f}, Moon {visit.moon_separation:.0f}°"


def draw_tiles(
    title: str,
    subtitle: str,
    sky: Localization,
    observations: Sequence[Observation],
    sites: dict[str, Observatory],
) -> bytes:
    """The chosen fields over the localization, coloured by site, and below what is covered against time."""
    ra, dec, reach = extent(sky)
    whole = reach >= 40.0 or hasattr(sky, "inner")
    by_gain: dict[str, float] = {}
    for one in observations:
        by_gain[one.pointing.key] = by_gain.get(one.pointing.key, 0.0) + one.gain
    named = sorted(by_gain, key=lambda key: -by_gain[key])[:NAMED]
    map_in, legend, curve = (1.72 if whole else 2.4), 0.15 * (len(named) + (len(by_gain) > NAMED)) + 0.05, 0.95
    top = 0.42 if whole else 0.54  # the close-up has a label above its corner
    height = top + map_in + (0.0 if whole else 0.3) + legend + curve + 0.42
    figure = _card(title, subtitle, height)
    bottom = 0.42 + curve + legend + (0.0 if whole else 0.3)
    if whole:
        axes = figure.add_axes((0.02, bottom / height, 0.96, map_in / height))
        paper: Mollweide | Zenithal = _whole_sky(axes, sky, ra)
    else:
        axes = figure.add_axes(((3.6 - map_in) / 7.2 + 0.04, bottom / height, map_in / 3.6, map_in / height))
        paper = _close_up(axes, sky, ra, dec, reach, observations, sites)
    for one in observations:
        key = one.pointing.key
        colour = COLOURS[named.index(key) % len(COLOURS)] if key in named else FAINT
        x, y = split_where_torn(*paper.place(*_square(one, sites[key])), limit=1.0 if whole else 90.0)
        axes.plot(x, y, color=colour, lw=0.7, zorder=6)
    key_axes = figure.add_axes((0.0, (0.42 + curve) / height, 1.0, legend / height))
    _legend(key_axes, named, by_gain, observations, sites, legend)
    _curve(figure.add_axes((0.115, 0.34 / height, 0.855, (curve - 0.12) / height)), observations)
    return png_of(figure)


def _square(one: Observation, site: Observatory) -> tuple[np.ndarray, np.ndarray]:
    """The border of a field, closed."""
    half = site.field_deg2**0.5 / 2.0
    edge = np.linspace(-half, half, 9)
    full = np.full(9, half)
    east = np.r_[edge, full, edge[::-1], -full]
    north = np.r_[-full, edge, full, edge[::-1]]
    ra, dec = Zenithal(one.pointing.ra, one.pointing.dec).sky(-east, north)
    return np.r_[ra, ra[:1]], np.r_[dec, dec[:1]]


def _whole_sky(axes: Axes, sky: Localization, ra: float) -> Mollweide:
    paper = Mollweide(0.0 if min(ra, 360.0 - ra) < 60.0 else 180.0)
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set(xlim=(-2.12, 2.12), ylim=(-1.08, 1.03))
    _fill(axes, sky, paper, np.linspace(-2.0, 2.0, 1001), np.linspace(-1.0, 1.0, 501))
    label_whole_sky(axes, paper)
    _galactic_plane(axes, paper)
    return paper


def _close_up(
    axes: Axes,
    sky: Localization,
    ra: float,
    dec: float,
    reach: float,
    observations: Sequence[Observation],
    sites: dict[str, Observatory],
) -> Zenithal:
    paper = Zenithal(ra, dec)
    widest = max((sites[one.pointing.key].field_deg2 ** 0.5 for one in observations), default=0.0)
    half = min(max(1.3 * reach, reach + 0.6 * widest), 60.0)
    axes.set(xlim=(-half, half), ylim=(-half, half), aspect="equal", facecolor=CARD)
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.6)
    grid = np.linspace(-half, half, 401)
    _fill(axes, sky, paper, grid, grid)
    label_close_up(axes, paper, half)
    return paper


def _legend(
    axes: Axes,
    named: Sequence[str],
    by_gain: dict[str, float],
    observations: Sequence[Observation],
    sites: dict[str, Observatory],
    inches: float,
) -> None:
    axes.set_axis_off()
    axes.set(xlim=(0.0, 3.6), ylim=(-inches, 0.0))
    for line, key in enumerate(named):
        own = [one for one in observations if one.pointing.key == key]
        y = -0.08 - 0.15 * line
        axes.plot([0.1, 0.28], [y, y], color=COLOURS[line % len(COLOURS)], lw=1.6)
        text = f"{sites[key].name} ({sites[key].instrument or 'camera'}): {len(own)} × {sites[key].field_deg2:.3g} deg²"
        axes.text(0.35, y, f"{shorten_to(text, 46)}, {_share(by_gain[key])}", size=6.4, color=INK, va="center")
    if len(by_gain) > len(named):
        rest = sum(gain for key, gain in by_gain.items() if key not in named)
        y = -0.08 - 0.15 * len(named)
        axes.plot([0.1, 0.28], [y, y], color=FAINT, lw=1.6)
        axes.text(0.35, y, f"{len(by_gain) - len(named)} more sites, {_share(rest)}", size=6.4, color=INK, va="center")


def _share(gain: float) -> str:
    return f"{100 * gain:.0f} %" if gain >= 0.005 else "< 1 %"


def _curve(axes: Axes, observations: Sequence[Observation]) -> None:
    """What is covered when the pointings are made at their times."""
    hours = np.r_[0.0, [one.hours for one in observations], HOURS]
    held = np.r_[0.0, [one.covered for one in observations]]
    axes.step(hours, np.r_[held, held[-1]], where="post", color=COLOURS[0], lw=1.2)
    axes.set(xlim=(0.0, HOURS), ylim=(0.0, 1.0))
    axes.set_xticks(range(0, 25, 3))
    axes.set_yticks([0.0, 0.5, 1.0], ["0", "50 %", "100 %"])
    axes.tick_params(labelsize=6.0, colors=INK, length=2, width=0.5, pad=1.5)
    axes.set_xlabel("hours after the start: probability covered", size=6.0, color=INK, labelpad=1.0)
    axes.grid(color="#e3e5e8", lw=0.4)
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.6)
