"""Grammar of `non_detection`: a source, counterpart, host, neutrino or signal that was looked for and not found.

`value` is what was missed, in one word that the span itself gives. Missing spectral lines, breaks or variability are
no non-detection; the Nordic Optical Telescope is not a "not".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.extraction import absent_words as w
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.detectors import last_instrument
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence

_CUES = (
    "not ",
    "no ",
    "n't ",
    "non",
    "nothing",
    "zero",
    "without",
    "lack",
    "fail",
    "absence",
    "undetected",
    "cannot",
    " out the ",
    " below ",
)


def missed(text: str) -> str:
    """What a span says was missed, in one word; a source where it only says that nothing was found."""
    return next((value for value, pattern in w.MISSED if pattern.search(text)), "source")


def _spans(text: str) -> Iterator[re.Match[str]]:
    taken_to = -1
    for match in sorted(
        (m for p in (w.NOT, w.NO, w.NOT_IN) for m in p.finditer(text)), key=lambda m: (m.start(), -m.end())
    ):
        if match.start() >= taken_to:
            taken_to = match.end()
            yield match


def propose(document: Document) -> Iterator[Candidate]:
    """Everything that reads as looked for and not found."""
    for where in _PLACES:
        text = document.even(where).text
        lower = text.lower()
        if not any(cue in lower for cue in _CUES):
            continue
        for count, match in enumerate(_spans(text)):
            if count >= _MOST:
                break
            taken, assertion, why = _verdict(document, where, text, match)
            begin, _ = sentence(text, match.start(), match.end())
            instrument = last_instrument(text, begin, match.start()) if taken else None
            yield Candidate(predicate="non_detection", where=where, start=match.start(), end=match.end(),
                            value=missed(match.group()), assertion=assertion,
                            qualifier={"instrument": instrument} if instrument else {},
                            confidence=0.9 if where == "body" else 0.88, taken=taken, why=why)  # fmt: skip


_OUT = re.compile(r"^rul\w+ out ")
_PLACES: tuple[Where, ...] = ("body", "subject")
#: More stand in no circular.
_MOST = 100


def _verdict(document: Document, where: Where, text: str, match: re.Match[str]) -> tuple[bool, Assertion, str]:
    """Whether it is a non-detection, whose, and why."""
    begin, stop = sentence(text, match.start(), match.end())
    before, span, after = text[begin : match.start()], match.group(), text[match.end() : stop]
    if document.part(where, match.start(), match.end()) in ("quoted", "note", "acknowledgements", "authors"):
        return False, "cited", "stands in no text of the authors"
    if "NOT" in span and not text[begin:stop].isupper():
        return False, "asserted", "NOT is a telescope"
    if (
        w.FEATURE.search(_OUT.sub("", span))
        or (w.FEATURE_AFTER.match(after) and not (span.lower().startswith("non") and w.IN_BANDS.match(after)))
        or (
            w.PASSIVE.match(span)
            and (w.OF_FEATURES.match(before) or w.FEATURE.search(before[-60:]))
            and not w.OWN_SUBJECT.match(before.rpartition(",")[2] + " ")
        )
    ):
        return False, "negated", "a feature is missing, not a source"
    if span.lower().startswith("absence") and (w.ARGUED.match(after) or w.EXPLAINED.search(before)):
        return False, "negated", "an argument, not an observation"
    if span.endswith(("show", "show anything")):
        return False, "negated", "shows something else not"
    if "trigger" in span and re.search(r"GUANO|detection|refined", document.subject.text):
        return False, "negated", "did not trigger on board, and found it all the same"
    if w.FUTURE.search(before[-120:]) or w.WOULD.match(after):
        return False, "hypothetical", "under a condition"
    if not _about_something(where, before, span, text[match.end() : match.end() + 260]):
        return False, "negated", "says not what is missing"
    if w.PAST.search(before[-60:] + span) or (w.OTHERS.search(span + after[:90]) and not w.OURS.search(before + span)):
        return True, "cited", "told of earlier data or of others"
    return True, "negated", f"looked for and not found: {missed(span)}"


def _about_something(where: Where, before: str, span: str, after: str) -> bool:
    """Whether a source is what is missing: named in the span, or the subject or object of its verb."""
    if w.NO_SOURCE.match(after):
        return False
    if w.NOT_IN.match(span) and not re.search(w.SAW, span):
        return bool(w.SEEN.search(before) and w.NOUN.search(before[-220:]))
    if re.match(r"(?:[Nn]o|NO|[Nn]either|[Zz]ero)\b", span):
        verb = re.search(w.SAW, span) or re.match(
            rf"[^;\n]{{0,240}}?\b(?:is|was|were|are|been|"
            rf"be)\b(?: \w+ly)? {w.SAW}",
            after,
        )
        there = re.search(
            r"\b(?:there (?:is|was|are|were)|with|see|find|found|shows?|reveal\w*|indicat\w+|yield\w*|detect\w*|"
            r"and|report)\s*$",
            before,
            re.I,
        )
        bare = not before.strip(" \"'(*-") and bool(re.match(r"[^.;]{0,40}[.;\n]|[^.;]{0,60}$", after))
        told = re.search(r"\bevidence|signs? of|indication|detection", span)
        return bool(verb or there or bare or told or where == "subject")
    if re.search(rf"{w.THING}$", span) or span.lower().startswith(
        ("non", "nothing", "there ", "without", "lack", "cons", "abs", "und")
    ):
        return True
    if re.search(r"not|n't|cannot|fail", span[:12]) and w.ACTIVE.match(span) and not re.search(r"\bbe\b", span):
        return bool(re.match(rf"[^.;]{{0,60}}?{w.THING}", after))
    return bool(w.NOUN.search(before[-110:])) and (bool(w.DETECTS.search(span)) or "found" in span)


def reads_again(fact: Fact) -> bool:
    """Whether the span alone says that this was missed."""
    text = Even(fact.text).text
    return missed(text) == fact.value and bool(w.NOT.search(text) or w.NO.search(text) or w.NOT_IN.search(text))


GRAMMAR = Grammar(predicates=("non_detection",), propose=propose, reads_again=reads_again)
