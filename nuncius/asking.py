"""Sources asked by hand: whose turn it is does not matter, what they bring is kept as the service would keep it, or
only shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from listeners.polling.contract import Source
from listeners.polling.poller import Brought, duties, understand
from listeners.polling.web import Web
from listeners.sources import polled_sources
from nuncius.core.clock import Clock
from nuncius.core.errors import ConfigurationError, NunciusError
from nuncius.core.event import Event
from nuncius.core.registry import did_you_mean
from nuncius.journal import Journal
from nuncius.recurring import Recurring
from nuncius.settings import Settings

Told = Callable[[Brought], None]


class Asked(msgspec.Struct, kw_only=True):
    """How asking one source ended. `busy`: another process is asking it. `events` only where nothing was kept."""

    source: str
    brought: Brought = msgspec.field(default_factory=Brought)
    busy: bool = False
    error: str = ""
    gaps: list[str] = []
    events: list[Event] = []

    @property
    def well(self) -> bool:
        """Whether it was asked, and all of it came."""
        return not self.busy and not self.error


def sources_of(settings: Settings) -> list[Source]:
    """All sources that the settings set up, and the packages that test cases depend on."""
    return polled_sources(papers=settings.papers, releases=settings.releases, packages=watched_packages(settings))


def watched_packages(settings: Settings) -> list[str]:
    """What the test cases depend on, where releases are watched at all."""
    if settings.releases is None or not settings.releases.test_cases:
        return []
    from analyses.regression.cases import load_cases

    return sorted(
        {package for case in load_cases(settings.regress.testcases).values() for package in case.test.depends}
    )


def chosen(sources: Sequence[Source], names: Sequence[str]) -> list[Source]:
    """Those of these names, in which `*` stands for anything; all where there are none. Raises ConfigurationError."""
    known = [source.name for source in sources]
    for name in names:
        if not any(fnmatchcase(one, name) for one in known):
            raise ConfigurationError(f"no source is named '{name}'{did_you_mean(name, known)}")
    return [s for s in sources if not names or any(fnmatchcase(s.name, name) for name in names)]


def ask(source: Source, journal: Journal, web: Web, clock: Clock, owner: str, told: Told) -> Asked:
    """Ask a source now and keep what it brings."""
    asked = Asked(source=source.name)

    def hear(brought: Brought) -> None:
        asked.brought = brought
        told(brought)

    (duty,) = duties([source], web, clock, told=hear)
    attempt = Recurring(journal, [duty], clock=clock, owner=owner).attempt(duty, waits=False)
    asked.busy, asked.error = not attempt.taken and not attempt.error, attempt.error
    return asked


def look(source: Source, state: Any, web: Web, now: datetime, told: Told) -> Asked:
    """Ask a source what it has since `state`, and keep nothing."""
    asked = Asked(source=source.name)
    try:
        for page in source.pages(state, web, now):
            events, rejects = understand(source.name, page)
            asked.events += events
            asked.gaps += [gap.detail for gap in page.gaps]
            asked.brought.pages += 1
            asked.brought.messages += len(page.messages)
            asked.brought.rejected += len(rejects)
            asked.brought.gaps += len(page.gaps)
            told(asked.brought)
    except NunciusError as error:
        asked.error = str(error)
    return asked
