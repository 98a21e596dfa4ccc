"""GCN's own parameter names to the words of the normalised vocabulary: what means the same gets the same word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

#: Parameters that identify the trigger. Their text is kept as written: 0599999 is not 599999.
IDS = frozenset({"TrigID", "Trigger_Number", "Trans_Num", "GraceID", "AMON_ID", "ID", "Burst_Id", "CSSID", "id_assasn"})

#: Own name to (word, whether zero means "not measured" and is then left among the parameters).
WORDS: Mapping[str, tuple[str, bool]] = {
    "Image_Signif": ("image_snr", True),
    "Rate_Signif": ("rate_snr", True),
    "Burst_Signif": ("rate_snr", True),
    "Trig_Signif": ("rate_snr", True),
    "Data_Signif": ("rate_snr", True),
    "Det_Signif": ("image_snr", True),
    "Inten_Sigma": ("rate_snr", True),
    "SIGNIFICANCE": ("rate_snr", True),
    "TRIGGER_SIGNIF": ("rate_snr", True),
    "grb_signif": ("rate_snr", True),
    "SNR": ("snr", True),
    "snr": ("snr", True),
    "Data_Integ": ("rate_duration", True),
    "Data_Timescale": ("rate_duration", True),
    "Trig_Dur": ("rate_duration", True),
    "TRIGGER_DUR": ("rate_duration", True),
    "FOREGND_DUR": ("rate_duration", True),
    "Trans_Duration": ("rate_duration", True),
    "Timescale": ("rate_duration", True),
    "Time_Scale": ("rate_duration", True),
    "integration_time": ("rate_duration", True),
    "Phi": ("instrument_phi", False),
    "Theta": ("instrument_theta", False),
    "Hardness_Ratio": ("hardness_ratio", True),
    "SC_Long": ("longitude", True),
    "SC_Lat": ("latitude", True),
    "SC_LONG": ("longitude", True),
    "SC_LAT": ("latitude", True),
    "SC_LON": ("longitude", True),
    "sc_lon": ("longitude", True),
    "sc_lat": ("latitude", True),
    "Sat_Longitude": ("longitude", True),
    "Sat_Latitude": ("latitude", True),
    "LightCurve_URL": ("light_curve_url", False),
    "Lightcurve_Link": ("light_curve_url", False),
    "Light_Curve": ("light_curve_url", False),
    "LC_URL": ("light_curve_url", False),
    "EventPage": ("url", False),
    "signalness": ("signalness", False),
    "Signalness": ("signalness", False),
    "Pvalue": ("p_value", False),
    "dm": ("dm", False),
    "dm_error": ("dm_error", False),
    "Source_Name": ("source_name", False),
    "SourceName": ("source_name", False),
}

_YEAR_S = 365.25 * 86400.0
#: False-alarm rates arrive per second, per year or per day; the vocabulary is hertz.
PER_SECOND = {
    "hz": 1.0,
    "s^-1": 1.0,
    "1/s": 1.0,
    "yr^-1": 1.0 / _YEAR_S,
    "1/yr": 1.0 / _YEAR_S,
    "day^-1": 1.0 / 86400.0,
}

_TJD_EPOCH = datetime(1968, 5, 24, tzinfo=UTC)  # truncated Julian day 0 is JD 2440000.5
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?")
_NUMBER = frozenset("0123456789+-.")
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}


def hertz(value: float, unit: str) -> float | None:
    """A rate in hertz; None when the unit is not one of a rate."""
    factor = PER_SECOND.get(unit.strip().lower())
    return None if factor is None else value * factor


def typed(text: str) -> Any:
    """A bool, a finite float, or the text where it is neither; what merely looks like a number keeps its zeros."""
    if text in _BOOLEANS:  # nearly half of all parameters
        return _BOOLEANS[text]
    text = text.strip()
    if text[:1] in _NUMBER and text:
        if "_" in text or (len(text) > 1 and text[0] == "0" and text[1].isdigit()):
            return text
        try:
            number = float(text)
        except ValueError:
            return text
        return number if number - number == 0.0 else text
    return _BOOLEANS.get(text, text)


def utc(text: str | None) -> datetime | None:
    """A UTC moment from ISO 8601; without a zone it is UTC. Seconds may run to 60 (leap seconds, sloppy writers)."""
    if not text:
        return None
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        match = _ISO.match(text)
        if match is None:
            return None
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        if hour > 24 or minute > 59 or second > 60:
            return None
        try:
            moment = datetime(year, month, day, tzinfo=UTC)
            seconds = second + float(match[7] or 0)
            return moment + timedelta(hours=hour, minutes=minute, seconds=seconds)
        except (ValueError, OverflowError):
            return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def tjd(day: float, second: float) -> datetime | None:
    """The moment of a truncated Julian day and seconds of that day; None outside 1968 to 2200."""
    if not (0 < day < 85000 and 0 <= second < 86402):
        return None
    return _TJD_EPOCH + timedelta(days=day, seconds=second)


def within(value: Any, low: float, high: float) -> bool:
    """Whether the value is a number between the two, ends included; NaN is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def position(ra: Any, dec: Any) -> tuple[float, float] | None:
    """A place on the sky in degrees, where 360 (a rounded 359.9999) is 0; None where the two values are no such."""
    return (ra % 360.0, float(dec)) if within(ra, 0.0, 360.0) and within(dec, -90.0, 90.0) else None


def is_radius(value: Any) -> bool:
    """Whether the value can be the radius of a region, in degrees."""
    return within(value, 0.0, 180.0) and 0.0 < value < 180.0


def is_probability(value: Any) -> bool:
    """Whether the value can be what a region contains; a region of no probability is none."""
    return within(value, 0.0, 1.0) and value > 0.0


def floats(value: Any) -> Any:
    """The same JSON value with every number a float, because rules never mix integers and floats; an integer too large
    for one is text."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, float)):
        return value
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:  # more than 308 digits
            return str(value)
    if isinstance(value, dict):
        return {str(key): floats(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [floats(item) for item in value]
    return str(value)
