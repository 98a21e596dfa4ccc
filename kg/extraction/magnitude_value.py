"""The grammar of a magnitude as written: sign of a limit, number, error, range. The anchor gate reads spans again
with it, and so do running text and tables."""

from __future__ import annotations

import re

import msgspec

from kg.extraction.fact import Fact, Limit
from kg.extraction.normalise import Even
from kg.openings import compiled

#: Signs of a limit. An arrow or "=" beside it changes nothing.
SIGN = r"(?:>=|=>|>~|~>|>|<=|=<|<~|~<|<)"
APPROX = r"(?:=~|~=|~|about |approximately |approx\.? |around |roughly |nearly |ca\.? |some )"
#: One or two digits before the stop: no magnitude of a sky source has three.
NUMBER = r"\d{1,2}(?:\.\d{1,5})?(?![\d]|\.\d|[:'\"]\d)"
_SIDE = r"(?:\d?\d?\.\d+|\d{1,2}(?![\d.]))"
#: What stands for "plus or minus": even text has made the signs one; replacement characters are signs lost.
PLUS_MINUS = r"(?:\+/-|-/\+|\+ ?-|\+ or -|\+\\-|\ufffd{1,3})"
_ERROR = (
    rf"(?: ?(?:m(?:ags?)?\b\.? ?)?(?P<open>\()? ?{PLUS_MINUS} ?(?P<both>{_SIDE})(?(open)(?: ?(?:mag)?\))?)"
    rf"| ?[\^({{]{{0,2}} ?\+ ?(?P<plus>{_SIDE})\}}? ?[,/]? ?[_({{]{{0,2}} ?- ?(?P<minus>{_SIDE})[)}}]{{0,2}}"
    rf"| ?\((?P<paren>0?\.\d+)\)|(?<=\d)\((?P<digits>\d{{1,2}})\)(?!\d|\.\d))"
)
VALUE = compiled(
    rf"(?P<sign>{SIGN})? ?(?P<approx>{APPROX})? ?(?P<late>{SIGN})? ?(?P<number>{NUMBER})(?:{_ERROR})?", re.I
)
_RANGE = compiled(
    rf"(?P<lower>{NUMBER}) ?(?:<=|<~|<) ?(?P<band>[A-Za-z][\w']{{0,5}}) ?(?:<=|<~|<) ?(?P<upper>{NUMBER})"
)
#: Before and behind the value in a span: its band, and its unit.
_FRONT = compiled(rf"^[^\d<>~=]{{0,30}}(?:=(?!~))?\s*(?={SIGN}|{APPROX}|\d)", re.I)
_BACK = compiled(r"^ ?(?:\(?(?:AB|Vega)\)?)? ?(?:m(?:ag(?:nitude)?s?)?\b\.?)? ?(?:\(?(?:AB|Vega)\)?)?$")

#: Magnitudes of sky sources that circulars report; outside, a number is something else.
BRIGHTEST, FAINTEST = 3.0, 32.0


class Magnitude(msgspec.Struct, frozen=True, kw_only=True):
    """A magnitude as written; a range has `value` None. `limit` is only what a sign says."""

    value: float | None = None
    error: list[float] | None = None
    limit: Limit | None = None
    lower: float | None = None
    upper: float | None = None
    approximate: bool = False
    decimals: int = 0


def read_match(match: re.Match[str]) -> Magnitude:
    """The reading of a `VALUE` match."""
    number, sign = match["number"], (match["sign"] or "") + (match["late"] or "")
    error = None
    if both := match["both"] or match["paren"]:
        error = [float(both)] * 2
    elif match["plus"]:
        error = [float(match["minus"]), float(match["plus"])]
    elif match["digits"] and "." in number:
        decimals = len(number.partition(".")[2])
        error = [round(int(match["digits"]) * 10.0**-decimals, decimals)] * 2
    return Magnitude(
        value=float(number),
        error=error,
        limit=">" if ">" in sign else "<" if "<" in sign else None,
        approximate=bool(match["approx"]) or "~" in sign,
        decimals=len(number.partition(".")[2]),
    )


def read_ranges(text: str) -> list[tuple[re.Match[str], Magnitude]]:
    """Every `23 < I < 24` of an even text."""
    if "<" not in text:
        return []
    return [
        (m, Magnitude(lower=float(m["lower"]), upper=float(m["upper"])))
        for m in _RANGE.finditer(text)
        if BRIGHTEST <= float(m["lower"]) < float(m["upper"]) <= FAINTEST
    ]


def plausible(value: float) -> bool:
    """Whether a source of the sky can have this magnitude."""
    return BRIGHTEST <= value <= FAINTEST


def reads_again(fact: Fact) -> bool:
    """Whether a span of the original by itself gives the fact's magnitude. A limit may be said by words outside the
    span, an error printed elsewhere has its place in the qualifier; what the span shows must agree."""
    text = Even(fact.text).text.strip().strip("*` ")
    if fact.value is None:
        match = _RANGE.fullmatch(text)
        return match is not None and [float(match["lower"]), float(match["upper"])] == [fact.lower, fact.upper]
    front = _FRONT.match(text)
    found = VALUE.match(text, front.end() if front else 0)
    if found is None or not _BACK.match(text[found.end() :]):
        return False
    read = read_match(found)
    return (
        read.value == fact.value
        and (read.limit is None or read.limit == fact.limit)
        and (read.error is None or read.error == fact.error)
        and (fact.error is None or read.error is not None or "error_span" in fact.qualifier)
    )
