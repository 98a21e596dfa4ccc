"""Durations and limits as rules write them: `10m`, `-1h`, `5/1h per ev.object`."""

from __future__ import annotations

import re

from nuncius.core.errors import FormatError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"([-+]?)\s*(\d{1,12}(?:\.\d{1,12})?)\s*(ms|s|min|m|h|d|w)$")
_LIMIT = re.compile(r"(\d{1,6})\s*/\s*(\S+?)(?:\s+per\s+(.+))?$", re.DOTALL)


def seconds(text: object) -> float:
    """A duration in seconds, more than none. Raises FormatError."""
    match = _DURATION.match(text.strip()) if isinstance(text, str) else None
    if match is None or match[1] or float(match[2]) == 0:
        raise FormatError(f"a duration is a number with a unit, such as 30s, 10m, 2h or 1d; received {shown(text)}")
    return float(match[2]) * _UNITS[match[3]]


def signed(text: object) -> float:
    """A time before (-10m), at (0s) or after (10m) another, in seconds. Raises FormatError."""
    if text == 0.0 and not isinstance(text, bool):
        return 0.0
    match = _DURATION.match(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise FormatError(f"a time relative to T0 is such as -10m, 0s or 2h; received {shown(text)}")
    return (-1.0 if match[1] == "-" else 1.0) * float(match[2]) * _UNITS[match[3]]


def limit(text: object) -> tuple[int, float, str]:
    """`5/1h per ev.object` as (5, 3600.0, "ev.object"); without `per` the last is empty. Raises FormatError."""
    match = _LIMIT.match(text.strip()) if isinstance(text, str) else None
    if match is None or int(match[1]) == 0:
        raise FormatError(f'a limit is written "5/1h" or "5/1h per ev.object"; received {shown(text)}')
    window = match[2] if match[2][0].isdigit() else f"1{match[2]}"
    return int(match[1]), seconds(window), (match[3] or "").strip()


def short(length_s: float) -> str:
    """A duration as a rule would write it, in the largest unit that gives a whole number."""
    for unit in ("w", "d", "h", "m", "s"):
        if length_s % _UNITS[unit] == 0:
            return f"{length_s / _UNITS[unit]:g}{unit}"
    return f"{length_s:g}s"


def shown(value: object) -> str:
    """A value in a message: short, whatever it is."""
    text = repr(value) if isinstance(value, str | float | bool) or value is None else f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:79] + "…"
