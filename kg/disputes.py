"""Disputes between documents as events: what a document just written contradicts, and what a new version, a withdrawal
or a correction settles. Reads claims from the graph, and the words around them from the journal.

    kg.fact.contradiction    two claims that exclude each other (`predicate` "contradiction", `quantity` says of what)
    kg.fact.settled          claims that were told to exclude each other and no longer do (`predicate` "settled")

`dispute` names the disagreement of two documents about a quantity: it stays the same over their versions, so that a
rule finds the place where it has told of it before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from kg import terms as t
from kg.claim import Claim, figure, said
from kg.contradictions import COMPARED, Contradiction, against, contradictions, once
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence
from kg.knowledge import Reader
from kg.names import normalise_name
from kg.store import GraphStore
from kg.tex import readable
from kg.vocabulary import event_iri, object_label
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal

#: Contradictions announced of one document.
MOST_CONTRADICTIONS = 20
#: Light curves are compared when somebody asks, not announced point by point.
TOLD = frozenset(COMPARED - {"magnitude", "flux"})
#: Longest quotation, characters; and those of the source that are read for it on either side.
_QUOTED, _AROUND = 280, 700
_NOW = timedelta(microseconds=1)


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A document just written, and of which objects it says which predicates. `reopens`: it may settle something,
    being a new version, a withdrawal or a correction; then the objects of its former version are among them."""

    source: Event
    objects: dict[str, set[str]]
    reopens: bool = False


def dispute_events(
    store: GraphStore, journal: Journal, written: Sequence[Written], order: Sequence[str]
) -> list[Event]:
    """What documents just written contradict, among claims about the same objects that were journalled before each,
    and what they settle. `order` are the ids of the batch's events: what comes later in it does not count yet, so
    that the same is announced however the journal is cut into batches."""
    place = {event_id: number for number, event_id in enumerate(order)}
    out: dict[str, Event] = {}
    reader, teller = Reader(store), _Teller(store, journal)
    for one in written:
        if not one.source.is_real:
            continue
        later = {event_iri(event_id) for event_id in order[place[one.source.id] + 1 :]} - {event_iri(one.source.id)}
        for obj, predicates in one.objects.items():
            wanted = predicates & TOLD
            if not wanted:
                continue
            claims = [claim for claim in reader.claims(obj, wanted) if claim.document not in later]
            out |= teller.contradictions(claims, obj, one.source)
            if one.reopens:
                before = Reader(store, as_of=one.source.received - _NOW).claims(obj, wanted)
                out |= teller.settled(before, claims, obj, one.source)
    return list(out.values())


