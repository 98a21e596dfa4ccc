"""One classic notice, read but not yet understood; and the step from there to an event in the common vocabulary.

The VOEvent, text and binary parsers all end here, so that one notice type yields one meaning.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from listeners.formats import Message
from listeners.missions import NoticeType, catalogue
from listeners.words import IDS, WORDS, hertz, is_probability, is_radius, position
from nuncius.core.event import Event, Tense, iso

#: Tense by VOEvent role (VOEvent 2.0, section 3.1.3).
_ROLES = {"test": Tense.TEST, "utility": Tense.UTILITY, "prediction": Tense.PLANNED}
_TENSE_OF = {
    "initial": Tense.INITIAL,
    "subsequent": Tense.UPDATE,
    "update": Tense.UPDATE,
    "retraction": Tense.RETRACTION,
}
#: The senders' ways of saying that a packet is a test. AMON writes `Test`, Swift and Fermi `Test_Submission`.
_TEST_FLAGS = ("Test_Submission", "Test_Notice", "Test", "InternalTest")
_INJECTION_FLAGS = ("HardwareInj", "hardware_inj")
_RETRACTION_FLAGS = ("Retraction", "retraction")
#: UTC minus barycentric dynamical time [s] since 2017-01-01; Gaia gives T0 in TDB and did not alert before 2014.
_TDB_LEAPS = ((datetime(2017, 1, 1, tzinfo=UTC), 69.184), (datetime(2015, 7, 1, tzinfo=UTC), 68.184))


class Notice(msgspec.Struct, kw_only=True):
    """What a notice says. Missions refine it in place before it becomes an event.

    `ra`, `dec` and `error` are degrees (ICRS); `params` and `units` go by the sender's names; `data` is what has
    been understood. `alert_type` may be LVK's own word; `citations` says what the notice refers to.
    """

    id: str
    source: str
    type: NoticeType
    role: str = "observation"
    params: dict[str, Any]
    units: dict[str, str] = {}
    groups: dict[str, dict[str, Any]] = {}
    data: dict[str, Any] = {}
    alert_datetime: datetime | None = None
    trigger_time: datetime | None = None
    ra: float | None = None
    dec: float | None = None
    error: float | None = None
    containment: float | None = None
    alert_type: str | None = None
    tense: Tense | None = None
    kind: str | None = None
    revision: int = 0
    ids: list[str] = []
    event_name: list[str] = []
    citations: list[dict[str, str]] = []

    def take(self, name: str) -> Any:
        """The parameter's value; it then counts as understood and leaves the parameters."""
        self.units.pop(name, None)
        return self.params.pop(name, None)

    def number(self, name: str) -> float | None:
        """The parameter as a number, left in place."""
        value = self.params.get(name)
        return value if isinstance(value, float) else None


def event_of(notice: Notice, message: Message, content_type: str) -> Event:
    """The event that a classic notice makes."""
    kind = notice.type
    data: dict[str, Any] = {
        "mission": kind.mission,
        "instrument": kind.instrument,
        "type": kind.name,
        "messenger": kind.messenger,
        "role": notice.role,
    }
    notice.data = data
    _common_words(notice)
    refine = catalogue().refiners.get(kind.mission)
    if refine is not None:
        refine(notice)
    _position(notice)
    tense = _tense(notice)
    data["tense"] = tense.value
    data["alert_type"] = notice.alert_type or kind.alert_type
    data["alert_tense"] = _alert_tense(tense)
    if notice.alert_datetime is not None:
        data["alert_datetime"] = iso(notice.alert_datetime)
    if notice.trigger_time is not None:
        data["trigger_time"] = iso(notice.trigger_time)
    data["ids"] = notice.ids
    data["event_name"] = notice.event_name
    if notice.citations:
        data["citations"] = notice.citations
    data["parameters"] = notice.params
    if notice.units:
        data["parameter_units"] = notice.units
    return Event(
        id=notice.id,
        kind=notice.kind or kind.kind,
        source=notice.source,
        received=message.received,
        tense=tense,
        revision=notice.revision,
        trigger_time=notice.trigger_time,
        data=data,
        raw=message.raw,
        content_type=content_type,
    )


