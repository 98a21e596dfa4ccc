"""One credible region from what several instruments say of one source, whether they agree, and the galaxies in it."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from analyses.contract import Unit, analysis
from analyses.jointsky import joint
from analyses.layers import Marker, NamedRegion, credible_level
from analyses.library.localization import size
from nuncius.core.errors import PermanentError
from nuncius.core.numbers import odds
from nuncius.core.quantity import Quantity
from nuncius.core.regions import contains
from nuncius.core.result import Figure, Result, Table
from nuncius.core.sky import Annulus, Localization, ProbabilityMap, area, overlap_integral

#: Beyond this level of its own region an instrument is said to disagree.
DISAGREES = 0.9973
#: Odds of 3 to 1, as decimal logarithm, are the least that say something for one source; those below 1 to 10 say a lot
#: against it (Kass & Raftery 1995). Between the two a wide region lies at its edge, or is not narrower than the sky.
AGREE, HARDLY = 0.5, -1.0
#: A smaller gain over the best of the regions is none to speak of.
LEAST_GAIN = 1.05
#: Galaxies beyond this level of the joint region are not listed.
LISTED = 0.99


class Galaxy(msgspec.Struct, frozen=True, kw_only=True):
    """A galaxy that may be the host. `weight` is what it counts beside others, its luminosity or stellar mass say."""

    name: str
    ra: Annotated[float, Unit("deg"), "right ascension"]
    dec: Annotated[float, Unit("deg"), "declination"]
    distance: Annotated[float | None, Unit("Mpc"), "luminosity distance"] = None
    weight: Annotated[float, "luminosity or mass, any unit"] = 1.0


@analysis(
    "joint-localization",
    version="2",
    about="Regions of several instruments (circles, annuli, ellipses, maps) as one credible region; do they agree?",
    example="nuncius analyse joint-localization "
    '--with regions=\'[{"name": "A", "sky": {"type": "circle", "ra": 10, "dec": 0, "radius": 3}}, '
    '{"name": "B", "sky": {"type": "circle", "ra": 12, "dec": 1, "radius": 2}}]\'',
    cached=True,
)
def joint_localization(
    *,
    regions: Annotated[list[NamedRegion], "the regions and whose they are, two or more"],
    galaxies: Annotated[list[Galaxy], "possible hosts, to be ranked"] = [],  # noqa: B006 — read only
    distance: Annotated[float | None, Unit("Mpc"), "luminosity distance of the source, where it is known"] = None,
    distance_error: Annotated[float | None, Unit("Mpc"), "its 1-sigma error"] = None,
    object: Annotated[str, "name of the object, for the title"] = "",
) -> Result:
    if len(regions) < 2:
        raise PermanentError(f"joint-localization needs two regions or more; received {len(regions)}")
    names = [region.name for region in regions]
    if len(set(names)) < len(names):
        raise PermanentError(f"each region needs a name of its own; received {', '.join(names)}")
    found = joint([region.sky for region in regions])
    pairs = _pairs(regions)
    title = f"{object}: " if object else ""
    if found.sky is None:
        return Result(
            answer=f"{title}the regions of {', '.join(names)} have nothing in common",
            values={"consistent": Quantity(value=0.0)},
            tables=[pairs],
            caveats=["One of them is wrong, or they are not of one source: no joint region was made."],
        )
    ranked = _ranked(found.sky, galaxies, distance, distance_error)
    markers = [Marker(name=str(row[0]), ra=float(row[1] or 0.0), dec=float(row[2] or 0.0)) for row in ranked.rows[:3]]
    levels = _levels(regions, *found.sky.peak)
    off = [str(row[0]) for row in levels.rows if isinstance(row[1], float) and row[1] > DISAGREES]
    ra, dec = found.sky.peak
    values = {
        **{f"area_{level}": Quantity(value=found.sky.area(level / 100), unit="deg2") for level in (50, 90)},
        "ra": Quantity(value=ra, unit="deg"),
        "dec": Quantity(value=dec, unit="deg"),
        "ra_dec_error": Quantity(value=found.sky.radius_about(ra, dec, 0.9), unit="deg"),
        "containment_probability": Quantity(value=0.9),
        "log_odds": Quantity(value=found.log_odds),
        "consistent": Quantity(value=0.0 if off or found.log_odds < HARDLY else 1.0),
        "instruments": Quantity(value=float(len(regions))),
    }
    smallest = min(_area(region.sky) for region in regions)
    agree = (
        f"{', '.join(off)} disagree{'s' if len(off) == 1 else ''}"
        if off
        else f"{_agreement(found.log_odds)} (odds {odds(found.log_odds)})"
    )
    joined = values["area_90"].value
    gain = (
        f", {smallest / joined:.3g} times smaller than the best of them" if 0.0 < joined < smallest / LEAST_GAIN else ""
    )
    answer = f"{title}90 % within {size(joined)} from {len(regions)} instruments{gain}; {agree}"
    places = _places(found.sky)
    values["places"] = Quantity(value=float(places))
    if places > 1:
        answer += f"; in {places} separate places"
    if ranked.rows:
        answer += f"; first host {ranked.rows[0][0]}"
    return Result(
        answer=answer,
        values=values,
        tables=[levels, pairs, *([ranked] if galaxies else [])],
        figures=[_figure(object, found.sky, regions, markers, joined)],
        caveats=[
            "The regions are taken as independent, each as its sender stated it, systematic errors included or not."
        ],
    )


def _agreement(log_odds: float) -> str:
    if log_odds >= AGREE:
        return "they agree"
    return "they hardly agree" if log_odds < HARDLY else "they neither support nor exclude one source"


def _places(sky: ProbabilityMap) -> int:
    """In how many separate places the 90 % region is; what lies closer than a fortieth of its extent is one. At full
    depth the count would take minutes."""
    region = sky.moc(0.9)
    coarse = max(0, region.max_order - 4)
    return int(region.degrade_to_order(coarse).split_count()) if coarse < region.max_order else 1


def _area(sky: Localization) -> float:
    return area(sky, sky.containment_probability if isinstance(sky, Annulus) else 0.9)


def _figure(name: str, sky: ProbabilityMap, regions: list[NamedRegion], markers: list[Marker], joined: float) -> Figure:
    from analyses.skyplot import Scene, draw

    scene = Scene(
        title=name or "Joint localization",
        subtitle=f"{len(regions)} instruments together",
        sky=sky,
        regions=[msgspec.structs.replace(region, name=_as_drawn(region)) for region in regions],
        markers=markers,
        legend=[f"50 %: {size(sky.area(0.5))}", f"90 %: {size(joined)}"],
    )
    whose = ", ".join(region.name for region in regions)
    return Figure(
        name="joint-localization",
        png=draw(scene),
        caption=f"{scene.title}: the joint credible region and those of {whose}",
        alt=f"Map of the sky with the regions of {whose} and their common part, {size(joined)} at 90 %.",
    )


def _as_drawn(region: NamedRegion) -> str:
    """Whose region it is, and at which level it is drawn: a map's at 90 %, any other as its sender stated it."""
    level = 0.9 if isinstance(region.sky, ProbabilityMap) else region.sky.containment_probability
    return f"{region.name}, {100 * level:.3g} %"


