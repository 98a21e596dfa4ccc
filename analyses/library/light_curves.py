"""The light curves of several instruments around one T0, stacked in one figure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np

from analyses.contract import Unit, analysis
from nuncius.core.errors import PermanentError
from nuncius.core.result import Figure, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: More panels cannot be told apart on a telephone; the others are counted.
MOST_PANELS = 6
PANEL_IN = 0.95
#: A panel without a burst shares the others' axis where that is at least this part of its own.
LEAST_SHARED = 1 / 3


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument's: bins as rows of from, to (seconds after T0), rate, background, error."""

    name: str
    rows: list[list[float]]
    unit: str = "ct / s"
    note: Annotated[str, "what was found, in a few words"] = ""
    begin: Annotated[float | None, Unit("s"), "T90 begins, where a burst was found"] = None
    end: Annotated[float | None, Unit("s"), "and ends"] = None


@analysis(
    "light-curves",
    version="1",
    about="Light curves of several instruments around one T0 in one figure, T90s shaded",
    example="nuncius analyse light-curves --with panels=@panels.json --with trigger_time=2020-04-15T08:48:05.56",
    cached=True,
)
def light_curves(
    *,
    panels: Annotated[list[Panel], "the light curves, as tables of burst-search give them"],
    trigger_time: Annotated[datetime, "T0"],
    object: Annotated[str, "name of the object, for the title"] = "",
) -> Result:
    drawn = [panel for panel in panels if len(panel.rows) > 1]
    if not drawn:
        raise PermanentError("light-curves needs a light curve of two bins or more")
    seen = sum(panel.begin is not None for panel in drawn)
    name = f"{object}: " if object else ""
    most = drawn[:MOST_PANELS]
    left = f"; {len(drawn) - len(most)} more are not drawn" if len(drawn) > len(most) else ""
    return Result(
        answer=f"{name}a burst in {seen} of {len(drawn)} light curves{left}",
        figures=[_figure(object, most, trigger_time.astimezone(UTC))],
    )


def shared_span(panels: list[Panel]) -> tuple[float, float] | None:
    """The axis of those whose bursts were seen at the same time: that of the first, and of all that meet it."""
    seen = [_span(panel) for panel in panels if panel.begin is not None]
    if not seen:
        return None
    low, high = seen[0]
    for a, b in seen[1:]:
        if a < high and b > low and (b - a) < 5.0 * (high - low):
            low, high = min(low, a), max(high, b)
    return low, high


def _span(panel: Panel) -> tuple[float, float]:
    return panel.rows[0][0], panel.rows[-1][1]


def _axis(panel: Panel, shared: tuple[float, float] | None) -> tuple[float, float]:
    """From where to where a panel is drawn."""
    low, high = _span(panel)
    if shared is None or high < shared[0] or low > shared[1]:
        return low, high
    if panel.begin is None:
        return shared if shared[1] - shared[0] >= LEAST_SHARED * (high - low) else (low, high)
    return shared if panel.begin >= shared[0] and panel.begin <= shared[1] else (low, high)


def _figure(name: str, panels: list[Panel], t0: datetime) -> Figure:
    from analyses.figures import FAINT, INK, new_figure, png_of, shorten_to

    shared = shared_span(panels)
    figure = new_figure(PANEL_IN * len(panels) + 0.55)
    rows = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    spans = [_axis(panel, shared) for panel in panels]
    for number, (axes, panel, span) in enumerate(zip(rows, panels, spans, strict=True)):
        _draw(axes, panel, span)
        title = f"{panel.name}: {panel.note}" if panel.note else panel.name
        axes.set_title(shorten_to(title, 62), fontsize=6.5, color=INK, loc="left", pad=2.5)
        axes.tick_params(labelsize=6, colors=FAINT)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelbottom=number + 1 == len(panels) or spans[number + 1] != span)
    when = f"{t0:%Y-%m-%d %H:%M:%S}.{t0.microsecond // 10000:02d} UTC"
    rows[-1].set_xlabel(f"seconds after T0 = {when}", fontsize=6.5, color=INK, labelpad=2.0)
    figure.suptitle(f"{name or 'Burst'}: light curves", fontsize=8, color=INK, x=0.02, ha="left")
    figure.set_layout_engine("constrained", h_pad=0.02)
    told = "; ".join(f"{panel.name}: {panel.note or 'a light curve'}" for panel in panels)
    return Figure(
        name="light-curves",
        png=png_of(figure),
        caption=f"{name or 'Burst'}: rates and background at T0; T90 shaded, T0 dashed",
        alt=f"{len(panels)} light curves above each other. {told}.",
    )


def _draw(axes: Axes, panel: Panel, span: tuple[float, float]) -> None:
    from analyses.figures import COLOURS, FAINT, INK

    table = np.array(panel.rows, dtype=float)
    start, stop, rate, under = (table[:, column] for column in range(4))
    thousands = 1000.0 if np.abs(rate).max() >= 1e4 else 1.0
    # A gap is drawn as one.
    after = np.flatnonzero(start[1:] - stop[:-1] > 0.5 * np.median(stop - start)) + 1
    edges = np.append(np.insert(start, after, stop[after - 1]), stop[-1])
    drawn = np.insert(rate, after, np.nan) / thousands
    if panel.begin is not None and panel.end is not None:
        axes.axvspan(panel.begin, panel.end, color=COLOURS[3], alpha=0.14, lw=0)
    axes.stairs(drawn, edges, baseline=None, color=COLOURS[0], lw=0.8)
    axes.plot((start + stop) / 2.0, under / thousands, color=COLOURS[1], lw=0.8)
    if span[0] <= 0.0 <= span[1]:
        axes.axvline(0.0, color=FAINT, lw=0.7, ls=(0, (3, 2)))
    axes.set_xlim(*span)
    axes.margins(y=0.08)
    unit = panel.unit.replace(" / ", "/")
    axes.set_ylabel(f"{'10³ ' if thousands > 1.0 else ''}{unit}", fontsize=6.5, color=INK)
