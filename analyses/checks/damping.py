"""Tells a slip from a failure and a lucky moment from a recovery: the state of a check from its looks. A pure function
with hysteresis, so that people are told once when something breaks and once when it is mended.

    unknown ──pass──► well ──n failures in a row──► failing ──m passes in a row──► well
                       │                               │
                       └──── 6 turns among 20 looks ───┴──► flapping ──2 turns or fewer──► well or failing

A look that cannot tell (`None`) counts for neither side; three of them in a row end what is known. From the first
failure that is told to the recovery is one *incident*; flapping belongs to it.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Literal

import msgspec

State = Literal["unknown", "well", "failing", "flapping"]
#: What people and rules hear: `recovered` ends an incident, `well` is the first proof.
Told = Literal["well", "failing", "flapping", "recovered", "unknown"]


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a check counts as failing, recovered and flapping."""

    failures: int = 2
    """Failures in a row before it is failing."""
    successes: int = 2
    """Passes in a row before it has recovered."""
    untold: int = 3
    """Looks in a row that could not tell before nothing is known."""
    window: int = 20
    """The looks among which turns are counted."""
    begins: int = 6
    """Turns from well to broken or back, among those looks, at which it is flapping."""
    ends: int = 2
    """Turns at which it no longer is."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a check stands, with all that the next look must know. `recent` are the looks that could tell, `+` or `-`;
    `opened` is when the incident began, None where there is none."""

    state: State = "unknown"
    since: datetime
    fails: int = 0
    passes: int = 0
    untold: int = 0
    recent: str = ""
    opened: datetime | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to tell: the new word, whether it opens an incident, and since when the incident that it belongs
    to has lasted."""

    told: Told
    opens: bool = False
    opened: datetime | None = None


def turns(recent: str) -> int:
    """How often a run of looks turned from well to broken or back."""
    return sum(a != b for a, b in pairwise(recent))


def look(before: Standing, ok: bool | None, now: datetime, policy: Policy) -> tuple[Standing, Change | None]:
    """How a check stands after one more look, and what that tells."""
    if ok is None:
        untold = before.untold + 1
        after = msgspec.structs.replace(before, untold=untold)
        if untold < policy.untold or before.state == "unknown":
            return after, None
        return Standing(since=now, untold=untold), Change(told="unknown", opened=before.opened)
    recent = (before.recent + ("+" if ok else "-"))[-policy.window :]
    after = msgspec.structs.replace(
        before,
        recent=recent,
        untold=0,
        fails=0 if ok else before.fails + 1,
        passes=before.passes + 1 if ok else 0,
    )
    return _settle(after, _next(after, ok, policy), now)


def _next(now: Standing, ok: bool, policy: Policy) -> State:
    turned = turns(now.recent)
    if turned >= policy.begins or (now.state == "flapping" and turned > policy.ends):
        return "flapping"
    if now.fails >= policy.failures:
        return "failing"
    if now.passes >= policy.successes or (ok and now.state == "unknown" and "-" not in now.recent):
        return "well"
    return now.state


def _settle(now: Standing, state: State, moment: datetime) -> tuple[Standing, Change | None]:
    if state == now.state:
        return now, None
    if state == "well":
        told: Told = "recovered" if now.opened else "well"
        after = msgspec.structs.replace(now, state=state, since=moment, opened=None)
        return after, Change(told=told, opened=now.opened)
    opened = now.opened or moment
    after = msgspec.structs.replace(now, state=state, since=moment, opened=opened)
    return after, Change(told="failing" if state == "failing" else "flapping", opens=now.opened is None, opened=opened)
