"""Which site can follow a point on the sky, when and how well: windows within each site's own limits, ranked with the
reason; and which space telescopes may point there. Numbers only; `planplot` draws."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from analyses.nightsky import HOURS, Day, altitude_of_airmass, windows
from analyses.observatories import Observatory, SpaceTelescope
from nuncius.core.regions import separation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What holds at all sites; None: each site's own. Degrees."""

    airmass_max: float = 2.5
    sun_max: float | None = None
    moon_min: float | None = None


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What one site can do for a point. Windows in hours after the start; airmass and Moon (degrees) at the best
    moment; `score` is the integral of dt / airmass, where what is seen t after the start counts as 1 / (1 + t/fade);
    `reason` says what speaks for it or against it."""

    key: str
    site: Observatory
    row: int
    windows: list[tuple[float, float]]
    hours: float
    score: float
    best_h: float
    best_airmass: float
    moon_separation: float
    reason: str


def visits(chosen: dict[str, Observatory], day: Day, limits: Limits, fade_h: float) -> list[Visit]:
    """All sites, best first; those that cannot look come last and say why."""
    found = [_visit(key, site, row, day, limits, fade_h) for row, (key, site) in enumerate(chosen.items())]
    able = [visit for visit in found if visit.windows]
    ranked = sorted(found, key=lambda visit: (-visit.score, visit.key))
    return [
        msgspec.structs.replace(visit, reason=_for_and_against(visit, able)) if visit.windows else visit
        for visit in ranked
    ]


def margins(site: Observatory, row: int, day: Day, limits: Limits) -> dict[str, Array]:
    """By how many degrees each limit is kept, at each moment."""
    lowest = max(site.altitude_min, altitude_of_airmass(limits.airmass_max))
    margin = {
        "never dark": (site.sun_max if limits.sun_max is None else limits.sun_max) - day.sun[row],
        "never high enough": day.target[row] - lowest,
        "too near the Moon": day.moon_separation[row] - (site.moon_min if limits.moon_min is None else limits.moon_min),
    }
    if site.altitude_max < 90.0:
        margin["too near the zenith"] = site.altitude_max - day.target[row]
    return margin


def _visit(key: str, site: Observatory, row: int, day: Day, limits: Limits, fade_h: float) -> Visit:
    margin = margins(site, row, day, limits)
    least = np.min(list(margin.values()), axis=0)
    spans = windows(day.hours, least)
    fine = np.linspace(0.0, HOURS, 2881)
    inside = np.zeros(fine.size, dtype=bool)
    for begin, end in spans:
        inside |= (fine >= begin) & (fine <= end)
    mass = np.interp(fine, day.hours, np.where(np.isfinite(day.airmass[row]), day.airmass[row], 99.0))
    score = float(np.sum((inside / mass) / (1.0 + fine / fade_h)) * (fine[1] - fine[0]))
    best = int(np.argmin(np.where(inside, mass, np.inf))) if inside.any() else 0
    return Visit(
        key=key,
        site=site,
        row=row,
        windows=spans,
        hours=sum(end - begin for begin, end in spans),
        score=score,
        best_h=float(fine[best]),
        best_airmass=float(mass[best]),
        moon_separation=float(np.interp(fine[best], day.hours, day.moon_separation[row])),
        reason="" if spans else _why_not(margin, day.target[row]),
    )


def _why_not(margin: dict[str, Array], target: Array) -> str:
    """The one limit that is never kept, else those that are never kept together."""
    if not (target > 0.0).any():
        return "never rises"
    for reason, kept in margin.items():
        if not (kept > 0.0).any():
            return reason
    dark_and_high = (margin["never dark"] > 0.0) & (margin["never high enough"] > 0.0)
    return "too near the Moon" if dark_and_high.any() else "high only while it is not dark"


def _for_and_against(visit: Visit, able: Sequence[Visit]) -> str:
    """What is best of all about a site, and what others have before it."""
    first = min(one.windows[0][0] for one in able)
    lowest = min(one.best_airmass for one in able)
    longest = max(one.hours for one in able)
    said = []
    if visit.windows[0][0] <= first + 0.05:
        said.append("first" if first > 0.05 else "at once")
    if visit.best_airmass <= lowest + 0.02:
        said.append("highest")
    if visit.hours >= longest - 0.05:
        said.append("longest")
    if not said or visit.windows[0][0] > first + 1.0:
        said.append(f"{visit.windows[0][0] - first:.1f} h after the first")
    if visit.hours < 1.0:
        said.append(f"only {60.0 * visit.hours:.0f} min")
    if visit.best_airmass > 1.6:
        said.append(f"low, airmass {visit.best_airmass:.1f} at best")
    if visit.moon_separation < 40.0:
        said.append(f"Moon {visit.moon_separation:.0f}° away")
    return ", ".join(said)


def covered(able: Sequence[Visit]) -> tuple[float, float]:
    """Hours in which at least one site can look, and the longest time in which none can."""
    spans = sorted(span for visit in able for span in visit.windows)
    held, gap, until = 0.0, 0.0, 0.0
    for begin, end in spans:
        gap = max(gap, begin - until)
        held += max(0.0, end - max(begin, until))
        until = max(until, end)
    return held, max(gap, HOURS - until)


class FromSpace(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a space telescope may point there: distances of Sun and Moon at the start (degrees), the share of the 24
    hours in which it may, and why not."""

    telescope: SpaceTelescope
    sun: float
    moon: float
    share: float
    note: str


def from_space(telescopes: Sequence[SpaceTelescope], ra: float, dec: float, start: datetime) -> list[FromSpace]:
    """By the distance of the Sun and the Moon, every three hours over the day."""
    from analyses.layers import sun_and_moon

    found = [{body.name: body for body in sun_and_moon(start + timedelta(hours=3.0 * n))} for n in range(9)]
    sun, moon = ([separation(ra, dec, at[name].ra, at[name].dec) for at in found] for name in ("Sun", "Moon"))
    return [_from_space(one, np.array(sun), np.array(moon)) for one in telescopes]


def _from_space(one: SpaceTelescope, sun: Array, moon: Array) -> FromSpace:
    near, far, lit = sun < one.sun_min, sun > one.sun_max, moon < one.moon_min
    share = 1.0 - float(np.mean(near | far | lit))
    if share == 1.0:
        note = "the Earth hides it for part of each orbit" if one.low_orbit else ""
    elif near.any():
        note = f"the Sun must be {one.sun_min:g}° away"
    elif far.any():
        note = f"the Sun must be within {one.sun_max:g}°"
    else:
        note = f"the Moon must be {one.moon_min:g}° away"
    return FromSpace(telescope=one, sun=float(sun[0]), moon=float(moon[0]), share=share, note=note)


def limit_text(limits: Limits, chosen: dict[str, Observatory]) -> str:
    """`airmass < 2.5, Sun < −12°`, as figures say it."""
    suns = {site.sun_max if limits.sun_max is None else limits.sun_max for site in chosen.values()}
    sun = f"Sun < {suns.pop():g}°" if len(suns) == 1 else "Sun as each site has it"
    return f"airmass < {limits.airmass_max:g}, {sun}".replace("-", "−")
