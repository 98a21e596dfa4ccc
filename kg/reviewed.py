"""Reviews as triples: what a person said of a report, as a PROV activity with its agent. Pure, like `kg.triples`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from kg import terms as t
from kg.store import Triple, iri, literal
from kg.vocabulary import PROV, event_iri
from nuncius.core.event import Event, iso

#: Kinds of the events by which people's acts enter the journal.
REVIEW = "review"
_PERSON, _AT_END, _AT_START = iri(PROV + "Person"), iri(PROV + "endedAtTime"), iri(PROV + "startedAtTime")
#: Words of the event that become literals of the review.
_SAID = ("act", "what", "title", "rule", "rule_hash", "report", "why")


def person_iri(person: str) -> str:
    """The IRI of somebody at a door: `slack:U0123`."""
    return "urn:nuncius:person:" + quote(person, safe=":-._~")


def review_triples(event: Event, doc: Any) -> list[Triple]:
    """The review and the activity that made it: who, when, about which event, and how long they took."""
    data = event.data
    activity = iri(f"{doc.value}#act")
    person = iri(person_iri(str(data.get("person") or "unknown")))
    ended = literal(str(iso(event.received)), kind="dateTime")
    out: list[Triple] = [
        (doc, t.GENERATED_BY, activity),
        (activity, t.TYPE, t.ACTIVITY),
        (activity, t.ASSOCIATED, person),
        (activity, _AT_END, ended),
        (person, t.TYPE, _PERSON),
        (person, t.LABEL, literal(str(data.get("by") or data.get("person") or "somebody"))),
    ]
    if isinstance(data.get("told"), str):
        out.append((activity, _AT_START, literal(data["told"], kind="dateTime")))
    about = str(data.get("about") or data.get("object") or f"rule:{data.get('rule', '')}")
    used = iri(event_iri(about))
    out += [(activity, t.USED, used), (doc, t.ours("reviews"), used)]
    out += [(doc, t.ours(word), literal(data[word])) for word in _SAID if isinstance(data.get(word), str)]
    for word in ("reaction", "question"):
        if isinstance(data.get(word), int):
            out.append((doc, t.ours(word), literal(data[word])))
    if isinstance(data.get("took_s"), int | float):
        out.append((doc, t.ours("tookSeconds"), literal(float(data["took_s"]))))
    return out
