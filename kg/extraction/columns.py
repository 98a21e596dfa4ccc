"""Columns of tables in circulars: which token of a row belongs under which head.

Rows of fixed-width tables are put under their head by what their tokens look like, in order, not by where they stand:
mails, tabs and proportional fonts have moved them. A generic reader: it knows kinds of columns, not what they mean.
"""

from __future__ import annotations

import re

import msgspec

from kg.extraction.bands import normalise_band
from kg.extraction.heads import Column
from kg.openings import compiled


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a row, by what it looks like."""

    kind: str
    text: str
    start: int
    end: int


_TOKENS: list[tuple[str, str]] = [
    ("date", r"(?:19|20)\d\d[-/. ](?:\d{1,2}|"
             r"[A-Z][a-z]{2,8}\.?)[-/. ]\d{1,2}(?:\.\d+)?(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?(?![\d:])"
             r"|(?:\d{1,2}[ -])?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|"
             r"Dec)[a-z]*\.? ?\d{1,2}(?:\.\d+)?(?![\d:])|\d\d[/-]\d\d[/-]\d\d(?:\d\d)?"),
    ("place", r"\(?\d{1,2}h ?\d{1,2}m ?\d{1,2}(?:\.\d+)?s ?,? ?[+-]\d{1,2}d ?\d{1,2}m ?\d{1,2}(?:\.\d+)?s\)?"
              r"|[+-]\d{1,2}[:d]\d{1,2}[:m']\d{1,2}(?:\.\d+)?[s\"]?|\d{1,2}:\d\d:\d\d\.\d{3,}(?= +[+-]?\d)"),
    ("clock", r"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[-\u2013]{1,2} ?\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)?(?: ?UTC?)?"),
    ("exposure", r"\d+(?:\.\d+)? ?[xX*\u00d7] ?\d+(?:\.\d+)? ?(?:s(?:ec)?\b\.?)?|\d+ ?s(?:ec)? ?[xX*] ?\d+|\d+ ?(?:s|"
                 r"sec)\b\.?(?! ?[xX*] ?\d)"),
    ("error", r"(?:\+/-|\+-|\u00b1|\+/\u2212) ?\d*\.?\d+"),
    ("value", r"(?:[<>]=? ?~? ?|~ ?)?"
              r"\d{1,2}(?:\.\d+)? {0,3}(?:\+/-|\+-|-/\+|\u00b1|\ufffd{1,3}|\+/\u2212) {0,2}\d*\.?\d+|"
              r"\d{1,2}\.\d+ ?\+ ?\d?\.\d+ ?[/,]? ?- ?\d?\.\d+|\d{1,2}\.\d+ ?\(0?\.\d+\)|\d{1,2}\.\d+\(\d{1,2}\)|"
              r"[<>]=? ?~?\d{1,2}(?:\.\d+)?(?![\d.])"),
    ("note", r"\([^()\n]{0,40}\)|\[[^\]\n]{0,30}\]"),
    ("number", r"[~>]?[+-]?(?:T0?\+)?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?:/\d+(?:\.\d+)?)?(?![\w.:])|\.\d+\b"),
    ("none", r"(?:-{1,4}|\.{2,4}|n/?[ad]|N/?[AD]|[Nn]a[Nn]|\u2014|none|--)(?![\w.])"),
    ("word", r"[^\s|]+"),
]  # fmt: skip
_TOKEN = compiled("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _TOKENS))
#: `18.3 mag`, `0.5 d`: a unit behind its number is no token of its own.
_UNIT_WORD = compiled(r"(?:mags?|AB|Vega|UTC?|UL|ul|d|h|hr|hrs|hours?|days?|min|s|sec)[.,;]?$")


def tokens_of(row: str) -> list[Token]:
    """The pieces of a row of text; words that belong together are not joined."""
    found: list[Token] = []
    for match in _TOKEN.finditer(row):
        kind = match.lastgroup or "word"
        if (
            kind == "word"
            and found
            and found[-1].kind in ("number", "value", "error")
            and _UNIT_WORD.match(match.group())
        ):
            continue
        if kind == "value" and match.group()[0] not in "<>" and re.fullmatch(r"\d{1,2}\.\d+", match.group()):
            kind = "number"
        if len(found) >= 40:
            break
        found.append(Token(kind=kind, text=match.group(), start=match.start(), end=match.end()))
    return found


#: How well a token fits a column, by kinds; what is not listed fits badly.
_FITS: dict[str, dict[str, float]] = {
    "mag": {"value": 6, "none": 2},
    "limit": {"value": 6, "none": 2},
    "error": {"error": 6, "none": 2, "note": 1},
    "since": {"number": 3, "clock": 0.5, "exposure": 1, "value": 1},
    "start": {"number": 3, "clock": 3, "date": 1, "exposure": 1},
    "stop": {"number": 3, "clock": 3, "date": 1, "exposure": 1},
    "exposure": {"exposure": 6, "number": 2.5},
    "date": {"date": 6, "number": 0.5, "clock": 1},
    "clock": {"clock": 6, "date": 1, "number": 0.5},
    "jd": {"number": 0},
    "ra": {"place": 6, "clock": 4, "number": 1},
    "dec": {"place": 6, "number": 1},
    "coord": {"place": 6, "note": 3},
    "name": {"word": 3, "note": 1},
    "site": {"word": 3, "note": 1},
    "band": {"none": 1},
    "cited": {"word": 2, "number": 1, "note": 1},
    "other": {"number": 2, "word": 1, "none": 1, "note": 1.5, "exposure": 0.5},
}
_SKIP_COLUMN, _SKIP_TOKEN = -1.0, -1.5


def fit(column: Column, token: Token) -> float:
    """How well a token fits a column."""
    text = token.text
    if column.kind == "band":
        band = normalise_band(text)
        return 6.0 if band else _FITS["band"].get(token.kind, -2.0)
    score = _FITS[column.kind].get(token.kind, -2.0)
    if token.kind == "number":
        decimal, size = "." in text, abs(_size(text))
        if column.kind in ("mag", "limit"):
            return 4.0 if decimal and 5 <= size <= 31 and not text.startswith("+") else 1.0 if 8 <= size <= 27 else -2.0
        if column.kind == "error":
            return 4.0 if decimal and size < 3 else -1.0
        if column.kind == "jd":
            return 6.0 if size > 40000 or (decimal and size > 100 and "-" in column.head) else -2.0
        if column.kind == "exposure":
            return 3.0 if not decimal else 2.0
    if token.kind == "word" and column.kind in ("site", "name", "other", "cited") and normalise_band(text):
        return 0.5
    return score


def _size(text: str) -> float:
    try:
        return float(re.sub(r"^[~>T0+]+(?=\d)|/.*$", "", text) or 0.0)
    except ValueError:
        return 0.0


def align(columns: list[Column], tokens: list[Token]) -> tuple[dict[int, Token], float]:
    """Which token stands in which column (by index), both in order, so that they fit best; and how well they do."""
    n, m = len(columns), len(tokens)
    fits = [[fit(column, token) for token in tokens] for column in columns]
    best = [[_SKIP_TOKEN * j for j in range(m + 1)]]
    for i in range(1, n + 1):
        above, row = best[-1], [_SKIP_COLUMN * i]
        for j in range(1, m + 1):
            row.append(max(above[j] + _SKIP_COLUMN, row[-1] + _SKIP_TOKEN, above[j - 1] + fits[i - 1][j - 1]))
        best.append(row)
    placed: dict[int, Token] = {}
    i, j = n, m
    while i and j:
        if best[i][j] == best[i - 1][j - 1] + fits[i - 1][j - 1]:
            placed[i - 1] = tokens[j - 1]
            i, j = i - 1, j - 1
        elif best[i][j] == best[i][j - 1] + _SKIP_TOKEN:
            j -= 1
        else:
            i -= 1
    return placed, best[n][m]
