"""GCN Classic's 160-byte packets: forty big-endian integers, the same notices as the VOEvents."""

from __future__ import annotations

import re
import struct
from typing import Any

from listeners.formats import FORMATS, Format, Message
from listeners.formats._binary_slots import LAYOUTS, Layout
from listeners.missions import NoticeType, catalogue
from listeners.notice import Notice, event_of
from listeners.words import tjd
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, content_id

LENGTH = 160
_FORTY = struct.Struct(">40i")
_CHARACTERS = re.compile(rb"[\x20-\x7e]{2,}")
_SUPEREVENT = re.compile(r"\b[MT]?S\d{6}[a-z]+")
#: Housekeeping of the socket protocol: imalive and kill.
_CONTROL = {3: "imalive", 4: "kill"}
_SWIFT_SEGMENT_BITS = 24
#: Types whose nineteenth integer flags a test in bit 1 and a retraction in bit 5.
_FLAGGED = frozenset({149, 150, 151, 152, 153, 158, 163, 164, 169, 173, 174, 175, 176})


def accepts(message: Message, content: Any) -> bool:
    """Exactly 160 bytes whose first integer is a notice type's number; text and XML of that length are not."""
    if len(content) != LENGTH:
        return False
    number = int.from_bytes(content[:4], "big")
    return 0 < number < 1000


def parse(message: Message, content: bytes) -> list[Event]:
    """The event of one packet. Raises FormatError."""
    longs = _FORTY.unpack(content)
    number = longs[0]
    if number in _CONTROL:
        raise FormatError(f"{message.label}: a {_CONTROL[number]} packet (type {number}) carries no notice")
    known = catalogue().by_number.get(number)
    if known is None:
        known = NoticeType(
            name=f"GCN_TYPE_{number}", number=number, mission="GCN", instrument="GCN", tail=f"type_{number}",
            position="none", assumed=True,
        )  # fmt: skip
    layout = LAYOUTS.get(number, Layout(error_slot=None))
    day, second = longs[layout.day_slot], longs[layout.second_slot]
    when = tjd(float(day), second / layout.second)
    if when is None:
        raise FormatError(
            f"{message.label}: {known.name} with day {day} TJD and second {second / layout.second}: "
            f"not a packet of this type"
        )
    notice = Notice(
        id=content_id(f"gcn.binary:{known.name}", content),
        source="gcn.classic.binary",
        type=known,
        params={},
        trigger_time=when,
    )
    used = {0, 2, 3, layout.day_slot, layout.second_slot}
    _identify(notice, layout, longs, used)
    _place(notice, layout, longs, used)
    _named(notice, layout, longs, used)
    _special(notice, longs, used)
    for index, value in enumerate(longs):
        if index not in used and value not in (0, 10 if index == 39 else 0):
            notice.params[f"long_{index:02}"] = float(value)
    return [event_of(notice, message, "application/octet-stream")]


def _identify(notice: Notice, layout: Layout, longs: tuple[int, ...], used: set[int]) -> None:
    notice.params["Pkt_Ser_Num"] = float(longs[1])
    notice.params["Pkt_SOD"] = longs[3] / 100.0
    notice.units["Pkt_SOD"] = "sec"
    used |= {1, 3}
    if layout.trigger_slot is None:
        return
    trigger = longs[layout.trigger_slot]
    used.add(layout.trigger_slot)
    if notice.type.mission == "Swift":
        notice.params["Segment_Num"] = float(trigger >> _SWIFT_SEGMENT_BITS)
        trigger &= (1 << _SWIFT_SEGMENT_BITS) - 1
    if notice.type.mission == "LVK":
        notice.params["superevent_date"] = float(trigger)
    elif trigger:
        notice.params["TrigID"] = str(trigger)


def _place(notice: Notice, layout: Layout, longs: tuple[int, ...], used: set[int]) -> None:
    if notice.type.position != "none" and layout.day_slot == 5:
        used |= {7, 8}
        notice.ra, notice.dec = longs[7] / layout.angle, longs[8] / layout.angle
    if layout.error_slot is not None:
        used.add(layout.error_slot)
        notice.error = longs[layout.error_slot] / layout.error


