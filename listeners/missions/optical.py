"""Optical streams: microlensing, counterparts, Gaia, ASAS-SN and the Catalina surveys; and the 4 Pi Sky streams."""

from __future__ import annotations

from listeners.missions import NoticeType
from listeners.notice import Notice

MISSIONS = ("Gaia", "ASAS-SN", "Catalina", "Counterpart", "MOA")

TYPES = (
    NoticeType(
        name="GRB_CNTRPART", number=45, mission="Counterpart", instrument="Counterpart", tail="position",
        assumed=True, alert_type="update", text=("grb counterpart", "counterpart position"),
    ),
    NoticeType(
        name="MOA", number=139, mission="MOA", instrument="MOA", tail="lensing_event", assumed=True,
        text=("moa lensing event", "moa"),
    ),
    NoticeType(
        name="GAIA_ALERT", mission="Gaia", instrument="Gaia", tail="alert", assumed=True,
        streams=("gaia.cam.uk/alerts", "voevent.4pisky.org/gaia", "hotwired.org/gaia_demo"),
    ),
    NoticeType(
        name="ASASSN_TRANSIENT", mission="ASAS-SN", instrument="ASAS-SN", tail="transient", assumed=True,
        streams=("voevent.4pisky.org/asassn",),
    ),
    NoticeType(
        name="CATALINA_TRANSIENT", mission="Catalina", instrument="CRTS", tail="transient", assumed=True,
        streams=("nvo.caltech/voeventnet",),
    ),
)  # fmt: skip

#: First magnitude found among these is the alert's.
_MAGNITUDES = ("averagemag", "mag_v", "magnitude", "mag")


def refine(notice: Notice) -> None:
    """Magnitude and the transient's own name, which people use."""
    data, params = notice.data, notice.params
    name = notice.take("alert identifier") or notice.take("Name")
    if isinstance(name, str) and name:
        notice.ids.append(name)
    if notice.type.mission in ("Gaia", "ASAS-SN", "Catalina"):
        notice.event_name = list(notice.ids)
    for word in _MAGNITUDES:
        if isinstance(params.get(word), float):
            data["mag"] = notice.take(word)
            break
    for word in ("averagemag error", "mag_error"):
        if isinstance(params.get(word), float):
            data["mag_error"] = notice.take(word)
            break
    telescope = notice.take("Telescope")
    if isinstance(telescope, str) and telescope:
        data["instrument"] = telescope.strip()
    magnitude, error = notice.number("Intensity"), notice.number("Inten_Uncert")
    if magnitude is not None and notice.units.get("Intensity") == "mag":
        data["mag"] = notice.take("Intensity")
        if error is not None:
            data["mag_error"] = notice.take("Inten_Uncert")
