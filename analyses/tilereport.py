"""What people are told of a plan for a region: the answer, the fields in the order of time, the map as a figure."""

from __future__ import annotations

from collections.abc import Sequence

from analyses.nightsky import Day
from analyses.observatories import Observatory
from analyses.pointplan import Limits, limit_text
from analyses.pointreport import clock, common_caveats
from analyses.tileplan import Observation
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result, Table
from nuncius.core.sky import Annulus, Localization, centre, separation


def survey(
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
    """The plan for a region: fields at their times."""
    from analyses.planplot import draw_tiles

    name = object or "Observing plan"
    total = found[-1].covered if found else 0.0
    from analyses.layers import sun_and_moon

    sun = sun_and_moon(sky_day.start)[0]
    away = separation(sun.ra, sun.dec, *centre(sky))
    near_sun = f": its centre is {away:.0f}° from the Sun" if away < 60.0 and not isinstance(sky, Annulus) else ""
    answer = _survey_answer(found, chosen, sky_day, mode, near_sun)
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
    caveats = common_caveats()
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
        tables=[_pointings_table(found, chosen, sky_day, mode)] if found else [],
        figures=[figure],
        caveats=caveats,
    )


def _survey_answer(
    found: Sequence[Observation], chosen: dict[str, Observatory], sky_day: Day, mode: str, near_sun: str
) -> str:
    if not found:
        return f"No field with any of the region can be observed from {len(chosen)} observatories within 24 h{near_sun}"
    what = "of the galaxies' weight" if mode == "galaxies" else "of the probability"
    used = {key: sum(one.gain for one in found if one.pointing.key == key) for key in {o.pointing.key for o in found}}
    main = max(used, key=lambda key: used[key])
    half = _until(found, 0.5)
    halfway = f"; half by {clock(sky_day, half)}" if half is not None else ""
    best = min(found, key=lambda one: one.rank).pointing.name
    return (
        f"{100 * found[-1].covered:.0f} % {what} in {len(found)} pointings from {len(used)} sites, most from "
        f"{chosen[main].name}; begins {clock(sky_day, found[0].hours)} UTC at {chosen[found[0].pointing.key].name}"
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
        rows.append([float(one.rank), camera, clock(sky_day, one.hours), *place, *share, *named])
    return Table(name="plan", columns=[*columns, *(["galaxy"] if mode == "galaxies" else [])], rows=rows)
