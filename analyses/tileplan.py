"""Where to point which telescope when, so that the most probability is seen: each site's fields as tiles (or galaxies),
chosen one after the other by what each adds, each at a time when it can be observed. Numbers only; `planplot` draws.

The choice is greedy: the pointing that adds most comes first. What a plan is worth is a submodular function of its
pointings, of which each slot of each site takes one, so that the greedy choice reaches at least half of what is
possible, and 1 - 1/e of it where only their number is limited (Nemhauser, Wolsey & Fisher 1978, Math. Program. 14, 265
and Math. Program. Study 8, 73).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from analyses.nightsky import HOURS, Day, airmass, altitude, altitude_of_airmass
from analyses.observatories import Observatory
from analyses.offline import offline_iers
from analyses.pointplan import Limits
from nuncius.core.regions import sample
from nuncius.core.sky import Localization, ProbabilityMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Pointings of a site that are looked at, most probable first.
CONSIDERED = 250
#: A pointing that adds less than this is not worth its time.
LEAST_GAIN = 0.0003
#: Of a map, the cells that hold so much are planned for, no coarser than this order (0.84 square degrees).
PLANNED, FINEST_SPLIT = 0.99, 6
#: Degrees that the sidereal time grows by in an hour.
SIDEREAL_RATE = 15.041068640


class Cells(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be covered: positions in degrees and what each is worth; that of the whole region is 1."""

    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    weight: NDArray[np.float64]
    names: list[str] = []


class Pointing(msgspec.Struct, frozen=True, kw_only=True):
    """A field at a site: its centre, the cells in it, and in which of the site's slots it can be observed."""

    key: str
    ra: float
    dec: float
    cells: NDArray[np.int64]
    slots: NDArray[np.bool_]
    name: str = ""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """A pointing that was chosen, and as which: when (hours after the start), at which airmass and distance of the Moon
    (degrees), what of the region it is the first to see, and what has been seen with it."""

    pointing: Pointing
    rank: int
    hours: float
    airmass: float
    moon: float
    gain: float
    covered: float


def cells_of(sky: Localization) -> Cells:
    """Points that stand for the region, worth what their share of it is."""
    if not isinstance(sky, ProbabilityMap):
        ra, dec = sample(sky)
        level = sky.containment_probability if hasattr(sky, "inner") else 1.0
        return Cells(ra=ra, dec=dec, weight=np.full(ra.size, level / ra.size))
    from astropy_healpix import healpix_to_lonlat

    inside = np.flatnonzero(sky.density >= sky.threshold(PLANNED))
    order, ipix, weight = sky.order[inside], sky.ipix[inside], sky.probability[inside]
    split = np.maximum(FINEST_SPLIT - order, 0)
    many = 4**split
    index = np.repeat(np.arange(order.size), many)
    within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    pixels = (ipix << (2 * split))[index] + within
    lon, lat = healpix_to_lonlat(pixels, 2 ** (order + split)[index], order="nested")
    return Cells(ra=np.asarray(lon.deg), dec=np.asarray(lat.deg), weight=(weight / many)[index])


def tiles(key: str, site: Observatory, cells: Cells) -> list[Pointing]:
    """The site's fields as squares on rings of equal declination, each cell in one of them; most probable first."""
    side = site.field_deg2**0.5
    ring = np.floor((cells.dec + 90.0) / side).astype(np.int64)
    middle = np.minimum(-90.0 + (ring + 0.5) * side, 90.0)
    around = np.maximum(1, np.ceil(360.0 * np.cos(np.radians(middle)) / side)).astype(np.int64)
    place = np.floor(cells.ra % 360.0 / 360.0 * around).astype(np.int64)
    _, first, which = np.unique(ring * 1_000_000 + place, return_index=True, return_inverse=True)
    worth = np.bincount(which, weights=cells.weight)
    order, counts = np.argsort(which, kind="stable"), np.bincount(which)
    ends = np.cumsum(counts)
    none = np.zeros(0, dtype=bool)
    return [
        Pointing(
            key=key,
            ra=float((place[first[tile]] + 0.5) / around[first[tile]] * 360.0),
            dec=float(middle[first[tile]]),
            cells=order[ends[tile] - counts[tile] : ends[tile]],
            slots=none,
        )
        for tile in np.argsort(-worth, kind="stable")[:CONSIDERED]
    ]


