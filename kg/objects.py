"""Object identity: gives every event the IRI of the astrophysical event it is about, before the rules decide on it.

Each link keeps the event that claimed it and how it concluded; it can be taken back (`part`). An IRI once given is
never renamed: a claim that two known objects are one makes one of them lead to the other (a link whose name is an
object's IRI), and nothing that was said of either moves.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from kg.coincidences import Known, coinciding
from kg.names import day_of, normalise_name
from kg.naming import Key, keys_of
from kg.subjects import Identity, key_of
from kg.vocabulary import OBJECT, object_iri, object_label
from nuncius.core.event import Event
from nuncius.journal import Journal, ObjectLink, Stored

#: The graph's and the reactors' threads may both come to an event first: one resolves it, the other finds it done.
_ONE_AT_A_TIME = threading.Lock()
#: Objects may lead to others over this many steps; more would be a circle.
_STEPS = 16


def identify(journal: Journal, batch: Sequence[Stored]) -> dict[int, str]:
    """Resolve the objects of a batch of journalled events, note who claimed what, and return event number →
    object IRI. Idempotent: an event that has its object keeps it, and the same claims give the same object."""
    with _ONE_AT_A_TIME:
        return _identify(journal, batch)


def _identify(journal: Journal, batch: Sequence[Stored]) -> dict[int, str]:
    objects = {stored.seq: stored.event.object for stored in batch if stored.event.object is not None}
    fresh: list[tuple[int, str]] = []
    named: list[tuple[Stored, list[Key]]] = []
    links: list[ObjectLink] = []
    for stored in batch:
        if stored.seq in objects:
            continue
        if target := object_in_data(stored.event):
            fresh.append((stored.seq, target))
            if stored.event.kind == JOINED:
                links.append(_by_hand(stored.event, target))
            elif stored.event.kind == PARTED:
                data = stored.event.data
                _withdraw(journal, str(data["name"]), target, str(data["claimed_by"]))
        elif keys := claims_of(stored.event):
            named.append((stored, keys))
    # One question for the whole batch: asking for each event costs more than deciding about it.
    known = journal.objects_of([key.key for _, keys in named for key in keys]) if named else {}
    leads = _leads(journal, known.values())
    met: list[Known] = []
    for stored, keys in named:
        target = _attach(journal, stored, keys, known, leads, links, met)
        fresh.append((stored.seq, target))
    if fresh:
        journal.identify(links, fresh)
    return objects | dict(fresh)


def _attach(
    journal: Journal,
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
    if target is None and (found := coinciding(journal, event, met)):
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


def follow(obj: str, leads: Mapping[str, str]) -> str:
    """The object that `obj` leads to in the end."""
    for _ in range(_STEPS):
        if obj not in leads:
            break
        obj = leads[obj]
    return obj


def _leads(journal: Journal, objects: Iterable[str]) -> dict[str, str]:
    """Which of these objects, and of those they lead to, lead elsewhere."""
    leads: dict[str, str] = {}
    ask = set(objects)
    while ask:
        found = journal.objects_of(sorted(ask))
        new = {a: b for a, b in found.items() if a not in leads and a != b}
        leads |= new
        ask = set(new.values()) - set(leads)
    return leads


def resolve(journal: Journal, name: str) -> str | None:
    """The object that a name, a scoped number or an object IRI means; None when nobody has spoken of it."""
    found = name if name.startswith(OBJECT) else journal.object_of([key_of(name)])
    return None if found is None else follow(found, _leads(journal, [found]))


def members(journal: Journal, obj: str) -> list[str]:
    """The object with all that lead to it: each may have events and claims of its own."""
    out = [obj]
    for one in out:
        out += [
            x.name for x in journal.names_of(one) if x.name.startswith(OBJECT) and not x.withdrawn and x.name not in out
        ]
    return out


def identities(journal: Journal, batch: Sequence[Stored], objects: Mapping[int, str]) -> dict[int, Identity]:
    """What each event of a batch says of its object's identity, by event number, as the links stand now."""
    keys = {s.seq: [k.key for k in claims_of(s.event)] for s in batch if s.event.kind not in ("kg.fact",)}
    known = journal.objects_of(sorted({key for own in keys.values() for key in own}))
    leads = _leads(journal, {*known.values(), *objects.values()})
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


#: Kinds of the events by which a person joins two objects, or takes back a claim about a name.
JOINED, PARTED = "object.joined", "object.parted"


def withdraw(journal: Journal, name: str, obj: str, event_id: str) -> bool:
    """Take back the claim made by an event that `name` means `obj` (or leads there, where it is an object's IRI);
    False when there is no such claim. Events that had come to `obj` by that name alone get an object of their own."""
    with _ONE_AT_A_TIME:
        return _withdraw(journal, name, obj, event_id)


def _withdraw(journal: Journal, name: str, obj: str, event_id: str) -> bool:
    standing = [x for x in journal.names_of(obj) if x.name == name and x.event_id == event_id and not x.withdrawn]
    journal.link([_withdrawn(x) for x in standing])
    if standing and not name.startswith(OBJECT):
        _move(journal, name, obj)
    return bool(standing)


def _by_hand(event: Event, target: str) -> ObjectLink:
    return ObjectLink(name=str(event.data["same"]), object=target, event_id=event.id, how="joined by hand")


def _withdrawn(x: ObjectLink) -> ObjectLink:
    return ObjectLink(name=x.name, object=x.object, event_id=x.event_id, how=x.how, withdrawn=True)


def _move(journal: Journal, name: str, obj: str) -> None:
    """Give events that call their object by `name` and by nothing else that still means `obj` one of their own."""
    events = journal.events_of(obj)
    keys = {stored.seq: [k.key for k in claims_of(stored.event)] for stored in events}
    still = {n for n, o in journal.objects_of(sorted({k for own in keys.values() for k in own})).items() if o == obj}
    leaving = [s for s in events if name in keys[s.seq] and not still & (set(keys[s.seq]) - {name})]
    if name in still or not leaving:
        return
    target = object_iri(name)
    if target == obj:  # its own first name was taken back: what stays keeps the IRI
        return
    links = [ObjectLink(name=k, object=target, event_id=s.event.id, how="parted") for s in leaving for k in keys[s.seq]]
    journal.identify(links, [(s.seq, target) for s in leaving])


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
