"""Gamma-ray and X-ray missions with few notice types each: AGILE, MAXI, CALET, GECAM, Konus-Wind, IPN, HETE, CGRO."""

from __future__ import annotations

from listeners.missions import NoticeType
from listeners.notice import Notice
from listeners.words import is_radius, position
from nuncius.core.event import Tense

MISSIONS = ("AGILE", "MAXI", "CALET", "GECAM", "Konus-Wind", "IPN")


def _agile(number: int, name: str, instrument: str, tail: str, text: str, **more: object) -> NoticeType:
    fields = {"text": (text,), "assumed": True, **more}
    return NoticeType(name=name, number=number, mission="AGILE", instrument=instrument, tail=tail, **fields)  # type: ignore[arg-type]


def _maxi(number: int, name: str, tail: str, text: str, tense: Tense | None = None) -> NoticeType:
    # https://gcn.gsfc.nasa.gov/maxi.html: 90 % containment, statistical only.
    return NoticeType(
        name=name, number=number, mission="MAXI", instrument="GSC", tail=tail, tense=tense, text=tuple(text.split("|"))
    )  # fmt: skip


TYPES = (
    _agile(100, "AGILE_GRB_WAKEUP", "SuperAGILE", "grb_wakeup", "agile wakeup"),
    _agile(101, "AGILE_GRB_GROUND", "SuperAGILE", "grb_ground", "agile ground", alert_type="update"),
    _agile(102, "AGILE_GRB_REFINED", "SuperAGILE", "grb_refined", "agile refined", alert_type="update"),
    _agile(105, "AGILE_MCAL_ALERT", "MCAL", "alert", "agile-mcal alert", position="none"),
    _agile(107, "AGILE_POINTDIR", "Spacecraft", "pointdir", "agile pointing", position="pointing", tense=Tense.UTILITY),
    _agile(108, "AGILE_TRANS", "SuperAGILE", "trans", "agile transient"),
    _agile(109, "AGILE_GRB_POS_TEST", "SuperAGILE", "grb_pos_test", "agile test position", tense=Tense.TEST),
    _maxi(134, "MAXI_UNKNOWN", "unknown", "maxi unknown source|maxi unknown"),
    _maxi(135, "MAXI_KNOWN", "known", "maxi known source|maxi known"),
    _maxi(136, "MAXI_TEST", "test", "maxi test", Tense.TEST),
    NoticeType(
        name="CALET_GBM_FLT_LC", number=160, mission="CALET", instrument="GBM", tail="flt_lc",
        position="pointing", text=("calet-gbm flight lightcurve", "calet gbm flight trigger alert"),
    ),
    NoticeType(
        name="CALET_GBM_GND_LC", number=161, mission="CALET", instrument="GBM", tail="gnd_lc",
        position="pointing", alert_type="update", text=("calet-gbm ground lightcurve",),
    ),
    # GECAM does not state the containment of its radius; 1 sigma is the practice of such detectors.
    NoticeType(
        name="GECAM_FLT", number=188, mission="GECAM", instrument="GRD", tail="flt",
        containment=0.68, assumed=True,
        text=("gecam in-flight", "gecam-b in-flight", "gecam-c in-flight", "gecam flight"),
    ),
    NoticeType(
        name="GECAM_GND", number=189, mission="GECAM", instrument="GRD", tail="gnd",
        containment=0.68, assumed=True, alert_type="update", text=("gecam ground", "gecam-b ground", "gecam-c ground"),
    ),
    NoticeType(
        name="KONUS_LC", number=59, mission="Konus-Wind", instrument="Konus", tail="lc", position="none",
        text=("konus lightcurve", "konus-wind lightcurve"),
    ),
    NoticeType(
        name="IPN_RAW", number=31, mission="IPN", instrument="IPN", tail="raw", position="none",
        text=("ipn raw", "ipn_raw"),
    ),
    NoticeType(name="IPN_SEG", number=32, mission="IPN", instrument="IPN", tail="seg", position="none"),
    NoticeType(
        name="COINCIDENCE", number=145, mission="GCN", instrument="Coincidence", tail="coincidence",
        position="none", text=("coincidence",),
    ),
    NoticeType(
        name="HETE_TEST", number=44, mission="HETE", instrument="HETE", tail="test", tense=Tense.TEST,
        assumed=True, text=("hete test",),
    ),
    NoticeType(
        name="TEST_COORDS", number=2, mission="CGRO", instrument="BATSE", tail="test_coords", tense=Tense.TEST,
        assumed=True, text=("test_coords", "test coordinates"),
    ),
)  # fmt: skip


def refine(notice: Notice) -> None:
    """The IPN annulus, CALET and GECAM energy bands, GECAM's class, MAXI's source."""
    data, params = notice.data, notice.params
    if notice.type.mission == "IPN":
        _annulus(notice)
    for low_name, high_name in (
        ("E_BAND_LO_E", "E_BAND_HI_E"),
        ("TRIGGER_ERANGE_LoEnergy", "TRIGGER_ERANGE_HiEnergy"),
        ("e_band_lo", "e_band_hi"),
    ):
        low, high = notice.number(low_name), notice.number(high_name)
        if low is not None and high:
            data["rate_energy_range"] = [low, high]  # keV
            notice.take(low_name)
            notice.take(high_name)
    source_class = params.get("SRC_CLASS")
    if isinstance(source_class, str) and source_class:
        data["classification"] = {source_class: 1.0}
        notice.take("SRC_CLASS")


def _annulus(notice: Notice) -> None:
    """An annulus where the network gives one: centre, radius and full width in degrees, 3 sigma (Hurley et al. 2013,
    ApJS 207, 39). Time-only notices have -1 in every field."""
    names = ("IPN_RA_Center", "IPN_Dec_Center", "IPN_Radius", "IPN_Width")
    ra, dec, radius, width = (notice.number(name) for name in names)
    if ra is None or dec is None or radius is None or width is None or position(ra, dec) is None:
        return
    if not is_radius(radius) or width < 0.0 or radius + width / 2.0 > 180.0:
        return
    notice.data["sky"] = {
        "type": "annulus",
        "ra": ra,
        "dec": dec,
        "inner": max(radius - width / 2.0, 0.0),
        "outer": radius + width / 2.0,
        "containment_probability": 0.997,
    }
    for name in names:
        notice.take(name)
