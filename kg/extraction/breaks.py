"""Decays that break: the times at which they do, which part of the decay an index is of, and in which light it was
seen. Used by `indices.py` alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import msgspec

from kg.extraction.assertion import assertion_of
from kg.extraction.candidate import Candidate
from kg.extraction.document import Document
from kg.extraction.flux_words import containment
from kg.extraction.index_words import MOST
from kg.extraction.named_object import object_near
from kg.extraction.sentences import sentence
from kg.extraction.signed import read_signed
from kg.openings import compiled

_TIME = (
    r"(?P<value>(?:~ ?)?\d+(?:\.\d+)?[^a-zA-Z;\n]{0,30}?) ?"
    r"(?P<unit>ks|ksec|s|sec|seconds|min|minutes|hr?s?|hours?|days?|d)\b"
)
_BREAK_AT = compiled(
    r"\b(?:break|breaks|breaking|broke|steepen(?:ing|s|ed)?|flatten(?:ing|s|ed)?|t_?\{?(?:b|break|jet)\}?)"
    r"(?:[ ,:=(~]|\b(?:at|of|is|around|about|occurs?|occurr\w+|time|late|early|approximately|near|a|the|in|light|"
    r"curve|again|"
    rf"observed|seen|after|to|be|with|jet|X-ray|optical|T_?0|T)\b|\+){{1,11}}?{_TIME}"
)
#: "At T+559 s the decay flattens to".
_TURNS_AT = compiled(
    rf"\b[Aa]t (?:T_?0? ?\+ ?)?{_TIME},? (?:the|a) (?:\w+ )?(?:decay|slope|light ?curve) (?:then )?(?:flatten|steepen|"
    rf"break)"
)
TIME_UNITS = {"k": "ks", "s": "s", "m": "min", "h": "h", "d": "d"}


_LIGHT = compiled(
    r"(?P<xray>\bXRT\b|\bX-?ray|\bkeV\b|\bXMM|\bChandra|\bNICER|\bFXT\b|\bNuSTAR)|"
    r"(?P<radio>\bGHz|\b[Rr]adio\b|\bVLA\b|\bmJy|\buJy|\bMHz)|"
    r"(?P<optical>\b[Oo]ptical|\b[RrgizIVB](?:c|')?[- ]band|\bmag\b|\bmagnitude|\bUVOT\b|\bSDSS|\bR[= ~]+\d\d|\bNIR\b)"
)


def light_of(document: Document, text: str, start: int) -> str:
    """In which light, by what is named nearest in front, else by the subject; optical where nothing says."""
    begin, stop = sentence(text, start, start + 1)
    places = ((text, begin, stop), (document.subject.text, 0, 300), (text, start - 500, start))
    for where, low, high in places:
        found = [m.lastgroup for m in _LIGHT.finditer(where, max(0, low), high)]
        if found:
            return {"xray": "X-ray", "radio": "radio"}.get(found[-1] or "", "optical")
    return "optical"


def breaks(document: Document, text: str) -> Iterator[Candidate]:
    """Times at which a decay is told to break."""
    for match in islice(chain(_BREAK_AT.finditer(text), _TURNS_AT.finditer(text)), MOST):
        quantity = read_signed(text, match.start("value"))
        if quantity is None or quantity.value <= 0 or text[quantity.end : match.start("unit")].strip(" )") != "":
            continue
        start, end = quantity.begin, match.end("unit")
        said, why = assertion_of(document, "body", start, end)
        yield Candidate(
            predicate="break_time",
            where="body",
            start=start,
            end=end,
            value=quantity.value,
            unit=TIME_UNITS[match["unit"][0]],
            error=quantity.error,
            error_probability=containment(text, start, end) if quantity.error else None,
            limit=quantity.limit,
            object=object_near(document, "body", start, end),
            qualifier={"light": light_of(document, text, start)}
            | ({"approximate": True} if quantity.approximate else {}),
            assertion=said,
            confidence=0.88 if said == "asserted" else 0.7,
            why=why,
        )


def in_segments(text: str, found: list[Candidate]) -> list[Candidate]:
    """Several decays of one paragraph numbered in their order, and breaks by the decay that they end."""
    out: list[Candidate] = []
    numbered: dict[int, int] = {}
    decays = [c for c in found if c.predicate == "decay_index" and c.taken and c.assertion == "asserted"]
    several = Counter(text.rfind("\n", 0, c.start) for c in decays)
    for candidate in found:
        paragraph = text.rfind("\n", 0, candidate.start)
        told: dict[str, Any] = dict(candidate.qualifier)
        if several[paragraph] > 1 and candidate.taken and candidate.assertion == "asserted":
            if candidate.predicate == "decay_index":
                numbered[paragraph] = numbered.get(paragraph, 0) + 1
                told["segment"] = numbered[paragraph]
            elif candidate.predicate == "break_time":
                told["segment"] = max(numbered.get(paragraph, 1), 1)
        out.append(msgspec.structs.replace(candidate, qualifier=told))
    return out
