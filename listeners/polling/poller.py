"""From a source's pages to the journal: what a page holds and how far it came are one transaction.

A process may die anywhere: the page in hand is asked for again, and what was kept already is recognised by its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from listeners import formats
from listeners.intake import Parse, rejected
from listeners.polling.contract import Page, Source
from listeners.polling.web import Web
from nuncius.core.clock import Clock
from nuncius.core.event import Event
from nuncius.journal import Turn, Turns
from nuncius.journal.records import Reject
from nuncius.recurring import Duty

#: A page must be there within this after the one before; then another process may go on, in seconds.
LEASE_S = 600.0


def duties(sources: Sequence[Source], web: Web, clock: Clock, *, parse: Parse = formats.parse) -> list[Duty]:
    """Each source as a duty of the service."""
    return [
        Duty(name=source.name, every_s=source.every_s, work=partial(poll, source, web, clock, parse), lease_s=LEASE_S)
        for source in sources
    ]


def poll(source: Source, web: Web, clock: Clock, parse: Parse, turn: Turn, turns: Turns) -> None:
    """Ask a source for its news and keep them, page by page. Raises what the source raises."""
    for page in source.pages(turn.state, web, clock.now()):
        keep(source.name, page, clock, parse, turn, turns)


def keep(source: str, page: Page, clock: Clock, parse: Parse, turn: Turn, turns: Turns) -> None:
    """One page into the journal; a message that cannot be understood is kept as a reject."""
    events: list[Event] = []
    rejects: list[Reject] = []
    for message in page.messages:
        try:
            events += parse(message)
        except Exception as error:
            rejects.append(rejected(message, source, error))
    until = clock.now() + timedelta(seconds=LEASE_S)
    turns.keep(turn, events, rejects=rejects, state=page.state, until=until)
