"""Linked data: everything that the graph names has an address here, as a page, as Turtle and as JSON-LD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from fastapi import Request, Response

from console.negotiation import best
from console.said import resource
from console.views import OBJECT, href
from kg.vocabulary import NUNCIUS, PREFIXES
from nuncius.core.errors import FormatError

if TYPE_CHECKING:
    from kg.store import GraphStore

#: What a resource is given as, and the short names of these in `?format=`.
SORTS = {"text/html": "html", "text/turtle": "ttl", "application/ld+json": "jsonld"}
#: Nodes of one answer: an object has a claim for each.
MOST_NODES = 2000
#: Values that a page shows of one property.
MOST_VALUES = 100


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a property; `href` where it is a resource."""

    text: str
    href: str


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """A resource for people: each property with its values; `more` are values left out."""

    iri: str
    name: str
    sort: str
    href: str
    properties: list[tuple[str, list[Value], int]]


def wanted(request: Request) -> str:
    """What the client wants: `html`, `ttl` or `jsonld`."""
    said = request.query_params.get("format", "")
    if said in SORTS.values():
        return said
    return SORTS.get(best(request.headers.get("accept", ""), list(SORTS)) or "", "html")


def data(graph: GraphStore | None, iri: str, form: str) -> Response:
    """A resource as Turtle or JSON-LD: what is said of it, and of an object every claim about it."""
    if graph is None:
        return Response("there is no graph here", status_code=503, media_type="text/plain")
    try:
        content = graph.describe(_nodes(graph, iri), form)
    except FormatError as error:
        return Response(str(error), status_code=400, media_type="text/plain")
    if not content:
        return Response(f"nothing is said of <{iri[:300]}>", status_code=404, media_type="text/plain")
    sort = next(name for name, short in SORTS.items() if short == form)
    return Response(content, media_type=sort, headers={"Vary": "Accept", "Link": f'<{_plain(iri)}>; rel="canonical"'})


def _plain(iri: str) -> str:
    """An IRI that may stand in a header."""
    return quote(iri, safe="%:/?#[]@!$&'()*+,;=-._~")


def _nodes(graph: GraphStore, iri: str) -> list[str]:
    """The resource, of a claim also its spans, of an object its claims."""
    claims = graph.pointing(NUNCIUS + "subject", iri)[:MOST_NODES] if iri.startswith(OBJECT) else []
    return [iri, f"{iri}-span", f"{iri}-quote", *claims]


def describe(graph: GraphStore, iri: str) -> Description | None:
    """A resource for people; None where nothing is said of it. Raises FormatError where it is no IRI."""
    said = graph.node(iri)
    for part in ("-span", "-quote"):  # the words that a claim was read from
        for name, values in graph.node(iri + part).items():
            if short(name) in ("oa:exact", "oa:start", "oa:end"):
                said[name] = values
    if not said:
        return None
    kinds = [short(str(value)) for value in said.get(PREFIXES["rdf"] + "type", [])]
    rows = [
        (short(name), [_value(value) for value in values[:MOST_VALUES]], max(0, len(values) - MOST_VALUES))
        for name, values in sorted(said.items())
        if name != PREFIXES["rdf"] + "type"
    ]
    label = next((str(v) for n in ("dcterms:title", "rdfs:label") for v in _of(said, n)), iri)
    return Description(iri=iri, name=label, sort=", ".join(kinds), href=resource(iri), properties=rows)


def _of(said: dict[str, list[Any]], name: str) -> list[Any]:
    prefix, _, local = name.partition(":")
    return said.get(PREFIXES[prefix] + local, [])


def _value(value: Any) -> Value:
    text = str(value)
    if isinstance(value, str) and text.startswith(OBJECT):
        return Value(text=text, href=href(text))
    if isinstance(value, str) and text.startswith(("http://", "https://", "urn:", "ivo://")) and " " not in text:
        return Value(text=short(text), href=resource(text))
    return Value(text=text, href="")


def short(iri: str) -> str:
    """An IRI with a prefix that queries may use too, where there is one."""
    found = [(name, base) for name, base in PREFIXES.items() if iri.startswith(base) and len(iri) > len(base)]
    if not found:
        return iri
    name, base = max(found, key=lambda pair: len(pair[1]))
    return f"{name}:{iri.removeprefix(base)}"
