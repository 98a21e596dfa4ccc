"""An afterglow at all wavelengths in one figure, with limits marked and one decay fitted to all bands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np

from analyses.contract import Unit, analysis
from analyses.decay import Fit, fit_decay
from kg.bands import look, plain_band
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A limit this many magnitudes fainter than the decay expects contradicts it.
CONTRADICTS_MAG = 0.5


class Magnitude(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement or limit, as the graph's `light_curve` gives them."""

    seconds: Annotated[float | None, Unit("s"), "after T0; without it a point is left out"] = None
    band: str = ""
    value: Annotated[float | None, "magnitude"] = None
    plus: Annotated[float | None, "its 1-sigma error"] = None
    minus: Annotated[float | None, "the same towards brighter"] = None
    limit: Annotated[str | None, "'>' where the source was fainter than this"] = None
    document: Annotated[str, "who says so"] = ""
    system: str = ""
    of: str = ""
    assertion: str = ""
    by: str = ""
    circular: int | None = None
    text: str = ""


class Flux(msgspec.Struct, frozen=True, kw_only=True):
    """One point at X-rays, in erg/cm2/s."""

    seconds: Annotated[float, Unit("s"), "after T0"]
    flux: Annotated[float, Unit("erg / (cm2 s)"), "flux"]
    error: Annotated[float, Unit("erg / (cm2 s)"), "its 1-sigma error"] = 0.0


@analysis(
    "multiband",
    version="1",
    about="Light curve at all wavelengths with limits, and the decay that fits all bands, with a break if there is one",
    example="nuncius analyse multiband --with points=@points.json --with object='GRB 230812B'",
)
def multiband(
    *,
    points: Annotated[list[Magnitude], "magnitudes and limits, as the graph's light_curve gives them"],
    xrays: Annotated[list[Flux], "X-ray fluxes, for the figure"] = [],  # noqa: B006 — read only
    start: Annotated[float, Unit("s"), "the decay is fitted from here, after T0"] = 0.0,
    stop: Annotated[float | None, Unit("s"), "to here: before a supernova rises, say"] = None,
    object: Annotated[str, "name of the object, for the title"] = "",
) -> Result:
    timed = [p for p in points if p.seconds is not None and p.seconds > 0.0 and p.value is not None]
    if not timed and not xrays:
        raise PermanentError(f"multiband: none of {len(points)} points has a time after T0 and a magnitude")
    inside = [p for p in timed if start <= (p.seconds or 0.0) <= (math.inf if stop is None else stop)]
    seen = [p for p in inside if p.limit is None]
    fit = fit_decay(
        [plain_band(p.band) for p in seen],
        np.array([p.seconds or 1.0 for p in seen]),
        np.array([p.value or 0.0 for p in seen]),
        np.array([_error(p) for p in seen]),
    )
    bands = sorted({plain_band(p.band) for p in timed}, key=lambda band: look(band).nm)
    limits = sum(p.limit is not None for p in timed)
    name = f"{object}: " if object else ""
    counted = f"{len(timed) - limits} measurements and {limits} limits in {len(bands)} bands"
    values = {"measurements": Quantity(value=float(len(timed) - limits)), "limits": Quantity(value=float(limits))}
    caveats = ["Magnitudes as claimed: not corrected for extinction or the host, systems not brought to one."]
    if left := len(points) - len(timed):
        caveats.append(f"{left} points without a time after T0 or a magnitude are left out.")
    if fit is None:
        answer = f"{name}{counted}; too few to fit a decay"
    else:
        values |= _values(fit)
        answer = f"{name}{_decay(fit)} from {counted}"
        if fit.scatter > 2.0:
            caveats.append(
                f"Points scatter {fit.scatter:.1f} times their errors around one decay: it is not the whole story."
            )
        if fit.left_out:
            caveats.append(f"{fit.left_out} measurements far off were left out of the fit.")
        if against := _against(inside, fit):
            caveats.append(f"Limits fainter than the decay expects: {'; '.join(against[:3])}.")
            values["limits_against"] = Quantity(value=float(len(against)))
    rows: list[list[str | float | None]] = [
        [band or "?", float(sum(plain_band(p.band) == band and p.limit is None for p in timed)),
         float(sum(plain_band(p.band) == band and p.limit is not None for p in timed)),
         None if fit is None or band not in fit.magnitudes else round(fit.magnitudes[band], 2)]
        for band in bands
    ]  # fmt: skip
    at = "" if fit is None else f" at {fit.at_s / 3600.0:.3g} h"
    return Result(
        answer=answer,
        values=values,
        tables=[Table(name="bands", columns=["band", "measured", "limits", f"magnitude of the fit{at}"], rows=rows)],
        figures=[_figure(object, timed, xrays, fit)],
        caveats=caveats,
    )


def _error(point: Magnitude) -> float:
    """What is said of the error; a tenth where nothing is."""
    said = [error for error in (point.plus, point.minus) if error]
    return sum(said) / len(said) if said else 0.1


def _decay(fit: Fit) -> str:
    if fit.later is None or fit.break_s is None:
        return f"flux falls as t^-{fit.alpha:.2f} (± {fit.alpha_error:.2f})"
    return (
        f"flux falls as t^-{fit.alpha:.2f} (± {fit.alpha_error:.2f}), "
        f"from {_when(fit.break_s)} on as t^-{fit.later:.2f} (± {fit.later_error:.2f})"
    )


