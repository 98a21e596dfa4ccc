"""LIGO, Virgo and KAGRA: the gravitational-wave alerts as VOEvents and binary packets.

What an alert means is told in one place, `lvk_data`, which the JSON and Avro parser shares.
"""

from __future__ import annotations

from typing import Any

from listeners.missions import AlertType, NoticeType
from listeners.notice import Notice
from nuncius.core.event import Tense

MISSIONS = ("LVK",)

#: Where the alert does not name the detectors that took part (retractions), the network stands for them.
NETWORK = "LIGO Virgo KAGRA"

#: LVK's alert types to what they say about the sky. An early warning, a preliminary and an initial alert each
#: announce; `revision` orders them (https://emfollow.docs.ligo.org/userguide/content.html).
TENSES = {
    "earlywarning": Tense.INITIAL,
    "preliminary": Tense.INITIAL,
    "initial": Tense.INITIAL,
    "update": Tense.UPDATE,
    "retraction": Tense.RETRACTION,
}


def _lvc(number: int, name: str, tail: str, text: str, alert_type: AlertType = "initial") -> NoticeType:
    return NoticeType(
        name=name,
        number=number,
        mission="LVK",
        instrument=NETWORK,
        messenger="GW",
        tail=tail,
        position="none",
        alert_type=alert_type,
        text=tuple(text.split("|")),
    )


TYPES = (
    _lvc(150, "LVC_PRELIMINARY", "preliminary", "preliminary"),
    _lvc(151, "LVC_INITIAL", "initial", "initial"),
    _lvc(152, "LVC_UPDATE", "update", "update", "update"),
    # 153 retracted until April 2019, 164 since.
    _lvc(153, "LVC_RETRACTION_2018", "retraction", "retracted", "retraction"),
    _lvc(163, "LVC_EARLY_WARNING", "earlywarning", "early warning|earlywarning"),
    _lvc(164, "LVC_RETRACTION", "retraction", "retraction", "retraction"),
    NoticeType(
        name="LVC_TEST", number=154, mission="LVK", instrument=NETWORK, messenger="GW", tail="test",
        position="none", tense=Tense.TEST, text=("test",),
    ),
    NoticeType(
        name="LVC_COUNTERPART", number=155, mission="LVK", instrument=NETWORK, messenger="EM", tail="counterpart",
        alert_type="update", text=("counterpart",),
    ),
)  # fmt: skip


def is_mock(superevent: str) -> bool:
    """Mock and test superevents begin with MS and TS (https://emfollow.docs.ligo.org/userguide/content.html)."""
    return superevent[:2] in ("MS", "TS")


def lvk_tense(superevent: str, alert_type: str, role: str = "observation") -> Tense:
    """Test wins over retraction: nobody is to be paged by the retraction of a mock."""
    if role == "test" or is_mock(superevent):
        return Tense.TEST
    return TENSES.get(alert_type, Tense.INITIAL)


def refine(notice: Notice) -> None:
    """Detectors, significance, classification, properties, sky map and external coincidence of an LVC packet."""
    data, params = notice.data, notice.params
    detectors = notice.take("Instruments")
    if isinstance(detectors, str) and detectors:
        data["instrument"] = "".join(sorted(part.strip() for part in detectors.split(",")))
    elif isinstance(params.get("observatory_location"), str):
        data["instrument"] = NETWORK
    data.update(_probabilities(notice))
    significant = notice.take("Significant")
    if significant is not None:
        data["significant"] = bool(significant)
    for name, word in (("Group", "group"), ("Pipeline", "pipeline"), ("Search", "search")):
        value = notice.take(name)
        if value:
            data[word] = str(value).partition("= ")[2] or str(value)  # text notices write "1 = CBC"
    for name, word in (("CentralFreq", "central_frequency"), ("Duration", "duration")):
        value = notice.take(name)
        if isinstance(value, float):
            data[word] = value
    skymap = notice.take("skymap_fits")
    if isinstance(skymap, str) and skymap:
        data["healpix_url"] = skymap
        data["sky"] = {"type": "map", "url": skymap}
    _external(notice)
    serial = notice.number("Pkt_Ser_Num")
    if serial is not None and notice.source != "gcn.classic.binary":  # there it counts packets of a type
        notice.revision = int(serial)
    superevent = notice.ids[0] if notice.ids else ""
    alert_type = str(notice.take("AlertType") or notice.type.tail).lower().replace("_", "").replace(" ", "")
    if params.get("Retraction") == 1.0:
        alert_type = "retraction"
    notice.alert_type = alert_type
    notice.kind = f"lvk.alert.{alert_type}" if alert_type in TENSES else "lvk.alert"
    if params.get("HardwareInj") == 1.0 and not is_mock(superevent):
        notice.tense = Tense.INJECTION
    else:
        notice.tense = lvk_tense(superevent, alert_type, notice.role)


def _probabilities(notice: Notice) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for group, word in (("Classification", "p_astro"), ("Properties", "properties")):
        values = notice.groups.get(group)
        if values:
            out[word] = {name: value for name, value in values.items() if isinstance(value, float)}
            for name in values:
                notice.take(name)
    return out


#: External coincidence: VOEvent's parameter names to the words of igwn.gwalert.
_EXTERNAL = {
    "External_GCN_Notice_Id": "gcn_notice_id",
    "External_Ivorn": "ivorn",
    "External_Observatory": "observatory",
    "External_Search": "search",
    "Time_Difference": "time_difference",
    "Time_Coincidence_FAR": "time_coincidence_far",
    "Time_Sky_Position_Coincidence_FAR": "time_sky_position_coincidence_far",
    "joint_skymap_fits": "combined_skymap_url",
}


def _external(notice: Notice) -> None:
    if "External_Ivorn" not in notice.params and "External_GCN_Notice_Id" not in notice.params:
        return
    found = {word: notice.take(name) for name, word in _EXTERNAL.items() if name in notice.params}
    number = found.get("gcn_notice_id")
    if isinstance(number, float):
        found["gcn_notice_id"] = str(int(number))
    notice.data["external_coinc"] = found
