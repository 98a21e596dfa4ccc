"""Draws a localization: the whole sky, a close-up where the region is small, and a legend with the numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from analyses.figures import CARD, COLOURS, DPI, FAINT, INK, LEVELS, new_figure, png_of, shorten_to
from analyses.layers import Body, Marker, NamedRegion, credible_level, extent
from analyses.projection import Mollweide, Projection, Zenithal, split_where_torn
from analyses.skyticks import label_close_up, label_whole_sky
from nuncius.core.regions import outline
from nuncius.core.sky import Annulus, Localization, Patch, ProbabilityMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A region that needs a smaller circle than this (degrees) is also shown close up.
CLOSE_UP_BELOW = 40.0

#: In the whole-sky panel, a region smaller than this (degrees) is circled so that it can be found.
CIRCLED_BELOW = 6.0

BODIES = {"Sun": "#f5c518", "Moon": "#d5d8dd"}
MARKS = ("+", "x", "1", "*")
STYLES = ("-", (0, (4, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.2, 1.2, 1.2)))


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """All that one figure shows. `legend` is the lines of numbers about the localization; what lies outside `field`,
    a field of view, is shaded."""

    title: str
    subtitle: str
    sky: Localization
    regions: list[NamedRegion] = []
    markers: list[Marker] = []
    bodies: list[Body] = []
    field: Patch | None = None
    legend: list[str] = []
    notes: list[str] = []


def draw(scene: Scene) -> bytes:
    """The figure as PNG."""
    ra, dec, reach = extent(scene.sky)
    close = reach < CLOSE_UP_BELOW and not isinstance(scene.sky, Annulus)
    rows = len(scene.legend) + len(scene.notes) + len(scene.regions) + len(scene.markers) + 3
    below = 1.9 if close else 0.22 + 0.135 * math.ceil(rows / 2)
    height = 0.34 + 1.72 + below
    figure = new_figure(height)
    figure.text(0.025, 1 - 0.07 / height, shorten_to(scene.title, 38), size=9.5, weight="bold", color=INK, va="top")
    figure.text(0.025, 1 - 0.26 / height, scene.subtitle, size=6.6, color=INK, va="top")
    whole = figure.add_axes((0.02, below / height, 0.96, 1.72 / height))
    _whole_sky(whole, scene, ra, dec, reach)
    if close:
        panel = figure.add_axes((0.145, 0.28 / height, 1.52 / 3.6, 1.52 / height))
        _close_up(panel, scene, ra, dec, reach)
        key = figure.add_axes((0.60, 0.04 / height, 0.40, (below - 0.12) / height))
        _legend(key, scene, columns=1)
    else:
        key = figure.add_axes((0.025, 0.04 / height, 0.97, (below - 0.1) / height))
        _legend(key, scene, columns=2)
    return png_of(figure)


def _whole_sky(axes: Axes, scene: Scene, ra: float, dec: float, reach: float) -> None:
    # 12h in the middle, as the LVK draw it; 0h where the region would otherwise be cut by the edge.
    paper = Mollweide(0.0 if min(ra, 360.0 - ra) < 60.0 else 180.0)
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set(xlim=(-2.12, 2.12), ylim=(-1.08, 1.03))
    _fill(axes, scene.sky, paper, np.linspace(-2.0, 2.0, 1001), np.linspace(-1.0, 1.0, 501))
    label_whole_sky(axes, paper)
    _galactic_plane(axes, paper)
    _overlays(axes, scene, paper, width=0.9)
    if reach < CIRCLED_BELOW:
        x, y = paper.place([ra], [dec])
        axes.plot(x, y, "o", ms=9, mfc="none", mec=INK, mew=0.8)


def _close_up(axes: Axes, scene: Scene, ra: float, dec: float, reach: float) -> None:
    paper = Zenithal(ra, dec)
    half = reach * 1.25
    axes.set(xlim=(-half, half), ylim=(-half, half), aspect="equal", facecolor=CARD)
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.6)
    grid = np.linspace(-half, half, 401)
    _fill(axes, scene.sky, paper, grid, grid)
    label_close_up(axes, paper, half)
    _overlays(axes, scene, paper, width=1.1)


def _fill(axes: Axes, sky: Localization, paper: Projection, x: np.ndarray, y: np.ndarray) -> None:
    """Colour by credible level, with the borders of the 50 % and 90 % regions."""
    from matplotlib.colors import LinearSegmentedColormap

    across, up = np.meshgrid(x, y)
    ra, dec = paper.sky(across, up)
    seen = np.isfinite(ra)
    level = np.full(ra.shape, np.nan)
    level[seen] = credible_level(sky, ra[seen], dec[seen])
    colours = LinearSegmentedColormap.from_list("credible", LEVELS).with_extremes(bad=(0.0, 0.0, 0.0, 0.0))
    if isinstance(sky, Annulus):
        level[level < 1.0] = 0.8  # its one level is near 1, which has nearly the colour of the card
    step = (x[1] - x[0]) / 2.0
    box = (x[0] - step, x[-1] + step, y[0] - step, y[-1] + step)
    axes.imshow(level, extent=box, origin="lower", cmap=colours, vmin=0.0, vmax=1.0, interpolation="nearest", zorder=1)
    if isinstance(sky, Annulus):
        for line in outline(sky):
            axes.plot(*split_where_torn(*paper.place(*line)), "-", color=LEVELS[0], lw=0.7, zorder=4)
        return
    filled = np.where(seen, level, 1.0)
    for border, width in ((0.5, 0.7), (0.9, 0.9)):
        if filled.min() < border:
            axes.contour(x, y, filled, levels=[border], colors=[LEVELS[0]], linewidths=width, zorder=4)


def _unseen(axes: Axes, field: Patch, paper: Projection) -> None:
    """Shade what the field of view leaves out, and draw its border."""
    import astropy.units as u

    x, y = np.linspace(*axes.get_xlim(), 501), np.linspace(*axes.get_ylim(), 301)
    ra, dec = paper.sky(*np.meshgrid(x, y))
    inside = np.isfinite(ra)
    seen = np.ones(ra.shape)
    seen[inside] = field.moc().contains_lonlat(ra[inside] * u.deg, dec[inside] * u.deg)
    if seen.min() > 0.5:
        return
    shown = np.where(inside, seen, np.nan)
    axes.contourf(x, y, shown, levels=[-0.5, 0.5], colors=[FAINT], alpha=0.35, zorder=2)
    if seen.max() > 0.5:
        axes.contour(x, y, shown, levels=[0.5], colors=[INK], linewidths=0.6, zorder=4)


def _overlays(axes: Axes, scene: Scene, paper: Projection, *, width: float) -> None:
    if scene.field is not None:
        _unseen(axes, scene.field, paper)
    for place, region in enumerate(scene.regions):
        colour, style = COLOURS[place % len(COLOURS)], STYLES[place % len(STYLES)]
        if isinstance(region.sky, ProbabilityMap):
            _map_border(axes, region.sky, paper, colour)
            continue
        if extent(region.sky)[2] < 0.012 * abs(np.diff(axes.get_xlim())[0]) * _degrees_per_unit(paper):
            x, y = paper.place([region.sky.ra], [region.sky.dec])  # too small to be seen as a line
            axes.plot(x, y, "o", ms=4, mfc="none", mec=colour, mew=width, zorder=5)
            continue
        for line in outline(region.sky):
            x, y = split_where_torn(*paper.place(*line), limit=_leap(paper))
            axes.plot(x, y, ls=style, color=colour, lw=width, zorder=5, solid_capstyle="butt")
    for place, marker in enumerate(scene.markers):
        x, y = paper.place([marker.ra], [marker.dec])
        axes.plot(x, y, marker=MARKS[place % len(MARKS)], ms=5, mew=1.0, color=INK, ls="none", zorder=7)
    for body in scene.bodies:
        x, y = paper.place([body.ra], [body.dec])
        axes.plot(x, y, "o", ms=5.5, mfc=BODIES[body.name], mec=INK, mew=0.5, zorder=6)


def _degrees_per_unit(paper: Projection) -> float:
    return 90.0 if isinstance(paper, Mollweide) else 1.0


def _leap(paper: Projection) -> float:
    return 1.0 if isinstance(paper, Mollweide) else 90.0


def _map_border(axes: Axes, sky: ProbabilityMap, paper: Projection, colour: str) -> None:
    x, y = np.linspace(*axes.get_xlim(), 501), np.linspace(*axes.get_ylim(), 501)
    ra, dec = paper.sky(*np.meshgrid(x, y))
    seen = np.isfinite(ra)
    level = np.ones(ra.shape)
    level[seen] = credible_level(sky, ra[seen], dec[seen])
    if level.min() < 0.9:
        axes.contour(x, y, level, levels=[0.9], colors=[colour], linewidths=0.9, zorder=5)


def _galactic_plane(axes: Axes, paper: Mollweide) -> None:
    from nuncius.core.regions import offset

    # The plane is the great circle about the north Galactic pole (ICRS 192.85948, 27.12825).
    turn = np.linspace(0.0, 360.0, 721)
    x, y = split_where_torn(*paper.place(*offset(192.85948, 27.12825, turn, np.full(turn.size, 90.0))))
    axes.plot(x, y, color=FAINT, lw=0.7, ls=(0, (6, 2)), zorder=2)


def _legend(axes: Axes, scene: Scene, *, columns: int) -> None:
    """Swatch and text, top to bottom; the localization's own numbers first."""
    axes.set_axis_off()
    lines: list[tuple[str, dict[str, object]]] = []
    for place, text in enumerate(scene.legend):
        lines.append((text, {"kind": "patch", "color": (LEVELS[2], LEVELS[4])[place]} if place < 2 else {}))
    lines += [(note, {}) for note in scene.notes]
    for place, region in enumerate(scene.regions):
        style = "-" if isinstance(region.sky, ProbabilityMap) else STYLES[place % len(STYLES)]
        lines.append((region.name, {"kind": "line", "color": COLOURS[place % len(COLOURS)], "style": style}))
    for place, marker in enumerate(scene.markers):
        lines.append((marker.name, {"kind": "marker", "marker": MARKS[place % len(MARKS)]}))
    lines += [(body.name, {"kind": "body", "color": BODIES[body.name]}) for body in scene.bodies]
    lines.append(("Galactic plane", {"kind": "line", "color": FAINT, "style": (0, (3, 1))}))
    per_column = math.ceil(len(lines) / columns)
    inches = axes.bbox.height / DPI
    step = min(0.15, (inches - 0.05) / max(per_column, 1))
    axes.set(xlim=(0, columns), ylim=(-inches, 0.0))
    for position, (text, swatch) in enumerate(lines):
        column, row = divmod(position, per_column)
        y = -0.07 - row * step
        _swatch(axes, swatch, column, y, columns)
        indent = 0.15 if columns == 1 else 0.12
        axes.text(column + indent, y, shorten_to(text, 30), size=6.4, color=INK, va="center")


def _swatch(axes: Axes, swatch: dict[str, object], x: float, y: float, columns: int) -> None:
    from matplotlib.patches import Rectangle

    width = 0.1 if columns == 1 else 0.08
    kind = swatch.get("kind")
    if kind == "patch":
        axes.add_patch(Rectangle((x, y - 0.035), width, 0.07, fc=str(swatch["color"]), ec=LEVELS[0], lw=0.7))
    elif kind == "line":
        axes.plot([x, x + width], [y, y], color=str(swatch["color"]), ls=swatch["style"], lw=1.2)
    elif kind == "marker":
        axes.plot([x + width / 2], [y], marker=str(swatch["marker"]), color=INK, ms=5, mew=1.0)
    elif kind == "body":
        axes.plot([x + width / 2], [y], "o", ms=5, mfc=str(swatch["color"]), mec=INK, mew=0.5)
