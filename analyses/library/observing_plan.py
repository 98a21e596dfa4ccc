"""Who should look where and when? A ranked plan for all observatories: for a point by site, for a region by field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import numpy as np

from analyses.contract import Unit, analysis
from analyses.layers import extent
from analyses.library.joint_localization import Galaxy
from analyses.nightsky import day
from analyses.observatories import choose, load_observatories
from analyses.pointplan import Limits
from analyses.pointreport import follow
from analyses.tileplan import Cells, cells_of, plan
from analyses.tilereport import survey
from nuncius.core.errors import PermanentError
from nuncius.core.result import Result
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
        return follow(sky, start, object, chosen, limits, fade, space)
    sky_day = day(*centre(sky), list(chosen.values()), start)
    cells = cells_of(sky) if mode == "tiles" else _worth(sky, galaxies)
    found = plan(cells, chosen, sky_day, limits, most, fade, galaxies=mode == "galaxies")
    return survey(sky, object, mode, found, chosen, sky_day, limits, shipped=mode == "galaxies" and not galaxies)


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
