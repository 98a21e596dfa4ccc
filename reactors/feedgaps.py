"""When a feed was broken, so that nothing can be said of what did not come over it. Read from the journal's own events
`feed.silent` and `feed.recovered`, so that a replay says the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from nuncius.core.event import iso
from reactors.bounds import FEED_KINDS
from reactors.memory import Memory

#: A feed that broke earlier and never recovered is no longer looked for.
LOOK_BACK = timedelta(days=60)
#: First words of topics by which one mission's feed is known not to carry another's notices.
MISSIONS = frozenset(
    (
        *("swift", "fermi", "integral", "icecube", "lvc", "lvk", "igwn", "maxi", "agile", "calet", "gecam", "hawc"),
        *("snews", "konus", "ipn", "svom", "einstein", "gaia", "chime", "burstcube", "dsa110", "superk", "sk"),
    )
)
_SAME = {"lvk": {"lvc", "lvk", "igwn", "gwalert"}, "super": {"superk", "sk", "super"}}


def broken(memory: Memory, kinds: Sequence[str], start: datetime, end: datetime) -> list[str]:
    """Which feeds that may carry these kinds were broken at some time between, in words."""
    last: dict[str, str] = {}
    found: dict[str, str] = {}
    for item in memory.partners(FEED_KINDS, start - LOOK_BACK, end):
        data = item.event.data
        for feed in data.get("feeds") or [str(data.get("feed", ""))]:
            if not any(may_carry(feed, kind) for kind in kinds):
                continue
            if item.kind == "feed.silent":
                last[feed] = f"{feed} was {data.get('state', 'silent')} from {iso(item.t0)}"
                if item.t0 >= start:
                    found[feed] = last[feed]
            elif feed in last:
                until = f"{last.pop(feed)} to {iso(item.t0)}"
                if item.t0 >= start:
                    found[feed] = until
    return list((last | found).values())


def may_carry(feed: str, kind: str) -> bool:
    """Whether events of a kind may come over a feed; where nothing speaks against it, they may."""
    if kind.split(".")[0] not in ("gcn", "lvk", "kg"):
        return not feed.startswith(("gcn.", "igwn."))
    words = set(re.split(r"[^a-z0-9]+", feed.lower()))
    if kind == "gcn.circular" or kind.startswith("kg."):
        return "circulars" in words or not feed.startswith(("gcn.", "igwn."))
    if words & {"circulars", "heartbeat"}:
        return False
    mission = "lvk" if kind.startswith("lvk") else [*kind.split("."), "", ""][2]
    own = _SAME.get(mission.split("_")[0], {*mission.split("_")})
    return not mission or bool(words & own) or not words & MISSIONS
