"""Who can look, and when? Observable windows of a position or a region at each observatory, ranked, over 24 hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from analyses.contract import Unit, analysis
from analyses.nights import Night, night_at, shares_of
from analyses.nightsky import Day, altitude_of_airmass, day
from analyses.observatories import choose, load_observatories
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result, Table
from nuncius.core.sky import Annulus, Localization, centre


@analysis(
    "visibility",
    version="1",
    about="Observable windows at each observatory in the 24 hours after a time, ranked, with airmass and Moon",
    example="nuncius analyse visibility --with sky='CIRCLE ICRS 197.45 -23.38 0.01' --with time=2017-08-17T12:41:04Z",
    cached=True,
)
def visibility(
    *,
    sky: Annotated[Localization, "the position (its best one counts) or map"],
    time: Annotated[datetime | None, "the 24 hours begin here; none means at the trigger time"] = None,
    trigger_time: Annotated[datetime | None, "T0 of the object, where no other time is given"] = None,
    object: Annotated[str, "name of the object, for the title"] = "",
    sites: Annotated[list[str], "keys in config/observatories.toml; none means all"] = [],  # noqa: B006 — read only
    airmass_max: Annotated[float, "observable below this airmass (Kasten & Young 1989)"] = 2.0,
    sun_altitude_max: Annotated[float, Unit("deg"), "observable with the Sun below this altitude"] = -18.0,
) -> Result:
    if isinstance(sky, Annulus):
        raise PermanentError(
            "visibility needs a best position, and an annulus has none; combine it with another region"
        )
    start = time or trigger_time
    if start is None:
        raise PermanentError("visibility needs a time: give 'time', or 'trigger_time' of the object")
    if not 1.0 < airmass_max <= 10.0:
        raise PermanentError(f"airmass_max must lie between 1 and 10; received {airmass_max:g}")
    chosen = choose(sites, load_observatories())
    ra, dec = centre(sky)
    sky_day = day(ra, dec, list(chosen.values()), start)
    lowest = altitude_of_airmass(airmass_max)
    shares = shares_of(sky)
    nights = [
        night_at(key, site, row, sky_day, lowest, sun_altitude_max, shares)
        for row, (key, site) in enumerate(chosen.items())
    ]
    nights.sort(key=lambda night: (-night.weighted_h, night.key))
    return Result(
        answer=_answer(nights, sky_day),
        values=_values(nights, sky_day, ra, dec),
        tables=[_table(nights, sky_day)],
        figures=[_figure(object, ra, dec, nights, sky_day, airmass_max, sun_altitude_max)],
        caveats=["Geometry only: weather, pointing limits and schedules are not known here.", *_left_out(nights)],
    )


def _clock(sky_day: Day, hours: float) -> str:
    """A moment of the day as a clock shows it, UTC, to the minute; with the date where it is the next day."""
    moment = sky_day.start + timedelta(hours=hours, seconds=30)
    return f"{moment:%H:%M}" if moment.date() == sky_day.start.date() else f"{moment:%d %b %H:%M}"


def _spans(night: Night, sky_day: Day) -> str:
    """`18 Aug 07:32–08:43`: an end is on the date of its beginning or after the midnight that follows."""
    return ", ".join(f"{_clock(sky_day, begin)}–{_clock(sky_day, end)[-5:]}" for begin, end in night.windows)


def _left_out(nights: list[Night]) -> list[str]:
    """How many cannot look and why; nothing where all can or none can (the answer says so)."""
    idle = [night for night in nights if not night.windows]
    return [f"Not from the other {len(idle)}: {_reasons(idle)}."] if 0 < len(idle) < len(nights) else []


def _answer(nights: list[Night], sky_day: Day) -> str:
    able = [night for night in nights if night.windows]
    if not able:
        return f"Observable from none of {len(nights)} observatories within 24 h: {_reasons(nights)}"
    best, first = able[0], min(able, key=lambda night: night.windows[0][0])
    wait = first.windows[0][0]
    soonest = "now" if wait < 1e-6 else f"in {wait:.1f} h"
    return (
        f"Observable from {len(able)} of {len(nights)} observatories; best: {best.site.name} "
        f"{_spans(best, sky_day)} UTC, airmass {best.best_airmass:.2f} at {_clock(sky_day, best.best_h)}, "
        f"{best.moon_separation:.0f}° from a {100 * sky_day.moon_illumination:.0f} % Moon; "
        f"first: {first.site.name} {soonest}"
    )


def _reasons(nights: list[Night]) -> str:
    counted = {reason: sum(night.reason == reason for night in nights) for reason in {n.reason for n in nights}}
    return ", ".join(f"{reason} at {count}" for reason, count in sorted(counted.items(), key=lambda item: -item[1]))


def _values(nights: list[Night], sky_day: Day, ra: float, dec: float) -> dict[str, Quantity]:
    able = [night for night in nights if night.windows]
    values = {
        "ra": Quantity(value=ra, unit="deg"),
        "dec": Quantity(value=dec, unit="deg"),
        "observatories": Quantity(value=float(len(able))),
        "moon_illumination": Quantity(value=sky_day.moon_illumination),
    }
    if able:
        values["hours_until_first"] = Quantity(value=min(night.windows[0][0] for night in able), unit="h")
        values["best_airmass"] = Quantity(value=min(night.best_airmass for night in able))
        values["best_fraction"] = Quantity(value=max(night.fraction for night in able))
        values["best_hours"] = Quantity(value=able[0].hours, unit="h")
    return values


def _table(nights: list[Night], sky_day: Day) -> Table:
    columns = ["observatory", "window [UTC]", "hours [h]", "lowest airmass", "Moon [deg]", "fraction"]
    rows: list[list[str | float | None]] = []
    for night in nights:
        if not night.windows:
            continue
        best = f"{night.best_airmass:.2f} at {_clock(sky_day, night.best_h)}"
        numbers = (round(night.hours, 2), best, round(night.moon_separation), round(night.fraction, 3))
        rows.append([night.site.name, _spans(night, sky_day), *numbers])
    return Table(name="observatories", columns=columns, rows=rows)


def _figure(
    title: str, ra: float, dec: float, nights: list[Night], sky_day: Day, airmass_max: float, sun_max: float
) -> Figure:
    from analyses.nightplot import draw

    name = title or f"RA {ra:.3f}°, Dec {dec:+.3f}°"
    return Figure(
        name="visibility",
        png=draw(name, nights, sky_day, airmass_max=airmass_max, sun_max=sun_max),
        caption=f"{name}: windows with airmass below {airmass_max:g} and Sun below {sun_max:g}°, and the best night",
        alt=f"Observable windows of {name} over 24 hours from {sky_day.start:%Y-%m-%d %H:%M} UTC. "
        + _answer(nights, sky_day),
    )
