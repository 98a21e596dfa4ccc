"""Which object a fact is about: the document's own, under any of its names, or another that its text speaks of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from kg.names import normalise_name
from kg.vocabulary import object_iri

if TYPE_CHECKING:  # identity needs no grammars, and the service's first decision does not wait for them
    from kg.extraction import Fact

#: What a circular calls a source of its field: a name within that circular alone.
_LABEL = re.compile(r"(?:source|object|galaxy|candidate) (?:[A-Z]\d?|\d{1,2})", re.I)
_TRIGGER = re.compile(r"^(?P<who>Swift|Fermi)(?:[ /-](?:BAT|GBM))? trigger (?P<number>\d+)$", re.I)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a document says of its object's identity: the object's IRI, the names and numbers that it gives it, and
    other object IRIs (`same`) that by these names are the same object. Claims that were withdrawn are left out.
    `held`, of a paper alone: of the names in it those of objects that we know, with their IRIs."""

    object: str | None
    names: list[str] = []
    same: list[str] = []
    held: dict[str, str] | None = None


def key_of(name: str) -> str:
    """The name or scoped number under which an object is known: `Swift trigger 1126853` → `swift:1126853`."""
    if match := _TRIGGER.match(name.strip()):
        return f"{'swift' if match['who'].lower() == 'swift' else 'fermi-gbm'}:{match['number']}"
    return normalise_name(name) or name.strip()


def subject_of(fact: Fact, identity: Identity, own: str | None) -> str | None:
    """The IRI of the object that a fact is about. `own` is the name that extraction gives the circular's event."""
    if identity.held is not None:
        return None if fact.object is None else identity.held.get(key_of(fact.object))
    if fact.object is None or fact.object == own:
        return identity.object or (object_iri(key_of(own)) if own else None)
    if _LABEL.fullmatch(fact.object):
        return object_iri(f"{fact.object} of GCN {fact.circular}")
    key = key_of(fact.object)
    if identity.object is not None and key in identity.names:
        return identity.object
    return object_iri(key)
