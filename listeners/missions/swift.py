"""Swift: the Burst Alert Telescope, the X-Ray Telescope and the UV/Optical Telescope, and the spacecraft."""

from __future__ import annotations

from typing import Literal

from listeners.missions import AlertType, NoticeType
from listeners.notice import Notice
from nuncius.core.event import Tense

MISSIONS = ("Swift",)
Position = Literal["source", "pointing", "none"]


def _swift(
    number: int,
    name: str,
    text: str,
    instrument: str,
    alert_type: AlertType = "update",
    position: Position = "source",
    tense: Tense | None = None,
    streams: tuple[str, ...] = (),
) -> NoticeType:
    # BAT, XRT and UVOT positions are 90 % containment (https://gcn.gsfc.nasa.gov/swift.html).
    tail = name.removeprefix("SWIFT_").removeprefix(f"{instrument.upper()}_").lower()
    return NoticeType(
        name=name,
        number=number,
        mission="Swift",
        instrument=instrument,
        tail=tail,
        alert_type=alert_type,
        position=position,
        tense=tense,
        text=(text,),
        streams=streams,
    )


TYPES = (
    _swift(60, "SWIFT_BAT_GRB_ALERT", "swift-bat grb alert", "BAT", "initial", "none"),
    _swift(
        61,
        "SWIFT_BAT_GRB_POS_ACK",
        "swift-bat grb position",
        "BAT",
        "initial",
        streams=("nasa.gsfc.gcn/swift#bat_grb_pos",),
    ),
    _swift(62, "SWIFT_BAT_GRB_POS_NACK", "swift-bat grb nack-position", "BAT", "initial", "none"),
    _swift(63, "SWIFT_BAT_GRB_LC", "swift-bat grb lightcurve", "BAT"),
    _swift(64, "SWIFT_BAT_SCALEDMAP", "swift-bat scaledmap", "BAT", position="pointing"),
    _swift(97, "SWIFT_BAT_QL_POS", "swift-bat quicklook position", "BAT", "initial"),
    _swift(82, "SWIFT_BAT_GRB_POS_TEST", "swift-bat grb test position", "BAT", "initial", tense=Tense.TEST),
    _swift(84, "SWIFT_BAT_TRANS", "swift-bat transient position", "BAT", "initial"),
    _swift(98, "SWIFT_BAT_SUBTHRESHOLD", "swift-bat subthreshold", "BAT", "initial"),
    _swift(99, "SWIFT_BAT_SLEW_POS", "swift-bat slew position", "BAT", "initial"),
    _swift(133, "SWIFT_BAT_MONITOR", "swift-bat monitor", "BAT", "initial"),
    _swift(140, "SWIFT_BAT_SUBSUB", "swift-bat sub-sub-threshold position", "BAT", "initial"),
    _swift(141, "SWIFT_BAT_KNOWN_SRC", "swift-bat known source position", "BAT", "initial"),
    _swift(46, "SWIFT_TOO_FOM", "swift-fom will/will_not observe safe pointing", "Spacecraft", tense=Tense.PLANNED),
    _swift(47, "SWIFT_TOO_SC_SLEW", "swift spacecraft will/will_not slew", "Spacecraft", tense=Tense.PLANNED),
    _swift(65, "SWIFT_FOM_OBS", "swift-fom will/will_not observe", "Spacecraft", tense=Tense.PLANNED),
    _swift(66, "SWIFT_SC_SLEW", "swift-sc will/will_not slew", "Spacecraft", tense=Tense.PLANNED),
    _swift(83, "SWIFT_POINTDIR", "swift pointing direction", "Spacecraft", "initial", "pointing", Tense.UTILITY),
    _swift(103, "SWIFT_ACTUAL_POINTDIR", "swift actual pointing", "Spacecraft", "initial", "pointing", Tense.UTILITY),
    _swift(67, "SWIFT_XRT_POSITION", "swift-xrt position", "XRT", streams=("nasa.gsfc.gcn/swift#xrt_pos",)),
    _swift(68, "SWIFT_XRT_SPECTRUM", "swift-xrt spectrum", "XRT"),
    _swift(69, "SWIFT_XRT_IMAGE", "swift-xrt image", "XRT"),
    _swift(70, "SWIFT_XRT_LC", "swift-xrt lightcurve", "XRT", position="pointing"),
    _swift(71, "SWIFT_XRT_CENTROID", "swift-xrt nack-position", "XRT", position="pointing"),
    _swift(76, "SWIFT_XRT_EMERGENCY", "swift-xrt emergency", "XRT"),
    _swift(77, "SWIFT_XRT_SPECTRUM_PROC", "swift-xrt processed spectrum", "XRT"),
    _swift(78, "SWIFT_XRT_IMAGE_PROC", "swift-xrt processed image", "XRT"),
    _swift(85, "SWIFT_XRT_THRESHPIX", "swift-xrt threshpix", "XRT", position="pointing"),
    _swift(86, "SWIFT_XRT_THRESHPIX_PROC", "swift-xrt processed threshpix", "XRT", position="pointing"),
    _swift(87, "SWIFT_XRT_SPER", "swift-xrt sper", "XRT", position="pointing"),
    _swift(88, "SWIFT_XRT_SPER_PROC", "swift-xrt processed sper", "XRT", position="pointing"),
    _swift(72, "SWIFT_UVOT_DBURST", "swift-uvot image", "UVOT", position="pointing"),
    _swift(73, "SWIFT_UVOT_FCHART", "swift-uvot source list", "UVOT", position="pointing"),
    _swift(79, "SWIFT_UVOT_DBURST_PROC", "swift-uvot processed image", "UVOT", position="pointing"),
    _swift(80, "SWIFT_UVOT_FCHART_PROC", "swift-uvot processed source list", "UVOT", position="pointing"),
    _swift(81, "SWIFT_UVOT_POS", "swift-uvot position", "UVOT"),
    _swift(89, "SWIFT_UVOT_POS_NACK", "swift-uvot nack-position", "UVOT"),
)


def refine(notice: Notice) -> None:
    """Durations by the kind of trigger; magnitudes, which the packets give in centimagnitudes."""
    data = notice.data
    seconds = notice.number("Integ_Time")
    if seconds:
        image = notice.params.get("Target_Imag_Trig") is True or "rate_snr" not in data
        data["image_duration" if image else "rate_duration"] = notice.take("Integ_Time")
    if "rate_duration" in data and "image_snr" in data and "rate_snr" not in data:
        data["image_duration"] = data.pop("rate_duration")
    for name, word in (("Burst_Mag", "mag"), ("Mag_Error", "mag_error"), ("Mag_Lim", "limiting_mag")):
        value = notice.number(name)
        if value is not None and notice.units.get(name) == "mag":
            data[word] = value / 100.0
            notice.take(name)
