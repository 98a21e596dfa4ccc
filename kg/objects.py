"""Object identity: gives every event the IRI of the astrophysical event it is about, before the rules decide on it.

Each link keeps the event that claimed it. An IRI once given is never renamed; later names attach to it. That two
triggers coincide is for rules to conclude, never for this module.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from kg.names import normalise_name
from kg.naming import Key, keys_of
from kg.vocabulary import OBJECT, object_iri
from nuncius.core.event import Event
from nuncius.journal import Journal, ObjectLink, Stored

#: The graph's and the reactors' threads may both come to an event first: one resolves it, the other finds it done.
_ONE_AT_A_TIME = threading.Lock()


def identify(journal: Journal, batch: Sequence[Stored]) -> dict[int, str]:
    """Resolve the objects of a batch of journalled events, note who claimed what, and return event number →
    object IRI. Idempotent: an event that has its object keeps it, and the same claims give the same object."""
    with _ONE_AT_A_TIME:
        return _identify(journal, batch)


def _identify(journal: Journal, batch: Sequence[Stored]) -> dict[int, str]:
    objects = {stored.seq: stored.event.object for stored in batch if stored.event.object is not None}
    fresh: list[tuple[int, str]] = []
    named: list[tuple[Stored, list[Key]]] = []
    for stored in batch:
        if stored.seq in objects:
            continue
        if target := object_in_data(stored.event):
            fresh.append((stored.seq, target))
        elif keys := claims_of(stored.event):
            named.append((stored, keys))
    # One question for the whole batch: asking for each event costs more than deciding about it.
    known = journal.objects_of([key.key for _, keys in named for key in keys]) if named else {}
    links: list[ObjectLink] = []
    fresh += [(stored.seq, attach(stored.event.id, keys, known, links)) for stored, keys in named]
    if fresh:
        journal.identify(links, fresh)
    return objects | dict(fresh)


def claims_of(event: Event) -> list[Key]:
    """The keys by which an event is resolved, best first; none where it is about no object."""
    return _with_tns_twins(keys_of(event))


def attach(event_id: str, keys: Sequence[Key], known: dict[str, str], links: list[ObjectLink]) -> str:
    """The object of an event with these keys; keys new to us are linked to it in `known` and `links`. A key that
    already means another object stays there: two objects are never merged silently."""
    target = next((known[k.key] for k in keys if k.key in known), None) or object_iri(keys[0].key)
    for key in keys:
        if key.key not in known:
            known[key.key] = target
            links.append(ObjectLink(name=key.key, object=target, event_id=event_id, how=key.how))
    return target


def resolve(journal: Journal, name: str) -> str | None:
    """The object that a name, a scoped number or an object IRI means; None when nobody has spoken of it."""
    if name.startswith(OBJECT):
        return name
    return journal.object_of([normalise_name(name) or name])


def withdraw(journal: Journal, name: str, obj: str, event_id: str) -> bool:
    """Take back the claim made by an event that `name` means `obj`; False when there is no such claim. What was
    resolved through it keeps its object until `nuncius kg rebuild`."""
    standing = [x for x in journal.names_of(obj) if x.name == name and x.event_id == event_id and not x.withdrawn]
    journal.link(
        [ObjectLink(name=x.name, object=x.object, event_id=x.event_id, how=x.how, withdrawn=True) for x in standing]
    )
    return bool(standing)


def object_in_data(event: Event) -> str | None:
    """Facts and results say themselves which object they are about."""
    stated = event.data.get("object")
    return stated if isinstance(stated, str) and stated.startswith(OBJECT) else None


def _with_tns_twins(keys: list[Key]) -> list[Key]:
    """AT2023ixf becomes SN2023ixf once classified: one entry of the Transient Name Server under two prefixes."""
    twins = {"AT": "SN", "SN": "AT"}
    other = [
        Key(key=twins[k.key[:2]] + k.key[2:], how="twin") for k in keys if k.key[:2] in twins and k.key[2:6].isdigit()
    ]
    have = {k.key for k in keys}
    return keys + [o for o in other if o.key not in have]
