"""Runs of analyses in PROV-O: what each used (inputs by SHA-256, the event and rule behind it, software, environment)
and which numbers it gave. What it asked of archives stands beside it (`kg/harvest.py`). Pure: a result's event in,
triples out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from kg import terms as t
from kg.harvest import run_of
from kg.software import VERSION, package, version_triples
from kg.store import NamedNode, Triple, iri, literal
from kg.vocabulary import NUNCIUS, PROV, event_iri
from nuncius.core.event import Event, iso

PLAN = iri(PROV + "Plan")
ASSOCIATION = iri(PROV + "Association")
QUALIFIED = iri(PROV + "qualifiedAssociation")
HAD_PLAN = iri(PROV + "hadPlan")
BY = iri(PROV + "agent")
STARTED = iri(PROV + "startedAtTime")
ENDED = iri(PROV + "endedAtTime")
#: Inputs and packages of one run that are written down.
MOST = 200
#: Longer values stand as their SHA-256 alone.
LONGEST_VALUE = 300


def run_triples(event: Event, graph: str, given: list[NamedNode]) -> list[Triple]:
    """The run behind a result, which gave the claims `given`; nothing where its provenance is not told."""
    provenance = event.data.get("provenance")
    if not isinstance(provenance, Mapping) or not isinstance(provenance.get("analysis"), str):
        return []
    run, doc = run_of(graph), iri(graph)
    took = provenance.get("duration_s")
    ended = event.received + timedelta(seconds=float(took) if isinstance(took, int | float) else 0.0)
    out: list[Triple] = [
        (run, t.TYPE, t.ACTIVITY),
        (run, t.TYPE, t.ours("AnalysisRun")),
        (run, t.LABEL, literal(f"{provenance['analysis']}, version {provenance.get('version', '?')}")),
        (run, t.ours("analysis"), literal(provenance["analysis"])),
        (run, VERSION, literal(str(provenance.get("version", "")))),
        (run, STARTED, literal(str(iso(event.received)), kind="dateTime")),
        (run, ENDED, literal(str(iso(ended)), kind="dateTime")),
        (run, t.ASSOCIATED, t.AGENT),
        (t.AGENT, t.TYPE, t.SOFTWARE_AGENT),
        (doc, t.GENERATED_BY, run),
        *((claim, t.GENERATED_BY, run) for claim in given),
        *_words(run, provenance),
        *_cause(run, event),
    ]
    inputs = provenance.get("inputs")
    for name, value in list((inputs if isinstance(inputs, Mapping) else {}).items())[:MOST]:
        out += _input(run, str(name), value)
    software = provenance.get("software")
    for name, number in list((software if isinstance(software, Mapping) else {}).items())[:MOST]:
        out += [(run, t.USED, package(str(name), str(number))), *version_triples(str(name), str(number))]
    return list(dict.fromkeys(out))


def _words(run: NamedNode, provenance: Mapping[str, Any]) -> Iterator[Triple]:
    for word, term in (("key", "cacheKey"), ("supplier", "supplier")):
        if isinstance(provenance.get(word), str):
            yield run, t.ours(term), literal(provenance[word])
    environment = provenance.get("environment")
    for name, value in (environment if isinstance(environment, Mapping) else {"": environment}).items():
        if isinstance(value, str | int | float) and value != "":
            yield run, t.ours("environment"), literal(f"{name} {value}".strip())


def _cause(run: NamedNode, event: Event) -> list[Triple]:
    """The event and the rule that caused it."""
    out: list[Triple] = []
    if isinstance(event.data.get("because"), str):
        cause = iri(event_iri(event.data["because"]))
        out += [(run, t.USED, cause), (run, t.ours("causedBy"), cause)]
    if isinstance(event.data.get("rule"), str) and event.data["rule"]:
        plan = iri(f"{NUNCIUS}rule/{quote(event.data['rule'], safe='-._~')}")
        association = iri(f"{run.value}-association")
        out += [
            (run, QUALIFIED, association),
            (association, t.TYPE, ASSOCIATION),
            (association, BY, t.AGENT),
            (association, HAD_PLAN, plan),
            (plan, t.TYPE, PLAN),
            (plan, t.LABEL, literal(event.data["rule"])),
        ]
    return out


def _input(run: NamedNode, name: str, value: Any) -> list[Triple]:
    node = iri(f"{run.value}-input-{quote(name, safe='-._~')}")
    encoded = msgspec.json.encode(value, order="deterministic")
    # A long input came as its hash already (analyses/run.py).
    brief = isinstance(value, Mapping) and set(value) == {"sha256", "bytes"}
    sha256 = str(value["sha256"]) if brief else hashlib.sha256(encoded).hexdigest()
    out: list[Triple] = [
        (run, t.USED, node),
        (node, t.TYPE, t.ENTITY),
        (node, t.TYPE, t.ours("Input")),
        (node, t.LABEL, literal(name)),
        (node, t.ours("sha256"), literal(sha256)),
    ]
    if not brief and len(encoded) <= LONGEST_VALUE:
        out.append((node, t.ours("value"), literal(encoded.decode() if not isinstance(value, str) else value)))
    for sha in dict.fromkeys(_maps(value)):
        blob = iri(f"urn:sha256:{sha}")
        out += [(run, t.USED, blob), (blob, t.TYPE, t.ENTITY), (blob, t.ours("sha256"), literal(sha))]
        out.append((blob, t.LABEL, literal(f"sky map of {name}")))
    return out


def _maps(value: Any) -> Iterator[str]:
    """SHA-256 of sky maps within an input."""
    if isinstance(value, Mapping):
        sha256 = value.get("sha256")
        if value.get("type") == "map" and isinstance(sha256, str) and sha256.isalnum():
            yield sha256
        for inner in value.values():
            yield from _maps(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _maps(inner)
