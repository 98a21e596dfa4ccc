"""Software in the graph, in schema.org's and CodeMeta's terms: packages and their versions by package URL, what each
requires, environments, test cases with all that they depend on, and what they gave.

Packages stand twice: `pkg:pypi/scipy@1.11.1` with its version, and `pkg:pypi/scipy`, which says what any version of it
that was ever looked at requires. The closure is asked of the latter, so that a release not seen before has one too.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from kg import terms as t
from kg.store import NamedNode, Term, Triple, iri, literal
from kg.vocabulary import NUNCIUS, SCHEMA, event_iri
from nuncius.core.event import Event, iso

KINDS = ("regression.case", "regression.environment", "regression.result")

NAME = iri(SCHEMA + "name")
DESCRIPTION = iri(SCHEMA + "description")
REQUIREMENTS = iri(SCHEMA + "softwareRequirements")
VERSION = iri(SCHEMA + "softwareVersion")
SOURCE_CODE = iri(SCHEMA + "SoftwareSourceCode")
PART = iri(SCHEMA + "hasPart")


def is_software(event: Event) -> bool:
    """Whether this module writes the event."""
    return event.kind in KINDS


def graph_of(event: Event) -> str:
    """A case has one graph, which its newest wording replaces; everything else has its own."""
    return case_iri(str(event.data.get("case"))) if event.kind == "regression.case" else event_iri(event.id)


def case_iri(name: str) -> str:
    """The IRI of a test case."""
    return f"{NUNCIUS}testcase/{quote(name, safe='-._~')}"


def package(name: str, version: str = "") -> NamedNode:
    """A package, or one version of it, by its package URL (https://github.com/package-url/purl-spec)."""
    return iri(f"pkg:pypi/{quote(name, safe='-._~')}" + (f"@{quote(version, safe='-._~')}" if version else ""))


def triples(event: Event) -> list[Triple]:
    """Everything that one event says."""
    node = iri(graph_of(event))
    out: list[Triple] = [
        (node, t.TYPE, t.ENTITY),
        (node, t.GENERATED, literal(str(iso(event.received)), kind="dateTime")),
        (node, t.ATTRIBUTED, t.AGENT),
    ]
    write = {"regression.case": _case, "regression.environment": _environment, "regression.result": _result}
    return out + write[event.kind](node, event)


def _case(node: NamedNode, event: Event) -> list[Triple]:
    data = event.data
    named: list[Triple] = [
        (node, t.IDENTIFIER, literal(str(data["case"]))),
        (node, t.LABEL, literal(str(data["case"]))),
        (node, t.ours("revision"), literal(event.revision)),
    ]
    if event.is_retraction:
        gone = literal(str(iso(event.received)), kind="dateTime")
        return [*named, (node, t.TYPE, t.ours("FormerTestCase")), (node, t.INVALIDATED, gone)]
    out = [*named, (node, t.TYPE, t.ours("TestCase")), (node, DESCRIPTION, literal(str(data["about"])))]
    for name in data["depends"]:
        out += [(node, REQUIREMENTS, package(name)), (package(name), NAME, literal(name))]
    many = {"data": "usesDataset", "services": "usesService", "quantities": "quantity"}
    out += [(node, t.ours(word), literal(str(v))) for key, word in many.items() for v in data.get(key, ())]
    one = {"protects": "protects", "instrument": "ofInstrument", "computes": "computes", "digest": "digest"}
    return out + [(node, t.ours(word), literal(str(data[key]))) for key, word in one.items() if data.get(key)]


def _environment(node: NamedNode, event: Event) -> list[Triple]:
    out: list[Triple] = [
        (node, t.TYPE, t.ours("SoftwareEnvironment")),
        (node, t.IDENTIFIER, literal(str(event.data["environment"]))),
        (node, DESCRIPTION, literal(str(event.data["what"]))),
    ]
    for one in event.data["packages"]:
        out += version_triples(str(one["name"]), str(one["version"]))
        exact, any_version = package(one["name"], one["version"]), package(one["name"])
        out += [(node, PART, exact), (any_version, t.ours("resolvedIn"), node)]
        for required in one["requires"]:
            out += [(exact, REQUIREMENTS, package(required)), (any_version, REQUIREMENTS, package(required))]
    return out


def version_triples(name: str, number: str) -> list[Triple]:
    """A package's version and what it is a version of."""
    exact, any_version = package(name, number), package(name)
    return [
        (exact, t.TYPE, SOURCE_CODE),
        (exact, NAME, literal(name)),
        (exact, VERSION, literal(number)),
        (exact, t.ours("versionOf"), any_version),
        (any_version, NAME, literal(name)),
    ]


def _result(node: NamedNode, event: Event) -> list[Triple]:
    data = event.data
    case = iri(case_iri(str(data["case"])))
    out: list[Triple] = [
        (node, t.TYPE, t.ours("TestRun")),
        (node, t.TYPE, t.ACTIVITY),
        (node, t.ASSOCIATED, t.AGENT),
        (t.AGENT, t.TYPE, t.SOFTWARE_AGENT),
        (node, t.ours("ofCase"), case),
        (node, t.USED, case),
        (node, t.ours("verdict"), literal(str(data["verdict"]))),
        (node, t.ours("sinceBefore"), literal(bool(data.get("before")))),
        *_tried(node, data),
    ]
    if data.get("environment"):
        out.append((node, t.USED, iri(event_iri(f"environment:{data['environment']}"))))
    if data.get("cause"):
        out.append((node, t.ours("causedBy"), iri(event_iri(str(data["cause"])))))
    if data.get("error"):
        out.append((node, t.ours("error"), literal(str(data["error"])[:500])))
    for name, value in data.get("values", {}).items():
        out += _quantity(node, str(name), value)
    return out


def _tried(node: NamedNode, data: dict[str, Any]) -> list[Triple]:
    """What was new: a package, by its URL, or a dataset, by its name."""
    version, old = str(data["version"]), data.get("old_version")
    if data.get("dataset"):
        return [
            (node, t.ours("usesDataset"), literal(str(data["dataset"]))),
            (node, VERSION, literal(version)),
        ]
    name = str(data["package"])
    against = [(node, t.ours("comparedWith"), package(name, str(old)))] if old else []
    return [(node, t.USED, package(name, version)), *against, *version_triples(name, version)]


def _quantity(run: NamedNode, name: str, value: dict[str, Any]) -> list[Triple]:
    node = iri(f"{run.value}#{quote(name, safe='-._~')}")
    out: list[Triple] = [
        (run, t.ours("gave"), node),
        (node, t.ours("quantity"), literal(name)),
        (node, t.ours("verdict"), literal(str(value["verdict"]))),
    ]
    words = {"value": "value", "old": "formerValue", "reference": "referenceValue"}
    numbers: list[tuple[NamedNode, Term]] = [
        (t.ours(word), literal(float(value[key]))) for key, word in words.items() if value.get(key) is not None
    ]
    out += [(node, predicate, number) for predicate, number in numbers]
    return out + ([(node, t.ours("unit"), literal(str(value["unit"])))] if value.get("unit") else [])


def released(event: Event, doc: NamedNode) -> list[Triple]:
    """A release of software names its package and version."""
    name, version = event.data.get("package"), event.data.get("version")
    if not isinstance(name, str) or not isinstance(version, str) or not name or not version:
        return []
    return [(doc, t.ours("releases"), package(name, version)), *version_triples(name, version)]
