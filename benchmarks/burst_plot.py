"""The picture of peak energy against energy of all bursts of a survey, with the relation of long bursts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analyses.figures import CARD, COLOURS, FAINT, INK, new_figure, png_of
from analyses.library.energetics import AMATI_SCATTER_DEX, expected_epeak

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from benchmarks.burst_survey import Tested

#: Bursts so many scatters off are named; half a name is so wide and high, in powers of ten of the axes.
_NAMED, _WIDE, _HIGH = 2.9, 0.42, 0.05
#: Mark and colour by duration.
_MARKS = {"longer than 2 s": ("o", COLOURS[0]), "shorter": ("s", COLOURS[3]), "duration not told": ("^", COLOURS[4])}


def draw(tested: Sequence[Tested], file: Path) -> None:
    """Writes the picture of those bursts whose peak energy and energy are known, as PNG."""
    bursts = [t for t in tested if {"energy", "epeak_rest"} <= set(t.values)]
    figure = new_figure(3.3)
    axes = figure.add_axes((0.15, 0.14, 0.82, 0.83))
    axes.set_facecolor(CARD)
    line = np.geomspace(1e50, 1e55, 100)
    middle = np.array([expected_epeak(float(e)) for e in line])
    for sigmas, shade in ((3.0, 0.12), (1.0, 0.22)):
        width = 10.0 ** (sigmas * AMATI_SCATTER_DEX)
        axes.fill_between(line, middle / width, middle * width, color=FAINT, alpha=shade, linewidth=0)
    axes.plot(line, middle, color=INK, linewidth=0.8)
    for sort, (mark, colour) in _MARKS.items():
        chosen = [t for t in bursts if _sort(t) == sort]
        if chosen:
            x, y = ([t.values[word] for t in chosen] for word in ("energy", "epeak_rest"))
            errors = [t.values.get("epeak_plus", 0.0) for t in chosen]
            low = [min(t.values.get("epeak_minus", 0.0), 0.9 * t.values["epeak_rest"]) for t in chosen]
            axes.errorbar(x, y, yerr=[low, errors], fmt=mark, color=colour, markersize=3, elinewidth=0.6,
                          label=f"{sort} ({len(chosen)})")  # fmt: skip
    _name_outliers(axes, bursts)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1e50, 1e55)
    axes.set_ylim(20, 1e4)
    axes.set_xlabel("isotropic energy, 1-10,000 keV [erg]", fontsize=7, color=INK)
    axes.set_ylabel("peak energy in the burst's frame [keV]", fontsize=7, color=INK)
    axes.tick_params(labelsize=6, colors=INK)
    axes.legend(fontsize=6, frameon=False, loc="upper left")
    axes.text(0.98, 0.03, "line: Amati et al. 2008; bands: 1 and 3 scatters", transform=axes.transAxes, fontsize=6,
              ha="right", color=INK)  # fmt: skip
    file.write_bytes(png_of(figure))


def _name_outliers(axes: Axes, bursts: Sequence[Tested]) -> None:
    """Writes the names of those beyond the relation where neither marks nor other names stand, as far as that goes."""
    taken = [(math.log10(t.values["energy"]), math.log10(t.values["epeak_rest"])) for t in bursts]
    for one in bursts:
        if abs(one.values["amati_offset"]) <= _NAMED:
            continue
        x, y = math.log10(one.values["energy"]), math.log10(one.values["epeak_rest"])
        places = [(x + side * _WIDE, y + up) for up in (0.04, -0.05, 0.1, -0.11) for side in (1, -1)]
        free = [
            p
            for p in places
            if all(abs(p[0] - a) > _WIDE or abs(p[1] - b) > _HIGH for a, b in taken if (a, b) != (x, y))
        ]
        at = (free or places)[0]
        taken += [(at[0] - _WIDE / 2, at[1]), at, (at[0] + _WIDE / 2, at[1])]
        axes.text(
            10 ** at[0], 10 ** at[1], one.burst.removeprefix("GRB"), fontsize=6, color=INK, ha="center", va="center"
        )


def _sort(tested: Tested) -> str:
    t90 = tested.values.get("t90", math.nan)
    return "duration not told" if math.isnan(t90) else "longer than 2 s" if t90 > 2.0 else "shorter"
