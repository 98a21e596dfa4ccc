"""Inputs as a program outside gets them: plain JSON, and a sky map as a file in the folder where it runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from nuncius.core.event import iso
from nuncius.core.skymap import ProbabilityMap


def plain_value(name: str, value: Any, folder: Path) -> Any:
    """A time in ISO 8601 with a Z, a region as its object, a map as `{"type": "map", "file": "NAME.fits"}`."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, ProbabilityMap):
        write_map(value, folder / f"{name}.fits")
        return {"type": "map", "file": f"{name}.fits"}
    return msgspec.to_builtins(value)


def write_map(sky: ProbabilityMap, file: Path) -> None:
    """A multi-order HEALPix map as the LVK write them: UNIQ and PROBDENSITY, in an ICRS frame."""
    from astropy.io import fits

    columns = [
        fits.Column(name="UNIQ", format="K", array=sky.uniq),
        fits.Column(name="PROBDENSITY", format="D", unit="sr-1", array=sky.density),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    table.header.update({"PIXTYPE": "HEALPIX", "ORDERING": "NUNIQ", "COORDSYS": "C", "INDXSCHM": "EXPLICIT"})
    if sky.distance is not None:
        table.header["DISTMEAN"], table.header["DISTSTD"] = sky.distance
    table.writeto(file)
