"""How much later one instrument saw a burst than another, and the annulus on the sky from which it came.

The delay is where one light curve, shifted and scaled, fits the other best (after Pal'shin et al. 2013, ApJS 207, 38);
the source then lies on a circle about the line between the two spacecraft (Hurley et al. 1999, ApJS 120, 399).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from analyses.contract import Unit, analysis
from analyses.lag import Delay, background, delay_between
from analyses.lightcurve import LightCurve, Values
from analyses.lightcurvefiles import read_light_curve
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result, Table
from nuncius.core.sky import Annulus

LIGHT_KM_S = 299_792.458
#: Two-sided probability of three standard deviations.
THREE_SIGMA = 0.9973


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A burst as one instrument saw it: the file of its light curve, what times in it count from, and where it was,
    seen from the Earth's centre."""

    file: Annotated[str, "file of the light curve"]
    ra: Annotated[float, Unit("deg"), "where the spacecraft stood, right ascension"]
    dec: Annotated[float, Unit("deg"), "and declination"]
    distance: Annotated[float, Unit("km"), "and distance from the Earth's centre"]
    t0: Annotated[datetime | None, "what the times in the file count from, where it does not say so"] = None
    instrument: str = ""
    columns: Annotated[list[int], "columns of counts to add up, counted from 1 behind the time"] = []


@analysis(
    "time-delay",
    version="1",
    about="How much later one instrument saw a burst than another, and the annulus that follows (triangulation)",
    example="nuncius analyse time-delay --with first=@wind.json --with second=@fermi.json --with start=-0.1 "
    "--with stop=0.3 --with object='GRB 200415A'",
)
def time_delay(
    *,
    first: Annotated[Seen, "one instrument"],
    second: Annotated[Seen, "the other one, whose bins are the wider ones where they differ"],
    start: Annotated[float, Unit("s"), "the burst in the second light curve begins, after its T0"],
    stop: Annotated[float, Unit("s"), "and ends"],
    object: Annotated[str, "name of the object, for the title"] = "",
    marker_ra: Annotated[float | None, Unit("deg"), "a position to compare with the annulus"] = None,
    marker_dec: Annotated[float | None, Unit("deg"), "its declination"] = None,
) -> Result:
    one, two = _read(first), _read(second)
    baseline = place(first) - place(second)
    length_s = float(np.linalg.norm(baseline)) / LIGHT_KM_S
    between = (two.t0 - one.t0).total_seconds()
    # No source is further along the line than its ends; a little more, for clocks and errors of positions.
    reach = length_s + max(0.01, 5.0 * two.step)
    found = delay_between(one, two, start, stop, (-reach - between, reach - between))
    delay, low, high = found.delay + between, found.low + between, found.high + between
    values = {
        "delay": Quantity(value=delay, unit="s", minus=delay - low, plus=high - delay, error_probability=THREE_SIGMA),
        "longest_delay": Quantity(value=length_s, unit="s"),
        "chi2_per_bin": Quantity(value=found.chi2 / max(found.bins - 2, 1)),
    }
    name = f"{object}: " if object else ""
    digits = max(0, 1 - math.floor(math.log10(max(min(high - delay, delay - low), 1e-6))))
    later = f"{abs(delay):.{digits}f} s {'after' if delay >= 0.0 else 'before'} {one.instrument}"
    more, less = (high - delay, delay - low) if delay >= 0.0 else (delay - low, high - delay)
    answer = f"{name}{two.instrument} saw it {later} (+{more:.{digits}f} -{less:.{digits}f} s, 3 sigma)"
    caveats = ["Interval at 3 sigma, widened where the two light curves differ by more than their counting errors."]
    rows: list[list[str | float | None]] = []
    sky = annulus(baseline, delay, low, high)
    if sky is None:
        caveats.append("The delay is longer than light takes between the two: no annulus. Are clocks and places right?")
    else:
        values |= {
            "annulus_ra": Quantity(value=sky.ra, unit="deg"),
            "annulus_dec": Quantity(value=sky.dec, unit="deg"),
            "annulus_inner": Quantity(value=sky.inner, unit="deg"),
            "annulus_outer": Quantity(value=sky.outer, unit="deg"),
        }
        answer += f"; annulus {(sky.outer - sky.inner) * 60:.3g} arcmin wide"
        rows.append(["annulus", f"centre {sky.ra:.4f} {sky.dec:+.4f}, {sky.inner:.4f} to {sky.outer:.4f} deg"])
        if marker_ra is not None and marker_dec is not None:
            off = distance_from(sky, marker_ra, marker_dec)
            values["marker_offset"] = Quantity(value=off * 60.0, unit="arcmin")
            inside = "inside" if off == 0.0 else f"{off * 60.0:.3g} arcmin outside"
            rows.append([f"{marker_ra:.4f} {marker_dec:+.4f}", inside])
    return Result(
        answer=answer,
        values=values,
        tables=[Table(name="triangulation", columns=["what", "where"], rows=rows)] if rows else [],
        figures=[_figure(object, one, two, found, start, stop)],
        caveats=caveats,
    )


