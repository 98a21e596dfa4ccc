"""Fermi: the Gamma-ray Burst Monitor and the Large Area Telescope."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from listeners.missions import NoticeType
from listeners.notice import Notice
from nuncius.core.event import Tense

MISSIONS = ("Fermi",)


def _gbm(number: int, name: str, text: str, **more: object) -> NoticeType:
    # GBM error radii are 1 sigma, 68 % containment; only the flight ones include systematics
    # (https://gcn.gsfc.nasa.gov/fermi.html, "GBM ... 1-sigma").
    fields = {"containment": 0.68, "alert_type": "update", "text": tuple(text.split("|")), **more}
    tail = name.removeprefix("FERMI_GBM_").lower()
    return NoticeType(name=name, number=number, mission="Fermi", instrument="GBM", tail=tail, **fields)  # type: ignore[arg-type]


def _lat(number: int, name: str, text: str, **more: object) -> NoticeType:
    # LAT radii are given as 90 % containment, statistical only (same page).
    fields = {"containment": 0.9, "text": tuple(text.split("|")), **more}
    tail = name.removeprefix("FERMI_LAT_").lower()
    return NoticeType(name=name, number=number, mission="Fermi", instrument="LAT", tail=tail, **fields)  # type: ignore[arg-type]


TYPES = (
    _gbm(110, "FERMI_GBM_ALERT", "fermi-gbm alert", position="none", alert_type="initial"),
    _gbm(111, "FERMI_GBM_FLT_POS", "fermi-gbm flight position"),
    _gbm(112, "FERMI_GBM_GND_POS", "fermi-gbm ground position"),
    _gbm(113, "FERMI_GBM_LC", "fermi-gbm lightcurve", position="none"),
    _gbm(114, "FERMI_GBM_GND_INTERNAL", "fermi-gbm ground internal"),
    _gbm(115, "FERMI_GBM_FIN_POS", "fermi-gbm final position"),
    _gbm(116, "FERMI_GBM_ALERT_INTERNAL", "fermi-gbm alert internal", position="none", alert_type="initial"),
    _gbm(117, "FERMI_GBM_FLT_INTERNAL", "fermi-gbm flight internal"),
    _gbm(119, "FERMI_GBM_POS_TEST", "fermi-gbm test position", tense=Tense.TEST, alert_type="initial"),
    _gbm(
        131,
        "FERMI_GBM_SUBTHRESH",
        "fermi-gbm sub-threshold|fermi-gbm subthreshold|fermi-gbm subthresh",
        alert_type="initial",
    ),
    _gbm(146, "FERMI_GBM_FIN_INTERNAL", "fermi-gbm final internal"),
    _lat(120, "FERMI_LAT_POS_INI", "fermi-lat initial position"),
    _lat(121, "FERMI_LAT_POS_UPD", "fermi-lat updated position", alert_type="update"),
    _lat(122, "FERMI_LAT_POS_DIAG", "fermi-lat diagnostic position", alert_type="update"),
    _lat(123, "FERMI_LAT_TRANS", "fermi-lat transient"),
    _lat(124, "FERMI_LAT_POS_TEST", "fermi-lat test position", tense=Tense.TEST),
    _lat(125, "FERMI_LAT_MONITOR", "fermi-lat monitor"),
    _lat(127, "FERMI_LAT_GND", "fermi-lat ground", alert_type="update"),
    _lat(128, "FERMI_LAT_OFFLINE", "fermi-lat offline", alert_type="update"),
    NoticeType(
        name="FERMI_SC_SLEW",
        number=126,
        mission="Fermi",
        instrument="Spacecraft",
        tail="sc_slew",
        tense=Tense.PLANNED,
        text=("fermi spacecraft slew",),
    ),
    NoticeType(
        name="FERMI_POINTDIR",
        number=129,
        mission="Fermi",
        instrument="Spacecraft",
        tail="pointdir",
        position="pointing",
        tense=Tense.UTILITY,
        text=("fermi pointing direction",),
    ),
)

#: GBM flight software's classes, by their index (Meegan et al. 2009, ApJ 702, 791; GCN notice description).
CLASSES = {
    0: "ERROR",
    1: "UNRELIABLE_LOCATION",
    2: "LOCAL_PARTICLES",
    3: "BELOW_HORIZON",
    4: "GRB",
    5: "GENERIC_SGR",
    6: "GENERIC_TRANSIENT",
    7: "DISTANT_PARTICLES",
    8: "SOLAR_FLARE",
    9: "CYG_X1",
    10: "SGR_1806_20",
    11: "GROJ_0422_32",
    19: "TGF",
}

_MET_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
_LEAPS = tuple(
    datetime(year, month, 1, tzinfo=UTC) for year, month in ((2006, 1), (2009, 1), (2012, 7), (2015, 7), (2017, 1))
)
_BURST_NAME = re.compile(r"/(bn\d{9})")


def from_met(seconds: float) -> datetime:
    """UTC of a Fermi mission elapsed time [s since 2001-01-01 00:00 UTC, leap seconds counted]."""
    moment = _MET_EPOCH + timedelta(seconds=seconds)
    return moment - timedelta(seconds=sum(moment >= leap for leap in _LEAPS))


def refine(notice: Notice) -> None:
    """Classification, burst name, light curve, and a trigger time where the packet carries none."""
    params, data = notice.params, notice.data
    classes: dict[str, float] = {}
    for which in ("Most_Likely", "Sec_Most_Likely"):
        index, percent = notice.number(f"{which}_Index"), notice.number(f"{which}_Prob")
        if index is not None and percent:
            classes[CLASSES.get(int(index), f"CLASS_{int(index)}")] = percent / 100.0
    if classes:
        data["classification"] = classes
    curve = data.get("light_curve_url")
    name = _BURST_NAME.search(curve) if isinstance(curve, str) else None
    if name is not None and name[1] not in notice.ids:
        notice.ids.append(name[1])
    revision = notice.number("Sequence_Num") or notice.number("Record_Num")
    if revision is not None:
        notice.revision = int(revision)
        data["record_number"] = revision
    # LAT onboard packets print TJD 11910 and 0 s, which is mission time zero; the trigger number is the mission time.
    if notice.trigger_time == _MET_EPOCH and notice.ids and notice.ids[0].isdigit() and len(notice.ids[0]) == 9:
        notice.trigger_time = from_met(float(notice.ids[0]))
        data["trigger_time_error"] = 1.0
    if "healpix_url" not in data and isinstance(params.get("HealPix_URL"), str):
        data["healpix_url"] = notice.take("HealPix_URL")
