"""Where is it? Credible areas, best position, distance, and a figure with every instrument's region."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated

import numpy as np

from analyses.contract import Unit, analysis
from analyses.layers import Marker, NamedRegion
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result, Table
from nuncius.core.sky import (
    Annulus,
    Circle,
    Ellipse,
    Localization,
    ProbabilityMap,
    area,
    centre,
    overlap_integral,
    prob_inside,
)


@analysis(
    "localization",
    version="1",
    about="Credible areas, best position, distance, and a map of the sky with the regions of every instrument",
    example="nuncius analyse localization --with sky='CIRCLE ICRS 176.8 -39.8 11.6' --with object='GRB 170817A'",
    cached=True,
)
def localization(
    *,
    sky: Annotated[Localization, "the region or map"],
    object: Annotated[str, "name of the object, for the title"] = "",
    mission: Annotated[str, "who made the localization, and"] = "",
    instrument: Annotated[str, "with what"] = "",
    trigger_time: Annotated[datetime | None, "T0; adds the Sun and the Moon to the figure"] = None,
    luminosity_distance: Annotated[float | None, Unit("Mpc"), "where the map has none"] = None,
    luminosity_distance_error: Annotated[float | None, Unit("Mpc"), "its 1-sigma error"] = None,
    regions: Annotated[list[NamedRegion], "other instruments' regions to compare with"] = [],  # noqa: B006 — read only
    markers: Annotated[list[Marker], "positions to mark: counterparts, hosts"] = [],  # noqa: B006
) -> Result:
    values = _areas(sky) | _position(sky)
    distance = _distance(sky, luminosity_distance, luminosity_distance_error)
    if distance is not None:
        values["luminosity_distance"] = distance
    tables = [table for table in (_compare_regions(sky, regions), _place_markers(sky, markers)) if table.rows]
    for table in tables:
        values |= _as_values(table)
    maker = f"{mission} {instrument}".strip()
    title = object or maker or "Localization"
    return Result(
        answer=_answer(values),
        values=values,
        tables=tables,
        figures=[_figure(title, sky, maker, trigger_time, values, regions, markers)],
        caveats=_caveats(sky),
    )


def _areas(sky: Localization) -> dict[str, Quantity]:
    if isinstance(sky, Annulus):
        level = sky.containment_probability
        return {f"area_{100 * level:g}": Quantity(value=area(sky, level), unit="deg2")}
    return {f"area_{level}": Quantity(value=area(sky, level / 100), unit="deg2") for level in (50, 90)}


def _position(sky: Localization) -> dict[str, Quantity]:
    """Best position and the radius about it that holds 90 %; an annulus has no best position."""
    if isinstance(sky, Annulus):
        return {}
    ra, dec = centre(sky)
    if isinstance(sky, ProbabilityMap):
        radius, level = sky.radius_about(ra, dec, 0.9), 0.9
    else:
        radius = sky.radius if isinstance(sky, Circle) else sky.semi_major
        level = sky.containment_probability
    return {
        "ra": Quantity(value=ra, unit="deg"),
        "dec": Quantity(value=dec, unit="deg"),
        "ra_dec_error": Quantity(value=radius, unit="deg"),
        "containment_probability": Quantity(value=level),
    }


def _distance(sky: Localization, given: float | None, error: float | None) -> Quantity | None:
    if isinstance(sky, ProbabilityMap) and sky.distance is not None:
        given, error = sky.distance
    return None if given is None else Quantity(value=given, unit="Mpc", minus=error, plus=error)


def _compare_regions(sky: Localization, regions: list[NamedRegion]) -> Table:
    """Of each other region: how much of our probability it holds, how much of its own lies in ours, and how much
    better a common source explains both than two unrelated ones would."""
    rows: list[list[str | float | None]] = [
        [other.name, prob_inside(sky, other.sky), prob_inside(other.sky, sky), overlap_integral(sky, other.sky)]
        for other in regions
    ]
    return Table(name="regions", columns=["region", "prob_inside", "inside", "overlap_integral"], rows=rows)


def _place_markers(sky: Localization, markers: list[Marker]) -> Table:
    """Of each position: the level of the smallest credible region that holds it."""
    from analyses.layers import credible_level

    ra, dec = (np.array([getattr(marker, axis) for marker in markers], float) for axis in ("ra", "dec"))
    levels = credible_level(sky, ra, dec) if markers else ra
    rows: list[list[str | float | None]] = [
        [marker.name, marker.ra, marker.dec, float(level)] for marker, level in zip(markers, levels, strict=True)
    ]
    return Table(name="positions", columns=["position", "ra [deg]", "dec [deg]", "credible_level"], rows=rows)


def _as_values(table: Table) -> dict[str, Quantity]:
    """Columns without a unit, as values that rules can use: `prob_inside_Fermi GBM`."""
    found = {}
    for name, *cells in table.rows:
        for column, cell in zip(table.columns[1:], cells, strict=True):
            if isinstance(cell, float) and "[" not in column:
                found[f"{column}_{name}"] = Quantity(value=cell)
    return found


def _answer(values: dict[str, Quantity]) -> str:
    areas = [f"{name[5:]} % within {size(quantity.value)}" for name, quantity in values.items() if name[:5] == "area_"]
    parts = [", ".join(areas)]
    if "ra" in values:
        parts.append(_position_text(values))
    if "luminosity_distance" in values:
        parts.append(f"at {rounded(values['luminosity_distance'])}")
    return "; ".join(parts)


def _position_text(values: dict[str, Quantity]) -> str:
    """Right ascension and declination to a tenth of their error."""
    error = max(values["ra_dec_error"].value, 1e-6)
    places = max(1, 1 - math.floor(math.log10(error)))
    ra, dec = (f"{values[axis].value:{sign}.{places}f}°" for axis, sign in (("ra", ""), ("dec", "+")))
    return f"best position RA {ra}, Dec {dec}".replace("-", "−")


def size(deg2: float) -> str:
    """An area in the unit that people would use."""
    for factor, unit in ((1.0, "deg²"), (3600.0, "arcmin²"), (3600.0**2, "arcsec²")):
        if deg2 * factor >= 0.1 or unit == "arcsec²":
            return f"{deg2 * factor:,.3g} {unit}" if deg2 * factor < 1000 else f"{deg2 * factor:,.0f} {unit}"
    raise AssertionError("unreachable")


def rounded(quantity: Quantity) -> str:
    """Value and symmetric error, to the first digit of the error: `40 ± 8 Mpc`."""
    if not quantity.plus:
        return f"{quantity.value:.4g} {quantity.unit}"
    places = max(0, -math.floor(math.log10(quantity.plus)))
    return f"{quantity.value:.{places}f} ± {quantity.plus:.{places}f} {quantity.unit}"


def _label(name: str, values: dict[str, Quantity]) -> str:
    """Of a region wider than ours how much of ours it holds; of a narrower one how much of it lies in ours. Regions
    whose borders do not meet may still agree, at less than their stated levels: then the spatial odds say how well."""
    holds, inside = values[f"prob_inside_{name}"].value, values[f"inside_{name}"].value
    if max(holds, inside) < 0.005:
        odds = values[f"overlap_integral_{name}"].value
        return f"{name}: odds ×{odds:.2g}" if odds >= 0.01 else f"{name}: apart"
    return f"{name}: holds {100 * holds:.0f} %" if holds >= inside else f"{name}: {100 * inside:.0f} % inside"


def _caveats(sky: Localization) -> list[str]:
    if isinstance(sky, Annulus):
        return ["An annulus has no best position: the source lies anywhere along it."]
    if isinstance(sky, Circle | Ellipse):
        return [
            f"Other levels than {100 * sky.containment_probability:.3g} % assume a Gaussian; "
            "systematic errors enter only if the sender put them in."
        ]
    return []


def _figure(
    title: str,
    sky: Localization,
    maker: str,
    trigger_time: datetime | None,
    values: dict[str, Quantity],
    regions: list[NamedRegion],
    markers: list[Marker],
) -> Figure:
    from analyses.layers import sun_and_moon
    from analyses.skyplot import Scene, draw

    legend = [f"{name[5:]} %: {size(quantity.value)}" for name, quantity in values.items() if name[:5] == "area_"]
    notes = [rounded(values["luminosity_distance"])] if "luminosity_distance" in values else []
    when = f"{trigger_time:%Y-%m-%d %H:%M:%S} UTC" if trigger_time else ""
    scene = Scene(
        title=title,
        subtitle=" · ".join(part for part in (when, maker if maker != title else "") if part),
        sky=sky,
        regions=[NamedRegion(name=_label(region.name, values), sky=region.sky) for region in regions],
        markers=markers,
        bodies=sun_and_moon(trigger_time) if trigger_time else [],
        legend=legend,
        notes=notes,
    )
    others = f", with {', '.join(region.name for region in regions)}" if regions else ""
    return Figure(
        name="localization",
        png=draw(scene),
        caption=f"{title}: credible regions on the sky (Mollweide, ICRS, east to the left){others}",
        alt=f"Map of the sky for {title}. {_answer(values)}{others}.",
    )
