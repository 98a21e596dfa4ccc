"""Quantities that may be negative, as spectral and decay indices are: `-0.83 +/- 0.05`, `< -2.1`, `~ -0.4`.

`numbers.py` reads what is never negative; here a sign is read in front and the rest is left to it. The anchor gate
reads spans again with the very same function.
"""

from __future__ import annotations

import msgspec

from kg.extraction.fact import Limit
from kg.extraction.normalise import Even
from kg.extraction.numbers import Quantity, read_quantity
from kg.openings import compiled

#: Characters looked at from a place: no quantity with its errors is longer.
_LONGEST = 90
_SIGN = compiled(
    r"(?P<limit><=|>=|<~|>~|~<|~>|<|>)? ?(?P<approx>~|=~|about |approximately |around )? ?(?P<open>[(\[] ?)?"
    r"(?P<sign>-) ?(?=[\d.])"
)


def read_signed(text: str, at: int) -> Quantity | None:
    """The longest quantity that begins exactly at `at` of an even text, with a minus sign if it has one."""
    piece = text[at : at + _LONGEST]
    sign = _SIGN.match(piece)
    if sign is None:
        found = read_quantity(piece, 0)
        return None if found is None else _moved(found, at)
    found = read_quantity(piece[sign.end() :], 0)
    if found is None or found.limit is not None:
        return None
    end = sign.end() + found.end
    if sign["open"] and piece[end : end + 1] in (")", "]"):
        end += 1
    written = sign["limit"] or ""
    limit: Limit | None = "<" if "<" in written else ">" if ">" in written else None
    return msgspec.structs.replace(
        found,
        value=-found.value,
        limit=limit,
        approximate=bool(sign["approx"]) or "~" in written,
        start=at,
        begin=at + (sign.start("open") if sign["open"] else sign.start("sign")),
        end=at + end,
    )


def _moved(found: Quantity, by: int) -> Quantity:
    places = {name: getattr(found, name) + by for name in ("start", "begin", "end")}
    return msgspec.structs.replace(found, **places)


def reread_signed(text: str) -> tuple[Quantity, str] | None:
    """A span of the *original* read by itself: the quantity at its beginning, and what is left of the span."""
    even = Even(text).text.strip()
    found = read_signed(even, 0)
    return None if found is None else (found, even[found.end :].strip())
