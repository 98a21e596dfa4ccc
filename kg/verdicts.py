"""Verdicts on assumptions in the graph: each with the claims that it rests on, the run that gave it, and how long it
stood. A newer verdict in the same place ends the one before, and so does the end of a claim that it used.

`assumption.verdict` is written by rules; `assumption.withdrawn` is ours: the consumer tells it, and rules that hear it
test again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from kg import terms as t
from kg.claim import Claim, said
from kg.knowledge import Reader
from kg.names import normalise_name
from kg.store import GraphStore, NamedNode, Triple, iri, literal
from kg.vocabulary import NUNCIUS, PROV, event_iri, object_label
from nuncius.core.event import Event, Tense, iso

VERDICT, WITHDRAWN = "assumption.verdict", "assumption.withdrawn"

_ENTITY, _USAGE = iri(PROV + "entity"), iri(PROV + "Usage")
_QUALIFIED = iri(PROV + "qualifiedUsage")
#: Words of the event that are literals of the verdict, and those that are numbers.
_SAID = ("verdict", "why", "quantity", "tolerance", "unit", "limit", "answer", "rule", "run")
_NUMBERS = ("value", "minus", "plus", "distance")


def is_about_assumption(event: Event) -> bool:
    """Whether this module writes the event."""
    return event.kind in (VERDICT, WITHDRAWN)


def place_iri(event: Event) -> NamedNode:
    """Where a verdict stands: one assumption, of one object or instrument."""
    return iri(f"{NUNCIUS}place/{quote(str(event.data.get('place') or ''), safe='-._~')}")


def triples(event: Event) -> list[Triple]:
    """What one event says."""
    doc = iri(event_iri(event.id))
    out: list[Triple] = [
        (doc, t.TYPE, t.ENTITY),
        (doc, t.IDENTIFIER, literal(event.id)),
        (doc, t.ours("kind"), literal(event.kind)),
        (doc, t.ours("tense"), literal(event.tense.value)),
        (doc, t.GENERATED, literal(str(iso(event.received)), kind="dateTime")),
        (doc, t.ATTRIBUTED, t.AGENT),
        (doc, t.ours("inPlace"), place_iri(event)),
    ]
    return out + (_verdict(event, doc) if event.kind == VERDICT else _withdrawal(event, doc))


def _verdict(event: Event, doc: NamedNode) -> list[Triple]:
    data = event.data
    out: list[Triple] = [(doc, t.TYPE, t.ours("Verdict")), *_assumption(data, doc)]
    if event.object is not None:
        about = iri(event.object)
        out += [
            (doc, t.ours("about"), about),
            (doc, t.ours("verdictOn"), about),
            (about, t.TYPE, t.ASTRO_OBJECT),
            (about, t.LABEL, literal(object_label(event.object))),
        ]
    out += [(doc, t.ours(word), literal(str(data[word]))) for word in _SAID if data.get(word)]
    out += [(doc, t.ours(w), literal(float(data[w]))) for w in _NUMBERS if isinstance(data.get(w), int | float)]
    out += [(doc, t.ours("missing"), literal(str(name))) for name in data.get("missing") or []]
    return out + _test(data, doc)


def _assumption(data: Mapping[str, Any], doc: NamedNode) -> list[Triple]:
    """The assumption in its version, with who makes it and since when."""
    name, version = str(data["assumption"]), str(data.get("version") or "1")
    node = iri(f"{NUNCIUS}assumption/{quote(name, safe='-._~')}/{quote(version, safe='-._~')}")
    words = {"about": "assumes", "since": "since", "by": "assumedBy"}
    return [
        (doc, t.ours("ofAssumption"), node),
        (node, t.TYPE, t.ours("Assumption")),
        (node, t.TYPE, t.ENTITY),
        (node, t.LABEL, literal(name)),
        (node, t.ours("assumptionVersion"), literal(version)),
        *((node, t.ours(ours), literal(str(data[word]))) for word, ours in words.items() if data.get(word)),
    ]


def _test(data: Mapping[str, Any], doc: NamedNode) -> list[Triple]:
    """The activity that tested it: what it used, claim by claim, and the analysis that ran."""
    activity = iri(f"{doc.value}#test")
    analysis = f"{data.get('analysis') or 'none'}/{data.get('analysis_version') or '0'}"
    agent = t.software(analysis)
    cause = iri(event_iri(str(data["because"]))) if data.get("because") else doc
    out: list[Triple] = [
        (doc, t.GENERATED_BY, activity),
        (activity, t.TYPE, t.ACTIVITY),
        (activity, t.USED, cause),
        (activity, t.ASSOCIATED, agent),
        (agent, t.TYPE, t.SOFTWARE_AGENT),
        (agent, t.LABEL, literal(analysis)),
    ]
    for number, one in enumerate(data.get("evidence") or [], start=1):
        if not isinstance(one, Mapping) or not one.get("document"):
            continue
        used = iri(str(one.get("node") or one["document"]))
        usage = iri(f"{doc.value}#used-{number}")
        out += [
            (doc, t.DERIVED, iri(str(one["document"]))),
            (activity, t.USED, used),
            (activity, _QUALIFIED, usage),
            (usage, t.TYPE, _USAGE),
            (usage, _ENTITY, used),
            (usage, t.ours("asInput"), literal(str(one.get("input") or ""))),
        ]
        out += [(usage, t.ours(ours), literal(str(one[w]))) for w, ours in _USED.items() if one.get(w)]
    return out


#: What a use keeps of its claim: what it said then, and in which words.
_USED = {"said": "saidThen", "text": "inWords"}


def _withdrawal(event: Event, doc: NamedNode) -> list[Triple]:
    data = event.data
    out: list[Triple] = [
        (doc, t.TYPE, t.ours("Withdrawal")),
        (doc, t.ours("withdraws"), iri(event_iri(str(data["because"])))),
        (doc, t.ours("why"), literal(str(data.get("why") or ""))),
    ]
    return out + ([(doc, t.DERIVED, iri(str(data["document"])))] if data.get("document") else [])


def put_in_order(store: GraphStore, graphs: dict[str, list[Triple]], places: Iterable[NamedNode]) -> None:
    """Say of each verdict in these places, in `graphs` and in the store, until when it stood and which one it follows.
    The same whatever the order in which they are written."""
    for place in places:
        names = dict.fromkeys(store.pointing(NUNCIUS + "inPlace", place.value))
        names |= dict.fromkeys(g for g, own in graphs.items() if (iri(g), t.ours("inPlace"), place) in own)
        said_of = {name: graphs[name] if name in graphs else store.triples(name) for name in names}
        ended: dict[str, Any] = {}
        verdicts: list[tuple[str, str]] = []
        for name, own in said_of.items():
            when = next((o for s, p, o in own if p == t.GENERATED and s.value == name), None)
            taken = [o.value for _, p, o in own if p == t.ours("withdraws")]
            ended |= dict.fromkeys(taken, when)
            if when is not None and not taken:
                verdicts.append((str(when.value), name))
        verdicts.sort()
        for number, (_, name) in enumerate(verdicts):
            own = [triple for triple in said_of[name] if triple[1] not in (t.INVALIDATED, t.REVISION_OF)]
            after = literal(verdicts[number + 1][0], kind="dateTime") if number + 1 < len(verdicts) else None
            until = min(
                (end for end in (ended.get(name), after) if end is not None), key=lambda e: e.value, default=None
            )
            if until is not None:
                own.append((iri(name), t.INVALIDATED, until))
            if number:
                own.append((iri(name), t.REVISION_OF, iri(verdicts[number - 1][1])))
            graphs[name] = own


def withdrawals(store: GraphStore, changed: Sequence[tuple[Event, Iterable[str]]]) -> list[Event]:
    """Verdicts that no longer stand because a claim that they used does not, among those on objects about which these
    events have just said something."""
    out: dict[str, Event] = {}
    reader = Reader(store)
    for source, objects in changed:
        for obj in objects if source.is_real else ():
            names = [name for one in reader.members(obj) for name in store.pointing(NUNCIUS + "verdictOn", one)]
            if not names:
                continue
            claims = {claim.node: claim for claim in reader.claims(obj)}
            retracted = [d.source for d in reader.retracted_by(obj)]
            for name in names:
                if why := _fallen(store, reader, name, claims, retracted):
                    event = _withdrawn(store, name, why, obj, source)
                    out[event.id] = event
    return list(out.values())


def _fallen(store: GraphStore, reader: Reader, name: str, claims: Mapping[str, Claim], retracted: Sequence[str]) -> str:
    """Why a verdict no longer stands; empty where it does, or was ended before."""
    verdict = store.node(name)
    if not verdict or PROV + "invalidatedAtTime" in verdict:
        return ""
    if retracted:
        return f"the object was retracted: {retracted[0]}"
    for usage in store.node(f"{name}#test").get(_QUALIFIED.value, []):
        use = store.node(str(usage))
        node = str(next(iter(use.get(_ENTITY.value, [])), ""))
        then = str(next(iter(use.get(NUNCIUS + "saidThen", [])), ""))
        what = str(next(iter(use.get(NUNCIUS + "asInput", [])), "")).replace("_", " ")
        if then and node not in claims:
            return f"{what}, {then}, is no longer said"
        claim = claims.get(node)
        if claim is None:
            continue
        if claim.status not in ("stands", "questioned"):
            return f"{what}, {then}, was {claim.status}"
        if then and said(claim) != then:
            return f"{what} is now {said(claim)}, not {then}"
    return ""


def _withdrawn(store: GraphStore, name: str, why: str, obj: str, source: Event) -> Event:
    verdict = store.node(name)

    def word(predicate: str) -> str:
        return str(next(iter(verdict.get(NUNCIUS + predicate, [])), ""))

    of = store.node(word("ofAssumption"))
    id_ = store.value(name, name, t.IDENTIFIER.value) or name
    return Event(
        id=f"withdrawn:{id_}:{source.id}",
        kind=WITHDRAWN,
        source="nuncius/kg",
        received=source.received,
        # It takes back a verdict, not the object.
        tense=Tense.UPDATE if source.is_retraction else source.tense,
        object=obj,
        data={
            "name": normalise_name(object_label(obj)) or object_label(obj),
            "assumption": str(next(iter(of.get(t.LABEL.value, [])), "")),
            "place": _place_text(word("inPlace")),
            "verdict": word("verdict"),
            "why": why,
            "because": id_,
            "document": event_iri(source.id),
        },
    )


def _place_text(place: str) -> str:
    return unquote(place.removeprefix(f"{NUNCIUS}place/"))
