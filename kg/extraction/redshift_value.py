"""The grammar of a redshift's value: number, error, limit, range. The anchor gate reads spans again with it."""

from __future__ import annotations

import re

import msgspec

from kg.cues import Cued
from kg.extraction.fact import Limit
from kg.extraction.normalise import Even
from kg.openings import compiled

_NUMBER = r"(?:\d{1,2}\.\d+|\d{1,2}(?![\d.]\d)|\.\d+)"
_APPROX = r"(?:~|=~|ca?\. |about |approximately |approx\. |around |roughly |nearly )"
#: A limit in words: "greater than or equal to", "below", "at least".
_MORE = (
    r"(?:great(?:er)?|larg(?:er)?|high(?:er)?|more) than(?: or equal to)?|not (?:lower|less|smaller) than|"
    r"(?:no|not be) (?:lower|less|smaller) than|at least|above|beyond|in excess of"
)
_LESS = (
    r"(?:lower|less|smaller) than(?: or equal to)?|(?:not|no|not be) (?:greater|larger|higher|more) than|"
    r"at most|below|under"
)
#: "greater than ", "at most z = ", the words of a limit up to its number.
LIMIT_WORDS = rf"(?:(?P<more>{_MORE})|(?P<less>{_LESS}))(?: (?:a |the )?(?:redshift )?(?:of )?z ?[=~]*)? ?{_APPROX}? ?"
_SYMMETRIC = rf" ?\(?\+/-? ?(?P<both>{_NUMBER})\)?"
_PLUS_MINUS = (
    rf" ?[\^({{]{{0,2}} ?\+ ?(?P<plus>{_NUMBER})}}? ?[,/;]? ?[_({{]{{0,2}} ?- ?(?P<minus>{_NUMBER})[}})]{{0,2}}"
)
_MINUS_PLUS = (
    rf" ?[_({{]{{0,2}} ?- ?(?P<minus2>{_NUMBER})}}? ?[,/;]? ?[\^({{]{{0,2}} ?\+ ?(?P<plus2>{_NUMBER})[}})]{{0,2}}"
)
_DIGITS = r"\((?P<digits>\d{1,2})\)"

