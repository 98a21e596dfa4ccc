"""Durations and limits as rules write them: `10m`, `1h`, `5/1h per ev.object`."""

from __future__ import annotations

import re

from nuncius.core.errors import FormatError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)$")
_LIMIT = re.compile(r"(\d{1,6})\s*/\s*(\S+?)(?:\s+per\s+(.+))?$", re.DOTALL)


def seconds(text: object) -> float:
    """A duration in seconds. Raises FormatError."""
    match = _DURATION.match(text.strip()) if isinstance(text, str) else None
    if match is None or float(match[1]) == 0:
        raise FormatError(f"a duration is a number with a unit, such as 30s, 10m, 2h or 1d; received {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def limit(text: object) -> tuple[int, float, str]:
    """`5/1h per ev.object` as (5, 3600.0, "ev.object"); without `per` the last is empty. Raises FormatError."""
    match = _LIMIT.match(text.strip()) if isinstance(text, str) else None
    if match is None or int(match[1]) == 0:
        raise FormatError(f'a limit is written "5/1h" or "5/1h per ev.object"; received {text!r}')
    window = match[2] if match[2][0].isdigit() else f"1{match[2]}"
    return int(match[1]), seconds(window), (match[3] or "").strip()