def _values(fit: Fit) -> dict[str, Quantity]:
    values = {
        "decay_index": Quantity(value=fit.alpha, minus=fit.alpha_error, plus=fit.alpha_error),
        "scatter": Quantity(value=fit.scatter),
    }
    if fit.later is not None and fit.break_s is not None:
        values["late_decay_index"] = Quantity(value=fit.later, minus=fit.later_error, plus=fit.later_error)
        values["break"] = Quantity(value=fit.break_s, unit="s")
    return values


def _against(points: list[Magnitude], fit: Fit) -> list[str]:
    found = []
    for point in points:
        if point.limit == ">" and point.seconds and point.value is not None:
            expected = fit.expected(plain_band(point.band), point.seconds)
            if expected is not None and point.value > expected + CONTRADICTS_MAG * max(fit.scatter, 1.0):
                who = f" ({point.document})" if point.document else ""
                found.append(f"{point.band} > {point.value:g} at {_when(point.seconds)}, expected {expected:.1f}{who}")
    return found


def _when(seconds: float) -> str:
    for size, word in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.2g} {word}"
    return f"{seconds:.2g} s"


def _figure(name: str, points: list[Magnitude], xrays: list[Flux], fit: Fit | None) -> Figure:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    from analyses.figures import FAINT, INK, new_figure, png_of

    figure = new_figure(3.4 if xrays else 2.9)
    axes = figure.subplots()
    axes.invert_yaxis()  # first: the arrows of limits take their direction from the axis
    bands = sorted({plain_band(p.band) for p in points}, key=lambda band: look(band).nm)
    for band in bands:
        _draw_band(axes, band, [p for p in points if plain_band(p.band) == band], fit)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(base=10, numticks=8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("hours after T0", fontsize=6.5, color=INK)
    axes.set_ylabel("magnitude, as claimed", fontsize=6.5, color=INK)
    if xrays:
        _draw_xrays(axes, xrays)
    axes.set_title(
        f"{name or 'Afterglow'}: {_decay(fit) if fit else 'no decay fitted'}",
        fontsize=7,
        color=INK,
        loc="left",
        wrap=True,
    )
    axes.legend(
        fontsize=5.5, frameon=False, ncols=2 + len(bands) // 6, loc="best", handletextpad=0.1, columnspacing=0.6
    )
    axes.tick_params(labelsize=6, colors=FAINT)
    axes.spines[["top"]].set_visible(False)
    figure.set_layout_engine("constrained")
    return Figure(
        name="multiband",
        png=png_of(figure),
        caption=f"{name or 'Afterglow'} in {', '.join(band or '?' for band in bands)}"
        f"{' and X-rays' if xrays else ''}; arrows are limits, lines the fitted decay",
        alt=f"Light curve with {len(points)} points in {len(bands)} bands. "
        f"{_decay(fit) if fit else 'No decay is fitted'}.",
    )


def _draw_band(axes: Axes, band: str, points: list[Magnitude], fit: Fit | None) -> None:
    style = look(band)
    seen, limits = [p for p in points if p.limit is None], [p for p in points if p.limit is not None]
    common: dict[str, Any] = {"ls": "none", "elinewidth": 0.6, "color": style.colour}
    if seen:
        errors = [_error(p) if p.plus or p.minus else 0.0 for p in seen]
        axes.errorbar(*_drawn(seen), yerr=errors, marker=style.marker, ms=3, mew=0.3, mec="white", label=band or "?",
                      zorder=3, **common)  # fmt: skip
    if limits:
        label = None if seen else f"{band or '?'} limits"
        axes.errorbar(*_drawn(limits), yerr=0.3, lolims=True, marker="_", ms=4, capsize=1.2, alpha=0.7, zorder=2,
                      label=label, **common)  # fmt: skip
    if fit is not None and band in fit.magnitudes and len(seen) > 1:
        times = [p.seconds or 1.0 for p in seen]
        span = np.geomspace(min(times), max(times), 60)
        expected = [fit.expected(band, float(t)) or math.nan for t in span]
        axes.plot(span / 3600.0, expected, color=style.colour, lw=0.6, alpha=0.7)


def _drawn(points: list[Magnitude]) -> tuple[list[float], list[float]]:
    return [(p.seconds or 1.0) / 3600.0 for p in points], [p.value or 0.0 for p in points]


def _draw_xrays(axes: Axes, xrays: list[Flux]) -> None:
    from analyses.figures import FAINT, INK

    right = axes.twinx()
    right.errorbar(
        [p.seconds / 3600.0 for p in xrays],
        [p.flux for p in xrays],
        yerr=[p.error for p in xrays],
        marker=".",
        ls="none",
        ms=2,
        elinewidth=0.4,
        color="#999999",
        zorder=1,
    )
    right.set_yscale("log")
    right.set_ylabel("X-ray flux (erg/cm²/s)", fontsize=6.5, color=INK)
    right.tick_params(labelsize=6, colors=FAINT)
    axes.plot([], [], marker=".", ls="none", ms=3, color="#999999", label="X-rays")
    axes.set_zorder(right.get_zorder() + 1)
    axes.patch.set_visible(False)
