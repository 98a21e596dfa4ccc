"""What the forty integers of a 160-byte packet mean, by packet type, under the names that the VOEvents use.

From GCN's "Socket Packet Definition" (https://gcn.gsfc.nasa.gov/sock_pkt_def_doc.html). Only what has been checked
against a VOEvent, a decoded JSON or a catalogue of the same event is named; the rest is kept as `long_NN`.
"""

from __future__ import annotations

import msgspec


class Slot(msgspec.Struct, frozen=True):
    """Name, the number that the integer is divided by, and unit."""

    name: str
    scale: float = 1.0
    unit: str = ""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where a packet type keeps what all have: divisors of position, error and seconds, and what else is known.

    `text` is the range of integers that hold characters, four each, least significant first.
    """

    angle: float = 10_000.0
    error_slot: int | None = 11
    error: float = 10_000.0
    day_slot: int = 5
    second_slot: int = 6
    second: float = 100.0
    trigger_slot: int | None = 4
    slots: dict[int, Slot] = {}
    text: tuple[int, int] | None = None


_ANGLES = {12: Slot("Phi", 100.0, "deg"), 13: Slot("Theta", 100.0, "deg")}
_STATUS = {18: Slot("Soln_Status"), 19: Slot("Misc_flags")}

_BAT = {
    9: Slot("Burst_Inten", 1.0, "cts"),
    10: Slot("Burst_Peak", 1.0, "cts"),
    **_ANGLES,
    14: Slot("Integ_Time", 250.0, "sec"),  # units of 4 ms
    17: Slot("Trig_Index"),
    **_STATUS,
    20: Slot("Image_Signif", 100.0, "sigma"),
    21: Slot("Rate_Signif", 100.0, "sigma"),
    22: Slot("Bkg_Inten", 1.0, "cts"),
    24: Slot("Bkg_Dur", 100.0, "sec"),
}
_GBM_GROUND = {
    **_ANGLES,
    14: Slot("Data_Integ", 1000.0, "sec"),
    18: Slot("Trigger_ID"),
    19: Slot("Misc_flags"),
    20: Slot("Sequence_Num"),
    21: Slot("Burst_Signif", 10.0, "sigma"),
    22: Slot("Algorithm"),
    26: Slot("Lo_Energy", 1.0, "eV"),
    27: Slot("Hi_Energy", 1.0, "eV"),
}
_GBM_FLIGHT = {
    9: Slot("Burst_Inten", 1.0, "cts"),
    **_ANGLES,
    14: Slot("Data_Timescale", 1000.0, "sec"),
    17: Slot("Trig_Timescale", 1000.0, "sec"),
    19: Slot("Misc_flags"),
    20: Slot("Sequence_Num"),
    21: Slot("Data_Signif", 100.0, "sigma"),
    22: Slot("Algorithm"),
    25: Slot("Hardness_Ratio", 100.0),
    37: Slot("SC_Long", 100.0, "deg"),
    38: Slot("SC_Lat", 100.0, "deg"),
}
_GBM_ALERT = {
    14: Slot("Trig_Dur", 1000.0, "sec"),
    15: Slot("Lo_Chan_Index"),
    16: Slot("Hi_Chan_Index"),
    20: Slot("Sequence_Num"),
    21: Slot("Trig_Signif", 10.0, "sigma"),
    22: Slot("SC_Long", 100.0, "deg"),
    23: Slot("SC_Lat", 100.0, "deg"),
}
_IBAS = {
    9: Slot("Det_flags"),
    10: Slot("Inten_Sigma", 100.0, "sigma"),
    12: Slot("Test_mpos"),
    13: Slot("Time_Scale", 10_000.0, "sec"),
    14: Slot("SC_Pnt_Ra", 10_000.0, "deg"),
    15: Slot("SC_Pnt_Dec", 10_000.0, "deg"),
    16: Slot("Time_Error", 10_000.0, "sec"),
}
_LVC = {12: Slot("Group_Search"), 19: Slot("Misc_flags")}
_AMON = {
    10: Slot("src_error_50", 10_000.0, "deg"),
    11: Slot("src_error_90", 10_000.0, "deg"),
    15: Slot("event_id"),
    16: Slot("Stream"),
    17: Slot("Rev"),
    18: Slot("Trigger_ID"),
    19: Slot("Misc_flags"),
    23: Slot("run_id"),
}
_GECAM = {
    9: Slot("BURST_INTEN", 1.0, "counts/sec"),
    12: Slot("Phi", 100.0, "deg"),
    13: Slot("Theta", 100.0, "deg"),
    14: Slot("BURST_DUR", 10_000.0, "sec"),
    16: Slot("SC_LAT", 100.0, "deg"),
    17: Slot("SC_LONG", 100.0, "deg"),
    20: Slot("TRIGGER_SIGNIF", 100.0, "sigma"),
    21: Slot("TRIGGER_DUR", 10_000.0, "sec"),
    22: Slot("TRIGGER_ERANGE_LoBin"),
    23: Slot("TRIGGER_ERANGE_HiBin"),
    24: Slot("TRIGGER_ERANGE_LoEnergy", 1.0, "keV"),
    25: Slot("TRIGGER_ERANGE_HiEnergy", 1.0, "keV"),
}
_CALET = {
    9: Slot("SIGNIFICANCE", 100.0, "sigma"),
    10: Slot("FOREGND_DUR", 100.0, "sec"),
    11: Slot("BACKGND_DUR1", 100.0, "sec"),
}
_SK = {
    9: Slot("N_Events"),
    11: Slot("Src_Error68", 10_000.0, "deg"),
    13: Slot("Min_Distance", 100.0, "kpc"),
    14: Slot("Max_Distance", 100.0, "kpc"),
    15: Slot("Src_Error90", 10_000.0, "deg"),
    16: Slot("Src_Error95", 10_000.0, "deg"),
    20: Slot("Energy_Limit", 10_000.0, "MeV"),
    21: Slot("Duration", 10_000.0, "sec"),
}
_SLEW = {18: Slot("Soln_Status"), 19: Slot("Misc_flags"), 21: Slot("Rate_Signif", 100.0, "sigma")}
_TEXT_22 = (22, 38)
#: Slots 7 to 11 of these are no position with an error radius.
_FLAT = Layout(error_slot=None, text=_TEXT_22)

LAYOUTS: dict[int, Layout] = {
    2: Layout(angle=100.0, error=100.0, trigger_slot=None),
    31: Layout(error_slot=None, trigger_slot=None, slots={18: Slot("Trigger_ID"), 19: Slot("Misc")}, text=_TEXT_22),
    44: Layout(error_slot=None),
    45: Layout(text=(21, 29)),
    **dict.fromkeys((46, 47), Layout(error_slot=None, slots=_SLEW)),
    51: Layout(error_slot=None, trigger_slot=None, slots={12: Slot("Test_mpos")}),
    52: Layout(error_slot=None, slots={n: s for n, s in _IBAS.items() if n not in (14, 15)}),
    **dict.fromkeys((53, 54, 55, 56), Layout(error=3600.0, slots=_IBAS)),  # radius in seconds of arc
    59: Layout(error_slot=None, text=_TEXT_22),
    **dict.fromkeys((61, 62, 82, 84), Layout(slots=_BAT)),
    **dict.fromkeys((65, 66), Layout(error_slot=None, slots=_SLEW)),
    67: Layout(slots={21: Slot("Det_Signif", 100.0, "sigma")}),
    **dict.fromkeys((63, 64, 68, 69, 70, 72, 73, 77, 78, 79, 80, 85, 86, 87, 88), _FLAT),
    71: Layout(error_slot=None),
    81: Layout(slots={9: Slot("Burst_Mag", 1.0, "mag"), 10: Slot("Filter")}),
    83: Layout(error_slot=None, slots={9: Slot("Slew_Roll", 10_000.0, "deg")}, text=_TEXT_22),
    97: Layout(slots={17: Slot("Trig_Index"), 21: Slot("Rate_Signif", 100.0, "sigma")}),
    103: Layout(error_slot=None, slots={9: Slot("Slew_Roll", 10_000.0, "deg")}),
    109: Layout(slots={9: Slot("Burst_intenX", 1.0, "cts"), 10: Slot("Burst_intenY", 1.0, "cts")}),
    **dict.fromkeys((110, 116), Layout(error_slot=None, slots=_GBM_ALERT)),
    **dict.fromkeys((111, 117, 119), Layout(slots=_GBM_FLIGHT)),
    **dict.fromkeys((112, 114, 115, 146), Layout(slots=_GBM_GROUND)),
    **dict.fromkeys((120, 121, 122), Layout(slots={9: Slot("Burst_Inten", 1.0, "cts")})),
    124: Layout(slots={9: Slot("Burst_Inten", 1.0, "cts"), 14: Slot("Integ_Time", 250.0, "sec")}),
    125: Layout(error_slot=None),
    128: Layout(),
    129: Layout(error_slot=None, trigger_slot=None, slots={9: Slot("Delta_T", 1.0, "sec")}),
    131: Layout(slots={14: Slot("Trans_Duration", 1000.0, "sec")}, text=(27, 36)),
    **dict.fromkeys((134, 135, 136), Layout(slots={9: Slot("Event_Flux", 10.0, "mCrab")})),
    145: Layout(error_slot=None, trigger_slot=5, day_slot=6, second_slot=7, second=1000.0),
    149: Layout(slots={18: Slot("Trigger_ID"), 19: Slot("Misc_flags")}),
    **dict.fromkeys((150, 151, 152, 153, 163, 164), Layout(error_slot=None, slots=_LVC, text=(29, 38))),
    **dict.fromkeys((158, 169, 173, 174, 176), Layout(error_slot=None, slots=_AMON, text=(29, 38))),
    159: Layout(),
    160: Layout(error_slot=None, slots=_CALET, text=(29, 38)),
    175: Layout(error_slot=None, slots=_SK),
    **dict.fromkeys((188, 189), Layout(error_slot=10, second=10_000.0, slots=_GECAM)),
}
