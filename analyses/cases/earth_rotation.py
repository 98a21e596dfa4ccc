"""UT1 - UTC at a moment, by which telescopes know where the sky is: measured, or predicted by tables that are older."""

from __future__ import annotations

from typing import Any

from astropy.time import Time, TimeDelta
from astropy.utils import iers

iers.conf.auto_download = False
iers.conf.auto_max_age = None  # old tables predict; how well is the question


def compute(*, seed: int, moment: str) -> dict[str, Any]:
    at = Time(moment, scale="utc")
    # One second of the Earth's rotation is 15 arcsec on the sky.
    return {"ut1_utc": {"value": float(at.delta_ut1_utc), "unit": "s"}}


def curves(*, seed: int, moment: str) -> dict[str, Any]:
    days = list(range(-200, 1, 5))
    at = Time(moment, scale="utc") + TimeDelta(days, format="jd")
    label = "UT1 - UTC (ms)"
    return {"table": {"x": days, "y": list(1000 * at.delta_ut1_utc), "xlabel": f"days from {moment}", "ylabel": label}}
