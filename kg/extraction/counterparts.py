"""Grammar of `counterpart` and `host`: a source seen where the event was, proposed or denied as its counterpart, and
a galaxy proposed as its host.

`value` of a counterpart is `counterpart`, or the name of the transient that the span holds; of a host `host galaxy` or
the galaxy's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from kg.extraction import counterpart_words as w
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.report_words import PROMPT_RE
from kg.extraction.reports import report_type
from kg.extraction.sentences import sentence, sentences
from kg.names import catalogue_of, find_names, normalise_name

_CUES = (
    "afterglow",
    "counterpart",
    "transient",
    "source",
    "object",
    " ot",
    "candidate",
    "host",
    "oa ",
    "related",
    "associated",
)
#: More stand in no circular.
_MOST = 80


def propose(document: Document) -> Iterator[Candidate]:
    """Everything that reads as a counterpart or host. Where a circular denies the counterpart, what it saw was that."""
    found = list(_all(document))
    denied = {c.object for c in found if c.taken and c.assertion == "negated" and c.why == _DENIED}
    for candidate in found:
        if candidate.predicate == "counterpart" and candidate.assertion != "negated" and candidate.object in denied:
            yield msgspec.structs.replace(candidate, taken=False, why="seen, but denied as the counterpart elsewhere")
        else:
            yield candidate


_DENIED = "denied"


def _all(document: Document) -> Iterator[Candidate]:
    """Counterparts and hosts, place by place."""
    for where in _PLACES:
        text = document.even(where).text
        lower = text.lower()
        if not any(cue in lower for cue in _CUES):
            continue
        # A sentence is asked only for the words that the text holds at all.
        patterns = [(sort, [c for c in cues if c in lower], pattern) for sort, cues, pattern in w.PATTERNS]
        patterns = [asked for asked in patterns if asked[1]]
        count = 0
        for begin, stop in sentences(text):
            for sort, match in _matches(patterns, text, lower[begin:stop], begin, stop):
                count += 1
                if count > _MOST:
                    return
                if sort == "host":
                    yield _host(document, where, text, match)
                else:
                    yield _counterpart(document, where, text, match, sort)


_Asked = tuple[str, list[str], re.Pattern[str]]


def _matches(
    patterns: list[_Asked], text: str, lower: str, begin: int, stop: int
) -> Iterator[tuple[str, re.Match[str]]]:
    """What a sentence says, given also in small letters; a pattern is tried only where its words stand."""
    for sort, cues, pattern in patterns:
        for cue in cues:
            if cue in lower:
                yield from ((sort, match) for match in pattern.finditer(text, begin, stop) if match.group().strip())
                break


_PLACES: tuple[Where, ...] = ("body", "subject")


def _counterpart(document: Document, where: Where, text: str, match: re.Match[str], sort: str) -> Candidate:
    begin, stop = sentence(text, match.start(), match.end())
    before, span, after = text[begin : match.start()], match.group(), text[match.end() : stop]
    assertion, taken, why = _verdict(document, where, match, sort, before, span, after)
    value = next(
        (n.name for n in find_names(span) if n.catalogue in ("tns", "survey", "place", "source")), "counterpart"
    )
    return Candidate(predicate="counterpart", where=where, start=match.start(), end=match.end(), value=value,
                     assertion=assertion, confidence=0.9 if taken else 0.3, taken=taken, why=why,
                     object=_whose(document, where, match))  # fmt: skip


def _whose(document: Document, where: Where, match: re.Match[str]) -> str | None:
    """The event whose counterpart it is: a transient beside it is the counterpart, not the event."""
    found = document.object_at(where, match.start(), match.end())
    transient = found is not None and catalogue_of(normalise_name(found) or found) in ("tns", "survey")
    return document.about if transient else found


def _verdict(
    document: Document, where: Where, match: re.Match[str], sort: str, before: str, span: str, after: str
) -> tuple[Assertion, bool, str]:
    """How a counterpart is told, and whether it is told here."""
    part = document.part(where, match.start(), match.end())
    if part in ("quoted", "note", "acknowledgements", "authors"):
        return "cited", False, "stands in no text of the authors"
    if sort == "denied":
        # What is denied of another thing says nothing against what was seen.
        return "negated", where == "body", "denied of another object" if w.ANOTHER.search(before) else _DENIED
    if sort == "seen" and (span.startswith("extended ") or w.BEFORE_IT.match(after)):
        return "asserted", False, "a galaxy, or what stood there before"
    if sort == "seen" and _BURST.match(span) and after.startswith((" by ", " in ")) and PROMPT_RE.search(after[:40]):
        return "asserted", False, "the burst itself was seen"
    if sort == "is" and (w.RULED_OUT.search(before[-90:]) or before.endswith("unlikely to ")):
        return "negated", False, "ruled out"
    if w.NOT.search(before[-90:] + span) and not (sort == "is" and not w.NOT.search(before[-25:] + span)):
        return "negated", False, "a denial stands before it"
    if w.COND.search(before[-110:]) and sort != "is":
        return "hypothetical", False, "looked for, or under a condition"
    if w.TO_COME.match(after) and sort in ("of", "is", "find"):
        return "hypothetical", False, "will be told if there is one"
    if sort == "placed" and _perhaps_host(document, where, match, before + span + after):
        return "hedged", False, "may be the host"
    if sort == "of" and w.HEDGE.search(span) and w.TARGET.search(before):
        return "hedged", True, "the candidate that was observed"
    if _by_others(sort, before, span, after):
        return "cited", False, "others' counterpart"
    sorted_as = report_type(document.subject.text)[0]
    if sorted_as in ("correction", "retraction") and (where == "subject" or sorted_as == "correction"):
        return "cited", False, "only the circular that is mended tells of it"
    by_prompt = sorted_as == "detection" or (sorted_as == "localization" and _BURST.match(span))
    if sort in ("seen", "new") and by_prompt and not w.NOUN_RE.search(span) and not _swift(document):
        return "asserted", False, "the burst itself was seen"
    hedged = bool(w.HEDGE.search(before[-70:] + span + after[:30].removeprefix(" proposed by")))
    if sort == "new":
        return _new(span, before, after)
    if where == "subject":
        return ("hedged" if hedged else "asserted"), not w.NOT.search(document.subject.text), "the subject says so"
    return ("hedged" if hedged else "asserted"), True, "seen, or named as the counterpart"


def _by_others(sort: str, before: str, span: str, after: str) -> bool:
    """Whether it is another team's counterpart, which this circular only names."""
    ours = w.OURS.search(before + span)
    naming = sort in ("of", "find", "is")
    of_event = sort == "is" and w.NAMED_EVENT.search(span + after[:3])  # the bracket behind cites the event
    if naming and not of_event and w.CITED_BEHIND.match(after) and not w.SEES.search(span[:14] + before[-20:]):
        return True
    if w.FOUND_BY.search(after[:50]) and not w.OURS.search(before[-40:] + span):
        return True
    if naming and w.PROPOSED.search(before[-25:] + span) and not re.search(r"\b[Ww]e\b[^.;,]{0,20}$", before):
        return True
    told = w.CITES.search(before if sort != "is" else _BRACKETS.sub(" ", before)) or (
        naming and w.BY_THEM.search(before)
    )
    return bool(told) and not ours and sort in ("of", "find", "is", "new")


