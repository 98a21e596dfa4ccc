"""Tables of flux limits whose unit stands in the heading: one row for each time scale, one column for each spectrum.

(in units of 10^-7 erg/s/cm^2):
Timescale  Soft   Normal   Hard
0.128 s:     1.2     2.1    4.6
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from kg.extraction.assertion import assertion_of
from kg.extraction.candidate import Candidate
from kg.extraction.detectors import last_instrument
from kg.extraction.document import Document
from kg.extraction.energies import band_at
from kg.extraction.numbers import read_quantity
from kg.extraction.units import PER_AREA, read_unit
from kg.openings import compiled

_UNITS = compiled(
    r"\b[Ii]n units of (?P<factor>(?:\d(?:\.\d+)? ?[xX*] ?)?10 ?(?:\^|\*\*)?[{(]? "
    r"?-\d{1,2}[)}]?|1[eE]-\d{1,2}) ?"
)
#: Where the table is over: the next one, or words.
_ENDS = compiled(r"\b(?:units of|Assuming|The |We |For |All )")
_CELL = compiled(r"\d+(?:\.\d+)?")
_COLUMNS = compiled(
    r"(?:[Tt]ime[ _]?(?:scale|bin)s?|[Dd]uration)(?: ?\(s\))?(?P<names>(?:[ |"
    r"]+[A-Za-z][A-Za-z0-9]*){2,8})"
)


@lru_cache(maxsize=16)
def _row(columns: int) -> re.Pattern[str]:
    """A row: its time scale and as many cells as the heading has columns."""
    return compiled(
        rf"(?<![\d.])(?P<scale>\d+(?:\.\d+)?) ?(?:s|sec|ms)?\b ?[:|]?(?P<cells>(?:[ |"
        rf"]+<?~?\d+(?:\.\d+)?){{{columns}}})(?![\d.]*\d)"
    )


def rows(document: Document) -> Iterator[Candidate]:
    """The cells of each table of limits of a body."""
    text = document.body.text
    if "n units of" not in text:
        return
    for heading in _UNITS.finditer(text):
        match = PER_AREA.match(text, heading.end())
        unit = read_unit(match.group()) if match else None
        if match is None or unit is None or unit.kind not in ("flux", "fluence"):
            continue
        block = _ENDS.split(text[match.end() : match.end() + 900], maxsplit=1)[0]
        if not re.search(r"limits?\b", text[max(0, heading.start() - 700) : heading.start()]):
            continue
        factor = read_quantity(text, heading.start("factor"))
        columns = _COLUMNS.search(block)
        if factor is None or columns is None:
            continue
        names = columns["names"].replace("|", " ").split()
        assertion, why = assertion_of(document, "body", heading.start(), heading.end())
        for row in _row(len(names)).finditer(block, columns.end()):
            for cell, name in zip(_CELL.finditer(block, *row.span("cells")), names, strict=True):
                start, end = match.end() + cell.start(), match.end() + cell.end()
                yield Candidate(
                    predicate="flux" if unit.kind == "flux" else "fluence",
                    where="body",
                    start=start,
                    end=end,
                    value=float(cell.group()),
                    unit=f"{factor.value:.0e} {unit.name}",
                    limit="<",
                    object=document.object_at("body", start, end),
                    qualifier=_qualifier(document, text, heading.start(), name, row["scale"]),
                    assertion="asserted" if assertion == "hypothetical" else assertion,
                    confidence=0.9,
                    why=f"a cell of a table of limits; {why}",
                )


def _qualifier(document: Document, text: str, at: int, name: str, scale: str) -> dict[str, object]:
    told: dict[str, object] = {"spectrum": name.lower(), "timescale_s": float(scale)}
    if band := band_at(text, at, at):
        told["band"] = band
    if whose := last_instrument(document.subject.text, 0, 300):
        told["instrument"] = whose
    if sigma := re.search(r"(\d(?:\.\d)?)[- ]sigma[^.\n]{0,120}$", text[:at][-400:]):
        told["sigma"] = float(sigma.group(1))
    return told
