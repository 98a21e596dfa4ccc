"""Probability maps on the sky: multi-order HEALPix, read from every FITS form that observatories send.

Cells are probability densities [1/sr] (Fernique et al. 2022, IVOA MOC 2.0; Singer & Price 2016 for the distance
layers). A flat map is turned into a multi-order one while it is read, so that nothing later sees fifty million cells.
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nuncius.core.errors import FormatError
from nuncius.core.regions import SQ_DEG, separations

# mocpy and astropy take half a second to import; a parser that only keeps a circle needs neither.
if TYPE_CHECKING:
    from astropy.table import QTable
    from mocpy import MOC
    from numpy.typing import ArrayLike, NDArray

#: First NUNIQ number of each order, 0 to 29; integers, because log2 of a large one rounds up.
_FIRST = 4 * 4 ** np.arange(30, dtype=np.int64)

#: The largest map there is, flat at nside 2048 with four columns of doubles, has 1.6e9 bytes.
MAX_BYTES = 1_700_000_000

#: A flat map with more pixels than this has those that hold its last `_TAIL` of probability averaged in fours.
_LARGE = 1 << 20
_TAIL = 1e-4


class ProbabilityMap:
    """A multi-order map: `uniq` NUNIQ cell numbers, `density` probability per steradian, same shape.

    `distance` is (mean, standard deviation) of the luminosity distance in Mpc where the map has one.
    """

    def __init__(
        self, uniq: NDArray[np.int64], density: NDArray[np.float64], distance: tuple[float, float] | None = None
    ) -> None:
        self.uniq = uniq
        self.order = np.searchsorted(_FIRST, uniq, side="right") - 1
        if uniq.size == 0 or self.order.min() < 0:
            raise FormatError("a sky map needs cells, each with a NUNIQ number of 4 or more")
        self.ipix = uniq - _FIRST[self.order]
        if np.any(self.ipix >= 3 * _FIRST[self.order]):
            raise FormatError(f"{int(uniq.max())} is not the NUNIQ number of a sky map's cell")
        self.cell_area = math.pi / (3.0 * 4.0**self.order)  # steradian
        total = float(np.sum(np.maximum(density, 0.0) * self.cell_area))
        if not 0.5 < total < 1.5:
            raise FormatError(f"a sky map's probability must sum to 1; this one sums to {total:.3g}")
        self.density = np.maximum(density, 0.0) / total
        self.distance = distance

    @classmethod
    def from_fits(cls, content: bytes) -> ProbabilityMap:
        """Multi-order (UNIQ) or flat (PROB) HEALPix FITS, plain or gzipped. Raises FormatError."""
        from astropy.io import fits

        try:
            if content.startswith(b"\x1f\x8b"):
                content = _unpacked(content)
            with fits.open(io.BytesIO(content)) as hdus:
                table, header = hdus[1].data, hdus[1].header
                names = set(table.names)
                distance = None
                if "DISTMEAN" in header and "DISTSTD" in header:
                    distance = (float(header["DISTMEAN"]), float(header["DISTSTD"]))
                if "UNIQ" in names:
                    uniq = table["UNIQ"].astype(np.int64)
                    return cls(uniq, table["PROBDENSITY"].astype(np.float64), distance)
                column = next(n for n in ("PROB", "PROBABILITY", "PROBDENSITY") if n in names)
                return cls._from_flat(table[column].ravel(), header, column, distance)
        except (OSError, EOFError, zlib.error, KeyError, IndexError, StopIteration, TypeError, ValueError) as error:
            raise FormatError(f"not a HEALPix probability map ({len(content)} bytes): {error!r}") from error

    @classmethod
    def _from_flat(
        cls, values: NDArray[Any], header: Any, column: str, distance: tuple[float, float] | None
    ) -> ProbabilityMap:
        from astropy_healpix import HEALPix

        nside = int(header["NSIDE"])
        order = nside.bit_length() - 1
        if values.size != 12 * nside * nside or nside != 1 << order:
            raise FormatError(f"a map of NSIDE {nside} has {12 * nside * nside} pixels; this one has {values.size}")
        ring = str(header.get("ORDERING", "RING")).upper().startswith("RING")
        to_density = 1.0 if column == "PROBDENSITY" else 3.0 * 4.0**order / math.pi
        faint = _faint_tail(values) if values.size > _LARGE else -1.0
        uniq, density = [], []
        for base in range(12):  # one twelfth of the sky at a time: a third of a gigabyte less in memory
            pixels = np.arange(base * nside * nside, (base + 1) * nside * nside, dtype=np.int64)
            part = values[HEALPix(nside, order="nested").nested_to_ring(pixels) if ring else pixels]
            part = part.astype(np.float64)
            part[~(part > 0.0)] = 0.0  # UNSEEN is -1.6e30; some writers use NaN
            for depth, cells, their in _merge(part, order, faint):
                uniq.append(_FIRST[depth] + base * 4**depth + cells)
                density.append(their * to_density)
        return cls(np.concatenate(uniq), np.concatenate(density), distance)

    @cached_property
    def _ranked(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        rank = np.argsort(-self.density, kind="stable")
        return rank, np.cumsum(self.probability[rank]), np.cumsum(self.cell_area[rank])

    @cached_property
    def probability(self) -> NDArray[np.float64]:
        """Probability in each cell; they sum to 1."""
        return np.asarray(self.density * self.cell_area)

    def area(self, level: float) -> float:
        """Area in square degrees of the smallest region that holds `level` of the probability."""
        _, probability, area = self._ranked
        return float(np.interp(level, np.r_[0.0, probability], np.r_[0.0, area])) * SQ_DEG

    def threshold(self, level: float) -> float:
        """The density [1/sr] at the border of the credible region at `level`."""
        rank, probability, _ = self._ranked
        return float(self.density[rank[min(int(np.searchsorted(probability, level)), rank.size - 1)]])

    @cached_property
    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(ra, dec) in degrees of every cell."""
        from astropy_healpix import healpix_to_lonlat

        lon, lat = healpix_to_lonlat(self.ipix, 2**self.order, order="nested")
        return np.asarray(lon.deg), np.asarray(lat.deg)

    @cached_property
    def peak(self) -> tuple[float, float]:
        """(ra, dec) in degrees of the cell of highest density."""
        best = int(np.argmax(self.density))
        return float(self.centres[0][best]), float(self.centres[1][best])

    def radius_about(self, ra: float, dec: float, level: float) -> float:
        """Radius in degrees of the circle about a position that holds `level` of the probability."""
        radius = separations(ra, dec, *self.centres)
        near = np.argsort(radius, kind="stable")
        found = np.searchsorted(np.cumsum(self.probability[near]), level)
        return float(radius[near[min(int(found), near.size - 1)]])

    @cached_property
    def _by_place(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        start = self.ipix << (2 * (29 - self.order))
        rank = np.argsort(start)
        return start[rank], self.density[rank], start[rank] + (np.int64(1) << (2 * (29 - self.order[rank])))

    def density_at(self, ra: ArrayLike, dec: ArrayLike) -> NDArray[np.float64]:
        """Probability per steradian at positions in degrees; 0 where the map has no cell."""
        from astropy_healpix.healpy import ang2pix

        start, density, end = self._by_place
        place = np.asarray(ang2pix(2**29, np.asarray(ra), np.asarray(dec), nest=True, lonlat=True))
        cell = np.searchsorted(start, place, side="right") - 1
        return np.where((cell >= 0) & (place < end[cell]), density[cell], 0.0)

    @cached_property
    def _table(self) -> QTable:
        import astropy.units as u
        from astropy.table import QTable

        return QTable({"UNIQ": self.uniq.astype(np.uint64), "PROBDENSITY": self.density / u.sr})

    def moc(self, level: float) -> MOC:
        """The credible region at `level` as a MOC."""
        from mocpy import MOC

        rank, probability, _ = self._ranked
        count = min(int(np.searchsorted(probability, level)) + 1, rank.size)
        cells = rank[:count]
        depth = self.order[cells].astype(np.uint8)
        return MOC.from_healpix_cells(self.ipix[cells].astype(np.uint64), depth, max(29, int(depth.max())))

    def probability_in(self, region: MOC) -> float:
        """Probability within a MOC, 0 to 1."""
        return float(region.probability_in_multiordermap(self._table))


def _unpacked(content: bytes) -> bytes:
    """Gunzipped, within bounds: a few kilobytes can unpack to more than any memory holds."""
    unpacked = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MAX_BYTES + 1)
    if len(unpacked) > MAX_BYTES:
        raise FormatError(f"a sky map of more than {MAX_BYTES} bytes unpacked is refused ({len(content)} bytes packed)")
    return unpacked


