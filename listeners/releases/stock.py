"""What is new, changed or gone since the last look at a list. Works on values; asks nobody.

The first look takes stock and tells only what is recent. A list may be wrong for a moment (a cache, a page that shifts
while it is read, a file half written), so what is gone must be gone at two looks, and where a list `settles` anything
must be the same at two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from listeners.formats import Message
from listeners.polling.contract import Gap, Page

#: So many are told in one transaction.
CHUNK = 50
#: More than this at once is no release: the rest is told as one gap, for a person to look at.
MOST_AT_ONCE = 200
#: The first look tells at most so many, the newest.
MOST_AT_FIRST = 20
#: When more than this part of a list is gone at once, and more than a few, it is the list that is broken.
MOST_GONE, A_FEW = 0.5, 3


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a look found against what was known: marks by key. `waiting` is to be seen once more (None: gone), `held`
    how many are gone in a way that nobody believes."""

    new: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    gone: list[str] = []
    waiting: dict[str, Any] = {}
    held: int = 0


def compare(
    known: Mapping[str, Any], waiting: Mapping[str, Any], found: Mapping[str, Any], *, settle: bool = False
) -> Look:
    """Compare a list, mark by key, with the one that is known. The marks are anything that JSON can hold."""
    missing = [key for key in known if key not in found]
    held = len(missing) if len(missing) > max(A_FEW, MOST_GONE * len(known)) else 0
    different: dict[str, Any] = {} if held else dict.fromkeys(missing)
    different |= {key: mark for key, mark in found.items() if key not in known or known[key] != mark}
    ripe = {
        key: mark
        for key, mark in different.items()
        if (not settle and mark is not None) or (key in waiting and waiting[key] == mark)
    }
    return Look(
        new={key: mark for key, mark in ripe.items() if key not in known},
        changed={key: mark for key, mark in ripe.items() if key in known and mark is not None},
        gone=[key for key, mark in ripe.items() if mark is None],
        waiting={key: mark for key, mark in different.items() if key not in ripe},
        held=held,
    )


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell: its key in the list, its mark from now on (None: forget it), and the message."""

    key: str
    mark: Any
    message: Message


def in_pages(
    state: dict[str, Any], told: Sequence[Told], end: dict[str, Any], now: datetime, *, most: int = MOST_AT_ONCE
) -> Iterator[Page]:
    """What is told in pages, the oldest first as given, the last with the state `end`. A page before it knows what it
    told, and no validators: after an interruption the list is asked for again."""
    known = dict(state.get("known", {}))
    shown = told[-most:]
    messages: list[Message] = []
    gaps: list[Gap] = []
    if len(told) > len(shown):
        names = ", ".join(item.key[:60] for item in told[:10])
        detail = f"{len(told)} at once are no releases: the last {len(shown)} are told; not told: {names} …"
        gaps.append(Gap(key=f"{told[0].key[:100]}-{told[-len(shown) - 1].key[:100]}", detail=detail))
    for start in range(0, len(shown), CHUNK):
        chunk = shown[start : start + CHUNK]
        messages += [item.message for item in chunk]
        for item in chunk:
            if item.mark is None:
                known.pop(item.key, None)
            else:
                known[item.key] = item.mark
        if start + CHUNK < len(shown):
            yield Page(
                messages=messages, gaps=gaps, state={**state, "known": dict(known), "validators": {}, "pages": {}}
            )
            messages, gaps = [], []
    if messages or end != state:
        yield Page(messages=messages, gaps=gaps, state=end)


def recent(dates: Mapping[str, datetime | None], now: datetime, since_days: float) -> list[str]:
    """Of what the first look finds, the keys of what is not older than `since_days`, the oldest first. What is dated
    after tomorrow is not told: one of the clocks is wrong."""
    since, until = now - timedelta(days=since_days), now + timedelta(days=1)
    fresh = sorted((date, key) for key, date in dates.items() if date is not None and since <= date <= until)
    return [key for _, key in fresh[-MOST_AT_FIRST:]]
