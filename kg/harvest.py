"""What a run asked of archives and name resolvers, in the words of the ODA ontology: the run is an `oda:Workflow` that
is requesting objects and positions and is using services. Pure: the provenance of a result in, triples out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from kg import terms as t
from kg.store import NamedNode, Triple, iri, literal
from kg.subjects import key_of
from kg.vocabulary import NUNCIUS, ODA, object_iri, object_label

UNIT_DEGREE = iri("http://odahub.io/ontology/unit#Degree")
MOST = 200

_WORKFLOW = iri(ODA + "Workflow")
_SERVICE = {"astroquery": iri(ODA + "AstroqueryModule")}
_USING = iri(ODA + "isUsing")
_REQUESTING = iri(ODA + "isRequesting")
_REQUESTING_OBJECT = iri(ODA + "isRequestingAstroObject")
_COORDINATES = iri(ODA + "SkyCoordinates")
_PARTS = {
    "ra": (iri(ODA + "hasRA"), iri(ODA + "RightAscensionDegrees")),
    "dec": (iri(ODA + "hasDec"), iri(ODA + "DeclinationDegrees")),
}


def run_of(graph: str) -> NamedNode:
    """The run that gave the result in that graph."""
    return iri(f"{graph}{'/' if '#' in graph else '#'}run")


def harvest_triples(provenance: Any, graph: str) -> list[Triple]:
    """What the run behind a result asked for; nothing where it asked nobody."""
    said = provenance.get("harvest") if isinstance(provenance, Mapping) else None
    calls = [call for call in said if isinstance(call, Mapping)][:MOST] if isinstance(said, list) else []
    if not calls:
        return []
    run = run_of(graph)
    out: list[Triple] = [(run, t.TYPE, _WORKFLOW), (iri(graph), t.GENERATED_BY, run)]
    hosts = sorted({str(host) for call in calls for host in call.get("hosts") or []})
    out += [(run, t.ours("dataService"), literal(host)) for host in hosts]
    for number, call in enumerate((call for call in calls if call.get("service")), 1):
        out += _call(call, run, iri(f"{run.value}-request-{number}"))
    return list(dict.fromkeys(out))


def _call(call: Mapping[str, Any], run: NamedNode, node: NamedNode) -> list[Triple]:
    service = iri(f"{NUNCIUS}service/{_word(call.get('module'))}/{_word(call['service'])}")
    out: list[Triple] = [
        (service, t.TYPE, _SERVICE.get(str(call.get("kind")), _WORKFLOW)),
        (service, t.LABEL, literal(f"{call['service']} ({call.get('module') or call.get('kind')})")),
        (run, _USING, service),
        (run, t.ours("request"), node),
        (node, t.TYPE, t.ours("Request")),
        (node, t.ours("service"), service),
        (node, t.ours("call"), literal(str(call.get("call") or "query"))),
        (node, t.ours("succeeded"), literal(call.get("ok") is True)),
    ]
    out += [(node, t.ours("catalogue"), literal(str(name))) for name in call.get("catalogues") or []]
    if isinstance(call.get("query"), str):
        out.append((node, t.ours("query"), literal(call["query"])))
    if _is_number(call.get("radius")) and call["radius"] >= 0.0:
        out.append((node, t.ours("coneRadius"), literal(float(call["radius"]))))
    if isinstance(call.get("object"), str) and call["object"].strip():
        about = iri(object_iri(key_of(call["object"])))
        out += [(about, t.TYPE, t.ASTRO_OBJECT), (about, t.LABEL, literal(object_label(about.value)))]
        out += [(run, _REQUESTING_OBJECT, about), (node, t.ours("requestedObject"), about)]
    if _within(call.get("ra"), 0.0, 360.0) and _within(call.get("dec"), -90.0, 90.0):
        out += _position(call, run, node)
    return out


def _position(call: Mapping[str, Any], run: NamedNode, node: NamedNode) -> list[Triple]:
    place = iri(f"{node.value}-position")
    out: list[Triple] = [
        (place, t.TYPE, _COORDINATES),
        (run, _REQUESTING, place),
        (node, t.ours("requestedPosition"), place),
    ]
    for word, (has, sort) in _PARTS.items():
        part = iri(f"{place.value}-{word}")
        value = literal(float(call[word]))
        out += [(place, has, part), (part, t.TYPE, sort), (part, iri(ODA + "value"), value)]
        out.append((part, iri(ODA + "has_unit"), UNIT_DEGREE))
    return out


def _word(name: Any) -> str:
    """A name as part of an IRI."""
    return quote(str(name or "unknown"), safe="-._~")


def _within(value: Any, least: float, most: float) -> bool:
    return _is_number(value) and least <= float(value) <= most


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