def _levels(regions: list[NamedRegion], ra: float, dec: float) -> Table:
    """Of each instrument: at which of its own credible levels the joint best position lies; of an annulus, inside or
    not."""
    rows: list[list[str | float | None]] = []
    for region in regions:
        if isinstance(region.sky, Annulus):
            level = region.sky.containment_probability if bool(contains(region.sky, [ra], [dec])[0]) else 1.0
        else:
            level = float(credible_level(region.sky, np.array([ra]), np.array([dec]))[0])
        rows.append([region.name, level])
    return Table(name="agreement", columns=["instrument", "joint position at its level"], rows=rows)


def _pairs(regions: list[NamedRegion]) -> Table:
    rows: list[list[str | float | None]] = [
        [f"{one.name} and {other.name}", overlap_integral(one.sky, other.sky)]
        for i, one in enumerate(regions)
        for other in regions[i + 1 :]
    ]
    return Table(name="pairs", columns=["pair", "overlap_integral"], rows=rows)


def _ranked(sky: ProbabilityMap, galaxies: list[Galaxy], distance: float | None, error: float | None) -> Table:
    """Galaxies inside the joint region by its density there, their weight, and how well their distance fits."""
    rows: list[list[str | float | None]] = []
    if galaxies:
        ra, dec = (np.array([getattr(galaxy, axis) for galaxy in galaxies]) for axis in ("ra", "dec"))
        level, there = credible_level(sky, ra, dec), sky.density_at(ra, dec)
        score = there * np.array([galaxy.weight for galaxy in galaxies])
        if distance is not None and error:
            known = np.array([distance if galaxy.distance is None else galaxy.distance for galaxy in galaxies])
            score = score * np.exp(-0.5 * ((known - distance) / error) ** 2)
        inside = level <= LISTED
        total = float(score[inside].sum()) or 1.0
        for i in np.argsort(-score):
            if inside[i]:
                galaxy = galaxies[i]
                rows.append([galaxy.name, galaxy.ra, galaxy.dec, float(level[i]), float(score[i]) / total])
    columns = ["galaxy", "ra [deg]", "dec [deg]", "credible_level", "share"]
    return Table(name="galaxies", columns=columns, rows=rows[:20])
