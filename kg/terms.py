"""Terms that triples are made of, each made once: the predicates and classes the graph uses."""

from __future__ import annotations

from urllib.parse import quote

from kg.store import NamedNode, iri
from kg.vocabulary import DCTERMS, NUNCIUS, OA, ODA, PAPER, PROV, RDF, RDFS, SCHEMA
from nuncius import __version__

TYPE = iri(RDF + "type")
LABEL = iri(RDFS + "label")
SEE_ALSO = iri(RDFS + "seeAlso")
IDENTIFIER = iri(DCTERMS + "identifier")
CREATED = iri(DCTERMS + "created")
TITLE = iri(DCTERMS + "title")
ABSTRACT = iri(DCTERMS + "abstract")
MODIFIED = iri(DCTERMS + "modified")
SUBJECT = iri(DCTERMS + "subject")
CITATION = iri(DCTERMS + "bibliographicCitation")
REFERENCES = iri(DCTERMS + "references")

ARTICLE = iri(SCHEMA + "ScholarlyArticle")
REPORT = iri(SCHEMA + "Report")
PERSON = iri(SCHEMA + "Person")
AUTHOR = iri(SCHEMA + "author")
NAME = iri(SCHEMA + "name")
POSITION = iri(SCHEMA + "position")
SAME_AS = iri(SCHEMA + "sameAs")

ENTITY = iri(PROV + "Entity")
SOFTWARE_AGENT = iri(PROV + "SoftwareAgent")
GENERATED = iri(PROV + "generatedAtTime")
ATTRIBUTED = iri(PROV + "wasAttributedTo")
DERIVED = iri(PROV + "wasDerivedFrom")
ACTIVITY = iri(PROV + "Activity")
USED = iri(PROV + "used")
ASSOCIATED = iri(PROV + "wasAssociatedWith")
GENERATED_BY = iri(PROV + "wasGeneratedBy")
INVALIDATED = iri(PROV + "invalidatedAtTime")
REVISION_OF = iri(PROV + "wasRevisionOf")

ASTRO_OBJECT = iri(ODA + "AstrophysicalObject")
HAS_SELECTOR = iri(OA + "hasSelector")
HAS_SOURCE = iri(OA + "hasSource")
TEXT_POSITION = iri(OA + "TextPositionSelector")
TEXT_QUOTE = iri(OA + "TextQuoteSelector")
START = iri(OA + "start")
END = iri(OA + "end")
EXACT = iri(OA + "exact")

#: This program, as the agent that wrote the statements.
AGENT = iri(f"{NUNCIUS}software/nuncius-{__version__}")


def software(name: str) -> NamedNode:
    """An extractor as an agent: `nuncius-grammar/1`."""
    return iri(f"{NUNCIUS}software/{quote(name, safe='-._~')}")


def ours(word: str) -> NamedNode:
    """A term of our own namespace."""
    return iri(NUNCIUS + word)


def paper(word: str) -> NamedNode:
    """A term, or a circular, of the `paper:` vocabulary of the systems before this one."""
    return iri(PAPER + word)
