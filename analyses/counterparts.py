"""Which known sources fit a localization, and how often chance would put one as close. Pure: sources and a region in,
judged counterparts out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from analyses.catalogues import Source
from analyses.layers import credible_level
from nuncius.core.regions import SQ_DEG, Annulus, Circle, cap, density, separation, separations
from nuncius.core.sky import Ellipse, Localization, ProbabilityMap, area, centre

#: A source within this level of the region fits; the same region counts chance coincidences of what lies closer.
FITS = 0.9973
#: Of a list of the whole sky, the entries within so many degrees tell how dense it is there.
LOCAL = 15.0
WHOLE_SKY_DEG2 = 4.0 * math.pi * SQ_DEG
#: Levels beyond this cannot be told from 1.
_FAR = 1.0 - 1e-12


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of one catalogue, the area of the sky of which they are all (None: the whole), and how many a square
    degree has on the whole sky."""

    sources: Sequence[Source]
    area: float | None = None
    density: float


class Counterpart(msgspec.Struct, frozen=True, kw_only=True):
    """A source beside the localization. `separation` from the best position in degrees (None: there is none);
    `level` of the smallest credible region that holds it, its own error and size allowed for; `chance` that an
    unrelated entry of its kind, as bright, lies as close or within the 99.73 % region; `odds` of one place against an
    unrelated one: p(place) / density."""

    source: Source
    separation: float | None
    level: float
    chance: float
    odds: float

    @property
    def fits(self) -> bool:
        return self.level <= FITS


def judge(sky: Localization, field: Field) -> list[Counterpart]:
    """Each source of a catalogue against the localization, most likely not by chance first."""
    levels, densities = _levels(sky, field.sources)
    # A map sorts its cells for each of these.
    areas = (sky.area(FITS), sky.area(0.9999)) if isinstance(sky, ProbabilityMap) else None
    found = []
    for source, level, there in zip(field.sources, levels, densities, strict=True):
        away = None if isinstance(sky, Annulus) else separation(*centre(sky), source.ra, source.dec)
        local = local_density(source, field)
        close = areas[level > FITS] if areas else _as_close(widened(sky, spread(source)), level, away)
        found.append(
            Counterpart(
                source=source,
                separation=away,
                level=level,
                chance=-math.expm1(-local * close),
                odds=there / (local * SQ_DEG),
            )
        )
    return sorted(found, key=lambda one: (not one.fits, one.chance if one.fits else 0.0, one.separation or one.level))


def _levels(sky: Localization, sources: Sequence[Source]) -> tuple[list[float], list[float]]:
    """Credible level and probability per steradian of each source."""
    ra, dec = np.array([one.ra for one in sources]), np.array([one.dec for one in sources])
    if not sources:
        return [], []
    if isinstance(sky, ProbabilityMap):
        return credible_level(sky, ra, dec).tolist(), sky.density_at(ra, dec).tolist()
    levels, densities = [], []
    for index, source in enumerate(sources):
        here, at = widened(sky, spread(source)), slice(index, index + 1)
        levels.append(float(credible_level(here, ra[at], dec[at])[0]))
        densities.append(float(density(here, ra[at], dec[at])[0]))  # type: ignore[arg-type]
    return levels, densities


def spread(source: Source) -> float:
    """How uncertain the place of a source is: what is extended counts as uncertain by half its radius, so that all of
    its disc is within 2 sigma of its centre."""
    return math.hypot(source.error, source.size / 2.0)


def widened(sky: Localization, error: float) -> Localization:
    """The region where the catalogue's entry would be found that is the source: its 1-sigma error (degrees) added in
    quadrature. Maps and annuli are wider than errors of catalogues and stay as they are."""
    if isinstance(sky, ProbabilityMap | Annulus):
        return sky
    own = error * math.sqrt(-2.0 * math.log1p(-sky.containment_probability))
    if isinstance(sky, Circle):
        return msgspec.structs.replace(sky, radius=math.hypot(sky.radius, own))
    assert isinstance(sky, Ellipse)
    major, minor = math.hypot(sky.semi_major, own), math.hypot(sky.semi_minor, own)
    return msgspec.structs.replace(sky, semi_major=major, semi_minor=minor)


def _as_close(sky: Localization, level: float, away: float | None) -> float:
    """Square degrees in which an unrelated source would have been taken as seriously."""
    if isinstance(sky, Annulus):
        return area(sky, sky.containment_probability)
    if isinstance(sky, ProbabilityMap):
        return sky.area(min(max(level, FITS), 0.9999))
    held = area(sky, min(max(level, FITS), _FAR))
    return min(max(held, cap(away or 0.0) if level > _FAR else held), WHOLE_SKY_DEG2)


def local_density(source: Source, field: Field) -> float:
    """Entries of its kind, as bright, per square degree around a source, itself left out: what is found there and what
    the whole sky has, each with the area that it was counted on (the mean of a Gamma distribution whose prior is one
    entry in 1/density square degrees)."""
    alike = [
        other
        for other in field.sources
        if other is not source
        and other.sort == source.sort
        and (source.faintness is None or (other.faintness is not None and other.faintness <= source.faintness))
    ]
    counted = field.area
    if counted is None:
        away = separations(source.ra, source.dec, [one.ra for one in alike], [one.dec for one in alike])
        alike, counted = [one for one, far in zip(alike, away, strict=True) if far <= LOCAL], cap(LOCAL)
    return (len(alike) + 1.0) / (counted + 1.0 / field.density)


def expected(sky: Localization, fields: Sequence[Field]) -> float:
    """How many unrelated entries of all catalogues together lie in the 99.73 % region, on average: what any single
    match has to be seen against. Entries that fit are not counted."""
    total = 0.0
    for field in fields:
        fits = [level <= FITS for level in _levels(sky, field.sources)[0]]
        for sort in {source.sort for source in field.sources}:
            alike = [source for source in field.sources if source.sort == sort]
            others = [one for one, inside in zip(field.sources, fits, strict=True) if one.sort == sort and not inside]
            around, counted = len(others), field.area
            if counted is None:
                around, counted = _around(sky, others), cap(LOCAL)
            whole = field.density * len(alike) / len(field.sources)
            wide = float(np.median([spread(one) for one in alike]))
            total += (around + 1.0) / (counted + 1.0 / whole) * _as_close(widened(sky, wide), FITS, None)
    return total


def _around(sky: Localization, sources: Sequence[Source]) -> int:
    if not sources:
        return 0
    away = separations(*centre(sky), [one.ra for one in sources], [one.dec for one in sources])
    return int(np.sum(away <= LOCAL))


def by_kind(sources: Sequence[Source]) -> list[Field]:
    """The shipped list as one catalogue for each class, because chance is counted among what is alike."""
    kinds = dict.fromkeys(source.sort for source in sources)
    groups = ([source for source in sources if source.sort == kind] for kind in kinds)
    return [Field(sources=group, density=len(group) / WHOLE_SKY_DEG2) for group in groups]
