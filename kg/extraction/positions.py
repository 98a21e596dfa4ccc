"""Grammar of positions: the event's, its counterpart's, other objects' under their own names; no fields, no stars.

A place printed twice, decimal and sexagesimal, is one: the second reading points at the first (`same_as`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import msgspec

from kg.extraction.assertion import assertion_of
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.named_object import object_near
from kg.extraction.normalise import Even
from kg.extraction.position_errors import Uncertainty, uncertainty
from kg.extraction.position_forms import BOTH_LABEL, RA_LABEL, Pair, best_pair, pairs_at, read_dec
from kg.extraction.position_instrument import measured_by
from kg.extraction.position_words import Verdict, row_of, verdict
from kg.openings import compiled

_MOST = 200
#: A place printed again farther off than this is another measurement of it, with its own error and instrument.
_APART = 160
#: Sexagesimal pairs without a label; the declination has its sign.
_UNLABELLED = compiled(
    r"(?<![\d.:+-])(?=\d{1,2}(?: ?h ?| ?: ?| )\d\d(?: ?m ?| ?: ?| ?' ?| )\d\d(?:\.\d+)?(?: ?s)?(?:\.\d+)?[ ,;/|"
    r"]{1,4}[+-]\d\d?(?: ?d| ?:| ?\u00b0| ?deg| \d|\ufffd))"
)
#: Decimal pairs behind words that announce a place.
_ANNOUNCED = compiled(
    r"\b(?:[Cc]enter(?!ed)|CENTER|[Cc]entre(?!d)|[Cc]oordinates?|[Pp]osition|J2000(?:\.0)?\)?)(?: (?:is|at|of|"
    r"on|are))?[ :=(,\n]{1,6}"
    r"(?=\d{1,3}\.\d+(?: ?deg| ?\(\d\dh[^()]{0,20}\))?[ ,]{1,3}[+-]?\d{1,2}\.\d)"
)
#: Decimal pairs in the cells of a table.
_CELLS = compiled(r"\| ?(?=\d{1,3}\.\d{3,8} ?\| ?[+-]?\d{1,2}\.\d{3,8} ?\|)")
#: The other form of the same place: "= 329.4243", "(14.24662 deg)", "(10h 52m 25s)".
_AGAIN = compiled(r" ?(?:=+|\(|or|i\.e\.,?|~) ?")
_AGAIN_PAIR = compiled(
    r"[ ,;]*(?:deg(?:rees)?\b|\(?J2000(?:\.0)?\)?)?[ ,;)]*(?:=+|\(|or|,? equivalent to(?: "
    r"J2000)?|which is(?: equivalent to)?:?) ?[(\[]?"
)
_TABLE_HEAD = compiled(r"\| ?R\.?A\.?\b[^|\n]{0,20}\| ?[Dd][Ee][Cc]")


#: What makes the numbers something else.
_NO_ANGLE = compiled(r" ?(?:[kMG]?Hz|[kMGT]?eV|mag|hours?|days?|sigma|%|x ?\d|micron|um\b|nm\b|A\b|arcsec away)")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the text; `again` where it is the second printing of the one before it."""

    pair: Pair
    again: bool = False


def propose(document: Document) -> Iterator[Candidate]:
    """Every place on the sky that subject and body print."""
    places: tuple[Where, ...] = ("subject", "body")
    for where in places:
        text = document.even(where).text
        found = positions(text)
        told: list[tuple[Pair, Verdict, Uncertainty, str | None]] = []
        for index, one in enumerate(found):
            stop = next((f.pair.label for f in found[index + 1 :] if not _near(text, one.pair, f.pair)), len(text))
            row = (
                row_of(document, one.pair, [f.pair for f in found])
                if where == "body" and not one.pair.labelled
                else None
            )
            yield _candidate(document, where, text, one, stop, told, row)


def positions(text: str) -> list[Found]:
    """Every place in a text, in order; the second printing of a place follows the first."""
    found: list[Found] = []
    for at, label in sorted(_anchors(text), key=lambda anchor: anchor[0]):
        if len(found) >= _MOST:
            break
        if any(f.pair.start <= at < f.pair.end for f in found):
            continue
        pair = best_pair(text, at, label=label)
        if pair is None or _NO_ANGLE.match(text, pair.end):
            continue
        found.append(Found(pair=pair, again=any(_same(pair, f.pair) for f in found)))
        second = _second(text, pair)
        if second is not None:
            found.append(Found(pair=second, again=True))
    return found


def _anchors(text: str) -> Iterator[tuple[int, int | None]]:
    """(where a right ascension may begin, where its label does), None for want of a label."""
    labels: set[int] = set()
    for pattern in (BOTH_LABEL, RA_LABEL):
        for match in pattern.finditer(text):
            if match.start() not in labels:
                labels.add(match.start())
                yield match.end(), match.start()
    for match in _UNLABELLED.finditer(text):
        yield match.start(), None
    for match in _ANNOUNCED.finditer(text):
        yield match.end(), match.start()
    if "|" in text and _TABLE_HEAD.search(text):
        for match in _CELLS.finditer(text):
            yield match.end(), None