def on_galaxies(key: str, site: Observatory, galaxies: Cells) -> list[Pointing]:
    """A field on each galaxy, most probable first, with the others that it holds."""
    half, none = site.field_deg2**0.5 / 2.0, np.zeros(0, dtype=bool)
    found = []
    for centre in np.argsort(-galaxies.weight, kind="stable")[:CONSIDERED]:
        ra, dec = galaxies.ra[centre], galaxies.dec[centre]
        across = np.abs((galaxies.ra - ra + 180.0) % 360.0 - 180.0) * np.cos(np.radians(dec))
        inside = np.flatnonzero((across <= half) & (np.abs(galaxies.dec - dec) <= half))
        name = galaxies.names[centre]
        found.append(Pointing(key=key, ra=float(ra), dec=float(dec), cells=inside, slots=none, name=name))
    return found


class SiteNight:
    """A site's moments: where a field stands in each slot, and whether it may be observed."""

    def __init__(self, site: Observatory, row: int, day: Day, limits: Limits) -> None:
        self.site, self._day, self._row = site, day, row
        self.step = site.pointing_s / 3600.0
        self.starts = np.arange(0.0, HOURS - self.step + 1e-9, self.step)
        self._lowest = max(site.altitude_min, altitude_of_airmass(limits.airmass_max))
        self._moon_min = site.moon_min if limits.moon_min is None else limits.moon_min
        sun_max = site.sun_max if limits.sun_max is None else limits.sun_max
        sun = [np.interp(self.starts + after, day.hours, day.sun[row]) for after in (0.0, self.step)]
        self.dark = np.maximum(*sun) < sun_max

    def altitudes(self, ra: Array, dec: Array) -> Array:
        """Of directions of date at the beginning and the end of each slot; shape (2, field, slot)."""
        sidereal = self._day.sidereal_deg[self._row][0] + SIDEREAL_RATE * self.starts
        return np.array(
            [
                altitude(ra[:, None], dec[:, None], (sidereal + SIDEREAL_RATE * after)[None, :], self.site.latitude)
                for after in (0.0, self.step)
            ]
        )

    def moon(self, ra: Array, dec: Array) -> Array:
        """Distance of the Moon in each slot, degrees; shape (field, slot)."""
        at = np.clip(np.searchsorted(self._day.hours, self.starts), 0, self._day.hours.size - 1)
        toward = self._day.moon_direction[:, self._row, at]
        lon, lat = np.radians(ra), np.radians(dec)
        fields = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        return np.asarray(np.degrees(np.arccos(np.clip(fields.T @ toward, -1.0, 1.0))))

    def allowed(self, ra: Array, dec: Array) -> NDArray[np.bool_]:
        """Whether each field can be observed in each slot, from its beginning to its end."""
        both = self.altitudes(ra, dec)
        high = (both.min(axis=0) > self._lowest) & (both.max(axis=0) < self.site.altitude_max)
        return np.asarray(high & (self.moon(ra, dec) > self._moon_min) & self.dark[None, :])


def of_date(pointings: Sequence[Pointing], day: Day) -> tuple[Array, Array]:
    """Their centres in the axes of date."""
    from astropy.coordinates import TETE, SkyCoord
    from astropy.time import Time, TimeDelta

    with offline_iers():
        middle = Time(day.start, scale="utc") + TimeDelta(HOURS * 1800.0, format="sec")
        places = SkyCoord([one.ra for one in pointings], [one.dec for one in pointings], unit="deg")
        turned = places.transform_to(TETE(obstime=middle))
    return np.asarray(turned.ra.deg), np.asarray(turned.dec.deg)


