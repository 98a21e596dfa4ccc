"""Where objects are on the sky, by the positions that documents claim: read from the graph in one go and kept while it
does not change, because a cone cannot be asked of triples quickly."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from nuncius.core.errors import NunciusError

if TYPE_CHECKING:
    from kg.store import GraphStore

#: While documents stream in, a table is used this long, in seconds, before it is read anew; reading one of a hundred
#: thousand positions takes half a minute, in which the old one goes on answering.
_KEPT_S = 60.0
#: A table with fewer positions is read whenever the graph has changed.
_SMALL = 2000
_POSITIONS = """SELECT ?object ?ra ?dec ?radius WHERE {
  ?claim nuncius:predicate nuncius:position ; nuncius:subject ?object ; nuncius:ra ?ra ; nuncius:dec ?dec .
  OPTIONAL { ?claim nuncius:radius ?radius }
}"""

log = logging.getLogger(__name__)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An object near a direction: its closest claimed position, that claim's error radius (0: none stated) and how far
    it is from the direction. All in degrees, ICRS."""

    object: str
    ra: float
    dec: float
    radius: float
    separation: float


class Places:
    """Answers cones. Threads may share one."""

    def __init__(self, graph: GraphStore) -> None:
        self._graph = graph
        self._lock = threading.Lock()
        self._reading = False
        self._stamp, self._read, self._took = -1, 0.0, 0.0
        self._objects: list[str] = []
        self._values: Any = np.empty((0, 3))

    def near(self, ra: float, dec: float, radius: float, *, stamp: int, limit: int = 50) -> list[Place]:
        """Objects of which a position lies within `radius` degrees, its own error included, the closest first. `stamp`
        is how far the graph has read the journal."""
        objects, values = self._table(stamp)
        if not objects:
            return []
        separation = _separations(values[:, 0], values[:, 1], ra, dec)
        (inside,) = np.nonzero(separation <= radius + values[:, 2])
        found: dict[str, Place] = {}
        for at in inside[np.argsort(separation[inside], kind="stable")]:
            lon, lat, error = (float(value) for value in values[at])
            place = Place(object=objects[at], ra=lon, dec=lat, radius=error, separation=float(separation[at]))
            found.setdefault(place.object, place)
            if len(found) >= limit:
                break
        return list(found.values())

    def prepare(self, stamp: int) -> None:
        """Read in the background what a first search would have to wait for."""
        if self._stamp < 0 and not self._reading:
            self._reading = True
            threading.Thread(target=self._later, args=(stamp,), name="console.places", daemon=True).start()

    def _table(self, stamp: int) -> tuple[list[str], Any]:
        with self._lock:
            old = time.monotonic() - self._read > max(_KEPT_S, 10.0 * self._took)
            if self._stamp < 0 or (stamp != self._stamp and len(self._objects) < _SMALL):
                self._read_anew(stamp)
            elif stamp != self._stamp and old and not self._reading:
                self._reading = True
                threading.Thread(target=self._later, args=(stamp,), name="console.places", daemon=True).start()
            return self._objects, self._values

    def _later(self, stamp: int) -> None:
        try:
            if self._stamp < 0:
                self._table(stamp)  # whoever searches meanwhile waits for it
            else:
                self._read_anew(stamp)
        except NunciusError as error:
            log.warning("positions could not be read from the graph, the former ones are searched: %s", error)
        finally:
            self._reading = False

    def _read_anew(self, stamp: int) -> None:
        began = time.monotonic()
        rows = [row for row in self._graph.query(_POSITIONS).rows if _on_the_sky(row)]
        values = np.array([[row["ra"], row["dec"], row["radius"] or 0.0] for row in rows], dtype=float)
        self._objects, self._values = [str(row["object"]) for row in rows], values.reshape(-1, 3)
        self._stamp, self._read, self._took = stamp, time.monotonic(), time.monotonic() - began


def _on_the_sky(row: dict[str, Any]) -> bool:
    numbers = [row[name] for name in ("ra", "dec")] + [row["radius"] or 0.0]
    return all(isinstance(value, int | float) for value in numbers) and abs(row["dec"]) <= 90


def _separations(ra: Any, dec: Any, ra0: float, dec0: float) -> Any:
    """Angles to a direction in degrees, exact for small and for large ones (Vincenty)."""
    a, b, d = np.radians(dec0), np.radians(dec), np.radians(ra - ra0)
    y = np.hypot(np.cos(b) * np.sin(d), np.cos(a) * np.sin(b) - np.sin(a) * np.cos(b) * np.cos(d))
    return np.degrees(np.arctan2(y, np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(d)))