def _named(notice: Notice, layout: Layout, longs: tuple[int, ...], used: set[int]) -> None:
    for index, slot in layout.slots.items():
        used.add(index)
        value = longs[index]
        flags = slot.name.endswith(("flags", "_Status", "mpos", "Trigger_ID"))
        notice.params[slot.name] = f"0x{value & 0xFFFFFFFF:x}" if flags else value / slot.scale
        if slot.unit:
            notice.units[slot.name] = slot.unit
    if layout.text is None:
        return
    first, last = layout.text
    used |= set(range(first, last + 1))
    characters = b"".join(struct.pack("<i", value) for value in longs[first : last + 1])
    words = [found.decode("ascii") for found in _CHARACTERS.findall(characters)]
    if words:
        notice.params["text"] = " ".join(words)


def _special(notice: Notice, longs: tuple[int, ...], used: set[int]) -> None:
    """What single types pack in their own way."""
    number, params = notice.type.number, notice.params
    if number in (61, 62, 82, 84):  # longitude in the low half, latitude in the high half, centidegrees
        used.add(16)
        params["SC_Lat"], params["SC_Long"] = (longs[16] >> 16) / 100.0, _signed16(longs[16]) / 100.0
    elif number in (111, 117, 119):  # class in the low half, probability of 255 in the high half
        for index, name in ((23, "Most_Likely"), (24, "Sec_Most_Likely")):
            used.add(index)
            params[f"{name}_Index"] = float(longs[index] & 0xFFFF)
            params[f"{name}_Prob"] = float(round(100.0 * (longs[index] >> 16) / 255.0))
    elif number in (51, 52, 53, 54, 55, 56):
        params["Test_Notice"] = bool(longs[12] & 0x80000000)
    elif number in (150, 151, 152, 153, 163):
        used.add(11)  # ten thousand times the decimal logarithm of the rate in hertz
        if (far := _power_of_ten(longs[11])) is not None:
            params["FAR"] = far
        superevent = _SUPEREVENT.search(str(params.get("text", "")))
        if superevent is not None:
            params["GraceID"] = superevent[0]
    elif number in (158, 169, 173, 174, 176):
        _amon(notice, longs, used)
    elif number == 145:
        params["ID"] = str(longs[11])
        used.add(11)
    elif number == 160:
        used |= {16, 17}
        params["E_BAND_HI_E"], params["E_BAND_LO_E"] = float(longs[17] >> 16), float(_signed16(longs[17]))
        params["SC_LAT"], params["SC_LON"] = (longs[16] >> 16) / 100.0, _signed16(longs[16]) / 100.0
    if number in _FLAGGED:
        used.add(18)
        params["Test"], params["Retraction"] = bool(longs[18] & 0x2), bool(longs[18] & 0x20)
    if params.get("Test") or params.get("Test_Notice") or notice.type.tense is Tense.TEST:
        notice.role = "test"
    elif notice.type.tense is Tense.UTILITY:
        notice.role = "utility"
    if not {31, 32} & used and notice.type.instrument == "GBM" and longs[31] and number not in (131, 160):
        params["ID"] = f"bn{longs[31]:06}{longs[32]:03}"  # date and thousandths of the day
        used |= {31, 32}


def _amon(notice: Notice, longs: tuple[int, ...], used: set[int]) -> None:
    """False-alarm rate and signalness as logarithms; checked against IceCube-240518A in the public catalogue."""
    used |= {12, 22}
    notice.params.pop("TrigID", None)
    if (far := _power_of_ten(longs[12])) is not None:
        notice.params["FAR"] = far
        notice.units["FAR"] = "yr^-1"
    if (signalness := _power_of_ten(longs[22])) is not None:
        notice.params["signalness"] = signalness


def _power_of_ten(value: int) -> float | None:
    """From a logarithm in ten-thousandths; None where there is none, or one so damaged that no number could hold it."""
    return 10.0 ** (value / 10_000.0) if value and value < 3_000_000 else None


def _signed16(value: int) -> int:
    low = value & 0xFFFF
    return low - 0x10000 if low >= 0x8000 else low


FORMATS.add("classic.binary", Format(order=15, json=False, accepts=accepts, parse=parse))
