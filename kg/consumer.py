"""The graph's consumer: reads the journal after its own cursor, writes triples, and hands certain facts back as events.

Nothing is lost and nothing doubled by a crash: graphs are replaced as wholes, facts have stable ids, and the cursor
moves last.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from kg import terms as t
from kg.announce import announced, withdrawn_events
from kg.contradictions import COMPARED
from kg.disputes import Written, by_object, dispute_events
from kg.extraction import EVERYTHING, Circular, Fact, extract
from kg.objects import claims_of, held_names, identify, identities
from kg.paper_news import paper_events
from kg.papers import is_paper, read_paper
from kg.parting import PARTED, resolve
from kg.platforms import graph_name, is_about_platform, platform_triples
from kg.store import GraphStore, Triple, literal
from kg.subjects import Identity, key_of, subject_of
from kg.triples import graph_of, is_document, predicates_of_result, triples_of, version_of
from kg.verdicts import is_about_assumption, place_iri, put_in_order, triples, withdrawals
from kg.versions import former, former_graph
from kg.vocabulary import NUNCIUS, event_iri, object_iri
from nuncius.core.errors import ConfigurationError, TransientError
from nuncius.core.event import Event, iso
from nuncius.journal import Journal, Stored

__all__ = ["GraphConsumer", "identify"]

log = logging.getLogger(__name__)

CURSOR = "kg"
BATCH = 500


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
        whose = identities(self._journal, stored, objects)
        batch = _Batch(self._store, self._journal)
        for item in stored:
            if is_about_platform(item.event):
                batch.graphs[graph_name(item.event)] = platform_triples(item.event)
            elif is_about_assumption(item.event):
                batch.graphs[event_iri(item.event.id)] = triples(item.event)
            elif is_document(item.event):
                batch.take(item.event, whose.get(item.seq, Identity(object=objects.get(item.seq))))
        judged = [place_iri(item.event) for item in stored if is_about_assumption(item.event)]
        put_in_order(self._store, batch.graphs, dict.fromkeys(judged))
        if batch.graphs:
            self._store.replace(batch.graphs, durable=durable)
        for item in stored:
            if item.event.kind == PARTED:
                self._write_again(item.event, durable=durable)
        order = [item.event.id for item in stored]
        changed: list[tuple[Event, Iterable[str]]] = [(one.source, one.objects) for one in batch.written]
        changed += [(s.event, (objects[s.seq],)) for s in stored if s.event.is_retraction and s.seq in objects]
        batch.events += withdrawals(self._store, changed)
        return batch.events + dispute_events(self._store, self._journal, batch.written, order)

    def _write_again(self, parted: Event, *, durable: bool) -> None:
        """After a claim about a name was taken back: the documents of both objects say what still stands."""
        about = [str(parted.data["object"]), resolve(self._journal, str(parted.data["name"]))]
        stored = [s for obj in dict.fromkeys(o for o in about if o) for s in self._journal.events_of(obj)]
        again = [s for s in stored if s.event.kind != PARTED and is_document(s.event)]
        if again:
            self.write(sorted(again, key=lambda s: s.seq), durable=durable)

    def run(self, stop: threading.Event) -> None:
        """Follow the journal until `stop` is set."""
        while not stop.is_set():
            if self.step() == 0:
                self._journal.wait(self._journal.cursor(CURSOR), 0.5)


class _Batch:
    """What a batch of events makes: graphs to replace, facts to announce, and what was written of which objects."""

    def __init__(self, store: GraphStore, journal: Journal) -> None:
        self.graphs: dict[str, list[Triple]] = {}
        self.events: list[Event] = []
        self.written: list[Written] = []
        self._store = store
        self._journal = journal
        self._newest: dict[str, _Version] = {}

    def take(self, event: Event, identity: Identity) -> None:
        """Add one document."""
        name = graph_of(event)
        if event.kind == "gcn.circular" or is_paper(event):
            self._text(event, identity, name)
            return
        self.graphs[name] = triples_of(event, identity)
        if event.kind == "analysis.result" and identity.object is not None:
            self.written.append(Written(source=event, objects={identity.object: predicates_of_result(event)}))

    def _text(self, event: Event, identity: Identity, name: str) -> None:
        """Add a version of a circular or paper."""
        newest, version = self._known(name), version_of(event)
        before = self._before(name, version, newest)
        facts, former = _facts(event), _facts(before.event) if before is not None else []
        identity = self._identity(event, before.event if before is not None else None, identity)
        if newest is not None and version < newest.number:  # an older version that came late
            self._keep_former(name, version, triples_of(event, identity, facts), newest.since)
            return
        if newest is not None and newest.number < version:
            since = self.graphs.get(name) or self._store.triples(name)
            self._keep_former(name, newest.number, since, _moment(event))
        if before is not None:
            self.events += withdrawn_events(former, facts, event, identity)
        self._newest[name] = _Version(number=version, since=_moment(event), event=event.id)
        self.graphs[name] = triples_of(event, identity, facts)
        if is_paper(event):
            self.events += paper_events(read_paper(event), event, identity)
        self.events += announced(facts, event, identity)
        own = _own(facts)
        said = [(subject_of(f, identity, own), f.predicate) for f in facts if f.assertion in _NEWS]
        said += [(subject_of(f, identity, _own(former)), f.predicate) for f in former]
        corrects = any(f.predicate in ("corrects", "retraction") for f in facts)
        objects = by_object(said)
        if corrects:
            objects = {obj: predicates | COMPARED for obj, predicates in objects.items()}
        self.written.append(Written(source=event, objects=objects, reopens=before is not None or corrects))

    def _before(self, name: str, version: int, newest: _Version | None) -> Stored | None:
        """The version that this one replaces, or has replaced where it is read a second time after a crash."""
        if newest is None or newest.number > version:
            return None
        if newest.number < version:
            return self._journal.get(newest.event)
        graphs = (former_graph(name, n) for n in range(version - 1, max(0, version - 9), -1))
        found = (self._store.value(graph, graph, t.IDENTIFIER.value) for graph in graphs)
        event = next((name for name in found if name), None)
        return self._journal.get(event) if event else None

    def _identity(self, event: Event, before: Event | None, identity: Identity) -> Identity:
        """Of a paper, which of the names in its versions are those of objects that we know."""
        if not is_paper(event):
            return identity
        names = [name for one in (event, before) if one is not None for name in read_paper(one).abstract.mentions.names]
        return Identity(object=identity.object, held=held_names(self._journal, names))

    def _keep_former(self, name: str, version: int, triples: Sequence[Triple], until: Any) -> None:
        """The first word about when a version ceased to stand counts, so that reading again changes nothing."""
        graph = former_graph(name, version)
        if graph not in self.graphs and self._store.value(graph, graph, t.INVALIDATED.value) is None:
            self.graphs[graph] = former(triples, name, version, until)

    def _known(self, name: str) -> _Version | None:
        """The newest version of a document so far, when it came and as which event."""
        if name not in self._newest:
            number = self._store.value(name, name, NUNCIUS + "version")
            if number is None:
                return None
            since = literal(str(self._store.value(name, name, t.GENERATED.value)), kind="dateTime")
            event = str(self._store.value(name, name, t.IDENTIFIER.value))
            self._newest[name] = _Version(number=int(number), since=since, event=event)
        return self._newest[name]


class _Version(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    since: Any
    event: str


#: Assertions that may exclude another claim.
_NEWS = ("asserted", "hedged", "negated")


def _facts(event: Event) -> list[Fact]:
    """What a circular or paper says."""
    return read_paper(event).abstract.facts if is_paper(event) else extract(circular_of(event), also=EVERYTHING)


def _own(facts: Sequence[Fact]) -> str | None:
    return next((str(f.value) for f in facts if f.predicate == "event_name"), None)


def announcements(event: Event, obj: str | None) -> list[Event]:
    """The facts that a circular announces, without a graph: for backtests. Facts about other objects name these;
    those about its own name `obj`."""
    facts = extract(circular_of(event), also=EVERYTHING)
    names = [key.key for key in claims_of(event)]
    events = announced(facts, event, Identity(object=obj, names=names))
    name = _own(facts)
    own = object_iri(key_of(name)) if name is not None else None
    return [_unresolved(e) if obj is None and e.object == own else e for e in events]


def _unresolved(event: Event) -> Event:
    """The fact of an event whose object is not known yet."""
    data = {word: value for word, value in event.data.items() if word != "object"}
    return msgspec.structs.replace(event, object=None, data=data)


def _moment(event: Event) -> Any:
    return literal(str(iso(event.received)), kind="dateTime")


def circular_of(event: Event) -> Circular:
    """A journalled circular as extraction takes it."""
    names = event.data.get("event_name")
    return Circular(
        number=int(event.data["circular"]),
        version=version_of(event),
        subject=str(event.data.get("subject") or ""),
        body=str(event.data.get("body") or ""),
        created=str(event.data["created"]) if event.data.get("created") is not None else None,
        event_name=[str(n) for n in names] if isinstance(names, list) else [],
    )
