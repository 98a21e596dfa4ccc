"""Checks graphs against the shapes in `kg/shapes/nuncius.ttl`. The only module that knows pySHACL and rdflib."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from kg.store import GraphStore
from nuncius.core.errors import ConfigurationError

SHAPES = Path(__file__).parent / "shapes" / "nuncius.ttl"


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One broken constraint: in which graph, at which node, by which property, and why."""

    graph: str
    node: str
    path: str
    message: str


def validate(store: GraphStore, names: Sequence[str] | None = None) -> Iterator[tuple[str, list[Violation]]]:
    """Check every graph of the store, or those of these names, each by itself; yields each graph's name with what is
    wrong in it."""
    try:
        import pyshacl
    except ImportError as error:
        raise ConfigurationError("validation needs pySHACL: pip install pyshacl") from error
    import rdflib
    from rdflib.namespace import SH

    shapes = rdflib.Graph().parse(SHAPES, format="turtle")
    for name in store.graphs() if names is None else names:
        data = rdflib.Graph().parse(data=store.dump("ttl", [name]), format="turtle")
        conforms, report, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=False, inference="none")
        results = [] if conforms else list(report.subjects(rdflib.RDF.type, SH.ValidationResult))
        found = [
            Violation(
                graph=name,
                node=str(report.value(result, SH.focusNode)),
                path=str(report.value(result, SH.resultPath) or ""),
                message=str(report.value(result, SH.resultMessage) or ""),
            )
            for result in results
        ]
        yield name, found
