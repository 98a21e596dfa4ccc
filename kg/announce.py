"""Facts as events that rules can match: what a circular says, what its new version no longer says, and what contradicts
an earlier claim. Pure but for reading claims from the graph.

    kg.fact                  one fact of a circular
    kg.fact.contradiction    two claims that exclude each other (`predicate` "contradiction", `quantity` says of what)
    kg.fact.withdrawn        a fact that a newer version of its circular leaves out (`predicate` "withdrawn")

Ids follow from circular and span, so that reading a circular again announces nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from kg.claim import Claim
from kg.contradictions import COMPARED, Contradiction, against, once
from kg.extraction import Fact
from kg.knowledge import Reader
from kg.store import GraphStore
from kg.subjects import Identity, subject_of
from kg.vocabulary import event_iri
from nuncius.core.event import Event

#: Facts that rules may want to hear of at once. Magnitudes and fluxes are too many to announce one by one: rules ask
#: the graph for the light curve. What is hypothetical or another's result is no news.
ANNOUNCED = (
    "redshift", "retraction", "counterpart", "host", "classification", "coincidence", "non_detection", "position",
    "trigger_time", "t90", "fluence", "corrects",
)  # fmt: skip
_NEWS = ("asserted", "hedged", "negated")
#: At most so many facts of one predicate, and of one circular: a table of sources is not 500 alarms.
MOST_OF_ONE, MOST_OF_ALL = 12, 48
#: Contradictions announced of one circular.
MOST_CONTRADICTIONS = 20


def announced(facts: Sequence[Fact], source: Event, identity: Identity) -> list[Event]:
    """The facts of a circular that are announced, in the order of the text."""
    kept: list[Fact] = []
    counts: dict[str, int] = {}
    for fact in facts:
        if fact.predicate in ANNOUNCED and fact.assertion in _NEWS:
            counts[fact.predicate] = counts.get(fact.predicate, 0) + 1
            if counts[fact.predicate] <= MOST_OF_ONE and len(kept) < MOST_OF_ALL:
                kept.append(fact)
    own = _own(facts)
    seen: dict[str, int] = {}
    out: list[Event] = []
    for fact in kept:
        part = _part(fact)
        seen[part] = seen.get(part, 0) + 1
        suffix = f"-{seen[part]}" if seen[part] > 1 else ""
        obj = subject_of(fact, identity, own)
        out.append(_event(f"fact:{source.id}:{part}{suffix}", "kg.fact", source, obj, _data(fact, source, obj)))
    return out


def withdrawn_events(before: Sequence[Fact], now: Sequence[Fact], source: Event, identity: Identity) -> list[Event]:
    """Facts of the former version that the new one (`source`) no longer states, as events."""
    still = {_says(fact) for fact in now}
    out: list[Event] = []
    for fact in before:
        if fact.predicate in ANNOUNCED and fact.assertion in _NEWS and _says(fact) not in still:
            obj = subject_of(fact, identity, _own(before))
            data = _data(fact, source, obj) | {"predicate": "withdrawn", "quantity": fact.predicate}
            data["version"] = float(fact.version)
            name = f"withdrawn:{source.id}:{_part(fact)}"
            out.append(_event(name, "kg.fact.withdrawn", source, obj, data))
    return out[:MOST_OF_ALL]


def _says(fact: Fact) -> tuple[str, str, str, str]:
    return fact.predicate, str(fact.object), str(fact.value), f"{fact.limit}{fact.lower}{fact.upper}{fact.assertion}"


def _own(facts: Sequence[Fact]) -> str | None:
    return next((str(f.value) for f in facts if f.predicate == "event_name"), None)


def _part(fact: Fact) -> str:
    return f"{fact.predicate}:{fact.where}:{fact.start}-{fact.end}"


def _data(fact: Fact, source: Event, obj: str | None) -> dict[str, Any]:
    data = {k: v for k, v in msgspec.to_builtins(fact).items() if v is not None}
    data["name"] = data.pop("object", "")
    data["about"] = data["qualifier"] = data.pop("qualifier", {})
    for word in ("circular", "version", "start", "end"):
        data[word] = float(data[word])
    if obj:
        data["object"] = obj
    if isinstance(fact.value, dict):
        data |= _place(fact)
    elif isinstance(fact.value, int) and not isinstance(fact.value, bool):
        data["value"] = float(fact.value)
    data["url"] = event_iri(source.id)
    return data


def _place(fact: Fact) -> dict[str, Any]:
    """A position in the words of notices, so that conditions on places work on facts too; with a radius only where
    the text says how probable it is."""
    value = fact.value if isinstance(fact.value, dict) else {}
    out: dict[str, Any] = {axis: float(value[axis]) for axis in ("ra", "dec") if axis in value}
    if fact.error and fact.error_probability is not None:
        out |= {"ra_dec_error": float(max(fact.error)), "containment_probability": float(fact.error_probability)}
    return out


def _event(name: str, kind: str, source: Event, obj: str | None, data: dict[str, Any]) -> Event:
    return Event(
        id=name,
        kind=kind,
        source="nuncius/kg",
        received=source.received,
        tense=source.tense,
        object=obj,
        trigger_time=source.trigger_time,
        data=data,
    )


def contradiction_events(
    store: GraphStore, read: Sequence[tuple[Event, Identity, list[Fact]]], order: Sequence[str]
) -> list[Event]:
    """What the claims of circulars just written contradict, among claims about the same objects that were journalled
    before each. `order` are the ids of the batch's events: what comes later in it does not count yet, so that the
    same is announced however the journal is cut into batches."""
    place = {event_id: number for number, event_id in enumerate(order)}
    out: dict[str, Event] = {}
    reader = Reader(store)
    for source, identity, facts in read:
        wanted = {f.predicate for f in facts if f.assertion in _NEWS} & COMPARED - {"magnitude", "flux"}
        if not wanted or not source.is_real:
            continue
        own = _own(facts)
        objects = dict.fromkeys(s for f in facts if f.predicate in wanted and (s := subject_of(f, identity, own)))
        later = {event_iri(event_id) for event_id in order[place[source.id] + 1 :]}
        for obj in objects:
            claims = [claim for claim in reader.claims(obj, wanted) if claim.document not in later]
            out |= _of_object(claims, obj, source)
    return list(out.values())


def _of_object(claims: Sequence[Claim], obj: str, source: Event) -> dict[str, Event]:
    mine = [claim for claim in claims if claim.document == event_iri(source.id)]
    found = once([pair for claim in mine for pair in against(claim, claims)])
    found.sort(key=lambda pair: -(pair.sigmas or 0.0))
    events = [_contradiction(pair, source, obj) for pair in found[:MOST_CONTRADICTIONS]]
    return {event.id: event for event in events}


def _contradiction(pair: Contradiction, source: Event, obj: str) -> Event:
    """Both claims with both spans, the earlier first. The claim nodes and the values make the id."""
    claims = (pair.earlier, pair.later)
    print_ = "|".join(f"{c.node}={c.value}{c.limit}{c.lower}{c.upper}{c.ra}{c.dec}{c.assertion}" for c in claims)
    data: dict[str, Any] = {
        "predicate": "contradiction",
        "quantity": pair.predicate,
        "why": pair.why,
        "object": obj,
        "url": pair.later.document,
        "text": pair.later.text,
        "assertion": pair.later.assertion,
        "confidence": min(c.confidence if c.confidence is not None else 1.0 for c in claims),
        "earlier": _claim(pair.earlier),
        "later": _claim(pair.later),
    }
    if pair.later.circular is not None:
        data["circular"] = float(pair.later.circular)
    if pair.sigmas is not None:
        data["sigmas"] = round(pair.sigmas, 2)
    name = f"contradiction:{hashlib.sha256(print_.encode()).hexdigest()[:24]}"
    return _event(name, "kg.fact.contradiction", source, obj, data)


def _claim(claim: Claim) -> dict[str, Any]:
    out: dict[str, Any] = {"text": claim.text, "url": claim.document, "by": claim.by, "assertion": claim.assertion}
    for word in ("value", "unit", "minus", "plus", "limit", "lower", "upper", "ra", "dec", "radius", "confidence"):
        value = getattr(claim, word)
        if value not in (None, ""):
            out[word] = float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if claim.circular is not None:
        out["circular"] = float(claim.circular)
    return out
