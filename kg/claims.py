"""Claims as triples: a node for each, and for what was read from a text the characters that say it."""

from __future__ import annotations

from typing import Any

from kg import terms as t
from kg.extraction import Fact
from kg.store import Triple, iri, literal


def claim_node(graph: str, part: str, doc: Any, about: Any, predicate: str) -> tuple[Any, list[Triple]]:
    """A claim node of a document and what every claim has."""
    node = iri(f"{graph}{'/' if '#' in graph else '#'}{part}")
    out: list[Triple] = [
        (node, t.TYPE, t.ours("Claim")),
        (node, t.ours("predicate"), t.ours(predicate)),
        (node, t.DERIVED, doc),
    ]
    if about is not None:
        out.append((node, t.ours("subject"), about))
    return node, out


def fact_triples(fact: Fact, graph: str, doc: Any, about: Any) -> list[Triple]:
    """An extracted fact: what it says, and exactly which characters say it."""
    node, out = claim_node(graph, f"{fact.predicate}-{fact.where}-{fact.start}-{fact.end}", doc, about, fact.predicate)
    out += _said(fact, node)
    span = iri(f"{node.value}-span")
    quote = iri(f"{node.value}-quote")
    out += [
        (node, t.ours("assertion"), literal(fact.assertion)),
        (node, t.ours("confidence"), literal(fact.confidence)),
        (node, t.ours("extractor"), literal(fact.extractor)),
        (node, t.ours("where"), literal(fact.where)),
        (node, t.HAS_SELECTOR, span),
        (node, t.HAS_SELECTOR, quote),
        (span, t.TYPE, t.TEXT_POSITION),
        (span, t.START, literal(fact.start)),
        (span, t.END, literal(fact.end)),
        (quote, t.TYPE, t.TEXT_QUOTE),
        (quote, t.EXACT, literal(fact.text)),
    ]
    paper_node = t.paper(f"gcn{fact.circular}")
    if fact.predicate == "cites":
        cited = f"gcn{fact.value}" if isinstance(fact.value, int) else f"atel{str(fact.value).split()[-1]}"
        out.append((paper_node, t.paper("cites"), t.paper(cited)))
        word = "cites_gcn_id" if isinstance(fact.value, int) else "cites_atel_id"
        out.append((paper_node, t.paper(word), literal(str(fact.value).split()[-1])))
    elif fact.predicate in ("event_name", "alias"):
        name = str(fact.value).replace(" ", "")
        out.append((paper_node, t.paper("mentions_named_event"), literal(name)))
        if name.startswith("GRB"):
            out.append((paper_node, t.paper("mentions_named_grb"), literal(name)))
    elif fact.predicate == "retraction" and about is not None:
        out.append((doc, t.ours("retracts"), about))
    return out


def _said(fact: Fact, node: Any) -> list[Triple]:
    """Value, unit, errors, limit, range and qualifiers of a fact."""
    out: list[Triple] = []
    if fact.value is not None and not isinstance(fact.value, dict):
        out.append((node, t.ours("value"), literal(fact.value)))
    if fact.unit:
        out.append((node, t.ours("unit"), literal(fact.unit)))
    if fact.error is not None:
        out += [(node, t.ours("minus"), literal(fact.error[0])), (node, t.ours("plus"), literal(fact.error[1]))]
    for word, bound in (("limit", fact.limit), ("lower", fact.lower), ("upper", fact.upper)):
        if bound is not None:
            out.append((node, t.ours(word), literal(bound)))
    out += [
        (node, t.ours(f"qualifier_{k}"), literal(v)) for k, v in fact.qualifier.items() if isinstance(v, str | float)
    ]
    return out
