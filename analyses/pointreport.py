"""What people are told of a plan for a point: the answer, the table of sites with reasons, the nights as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from analyses.nightsky import Day, altitude_of_airmass, day
from analyses.observatories import Observatory, choose_space
from analyses.pointplan import FromSpace, Limits, Visit, covered, from_space, limit_text, visits
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result, Table
from nuncius.core.sky import Localization, centre


def follow(
    sky: Localization,
    start: datetime,
    object: str,
    chosen: dict[str, Observatory],
    limits: Limits,
    fade: float,
    space: list[str],
) -> Result:
    """The plan for a point: sites in the order of how well they can follow it."""
    from analyses.planplot import draw_nights, shown_of

    ra, dec = centre(sky)
    sky_day = day(ra, dec, list(chosen.values()), start)
    found = visits(chosen, sky_day, limits, fade)
    able = [visit for visit in found if visit.windows]
    held, gap = covered(able)
    telescopes = from_space(choose_space(space), ra, dec, start)
    name = object or f"RA {ra:.3f}°, Dec {dec:+.3f}°".replace("-", "−")
    values = {
        "ra": Quantity(value=ra, unit="deg"),
        "dec": Quantity(value=dec, unit="deg"),
        "observatories": Quantity(value=float(len(able))),
        "hours_covered": Quantity(value=held, unit="h"),
        "longest_gap": Quantity(value=gap, unit="h"),
        "moon_illumination": Quantity(value=sky_day.moon_illumination),
        "from_space": Quantity(value=float(sum(one.share > 0.0 for one in telescopes))),
    }
    if able:
        values["hours_until_first"] = Quantity(value=min(visit.windows[0][0] for visit in able), unit="h")
        values["best_airmass"] = Quantity(value=min(visit.best_airmass for visit in able))
    answer = _point_answer(found, able, sky_day, held, [one.telescope.name for one in telescopes if one.share == 1.0])
    lowest = [max(visit.site.altitude_min, altitude_of_airmass(limits.airmass_max)) for visit in found]
    subtitle = f"{limit_text(limits, chosen)} · Moon {100 * sky_day.moon_illumination:.0f} % lit"
    drawn = ", ".join(found[index].site.name for index in shown_of(found))
    tables = (_visits_table(able, sky_day), _others_table(found), _space_table(telescopes))
    figure = Figure(
        name="observing-plan",
        png=draw_nights(name, subtitle, found, sky_day, lowest),
        caption=f"{name}: altitude at the best sites over 24 hours, best first",
        alt=f"Altitude of {name} against time at {drawn}. {answer}.",
    )
    return Result(
        answer=answer,
        values=values,
        tables=[table for table in tables if table.rows],
        figures=[figure],
        caveats=[
            *common_caveats(),
            "Space telescopes by the Sun and the Moon only: roll, schedules and the Earth are not known here.",
        ],
    )


def _spans(visit: Visit, sky_day: Day) -> str:
    return ", ".join(f"{clock(sky_day, begin)}–{clock(sky_day, end)[-5:]}" for begin, end in visit.windows)


def _point_answer(found: Sequence[Visit], able: Sequence[Visit], sky_day: Day, held: float, free: list[str]) -> str:
    above = f"; from space {', '.join(free)}" if free else ""
    if not able:
        reasons = {reason: sum(visit.reason == reason for visit in found) for reason in {v.reason for v in found}}
        told = ", ".join(f"{reason} at {many}" for reason, many in sorted(reasons.items(), key=lambda item: -item[1]))
        return f"From none of {len(found)} observatories within 24 h: {told}{above}"
    best = able[0]
    first = min(able, key=lambda visit: visit.windows[0][0])
    soonest = f"; first: {first.site.name} {clock(sky_day, first.windows[0][0])}" if first is not best else ""
    return (
        f"Best: {best.site.name} {_spans(best, sky_day)} UTC ({best.reason}), then "
        f"{', '.join(visit.site.name for visit in able[1:3]) or 'none'}{soonest}; "
        f"{len(able)} of {len(found)} sites cover {held:.0f} of 24 h{above}"
    )


def _visits_table(able: Sequence[Visit], sky_day: Day) -> Table:
    columns = ["rank", "observatory", "window [UTC]", "hours [h]", "lowest airmass", "Moon [deg]", "why"]
    rows: list[list[str | float | None]] = [
        [
            float(rank),
            visit.site.name,
            _spans(visit, sky_day),
            round(visit.hours, 2),
            f"{visit.best_airmass:.2f} at {clock(sky_day, visit.best_h)}",
            round(visit.moon_separation),
            visit.reason,
        ]
        for rank, visit in enumerate(able, 1)
    ]
    return Table(name="plan", columns=columns, rows=rows)


def _others_table(found: Sequence[Visit]) -> Table:
    rows: list[list[str | float | None]] = [[visit.site.name, visit.reason] for visit in found if not visit.windows]
    return Table(name="cannot", columns=["observatory", "why not"], rows=rows)


def _space_table(telescopes: Sequence[FromSpace]) -> Table:
    rows: list[list[str | float | None]] = [
        [one.telescope.name, round(one.sun), round(one.moon), round(100.0 * one.share), one.note] for one in telescopes
    ]
    return Table(name="from space", columns=["telescope", "Sun [deg]", "Moon [deg]", "allowed [%]", "note"], rows=rows)


def clock(sky_day: Day, hours: float) -> str:
    """A moment of the day, UTC, to the minute; with the date where it is the next day."""
    moment = sky_day.start + timedelta(hours=hours, seconds=30)
    return f"{moment:%H:%M}" if moment.date() == sky_day.start.date() else f"{moment:%d %b %H:%M}"


def common_caveats() -> list[str]:
    """Of every plan."""
    return [
        "Geometry only: weather, schedules and what telescopes can reach are not known here.",
        "Cameras and their fields are nominal (config/observatories.toml): write those that you can ask.",
    ]
