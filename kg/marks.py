"""What a circular takes back or puts right of others: marks on their claims, in the graph of the one that says so.

A mark names the circular that it concerns, or an object, and the quantities. Who asks for what is known now leaves
marked claims out or shows them as what they are; nothing is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kg import terms as t
from kg.extraction import Fact
from kg.store import Triple, iri, literal
from kg.vocabulary import event_iri

#: Predicates whose claims can be corrected or withdrawn one by one.
QUANTITIES = (
    "redshift", "position", "trigger_time", "t90", "fluence", "flux", "magnitude", "counterpart", "host",
    "classification", "coincidence", "non_detection",
)  # fmt: skip
_WORDS = {
    "duration": "t90", "localization": "position", "localisation": "position", "coordinates": "position",
    "photometry": "magnitude", "upper limit": "magnitude", "limit": "magnitude", "afterglow": "counterpart",
    "candidate": "counterpart", "host galaxy": "host", "association": "coincidence", "time": "trigger_time",
}  # fmt: skip
#: What a retraction of the event itself is called.
_WHOLE = frozenset({"retracted", "not_a_burst", "event", "trigger", "detection"})


def quantities_in(text: str) -> list[str]:
    """The quantities that words name: `redshift and host galaxy` → `redshift`, `host`."""
    low = text.lower().replace("_", " ")
    found = [q for q in QUANTITIES if re.search(rf"\b{q.replace('_', ' ')}s?\b", low)]
    return found + [q for word, q in _WORDS.items() if q not in found and re.search(rf"\b{word}s?\b", low)]


def takes_back_event(fact: Fact) -> bool:
    """Whether a retraction takes back the event itself rather than a redshift or a candidate of it."""
    if fact.assertion not in ("asserted", "hedged"):
        return False
    return str(fact.value) in _WHOLE or not quantities_in(_said(fact))


def marks(facts: Sequence[Fact], graph: str, doc: Any, subjects: Sequence[str | None]) -> list[Triple]:
    """The marks that a circular's facts make; `subjects` are the objects that these are about, in the same order."""
    out: list[Triple] = []
    restated = [q for q in QUANTITIES if any(f.predicate == q and f.assertion == "asserted" for f in facts)]
    for fact, subject in zip(facts, subjects, strict=True):
        if fact.predicate == "corrects" and (number := re.search(r"\d+", str(fact.value))):
            target = event_iri(f"circular:{number.group()}")
            quantities = quantities_in(_said(fact)) or restated
            out += _mark(f"{graph}#corrects-{number.group()}", doc, "corrected", quantities, document=target)
        elif fact.predicate == "retraction" and subject and not takes_back_event(fact):
            quantities = quantities_in(_said(fact))
            if quantities and fact.assertion == "asserted":
                out += _mark(f"{graph}#retracts-{fact.start}", doc, "retracted", quantities, about=subject)
    return out


def _said(fact: Fact) -> str:
    words = [str(fact.qualifier[k]) for k in ("quantity", "predicate", "what", "of") if k in fact.qualifier]
    return " ".join([str(fact.value), *words])


def _mark(
    name: str, doc: Any, how: str, quantities: Sequence[str], *, document: str | None = None, about: str | None = None
) -> list[Triple]:
    node = iri(name)
    out: list[Triple] = [(node, t.TYPE, t.ours("Mark")), (node, t.DERIVED, doc), (node, t.ours("how"), literal(how))]
    if document is not None:
        out += [(node, t.ours("marks"), iri(document)), (doc, t.ours("corrects"), iri(document))]
    if about is not None:
        out.append((node, t.ours("marksObject"), iri(about)))
    return out + [(node, t.ours("markedPredicate"), t.ours(q)) for q in quantities]
