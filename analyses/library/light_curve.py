"""Is there a burst in a light curve, how long did it last, and if there is none, how bright could it have been?"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from analyses.burst import (
    Background,
    Duration,
    Excess,
    brightest,
    duration,
    extent,
    fit_background,
    noise,
    upper_limit,
)
from analyses.contract import Unit, analysis
from analyses.library.energetics import band as band_function
from analyses.lightcurve import LightCurve, Values
from analyses.lightcurvefiles import read_light_curve
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result

#: After all trials, below this nothing is called a burst.
DETECTED_SIGMA = 5.0
#: Beyond this a float holds no tail of a Gaussian.
MOST_SIGMA = 37.0
BEYOND_SIGMA = "more than 37 sigma"
#: Bins of a figure; more cannot be told apart in a thread.
SHOWN_BINS = 500


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """Effective area of the instrument towards the burst at one energy."""

    energy: Annotated[float, Unit("keV"), "energy"]
    area: Annotated[float, Unit("cm2"), "effective area"]


@analysis(
    "light-curve",
    version="1",
    about="A burst in a count-rate light curve: background, significance with trials, T90, or a 3-sigma upper limit",
    example="nuncius analyse light-curve --with file=spiacs.fits --with start=-95 --with stop=40",
)
def light_curve(
    *,
    file: Annotated[str, "file of the light curve: FITS RATE or EVENTS, or a table of text"],
    t0: Annotated[datetime | None, "what its times count from, where the file does not say so"] = None,
    start: Annotated[
        float | None, Unit("s"), "look for a burst from here, after T0; the whole where it is not given"
    ] = None,
    stop: Annotated[float | None, Unit("s"), "to here"] = None,
    longest: Annotated[float, Unit("s"), "longest burst to look for"] = 100.0,
    step: Annotated[float | None, Unit("s"), "width of bins, for lists of events"] = None,
    band_low: Annotated[float | None, Unit("keV"), "energies, for lists of events, from"] = None,
    band_high: Annotated[float | None, Unit("keV"), "to"] = None,
    columns: Annotated[list[int], "columns of a table of text to add up, counted from 1 behind the time"] = [],  # noqa: B006
    order: Annotated[int, "highest order of the polynomial for the background"] = 2,
    limit_duration: Annotated[float, Unit("s"), "how long a burst the upper limit is for"] = 1.0,
    effective_area: Annotated[list[Area], "turns counts into fluence through a spectrum"] = [],  # noqa: B006
    alpha: Annotated[float, "that spectrum is a Band function with this low-energy index,"] = -1.1,
    beta: Annotated[float, "this high-energy index,"] = -2.3,
    epeak: Annotated[float, Unit("keV"), "and this peak energy; the fluence is that of"] = 250.0,
    fluence_low: Annotated[float, Unit("keV"), "energies from"] = 10.0,
    fluence_high: Annotated[float, Unit("keV"), "to"] = 1000.0,
    instrument: Annotated[str, "name of the instrument, where the file does not say it"] = "",
    object: Annotated[str, "name of the object, for the title"] = "",
    seed: Annotated[int, "of the made light curves that give the error of T90"] = 1,
) -> Result:
    curve = read_light_curve(
        Path(file),
        t0=t0.astimezone(UTC) if t0 else None,
        instrument=instrument,
        step=step,
        band=None if band_low is None or band_high is None else (band_low, band_high),
        columns=tuple(columns),
    )
    per_count = fluence_per_count(effective_area, alpha, beta, epeak, fluence_low, fluence_high)
    spectrum = (
        f"a Band function of indices {alpha:g}, {beta:g} and peak {epeak:g} keV, {fluence_low:g}-{fluence_high:g} keV"
    )
    asked = Asked(longest=longest, order=order, limit_duration=limit_duration, seed=seed, per_count=per_count,
                  spectrum=spectrum, object=object)  # fmt: skip
    return examine(curve, asked, start, stop, given=start is not None or stop is not None).result


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of a light curve; `per_count` turns counts into fluence (erg/cm2) through `spectrum`, in words."""

    longest: float = 100.0
    order: int = 2
    limit_duration: float = 1.0
    seed: int = 1
    per_count: float | None = None
    spectrum: str = ""
    object: str = ""


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, as a result and as it was found; `burst` is where it begins and ends, `last` how long it took."""

    result: Result
    background: Background
    found: Excess
    burst: tuple[float, float]
    last: Duration | None


def examine(curve: LightCurve, asked: Asked, start: float | None, stop: float | None, *, given: bool) -> Examined:
    """Look for a burst between two moments (seconds after T0; None: where the light curve ends); `given`: all outside
    is background. Raises PermanentError where there is nothing between them."""
    begin = float(curve.start[0]) if start is None else max(start, float(curve.start[0]))
    end = float(curve.stop[-1]) if stop is None else min(stop, float(curve.stop[-1]))
    if not end > begin:
        raise PermanentError(
            f"{curve.instrument}: nothing to look at from {start} to {stop} s: the light curve covers "
            f"{curve.start[0]:g} to {curve.stop[-1]:g} s"
        )
    background, found, burst = search(curve, begin, end, asked.longest, asked.order, given=given)
    name = f"{asked.object}, {curve.instrument}" if asked.object else curve.instrument
    values = {
        "significance": Quantity(value=found.sigma_after_trials),
        "significance_before_trials": Quantity(value=found.sigma),
        "trials": Quantity(value=found.trials),
        "background": Quantity(value=float(np.median(background.rate)), unit=curve.unit),
        "background_excess_noise": Quantity(value=background.excess),
    }
    caveats = [
        f"Background: polynomial of order {background.order} through {background.bins} bins, which scatter "
        f"{background.excess:.2f} times what their errors say; allowed for."
    ]
    last: Duration | None = None
    if found.sigma_after_trials >= DETECTED_SIGMA:
        last = duration(curve, background, *burst, asked.seed)
        values |= _detected(curve, last, found, asked.per_count)
        sure = f"{found.sigma_after_trials:.1f} sigma" if found.sigma_after_trials < MOST_SIGMA else BEYOND_SIGMA
        answer = f"{name}: burst at {sure} after trials, T90 = {last.t90:.3g} ± {last.t90_error:.2g} s"
        if asked.per_count:
            caveats.append(f"Fluence through {asked.spectrum}.")
    else:
        counts, length = upper_limit(curve, background, begin, end, asked.limit_duration), asked.limit_duration
        values["counts_limit"] = Quantity(value=counts, unit="ct", limit="<")
        answer = f"{name}: no burst ({max(found.sigma_after_trials, 0.0):.1f} sigma after trials); "
        if asked.per_count:
            fluence = counts * asked.per_count
            values["fluence_limit"] = Quantity(value=fluence, unit="erg / cm2", limit="<")
            answer += f"fluence below {fluence:.2g} erg/cm2 in {length:g} s (3 sigma)"
            caveats.append(f"Limit through {asked.spectrum}.")
        else:
            answer += f"below {counts:.4g} counts in {length:g} s (3 sigma)"
            caveats.append("No effective area was given: the limit stays in counts.")
    figure = _figure(name, curve, background, burst if last else None, last, (begin, end))
    result = Result(answer=answer, values=values, figures=[figure], caveats=caveats)
    return Examined(result=result, background=background, found=found, burst=burst, last=last)


def search(
    curve: LightCurve, begin: float, end: float, longest: float, order: int, *, given: bool
) -> tuple[Background, Excess, tuple[float, float]]:
    """Background, most significant window and extent of the burst. Where the window to look in was given, all outside
    it is background; else what is left when the burst that was found is taken out, twice."""
    quiet = (curve.stop <= begin) | (curve.start >= end)
    if not given or quiet.sum() < 20:
        middle, spread = np.median(curve.rate), np.median(np.abs(curve.rate - np.median(curve.rate)))
        quiet = np.abs(curve.rate - middle) < 5.0 * 1.4826 * max(float(spread), 1e-300)
    background = fit_background(curve, quiet, order)
    found = brightest(curve, background, begin, end, longest)
    burst = extent(curve, background, found, begin, end)
    if not given:
        for _ in range(2):
            margin = 0.3 * (burst[1] - burst[0]) + 3.0 * curve.step
            outside = (curve.stop <= burst[0] - margin) | (curve.start >= burst[1] + margin)
            if outside.sum() < 20:
                break
            background = fit_background(curve, outside, order)
            found = brightest(curve, background, begin, end, longest)
            burst = extent(curve, background, found, begin, end)
    return background, found, burst


def _detected(curve: LightCurve, last: Duration, found: Excess, per_count: float | None) -> dict[str, Quantity]:
    values = {
        "t90": Quantity(value=last.t90, unit="s", minus=last.t90_error, plus=last.t90_error),
        "t50": Quantity(value=last.t50, unit="s", minus=last.t50_error, plus=last.t50_error),
        "t90_start": Quantity(value=last.begin, unit="s"),
        "counts": Quantity(value=last.counts, unit=curve.unit.replace(" / s", "")),
        "brightest_start": Quantity(value=found.start, unit="s"),
        "brightest_stop": Quantity(value=found.stop, unit="s"),
    }
    if per_count:
        values["fluence"] = Quantity(value=last.counts * per_count, unit="erg / cm2")
    return values


def fluence_per_count(
    areas: list[Area], alpha: float, beta: float, epeak: float, low: float, high: float
) -> float | None:
    """erg/cm2 between two energies for each count, for a Band function seen with these effective areas (straight lines
    between their energies, nothing beyond); None without areas."""
    if not areas:
        return None
    energies = np.array([point.energy for point in areas])
    if len(areas) < 2 or not (np.diff(energies) > 0.0).all() or energies[0] <= 0.0:
        raise PermanentError(f"effective_area needs two energies or more that rise; received {energies.tolist()}")
    grid = np.geomspace(energies[0], energies[-1], 2001)
    caught = band_function(grid, alpha, beta, epeak) * np.interp(grid, energies, [point.area for point in areas])
    counts = float(np.trapezoid(caught * grid, np.log(grid)))
    if counts <= 0.0:
        raise PermanentError("effective_area is 0 everywhere: no count could tell of a fluence")
    inside = np.geomspace(low, high, 2001)
    energy = float(np.trapezoid(band_function(inside, alpha, beta, epeak) * inside**2, np.log(inside)))
    return energy / counts * 1.602176634e-9  # keV to erg


def _figure(
    name: str,
    curve: LightCurve,
    background: Background,
    burst: tuple[float, float] | None,
    last: Duration | None,
    window: tuple[float, float],
) -> Figure:
    from analyses.figures import COLOURS, FAINT, INK, new_figure, png_of

    low, high = burst or window
    margin = 0.6 * (high - low) + 10.0 * curve.step
    keep = (curve.stop > low - margin) & (curve.start < high + margin)
    shown, level = curve.where(keep), background.rate[keep]
    spread = noise(curve, background)[keep]
    many = max(1, math.ceil(len(shown.rate) / SHOWN_BINS))
    figure = new_figure(2.5)
    axes = figure.subplots()
    rate, under, error = (_joined(what, many) for what in (shown.rate, level, spread))
    thousands = 1000.0 if np.abs(rate).max() >= 1e5 else 1.0
    rate, under, error = rate / thousands, under / thousands, error / math.sqrt(many) / thousands
    edges = np.append(shown.start[:: max(many, 1)][: len(rate)], shown.stop[min(len(rate) * many, len(shown.stop)) - 1])
    axes.fill_between(edges, np.append(under - 3 * error, under[-1] - 3 * error[-1]),
                      np.append(under + 3 * error, under[-1] + 3 * error[-1]), step="post", color=COLOURS[1], alpha=0.2,
                      lw=0, label="background, 3 sigma")  # fmt: skip
    axes.stairs(rate, edges, baseline=None, color=COLOURS[0], lw=0.8)
    if last is not None:
        axes.axvspan(last.begin, last.end, color=COLOURS[3], alpha=0.12, lw=0, label=f"T90 = {last.t90:.3g} s")
    axes.legend(fontsize=6, frameon=False, loc="upper right")
    axes.set_title(name, fontsize=8, color=INK, loc="left")
    axes.set_xlabel(f"seconds after {curve.t0:%Y-%m-%d %H:%M:%S} UTC", fontsize=6.5, color=INK)
    axes.set_ylabel(f"rate ({'10³ ' if thousands > 1.0 else ''}{curve.unit})", fontsize=6.5, color=INK)
    axes.tick_params(labelsize=6, colors=FAINT)
    axes.spines[["top", "right"]].set_visible(False)
    figure.set_layout_engine("constrained")
    what = f"a burst with T90 of {last.t90:.3g} seconds, shaded" if last else "no burst above the background"
    return Figure(
        name="light-curve",
        png=png_of(figure),
        caption=f"{name}: rate and background",
        alt=f"Light curve from {edges[0]:.4g} to {edges[-1]:.4g} seconds after T0 with {what}.",
    )


def _joined(what: Values, many: int) -> Values:
    """The mean of each `many` bins; the rest at the end is left out."""
    joined: Values = what[: len(what) // many * many].reshape(-1, many).mean(axis=1)
    return joined
