"""Who should look where and when? A ranked plan for all observatories: for a point by site, for a region by field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import numpy as np

from analyses.contract import Unit, analysis
from analyses.layers import extent
from analyses.library.joint_localization import Galaxy
from analyses.nightsky import Day, altitude_of_airmass, day
from analyses.observatories import Observatory, choose, load_observatories, load_space_telescopes
from analyses.pointplan import Limits, Visit, covered, from_space, limit_text, visits
from analyses.tileplan import Cells, Observation, cells_of, plan
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result, Table
from nuncius.core.sky import Annulus, Localization, ProbabilityMap, centre

#: A region whose 90 % radius is larger than half the field of most cameras is planned field by field (degrees).
POINT = 0.1


@analysis(
    "observing-plan",
    version="1",
    about="A ranked plan for all observatories: who can follow a position, when and why; for a region which fields",
    example="nuncius analyse observing-plan "
    "--with sky='CIRCLE ICRS 197.45 -23.38 0.01' --with time=2017-08-17T12:41:04Z",
    cached=True,
)
def observing_plan(
    *,
    sky: Annotated[Localization, "the position or region"],
    time: Annotated[datetime | None, "the 24 hours begin here; none means at the trigger time"] = None,
    trigger_time: Annotated[datetime | None, "T0 of the object, where no other time is given"] = None,
    object: Annotated[str, "name of the object, for the title"] = "",
    sites: Annotated[list[str], "keys in config/observatories.toml; none means all"] = [],  # noqa: B006 — read only
    mode: Annotated[Literal["auto", "point", "tiles", "galaxies"], "auto: by the size of the region"] = "auto",
    galaxies: Annotated[list[Galaxy], "targets of mode galaxies; none means the shipped list"] = [],  # noqa: B006
    airmass_max: Annotated[float, "observable below this airmass"] = 2.5,
    sun_altitude_max: Annotated[float | None, Unit("deg"), "Sun below this; none: as each site has it"] = None,
    moon_distance_min: Annotated[float | None, Unit("deg"), "Moon at least so far; none: as each site has it"] = None,
    fade: Annotated[float, Unit("h"), "what is seen t after the start counts as 1/(1 + t/fade)"] = 6.0,
    most: Annotated[int, "most pointings of all sites together"] = 60,
    space: Annotated[list[str], "keys in config/space_telescopes.toml; none means all"] = [],  # noqa: B006
) -> Result:
    start = time or trigger_time
    if start is None:
        raise PermanentError("observing-plan needs a time: give 'time', or 'trigger_time' of the object")
    if not 1.0 < airmass_max <= 10.0:
        raise PermanentError(f"airmass_max must lie between 1 and 10; received {airmass_max:g}")
    if not 0.0 < fade <= 1000.0 or not 1 <= most <= 500:
        raise PermanentError(f"fade must lie above 0 and to 1000 h, most between 1 and 500; received {fade:g}, {most}")
    chosen = choose(sites, load_observatories())
    limits = Limits(airmass_max=airmass_max, sun_max=sun_altitude_max, moon_min=moon_distance_min)
    if mode == "auto":
        wide = isinstance(sky, Annulus) or extent(sky)[2] > POINT
        mode = "galaxies" if galaxies else "tiles" if wide else "point"
    if mode == "point":
        if isinstance(sky, Annulus):
            raise PermanentError("an annulus has no best position to point at; use mode 'tiles'")
        return _follow(sky, start, object, chosen, limits, fade, space)
    sky_day = day(*centre(sky), list(chosen.values()), start)
    cells = cells_of(sky) if mode == "tiles" else _worth(sky, galaxies)
    found = plan(cells, chosen, sky_day, limits, most, fade, galaxies=mode == "galaxies")
    return _survey(sky, object, mode, found, chosen, sky_day, limits, shipped=mode == "galaxies" and not galaxies)


def _follow(
    sky: Localization,
    start: datetime,
    object: str,
    chosen: dict[str, Observatory],
    limits: Limits,
    fade: float,
    space: list[str],
) -> Result:
    from analyses.planplot import draw_nights, shown_of

    ra, dec = centre(sky)
    sky_day = day(ra, dec, list(chosen.values()), start)
    found = visits(chosen, sky_day, limits, fade)
    able = [visit for visit in found if visit.windows]
    held, gap = covered(able)
    known = load_space_telescopes()
    telescopes = from_space([known[key] for key in choose_space(space)], ra, dec, start)
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
    figure = Figure(
        name="observing-plan",
        png=draw_nights(name, subtitle, found, sky_day, lowest),
        caption=f"{name}: altitude at the best sites over 24 hours, best first",
        alt=f"Altitude of {name} against time at {drawn}. {answer}.",
    )
    return Result(
        answer=answer,
        values=values,
        tables=[_visits_table(able, sky_day), _others_table(found), _space_table(telescopes)],
        figures=[figure],
        caveats=[
            *_common_caveats(),
            "Space telescopes by the Sun and the Moon only: roll, schedules and the Earth are not known here.",
        ],
    )


def choose_space(keys: Sequence[str]) -> list[str]:
    """Those keys, or all. Raises PermanentError naming the nearest known one."""
    from nuncius.core.registry import did_you_mean

    known = load_space_telescopes()
    for key in keys:
        if key not in known:
            raise PermanentError(f"no space telescope has the key '{key}'{did_you_mean(key, list(known))}")
    return list(keys or known)


def _clock(sky_day: Day, hours: float) -> str:
    moment = sky_day.start + timedelta(hours=hours, seconds=30)
    return f"{moment:%H:%M}" if moment.date() == sky_day.start.date() else f"{moment:%d %b %H:%M}"


def _spans(visit: Visit, sky_day: Day) -> str:
    return ", ".join(f"{_clock(sky_day, begin)}–{_clock(sky_day, end)[-5:]}" for begin, end in visit.windows)


def _point_answer(found: Sequence[Visit], able: Sequence[Visit], sky_day: Day, held: float, free: list[str]) -> str:
    above = f"; from space {', '.join(free)}" if free else ""
    if not able:
        reasons = {reason: sum(visit.reason == reason for visit in found) for reason in {v.reason for v in found}}
        told = ", ".join(f"{reason} at {many}" for reason, many in sorted(reasons.items(), key=lambda item: -item[1]))
        return f"From none of {len(found)} observatories within 24 h: {told}{above}"
    best = able[0]
    first = min(able, key=lambda visit: visit.windows[0][0])
    soonest = f"; first: {first.site.name} {_clock(sky_day, first.windows[0][0])}" if first is not best else ""
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
            f"{visit.best_airmass:.2f} at {_clock(sky_day, visit.best_h)}",
            round(visit.moon_separation),
            visit.reason,
        ]
        for rank, visit in enumerate(able, 1)
    ]
    return Table(name="plan", columns=columns, rows=rows)


def _others_table(found: Sequence[Visit]) -> Table:
    rows: list[list[str | float | None]] = [[visit.site.name, visit.reason] for visit in found if not visit.windows]
    return Table(name="cannot", columns=["observatory", "why not"], rows=rows)


def _space_table(telescopes: Sequence[object]) -> Table:
    rows: list[list[str | float | None]] = [
        [one.telescope.name, round(one.sun), round(one.moon), round(100.0 * one.share), one.note]  # type: ignore[attr-defined]
        for one in telescopes
    ]
    return Table(name="from space", columns=["telescope", "Sun [deg]", "Moon [deg]", "allowed [%]", "note"], rows=rows)


def _worth(sky: Localization, galaxies: Sequence[Galaxy]) -> Cells:
    """Galaxies as targets: the localization's density there, times the galaxy's weight, times how its distance fits."""
    from analyses.catalogues import light, nearby_galaxies
    from nuncius.core.regions import density

    given = list(galaxies) or [
        Galaxy(name=one.name, ra=one.ra, dec=one.dec, distance=one.distance, weight=light(one))
        for one in nearby_galaxies()
    ]
    ra, dec = np.array([one.ra for one in given]), np.array([one.dec for one in given])
    there = sky.density_at(ra, dec) if isinstance(sky, ProbabilityMap) else density(sky, ra, dec)
    worth = np.asarray(there, dtype=float) * np.array([one.weight for one in given])
    if isinstance(sky, ProbabilityMap) and sky.distance is not None:
        mean, error = sky.distance
        far = np.array([mean if one.distance is None else one.distance for one in given])
        worth = worth * np.exp(-0.5 * ((far - mean) / np.hypot(error, 0.1 * far)) ** 2)
    if not worth.sum() > 0.0:
        raise PermanentError(f"none of {len(given)} galaxies lies in the region; use mode 'tiles', or give others")
    keep = np.flatnonzero(worth > 1e-6 * worth.max())
    names = [given[index].name for index in keep]
    return Cells(ra=ra[keep], dec=dec[keep], weight=worth[keep] / worth[keep].sum(), names=names)


def _survey(
    sky: Localization,
    object: str,
    mode: str,
    found: Sequence[Observation],
    chosen: dict[str, Observatory],
    sky_day: Day,
    limits: Limits,
    *,
    shipped: bool,
) -> Result:
    from analyses.planplot import draw_tiles

    name = object or "Observing plan"
    total = found[-1].covered if found else 0.0
    answer = _survey_answer(found, chosen, sky_day, mode)
    values = {
        "covered_probability": Quantity(value=total),
        "pointings": Quantity(value=float(len(found))),
        "observatories": Quantity(value=float(len({one.pointing.key for one in found}))),
        "moon_illumination": Quantity(value=sky_day.moon_illumination),
    }
    if found:
        values["hours_until_first"] = Quantity(value=found[0].hours, unit="h")
        half = _until(found, 0.5)
        if half is not None:
            values["hours_until_half"] = Quantity(value=half, unit="h")
    subtitle = f"{sky_day.start:%Y-%m-%d %H:%M} UTC + 24 h · {limit_text(limits, chosen)}"
    figure = Figure(
        name="observing-plan",
        png=draw_tiles(name, subtitle, sky, found, chosen),
        caption=f"{name}: fields of the plan over the localization, by site, and what they cover with time",
        alt=f"Map with {len(found)} fields over the localization of {name}. {answer}.",
    )
    caveats = _common_caveats()
    caveats.append("A place that any site has seen counts as covered: depths and bands are not compared.")
    if isinstance(sky, Annulus):
        caveats.append("An annulus is taken as evenly filled.")
    if shipped:
        caveats.append(
            "The shipped list holds a few dozen famous galaxies: give `galaxies` of a catalogue for a real search."
        )
    return Result(
        answer=answer,
        values=values,
        tables=[_pointings_table(found, chosen, sky_day, mode)],
        figures=[figure],
        caveats=caveats,
    )


def _survey_answer(found: Sequence[Observation], chosen: dict[str, Observatory], sky_day: Day, mode: str) -> str:
    if not found:
        return f"No field with any of the region can be observed from {len(chosen)} observatories within 24 h"
    what = "of the galaxies' weight" if mode == "galaxies" else "of the probability"
    used = {key: sum(one.gain for one in found if one.pointing.key == key) for key in {o.pointing.key for o in found}}
    main = max(used, key=lambda key: used[key])
    half = _until(found, 0.5)
    halfway = f"; half by {_clock(sky_day, half)}" if half is not None else ""
    best = min(found, key=lambda one: one.rank).pointing.name
    return (
        f"{100 * found[-1].covered:.0f} % {what} in {len(found)} pointings from {len(used)} sites, most from "
        f"{chosen[main].name}; begins {_clock(sky_day, found[0].hours)} UTC at {chosen[found[0].pointing.key].name}"
        f"{halfway}{f'; best target {best}' if best else ''}"
    )


def _until(found: Sequence[Observation], level: float) -> float | None:
    """Hours until so much has been seen."""
    return next((one.hours for one in found if one.covered >= level), None)


def _pointings_table(found: Sequence[Observation], chosen: dict[str, Observatory], sky_day: Day, mode: str) -> Table:
    columns = [
        "rank",
        "observatory",
        "start [UTC]",
        "RA [deg]",
        "Dec [deg]",
        "airmass",
        "Moon [deg]",
        "new [%]",
        "in all [%]",
    ]
    rows: list[list[str | float | None]] = []
    for one in found:
        site = chosen[one.pointing.key]
        place = (round(one.pointing.ra, 4), round(one.pointing.dec, 4), round(one.airmass, 2), round(one.moon))
        share = (round(100 * one.gain, 2), round(100 * one.covered, 2))
        camera = f"{site.name} ({site.instrument})" if site.instrument else site.name
        named = [one.pointing.name] if mode == "galaxies" else []
        rows.append([float(one.rank), camera, _clock(sky_day, one.hours), *place, *share, *named])
    return Table(name="plan", columns=[*columns, *(["galaxy"] if mode == "galaxies" else [])], rows=rows)


def _common_caveats() -> list[str]:
    return [
        "Geometry only: weather, schedules and what telescopes can reach are not known here.",
        "Cameras and their fields are nominal (config/observatories.toml): write those that you can ask.",
    ]
