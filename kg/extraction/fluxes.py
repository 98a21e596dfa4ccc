"""Grammar of fluences and fluxes: energy per area, energy per area and time, photon limits, radio flux densities.

The unit is looked for first, then read backwards: the quantity that ends where the unit begins, and those joined to
it ("6.1e-9 (1.3e-8) to 1.8e-10 erg/s/cm^2"). Tables whose unit stands in their heading are read in flux_tables.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from kg.extraction.assertion import assertion_of
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.detectors import last_instrument
from kg.extraction.document import Document
from kg.extraction.energies import band_at, shared_band
from kg.extraction.fact import Assertion, Fact, Limit, Where
from kg.extraction.flux_tables import rows
from kg.extraction.flux_words import Judged, judge
from kg.extraction.named_object import object_near
from kg.extraction.normalise import Even
from kg.extraction.numbers import Quantity, read_quantity, reread_quantity
from kg.extraction.units import JANSKY, PER_AREA, Unit, known, read_unit
from kg.openings import compiled

_HINT = compiled(r"[eE]rg|Jy|[Jj]ansk|Crab|ph(?:otons?|ot)?[ /.(]|[eE]V[ /.]{0,3}(?:cm|/)|cm\^?\{?-2\}? s")
_DIGIT = compiled(r"[<>~(\[]{0,3} ?(?<![\w.])(?:\d|\.\d)")
#: What may stand between a quantity and the next one that shares its unit.
_JOIN = compiled(r"[ ,;/]*(?:and|or|to|-|&|\(|\)|,)?[ ,(\n]*(?:respectively,? ?)?")
_BACK = 110
#: A text with more is a table of something else, or an attack.
_MOST = 300


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity with its unit. `end` is behind the unit where it follows at once, else behind the number; `share` says
    that the unit stands with a later number of the same list."""

    quantity: Quantity
    unit: Unit
    start: int
    end: int
    unit_end: int
    share: int = 0


def propose(document: Document) -> Iterator[Candidate]:
    """Every quantity with a unit of fluence or flux, and the cells of limit tables."""
    places: tuple[Where, ...] = ("subject", "body")
    for where in places:
        text = document.even(where).text
        if not _HINT.search(text):
            continue
        spans: list[Candidate] = []
        for found in islice(measured(text), _MOST):
            candidate = _candidate(document, where, text, found)
            before = spans[-1] if spans and found.share == 1 else None
            if before is not None and _is_range(text, candidate, before):
                spans[-1] = _range(candidate, before)
            else:
                spans.append(candidate)
        yield from spans
        if where == "body":
            yield from rows(document)


def measured(text: str) -> Iterator[Measured]:
    """Every quantity that a unit of fluence or flux belongs to, in order of the units."""
    for pattern in (PER_AREA, JANSKY):
        done = 0
        for match in pattern.finditer(text):
            written = match.group().rstrip(" -")
            if written.count(")") > written.count("("):
                written = written.rstrip(") ")
            unit = read_unit(written)
            if unit is None or unit.kind is None:
                continue
            floor = max(done, match.start() - _BACK)
            found = _ending_at(text, floor, match.start())
            if found is None:
                continue
            done = match.end()
            yield from _with_joined(text, floor, found, unit, match.start() + len(written))


def _with_joined(text: str, floor: int, last: Quantity, unit: Unit, unit_end: int) -> Iterator[Measured]:
    """The quantity at the unit, then those before it that share the unit."""
    start = last.start if last.limit else last.begin
    yield Measured(quantity=last, unit=unit, start=start, end=unit_end, unit_end=unit_end)
    at, share = last.start, 0
    while share < 6:
        before = next((q for q in _ending_before(text, floor, at) if _JOIN.fullmatch(text, q.end, at)), None)
        if before is None or before.end == at or (last.powered and not before.powered):
            return
        share += 1
        start = before.start if before.limit else before.begin
        yield Measured(quantity=before, unit=unit, start=start, end=before.end, unit_end=unit_end, share=share)
        at = before.start


def _ending_at(text: str, floor: int, end: int) -> Quantity | None:
    """The longest quantity that ends where a unit begins; a closing bracket or blanks may stand between."""
    return next((q for q in _ending_before(text, floor, end) if text[q.end : end].strip(" -\n)]") == ""), None)


