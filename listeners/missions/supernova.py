"""Supernova neutrinos: SNEWS and Super-Kamiokande."""

from __future__ import annotations

from listeners.missions import NoticeType
from listeners.notice import Notice

MISSIONS = ("SNEWS", "Super-Kamiokande")

TYPES = (
    NoticeType(
        name="SNEWS", number=149, mission="SNEWS", instrument="SNEWS", messenger="Neutrino", tail="event",
        containment=0.68, text=("snews", "snews alert", "coincidence real", "test coincidence"),
    ),
    NoticeType(
        name="SK_SN", number=175, mission="Super-Kamiokande", instrument="SK", messenger="Neutrino", tail="sn",
        containment=0.9, text=("sk_sn", "sk supernova"),
    ),
)  # fmt: skip


def refine(notice: Notice) -> None:
    """Super-Kamiokande states three radii, of which 90 % is used, and the distance as a range in kiloparsecs."""
    data = notice.data
    radius = notice.number("Src_Error90")
    if radius:
        notice.error, notice.containment = radius, 0.9
    near, far = notice.number("Min_Distance"), notice.number("Max_Distance")
    if near is not None and far is not None:
        data["luminosity_distance"] = (near + far) / 2000.0  # Mpc
        data["luminosity_distance_error"] = (far - near) / 2000.0
    count = notice.number("N_Events")
    if count is not None:
        data["n_events"] = notice.take("N_Events")