def _common_words(notice: Notice) -> None:
    """Move what every mission means alike from the parameters to the vocabulary."""
    data, params = notice.data, notice.params
    understood: list[str] = []
    for name, value in params.items():
        if name in IDS:
            if value not in ("", "0", "-1", "000000") and value not in notice.ids:
                notice.ids.append(str(value))
            understood.append(name)
            continue
        word = WORDS.get(name)
        if word is None or word[0] in data or (word[1] and value == 0.0) or value == "":
            continue
        data[word[0]] = value
        understood.append(name)
    for name in understood:
        del params[name]
        notice.units.pop(name, None)
    far = params.get("FAR")
    if isinstance(far, float):
        rate = hertz(far, notice.units.get("FAR", "Hz"))
        if rate is not None:
            data["far"] = rate
            notice.take("FAR")


def _position(notice: Notice) -> None:
    """Best position and region. Placeholders (zeros, -1, out of range) stay among the parameters."""
    ra, dec, error = notice.ra, notice.dec, notice.error
    if ra is None or dec is None:
        return
    if notice.type.position == "none":
        if ra or dec:
            notice.params["C1"], notice.params["C2"] = ra, dec
        return
    found = position(ra, dec)
    if error and (found is None or not is_radius(error)):
        notice.params.setdefault("Error2Radius", error)
    if found is None:
        notice.params.setdefault("C1", ra)
        notice.params.setdefault("C2", dec)
        return
    ra, dec = found
    if notice.type.position == "pointing":
        notice.data["ra_pointing"], notice.data["dec_pointing"] = ra, dec
        return
    if ra == 0.0 and dec == 0.0 and (not error or error >= 180.0):
        return
    notice.data["ra"], notice.data["dec"] = ra, dec
    if not is_radius(error):
        return
    if notice.containment is not None and not is_probability(notice.containment):
        notice.params.setdefault("containment_probability", notice.containment)
        notice.containment = None
    containment = notice.containment or notice.type.containment
    notice.data["ra_dec_error"] = error
    notice.data["containment_probability"] = containment
    if notice.type.assumed and notice.containment is None:
        notice.data["containment_assumed"] = True
    notice.data["sky"] = {
        "type": "circle",
        "ra": ra,
        "dec": dec,
        "radius": error,
        "containment_probability": containment,
    }


def _tense(notice: Notice) -> Tense:
    params = notice.params
    if notice.tense is not None:
        return notice.tense
    if notice.role in _ROLES and notice.role != "prediction":
        role = _ROLES[notice.role]
        return Tense.TEST if notice.type.tense is Tense.TEST else role
    if any(params.get(flag) is True for flag in _TEST_FLAGS) or notice.type.tense is Tense.TEST:
        return Tense.TEST
    if any(params.get(flag) in (True, 1.0) for flag in _INJECTION_FLAGS):
        return Tense.INJECTION
    if notice.type.tense is not None:
        return notice.type.tense
    retracted = any(params.get(flag) in (True, 1.0) for flag in _RETRACTION_FLAGS)
    if retracted or any(c["cite"] == "retraction" for c in notice.citations):
        notice.alert_type = "retraction"
        return Tense.RETRACTION
    if notice.role == "prediction":
        return Tense.PLANNED
    if notice.alert_type is None and any(c["cite"] == "supersedes" for c in notice.citations):
        notice.alert_type = "update"
    return _TENSE_OF.get(notice.alert_type or notice.type.alert_type, Tense.INITIAL)


def _alert_tense(tense: Tense) -> str:
    """GCN's word for it: what is really happening is `current`."""
    return "current" if tense in (Tense.INITIAL, Tense.UPDATE, Tense.RETRACTION, Tense.UTILITY) else tense.value


def from_tdb(moment: datetime) -> datetime:
    """UTC of a barycentric dynamical time, to 2 ms; the light travel time to the barycentre (up to 8.3 minutes)
    cannot be undone without the position and is not."""
    offset = next((seconds for since, seconds in _TDB_LEAPS if moment >= since), 67.184)
    return moment - timedelta(seconds=offset)
