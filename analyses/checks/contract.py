"""What a check of the platform is: a function that looks at one thing and says how it is and how to mend it.

    @check("disk", about="Room on the disk that holds the journal")
    def disk(platform: Platform) -> Finding:

A check changes nothing. What it raises is a finding too: the check could not be made.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.registry import Registry, discover
from nuncius.journal import Journal

log = logging.getLogger(__name__)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How one thing is: well, broken, or (None) not set up or not to be told. `mend` says what to do about it."""

    name: str
    ok: bool | None
    reason: str
    mend: str = ""


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """What a check may look at. `data_dir` is None where the service keeps nothing on this machine."""

    journal: Journal
    now: datetime
    data_dir: Path | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A named check."""

    name: str
    about: str
    look: Callable[[Platform], Finding]


CHECKS: Registry[Check] = Registry("check")


def check(name: str, *, about: str) -> Callable[[Callable[[Platform], Finding]], Callable[[Platform], Finding]]:
    """Register a function as the check `name`."""

    def register(look: Callable[[Platform], Finding]) -> Callable[[Platform], Finding]:
        CHECKS.add(name, Check(name=name, about=about, look=look))
        return look

    return register


@cache
def checks() -> Registry[Check]:
    """All checks."""
    discover(importlib.import_module("analyses.checks"))
    return CHECKS


def perform(names: Sequence[str], platform: Platform) -> list[Finding]:
    """The findings of these checks, or of all; a check that fails to look says so and stops no other. Raises
    ConfigurationError for a name that is not known."""
    chosen = [checks()[name] for name in names] if names else [found for _, found in checks().items()]
    return [_look(one, platform) for one in chosen]


def _look(one: Check, platform: Platform) -> Finding:
    try:
        return one.look(platform)
    except NunciusError as error:
        return Finding(name=one.name, ok=False, reason=f"could not be looked at: {error}", mend="see `nuncius doctor`")
    except Exception as error:
        log.exception("check %s", one.name)
        reason = f"a mistake in the check, please report it: {type(error).__name__}: {error}"
        return Finding(name=one.name, ok=False, reason=reason)
