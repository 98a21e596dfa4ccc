"""What journalled events say, as triples: one named graph per source document, every claim a node with its provenance.

Pure: events in, triples out. Nothing here is random or asks the time, so the same journal gives the same graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kg import legacy, software
from kg import terms as t
from kg.byline import byline
from kg.claims import claim_node, fact_part, fact_triples, reading
from kg.extraction import Fact
from kg.harvest import harvest_triples
from kg.marks import marks, takes_back_event
from kg.papers import is_paper, paper_triples
from kg.papers import version_of as paper_version
from kg.reviewed import REVIEW, review_triples
from kg.runs import run_triples
from kg.store import Term, Triple, iri, literal
from kg.subjects import Identity, subject_of
from kg.units import to_si
from kg.vocabulary import event_iri, object_label
from kg.works import page
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
    # People and programs send these as events of a kind `custom.…`; circulars tell the first three, too.
    "epeak": "keV",
    "photon_index": "",
    "spectral_index": "",
    "photon_energy": "GeV",
    "photon_delay": "s",
}
_MAPS = ("p_astro", "properties")
_POSITION = {"ra": "ra", "dec": "dec", "ra_dec_error": "radius", "containment_probability": "containmentProbability"}
#: Kinds that are not documents about the sky.
_NOT_DOCUMENTS = ("gcn.heartbeat", "feed.", "timer", "kg.fact", "platform", "assumption")
#: Kinds by which a person joins or parts objects (kg/objects.py).
_ABOUT_NAMES = ("object.joined", "object.parted")


def is_document(event: Event) -> bool:
    """Whether the event gets a graph of its own."""
    private = event.is_a(REVIEW) and event.data.get("private") is True  # about what one person alone was told
    return not private and not event.kind.startswith(_NOT_DOCUMENTS)


def graph_of(event: Event) -> str:
    """The IRI of the event's graph: a circular's own page (all its versions), else the event's IRI."""
    return software.graph_of(event) if software.is_software(event) else event_iri(event.id)


def triples_of(event: Event, identity: Identity, facts: Sequence[Fact] = ()) -> list[Triple]:
    """Everything that one event says: the document, its object, its claims, and facts extracted from its text."""
    if software.is_software(event):
        return software.triples(event)
    graph = graph_of(event)
    doc = iri(graph)
    out = _document(event, doc)
    if is_paper(event):  # attaches to objects by the names in its text, and takes back none
        return out + paper_triples(event, doc)
    about = iri(identity.object) if identity.object else None
    if about is not None:
        out.append((doc, t.ours("about"), about))
        out += _object(about, identity.names)
        out += [(iri(other), t.ours("sameObject"), about) for other in identity.same]
        if event.is_retraction:
            out.append((doc, t.ours("retracts"), about))
    if event.kind == "gcn.circular":
        out += _circular(event, doc)
        out += _facts(event, facts, identity, doc)
    elif event.kind == "analysis.result":
        out += _result(event, graph, doc, about)
    elif event.is_a(REVIEW):
        out += review_triples(event, doc)
    elif event.kind == "release.code":
        out += software.released(event, doc)
    elif event.kind not in _ABOUT_NAMES:
        out += _notice(event, graph, doc, about)
    return out


def _object(about: Any, names: Sequence[str]) -> list[Triple]:
    label = literal(object_label(about.value))
    out: list[Triple] = [(about, t.TYPE, t.ASTRO_OBJECT), (about, t.LABEL, label)]
    return out + [(about, t.ours("name"), literal(name)) for name in names]


