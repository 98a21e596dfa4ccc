"""Grammar of what a circular states by its form: its event's names, what it cites, its sort, a retraction."""

from __future__ import annotations

from collections.abc import Iterator

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Fact, Where
from kg.extraction.mentions import Mention, citations, report_type, reread_retraction, retraction
from kg.extraction.normalise import Even
from kg.names import normalise_name


def propose(document: Document) -> Iterator[Candidate]:
    """Names, citations, report type and retraction of a circular."""
    found: list[tuple[Where, Mention]] = list(document.names)
    if sort := report_type(document.subject):
        found.append(("subject", sort))
    if taken_back := retraction(document.subject, document.body):
        found.append(taken_back)
    found += [("body", mention) for mention in citations(document.body, document.circular.number)]
    for where, mention in found:
        yield Candidate(
            predicate=mention.predicate,
            where=where,
            start=mention.start,
            end=mention.end,
            value=mention.value,
            confidence=mention.confidence,
            why=f"reads as {mention.predicate.replace('_', ' ')}",
        )


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives its value."""
    even = Even(fact.text)
    if fact.predicate in ("event_name", "alias"):
        return normalise_name(even.text) == fact.value
    if fact.predicate == "cites":
        digits = "".join(c for c in even.text if c.isdigit())
        return bool(digits) and fact.value in (int(digits), f"ATel {int(digits)}")
    if fact.predicate == "report_type":
        again = report_type(even)
        return again is not None and again.value == fact.value
    return reread_retraction(even.text) == fact.value


GRAMMAR = Grammar(
    predicates=("event_name", "alias", "cites", "report_type", "retraction"), propose=propose, reads_again=reads_again
)
