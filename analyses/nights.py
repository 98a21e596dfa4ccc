"""What each observatory can do in a day: windows, share of the region, and why not. Numbers only; nothing is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from analyses.nightsky import Day, altitude, windows
from analyses.observatories import Observatory
from nuncius.core.regions import sample
from nuncius.core.sky import Localization, ProbabilityMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Positions that stand for a region when the share of it that a site can see is summed.
SHARES = 2000


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """What one site can do. `weighted_h` is the integral of dt / airmass over the windows, times the `fraction` of
    the region's probability that is observable at some moment; sites are ranked by it."""

    key: str
    site: Observatory
    row: int
    windows: list[tuple[float, float]]
    hours: float
    weighted_h: float
    fraction: float
    best_h: float
    best_airmass: float
    moon_separation: float
    reason: str


def shares_of(sky: Localization) -> tuple[Array, Array, Array]:
    """Right ascensions, declinations (degrees) and weights (summing to 1) that stand for the region."""
    if isinstance(sky, ProbabilityMap):
        ra, dec = sky.centres
        brightest = np.argsort(-sky.probability)[:SHARES]
        weight = sky.probability[brightest]
        return ra[brightest], dec[brightest], weight / weight.sum()
    ra, dec = sample(sky)
    step = max(1, ra.size // SHARES)
    return ra[::step], dec[::step], np.full(ra[::step].size, 1.0 / ra[::step].size)


def night_at(
    key: str,
    site: Observatory,
    row: int,
    sky_day: Day,
    lowest: float,
    sun_max: float,
    shares: tuple[Array, Array, Array],
) -> Night:
    """What the site in that row of the day can do: target above `lowest` and Sun below `sun_max`, degrees."""
    dark = sun_max - sky_day.sun[row]
    high = sky_day.target[row] - lowest
    found = windows(sky_day.hours, np.minimum(dark, high))
    inside = (dark > 0.0) & (high > 0.0)
    fine = np.linspace(0.0, sky_day.hours[-1], 4 * (sky_day.hours.size - 1) + 1)
    mass = np.interp(fine, sky_day.hours, np.where(np.isfinite(sky_day.airmass[row]), sky_day.airmass[row], 99.0))
    covered = np.zeros(fine.size, dtype=bool)
    for begin, end in found:
        covered |= (fine >= begin) & (fine <= end)
    fraction = _fraction(shares, sky_day.sidereal_deg[row][dark > 0.0], site.latitude, lowest)
    hours = sum(end - begin for begin, end in found)
    best = int(np.argmin(np.where(covered, mass, np.inf))) if covered.any() else -1
    weight = hours * float(np.mean(1.0 / mass[covered])) if best >= 0 else 0.0
    return Night(
        key=key,
        site=site,
        row=row,
        windows=found,
        hours=hours,
        weighted_h=weight * fraction,
        fraction=fraction,
        best_h=float(fine[best]) if best >= 0 else float("nan"),
        best_airmass=float(mass[best]) if best >= 0 else float("nan"),
        moon_separation=float(np.interp(fine[best], sky_day.hours, sky_day.moon_separation[row])),
        reason="" if inside.any() or found else _why_not(dark, high, sky_day.target[row]),
    )


def _why_not(dark: Array, high: Array, target: Array) -> str:
    if not (dark > 0.0).any():
        return "no dark time"
    if not (target > 0.0).any():
        return "never rises"
    return "high only while it is not dark" if (high > 0.0).any() else "never high enough"


def _fraction(
    shares: tuple[Array, Array, Array],
    sidereal: Array,
    latitude: float,
    lowest: float,
) -> float:
    """Share of the probability that is high enough at some dark moment. Precession since J2000 (a third of a degree
    or so) is left out here: it moves no share by a percent."""
    ra, dec, weight = shares
    if sidereal.size == 0:
        return 0.0
    seen = altitude(ra[:, None], dec[:, None], sidereal[None, ::2], latitude).max(axis=1) > lowest
    return float(weight[seen].sum())
