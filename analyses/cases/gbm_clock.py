"""The mission clock of Fermi and the energy channels of its GBM, as the Gamma-ray Data Tools read them."""

from __future__ import annotations

from typing import Any

from astropy.time import Time
from gdt.missions.fermi.time import *  # noqa: F403  (registers the format `fermi`)


def compute(*, seed: int, utc: str) -> dict[str, Any]:
    clock = Time(utc, format="isot", scale="utc").fermi
    back = Time(clock, format="fermi").utc
    return {
        "mission_time": {"value": float(clock), "unit": "s"},
        "round_trip": {"value": float((back - Time(utc, scale="utc")).sec), "unit": "s"},
    }
