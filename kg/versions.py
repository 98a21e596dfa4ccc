"""Older versions of a circular or paper: in graphs of their own, under words that today's questions do not ask for.

A circular's page is the graph of its newest version; version 1 of circular 7 moves to `…/circulars/7/1`, version 1 of
an arXiv paper to arXiv's own page of it, `…/abs/2511.14858v1`. There its claims are `nuncius:FormerClaim` with
`nuncius:formerPredicate`, so a query for claims finds only what stands, without having to know of versions, and one
that asks what was known at some earlier time asks for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kg import terms as t
from kg.store import Term, Triple, iri
from kg.vocabulary import NUNCIUS, PAPER
from kg.works import ARXIV

#: What is said of a document that stands → what is said of a former version.
FORMER = {
    "predicate": "formerPredicate",
    "about": "formerlyAbout",
    "mentions": "formerlyMentioned",
    "retracts": "formerlyRetracted",
    "corrects": "formerlyCorrected",
    "marks": "formerlyMarked",
    "marksObject": "formerlyMarkedObject",
    "name": "formerName",
    "sameObject": "formerlySameObject",
}
_PREDICATES = {NUNCIUS + now: t.ours(then) for now, then in FORMER.items()}
_PREDICATES |= {t.REFERENCES.value: t.ours("formerlyCited"), t.SAME_AS.value: t.ours("formerIdentifier")}
_CLASSES = {NUNCIUS + now: t.ours(f"Former{now}") for now in ("Claim", "Circular", "Mark", "Paper")}


def former_graph(graph: str, version: int) -> str:
    """The graph of a version that no longer stands."""
    return f"{graph}v{version}" if graph.startswith(ARXIV) else f"{graph}/{version}"


def former(triples: Sequence[Triple], graph: str, version: int, until: Term) -> list[Triple]:
    """What a version said, as something that stood until the moment `until`. The names that older systems gave the
    circular (`paper:gcn7`) belong to the newest version and are left out."""
    own = former_graph(graph, version)

    def moved(term: Any) -> Any:
        text = getattr(term, "value", "")
        if type(term) is type(t.TYPE) and (text == graph or text.startswith((f"{graph}#", f"{graph}/"))):
            return iri(own + text[len(graph) :])
        return term

    out: list[Triple] = []
    for subject, predicate, value in triples:
        if subject.value.startswith(PAPER):
            continue
        if predicate == t.TYPE:
            value = _CLASSES.get(value.value, value)
        out.append((moved(subject), _PREDICATES.get(predicate.value, predicate), moved(value)))
    doc = iri(own)
    return [*out, (doc, t.INVALIDATED, until), (iri(graph), t.REVISION_OF, doc)]
