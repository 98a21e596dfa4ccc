"""Where each instrument sees an object, as lines on the sphere that a page can draw: the regions that joint reports
rest on (`reactors.sightings`), their joint region, and the positions of counterparts. Knows nothing of HTML or HTTP."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from analyses.jointsky import joint
from analyses.layers import credible_level, extent
from analyses.projection import Zenithal
from kg.named_queries import NamedQueries
from nuncius.core.errors import FormatError, PermanentError
from nuncius.core.regions import outline
from nuncius.core.sky import Annulus, Localization, ProbabilityMap, area, centre, parse_sky, resolve
from nuncius.journal import Journal
from reactors.asking import GraphAnswers
from reactors.sightings import gather

if TYPE_CHECKING:
    from kg.store import GraphStore

#: Credible regions that are drawn.
LEVELS = (0.5, 0.9)
#: Points across the square that a map's borders are looked for in: a two-hundredth of its extent is less than a line's
#: width on a phone.
_GRID = 301
#: Regions whose lines are kept, and those of which a joint one is made at most.
_KEPT, _MOST = 256, 12
_NEAR = (-1, 0, 1)


class Contour(msgspec.Struct, frozen=True, kw_only=True):
    """The border of a credible region: `lines` are closed, each `[ra, dec, ra, dec, …]` in degrees, ICRS."""

    level: float
    area_deg2: float
    lines: list[list[float]]


class SkyRegion(msgspec.Struct, frozen=True, kw_only=True):
    """Where one instrument (or, with `joint`, all of them together) sees the object. `by` is the event or circular that
    says so; `ra`, `dec` its best position, for an annulus the centre of its circles; `reach` the radius in degrees that
    holds it."""

    name: str
    by: str
    shape: str
    joint: bool
    ra: float
    dec: float
    reach: float
    contours: list[Contour]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A position too fine to be a region: a counterpart."""

    name: str
    ra: float
    dec: float


class Sky(msgspec.Struct, frozen=True, kw_only=True):
    """All regions of an object. `others` are the objects that were seen within a minute and whose regions are here."""

    object: str
    regions: list[SkyRegion]
    places: list[Place]
    others: list[str]
    problems: list[str]


class Regions:
    """Answers for objects. Threads may share one; lines are worked out once for each region, whoever asks."""

    def __init__(self, journal: Journal, graph: GraphStore | None) -> None:
        self._journal = journal
        self._graph = graph
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, SkyRegion | None] = OrderedDict()

    def of(self, obj: str) -> Sky:
        """What is known by now; retracted and mock alerts have no region."""
        moment = gather(self._journal, self._answers(), obj)
        told = moment.regions[:_MOST]
        problems: list[str] = []
        found = [region for item in told if (region := self._region(item, problems)) is not None]
        if len(found) > 1 and (together := self._joint(told, problems)) is not None:
            found.insert(0, together)
        places = [Place(name=str(m["name"]), ra=float(m["ra"]), dec=float(m["dec"])) for m in moment.markers]
        others = [other for other in moment.objects if other != obj]
        return Sky(object=obj, regions=found, places=places, others=others, problems=problems)

    def _answers(self) -> GraphAnswers | None:
        if self._graph is None:
            return None
        queries = NamedQueries(self._graph)
        return GraphAnswers(queries, version=lambda: self._journal.cursor("kg"), moment=lambda: None, lag=lambda: 0.0)

    def _region(self, item: dict[str, Any], problems: list[str]) -> SkyRegion | None:
        key = msgspec.json.encode(item, order="sorted")
        return self._once(key, lambda: _drawn(item, self._sky(item), joint=False), str(item["name"]), problems)

    def _joint(self, told: list[dict[str, Any]], problems: list[str]) -> SkyRegion | None:
        def make() -> SkyRegion | None:
            together = joint([self._sky(item) for item in told]).sky
            if together is None:
                return None
            whose = " and ".join(str(item["name"]) for item in told)
            return _drawn({"name": "All together", "by": whose}, together, joint=True)

        key = msgspec.json.encode([item["sky"] for item in told], order="sorted")
        made = self._once(key, make, "All together", problems)
        if made is None and not problems:
            problems.append("The regions have nothing in common, so there is no joint region.")
        return made

    def _once(self, key: bytes, make: Any, name: str, problems: list[str]) -> SkyRegion | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            made: SkyRegion | None = make()
        except (FormatError, PermanentError) as error:
            problems.append(f"{name}: {error}")
            return None
        with self._lock:
            self._kept[key] = made
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made

    def _sky(self, item: dict[str, Any]) -> Localization:
        sky = resolve(parse_sky(item["sky"]), self._journal.blob)
        if sky is None:
            raise FormatError(f"the map of {item['name']} is known only by its address")
        return sky