class _Teller:
    def __init__(self, store: GraphStore, journal: Journal) -> None:
        self._store = store
        self._journal = journal

    def contradictions(self, claims: Sequence[Claim], obj: str, source: Event) -> dict[str, Event]:
        """Of each disagreement of a document with another the widest gap."""
        mine = [claim for claim in claims if claim.document == event_iri(source.id)]
        found = once([pair for claim in mine for pair in against(claim, claims)])
        found.sort(key=lambda pair: -(pair.sigmas or 0.0))
        widest = {self._dispute(pair, obj): pair for pair in reversed(found)}
        kept = sorted(widest.values(), key=lambda pair: -(pair.sigmas or 0.0))[:MOST_CONTRADICTIONS]
        events = [self._event(pair, obj, source) for pair in kept]
        return {event.id: event for event in events}

    def settled(self, before: Sequence[Claim], after: Sequence[Claim], obj: str, source: Event) -> dict[str, Event]:
        """What was told to be in dispute and is not any more."""
        still = {self._dispute(pair, obj) for pair in contradictions(after)}
        over: dict[str, list[Contradiction]] = {}
        for pair in contradictions(before):
            if (dispute := self._dispute(pair, obj)) not in still:
                over.setdefault(dispute, []).append(pair)
        out: dict[str, Event] = {}
        for dispute, pairs in over.items():
            told = next((pair for pair in pairs if self._journal.get(self._id(pair)) is not None), None)
            if told is None:
                continue
            event = self._event(told, obj, source)
            data = event.data | {"predicate": "settled", "because": self._because(told, after, source)}
            name = f"settled:{source.id}:{dispute}"
            out[name] = msgspec.structs.replace(event, id=name, kind="kg.fact.settled", data=data)
        return out

    def _because(self, pair: Contradiction, after: Sequence[Claim], source: Event) -> str:
        """Why a dispute is over, in words."""
        own = event_iri(source.id)
        label = self._label(own)
        if source.is_retraction:
            return f"{label} was withdrawn"
        if own not in {self._page(c.document) for c in (pair.earlier, pair.later)}:
            return f"{label} corrects it"
        now = [said(c) for c in after if c.document == own and c.predicate == pair.predicate]
        return f"{label} now says {', '.join(dict.fromkeys(now))}" if now else f"{label} no longer says so"

    def _label(self, document: str) -> str:
        found = Reader(self._store).document(document)
        return found.source if found is not None and found.source else document

    def _page(self, document: str) -> str:
        """The page of a document, also of a version that was replaced."""
        newer = self._store.pointing(t.REVISION_OF.value, document)
        return newer[0] if newer else document

    def _dispute(self, pair: Contradiction, obj: str) -> str:
        pages = sorted(self._page(claim.document) for claim in (pair.earlier, pair.later))
        what = [pair.predicate, pair.later.instrument, str(pair.later.qualifier.get("band") or "")]
        return _digest([obj, *what, *pages])

    def _id(self, pair: Contradiction) -> str:
        """From the claims' nodes, as they stand on their documents' pages, and their values."""
        said_of = []
        for c in (pair.earlier, pair.later):
            node = self._page(c.document) + c.node.removeprefix(c.document)
            said_of.append(f"{node}={c.value}{c.limit}{c.lower}{c.upper}{c.ra}{c.dec}{c.assertion}")
        return f"contradiction:{_digest(said_of)}"

    def _event(self, pair: Contradiction, obj: str, source: Event) -> Event:
        """Both claims with both spans, the earlier first."""
        label = object_label(obj)
        data: dict[str, Any] = {
            "predicate": "contradiction",
            "quantity": pair.predicate,
            "why": pair.why,
            "apart": _apart(pair),
            "dispute": self._dispute(pair, obj),
            "object": obj,
            "name": normalise_name(label) or label,
            "url": pair.later.document,
            "text": pair.later.text,
            "assertion": pair.later.assertion,
            "confidence": min(c.confidence if c.confidence is not None else 1.0 for c in (pair.earlier, pair.later)),
            "sources": sorted({_sort(c) for c in (pair.earlier, pair.later)}),
            "earlier": self._claim(pair.earlier),
            "later": self._claim(pair.later),
        }
        if pair.later.circular is not None:
            data["circular"] = float(pair.later.circular)
        if pair.sigmas is not None:
            data["sigmas"] = round(pair.sigmas, 2)
        return Event(
            id=self._id(pair),
            kind="kg.fact.contradiction",
            source="nuncius/kg",
            received=source.received,
            # A paper that is withdrawn takes back itself, not the object.
            tense=Tense.UPDATE if source.is_retraction else source.tense,
            object=obj,
            trigger_time=source.trigger_time,
            data=data,
        )

    def _claim(self, claim: Claim) -> dict[str, Any]:
        out: dict[str, Any] = {
            "text": claim.text,
            "url": claim.document,
            "by": claim.by,
            "assertion": claim.assertion,
            "document": claim.source,
            "sort": _sort(claim),
            "said": said(claim),
            "figure": figure(claim),
            "when": self._written(claim),
            "quote": self._quote(claim),
        }
        for word in ("value", "unit", "minus", "plus", "limit", "lower", "upper", "ra", "dec", "radius", "confidence"):
            value = getattr(claim, word)
            if value not in (None, ""):
                out[word] = float(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if claim.circular is not None:
            out["circular"] = float(claim.circular)
        return out

    def _written(self, claim: Claim) -> str:
        """The day on which a document was written, as it says itself; else that on which we had it."""
        stated = self._store.value(claim.document, claim.document, t.CREATED.value)
        return str(stated)[:10] if stated else f"{claim.received:%Y-%m-%d}"

    def _quote(self, claim: Claim) -> str:
        """The sentence that a claim was read from, as people read it; its own words where the document is not at hand;
        empty for what was not read from a text."""
        if not claim.text or claim.start is None or claim.end is None:
            return ""
        name = self._store.value(claim.document, claim.document, t.IDENTIFIER.value)
        stored = self._journal.get(name) if name else None
        text = str(stored.event.data.get(claim.where) or "") if stored is not None else ""
        if text[claim.start : claim.end] != claim.text:
            return readable(claim.text)
        begin = max(0, claim.start - _AROUND)
        even = Even(text[begin : claim.end + _AROUND])
        start, end = even.at(claim.start - begin), even.at(claim.end - 1 - begin) + 1
        first, last = sentence(even.text, start, end)
        if last - first > _QUOTED:
            first, last = max(first, start - _QUOTED // 2), min(last, end + _QUOTED // 2)
        return readable(even.text[first:last])


def _apart(pair: Contradiction) -> str:
    if pair.sigmas is None:
        return "" if pair.earlier.number is None else "beyond what a limit or the last digit allows"
    return f"{pair.sigmas:.1f} sigma apart" if pair.sigmas < 100 else "more than 100 sigma apart"


def _sort(claim: Claim) -> str:
    """Whose word it is: a circular's, a paper's, a notice's, or ours."""
    if claim.circular is not None:
        return "circular"
    return "paper" if claim.work else "ours" if claim.source.startswith("our ") else "notice"


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:24]


def by_object(said_of: Sequence[tuple[str | None, str]]) -> dict[str, set[str]]:
    """Predicates by object."""
    out: dict[str, set[str]] = {}
    for obj, predicate in said_of:
        if obj is not None:
            out.setdefault(obj, set()).add(predicate)
    return out