def _second(text: str, pair: Pair) -> Pair | None:
    """The same place printed again beside the first: each coordinate in the other form, or the whole pair."""
    if again := _AGAIN.match(text, pair.ra.end):
        for other in pairs_at(text, again.end(), label=pair.label):
            after = _AGAIN.match(text, other.dec.end)
            both = [other] if (other.ra.parts == 1) == (other.dec.parts == 1) else []
            both += _with_other_dec(text, other, after.end()) if after else []
            for candidate in both:
                if _same(candidate, pair) and candidate.ra.parts != pair.ra.parts:
                    return candidate
    if again := _AGAIN_PAIR.match(text, pair.end):
        second = best_pair(text, again.end(), label=pair.label)
        if second is not None and _same(second, pair):
            return second
    return None


def _with_other_dec(text: str, pair: Pair, at: int) -> list[Pair]:
    return [
        msgspec.structs.replace(pair, dec=dec, end=dec.end)
        for dec in read_dec(text, at)
        if (dec.parts == 1) == (pair.ra.parts == 1)
    ]


def _same(a: Pair, b: Pair) -> bool:
    """Whether two printings agree to the digits of the coarser."""
    dec = max(a.dec.half, b.dec.half) * 2.5 + 1e-5
    ra = max(a.ra.half, b.ra.half) * 2.5 + 1e-5
    return (
        abs(a.dec.degrees - b.dec.degrees) <= dec and abs((a.ra.degrees - b.ra.degrees + 180.0) % 360.0 - 180.0) <= ra
    )


def _near(text: str, a: Pair, b: Pair) -> bool:
    """Whether `b` is the next line of the same statement, so that an error behind it belongs to both."""
    if abs(a.start - b.start) >= 220:
        return False
    return _same(a, b) or bool(re.fullmatch(r"(?: deg)?,? which is(?: equivalent to)?:?\s*", text[a.end : b.label]))


def _candidate(
    document: Document,
    where: Where,
    text: str,
    one: Found,
    stop: int,
    told: list[tuple[Pair, Verdict, Uncertainty, str | None]],
    row: str | None,
) -> Candidate:
    pair = one.pair
    first = next((t for t in told if _same(t[0], pair)), None) if one.again else None
    if first is not None:
        _, judged, error, _ = first
        own = uncertainty(text, pair, stop) if pair.start - first[0].end > _APART or error.radius is None else None
        error = own if own is not None and own.radius is not None else error
    else:
        judged = verdict(document, text, pair, (told[-1][0], told[-1][1]) if told else None)
        if row is not None and judged.against is None and judged.object is None:
            judged = Verdict(object=row, target="one of several sources", why="a row of a table")
        error = uncertainty(text, pair, stop)
    object_ = judged.object
    if object_ is None and judged.against is None:
        object_ = object_near(document, where, pair.start, pair.end)
    told.append((pair, judged, error, object_))
    assertion, why = _assertion(document, where, pair, judged)
    qualifier: dict[str, object] = dict(error.qualifier)
    place = first[0] if first is not None and pair.start - first[0].end <= _APART else pair
    told_only = assertion in ("cited", "negated")
    catalogued = judged.target == "catalogue source"
    if whose := not catalogued and measured_by(text, place.label, subject=document.subject.text, cited=told_only):
        qualifier["instrument"] = whose
    if error.radius is not None or error.qualifier:
        qualifier["error_span"] = list(document.even(where).span(error.start, error.end))
    if first is not None:
        qualifier["same_as"] = list(document.even(where).span(first[0].start, first[0].end))
    if judged.target:
        qualifier["target"] = judged.target
    return Candidate(
        predicate="position",
        where=where,
        start=pair.start,
        end=pair.end,
        value={"ra": pair.ra.degrees, "dec": pair.dec.degrees},
        unit="deg",
        error=[error.radius, error.radius] if error.radius is not None else None,
        error_probability=error.probability,
        object=object_,
        qualifier=qualifier,
        assertion=assertion,
        confidence=0.1 if judged.against else 0.95 if pair.labelled and assertion == "asserted" else 0.8,
        taken=judged.against is None,
        why=judged.against or why,
        features={
            "labelled": float(pair.labelled),
            "has_error": float(error.radius is not None),
            "sexagesimal": float(pair.ra.parts > 1),
            "log_half": math.log10(max(pair.dec.half, 1e-9)),
            "again": float(one.again),
        },
    )


def _assertion(document: Document, where: Where, pair: Pair, judged: Verdict) -> tuple[Assertion, str]:
    if judged.assertion is not None or judged.against is not None:
        return judged.assertion or "asserted", judged.why
    return assertion_of(document, where, pair.start, pair.end)


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives both coordinates. An error printed inside the span or away from it is not
    part of that; `error_span` says where it stands."""
    if not isinstance(fact.value, dict):
        return False
    text = Even(fact.text).text
    wanted = (fact.value.get("ra"), fact.value.get("dec"))
    return any((pair.ra.degrees, pair.dec.degrees) == wanted for pair in _readings(text))


def _readings(text: str) -> Iterator[Pair]:
    for pair in pairs_at(text, 0, label=0):
        yield pair
        if after := _AGAIN.match(text, pair.dec.end):
            yield from _with_other_dec(text, pair, after.end())


GRAMMAR = Grammar(predicates=("position",), propose=propose, reads_again=reads_again)
