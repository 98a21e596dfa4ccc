"""What functions of rules may look up in the live service: sky maps and spacecraft in the journal, the graph."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from analyses.fields import Surroundings
from analyses.orbits import Orbits
from kg.named_queries import NamedQueries
from nuncius.core.clock import Clock, VirtualClock
from nuncius.core.event import Event
from nuncius.journal import Journal
from reactors.asking import GraphAnswers
from reactors.functions import Maps

#: The consumer that writes the graph.
GRAPH = "kg"


def live_means(journal: Journal, queries: NamedQueries | None, clock: Clock, orbits: Path | None = None) -> Maps:
    """One for each thread that evaluates. In a replay the graph is asked as of the archive's time."""

    def events(kinds: Sequence[str], begin: datetime, end: datetime) -> list[Event]:
        upto = journal.last_seq()
        return [s.event for kind in kinds for s in journal.between(kind, begin, end, upto=upto)]

    def moment() -> datetime | None:
        return clock.now() if isinstance(clock, VirtualClock) else None

    def lag() -> float:
        unread = journal.read(journal.cursor(GRAPH), limit=1)
        return max(0.0, (clock.now() - unread[0].event.received).total_seconds()) if unread else 0.0

    answers = None
    if queries is not None:
        answers = GraphAnswers(queries, version=lambda: journal.cursor(GRAPH), moment=moment, lag=lag)
    return Maps(journal.blob, around=Surroundings(events=events, orbits=Orbits(orbits)), graph=answers)
