"""Whether a service answers the question that it was asked: its echo of the parameters against what was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

#: Times are one if they differ by less than this, in days: a millisecond.
_SAME_TIME_D = 0.001 / 86400.0
_RELATIVE = 1e-9


def difference(asked: Mapping[str, Any], echo: Mapping[str, Any]) -> str:
    """The first parameter that is echoed otherwise than asked, in words; empty where all agree. One that is not echoed
    was not taken, so that counts as well. Times may come back in another format (`T_format` says which)."""
    for name, value in asked.items():
        if value is None:
            continue
        if name not in echo:
            return f"{name} is not in its echo, asked for {value!r:.60}"
        if not _same(name, value, asked, echo):
            return f"{name} is {echo[name]!r:.60}, asked for {value!r:.60}"
    return ""


def _same(name: str, value: Any, asked: Mapping[str, Any], echo: Mapping[str, Any]) -> bool:
    other = echo[name]
    if name == "T_format":
        return True  # the times themselves are compared
    if name in ("T1", "T2", "T_start", "T_stop"):
        ours, theirs = _mjd(value, asked.get("T_format")), _mjd(other, echo.get("T_format"))
        return ours is not None and theirs is not None and abs(ours - theirs) < _SAME_TIME_D
    ours, theirs = _number(value), _number(other)
    if ours is not None and theirs is not None:
        return abs(ours - theirs) <= _RELATIVE * max(1.0, abs(ours))
    if isinstance(value, bool) or isinstance(other, bool):
        return str(value).lower() == str(other).lower()
    return bool(value == other or _plain(value) == _plain(other))


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _plain(value: Any) -> Any:
    """Lists come back as lists, as JSON, as text of Python, or with commas."""
    if isinstance(value, str):
        text = value.strip()
        if text[:1] in ("[", "{"):
            try:
                return _plain(json.loads(text.replace("'", '"')))
            except ValueError:
                return text
        return [part.strip() for part in text.split(",")] if "," in text else text
    if isinstance(value, list | tuple):
        return [str(_plain(entry)) for entry in value]
    return value if isinstance(value, dict) else str(value)


def _mjd(value: Any, form: Any) -> float | None:
    """A moment as MJD (UTC); a bare number is MJD, whatever the format says, for nothing else can be one."""
    number = _number(value)
    if number is not None:
        return number - 2_400_000.5 if number > 1_000_000 or form == "jd" else number
    try:
        moment = datetime.fromisoformat(str(value).strip().replace("Z", ""))
    except ValueError:
        return None
    return (moment.replace(tzinfo=None) - datetime(1858, 11, 17)).total_seconds() / 86400.0  # noqa: DTZ001
