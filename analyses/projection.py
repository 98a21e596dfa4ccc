"""Where a position on the sky falls on paper, and back: Mollweide for the whole sky, zenithal for a close-up.

East is to the left in both, as the sky is seen. Angles are degrees; paper coordinates have no unit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nuncius.core.regions import offset, polar

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Mollweide:
    """The whole sky in an ellipse twice as wide as high, equal-area (Snyder 1987, p. 249). x is from -2 to 2, y from
    -1 to 1; `middle` is the right ascension on the central meridian."""

    def __init__(self, middle: float = 180.0) -> None:
        self.middle = middle

    def place(self, ra: ArrayLike, dec: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Paper coordinates of positions."""
        lon = np.radians((np.asarray(ra, float) - self.middle + 180.0) % 360.0 - 180.0)
        target = math.pi * np.sin(np.radians(np.asarray(dec, float)))
        theta = np.arcsin(target / math.pi)
        for _ in range(30):  # Newton; slow only at the poles, where the answer is known
            slope = 2.0 + 2.0 * np.cos(2.0 * theta)
            theta = theta - (2.0 * theta + np.sin(2.0 * theta) - target) / np.maximum(slope, 1e-9)
            theta = np.clip(theta, -math.pi / 2.0, math.pi / 2.0)
        return -2.0 / math.pi * lon * np.cos(theta), np.sin(theta)

    def sky(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(ra, dec) of paper coordinates; NaN outside the ellipse."""
        across, up = np.asarray(x, float), np.asarray(y, float)
        inside = across**2 / 4.0 + up**2 <= 1.0
        theta = np.arcsin(np.where(inside, up, 0.0))
        width = np.maximum(np.cos(theta), 1e-9)
        lon = np.degrees(-math.pi * np.where(inside, across, 0.0) / (2.0 * width))
        dec = np.degrees(np.arcsin(np.clip((2.0 * theta + np.sin(2.0 * theta)) / math.pi, -1.0, 1.0)))
        return np.where(inside, (self.middle + lon) % 360.0, np.nan), np.where(inside, dec, np.nan)


class Zenithal:
    """A close-up about a position, true to distances from it (zenithal equidistant); x and y are degrees."""

    def __init__(self, ra: float, dec: float) -> None:
        self.ra, self.dec = ra, dec

    def place(self, ra: ArrayLike, dec: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Paper coordinates of positions, degrees from the centre."""
        radius, angle = polar(self.ra, self.dec, ra, dec)
        return -radius * np.sin(np.radians(angle)), radius * np.cos(np.radians(angle))

    def sky(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(ra, dec) of paper coordinates."""
        across, up = np.asarray(x, float), np.asarray(y, float)
        return offset(self.ra, self.dec, np.degrees(np.arctan2(-across, up)), np.hypot(across, up))


Projection = Mollweide | Zenithal


def split_where_torn(
    x: NDArray[np.float64], y: NDArray[np.float64], limit: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A line with a gap wherever it leaps across the paper, so that it is not drawn through the sky's edge."""
    leaps = np.flatnonzero(np.hypot(np.diff(x), np.diff(y)) > limit) + 1
    return np.insert(x, leaps, np.nan), np.insert(y, leaps, np.nan)
