"""What the graph holds about one object, now or as of an earlier moment: claims with who makes them and their standing.

Reads by index look-ups instead of SPARQL, because the consumer asks this for every circular it writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from kg.claim import Claim, Status
from kg.store import GraphStore
from kg.versions import FORMER
from kg.vocabulary import DCTERMS, NUNCIUS, OA, PROV

ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A source: when it was received, when a newer version took its place, who wrote it."""

    name: str
    received: datetime
    until: datetime | None = None
    kind: str = ""
    tense: str = ""
    by: str = ""
    mission: str = ""
    title: str = ""
    circular: int | None = None
    source: str = ""
    work: str = ""
    withdrawn: bool = False
    trigger_time: datetime | None = None

    @property
    def sender(self) -> bool:
        """Whether it is one of a series of which the newest word counts: a notice, or a result of our own."""
        return self.circular is None and not self.work

    def in_force(self, as_of: datetime) -> bool:
        """Whether it had been received by that moment and no newer version had."""
        return self.received <= as_of and (self.until is None or self.until > as_of)


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a paper says of itself: when it was published, its version, the objects that it is about, its identifiers
    and the pages that it cites."""

    published: str
    version: int
    about: list[str]
    identifiers: list[str]
    cites: list[str]


class Reader:
    """Reads one state of the graph, each document once. `as_of`: only documents received up to it count."""

    def __init__(self, store: GraphStore, *, as_of: datetime | None = None) -> None:
        self._store = store
        self.as_of = as_of or ALWAYS
        self._documents: dict[str, Document | None] = {}

    def document(self, name: str) -> Document | None:
        """A document; None where nothing with a time is said of it."""
        if name not in self._documents:
            self._documents[name] = _document(name, self._store.node(name))
        return self._documents[name]

    def in_force(self, name: str) -> bool:
        """Whether a document counts for this reader."""
        document = self.document(name)
        return document is not None and document.in_force(self.as_of)

    def members(self, obj: str) -> list[str]:
        """The IRIs under which documents that count speak of the object, the asked one first."""
        out = [obj]
        for one in out:
            for other, graph in self._store.edges(NUNCIUS + "sameObject", one):
                if other not in out and self.in_force(graph):
                    out.append(other)
        return out

    def about(self, obj: str) -> list[Document]:
        """The documents about the object that count, oldest first."""
        names = [n for one in self.members(obj) for n in self._pointing("about", one)]
        found = [d for n in dict.fromkeys(names) if (d := self.document(n)) and d.in_force(self.as_of)]
        return sorted(found, key=lambda d: (d.received, d.name))

    def mentioning(self, obj: str) -> list[Document]:
        """The papers that name the object, oldest first."""
        names = [n for one in self.members(obj) for n in self._pointing("mentions", one)]
        found = [d for n in dict.fromkeys(names) if (d := self.document(n)) and d.in_force(self.as_of)]
        return sorted(found, key=lambda d: (d.received, d.name))

    def words(self, name: str) -> Words:
        """What a paper says of itself beside its claims."""
        said = self._store.node(name)

        def all_of(word: str) -> list[str]:
            return [str(value) for value in said.get(word, [])]

        return Words(
            published=str(_one(said, DCTERMS + "created") or "")[:10],
            version=int(_one(said, NUNCIUS + "version") or 1),
            about=all_of(NUNCIUS + "about") + all_of(NUNCIUS + FORMER["about"]),
            identifiers=all_of(NUNCIUS + "identifier"),
            cites=sorted(all_of(DCTERMS + "references")),
        )

    def claims(self, obj: str, predicates: Collection[str] | None = None) -> list[Claim]:
        """All claims about the object that count, oldest first, each with its standing."""
        found: list[Claim] = []
        members = self.members(obj)
        for one in members:
            for node in self._store.pointing(NUNCIUS + "subject", one):
                claim = self._claim(node, one, predicates)
                if claim is not None:
                    found.append(claim)
        marks = self._object_marks(members)
        found = sorted(found, key=lambda c: (c.received, c.document, c.start or 0, c.node))
        return _newest_of_sender([self._judged(claim, marks) for claim in found])

    def fingerprint(self, obj: str) -> int:
        """A number that changes whenever `claims`, `mentioning` or `t0` of the object would answer differently: of all
        nodes that they rest on, without reading what the nodes say. A document is only ever replaced by a newer one,
        which leaves the former one behind under a name of its own."""
        members = self.members(obj)
        documents = [name for one in members for word in ("about", "mentions") for name in self._pointing(word, one)]
        nodes = [node for one in members for node in self._store.pointing(NUNCIUS + "subject", one)]
        marks = [node for name in dict.fromkeys(documents) for node in self._pointing("marks", name)]
        marks += [node for one in members for node in self._pointing("marksObject", one)]
        return hash((*members, *documents, *nodes, *marks))

    def t0(self, obj: str) -> datetime | None:
        """The trigger time: the first that a notice states, else the first that a circular asserts."""
        stated = [d.trigger_time for d in self.about(obj) if d.trigger_time is not None]
        if stated:
            return stated[0]
        for claim in self.claims(obj, ("trigger_time",)):
            moment = _moment(claim.value) if claim.assertion in ("asserted", "cited") else None
            if moment is not None and claim.status == "stands":
                return moment
        return None

    def retracted_by(self, obj: str) -> list[Document]:
        """Documents that take the object back and still stand: of each mission only its last notice counts."""
        about = self.about(obj)
        last = {d.mission: d for d in about if d.mission and d.tense in ("initial", "update", "retraction")}
        names = [n for one in self.members(obj) for n in self._pointing("retracts", one)]
        found = [d for n in dict.fromkeys(names) if (d := self.document(n)) and d.in_force(self.as_of)]
        return [d for d in found if not d.mission or last.get(d.mission, d) is d]

    def _claim(self, node: str, subject: str, predicates: Collection[str] | None) -> Claim | None:
        # A claim's IRI holds the name of its predicate (kg/claims.py): most nodes need not be read.
        if predicates is not None and not any(word in node for word in predicates):
            return None
        said = self._store.node(node)
        predicate = str(_one(said, NUNCIUS + "predicate") or _one(said, NUNCIUS + "formerPredicate") or "")
        predicate = predicate.removeprefix(NUNCIUS)
        if not predicate or (predicates is not None and predicate not in predicates):
            return None
        document = self.document(str(_one(said, PROV + "wasDerivedFrom") or ""))
        if document is None or not document.in_force(self.as_of):
            return None
        return self._read(node, subject, predicate, said, document)

    def _read(
        self, node: str, subject: str, predicate: str, said: Mapping[str, list[Any]], document: Document
    ) -> Claim:
        plain = {key.removeprefix(NUNCIUS): values[0] for key, values in said.items() if key.startswith(NUNCIUS)}
        span, quote = self._store.node(f"{node}-span"), self._store.node(f"{node}-quote")
        numbers = {w: plain[w] for w in _NUMBERS if isinstance(plain.get(w), int | float)}
        return Claim(
            node=node,
            predicate=predicate,
            subject=subject,
            document=document.name,
            received=document.received,
            by=document.by,
            circular=document.circular,
            source=document.source,
            work=document.work,
            sender=document.sender,
            title=document.title,
            value=plain.get("value"),
            unit=str(plain.get("unit") or ""),
            si_unit=str(plain.get("siUnit") or ""),
            error_probability=plain.get("errorProbability"),
            containment=plain.get("containmentProbability"),
            limit=plain.get("limit"),
            assertion=str(plain.get("assertion") or "asserted"),
            qualifier={k.removeprefix("qualifier_"): v for k, v in plain.items() if k.startswith("qualifier_")},
            text=str(_one(quote, OA + "exact") or ""),
            where=str(plain.get("where") or ""),
            start=_one(span, OA + "start"),
            end=_one(span, OA + "end"),
            **numbers,
        )

    def _judged(self, claim: Claim, of_object: list[_Mark]) -> Claim:
        """The claim with its standing, by the marks that count on its document and on its object."""
        marks = self._marks(self._pointing("marks", claim.document))
        later = [m for m in of_object if m.document.received >= claim.received]
        for mark in marks + later:
            if mark.document.name == claim.document or (mark.predicates and claim.predicate not in mark.predicates):
                continue
            status: Status = (
                "questioned" if not mark.predicates else "retracted" if mark.how == "retracted" else "corrected"
            )
            return msgspec.structs.replace(claim, status=status, status_by=mark.document.name)
        return claim

    def _object_marks(self, members: Collection[str]) -> list[_Mark]:
        return [m for one in members for m in self._marks(self._pointing("marksObject", one))]

    def _pointing(self, word: str, node: str) -> list[str]:
        """Who says `word` of a node, documents that a newer version replaced included."""
        return self._store.pointing(NUNCIUS + word, node) + self._store.pointing(NUNCIUS + FORMER[word], node)

    def _marks(self, nodes: Collection[str]) -> list[_Mark]:
        out: list[_Mark] = []
        for node in nodes:
            said = self._store.node(node)
            document = self.document(str(_one(said, PROV + "wasDerivedFrom") or ""))
            if document is not None and document.in_force(self.as_of):
                predicates = [str(p).removeprefix(NUNCIUS) for p in said.get(NUNCIUS + "markedPredicate", [])]
                out.append(_Mark(document=document, how=str(_one(said, NUNCIUS + "how")), predicates=predicates))
        return out


def _newest_of_sender(claims: list[Claim]) -> list[Claim]:
    """Of the notices of one sender the newest counts of each quantity: a refined position takes the place of the first.
    `claims` are in order of arrival."""
    newest = {(c.by, c.predicate, c.instrument): c for c in claims if c.sender and c.by}
    out: list[Claim] = []
    for claim in claims:
        latest = newest.get((claim.by, claim.predicate, claim.instrument)) if claim.sender else None
        if latest is not None and latest.document != claim.document and claim.status == "stands":
            claim = msgspec.structs.replace(claim, status="superseded", status_by=latest.document)
        out.append(claim)
    return out


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    document: Document
    how: str
    predicates: list[str]


_NUMBERS = ("si", "minus", "plus", "lower", "upper", "ra", "dec", "radius", "confidence")


def _one(said: Mapping[str, list[Any]], predicate: str) -> Any:
    values = said.get(predicate)
    return values[0] if values else None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _document(name: str, said: Mapping[str, list[Any]]) -> Document | None:
    received = _moment(_one(said, PROV + "generatedAtTime")) if said else None
    if received is None:
        return None
    mission, instrument = (str(_one(said, NUNCIUS + w) or "") for w in ("mission", "instrument"))
    number = _one(said, NUNCIUS + "circular")
    until = _one(said, PROV + "invalidatedAtTime")
    by = str(_one(said, NUNCIUS + "byline") or " ".join(dict.fromkeys(w for w in (mission, instrument) if w)))
    source = str(_one(said, NUNCIUS + "shortName") or f"{by} notice".strip())
    return Document(
        name=name,
        received=received,
        until=_moment(until) if until else None,
        kind=str(_one(said, NUNCIUS + "kind") or ""),
        tense=str(_one(said, NUNCIUS + "tense") or ""),
        by=by,
        mission=mission.lower(),
        title=str(_one(said, DCTERMS + "title") or _one(said, NUNCIUS + "type") or ""),
        circular=int(number) if isinstance(number, int | float) else None,
        source=f"GCN {int(number)}" if isinstance(number, int | float) else source,
        work=str(_one(said, NUNCIUS + "work") or ""),
        withdrawn=_one(said, NUNCIUS + "withdrawn") is True,
        trigger_time=_moment(_one(said, NUNCIUS + "triggerTime") or ""),
    )
