"""From a source's pages to the journal: what a page holds and how far it came are one transaction.

A process may die anywhere: the page in hand is asked for again, and what was kept already is recognised by its id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec

from listeners import formats
from listeners.intake import Parse, rejected
from listeners.polling.contract import Gap, Page, Source
from listeners.polling.web import Web
from nuncius.core.clock import Clock
from nuncius.core.event import Event
from nuncius.journal import Turn, Turns
from nuncius.journal.records import Reject
from nuncius.recurring import Duty

log = logging.getLogger(__name__)

#: A page must be there within this after the one before; then another process may go on, in seconds.
LEASE_S = 600.0


class Brought(msgspec.Struct, kw_only=True):
    """What one turn of a source brought: messages in pages, and the events in them that were new, or known already."""

    pages: int = 0
    messages: int = 0
    new: int = 0
    known: int = 0
    rejected: int = 0
    gaps: int = 0


def _silent(brought: Brought) -> None:
    """Nobody watches."""


def duties(
    sources: Sequence[Source],
    web: Web,
    clock: Clock,
    *,
    parse: Parse = formats.parse,
    told: Callable[[Brought], None] = _silent,
) -> list[Duty]:
    """Each source as a duty of the service; `told` hears what came after every page."""
    return [
        Duty(name=s.name, every_s=s.every_s, work=partial(poll, s, web, clock, parse, told), lease_s=LEASE_S)
        for s in sources
    ]


def poll(
    source: Source, web: Web, clock: Clock, parse: Parse, told: Callable[[Brought], None], turn: Turn, turns: Turns
) -> Brought:
    """Ask a source for its news and keep them, page by page. Raises what the source raises."""
    brought = Brought()
    for page in source.pages(turn.state, web, clock.now()):
        keep(source.name, page, clock, parse, turn, turns, brought)
        told(brought)
    return brought


def keep(source: str, page: Page, clock: Clock, parse: Parse, turn: Turn, turns: Turns, brought: Brought) -> None:
    """One page into the journal; a message that cannot be understood is kept as a reject."""
    events, rejects = understand(source, page, parse)
    now = clock.now()
    events += [gap_event(source, gap, now) for gap in page.gaps]
    done = turns.keep(turn, events, rejects=rejects, state=page.state, until=now + timedelta(seconds=LEASE_S))
    for gap in page.gaps:
        log.warning("%s: %s", source, gap.detail)
    brought.pages += 1
    brought.messages += len(page.messages)
    brought.gaps += len(page.gaps)
    brought.new += len(done.new)
    brought.known += done.duplicates
    brought.rejected += len(rejects)


def understand(source: str, page: Page, parse: Parse = formats.parse) -> tuple[list[Event], list[Reject]]:
    """The events of a page, and what in it could not be understood."""
    events: list[Event] = []
    rejects: list[Reject] = []
    for message in page.messages:
        try:
            events += parse(message)
        except Exception as error:
            rejects.append(rejected(message, source, error))
    return events, rejects


def gap_event(source: str, gap: Gap, now: datetime) -> Event:
    """A gap as an event, on which rules and people can act."""
    data = {"feed": source, "gap": gap.key, "detail": gap.detail, "subject": f"{source}: {gap.detail}"}
    return Event(id=f"feed.gap:{source}:{gap.key}", kind="feed.gap", source=source, received=now, data=data)
