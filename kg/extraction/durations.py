"""Grammar of T90: durations that are called so, with error, limit, energy band and instrument."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from kg.extraction.assertion import assertion_of
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.detectors import first_instrument, last_instrument
from kg.extraction.document import Document
from kg.extraction.energies import band_at
from kg.extraction.fact import Fact, Limit, Where
from kg.extraction.named_object import object_near
from kg.extraction.numbers import Quantity, read_quantity, reread_quantity
from kg.openings import compiled

_T90 = compiled(r"(?<![\w/])[Tt] ?_?\{?\(?90\)?\}?(?![\d/]|[,_]?i\b|,r)")
_UNIT = compiled(
    r" ?-?(?P<unit>ms(?:ec)?\b|milli-?sec(?:ond)?s?\b|s(?:ec(?:ond)?s?)?\b|min(?:ute)?s?\b)(?!-1|"
    r"\^| ?\^)"
)
#: Mentions of T90 that are looked at; no circular has so many.
_MOST = 150
#: What may stand between the name and its value. A band or a remark in brackets is passed over. Possessive throughout:
#: a hostile run of words must be read in one way only.
_GAP = compiled(
    r"(?:[ ,:=~'{}\"*|]++|\([^()\n]{0,70}\)|\[[^\[\]\n]{0,40}\]|[()]|\d+(?:\.\d+)? ?(?:-|to) ?\d+(?:\.\d+)? ?[kM]eV"
    r"|T_?\{?50\}?|GRB ?\d{6}\w?|[A-Za-z][A-Za-z'/-]*+|\d-s\b|no\. ?\d)*+"
)
_DIGITS = compiled(r"(?<![\d.\w])\.?\d")
_NOT_GAP = compiled(
    r"\b(?:interval|during|diagram|reaches|sigma|spectr\w+|from|integrated|over|fluence|peak|flux|trajectory|"
    r"excludes?|"
    r"exceed\w*|ratio|divided|significance|SNR|background|counts?|ends?|window|redshift|relation|starting|"
    r"between|than|"
    r"GRBs|bursts|class|large as)\b"
)
_LIMIT_WORDS = compiled(r"\b(?P<low>at least|more than|greater than|longer than|lower limit (?:of|on))|"
                          r"(?P<high>less than|shorter than|upper limit (?:of|on)|at most) ?$", re.I)  # fmt: skip
#: A class of bursts is told by its duration; that is no measurement.
_CLASS = compiled(
    r"\b(?:GRBs|bursts|class\w*|criteri\w+|typical\w*|defin\w+|population|hard GRB|short "
    r"GRB)\b[^.;\n]{0,25}$",
    re.I,
)
_BEFORE = compiled(r"(?P<lead>\b(?:duration|lasting|lasts|lasted)\b[^.;\n\d]{0,30}?)(?=[<>~]? ?\d)")
_BEHIND = compiled(r"^ ?\(? ?[Tt] ?_?\{?90\}?\)?")
#: "36, 41, and 46 s": the unit of the last is that of all.
_LIST = compiled(
    r"(?P<numbers>\d+(?:\.\d+)?(?:(?:, and |, | and )\d+(?:\.\d+)?){1,5}) ?(?P<unit>ms(?:ec)?|"
    r"s(?:ec(?:ond)?s?)?)\b(?!-1|\^)"
)
_SECOND = compiled(r" ?(?:,? and (?:of |about )?|\((?=\d[\d. ]*s(?:ec)?\)))")


def propose(document: Document) -> Iterator[Candidate]:
    """Every value that follows the name T90, or stands before it in brackets."""
    places: tuple[Where, ...] = ("subject", "body")
    for where in places:
        text = document.even(where).text
        if "90" not in text:
            continue
        seen: set[int] = set()
        for match in islice(_T90.finditer(text), _MOST):
            for gap, quantity, end, unit in _values(text, match):
                if quantity.begin not in seen:
                    seen.add(quantity.begin)
                    yield _candidate(document, where, gap, quantity, end, unit)


def _values(text: str, name: re.Match[str]) -> Iterator[tuple[str, Quantity, int, str]]:
    """(words between, quantity, end with unit, unit) of the values that a mention of T90 has."""
    for digits in _DIGITS.finditer(text, name.end(), min(len(text), name.end() + 130)):
        gap = text[name.end() : digits.start()]
        fits = _GAP.fullmatch(gap.rstrip("<>~(["))
        if fits and (listed := _LIST.match(text, digits.start())):
            for each in _DIGITS.finditer(text, listed.start(), listed.end("numbers")):
                quantity = read_quantity(text, each.start())
                if quantity is not None:
                    yield gap, quantity, quantity.end, _unit(listed["unit"])
            return
        first = _timed(text, digits.start(), name.end()) if fits else None
        if first is None:
            continue
        yield gap, *first
        if second := _second(text, first[1], gap):
            yield gap, *second
        return
    window = text[max(0, name.start() - 45) : name.start()]
    lead = list(_BEFORE.finditer(window))
    if lead and text[name.start() - 1 : name.start()] in "( ":
        at = max(0, name.start() - 45) + lead[-1].end()
        found = _timed(text, at, at)
        if found and re.fullmatch(r" ?[(,]? ?(?:in )?", text[found[1] : name.start()]):
            yield lead[-1].group(), *found


def _second(text: str, end: int, gap: str) -> tuple[Quantity, int, str] | None:
    """A second value: "of 38 s in the 7-40 keV band, and of 27 s in the 30-400 keV band", "23 s (26 s)"."""
    if "50" in gap:
        return None
    band = re.match(r" in the [^.;]{3,25} band", text[end : end + 40])
    again = _SECOND.match(text, end + band.end() if band else end)
    return _timed(text, again.end(), again.end()) if again else None


def _timed(text: str, at: int, floor: int) -> tuple[Quantity, int, str] | None:
    """The quantity whose digits begin at `at`, with the sign or bracket in front of it, if a time's unit follows."""
    for begin in range(max(floor, at - 4), at + 1):
        if begin < at and text[begin] not in "<>~=([":
            continue
        quantity = read_quantity(text, begin)
        unit = _UNIT.match(text, quantity.end) if quantity else None
        if quantity and unit:
            return quantity, unit.end(), _unit(unit["unit"])
    return None


