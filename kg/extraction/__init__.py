"""From a circular's text to facts, by grammar alone: only what is certain, each with the characters it stands on.

    text ──► normalise ──► grammars propose ──► context judges ──► anchor gate ──► facts

A grammar is a function from even texts to values with spans. The full extractor adds grammars and a scorer of
candidates; whatever proposes, `_anchored` lets nothing through that its span does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.extraction.fact import EXTRACTOR, Circular, Fact, read_circular
from kg.extraction.mentions import citations, event_names, report_type, reread_retraction, retraction
from kg.extraction.normalise import Even
from kg.extraction.redshift import claims
from kg.extraction.redshift_value import Reading, reread
from kg.names import find_names, normalise_name
from kg.naming import equated

__all__ = ["EXTRACTOR", "Circular", "Fact", "extract", "read_circular"]


#: Characters read of a subject and of a body. Real circulars stay far below; what is longer is a mistake or an attack.
READ = 200_000


def extract(circular: Circular) -> list[Fact]:
    """All facts of one circular, subject first, in the order of the text."""
    texts = {"subject": Even(circular.subject[:READ]), "body": Even(circular.body[:READ])}
    facts = [f for f in _propose(circular, texts) if _anchored(f, circular)]
    return sorted(facts, key=lambda f: (f.where == "body", f.start, f.predicate))


def _propose(circular: Circular, texts: dict[str, Even]) -> Iterator[Fact]:
    subject, body = texts["subject"], texts["body"]
    names = find_names(subject.text)
    aliases = equated(subject.text, names) if names else []
    found: list[tuple[str, Any]] = list(event_names(subject, body, aliases))
    about = next((m.value for _, m in found if m.predicate == "event_name"), None)
    if about is None:
        about = next((n for e in circular.event_name if (n := normalise_name(e))), None)
    if sort := report_type(subject):
        found.append(("subject", sort))
    if taken_back := retraction(subject, body):
        found.append(taken_back)
    found += [("body", m) for m in citations(body, circular.number)]
    for where, mention in found:
        yield _fact(circular, texts, about, where, mention.start, mention.end, predicate=mention.predicate,
                    value=mention.value, confidence=mention.confidence)  # fmt: skip
    for claim in claims(subject, body):
        candidate, reading = claim.candidate, claim.candidate.reading
        yield _fact(
            circular,
            texts,
            about,
            claim.where,
            candidate.start,
            candidate.end,
            predicate="redshift",
            value=reading.value,
            error=reading.error,
            limit=reading.limit,
            lower=reading.lower,
            upper=reading.upper,
            qualifier={"type": candidate.judged.sort, "of": candidate.judged.whose},
            assertion=candidate.judged.assertion,
            confidence=claim.confidence,
        )


def _fact(
    circular: Circular, texts: dict[str, Even], about: Any, where: str, start: int, end: int, **rest: Any
) -> Fact:
    """A fact with its span taken back to the original text."""
    first, last = texts[where].span(start, end)
    original = circular.subject if where == "subject" else circular.body
    place: Any = where
    return Fact(
        circular=circular.number,
        version=circular.version,
        object=about,
        where=place,
        start=first,
        end=last,
        text=original[first:last],
        **rest,
    )


def _anchored(fact: Fact, circular: Circular) -> bool:
    """The anchor gate: the slice of the original is the fact's text, and read by itself it gives the value again."""
    original = circular.subject if fact.where == "subject" else circular.body
    return original[fact.start : fact.end] == fact.text and reads_again(fact)


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone, without its surroundings, gives the fact's value."""
    even = Even(fact.text)
    if fact.predicate == "redshift":
        said = Reading(
            value=_number(fact.value), error=fact.error, limit=fact.limit, lower=fact.lower, upper=fact.upper
        )
        return reread(fact.text) == said
    if fact.predicate in ("event_name", "alias"):
        return normalise_name(even.text) == fact.value
    if fact.predicate == "cites":
        digits = "".join(c for c in even.text if c.isdigit())
        return bool(digits) and fact.value in (int(digits), f"ATel {int(digits)}")
    if fact.predicate == "report_type":
        again = report_type(even)
        return again is not None and again.value == fact.value
    if fact.predicate == "retraction":
        return reread_retraction(even.text) == fact.value
    return False


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
