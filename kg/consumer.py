"""The graph's consumer: reads the journal after its own cursor, writes triples, and hands certain facts back as events.

Nothing is lost and nothing doubled by a crash: graphs are replaced as wholes, facts have stable ids, and the cursor
moves last.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import msgspec

from kg.extraction import Circular, Fact, extract
from kg.objects import identify
from kg.store import GraphStore, Triple
from kg.triples import graph_of, is_document, triples_of, version_of
from kg.vocabulary import NUNCIUS
from nuncius.core.errors import ConfigurationError, TransientError
from nuncius.core.event import Event
from nuncius.journal import Journal, Stored

__all__ = ["GraphConsumer", "identify"]

log = logging.getLogger(__name__)

CURSOR = "kg"
BATCH = 500
#: Facts that rules may want to hear of at once.
ANNOUNCED = ("redshift", "retraction")


class GraphConsumer:
    """Keeps `store` in step with `journal`."""

    def __init__(self, journal: Journal, store: GraphStore, *, batch: int = BATCH) -> None:
        self._journal = journal
        self._store = store
        self._batch = batch

    def step(self) -> int:
        """Take the next batch, if there is one; returns how many events were read."""
        stored = self._journal.read(self._journal.cursor(CURSOR), limit=self._batch)
        if not stored:
            return 0
        events = self.write(stored)
        if events:
            self._journal.append(events)
        self._journal.advance(CURSOR, stored[-1].seq)
        return len(stored)

    def write(self, stored: Sequence[Stored], *, durable: bool = True) -> list[Event]:
        """Put a batch into the graph; returns the facts to announce. A document that cannot be written is logged and
        left out, so that it does not keep out all that come after it."""
        try:
            return self._write(stored, durable=durable)
        except (TransientError, ConfigurationError, OSError):
            raise  # nothing is wrong with the documents: the same batch succeeds later
        except Exception as error:
            if len(stored) == 1:
                log.exception("%s is not in the graph: %r", stored[0].event.id, error)
                return []
        return [event for item in stored for event in self.write([item], durable=durable)]

    def _write(self, stored: Sequence[Stored], *, durable: bool) -> list[Event]:
        """One batch in one transaction."""
        objects = identify(self._journal, stored)
        graphs: dict[str, list[Triple]] = {}
        versions: dict[str, int] = {}
        announced: list[Event] = []
        for item in stored:
            event, obj = item.event, objects.get(item.seq)
            if not is_document(event):
                continue
            name = graph_of(event)
            facts: list[Fact] = []
            if event.kind == "gcn.circular":
                if version_of(event) < max(versions.get(name, 0), self._known_version(name)):
                    continue  # an older version that came late
                versions[name] = version_of(event)
                facts = extract(_circular(event))
                announced += [fact_event(fact, event, obj) for fact in facts if fact.predicate in ANNOUNCED]
            graphs[name] = triples_of(event, obj, facts)
        if graphs:
            self._store.replace(graphs, durable=durable)
        return announced

    def _known_version(self, graph: str) -> int:
        known = self._store.value(graph, graph, NUNCIUS + "version")
        return int(known) if known else 0

    def run(self, stop: threading.Event) -> None:
        """Follow the journal until `stop` is set."""
        while not stop.is_set():
            if self.step() == 0:
                self._journal.wait(self._journal.cursor(CURSOR), 0.5)


def _circular(event: Event) -> Circular:
    names = event.data.get("event_name")
    return Circular(
        number=int(event.data["circular"]),
        version=version_of(event),
        subject=str(event.data.get("subject") or ""),
        body=str(event.data.get("body") or ""),
        event_name=[str(n) for n in names] if isinstance(names, list) else [],
    )


def fact_event(fact: Fact, source: Event, obj: str | None) -> Event:
    """A fact as an event that rules can match. Its id follows from the circular and the span, so that reading the
    circular again announces nothing twice."""
    data = {k: v for k, v in msgspec.to_builtins(fact).items() if v is not None}
    data["name"] = data.pop("object", "")
    data["about"] = data.pop("qualifier", {})
    for word in ("circular", "version", "start", "end"):
        data[word] = float(data[word])
    if obj:
        data["object"] = obj
    data["url"] = graph_of(source)
    return Event(
        id=f"fact:{source.id}:{fact.predicate}:{fact.where}:{fact.start}-{fact.end}",
        kind="kg.fact",
        source="nuncius/kg",
        received=source.received,
        tense=source.tense,
        object=obj,
        trigger_time=source.trigger_time,
        data=data,
    )