def _facts(event: Event, facts: Sequence[Fact], identity: Identity, doc: Any) -> list[Triple]:
    """Claims of a circular, each under the object it is about, and what they take back of others."""
    if not facts:
        return []
    graph = doc.value
    own = next((str(f.value) for f in facts if f.predicate == "event_name"), None)
    subjects = [subject_of(fact, identity, own) for fact in facts]
    activity, out = reading(graph, facts[0].extractor)
    seen: dict[str, int] = {}
    for fact, subject in zip(facts, subjects, strict=True):
        part = fact_part(fact, 1)
        seen[part] = seen.get(part, 0) + 1
        about = iri(subject) if subject else None
        out += fact_triples(fact, graph, doc, about, activity, seen[part])
        if about is not None and subject != identity.object:
            out += _object(about, [fact.object] if fact.object else [])
        if fact.predicate == "retraction" and about is not None and takes_back_event(fact):
            out.append((doc, t.ours("retracts"), about))
    cited = {number for fact in facts if fact.predicate == "cites" and (number := str(fact.value))}
    pages = (page(c if c.startswith("ATel") else f"gcn:{c.removesuffix('.0')}") for c in sorted(cited))
    out += [(doc, t.REFERENCES, iri(url)) for url in pages if url is not None and url != graph]
    out += marks(facts, graph, doc, subjects)
    return out + legacy.triples(event, facts, own)


def _document(event: Event, doc: Any) -> list[Triple]:
    sort = {"gcn.circular": "Circular", "analysis.result": "Result"}.get(event.kind, "Notice")
    sort = "Paper" if is_paper(event) else "Review" if event.is_a(REVIEW) else sort
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
    """An analysis of our own: its answer, and each value as a claim with unit, errors and limit, so that what others
    say can contradict it."""
    said = ("analysis", "answer", "rule")
    out: list[Triple] = [(doc, t.ours(w), literal(event.data[w])) for w in said if isinstance(event.data.get(w), str)]
    name = f"our {event.data.get('analysis') or 'analysis'}"
    out += [(doc, t.ours("shortName"), literal(name)), (doc, t.ours("byline"), literal(name))]
    who = "-".join(str(event.data[w]) for w in ("mission", "instrument") if isinstance(event.data.get(w), str))
    for quantity, given in _quantities(event).items():
        unit = str(given.get("unit") or "")
        out += _valued(graph, doc, about, quantity, given["value"], unit)
        node = iri(f"{graph}{'/' if '#' in graph else '#'}{quantity}")
        if unit and (known := to_si(float(given["value"]), unit)) is not None:
            out += [(node, t.ours("si"), literal(known[0])), (node, t.ours("siUnit"), literal(known[1]))]
        for part in ("minus", "plus"):
            if _is_number(given.get(part)):
                out.append((node, t.ours(part), literal(float(given[part]))))
        if given.get("limit") in ("<", ">"):
            out.append((node, t.ours("limit"), literal(given["limit"])))
        if who:
            out.append((node, t.ours("qualifier_instrument"), literal(who)))
    claims = [iri(f"{graph}{'/' if '#' in graph else '#'}{quantity}") for quantity in _quantities(event)]
    return out + run_triples(event, graph, claims) + harvest_triples(event.data.get("provenance"), graph)


def _quantities(event: Event) -> dict[str, dict[str, Any]]:
    values = event.data.get("values")
    items = values.items() if isinstance(values, dict) else ()
    return {str(k): v for k, v in items if isinstance(v, dict) and _is_number(v.get("value")) and str(k).isidentifier()}


def predicates_of_result(event: Event) -> set[str]:
    """The quantities that an analysis gives."""
    return set(_quantities(event))


def _circular(event: Event, doc: Any) -> list[Triple]:
    """The circular itself: title, number, version, when it was written and by whom."""
    subject = str(event.data.get("subject") or "")
    out: list[Triple] = [
        (doc, t.TITLE, literal(subject)),
        (doc, t.ours("circular"), literal(int(event.data["circular"]))),
        (doc, t.ours("version"), literal(version_of(event))),
    ]
    if event.data.get("created") is not None and (moment := written(event)):
        out.append((doc, t.CREATED, _time(moment)))
    who = byline(str(event.data.get("body") or ""))
    if who is not None:
        out += [(doc, t.ours("authors"), literal(who.authors)), (doc, t.ours("byline"), literal(who.short))]
    return out + legacy.document(event, doc)


def written(event: Event) -> datetime | None:
    """When a circular was written, as the archive says."""
    return _moment(event.data.get("created"))


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
    """The version of a circular or paper; the first is 1."""
    if is_paper(event):
        return paper_version(event)
    version = event.data.get("version")
    return int(version) if _is_number(version) and version else 1
