"""Products as `oda_api` writes them, for a local dispatcher: arrays pickled, headers and units beside."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import pickle
from typing import Any

import numpy as np
from PIL import Image


def unit(
    data: Any, *, header: dict[str, Any] | None = None, units: dict[str, str] | None = None, kind: str = "bintable"
) -> dict[str, Any]:
    """A data unit, its array as a pickle, which is how MMODA sends them."""
    packed = base64.b64encode(pickle.dumps(np.array(data), protocol=2)).decode()
    return {"data": None, "dt": str(data.dtype), "name": "LC", "header": header or {}, "binarys": packed,
            "meta_data": {}, "hdu_type": kind, "units_dict": units}  # fmt: skip


def as_text(data: Any, *, units: dict[str, str] | None = None) -> dict[str, Any]:
    """The same without a pickle."""
    return {
        **unit(data, units=units),
        "binarys": None,
        "data": json.dumps(data.tolist()),
        "dt": f"(numpy.record, {data.dtype.descr})",
    }


def product(name: str, *units: dict[str, Any]) -> dict[str, Any]:
    """A product of such units behind an empty first one."""
    empty = {"data": "[]", "dt": "float64", "name": "PRIMARY", "header": {}, "binarys": None, "meta_data": {},
             "hdu_type": "primary", "units_dict": None}  # fmt: skip
    return {"data_unit_list": [empty, *units], "name": name, "meta_data": "{}"}


def spi_acs(t0_ijd_s: float = 731_259_915.0, bins: int = 200) -> dict[str, Any]:
    """A light curve with the header that MMODA gives SPI-ACS: seconds about the middle, which TIMEZERO tells."""
    time = (np.arange(bins) - bins / 2) * 0.1
    data = np.zeros(bins, dtype=[("TIME", "<f8"), ("RATE", "<f8"), ("ERROR", "<f8")])
    data["TIME"], data["RATE"], data["ERROR"] = time, 1000.0 + 10.0 * (np.arange(bins) % 7), 100.0
    header = {"EXTNAME": "RATE", "TIMESYS": "TT", "TIMEREF": "LOCAL", "MJDREF": 51544.0, "TIMEZERO": t0_ijd_s,
              "TIMEUNIT": "s ", "TIMEDEL": 0.1, "TELESCOP": "INTEGRAL", "INSTRUME": "SPI-ACS"}  # fmt: skip
    return product("query", unit(data, header=header, units={"RATE": "count/s", "ERROR": "count/s", "TIME": "s"}))


def mjd_curve(first: float = 57818.0, *, text: bool = False) -> dict[str, Any]:
    """A light curve as workflows make it: days as MJD (UTC), and no word of it in the header."""
    data = np.zeros(3, dtype=[("TIME", "<f8"), ("RATE", "<f8"), ("ERROR", "<f8")])
    data["TIME"], data["RATE"], data["ERROR"] = first + np.arange(3) * 0.001, [10.0, 11.0, 12.0], 1.0
    units = {"TIME": "d", "RATE": "1 / s", "ERROR": "1 / s"}
    made = as_text(data, units=units) if text else unit(data, units=units)
    return product("lc", {**made, "header": {"TIMEDEL": 0.001}})


def picture(name: str = "figure", *, kind: str = "PNG") -> dict[str, Any]:
    """A picture product."""
    return {"img_type": kind.lower(), "b64data": base64.urlsafe_b64encode(image(kind)).decode(), "metadata": {},
            "name": name}  # fmt: skip


def image(kind: str = "PNG") -> bytes:
    """The bytes of a small picture."""
    out = io.BytesIO()
    Image.new("RGB", (32, 16), (200, 30, 30)).save(out, format=kind)
    return out.getvalue()


def binary(name: str, content: bytes, *, md5: str | None = None) -> dict[str, Any]:
    """A file with its checksum."""
    found = md5 or hashlib.md5(content).hexdigest()
    return {"name": name, "data": base64.urlsafe_b64encode(content).decode(), "md5": found}


class Bomb:
    """What a hostile dispatcher would send: code, run as the pickle is read."""

    def __reduce__(self) -> Any:
        return exec, ("import pathlib; pathlib.Path('owned').touch()",)
