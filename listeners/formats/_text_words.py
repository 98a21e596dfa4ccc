"""Keys of the text notices: to the names of the VOEvents, which say the same."""

from __future__ import annotations

#: Pairs of keys that hold a position, best first.
POSITIONS = (
    ("GRB_RA", "GRB_DEC"),
    ("SRC_RA", "SRC_DEC"),
    ("EVENT_RA", "EVENT_DEC"),
    ("TRANS_RA", "TRANS_DEC"),
    ("SOURCE_RA", "SOURCE_DEC"),
    ("RA", "DEC"),
    ("CNTRPART_RA", "CNTRPART_DEC"),
    ("POINTING_RA", "POINTING_DEC"),
    ("POINT_RA", "POINT_DEC"),
    ("CURR_POINT_RA", "CURR_POINT_DEC"),
    ("NEW_POINT_RA", "NEW_POINT_DEC"),
    ("NEXT_POINT_RA", "NEXT_POINT_DEC"),
    ("SLEW_RA", "SLEW_DEC"),
)

#: Keys that hold the error radius; the 90 % one of IceCube comes before its 50 % one.
ERRORS = (
    "GRB_ERROR",
    "SRC_ERROR",
    "SRC_ERROR90",
    "EVENT_ERROR",
    "TRANS_ERROR",
    "SOURCE_ERROR",
    "ERROR",
    "CNTRPART_ERROR",
    "SRC_ERROR50",
)

KEYS = {
    "TRIGGER_NUM": "TrigID",
    "TRIGGER_NUMBER": "TrigID",
    "TRIG_NUM": "TrigID",
    "TRANS_NUM": "Trans_Num",
    "EVENT_TRIG_NUM": "TrigID",
    "EVENT_ID_NUM": "AMON_ID",
    "RUN_NUM": "run_id",
    "EVENT_NUM": "event_id",
    "STREAM": "Stream",
    "REVISION": "Rev",
    "ENERGY": "energy",
    "SIGNALNESS": "signalness",
    "FAR": "FAR",
    "RECORD_NUM": "Sequence_Num",
    "SERIAL_NUM": "Pkt_Ser_Num",
    "SEQUENCE_NUM": "Pkt_Ser_Num",
    "TRIGGER_SIGNIF": "Trig_Signif",
    "DATA_SIGNIF": "Data_Signif",
    "GRB_SIGNIF": "Burst_Signif",
    "IMAGE_SIGNIF": "Image_Signif",
    "RATE_SIGNIF": "Rate_Signif",
    "DET_SIGNIF": "Det_Signif",
    "SIGNIFICANCE": "SIGNIFICANCE",
    "GRB_INTEN": "Burst_Inten",
    "TRIGGER_DUR": "Trig_Dur",
    "TRIG_DUR": "Trig_Dur",
    "DATA_INTERVAL": "Data_Timescale",
    "DATA_TIME_SCALE": "Data_Timescale",
    "INTEG_TIME": "Integ_Time",
    "GRB_PHI": "Phi",
    "GRB_THETA": "Theta",
    "HARD_RATIO": "Hardness_Ratio",
    "LC_URL": "LightCurve_URL",
    "LOC_URL": "LocationMap_URL",
    "MAP_URL": "Map_URL",
    "HEALPIX_URL": "HealPix_URL",
    "EVENTPAGE_URL": "EventPage",
    "SKYMAP_FITS_URL": "skymap_fits",
    "GROUP_TYPE": "Group",
    "PIPELINE_TYPE": "Pipeline",
    "SEARCH_TYPE": "Search",
    "SOURCE_NAME": "Source_Name",
    "EVENT_NAME": "event_name",
    "SC_LONG": "SC_Long",
    "SC_LAT": "SC_Lat",
    "SC_LON_LAT": "SC_Lon_Lat",
    "GRB_MAG": "Burst_Mag",
}

#: Kept as text, however much they look like numbers.
TEXTUAL = frozenset({"TRIGGER_NUM", "TRIGGER_NUMBER", "TRIG_NUM", "TRANS_NUM", "EVENT_TRIG_NUM", "EVENT_ID_NUM"})
