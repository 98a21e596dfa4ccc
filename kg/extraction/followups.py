"""Grammar of `follows_up`: the object that an observation went after, one for each circular that reports one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.reports import report_type
from kg.extraction.sentences import sentence
from kg.names import find_names, normalise_name
from kg.openings import compiled
from kg.triggers import find_triggers

_WENT = compiled(
    r"\b(?:observ\w+|follow\w*|monitor\w*|imaged?|imaging|spectr\w+|photometry|images?|exposures?|pointed|search\w*|"
    r"inspect\w*|obtained|took|taken|acquired|re-?observed|analy[sz]ed?|analysis|data)\b",
    re.I,
)
#: A position that an observation afterwards measured.
_LATER = compiled(
    r"\b(?:radio|optical|infrared|mm|VLBI|VLBA|VLA|Chandra|HST|ALMA)\b[^:]*\b(?:counterpart|"
    r"afterglow)\b",
    re.I,
)
_NO_EVENT = compiled(r"\bof the host galaxy\b(?! candidate)", re.I)
#: The observation went after the event all the same.
_FIELD = compiled(
    r"\b(?:observed|imaged) the (?:field|position|location|afterglow|"
    r"error circle) of (?:the )?(?:[\w-]+ ){0,2}(?:GRB|EP)",
    re.I,
)


def propose(document: Document) -> Iterator[Candidate]:
    """The main event, where the circular reports an observation that went after it."""
    about = document.about
    if about is None:
        return
    sort, detail = report_type(document.subject.text)
    later = sort == "localization" and _LATER.search(document.subject.text)
    of_host = _NO_EVENT.search(document.subject.text) and not _FIELD.search(document.body.text[:3000])
    went = (sort in ("follow_up", "spectroscopy") or bool(later)) and not of_host
    place = _place(document, about)
    if place is None:
        return
    where, start, end = place
    yield Candidate(
        predicate="follows_up",
        where=where,
        start=start,
        end=end,
        value=about,
        object=about,
        confidence=0.95 if went else 0.2,
        taken=went,
        why=f"a report of {detail or sort.replace('_', ' ')}",
    )


def _place(document: Document, about: str) -> tuple[Where, int, int] | None:
    """Where the event stands beside a word of observing; else where it is named first."""
    text = document.body.text
    name = normalise_name(about) or about
    found = [(n.start, n.end) for n in find_names(text[:20_000]) if n.name == name]
    if " trigger " in about:
        found = [(t.start, t.end) for t in find_triggers(text[:20_000]) if t.name == about]
    for start, end in found[:20]:
        begin, _ = sentence(text, start, end)
        words = list(_WENT.finditer(text, max(begin, start - 120), start))
        if words:
            return "body", words[-1].start(), end
    if found:
        return "body", *found[0]
    first = next((n for n in document.names if n.of == about), None)
    return (first.where, first.start, first.end) if first else None


def reads_again(fact: Fact) -> bool:
    """Whether the span alone names the event."""
    text = Even(fact.text).text
    name = normalise_name(str(fact.value)) or str(fact.value)
    number = name.split()[-1] if " trigger " in name or " alert " in name else None
    return any(n.name == name for n in find_names(text)) or (number is not None and number in re.findall(r"\d+", text))


GRAMMAR = Grammar(predicates=("follows_up",), propose=propose, reads_again=reads_again)
