"""Joining and parting objects: how a claim that two names mean one is followed, made by a person, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from kg.names import normalise_name
from kg.naming import Key
from kg.subjects import key_of
from kg.vocabulary import OBJECT, object_iri, object_label
from nuncius.core.event import Event
from nuncius.journal import Journal, ObjectLink

#: Kinds of the events by which a person joins two objects, or takes back a claim about a name.
JOINED, PARTED = "object.joined", "object.parted"
#: Objects may lead to others over this many steps; more would be a circle.
_STEPS = 16


def follow(obj: str, leads: Mapping[str, str]) -> str:
    """The object that `obj` leads to in the end."""
    for _ in range(_STEPS):
        if obj not in leads:
            break
        obj = leads[obj]
    return obj


def leads_of(journal: Journal, objects: Iterable[str]) -> dict[str, str]:
    """Which of these objects, and of those they lead to, lead elsewhere."""
    leads: dict[str, str] = {}
    ask = set(objects)
    while ask:
        new = {a: b for a, b in journal.objects_of(sorted(ask)).items() if a not in leads and a != b}
        leads |= new
        ask = set(new.values()) - set(leads)
    return leads


def resolve(journal: Journal, name: str) -> str | None:
    """The object that a name, a scoped number or an object IRI means; None when nobody has spoken of it."""
    if name.startswith(OBJECT):
        return follow(name, leads_of(journal, [name]))
    found = journal.object_of([key_of(name), normalise_name(name) or name])
    return None if found is None else follow(found, leads_of(journal, [found]))


def members(journal: Journal, obj: str) -> list[str]:
    """The object with all that lead to it: each may have events and claims of its own."""
    out = [obj]
    for one in out:
        leading = [x.name for x in journal.names_of(one) if x.name.startswith(OBJECT) and not x.withdrawn]
        out += [name for name in leading if name not in out]
    return out


def take_back(journal: Journal, name: str, obj: str, event_id: str, keys: Callable[[Event], Sequence[Key]]) -> bool:
    """Withdraw the claim made by an event that `name` means `obj`, or leads there; see `kg.objects.withdraw`."""
    standing = [x for x in journal.names_of(obj) if x.name == name and x.event_id == event_id and not x.withdrawn]
    journal.link(
        [ObjectLink(name=x.name, object=x.object, event_id=x.event_id, how=x.how, withdrawn=True) for x in standing]
    )
    if standing and not name.startswith(OBJECT):
        _move(journal, name, obj, keys)
    return bool(standing)


def _move(journal: Journal, name: str, obj: str, keys: Callable[[Event], Sequence[Key]]) -> None:
    """Give events that call their object by `name` and by nothing else that still means `obj` one of their own."""
    events = journal.events_of(obj)
    own = {stored.seq: [k.key for k in keys(stored.event)] for stored in events}
    still = {n for n, o in journal.objects_of(sorted({k for ks in own.values() for k in ks})).items() if o == obj}
    leaving = [s for s in events if name in own[s.seq] and not still & (set(own[s.seq]) - {name})]
    target = object_iri(name)
    if name in still or not leaving or target == obj:  # where its first name is taken back, what stays keeps the IRI
        return
    links = [ObjectLink(name=k, object=target, event_id=s.event.id, how="parted") for s in leaving for k in own[s.seq]]
    journal.identify(links, [(s.seq, target) for s in leaving])


def joined(event: Event, target: str) -> ObjectLink:
    """The link that a person's event makes."""
    return ObjectLink(name=str(event.data["same"]), object=target, event_id=event.id, how="joined by hand")


def joining(obj: str, other: str, *, why: str, by: str, now: datetime) -> Event:
    """The event by which a person says that `other` (an object's IRI) is `obj`."""
    name = f"joined:{object_label(other)}:{object_label(obj)}:{now.isoformat()}"
    data = {"object": obj, "same": other, "why": why, "by": by}
    return Event(id=name, kind=JOINED, source=by, received=now, data=data)


def parting(link: ObjectLink, *, why: str, by: str, now: datetime) -> Event:
    """The event by which a person takes back a claim about a name."""
    data = {"object": link.object, "name": link.name, "claimed_by": link.event_id, "why": why, "by": by}
    name = f"parted:{link.name}:{link.event_id}:{now.isoformat()}"
    return Event(id=name, kind=PARTED, source=by, received=now, data=data)
