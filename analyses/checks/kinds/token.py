"""`kind: token`: a JSON Web Token, in the environment or in a file, is good for a while yet. It is never shown."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import msgspec

from analyses.checks.contract import Finding, Platform
from analyses.checks.declared import KINDS, Kind
from analyses.checks.expiring import left, token_end


class Token(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first of `variables` that is set, else the first of `files` that is there; `days` before its end it counts as
    broken."""

    variables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    days: float = 3.0


def look(wanted: Token, platform: Platform) -> Finding:
    """Read its end. Where there is no token nothing is wrong: it is not set up."""
    where, token = _find(wanted)
    if not token:
        return Finding(name="", ok=None, reason=f"not set up: none in {', '.join((*wanted.variables, *wanted.files))}")
    end = token_end(token)
    if end is None:
        return Finding(name="", ok=True, reason=f"{where}: it does not say when it runs out")
    values = {"days_left": round((end - platform.now).total_seconds() / 86400.0, 2)}
    ok = end - platform.now > timedelta(days=wanted.days)
    return Finding(name="", ok=ok, reason=f"{where}: {left(end, platform.now)}", values=values)


def _find(wanted: Token) -> tuple[str, str]:
    for name in wanted.variables:
        if os.environ.get(name):
            return name, os.environ[name]
    for name in wanted.files:
        file = Path(name).expanduser()
        try:
            if file.is_file() and (content := file.read_text(encoding="utf-8").strip()):
                return str(file), content
        except (OSError, UnicodeDecodeError):
            continue
    return "", ""


KINDS.add("token", Kind(parameters=Token, look=look))
