"""Platforms as things in the graph: which features each has, proven by which checks, and what was deployed on it.

One named graph per check and per deployed service; the newest word replaces the one before, and the journal keeps all.
Pure: events in, triples out.
"""

from __future__ import annotations

from urllib.parse import quote

from kg import terms as t
from kg.store import NamedNode, Triple, iri, literal
from kg.vocabulary import ODA
from nuncius.core.event import Event, iso

BASE = "http://odahub.io/ontology/nuncius/"
PLATFORM = iri(ODA + "Platform")
FEATURE = iri(ODA + "Feature")
HAS_FEATURE = iri(ODA + "hasFeature")
PROVEN_BY = iri(ODA + "provenBy")
BELONGS_TO = iri(ODA + "belongsTo")
TEST_STATUS = iri(ODA + "test_status")

#: States of a check in which it proves its features.
PROVES = frozenset({"well", "recovered"})
_WORDS = ("version", "revision", "url")


def is_about_platform(event: Event) -> bool:
    """Whether an event says how a platform is, or what runs on it."""
    named = isinstance(event.data.get("platform"), str) and bool(event.data["platform"])
    return named and event.kind in ("platform.check", "platform.deployed")


def graph_name(event: Event) -> str:
    """The graph that the event's word belongs into: a later one takes its place."""
    sort = "check" if event.kind == "platform.check" else f"deployment/{_name(event.data['platform'])}"
    return f"{BASE}{sort}/{_name(str(event.data.get('service') or 'all'))}"


def platform_triples(event: Event) -> list[Triple]:
    """What the event says of its platform."""
    graph = iri(graph_name(event))
    platform = _node("platform", str(event.data["platform"]))
    out: list[Triple] = [
        (platform, t.TYPE, PLATFORM),
        (platform, t.LABEL, literal(str(event.data["platform"]))),
        (graph, t.GENERATED, literal(str(iso(event.received)), kind="dateTime")),
        (graph, t.ATTRIBUTED, t.AGENT),
    ]
    return out + (
        _check(event, graph, platform) if event.kind == "platform.check" else _deployed(event, graph, platform)
    )


def _check(event: Event, check: NamedNode, platform: NamedNode) -> list[Triple]:
    data = event.data
    out: list[Triple] = [
        (check, t.TYPE, t.ours("Check")),
        (check, t.LABEL, literal(str(data.get("check", "")))),
        (check, BELONGS_TO, platform),
        (check, TEST_STATUS, literal(str(data.get("state", "")))),
        (check, t.ours("reason"), literal(str(data.get("reason", "")))),
    ]
    for name in data.get("proves") or []:
        feature = _node("feature", str(name))
        out += [(feature, t.TYPE, FEATURE), (feature, t.LABEL, literal(str(name)))]
        if data.get("state") in PROVES:
            out += [(platform, HAS_FEATURE, feature), (feature, PROVEN_BY, check)]
    return out


def _deployed(event: Event, deployment: NamedNode, platform: NamedNode) -> list[Triple]:
    out: list[Triple] = [
        (deployment, t.TYPE, t.ours("Deployment")),
        (deployment, BELONGS_TO, platform),
        (deployment, t.IDENTIFIER, literal(event.id)),
    ]
    if event.data.get("service"):
        out.append((deployment, t.LABEL, literal(str(event.data["service"]))))
    for word in _WORDS:
        value = event.data.get(word)
        if isinstance(value, str | float | int) and value != "":
            out.append((deployment, t.ours(word), literal(str(value))))
    return out


def _node(sort: str, name: str) -> NamedNode:
    return iri(f"{BASE}{sort}/{_name(name)}")


def _name(text: str) -> str:
    return quote(text.strip().replace(" ", "-"), safe="+-._@")
