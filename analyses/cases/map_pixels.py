"""Pixels of a HEALPix map in nested order, as sky maps of alerts are read: number, position, area of a cone."""

from __future__ import annotations

from typing import Any

import healpy
import numpy as np


def compute(*, seed: int, ra: float, dec: float, radius: float, level: int) -> dict[str, Any]:
    nside = 2**level
    pixel = int(healpy.ang2pix(nside, ra, dec, nest=True, lonlat=True))
    lon, lat = healpy.pix2ang(nside, pixel, nest=True, lonlat=True)
    cone = healpy.query_disc(nside, healpy.ang2vec(ra, dec, lonlat=True), np.radians(radius), nest=True)
    area = len(cone) * float(healpy.nside2pixarea(nside, degrees=True))
    return {
        "pixel": float(pixel),
        "pixel_ra": {"value": float(lon), "unit": "deg"},
        "pixel_dec": {"value": float(lat), "unit": "deg"},
        "cone_area": {"value": area, "unit": "deg2"},
    }
