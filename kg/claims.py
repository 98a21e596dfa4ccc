"""Claims as triples: a node for each, and for what was read from a text the characters that say it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kg import terms as t
from kg.extraction import Fact
from kg.store import Triple, iri, literal
from kg.units import to_si


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


def fact_part(fact: Fact, count: int) -> str:
    """What tells a fact's node from others of its document; `count` numbers facts read from the very same span."""
    return f"{fact.predicate}-{fact.where}-{fact.start}-{fact.end}" + (f"-{count}" if count > 1 else "")


def reading(graph: str, extractor: str) -> tuple[Any, list[Triple]]:
    """The PROV activity that read a document, with the extractor as the agent that did it."""
    activity = iri(f"{graph}#reading")
    agent = t.software(extractor)
    return activity, [
        (activity, t.TYPE, t.ACTIVITY),
        (activity, t.USED, iri(graph)),
        (activity, t.ASSOCIATED, agent),
        (agent, t.TYPE, t.SOFTWARE_AGENT),
        (agent, t.LABEL, literal(extractor)),
    ]


def fact_triples(fact: Fact, graph: str, doc: Any, about: Any, activity: Any, count: int = 1) -> list[Triple]:
    """An extracted fact: what it says, of what, and exactly which characters say it."""
    node, out = claim_node(graph, fact_part(fact, count), doc, about, fact.predicate)
    out += _said(fact, node)
    span, quote = iri(f"{node.value}-span"), iri(f"{node.value}-quote")
    out += [
        (node, t.ours("assertion"), literal(fact.assertion)),
        (node, t.ours("confidence"), literal(float(fact.confidence))),
        (node, t.ours("extractor"), literal(fact.extractor)),
        (node, t.ours("where"), literal(fact.where)),
        (node, t.GENERATED_BY, activity),
        (node, t.HAS_SOURCE, doc),
        (node, t.HAS_SELECTOR, span),
        (node, t.HAS_SELECTOR, quote),
        (span, t.TYPE, t.TEXT_POSITION),
        (span, t.START, literal(fact.start)),
        (span, t.END, literal(fact.end)),
        (quote, t.TYPE, t.TEXT_QUOTE),
        (quote, t.EXACT, literal(fact.text)),
    ]
    return out


def _said(fact: Fact, node: Any) -> list[Triple]:
    """Value, unit, SI value, errors, limit, range, position and qualifiers of a fact."""
    out: list[Triple] = []
    if isinstance(fact.value, dict):
        out += _place(fact.value, fact, node)
    elif fact.value is not None:
        out.append((node, t.ours("value"), literal(fact.value)))
        out += _in_si(fact, node)
    if fact.unit:
        out.append((node, t.ours("unit"), literal(fact.unit)))
    if fact.error is not None:
        out += [(node, t.ours(w), literal(float(e))) for w, e in zip(("minus", "plus"), fact.error, strict=True)]
    for word, bound in (("limit", fact.limit), ("lower", fact.lower), ("upper", fact.upper)):
        if bound is not None:
            out.append((node, t.ours(word), literal(bound if isinstance(bound, str) else float(bound))))
    if fact.error_probability is not None:
        out.append((node, t.ours("errorProbability"), literal(float(fact.error_probability))))
    return out + _qualifiers(fact.qualifier, node)


def _in_si(fact: Fact, node: Any) -> list[Triple]:
    if not isinstance(fact.value, int | float) or isinstance(fact.value, bool) or fact.unit in ("", "mag"):
        return []
    known = to_si(float(fact.value), fact.unit)
    return (
        [] if known is None else [(node, t.ours("si"), literal(known[0])), (node, t.ours("siUnit"), literal(known[1]))]
    )


def _place(value: Mapping[str, Any], fact: Fact, node: Any) -> list[Triple]:
    """A position; its error counts as a radius only with the probability that it holds."""
    out: list[Triple] = [
        (node, t.ours(k), literal(float(v)))
        for k, v in value.items()
        if isinstance(v, int | float) and k.isidentifier()
    ]
    if fact.error is not None and fact.error_probability is not None and fact.unit in ("", "deg"):
        out += [
            (node, t.ours("radius"), literal(float(max(fact.error)))),
            (node, t.ours("containmentProbability"), literal(float(fact.error_probability))),
        ]
    return out


def _qualifiers(qualifier: Mapping[str, Any], node: Any) -> list[Triple]:
    out: list[Triple] = []
    for key, value in qualifier.items():
        if value is None or not key.isidentifier():
            continue
        plain = value if isinstance(value, str | int | float) else json.dumps(value, sort_keys=True)
        out.append((node, t.ours(f"qualifier_{key}"), literal(plain)))
    return out
