"""From a circular's text to facts, each with the characters it stands on.

    text ──► document ──► grammars propose ──► scorer ──► anchor gate ──► facts

Grammars propose every candidate with their own verdict; a scorer, where there is one, gives each its probability and
overrules them. Whatever proposes and decides, `_anchored` lets nothing through that its span does not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from kg.extraction.candidate import Candidate
from kg.extraction.document import READ, Document
from kg.extraction.fact import EXTRACTOR, Circular, Fact, read_circular
from kg.extraction.grammars import ALSO, BY_PREDICATE, EVERYTHING, GRAMMARS

__all__ = [
    "EVERYTHING",
    "EXTRACTOR",
    "READ",
    "Candidate",
    "Circular",
    "Document",
    "Fact",
    "Scorer",
    "candidates",
    "extract",
    "read_circular",
]


class Scorer(Protocol):
    """Decides which candidates are facts."""

    @property
    def name(self) -> str:
        """What stands in each fact as its extractor."""
        ...

    def decide(self, document: Document, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The same candidates in the same order, with `confidence`, `taken` and `why` of its own."""
        ...


def extract(circular: Circular, scorer: Scorer | None = None, *, also: Sequence[str] = ()) -> list[Fact]:
    """All facts of one circular, subject first, in the order of the text. `also` names families of facts beyond the
    contract (grammars.ALSO)."""
    document, found = candidates(circular, scorer, also=also)
    name = scorer.name if scorer is not None else EXTRACTOR
    facts = [_fact(document, candidate, name) for candidate in found if candidate.taken]
    facts = [fact for fact in facts if _anchored(fact, circular)]
    return sorted(facts, key=lambda f: (f.where == "body", f.start, f.predicate))


def candidates(
    circular: Circular, scorer: Scorer | None = None, *, also: Sequence[str] = ()
) -> tuple[Document, list[Candidate]]:
    """Everything that may be a fact, with what was decided about it and why. A scorer sees what it was trained on."""
    document = Document(circular)
    found = [candidate for grammar in GRAMMARS for candidate in grammar.propose(document)]
    decided = list(scorer.decide(document, found)) if scorer is not None else found
    return document, decided + [c for family in also for grammar in ALSO[family] for c in grammar.propose(document)]


def _fact(document: Document, candidate: Candidate, extractor: str) -> Fact:
    """A fact with its span taken back to the original text."""
    start, end = document.even(candidate.where).span(candidate.start, candidate.end)
    shared = {name: getattr(candidate, name) for name in _SHARED}
    return Fact(
        **shared,
        circular=document.circular.number,
        version=document.circular.version,
        object=candidate.object or document.object_at(candidate.where, candidate.start, candidate.end),
        start=start,
        end=end,
        text=document.original(candidate.where)[start:end],
        extractor=extractor,
    )


#: What a candidate and its fact have in common.
_SHARED = (set(Candidate.__struct_fields__) & set(Fact.__struct_fields__)) - {"object", "start", "end"}


def _anchored(fact: Fact, circular: Circular) -> bool:
    """The anchor gate: the slice of the original is the fact's text, and read by itself it gives the value again."""
    original = circular.subject if fact.where == "subject" else circular.body
    return bool(fact.text) and original[fact.start : fact.end] == fact.text and reads_again(fact)


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone, without its surroundings, gives the fact's value."""
    grammar = BY_PREDICATE.get(fact.predicate)
    return grammar is not None and grammar.reads_again(fact)


def explained(candidate: Candidate, document: Document) -> dict[str, object]:
    """A candidate for people: what it says, where it stands, what was decided and why."""
    start, end = document.even(candidate.where).span(candidate.start, candidate.end)
    shown = {k: v for k, v in msgspec.to_builtins(candidate).items() if v not in (None, "", {}, [])}
    return shown | {
        "circular": document.circular.number,
        "start": start,
        "end": end,
        "text": document.original(candidate.where)[start:end],
        "sentence": document.sentence(candidate.where, candidate.start, candidate.end),
        "taken": candidate.taken,
    }
