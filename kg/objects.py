"""Object identity: gives every event the IRI of the astrophysical event it is about, before the rules decide on it.

Each link keeps the event that claimed it and how it concluded; it can be taken back (`part`). An IRI once given is
never renamed: a claim that two known objects are one makes one of them lead to the other (a link whose name is an
object's IRI), and nothing that was said of either moves.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from kg.coincidences import Known, Neighbours, coinciding
from kg.mentions import mentioned
from kg.names import day_of, normalise_name
from kg.naming import Key, keys_of
from kg.parting import JOINED, PARTED, follow, joined, leads_of, members, resolve, take_back
from kg.subjects import Identity, key_of
from kg.vocabulary import OBJECT, object_iri, object_label
from nuncius.core.event import Event
from nuncius.journal import Journal, ObjectLink, Stored

__all__ = ["claims_of", "identify", "identities", "members", "object_in_data", "resolve", "withdraw"]

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
    papers: list[Stored] = []
    links: list[ObjectLink] = []
    for stored in batch:
        if stored.seq in objects:
            continue
        if stored.event.is_a("paper"):
            papers.append(stored)
        elif target := object_in_data(stored.event):
            fresh.append((stored.seq, target))
            if stored.event.kind == JOINED:
                links.append(joined(stored.event, target))
            elif stored.event.kind == PARTED:
                data = stored.event.data
                take_back(journal, str(data["name"]), target, str(data["claimed_by"]), claims_of)
        elif keys := claims_of(stored.event):
            named.append((stored, keys))
    # One question for the whole batch: asking for each event costs more than deciding about it.
    known = journal.objects_of([key.key for _, keys in named for key in keys]) if named else {}
    leads = leads_of(journal, known.values())
    met: list[Known] = []
    # Only what is new to us may belong to something that another mission has announced.
    near = Neighbours(journal, [s.event for s, keys in named if not any(key.key in known for key in keys)])
    for stored, keys in named:
        target = _attach(near, stored, keys, known, leads, links, met)
        fresh.append((stored.seq, target))
    if fresh:
        journal.identify(links, fresh)
    if attached := [(stored.seq, obj) for stored in papers if (obj := _of_paper(journal, stored.event))]:
        journal.identify([], attached)
    return objects | dict(fresh) | dict(attached)


def _of_paper(journal: Journal, event: Event) -> str | None:
    """The one object that a paper is about, where we know it. A paper makes no object and joins none, and one that is
    withdrawn takes back itself alone."""
    about = [] if event.is_retraction else mentioned(event).about
    held = held_names(journal, [name for group in about for name in group]) if about else {}
    # Of a group's names one that we know is enough; two that mean different objects are no answer.
    groups = [{held[key] for name in group if (key := key_of(name)) in held} for group in about]
    found = {obj for group in groups for obj in group or {""}}
    return found.pop() or None if len(found) == 1 else None


def held_names(journal: Journal, names: Sequence[str]) -> dict[str, str]:
    """Of names in a text those of objects that we know, normalised, each with its object."""
    keys = {name: [k.key for k in _with_tns_twins([Key(key=name, how="")])] for name in map(key_of, names)}
    known = journal.objects_of([key for own in keys.values() for key in own]) if keys else {}
    leads = leads_of(journal, known.values())
    found = {name: next((known[k] for k in own if k in known), None) for name, own in keys.items()}
    return {name: follow(obj, leads) for name, obj in found.items() if obj is not None}


def _attach(
    near: Neighbours,
    stored: Stored,
    keys: Sequence[Key],
    known: dict[str, str],
    leads: dict[str, str],
    links: list[ObjectLink],
    met: list[Known],
) -> str:
    """The object of an event with these keys. Keys new to us are linked to it; keys that mean another object make
    that object lead here, where the event may say so."""
    event = stored.event
    target = next((follow(known[k.key], leads) for k in keys if k.key in known), None)
    how = {key.key: key.how for key in keys}
    if target is None and (found := coinciding(near, event, met)):
        target = follow(found.object, leads)
        how = dict.fromkeys(how, found.said)
    target = target or object_iri(keys[0].key)
    met.extend(Known.of(event, target))
    for key in keys:
        if key.key not in known:
            known[key.key] = target
            links.append(ObjectLink(name=key.key, object=target, event_id=event.id, how=how[key.key]))
        elif (other := follow(known[key.key], leads)) != target and _may_join(other, target):
            leads[other] = target
            links.append(ObjectLink(name=other, object=target, event_id=event.id, how=f"joined: {key.how}"))
    return target


def _may_join(a: str, b: str) -> bool:
    """Whether two objects may be one: never a test and a real one, nor names of different days."""
    labels = [object_label(iri) for iri in (a, b)]
    days = [datetime.strptime(d, "%y%m%d").replace(tzinfo=UTC) for x in labels if (d := _day(x))]
    tests = [label.startswith("test:") for label in labels]
    return tests[0] == tests[1] and (len(days) < 2 or abs(days[0] - days[1]) <= timedelta(days=1))


def _day(label: str) -> str | None:
    """YYMMDD of a name that carries its date; None for 31 June."""
    day = day_of(normalise_name(label) or "")
    try:
        datetime.strptime(day or "", "%y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day


def identities(journal: Journal, batch: Sequence[Stored], objects: Mapping[int, str]) -> dict[int, Identity]:
    """What each event of a batch says of its object's identity, by event number, as the links stand now."""
    keys = {s.seq: [k.key for k in claims_of(s.event)] for s in batch if s.event.kind not in ("kg.fact",)}
    by_hand = [str(s.event.data["same"]) for s in batch if s.event.kind == JOINED]
    names = {key for own in keys.values() for key in own}
    asked = {*(obj for seq, obj in objects.items() if seq in keys), *by_hand}
    # Names and the objects they most likely mean in one question; what leads further is asked for where there is any.
    answer = journal.objects_of(sorted(names | asked)) if names | asked else {}
    known = {name: answer[name] for name in names if name in answer}
    leads = {a: b for a, b in answer.items() if a in asked and a != b}
    leads |= leads_of(journal, ({*known.values()} | {*leads.values()}) - asked)
    out: dict[int, Identity] = {}
    for stored in batch:
        obj = objects.get(stored.seq)
        own = keys.get(stored.seq, [])
        standing = [k for k in own if obj is not None and follow(known.get(k, ""), leads) == follow(obj, leads)]
        same = {object_iri(k) for k in standing} | {known[k] for k in standing}
        if obj is not None and stored.event.kind in (JOINED,):
            same |= {str(stored.event.data["same"])} if leads.get(str(stored.event.data["same"])) == obj else set()
        if obj is not None and leads.get(obj):
            same.discard(leads[obj])
        out[stored.seq] = Identity(object=obj, names=standing, same=sorted(same - {obj}) if obj else [])
    return out


def withdraw(journal: Journal, name: str, obj: str, event_id: str) -> bool:
    """Take back the claim made by an event that `name` means `obj` (or leads there, where it is an object's IRI);
    False when there is no such claim. Events that had come to `obj` by that name alone get an object of their own."""
    with _ONE_AT_A_TIME:
        return take_back(journal, name, obj, event_id, claims_of)


def claims_of(event: Event) -> list[Key]:
    """The names and numbers that an event gives its object, with the Transient Name Server's second prefix."""
    return _with_tns_twins(keys_of(event))


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
    have: Collection[str] = {k.key for k in keys}
    return keys + [o for o in other if o.key not in have]