def _read(seen: Seen) -> LightCurve:
    return read_light_curve(
        Path(seen.file),
        t0=seen.t0.astimezone(UTC) if seen.t0 else None,
        instrument=seen.instrument,
        columns=tuple(seen.columns),
    )


def place(seen: Seen) -> Values:
    """A spacecraft's place as a vector from the Earth's centre, km, ICRS axes."""
    ra, dec = math.radians(seen.ra), math.radians(seen.dec)
    direction = np.array([math.cos(dec) * math.cos(ra), math.cos(dec) * math.sin(ra), math.sin(dec)])
    return seen.distance * direction


def annulus(baseline: Values, delay: float, low: float, high: float) -> Annulus | None:
    """The ring on the sky for a wave that passed the first spacecraft `delay` seconds before the second; `baseline`
    points from the second to the first, km. None where light cannot take that long."""
    length_s = float(np.linalg.norm(baseline)) / LIGHT_KM_S
    if not -length_s <= delay <= length_s:
        return None
    x, y, z = baseline / np.linalg.norm(baseline)
    inner, outer = (math.degrees(math.acos(min(max(moment / length_s, -1.0), 1.0))) for moment in (high, low))
    return Annulus(
        ra=math.degrees(math.atan2(y, x)) % 360.0,
        dec=math.degrees(math.asin(z)),
        inner=inner,
        outer=outer,
        containment_probability=THREE_SIGMA,
    )


def distance_from(sky: Annulus, ra: float, dec: float) -> float:
    """How far a position lies outside an annulus, degrees; 0 inside."""
    a, b = math.radians(dec), math.radians(sky.dec)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(math.radians(ra - sky.ra))
    away = math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))
    return max(sky.inner - away, away - sky.outer, 0.0)


def _figure(name: str, one: LightCurve, two: LightCurve, found: Delay, start: float, stop: float) -> Figure:
    """Both light curves on the second one's time, and how the misfit grows with the shift."""
    from analyses.figures import COLOURS, FAINT, INK, new_figure, png_of

    figure = new_figure(3.3)
    above, below = figure.subplots(2, 1, height_ratios=(3, 2))
    margin = max(stop - start, 6.0 * max(one.step, two.step)) / 2.0
    for curve, shift, scale, colour in ((one, found.delay, found.scale, COLOURS[0]), (two, 0.0, 1.0, COLOURS[3])):
        shown = curve.between(start - margin - shift, stop + margin - shift)
        if len(shown.rate):
            level = background(curve, start - shift, stop - shift)
            above.stairs(
                scale * (shown.rate - level), np.append(shown.start, shown.stop[-1]) + shift, color=colour, lw=0.9,
                label=f"{curve.instrument}{', shifted and scaled' if shift else ''}",
            )  # fmt: skip
    above.legend(fontsize=6, frameon=False, loc="upper right")
    above.set_xlabel(f"seconds after T0 of {two.instrument}", fontsize=6.5, color=INK)
    above.set_ylabel(f"{two.unit} above background", fontsize=6.5, color=INK)
    above.set_title(f"{name or 'Burst'}: one light curve on the other", fontsize=8, color=INK, loc="left")
    below.plot(found.shifts - found.delay, found.profile - found.chi2, color=COLOURS[0], lw=1.0)
    below.axvspan(found.low - found.delay, found.high - found.delay, color=COLOURS[1], alpha=0.25, lw=0)
    half = 2.5 * max(found.high - found.delay, found.delay - found.low)
    inside = np.abs(found.shifts - found.delay) <= half
    finite = (found.profile - found.chi2)[inside & np.isfinite(found.profile)]
    below.set_xlim(-half, half)
    below.set_ylim(0.0, float(finite.max()) * 1.05 if len(finite) and finite.max() > 0.0 else 1.0)
    below.set_xlabel("delay minus its best value (s); shaded: 3 sigma", fontsize=6.5, color=INK)
    below.set_ylabel("growth of misfit", fontsize=6.5, color=INK)
    for axes in (above, below):
        axes.tick_params(labelsize=6, colors=FAINT)
        axes.spines[["top", "right"]].set_visible(False)
    figure.set_layout_engine("constrained")
    return Figure(
        name="time-delay",
        png=png_of(figure),
        caption=f"{one.instrument} shifted onto {two.instrument}, and the misfit against the delay",
        alt=f"Two light curves laid over each other, and a curve with its least misfit at the delay; the shaded "
        f"3-sigma interval is {found.high - found.low:.3g} seconds wide.",
    )
