"""SVOM: ECLAIRs, GRM, MXT and VT, as VOEvents of the French Science Centre."""

from __future__ import annotations

from typing import Literal

from listeners.missions import AlertType, NoticeType
from listeners.notice import Notice

MISSIONS = ("SVOM",)


def _svom(
    number: int,
    instrument: str,
    tail: str,
    alert_type: AlertType = "initial",
    position: Literal["source", "pointing", "none"] = "source",
) -> NoticeType:
    # Radii are R90 (the packets speak of `Within_ECLAIRs_R90`).
    name = f"SVOM_{instrument.upper()}_{tail.upper()}"
    return NoticeType(
        name=name,
        number=number,
        mission="SVOM",
        instrument=instrument,
        tail=tail,
        alert_type=alert_type,
        position=position,
    )


TYPES = (
    _svom(201, "GRM", "trigger"),
    _svom(202, "ECLAIRs", "wakeup"),
    _svom(203, "ECLAIRs", "catalog"),
    _svom(204, "ECLAIRs", "slewing", "update"),
    _svom(205, "ECLAIRs", "not_slewing", "update"),
    _svom(209, "MXT", "initial_pos", "update"),
    _svom(210, "MXT", "update_pos", "update"),
    _svom(219, "ECLAIRs", "retraction", "retraction"),
)


def refine(notice: Notice) -> None:
    """Energies and catalogued sources; the instrument is what the packet itself names."""
    data = notice.data
    instrument = notice.take("Instrument")
    if isinstance(instrument, str) and instrument:
        data["instrument"] = instrument
    low, high = notice.number("Lower_Energy_Bound"), notice.number("Upper_Energy_Bound")
    if low is not None and high is not None:
        data["rate_energy_range"] = [low, high]  # keV
        notice.take("Lower_Energy_Bound")
        notice.take("Upper_Energy_Bound")
    if "snr" in data:
        data["image_snr" if notice.params.get("Trigger_Type") == "IMT" else "rate_snr"] = data["snr"]