def _faint_tail(values: NDArray[Any]) -> float:
    """The pixel value below which the map's last `_TAIL` of probability lies, from every n-th pixel."""
    some = np.sort(np.nan_to_num(values[:: values.size // _LARGE].astype(np.float64)).clip(min=0.0))
    return float(some[np.searchsorted(np.cumsum(some), _TAIL * some.sum())])


def _merge(
    values: NDArray[np.float64], order: int, faint: float
) -> list[tuple[int, NDArray[np.int64], NDArray[np.float64]]]:
    """Nested pixels of one base cell as (order, pixels, values), four siblings becoming their parent wherever they
    are equal (flat maps are mostly blown-up multi-order ones, so this gives the original back) or all faint."""
    found: list[tuple[int, NDArray[np.int64], NDArray[np.float64]]] = []
    whole = np.ones(values.size, dtype=bool)
    for depth in range(order, 0, -1):
        four = values.reshape(-1, 4)
        equal = (four[:, 0] == four[:, 1]) & (four[:, 0] == four[:, 2]) & (four[:, 0] == four[:, 3])
        merged = (equal | (four.max(axis=1) < faint)) & whole.reshape(-1, 4).all(axis=1)
        kept = np.flatnonzero(whole & ~np.repeat(merged, 4))
        if kept.size:
            found.append((depth, kept, values[kept]))
        values, whole = np.where(equal, four[:, 0], four.mean(axis=1)), merged
    if whole[0]:
        found.append((0, np.zeros(1, dtype=np.int64), values))
    return found
