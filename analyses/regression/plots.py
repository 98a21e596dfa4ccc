"""Figures of regression runs: old and new side by side, and each quantity over versions. For a chat thread, as
`analyses/figures.py` says."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analyses.figures import CARD, COLOURS, FAINT, HAIRLINE, INK, new_figure, png_of, shorten_to
from analyses.regression.cases import Case, Expected
from analyses.regression.outcomes import Pair
from analyses.regression.verdicts import SIGMAS, Compared, Sample, sample
from nuncius.core.result import Figure
from nuncius.journal.testresults import TestRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OLD, NEW, OFF = COLOURS[0], COLOURS[3], "#b2182b"
#: Quantities in one picture.
MOST = 4
SMALL = 6


def side_by_side(pair: Pair, blob: Callable[[str], bytes]) -> Figure | None:
    """What the old and the new version gave: the case's curves, its analysis' figures, else its numbers; None where
    there is nothing to show."""
    new, old = pair.new.shown, pair.old.shown if pair.old else {}
    outcome = pair.outcome
    heads = [f"{outcome.package} {v}".strip() for v in (outcome.old_version, outcome.version)]
    if new.get("curves"):
        name, curve = next(iter(new["curves"].items()))
        png = _curves(old.get("curves", {}).get(name), curve, heads)
    elif new.get("figures") and old.get("figures"):
        png = _pictures([blob(side["figures"][0]["sha256"]) for side in (old, new)], heads)
    elif any(q.new or q.old for q in outcome.quantities):
        png = _numbers(outcome.quantities, heads)
    else:
        return None
    said = "; ".join(f"{q.quantity}: {q.old or 'nothing'} before, {q.new or 'nothing'} now" for q in outcome.quantities)
    caption = f"{outcome.case}: {heads[0] or 'the reference'} beside {heads[1] or 'now'}"
    return Figure(name=f"{outcome.case}-side-by-side", png=png, caption=caption, alt=f"{caption}. {said}.")


def _style(axes: Axes) -> None:
    axes.set_facecolor(CARD)
    axes.tick_params(labelsize=SMALL, colors=INK, width=0.5, length=2)
    for spine in axes.spines.values():
        spine.set_color(HAIRLINE)
    axes.grid(True, color=HAIRLINE, linewidth=0.3)


def _curves(old: Mapping[str, Any] | None, new: Mapping[str, Any], heads: Sequence[str]) -> bytes:
    """Two panels with one scale; the old curve is faint behind the new one."""
    drawing = new_figure(1.9)
    panels: list[Axes] = list(drawing.subplots(1, 2 if old else 1, sharex=True, sharey=True, squeeze=False)[0])
    if old:
        _curve(panels[0], old, OLD, heads[0])
        panels[-1].plot(old["x"], old["y"], color=FAINT, linewidth=0.6)
    _curve(panels[-1], new, NEW, heads[1])
    drawing.supxlabel(shorten_to(str(new["xlabel"]), 60), fontsize=SMALL, color=INK, y=0.02)
    drawing.supylabel(shorten_to(str(new["ylabel"]), 40), fontsize=SMALL, color=INK, x=0.01)
    drawing.subplots_adjust(left=0.15, right=0.98, top=0.88, bottom=0.2, wspace=0.06)
    return png_of(drawing)


def _curve(axes: Axes, curve: Mapping[str, Any], colour: str, head: str) -> None:
    _style(axes)
    axes.plot(curve["x"], curve["y"], color=colour, linewidth=0.9, marker=".", markersize=1.5)
    axes.set_title(head, fontsize=7, color=colour)


def _pictures(pngs: Sequence[bytes], heads: Sequence[str]) -> bytes:
    """Two pictures beside each other under their versions."""
    from matplotlib import image

    drawing = new_figure(2.4)
    for axes, png, head, colour in zip(drawing.subplots(1, 2), pngs, heads, (OLD, NEW), strict=True):
        axes.imshow(image.imread(io.BytesIO(png), format="png"))
        axes.set_title(head, fontsize=7, color=colour)
        axes.set_axis_off()
    drawing.subplots_adjust(left=0.01, right=0.99, top=0.9, bottom=0.01, wspace=0.03)
    return png_of(drawing)


def _numbers(quantities: Sequence[Compared], heads: Sequence[str]) -> bytes:
    """Each quantity's distance from its reference with the tolerance as a band."""
    shown = [q for q in quantities if q.new or q.old][:MOST]
    drawing = new_figure(0.7 + 0.55 * len(shown))
    for axes, one in zip(drawing.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
        _style(axes)
        axes.axvspan(-one.allowed, one.allowed, color=COLOURS[1], alpha=0.15, linewidth=0)
        axes.axvline(0.0, color=INK, linewidth=0.6)
        for side, colour, place in ((one.old, OLD, 1.0), (one.new, NEW, 0.0)):
            if side is not None and math.isfinite(side.mean):
                axes.errorbar(side.mean - one.expected.value, place, xerr=side.scatter or None, fmt="o", color=colour,
                              markersize=3, linewidth=0.8)  # fmt: skip
        axes.set_yticks([1.0, 0.0], [shorten_to(h, 18) for h in heads])
        axes.set_ylim(-0.6, 1.6)
        unit = f" ({one.expected.unit})" if one.expected.unit else ""
        axes.set_title(f"{one.quantity}: off the reference{unit}", fontsize=SMALL, color=INK, loc="left", pad=2)
    drawing.subplots_adjust(left=0.25, right=0.96, top=1 - 0.2 / drawing.get_figheight(), bottom=0.12, hspace=0.9)
    return png_of(drawing)


def history(case: Case, expect: Mapping[str, Expected], runs: Sequence[TestRun], package: str) -> Figure | None:
    """Each quantity of a case over the versions of a package that it was run with; None where it never was."""
    versions = _by_version(runs)
    if not versions:
        return None
    names = list(expect)[:MOST]
    labels = [shorten_to(version, 14) for version in versions]
    room_in = 0.2 + 0.045 * max(map(len, labels))  # where the versions stand
    drawing = new_figure(0.4 + 1.0 * len(names) + room_in)
    panels = drawing.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        _history_panel(axes, name, expect[name], versions)
    drawing.suptitle(shorten_to(f"{case.name} over versions of {package}", 60), fontsize=7, color=INK, y=0.99)
    step = max(1, math.ceil(len(versions) / 14))
    panels[-1].set_xticks(range(0, len(versions), step), labels[::step], rotation=60, ha="right")
    height = drawing.get_figheight()
    drawing.subplots_adjust(left=0.2, right=0.97, top=1 - 0.36 / height, bottom=room_in / height, hspace=0.45)
    failed = [v for v, own in versions.items() if own[0].state != "ran"]
    said = f"{len(versions)} versions of {package}, {next(iter(versions))} to {list(versions)[-1]}"
    said += f"; no result with {', '.join(failed)}" if failed else ""
    caption = f"{case.name} over versions of {package}; the band is the reference with its tolerance"
    return Figure(name=f"{case.name}-history", png=png_of(drawing), caption=caption, alt=f"{caption}: {said}.")


def _history_panel(axes: Axes, name: str, expected: Expected, versions: Mapping[str, Sequence[TestRun]]) -> None:
    _style(axes)
    points = [_sample(name, expected, own) for own in versions.values()]
    known = [(i, p) for i, p in enumerate(points) if p is not None and math.isfinite(p.mean)]
    axes.axhspan(expected.value - expected.tolerance, expected.value + expected.tolerance, color=COLOURS[1],
                 alpha=0.15, linewidth=0)  # fmt: skip
    axes.axhline(expected.value, color=COLOURS[1], linewidth=0.6)
    for i, point in known:
        within = abs(point.mean - expected.value) <= max(expected.tolerance, SIGMAS * point.scatter)
        colour = OLD if within else OFF
        spread = max(point.scatter, point.error or 0.0) or None
        axes.errorbar(i, point.mean, yerr=spread, fmt="o", markersize=3, color=colour, linewidth=0.7)
    for i, missing in enumerate(point is None for point in points):
        if missing:
            axes.plot(i, 0.06, marker="x", color=OFF, markersize=4, transform=axes.get_xaxis_transform())
    unit = f" ({expected.unit})" if expected.unit else ""
    axes.set_title(name + unit, fontsize=SMALL, color=INK, loc="left", pad=2)
    axes.margins(y=0.15)
    axes.set_xlim(-0.5, len(points) - 0.5)
    axes.yaxis.get_offset_text().set_fontsize(SMALL)


def _sample(name: str, expected: Expected, runs: Sequence[TestRun]) -> Sample | None:
    values = [run.values["quantities"] for run in runs if run.state == "ran"]
    return sample(name, expected.unit, values) if len(values) == len(runs) else None


def _by_version(runs: Sequence[TestRun]) -> dict[str, list[TestRun]]:
    """The runs of the newest environment that each version was tried in, in the order of versions (of datasets, in the
    order in which they came)."""
    from packaging.version import InvalidVersion, Version

    newest: dict[str, str] = {}
    for run in runs:
        newest[run.version] = run.environment
    order = [version for version in newest if version]
    with contextlib.suppress(InvalidVersion):
        order.sort(key=Version)
    out: dict[str, list[TestRun]] = {version: [] for version in order}
    for run in runs:
        if run.version in out and newest[run.version] == run.environment:
            out[run.version].append(run)
    return out
