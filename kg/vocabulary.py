"""The words of the graph: namespaces, and the IRIs of objects, documents and our own terms."""

from __future__ import annotations

from urllib.parse import quote, unquote

from kg.works import CIRCULARS, record

ODA = "http://odahub.io/ontology#"
PAPER = "http://odahub.io/ontology/paper#"
NUNCIUS = "http://odahub.io/ontology/nuncius#"
OBJECT = "http://odahub.io/ontology/nuncius/object/"
PROV = "http://www.w3.org/ns/prov#"
OA = "http://www.w3.org/ns/oa#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
SCHEMA = "https://schema.org/"

#: Prefixes that queries and exports may use without declaring them.
PREFIXES = {
    "oda": ODA,
    "paper": PAPER,
    "nuncius": NUNCIUS,
    "object": OBJECT,
    "prov": PROV,
    "oa": OA,
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "schema": SCHEMA,
}


def object_iri(name: str) -> str:
    """The IRI of the object first known under that (normalised) name: `GRB 230307A` → `…/object/GRB230307A`."""
    return OBJECT + quote(name.replace(" ", ""), safe="+-._:")


def object_label(iri: str) -> str:
    """The short name in an object's IRI."""
    return unquote(iri.removeprefix(OBJECT))


def event_iri(event_id: str) -> str:
    """An IRI for any event id: an IVORN or URL stays itself, circulars and papers get their pages, others become
    URNs."""
    if event_id.startswith("circular:"):
        return CIRCULARS + quote(event_id.removeprefix("circular:").partition("/")[0], safe="")
    if (paper := record(event_id)) is not None:
        return paper
    if event_id.startswith(("ivo://", "http://", "https://", "urn:")):
        return quote(event_id, safe="%:/?#[]@!$&'()*+,;=-._~")
    return "urn:nuncius:" + quote(event_id, safe=":/-._~+=@")
