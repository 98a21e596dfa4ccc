"""A count-rate light curve as a value: bins in time after a T0, rates with errors, and what can be done to it alone."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from nuncius.core.errors import PermanentError

Values = NDArray[np.float64]


class LightCurve(msgspec.Struct, frozen=True, kw_only=True):
    """Bins `start` to `stop`, seconds after `t0`, as the instrument's own clock at its own place saw them; `rate` and
    its 1-sigma `error` in `unit` (`ct / s`), all arrays of one length. `band` in keV."""

    instrument: str
    t0: datetime
    start: Values
    stop: Values
    rate: Values
    error: Values
    unit: str = "ct / s"
    band: tuple[float, float] | None = None

    @property
    def middle(self) -> Values:
        """The middle of each bin, seconds after T0."""
        return (self.start + self.stop) / 2.0

    @property
    def width(self) -> Values:
        """The width of each bin, seconds."""
        return self.stop - self.start

    @property
    def step(self) -> float:
        """The usual width of a bin, seconds."""
        return float(np.median(self.width))

    def since(self, t0: datetime) -> LightCurve:
        """The same bins, counted from another moment."""
        by = (self.t0 - t0).total_seconds()
        return msgspec.structs.replace(self, t0=t0.astimezone(UTC), start=self.start + by, stop=self.stop + by)

    def between(self, begin: float, end: float) -> LightCurve:
        """The bins that lie wholly between two moments, seconds after T0."""
        inside = (self.start >= begin - 1e-9) & (self.stop <= end + 1e-9)
        return self.where(inside)

    def where(self, mask: NDArray[np.bool_]) -> LightCurve:
        """The bins of a mask."""
        return msgspec.structs.replace(
            self, start=self.start[mask], stop=self.stop[mask], rate=self.rate[mask], error=self.error[mask]
        )

    def rebinned(self, edges: Values) -> LightCurve:
        """The same counts in bins between these edges, seconds after T0. Counts of a bin that an edge cuts are shared
        by time; an edge beyond the light curve's ends raises PermanentError."""
        if edges[0] < self.start[0] - 1e-9 or edges[-1] > self.stop[-1] + 1e-9:
            raise PermanentError(
                f"{self.instrument}: asked for {edges[0]:g} to {edges[-1]:g} s after T0, but the light curve covers "
                f"{self.start[0]:g} to {self.stop[-1]:g} s"
            )
        counts, variance = self.rate * self.width, (self.error * self.width) ** 2
        live, total, spread = (np.diff(self.summed(what, edges)) for what in (self.width, counts, variance))
        with np.errstate(invalid="ignore", divide="ignore"):
            rate, error = total / live, np.sqrt(spread) / live
        made = msgspec.structs.replace(self, start=edges[:-1], stop=edges[1:], rate=rate, error=error)
        return made.where(live > 0.5 * np.diff(edges))

    def summed(self, amount: Values, times: Values) -> Values:
        """An amount per bin, spread evenly over its bin, summed up to each of some times; gaps add nothing."""
        ends = np.maximum.accumulate(np.column_stack([self.start, self.stop]).ravel())
        running = np.concatenate([[0.0], np.cumsum(amount)])
        found: Values = np.interp(times, ends, np.column_stack([running[:-1], running[1:]]).ravel())
        return found


def binned(
    times: Values, *, instrument: str, t0: datetime, edges: Values, band: tuple[float, float] | None
) -> LightCurve:
    """Events' arrival times (seconds after T0) as a light curve; errors are those of Poisson counts, of one count where
    a bin is empty."""
    counts = np.histogram(times, edges)[0].astype(float)
    width = np.diff(edges)
    return LightCurve(
        instrument=instrument,
        t0=t0,
        start=edges[:-1],
        stop=edges[1:],
        rate=counts / width,
        error=np.sqrt(np.maximum(counts, 1.0)) / width,
        band=band,
    )