_BURST = re.compile(r"\w* ?(?:burst|GRB)\b", re.I)
_HOST = re.compile(r"\bhost\b|galaxy|not (?:\w+ ){0,3}(?:afterglow|related)", re.I)


def _perhaps_host(document: Document, where: Where, match: re.Match[str], own: str) -> bool:
    """Whether a source at the place of the burst is told to be, or may be, the host: here, in the next sentences, or
    in the subject."""
    after = document.even(where).text[match.end() : match.end() + 500]
    return bool(_HOST.search(own) or re.search(r"\bhost\b", after + document.subject.text, re.I))


_BRACKETS = re.compile(r"\([^()]{0,200}\)")


def _swift(document: Document) -> bool:
    """Whether Swift reports, whose first circular tells of its X-ray and ultraviolet telescopes too."""
    return "Swift" in document.subject.text and "GUANO" not in document.subject.text


def _new(span: str, before: str, after: str) -> tuple[Assertion, bool, str]:
    """A source of an automatic report: bright or fading ones are the afterglow, others may be."""
    if re.search(
        r"\b(?:fading|bright|decaying|clear|"
        r"variable)\b",
        span,
        re.I,
    ) or re.search(r"\bfading\b", after[:200], re.I):
        return "asserted", True, "a bright, fading or clear new source"
    return "hedged", True, "a new source"


def _host(document: Document, where: Where, text: str, match: re.Match[str]) -> Candidate:
    begin, _ = sentence(text, match.start(), match.end())
    before, span = text[begin : match.start()], match.group()
    part = document.part(where, match.start(), match.end())
    denied = bool(w.NOT.search(before[-60:] + span))
    condition = bool(w.COND.search(before[-110:]) or re.search(r"\b(?:if|assum\w+)\b", before[-80:], re.I))
    taken = part in ("body", "table", "header") and not denied and not condition
    doubted = match["doubt"] or text.startswith(" candidate", match.end())
    hedged = bool(doubted) or bool(w.HEDGE.search(before[-70:] + span))
    why = "named as the host" if taken else "denied, or under a condition" if part == "body" else "stands in no text"
    return Candidate(predicate="host", where=where, start=match.start(), end=match.end(), value="host galaxy",
                     assertion="hedged" if hedged else "asserted", confidence=0.8, taken=taken, why=why)  # fmt: skip


def reads_again(fact: Fact) -> bool:
    """Whether the span alone speaks of a counterpart, by that name, or of a host."""
    text = Even(fact.text).text
    if fact.predicate == "host":
        return bool(w.HOST.search(text))
    named = [n.name for n in find_names(text)]
    if fact.value != "counterpart" and fact.value not in named:
        return False
    # A blank behind it, as there is in the circular: some patterns end with it.
    return any(pattern.search(f"{text} ") for sort, _, pattern in w.PATTERNS if sort != "host")


GRAMMAR = Grammar(predicates=("counterpart", "host"), propose=propose, reads_again=reads_again)
