"""Grammar of `instrument`: which telescope or detector the report is of, in the way we write it.

The subject names it, or the sentence that says what was observed with what; instruments of others, in citations and
acknowledgements, do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from kg.extraction import instrument_table as w
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence


@lru_cache(maxsize=512)
def named(text: str) -> str | None:
    """The instrument that a span names, in the way we write it."""
    return next((name for name, pattern in w.BY_PATTERN if pattern.fullmatch(text)), None)


def propose(document: Document) -> Iterator[Candidate]:
    """Every instrument that the subject or the body names."""
    taken: set[str] = set()
    for where in _PLACES:
        text = document.even(where).text
        limit = 12_000
        blank = w.PARENTHESIS.sub(lambda m: " " * len(m.group()), text[:limit])
        found = [(m.start(), m.end(), name) for m in w.ANY.finditer(blank) if (name := named(m.group()))]
        finer = {name for _, _, name in found}
        for start, end, name in found[:120]:
            coarse = any(other.startswith(w.OF_MISSION.get(name, ("\0",))) for other in finer | taken)
            ours, why = _ours(document, where, text, start, end)
            good = ours and not coarse and name not in taken
            if good:
                taken.add(name)
            yield Candidate(predicate="instrument", where=where, start=start, end=end, value=name,
                            object=document.about,
                            confidence=0.9 if where == "subject" else 0.75, taken=good,
                            why="its mission, told finer elsewhere" if coarse else why)  # fmt: skip


_PLACES: tuple[Where, ...] = ("subject", "body")


def _ours(document: Document, where: Where, text: str, start: int, end: int) -> tuple[bool, str]:
    """Whether the report is of this instrument."""
    if where == "subject":
        before = text[:start]
        other = re.search(r"\b(?:of|to|for) (?:the )?(?:\w+[ /-]){0,2}$", before) and re.match(
            r"[-/ ]?(?:GRB|trigger|detected|burst|transient|event|candidate|localized|\d)", text[end:], re.I
        )
        return (not other), "named in the subject" if not other else "the subject's event is of this instrument"
    part = document.part(where, start, end)
    if part in ("acknowledgements", "quoted", "note"):
        return False, "stands in no report"
    begin, stop = sentence(text, start, end)
    before, after = text[max(begin, start - 90) : start], text[end:stop]
    if part == "authors":
        return False, "stands among the authors"
    if re.match(r"[-/ ]?(?:detected|localized|localised|GRB|error|position|trigger(?:ed)? (?:of|time)|burst|"
                r"X-ray position|circle|localization|"
                r"candidate|afterglow|XRT|BAT|enhanced|\(?T0)\b", after, re.I):  # fmt: skip
        return False, "says where the event comes from"
    if (
        w.WITH.search(before)
        or re.match(
            r"[^.;]{0,40}\b(?:observed|detected|began|triggered|started|obtained|"
            r"located|found|slewed)\b",
            after,
        )
    ) and w.OBSERVED.search(text[begin:stop]):
        return _first_of(text, begin), "the report is of an observation with it"
    return False, "named in passing"


def _first_of(text: str, begin: int) -> bool:
    """Whether a sentence stands in the first part of the report, where it says with what was observed."""
    return begin < max(2500, len(text) // 2)


def reads_again(fact: Fact) -> bool:
    """Whether the span alone names the instrument."""
    return named(Even(fact.text).text) == fact.value


GRAMMAR = Grammar(predicates=("instrument",), propose=propose, reads_again=reads_again)
