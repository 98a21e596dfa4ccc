"""Plain pictures of what others computed: a light curve, a spectrum, an image. Each gives PNG, caption, words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analyses.figures import COLOURS, FAINT, INK, new_figure, png_of, shorten_to
from analyses.lightcurve import LightCurve, Values

SHOWN_BINS = 500
SHOWN_PIXELS = 600

Drawn = tuple[bytes, str, str]


def light_curve(name: str, curve: LightCurve) -> Drawn:
    """Rate with its errors against time after the first bin; nothing is drawn over a gap."""
    many = max(1, math.ceil(len(curve.rate) / SHOWN_BINS))
    last = float(curve.stop[-1])
    scale, word = (86400.0, "days") if last > 2 * 86400.0 else (1.0, "seconds")
    start, stop = curve.start[::many][: len(curve.rate) // many], curve.stop[many - 1 :: many]
    rate, error = _joined(curve.rate, many), np.sqrt(_joined(curve.error**2, many) / many)
    figure, axes = _card(name, 2.3)
    middle, half = (start + stop) / 2.0 / scale, (stop - start) / 2.0 / scale
    axes.errorbar(middle, rate, yerr=error, fmt="none", ecolor=COLOURS[0], alpha=0.35, elinewidth=0.5)
    if (curve.start[1:] - curve.stop[:-1] > 0.5 * curve.step).any():
        axes.errorbar(middle, rate, xerr=half, fmt=".", ms=2.5, color=COLOURS[0], elinewidth=1.0)
    else:
        axes.stairs(rate, np.append(start, stop[-1]) / scale, baseline=None, color=COLOURS[0], lw=0.8)
    _labels(axes, f"{word} after {curve.t0:%Y-%m-%d %H:%M:%S} UTC", f"rate ({curve.unit})")
    words = f"Light curve of {len(curve.rate)} bins over {last - float(curve.start[0]):.4g} s."
    return png_of(figure), f"{name}: light curve", words


def spectrum(
    name: str, x: Values, y: Values, error: Values | None, x_is: tuple[str, str], y_is: tuple[str, str]
) -> Drawn:
    """A value against channel or energy, both with name and unit; logarithmic where all is positive."""
    figure, axes = _card(name, 2.3)
    axes.errorbar(x, y, yerr=error, fmt=".", ms=2, color=COLOURS[0], elinewidth=0.6)
    if np.nanmin(y) > 0:
        axes.set_yscale("log")
    if np.nanmin(x) > 0 and x_is[0].upper() != "CHANNEL":
        axes.set_xscale("log")
    _labels(axes, _with_unit(*x_is), _with_unit(*y_is))
    return png_of(figure), f"{name}: spectrum", f"Spectrum in {len(x)} points of {x_is[0].lower()}."


def image(name: str, data: Values, kind: str, header: Any, peak: tuple[int, int]) -> Drawn:
    """An image, its peak marked; on the sky where the header says how, east left as it comes."""
    many = max(1, math.ceil(max(data.shape) / SHOWN_PIXELS))
    figure, axes = _card(name, 3.2, wcs=header)
    low, high = np.nanpercentile(data, [1.0, 99.7])
    extent = (-0.5, data.shape[1] - 0.5, -0.5, data.shape[0] - 0.5)
    shown = axes.imshow(
        data[::many, ::many], origin="lower", extent=extent, cmap="viridis", vmin=low, vmax=high if high > low else None
    )
    axes.plot(peak[1], peak[0], marker="o", ms=9, mfc="none", mec=COLOURS[3], mew=0.8)
    bar = figure.colorbar(shown, ax=axes, shrink=0.85)
    bar.ax.tick_params(labelsize=6)
    words = "" if kind in ("", "PRIMARY", "LC", "IMAGE") else kind.lower().replace("_", " ")
    bar.set_label(words or str((header or {}).get("BUNIT") or "value"), fontsize=6.5)
    if header is None:
        _labels(axes, "pixel", "pixel")
    else:
        for axis, word in zip(axes.coords, ("longitude", "latitude"), strict=False):
            axis.set_ticklabel(size=6)
            axis.set_axislabel(_axis_word(header, word), size=6.5)
    return (
        png_of(figure),
        f"{name}: {kind.lower()}",
        f"Image of {data.shape[1]} by {data.shape[0]} pixels, peak circled.",
    )


def _axis_word(header: Any, word: str) -> str:
    kind = str(header.get("CTYPE1" if word == "longitude" else "CTYPE2", ""))
    return {"RA": "right ascension", "DEC": "declination"}.get(kind[:4].strip("-"), f"galactic {word}")


def _card(name: str, height: float, *, wcs: Any = None) -> tuple[Any, Any]:
    figure = new_figure(height)
    figure.set_layout_engine("constrained")
    if wcs is None:
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=6, colors=FAINT)
    else:
        from astropy.wcs import WCS

        axes = figure.add_subplot(projection=WCS(wcs).celestial)
    axes.set_title(shorten_to(name.replace("_", " "), 60), fontsize=8, color=INK, loc="left")
    return figure, axes


def _labels(axes: Any, x: str, y: str) -> None:
    axes.xaxis.get_offset_text().set_fontsize(6)
    axes.yaxis.get_offset_text().set_fontsize(6)
    axes.set_xlabel(x, fontsize=6.5, color=INK)
    axes.set_ylabel(y, fontsize=6.5, color=INK)


def _with_unit(word: str, unit: str) -> str:
    return f"{word.lower()} ({unit})" if unit else word.lower()


def _joined(what: Values, many: int) -> Values:
    """The mean of each `many` bins; the rest at the end is left out."""
    joined: Values = what[: len(what) // many * many].reshape(-1, many).mean(axis=1)
    return joined