def _ending_before(text: str, floor: int, end: int) -> list[Quantity]:
    """Quantities that lie before `end`, longest first among those that end last."""
    found = []
    for digit in _DIGIT.finditer(text, floor, end):
        quantity = read_quantity(text, digit.start() + len(digit.group()) - len(digit.group().lstrip()))
        if quantity and quantity.end <= end:
            found.append(quantity)
    return sorted(found, key=lambda q: (-q.end, q.start))


def _candidate(document: Document, where: Where, text: str, found: Measured) -> Candidate:
    judged = judge(text, found.start, found.unit_end, found.unit, found.quantity)
    limit: Limit | None = found.quantity.limit or judged.limit
    assertion, why = assertion_of(document, where, found.start, found.end)
    assertion = _assertion(judged, assertion)
    photons = found.unit.kind == "photon flux" and limit is None
    qualifier: dict[str, object] = {}
    shared = shared_band(text, found.unit_end) if found.unit.kind == "fluence" else None
    if band := shared or band_at(text, found.start, found.unit_end):
        qualifier["band"] = band
    if whose := last_instrument(text, found.start - 500, found.start) or last_instrument(document.subject.text, 0, 300):
        qualifier["instrument"] = whose
    if not known(found.unit.name):
        qualifier["unit_as_written"] = True
    if found.quantity.approximate:
        qualifier["approximate"] = True
    return Candidate(
        predicate="fluence" if found.unit.kind == "fluence" else "flux",
        where=where,
        start=found.start,
        end=found.end,
        value=found.quantity.value,
        unit=found.unit.name,
        error=found.quantity.error,
        error_probability=judged.containment if found.quantity.error else None,
        limit=limit,
        object=object_near(document, where, found.start, found.end),
        qualifier=qualifier | judged.qualifier,
        assertion=assertion,
        confidence=0.15 if judged.against else 0.3 if photons else 0.95 if assertion == "asserted" else 0.8,
        taken=judged.against is None and not photons,
        why=judged.against or ("a photon flux, not an energy flux" if photons else why),
        features={"share": float(found.share), "has_error": float(found.quantity.error is not None)},
    )


_RANGES = compiled(r"\b(?:rang(?:es?|ing)|between|var(?:y|ies|ying))\b[^;\n]{0,160}$", re.I)
_TO = compiled(r" ?(?:to|and|-) ?")


def _is_range(text: str, first: Candidate, last: Candidate) -> bool:
    """Whether two limits are the ends of one: "the upper limit ranges from 1e-14 to 3e-14"."""
    limits = first.limit is not None and first.limit == last.limit and first.taken and last.taken
    joined = limits and _TO.fullmatch(text, first.end, last.start) is not None
    return joined and _RANGES.search(text, max(0, first.start - 200), first.start) is not None


def _range(first: Candidate, last: Candidate) -> Candidate:
    lower, upper = sorted((first.value, last.value))  # type: ignore[type-var]
    return msgspec.structs.replace(last, start=first.start, value=None, lower=lower, upper=upper)


def _assertion(judged: Judged, assertion: Assertion) -> Assertion:
    return judged.assertion or assertion


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives value, error and any limit sign and unit that it holds. A cell of a table
    and a number of a list hold no unit: theirs stands in the heading, or with the last number of the list."""
    if fact.value is None:
        return _range_again(fact)
    read = reread_quantity(fact.text)
    if read is None:
        return False
    quantity, rest = read
    rest = rest.strip(" -)]")
    if (quantity.value, quantity.error) != (fact.value, fact.error) or quantity.limit not in (None, fact.limit):
        return False
    if not rest:
        return True
    unit = read_unit(rest) if PER_AREA.fullmatch(rest) or JANSKY.fullmatch(rest) else None
    return unit is not None and unit.name == fact.unit


def _range_again(fact: Fact) -> bool:
    """Whether a span holds both ends of a range, and the unit."""
    found = [m for m in measured(Even(fact.text).text) if m.unit.name == fact.unit]
    return sorted(m.quantity.value for m in found) == [fact.lower, fact.upper]


GRAMMAR = Grammar(predicates=("fluence", "flux"), propose=propose, reads_again=reads_again)
