"""Errors of positions in a column of their own: the cell behind a place whose head says "Err" and in which unit."""

from __future__ import annotations

import re

from kg.extraction.position_forms import Pair
from kg.openings import compiled

#: A head with both coordinates and, directly behind them, the error: `RA (J2000)  Dec (J2000)  Err (arcsec)`.
_HEAD = compiled(
    r"\bR\.?A\.?\b[^\n]{1,40}?\bDec(?:l|lination)?\b\.?"
    r"[^A-Za-z\n]*(?:\(?(?:J2000(?:\.0)?|deg|degrees|hms|dms)\)?[^A-Za-z\n]*)*(?:pos\w*\.? ?|90 ?% ?|1[- ]sigma )*"
    r"(?:err(?:or|90)?|unc(?:ert\w*)?|radius|r_?90)\b[^A-Za-z\n\"']{0,4}(?:90 ?%?,? ?)?"
    r"(?P<unit>arcsec\w*|arcmin\w*|deg\w*|\"|''|')",
    re.I,
)
_CELL = compiled(
    r"[ \t]*(?:deg)?[ \t]*[|,;]?[ \t]*(?:\+/-? ?)?(?P<value>\d{1,3}(?:\.\d+)?)(?=[ \t]*(?:[|,;\n]|$)|[ \t]+[^:.\d\s])"
)
#: Rows stand no farther below their head than this.
_BELOW = 3000


def cell_of(text: str, pair: Pair) -> tuple[int, int, str] | None:
    """The span of the error in the cell behind a place, and its unit; None where no head announces one."""
    cell = _CELL.match(text, pair.end)
    if cell is None:
        return None
    heads = list(_HEAD.finditer(text, max(0, pair.start - _BELOW), pair.start))
    if not heads or "\n\n" in text[heads[-1].end() : pair.start].strip():
        return None
    return cell.start("value"), cell.end("value"), heads[-1]["unit"]
