"""Is a feed quiet or broken? Judged from the connection, the heartbeat and each topic's usual rate. Opens no socket.

States of a feed:
    ok            messages come as often as usual, or none is overdue
    quiet         overdue by its usual rate, while broker and heartbeat are fine: nothing happened in the sky
    silent        the broker answers, but the heartbeat or a steady sequence stopped: something is broken
    disconnected  no broker, or no token endpoint, answers
    unauthorised  the account, or its right to a topic, is refused: a person must act
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from nuncius.core.event import Event, iso

State = Literal["ok", "quiet", "silent", "disconnected", "unauthorised"]

BROKEN = frozenset({"silent", "disconnected", "unauthorised"})


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A message of these topics normally comes within `within_s` seconds. `steady` marks a machine's even sequence,
    where a gap of three times that means that it broke; elsewhere a gap only means that the sky is quiet."""

    pattern: str
    within_s: float
    steady: bool = False


#: Usual rates at GCN. The heartbeat comes every second. In November 2022 the longest gap between the 25,381 classic
#: VOEvents was 27 minutes, and that between LVK packets 7 hours (they send mock alerts hourly while they observe).
#: People write about eight circulars a day.
GCN_RATES = (
    Rate(pattern="gcn.heartbeat", within_s=10.0, steady=True),
    Rate(pattern="gcn.classic.*", within_s=3600.0),
    Rate(pattern="gcn.notices.*", within_s=86400.0),
    Rate(pattern="gcn.circulars", within_s=86400.0),
    Rate(pattern="igwn.gwalert", within_s=28800.0),
)


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The connection to the brokers as this process knows it, since when, and why."""

    state: Literal["connecting", "up", "disconnected", "unauthorised"]
    since: datetime
    reason: str = ""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """One feed at the moment of judging: `last` message heard by any process, `trouble` that the broker reported
    for this topic alone."""

    feed: str
    last: datetime | None = None
    rate: Rate | None = None
    trouble: tuple[State, str] | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed's state is, and why, in words for people."""

    state: State
    detail: str


def judge_link(
    link: Link, *, now: datetime, heard: datetime, heartbeat: Watched | None, after_s: float
) -> Verdict | None:
    """What is wrong with the whole connection; None while nothing is, or while it is too early to say.

    `heard` is when any process last heard anything on these feeds, or began to listen: another process that still
    hears proves that the feeds are alive, whatever this one has trouble with.
    """
    if link.state != "up":
        if now - heard <= timedelta(seconds=after_s):
            return None
        state: State = "unauthorised" if link.state == "unauthorised" else "disconnected"
        return Verdict(state=state, detail=link.reason or f"no broker answers since {iso(link.since)}")
    if heartbeat is None:
        return None
    pulse = max(link.since, heartbeat.last or link.since)
    if now - pulse <= timedelta(seconds=after_s):
        return None
    why = f" ({heartbeat.trouble[1]})" if heartbeat.trouble else ""
    return Verdict(state="silent", detail=f"the broker answers, but {heartbeat.feed} is silent since {iso(pulse)}{why}")


def judge_feed(
    watched: Watched, *, now: datetime, began: datetime, up: datetime, whole: Verdict | None, after_s: float
) -> Verdict:
    """The state of one feed, given what is wrong with the whole connection. `began` is when listening began, `up`
    when the connection came up last: time before the one is no gap, and before the other no gap of the sender's."""
    gap = now - max(watched.last or began, began)
    if whole is not None and (whole.state != "silent" or gap > timedelta(seconds=after_s)):
        return whole
    if watched.trouble is not None:
        return Verdict(state=watched.trouble[0], detail=watched.trouble[1])
    rate = watched.rate
    if rate is None or gap <= timedelta(seconds=rate.within_s):
        return Verdict(state="ok", detail="" if watched.last else "nothing yet")
    overdue = f"nothing for {span(gap.total_seconds())}; usually something comes within {span(rate.within_s)}"
    if rate.steady and min(gap, now - up) > timedelta(seconds=3 * rate.within_s):
        return Verdict(state="silent", detail=overdue)
    return Verdict(state="quiet", detail=overdue)


def transition(
    feed: str, verdict: Verdict, *, before: str, since: datetime | None, now: datetime, feeds: list[str], listener: str
) -> Event | None:
    """The event that a change of state deserves: `feed.silent` when a feed broke or broke in another way,
    `feed.recovered` when it works again.

    The id comes from the state before and since when it held, as the journal has them: a process that dies between
    journalling the event and noting the new state makes the very same event again.
    """
    if verdict.state == before or (verdict.state not in BROKEN and before not in BROKEN):
        return None
    kind = "feed.silent" if verdict.state in BROKEN else "feed.recovered"
    data = {
        "feed": feed,
        "feeds": feeds,
        "listener": listener,
        "state": verdict.state,
        "previous": before,
        "since": iso(since),
        "detail": verdict.detail,
    }
    identity = f"{kind}:{feed}:{before}:{verdict.state}:{iso(since)}"
    return Event(id=identity, kind=kind, source=f"nuncius:{listener}", received=now, trigger_time=now, data=data)


def feed_of(topic: str, entries: list[str]) -> str:
    """The subscription entry that a topic belongs to: its own name, else the longest pattern that matches."""
    if topic in entries:
        return topic
    matching = [entry for entry in entries if fnmatchcase(topic, entry)]
    return max(matching, key=len, default=topic)


def rate_of(feed: str, rates: Sequence[Rate]) -> Rate | None:
    """The usual rate of a feed: of the longest pattern that is it or covers it."""
    matching = [rate for rate in rates if rate.pattern == feed or fnmatchcase(feed, rate.pattern)]
    return max(matching, key=lambda rate: len(rate.pattern), default=None)


def span(seconds: float) -> str:
    """A length of time for people: `45 s`, `12 min`, `5 h`, `3 d`."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size or (unit == "min" and seconds >= size):
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