#: A value as it stands after "z =" or "redshift of": sign of a limit, number, error.
VALUE = compiled(
    rf"(?:(?P<limit><=|>=|<~|>~|<|>)|{LIMIT_WORDS})? ?{_APPROX}? ?(?P<number>{_NUMBER})"
    rf"(?:{_SYMMETRIC}|{_PLUS_MINUS}|{_MINUS_PLUS}|{_DIGITS})?",
    re.I,
)
#: `3.7 < z < 4.0`, with "redshift" in the place of z too.
RANGE = Cued(
    rf"(?P<lower>{_NUMBER}) ?(?:<=|<~|<) ?~? ?(?:z|redshift)(?:_\w+)? ?(?:<=|<~|<) ?~? ?(?P<upper>{_NUMBER})", re.I
)
#: `2.5 > z > 1.2`.
FALLING = Cued(
    rf"(?P<upper>{_NUMBER}) ?(?:>=|>~|>) ?~? ?(?:z|redshift)(?:_\w+)? ?(?:>=|>~|>) ?~? ?(?P<lower>{_NUMBER})", re.I
)
#: `1.2-2.5`, `1.2 to 2.5`, `1.2 and 2.5` after "redshift range", "between".
INTERVAL = compiled(rf"(?P<lower>{_NUMBER}) ?(?:-|to|and|< ?z ?<) ?(?:z ?[=~] ?)?(?P<upper>{_NUMBER})", re.I)
#: `upper limit on the redshift of 2.3`, `minimal possible redshift value of z = 0.13`: the limit is in words before.
PHRASE = Cued(
    r"\b(?:(?P<least>lower (?:\d(?:\.\d)?[- ]?sigma )?(?:limit|bound|red-?shift limit)|minim(?:al|um))|"
    r"(?P<most>upper (?:\d(?:\.\d)?[- ]?sigma )?(?:limit|bound|red-?shift limit)|maxim(?:al|um)))"
    r"(?: (?:possible|allowed|the|this|a|GRB|burst|host|for|of|to|on|its|value|GRB ?\d{6}[A-Za-z]?)){0,6}"
    r"(?:(?: (?:pseudo-?)?(?:red-?shifts?|z)\b)|(?<=shift limit))"
    r"(?: (?:value|of|for|to|the|this|GRB|burst|source|GRB ?\d{6}[A-Za-z]?|is|at|being|be)){0,6}"
    rf"(?: ?(?:z ?)?[=:~]+)? ?(?:z ?[=~]+ ?)?{_APPROX}?(?P<number>{_NUMBER})",
    re.I,
)
#: `upper limit of 2.3 on the redshift`: the limit is in words before, what it is of behind.
OF_REDSHIFT = Cued(
    rf"\b(?:(?P<least>lower)|upper) (?:limit|bound) (?:of|at) {_APPROX}?(?P<number>{_NUMBER})(?![\d./]\d)"
    r" (?:for|on|to) (?:the |its |a )?(?:GRB |burst )?red-?shift\b",
    re.I,
)
#: `2.145 (...). We note that this is a lower limit to the GRB redshift`: the limit is in words behind.
BEHIND = Cued(
    rf"(?P<number>{_NUMBER})(?![\d.]\d)[^;]{{0,260}}?\b(?:this|it|which) (?:only )?"
    r"(?:is|gives|represents|provides|sets|puts|places) (?:only )?(?:a |the )?(?:strict |firm |robust |secure )?"
    r"(?:(?P<least>lower)|upper) (?:limit|bound) (?:to|on|of|for) (?:the |its )?(?:GRB |burst |burst's )?"
    r"(?:red-?shift|z)\b",
    re.I,
)
#: The words of a limit just before "z = 2".
LIMIT_BEFORE = compiled(rf"\b(?:{_MORE}|{_LESS}) (?:(?:a|the) )?(?:redshift )?(?:of )?{_APPROX}?$", re.I)
#: More values after a first one: `, 0.66, and 0.57`, `/1.407`, ` and 1.89`.
MORE = compiled(
    rf"(?:, and |, | and |/| & | or ){_APPROX}?(?:z ?[=~] ?)?(?P<number>\d{{1,2}}\.\d{{2,5}})(?![\d.]\d|\d)"
)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a span says: a value, a limit, or a range."""

    value: float | None = None
    error: list[float] | None = None
    limit: Limit | None = None
    lower: float | None = None
    upper: float | None = None


def read_value(match: re.Match[str]) -> Reading:
    """The reading of a `VALUE` match. `2.876(3)` has its error in units of the last digit."""
    number = match["number"]
    error = None
    if match["both"]:
        error = [float(match["both"])] * 2
    elif match["plus"]:
        error = [float(match["minus"]), float(match["plus"])]
    elif match["minus2"]:
        error = [float(match["minus2"]), float(match["plus2"])]
    elif match["digits"] and "." in number:
        decimals = len(number.split(".")[1])
        error = [round(int(match["digits"]) * 10.0**-decimals, decimals)] * 2
    limit: Limit | None = None
    if match["limit"]:
        limit = "<" if match["limit"].startswith("<") else ">"
    elif match["more"] or match["less"]:
        limit = ">" if match["more"] else "<"
    return Reading(value=float(number), error=error, limit=limit)


def read_range(match: re.Match[str]) -> Reading:
    """The reading of a range; its bounds in rising order."""
    low, high = sorted((float(match["lower"]), float(match["upper"])))
    return Reading(lower=low, upper=high)


def read_phrase(match: re.Match[str]) -> Reading:
    """The reading of a `PHRASE` or `BEHIND` match: a limit."""
    return Reading(value=float(match["number"]), limit=">" if match["least"] else "<")


def reread(text: str) -> Reading | None:
    """The reading of a span of the *original* by itself: what the anchor gate compares with."""
    even = Even(text).text.strip()
    for grammar in (RANGE, FALLING, INTERVAL):
        if match := grammar.fullmatch(even):
            return read_range(match)
    if match := PHRASE.fullmatch(even) or BEHIND.fullmatch(even) or OF_REDSHIFT.fullmatch(even):
        return read_phrase(match)
    match = VALUE.fullmatch(even)
    return read_value(match) if match else None
