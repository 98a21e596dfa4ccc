"""The grammar of a redshift's value: number, error, limit, range. The anchor gate reads spans again with it."""

from __future__ import annotations

import re

import msgspec

from kg.extraction.fact import Limit
from kg.extraction.normalise import Even

_NUMBER = r"(?:\d{1,2}\.\d+|\d{1,2}(?![\d.]\d)|\.\d+)"
_APPROX = r"(?:~|=~|ca?\. |about |approximately |around |roughly |nearly )"
_SYMMETRIC = rf" ?\(?\+/-? ?(?P<both>{_NUMBER})\)?"
_PLUS_MINUS = (
    rf" ?[\^({{]{{0,2}} ?\+ ?(?P<plus>{_NUMBER})}}? ?[,/;]? ?[_({{]{{0,2}} ?- ?(?P<minus>{_NUMBER})[}})]{{0,2}}"
)
_MINUS_PLUS = (
    rf" ?[_({{]{{0,2}} ?- ?(?P<minus2>{_NUMBER})}}? ?[,/;]? ?[\^({{]{{0,2}} ?\+ ?(?P<plus2>{_NUMBER})[}})]{{0,2}}"
)
_DIGITS = r"\((?P<digits>\d{1,2})\)"

#: A value as it stands after "z =" or "redshift of": sign of a limit, number, error.
VALUE = re.compile(
    rf"(?P<limit><=|>=|<~|>~|<|>)? ?{_APPROX}? ?(?P<number>{_NUMBER})"
    rf"(?:{_SYMMETRIC}|{_PLUS_MINUS}|{_MINUS_PLUS}|{_DIGITS})?",
    re.I,
)
#: `3.7 < z < 4.0`, with "redshift" in the place of z too.
RANGE = re.compile(
    rf"(?P<lower>{_NUMBER}) ?(?:<=|<~|<) ?~? ?(?:z|redshift)(?:_\w+)? ?(?:<=|<~|<) ?~? ?(?P<upper>{_NUMBER})", re.I
)
#: `2.5 > z > 1.2`.
FALLING = re.compile(
    rf"(?P<upper>{_NUMBER}) ?(?:>=|>~|>) ?~? ?(?:z|redshift)(?:_\w+)? ?(?:>=|>~|>) ?~? ?(?P<lower>{_NUMBER})", re.I
)
#: `1.2-2.5`, `1.2 to 2.5`, `1.2 and 2.5` after "redshift range", "between".
INTERVAL = re.compile(rf"(?P<lower>{_NUMBER}) ?(?:-|to|and|< ?z ?<) ?(?:z ?[=~] ?)?(?P<upper>{_NUMBER})", re.I)


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
    return Reading(value=float(number), error=error, limit=limit)


def read_range(match: re.Match[str]) -> Reading:
    """The reading of a range; its bounds in rising order."""
    low, high = sorted((float(match["lower"]), float(match["upper"])))
    return Reading(lower=low, upper=high)


def reread(text: str) -> Reading | None:
    """The reading of a span of the *original* by itself: what the anchor gate compares with."""
    even = Even(text).text.strip()
    for grammar in (RANGE, FALLING, INTERVAL):
        if match := grammar.fullmatch(even):
            return read_range(match)
    match = VALUE.fullmatch(even)
    return read_value(match) if match else None
