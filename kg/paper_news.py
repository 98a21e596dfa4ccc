"""A paper as news of the objects that we hold: one event for each of them, with what the paper says of it.

    kg.fact.paper    a paper is about an object (`relation` "about") or names it ("mentions"); `state` is new, revised
                     or withdrawn, `work` stays the same over versions and records

Objects that nobody but papers has spoken of get none: a paper opens no thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kg.claim import Claim, said
from kg.extraction import Fact
from kg.papers import Paper, is_record_of_circular
from kg.subjects import Identity, key_of
from kg.vocabulary import event_iri, object_label
from nuncius.core.event import Event, Tense

#: A catalogue names hundreds; so many of the objects that a paper merely mentions are told.
MOST_MENTIONED = 24
#: What a paper says of one object, at most so many values of it.
MOST_SAID = 12
#: What says something of the object that people want to read in one line.
_SAID = ("redshift", "t90", "fluence", "position", "classification", "host", "coincidence", "counterpart")
_WORDS = {"t90": "T90"}
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def paper_events(paper: Paper, source: Event, identity: Identity) -> list[Event]:
    """What people hear of a paper, object by object, those that it is about first."""
    if is_record_of_circular(source):
        return []
    held = identity.held or {}
    about = {held[k]: group[0] for group in paper.abstract.mentions.about for n in group if (k := key_of(n)) in held}
    mentioned = {held[k]: name for name in paper.abstract.mentions.names if (k := key_of(name)) in held}
    others = [(obj, name) for obj, name in mentioned.items() if obj not in about][:MOST_MENTIONED]
    told = [*((obj, name, "about") for obj, name in about.items()), *((obj, name, "mentions") for obj, name in others)]
    return [_event(paper, source, held, obj, name, relation) for obj, name, relation in told]


def _event(paper: Paper, source: Event, held: dict[str, str], obj: str, name: str, relation: str) -> Event:
    own = [f for f in paper.abstract.facts if f.object is not None and held.get(key_of(f.object)) == obj]
    data: dict[str, Any] = {
        "predicate": "paper",
        "relation": relation,
        "state": "withdrawn" if paper.withdrawn else "revised" if paper.version > 1 else "new",
        "assertion": "asserted",
        "confidence": 1.0,
        "object": obj,
        "name": name,
        "subject": paper.title,
        "document": paper.label,
        "work": paper.work,
        "by": paper.by,
        "authors": paper.authors[:20],
        "ids": paper.ids,
        "version": float(paper.version),
        "says": says(own),
        "categories": paper.categories[:20],
        "url": event_iri(source.id),
    }
    if paper.published is not None:
        data["published"] = f"{paper.published:%Y-%m-%d}"
    return Event(
        id=f"paper:{source.id}:{object_label(obj)}",
        kind="kg.fact.paper",
        source="nuncius/kg",
        received=source.received,
        # A paper that is withdrawn takes back itself, not the object.
        tense=Tense.UPDATE if source.is_retraction else source.tense,
        object=obj,
        data=data,
    )


def says(facts: Sequence[Fact]) -> list[str]:
    """What facts say, in words for people: `redshift 0.0646 (afterglow)`."""
    found = [f for f in facts if f.predicate in _SAID and f.assertion in ("asserted", "hedged", "negated")]
    doubt = {"hedged": " (perhaps)", "negated": " (denied)"}
    lines = [f"{_WORDS.get(f.predicate, f.predicate)} {said(_as_claim(f))}{doubt.get(f.assertion, '')}" for f in found]
    return list(dict.fromkeys(lines))[:MOST_SAID]


def _as_claim(fact: Fact) -> Claim:
    place = fact.value if isinstance(fact.value, dict) else {}
    minus, plus = fact.error if fact.error else (None, None)
    return Claim(
        node="",
        predicate=fact.predicate,
        subject="",
        document="",
        received=_NEVER,
        value=None if isinstance(fact.value, dict) else fact.value,
        unit=fact.unit,
        minus=minus,
        plus=plus,
        limit=fact.limit,
        lower=fact.lower,
        upper=fact.upper,
        ra=place.get("ra"),
        dec=place.get("dec"),
        qualifier={k: v for k, v in fact.qualifier.items() if k in ("band", "instrument")},
    )