def _unit(written: str) -> str:
    return "ms" if written.startswith(("ms", "milli")) else "min" if written.startswith("min") else "s"


def _candidate(document: Document, where: Where, gap: str, quantity: Quantity, end: int, unit: str) -> Candidate:
    text = document.even(where).text
    limit, worded = _limit(gap, quantity)
    assertion, why = assertion_of(document, where, quantity.begin, end)
    before = text[max(0, quantity.begin - 130) : quantity.begin]
    bad = _NOT_GAP.search(re.sub(r"\([^()]*\)", "", gap)) if not worded else None
    if limit and _CLASS.search(before.split("90")[0]):
        bad = _CLASS.search(before.split("90")[0])
    start = quantity.start if quantity.limit else quantity.begin
    whose = last_instrument(text, start - 700, start) or first_instrument(document.subject.text, 0, 200)
    qualifier: dict[str, object] = {}
    if band := band_at(text, start, end):
        qualifier["band"] = band
    if whose:
        qualifier["instrument"] = whose
    if quantity.approximate or re.search(r"(?:~|\b(?:about|around|approximately)) ?$", gap):
        qualifier["approximate"] = True
    return Candidate(
        predicate="t90",
        where=where,
        start=start,
        end=end,
        value=quantity.value,
        unit=unit,
        error=quantity.error,
        limit=limit,
        object=object_near(document, where, start, end),
        qualifier=qualifier,
        assertion=assertion,
        confidence=0.2 if bad else 0.96 if assertion == "asserted" else 0.8,
        taken=bad is None,
        why=f'"{bad.group()[:40]}" stands between' if bad else f"called T90; {why}",
        features={"gap": float(len(gap)), "has_error": float(quantity.error is not None)},
    )


def _limit(gap: str, quantity: Quantity) -> tuple[Limit | None, bool]:
    """The limit that a sign or words in front say, and whether words did."""
    if quantity.limit:
        return quantity.limit, False
    if match := _LIMIT_WORDS.search(gap):
        return (">" if match["low"] else "<"), True
    return None, False


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives value, error, unit and any limit sign that it holds."""
    read = reread_quantity(fact.text)
    if read is None:
        return False
    quantity, rest = read
    unit = _UNIT.fullmatch(rest)
    same = (quantity.value, quantity.error) == (fact.value, fact.error) and quantity.limit in (None, fact.limit)
    if not rest.strip():
        return same  # a number of a list: its unit stands with the last one
    return same and unit is not None and _unit(unit["unit"]) == fact.unit


GRAMMAR = Grammar(predicates=("t90",), propose=propose, reads_again=reads_again)
