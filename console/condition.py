"""What is wrong first: feeds, consumers, checks, deliveries and messages that were not understood, as the strip at the
top of *Now* says it. Knows nothing of HTML or HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from console.health import BEHIND_S, CONSUMERS
from console.overview import FeedLine, Overview
from nuncius.journal import Journal
from nuncius.journal.checks import CheckState, Looks
from nuncius.journal.glance import Glance
from nuncius.journal.measures import lags

#: What a consumer does, in words for people.
_DOES = {"kg": "The knowledge graph and its claims", "reactors": "The rules"}
_BROKEN = ("failing", "flapping")


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody should look at. `bad` is worse than merely `warn`; `href` leads to more."""

    level: str
    words: str
    href: str = ""


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """The checks of one platform in a word."""

    name: str
    health: str
    words: str


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One feed: what came last and when, and how many messages a broker holds that were not read (None: not known)."""

    line: FeedLine
    count: int
    behind: int | None


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """How the service stands: what is wrong, the worst first, then everything else."""

    troubles: list[Trouble]
    topics: list[Topic]
    platforms: list[Platform]
    queued: int

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.troubles


def condition(journal: Journal, overview: Overview, now: datetime) -> Condition:
    """How things stand."""
    looks = Looks(journal).states()
    troubles = [*_feeds(overview), *_behind(journal, now), *_checks(looks), *_left(overview)]
    return Condition(
        troubles=sorted(troubles, key=lambda trouble: trouble.level != "bad"),
        topics=_topics(journal, overview),
        platforms=_platforms(looks),
        queued=Glance(journal).queued(),
    )


def _feeds(overview: Overview) -> list[Trouble]:
    broken = [feed for feed in overview.feeds if feed.health == "bad"]
    said = [Trouble(level="bad", words=f"{feed.name}: {feed.words}", href="#feeds") for feed in broken[:3]]
    if len(broken) > 3:
        said.append(Trouble(level="bad", words=f"{len(broken) - 3} more feeds are broken", href="#feeds"))
    return said


def _behind(journal: Journal, now: datetime) -> list[Trouble]:
    last = journal.last_seq()
    slow = [
        (_DOES[lag.consumer], lag.events, lag.oldest)
        for lag in journal.ask(lambda connection: lags(connection, last))
        if lag.consumer in CONSUMERS and lag.oldest is not None and (now - lag.oldest).total_seconds() > BEHIND_S
    ]
    return [
        Trouble(level="bad", words=f"{what} lag {events} events behind, the oldest {_since(oldest, now)}")
        for what, events, oldest in slow
    ]


def _since(moment: datetime, now: datetime) -> str:
    minutes = (now - moment).total_seconds() / 60
    return f"{minutes:.0f} min old" if minutes < 120 else f"{minutes / 60:.0f} h old"


def _checks(looks: Sequence[CheckState]) -> list[Trouble]:
    broken = [look for look in looks if look.state in _BROKEN]
    return [
        Trouble(
            level="bad" if look.state == "failing" else "warn",
            words=f"{look.check} is {look.state}: {look.reason}",
            href=f"/checks/{look.check}",
        )
        for look in broken[:5]
    ] + ([Trouble(level="bad", words=f"{len(broken) - 5} more checks", href="/checks")] if len(broken) > 5 else [])


def _left(overview: Overview) -> list[Trouble]:
    found = []
    if overview.failed:
        found.append(Trouble(level="bad", words=f"{_many(overview.failed, 'report')} could not be delivered"))
    if overview.rejects:
        found.append(Trouble(level="warn", words=f"{_many(overview.rejects, 'message')} not understood"))
    return found


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _topics(journal: Journal, overview: Overview) -> list[Topic]:
    behind: dict[str, int] = {}
    for offset in journal.offsets():
        if offset.high is not None:
            behind[offset.topic] = behind.get(offset.topic, 0) + max(0, offset.high - offset.next_offset)
    counts = {feed.feed: feed.count for feed in journal.feeds()}
    order = {"bad": 0, "unknown": 1, "good": 2}
    topics = [Topic(line=f, count=counts.get(f.name, 0), behind=behind.get(f.name)) for f in overview.feeds]
    return sorted(topics, key=lambda topic: (order.get(topic.line.health, 1), topic.line.name))


def _platforms(looks: Sequence[CheckState]) -> list[Platform]:
    found: dict[str, list[CheckState]] = {}
    for look in looks:
        found.setdefault(look.platform, []).append(look)
    return [_platform(name, found[name]) for name in sorted(found, key=lambda name: (name != "nuncius", name))]


def _platform(name: str, looks: Sequence[CheckState]) -> Platform:
    broken, well = sum(look.state in _BROKEN for look in looks), sum(look.state == "well" for look in looks)
    if broken:
        return Platform(name=name, health="bad", words=f"{broken} of {len(looks)} checks broken")
    if well:
        return Platform(name=name, health="good", words=f"{_many(well, 'check')} well")
    return Platform(name=name, health="unknown", words="nothing told yet")