def observable(pointings: Sequence[Pointing], night: SiteNight, day: Day) -> list[Pointing]:
    """Those that can be observed at some time, with when."""
    if not pointings or not night.dark.any():
        return []
    allowed = night.allowed(*of_date(pointings, day))
    return [
        msgspec.structs.replace(one, slots=allowed[index])
        for index, one in enumerate(pointings)
        if allowed[index].any()
    ]


def choose(
    pointings: Sequence[Pointing], weight: Array, most: int, steps: dict[str, float], fade_h: float
) -> list[tuple[int, int, float]]:
    """The greedy choice: (index, slot, what it adds to the value of the plan), the one that adds most first; `steps`
    are the lengths of the sites' slots in hours. A cell that is seen t hours after the start is worth
    its weight / (1 + t/fade), the first time that it is seen."""
    seen = np.zeros(len(weight))  # what each cell is worth by now, in parts of its weight
    taken: dict[str, set[int]] = {}

    def best(index: int) -> tuple[float, int]:
        """What the pointing adds in its earliest slot that is free: a later one adds less."""
        one = pointings[index]
        busy = taken.setdefault(one.key, set())
        slot = next((int(slot) for slot in np.flatnonzero(one.slots) if int(slot) not in busy), -1)
        if slot < 0:
            return 0.0, -1
        worth = 1.0 / (1.0 + slot * steps[one.key] / fade_h)
        return float(np.sum(weight[one.cells] * np.maximum(0.0, worth - seen[one.cells]))), slot

    heap = [(-best(index)[0], index) for index in range(len(pointings))]
    heapq.heapify(heap)
    chosen: list[tuple[int, int, float]] = []
    while heap and len(chosen) < most:
        _, index = heapq.heappop(heap)
        gain, slot = best(index)
        if gain < LEAST_GAIN:
            continue
        if heap and -gain > heap[0][0]:  # it adds less by now than it did: look at the others first
            heapq.heappush(heap, (-gain, index))
            continue
        one = pointings[index]
        taken[one.key].add(slot)
        seen[one.cells] = np.maximum(seen[one.cells], 1.0 / (1.0 + slot * steps[one.key] / fade_h))
        chosen.append((index, slot, gain))
        heapq.heappush(heap, (0.0, index))
    return chosen


def plan(
    cells: Cells, chosen: dict[str, Observatory], day: Day, limits: Limits, most: int, fade_h: float, *, galaxies: bool
) -> list[Observation]:
    """The plan of all sites together, in the order of time."""
    nights = {key: SiteNight(site, row, day, limits) for row, (key, site) in enumerate(chosen.items())}
    make = on_galaxies if galaxies else tiles
    found = [one for key, site in chosen.items() for one in observable(make(key, site, cells), nights[key], day)]
    picked = choose(found, cells.weight, most, {key: night.step for key, night in nights.items()}, fade_h)
    if not picked:
        return []
    ra, dec = of_date([found[index] for index, _, _ in picked], day)
    starts = [float(nights[found[index].key].starts[slot]) for index, slot, _ in picked]
    unseen, covered, out = np.array(cells.weight), 0.0, []
    for place in np.argsort(starts, kind="stable"):
        index, slot, _ = picked[place]
        night, at = nights[found[index].key], slice(place, place + 1)
        gain = float(unseen[found[index].cells].sum())
        unseen[found[index].cells] = 0.0
        covered += gain
        height = night.altitudes(ra[at], dec[at])[:, 0, slot].mean()
        out.append(
            Observation(
                pointing=found[index],
                rank=int(place) + 1,
                hours=starts[place],
                airmass=float(airmass(np.array([height]))[0]),
                moon=float(night.moon(ra[at], dec[at])[0, slot]),
                gain=gain,
                covered=covered,
            )
        )
    return out
