"""What journalled events say, as triples: one named graph per source document, every claim a node with its provenance.

Pure: events in, triples out. Nothing here is random or asks the time, so the same journal gives the same graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kg import terms as t
from kg.claims import claim_node, fact_triples
from kg.extraction import Fact
from kg.naming import keys_of
from kg.store import Term, Triple, iri, literal
from kg.vocabulary import event_iri, object_label
from nuncius.core.event import Event, iso

#: Words of a notice that become claims, with their units. A position is one claim of its own.
_CLAIMS = {
    "far": "Hz",
    "luminosity_distance": "Mpc",
    "t90": "s",
    "fluence": "",
    "rate_snr": "",
    "energy": "",
    "significant": "",
}
_MAPS = ("p_astro", "properties")
_POSITION = {"ra": "ra", "dec": "dec", "ra_dec_error": "radius", "containment_probability": "containmentProbability"}
#: Kinds that are not documents about the sky.
_NOT_DOCUMENTS = ("gcn.heartbeat", "feed.", "timer", "kg.fact")


def is_document(event: Event) -> bool:
    """Whether the event gets a graph of its own."""
    return not event.kind.startswith(_NOT_DOCUMENTS)


def graph_of(event: Event) -> str:
    """The IRI of the event's graph: a circular's own page (all its versions), else the event's IRI."""
    return event_iri(event.id)


def triples_of(event: Event, obj: str | None, facts: Sequence[Fact] = ()) -> list[Triple]:
    """Everything that one event says: the document, its object, its claims, and facts extracted from its text."""
    graph = graph_of(event)
    doc = iri(graph)
    out = _document(event, doc)
    about = iri(obj) if obj else None
    if about is not None and obj is not None:
        out += [
            (doc, t.ours("about"), about),
            (about, t.TYPE, t.ASTRO_OBJECT),
            (about, t.LABEL, literal(object_label(obj))),
        ]
        out += [(about, t.ours("name"), literal(key.key)) for key in keys_of(event)]
        if event.is_retraction:
            out.append((doc, t.ours("retracts"), about))
    if event.kind == "gcn.circular":
        out += _circular(event, doc)
        for fact in facts:
            out += fact_triples(fact, graph, doc, about)
    elif event.kind == "analysis.result":
        out += _result(event, graph, doc, about)
    else:
        out += _notice(event, graph, doc, about)
    return out


def _document(event: Event, doc: Any) -> list[Triple]:
    sort = {"gcn.circular": "Circular", "analysis.result": "Result", "paper": "Paper"}.get(event.kind, "Notice")
    out: list[Triple] = [
        (doc, t.TYPE, t.ours(sort)),
        (doc, t.TYPE, t.ENTITY),
        (doc, t.IDENTIFIER, literal(event.id)),
        (doc, t.ours("kind"), literal(event.kind)),
        (doc, t.ours("tense"), literal(event.tense.value)),
        (doc, t.ours("revision"), literal(event.revision)),
        (doc, t.GENERATED, _time(event.received)),
        (doc, t.ATTRIBUTED, t.AGENT),
    ]
    if event.trigger_time is not None:
        out.append((doc, t.ours("triggerTime"), _time(event.trigger_time)))
    for word in ("mission", "instrument", "type", "messenger", "url", "alert_type", "subject"):
        value = event.data.get(word)
        if isinstance(value, str) and value:
            out.append((doc, t.ours(word), literal(value)))
    return out


def _time(moment: datetime) -> Term:
    return literal(str(iso(moment)), kind="dateTime")


def _valued(graph: str, doc: Any, about: Any, word: str, value: Any, unit: str) -> list[Triple]:
    node, out = claim_node(graph, word.replace(" ", "_"), doc, about, word.replace(" ", "_"))
    out.append((node, t.ours("value"), literal(value if isinstance(value, bool | str) else float(value))))
    if unit:
        out.append((node, t.ours("unit"), literal(unit)))
    return out


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _notice(event: Event, graph: str, doc: Any, about: Any) -> list[Triple]:
    data, out = event.data, []
    if _is_number(data.get("ra")) and _is_number(data.get("dec")):
        node, triples = claim_node(graph, "position", doc, about, "position")
        out += triples
        out += [
            (node, t.ours(term), literal(float(data[word])))
            for word, term in _POSITION.items()
            if _is_number(data.get(word))
        ]
        out.append((node, t.ours("unit"), literal("deg")))
    for word, unit in _CLAIMS.items():
        value = data.get(word)
        if isinstance(value, bool) or _is_number(value):
            out += _valued(graph, doc, about, word, value, unit)
    for word in _MAPS:
        inner = data.get(word)
        if isinstance(inner, dict):
            for key, value in inner.items():
                if _is_number(value) and str(key).isidentifier():
                    out += _valued(graph, doc, about, f"{word}_{key}", value, "")
    return out


def _result(event: Event, graph: str, doc: Any, about: Any) -> list[Triple]:
    """An analysis: its answer, and each value as a claim with unit, errors and limit."""
    said = ("analysis", "answer", "rule")
    out: list[Triple] = [(doc, t.ours(w), literal(event.data[w])) for w in said if isinstance(event.data.get(w), str)]
    values = event.data.get("values")
    for name, quantity in values.items() if isinstance(values, dict) else ():
        if isinstance(quantity, dict) and _is_number(quantity.get("value")) and str(name).isidentifier():
            out += _valued(graph, doc, about, str(name), quantity["value"], str(quantity.get("unit") or ""))
            node = iri(f"{graph}{'/' if '#' in graph else '#'}{name}")
            for part in ("minus", "plus"):
                if _is_number(quantity.get(part)):
                    out.append((node, t.ours(part), literal(float(quantity[part]))))
            if quantity.get("limit") in ("<", ">"):
                out.append((node, t.ours("limit"), literal(quantity["limit"])))
    return out


def _circular(event: Event, doc: Any) -> list[Triple]:
    """The circular under its old name too, `paper:gcn<N>`, with the predicates of the systems before this one."""
    number = int(event.data["circular"])
    node = t.paper(f"gcn{number}")
    subject = str(event.data.get("subject") or "")
    out: list[Triple] = [
        (node, t.paper("NUMBER"), literal(number)),
        (node, t.paper("SUBJECT"), literal(subject)),
        (node, t.SEE_ALSO, doc),
        (doc, t.TITLE, literal(subject)),
        (doc, t.ours("circular"), literal(number)),
        (doc, t.ours("version"), literal(version_of(event))),
    ]
    created = event.data.get("created")
    if created is not None:
        moment = _moment(created)
        out.append((node, t.paper("DATE"), literal(str(created))))
        if moment is not None:
            out.append((doc, t.CREATED, _time(moment)))
    return out


def _moment(created: Any) -> datetime | None:
    """ISO 8601, or the archive's milliseconds since 1970."""
    try:
        if _is_number(created) or str(created).isdigit():
            return datetime.fromtimestamp(float(created) / 1000.0, UTC)
        moment = datetime.fromisoformat(str(created))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def version_of(event: Event) -> int:
    """A circular's version; the first is 1."""
    version = event.data.get("version")
    return int(version) if _is_number(version) and version else 1
