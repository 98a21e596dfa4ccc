"""Grammar of `duration`: how long a burst lasted, where that is not called T90: "a total duration of ~20 s".

Beyond the contract of `nuncius extract` (docs/spectra.md); durations called T90 are `durations.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from kg.extraction.assertion import assertion_of
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Fact, Limit
from kg.extraction.named_object import object_near
from kg.extraction.numbers import read_quantity, reread_quantity
from kg.extraction.spectrum_words import instrument_of
from kg.openings import compiled

_MOST = 40
_NAME = compiled(
    r"(?<![\w-])(?:duration|lasted|lasting)"
    r"(?: of (?:this|the) (?:burst|GRB|event|emission))?(?: measured by [\w/-]+)?"
    r"(?: is| was| was measured to be| of|,)?"
    r"(?P<least> at least| more than)? ?(?:for )?(?=[~<>\d]|about|approx)"
)
_T90 = compiled(
    r"[Tt] ?_?\{?\(?90\)?\}?[^.;\n]{0,16}$|\b(?:observation|exposure|pulse|peak|spike|flare)s?[^.;\n]{0,12}$"
)
_UNIT = compiled(r" ?-?(?P<unit>ms(?:ec)?|s(?:ec(?:ond)?s?)?|min(?:ute)?s?)\b(?!-1|\^| ?\^)")
_NOT_ALL = compiled(r" ?(?:scales?|time|integration|bins?|windows?|each|exposures?|flux)")


def propose(document: Document) -> Iterator[Candidate]:
    """Every length of time that is called a duration."""
    text = document.body.text
    if "duration" not in text and "lasted" not in text and "lasting" not in text:
        return
    for name in islice(_NAME.finditer(text), _MOST):
        if _T90.search(text, max(0, name.start() - 30), name.start()):
            continue
        quantity = read_quantity(text, name.end())
        unit = _UNIT.match(text, quantity.end) if quantity else None
        if quantity is None or unit is None or _NOT_ALL.match(text, unit.end()) or quantity.powered:
            continue
        if re.match(r" ?\(? ?[Tt] ?_?\{?90", text[unit.end() : unit.end() + 8]):
            continue
        start = quantity.start if quantity.limit else quantity.begin
        said, why = assertion_of(document, "body", start, unit.end())
        limit: Limit | None = quantity.limit or (">" if name["least"] else None)
        whose = instrument_of(document, "body", start)
        yield Candidate(
            predicate="duration",
            where="body",
            start=start,
            end=unit.end(),
            value=quantity.value,
            unit=_unit(unit["unit"]),
            error=quantity.error,
            limit=limit,
            object=object_near(document, "body", start, unit.end()),
            qualifier=({"instrument": whose} if whose else {})
            | ({"approximate": True} if quantity.approximate else {}),
            assertion=said,
            confidence=0.85 if said == "asserted" else 0.7,
            why=why,
        )


def _unit(written: str) -> str:
    return "ms" if written.startswith("ms") else "min" if written.startswith("min") else "s"


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives value, error, unit and any limit sign that it holds."""
    read = reread_quantity(fact.text)
    if read is None:
        return False
    quantity, rest = read
    unit = _UNIT.fullmatch(rest)
    same = (quantity.value, quantity.error) == (fact.value, fact.error) and quantity.limit in (None, fact.limit)
    return same and unit is not None and _unit(unit["unit"]) == fact.unit


GRAMMAR = Grammar(predicates=("duration",), propose=propose, reads_again=reads_again)
