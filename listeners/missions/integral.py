"""INTEGRAL: IBAS alerts of IBIS/ISGRI and the anticoincidence shield of SPI."""

from __future__ import annotations

from typing import Literal

from listeners.missions import AlertType, NoticeType
from nuncius.core.event import Tense

MISSIONS = ("INTEGRAL",)


def _ibas(
    number: int,
    tail: str,
    text: str,
    alert_type: AlertType = "initial",
    instrument: str = "IBIS",
    position: Literal["source", "pointing", "none"] = "source",
    tense: Tense | None = None,
) -> NoticeType:
    # IBAS radii are 90 % containment, arcminutes (Mereghetti et al. 2003, A&A 411, L291).
    return NoticeType(
        name=f"INTEGRAL_{tail.upper()}",
        number=number,
        mission="INTEGRAL",
        instrument=instrument,
        tail=tail,
        alert_type=alert_type,
        position=position,
        tense=tense,
        text=(text,),
    )


TYPES = (
    _ibas(51, "pointdir", "integral pointing direction", "initial", "Spacecraft", "pointing", Tense.UTILITY),
    _ibas(52, "spiacs", "integral spi acs trigger", "initial", "SPI-ACS", "none"),
    _ibas(53, "wakeup", "integral wakeup"),
    _ibas(54, "refined", "integral refined", "update"),
    _ibas(55, "offline", "integral offline", "update"),
    _ibas(56, "weak", "integral weak"),
)