def _drawn(item: dict[str, Any], sky: Localization, *, joint: bool) -> SkyRegion:
    ra, dec = centre(sky)
    return SkyRegion(
        name=str(item["name"]),
        by=str(item.get("by") or ""),
        shape="map" if isinstance(sky, ProbabilityMap) else type(sky).__name__.lower(),
        joint=joint,
        ra=round(ra, 5),
        dec=round(dec, 5),
        reach=round(extent(sky)[2], 6),
        contours=_contours(sky),
    )


def _contours(sky: Localization) -> list[Contour]:
    if isinstance(sky, Annulus):
        level = sky.containment_probability
        return [Contour(level=level, area_deg2=area(sky, level), lines=[_line(*xy) for xy in outline(sky)])]
    if isinstance(sky, ProbabilityMap):
        borders = borders_of(sky)
        return [Contour(level=p, area_deg2=sky.area(p), lines=lines) for p, lines in zip(LEVELS, borders, strict=True)]
    return [Contour(level=p, area_deg2=area(sky, p), lines=[_line(*xy) for xy in outline(sky, p)]) for p in LEVELS]


def borders_of(sky: ProbabilityMap) -> list[list[list[float]]]:
    """The borders of a map's credible regions at `LEVELS`, looked for in a zenithal picture about them, which has no
    seam: the pole and RA 0 are places like any other."""
    from contourpy import contour_generator

    ra, dec, reach = extent(sky)
    paper, half = Zenithal(ra, dec), min(max(reach * 1.1, 1e-6), 180.0)
    steps = np.linspace(-half, half, _GRID)
    across, up = np.meshgrid(steps, steps)
    inside = np.hypot(across, up) <= 180.0
    level = np.ones(across.shape)
    level[inside] = credible_level(sky, *paper.sky(across[inside], up[inside]))
    # Cells of the map are steps; the mean of neighbours makes one line of a staircase's many.
    level[1:-1, 1:-1] = sum(level[1 + i : _GRID - 1 + i, 1 + j : _GRID - 1 + j] for i in _NEAR for j in _NEAR) / 9.0
    # A border of ones closes what would run out of the picture.
    level[[0, -1], :] = level[:, [0, -1]] = 1.0
    drawn = contour_generator(steps, steps, level)
    cell = steps[1] - steps[0]
    return [
        [
            _line(*paper.sky(line[:, 0], line[:, 1]))
            for raw in drawn.lines(p)
            if len(line := simplified(raw, cell / 3)) > 3
        ]
        for p in LEVELS
    ]


def simplified(line: Any, tolerance: float) -> Any:
    """The line with the points left out that lie within `tolerance` of it (Douglas & Peucker 1973)."""
    kept, todo = {0, len(line) - 1}, [(0, len(line) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        start, chord = line[first], line[last] - line[first]
        between = line[first + 1 : last] - start
        length = float(np.hypot(*chord))
        far = np.abs(between[:, 0] * chord[1] - between[:, 1] * chord[0]) / length if length else np.hypot(*between.T)
        at = int(np.argmax(far))
        if far[at] > tolerance:
            kept.add(first + 1 + at)
            todo += [(first, first + 1 + at), (first + 1 + at, last)]
    return line[sorted(kept)]


def _line(ra: Any, dec: Any) -> list[float]:
    """One list of numbers, with as many digits as its size asks for."""
    size = float(np.ptp(dec)) or 1e-6
    digits = max(2, min(7, 3 - math.floor(math.log10(size))))
    return [float(x) for x in np.round(np.column_stack([ra, dec]).ravel(), digits)]
