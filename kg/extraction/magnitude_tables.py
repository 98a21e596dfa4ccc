"""Magnitudes in tables: which cell is a magnitude, in which band, when, by whom, and of what."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from kg.extraction import magnitude_words as w
from kg.extraction.bands import normalise_band, system_of
from kg.extraction.heads import Column
from kg.extraction.magnitude_hit import Hit
from kg.extraction.magnitude_setting import Setting
from kg.extraction.magnitude_text import band_of_word
from kg.extraction.magnitude_value import VALUE, Magnitude, plausible, read_match
from kg.extraction.normalise import Even
from kg.extraction.table_times import time_of
from kg.extraction.tables import Cell, Row, Table
from kg.names import find_names
from kg.openings import compiled

_LIMIT_NOTE = compiled(r"\bUL\b|\bU\.L\.|upper|limit|[2-5] ?-?sig|non-?det", re.I)
_REFERENCE = compiled(
    r"\bref(?:erence|\.)? ?-?stars?\b|\b(?:comparison|standard|field|calibration|secondary|"
    r"nearby \w+) (?:\w+ ){0,2}stars?\b|\bcalibrat\w+ (?:stars?|sources?)|\bstars? (?:used|close|near)",
    re.I,
)
_LIMITS_ONLY = compiled(r"\b(?:upper|limiting|lower)[ -](?:limits?|mag\w*)\b|\blimits\b", re.I)


class _Read(msgspec.Struct, frozen=True):
    """A cell read as a magnitude: reading, place of its value in the cell, what stands in front and behind."""

    reading: Magnitude
    start: int
    end: int
    front: str
    rest: str


def hits_of(setting: Setting, table: Table) -> Iterator[Hit]:
    """Every magnitude of a table, in order, judged."""
    reason = _not_ours(setting, table)
    limits_only = _about_limits(setting, table)
    stacked = _stacked_limit(setting, table)
    for row in table.rows:
        measured = False
        for i, column in enumerate(table.columns):
            if column.kind not in ("mag", "limit") or i not in row.cells:
                continue
            read = _read(row.cells[i], column)
            if read is None or read.reading.value is None or not plausible(read.reading.value):
                continue
            hit = _hit(setting, table, row, i, read)
            if hit.limit is None and (column.kind == "limit" or stacked or (limits_only and hit.error is None)):
                hit.limit = ">"
                if hit.error_span:  # "unc." behind a limit is the calibration's
                    hit.error, hit.error_span = None, None
            if column.kind == "mag" and hit.limit is None:
                measured = True
            if column.kind == "limit" and measured:
                hit.depth = True
                hit.leave("the depth of an image in which the source is seen")
            if reason:
                hit.target = "reference star"
                hit.leave(reason)
            yield hit


def _read(cell: Cell, column: Column) -> _Read | None:
    """A cell as a magnitude; a band may stand in front ("g > 19.7"), a note behind ("> 20.1 (3 sigma)")."""
    text = Even(cell.text).text
    found = (m for m in VALUE.finditer(text) if m.start() == 0 or "." in m["number"])
    match = next(found, None)
    if match is None:
        return None
    front = text[: match.start()].strip(" *`:=(")
    if front and band_of_word(front) is None and front.lower() not in ("mag", "ul", "limit", "~"):
        return None
    return _Read(read_match(match), match.start(), match.end(), front, text[match.end() :])


def _hit(setting: Setting, table: Table, row: Row, index: int, read: _Read) -> Hit:
    body, cell, column = setting.document.body, row.cells[index], table.columns[index]
    inner = Even(cell.text)
    first, last = inner.span(read.start, read.end)
    start, end = body.at(cell.start + first), body.at(cell.start + last - 1) + 1
    hit = Hit(
        start=start,
        end=end,
        begin=start,
        reading=read.reading,
        error=read.reading.error,
        limit=read.reading.limit,
        source="table",
        banded=True,
    )
    hit.band = row.band or _cousins(setting, column.band) or _band(setting, table, row, read, index)
    hit.band_source = "column" if hit.band else ""
    hit.system = system_of(column.head) or system_of(read.rest)
    line = setting.document.circular.body[cell.end : row.end]
    if (
        hit.limit is None
        and read.reading.error is None
        and (
            _LIMIT_NOTE.search(read.rest)
            or re.match(r"\s*\(?[^|\d]{0,3}(?:\d ?-?sig\w* ?)?\(?(?:UL\b|U\.L|upper|limit|\d[ -]?sig)", line, re.I)
        )
    ):
        hit.limit = ">"
    if hit.limit is None and hit.error is None:
        _error_beside(table, row, index, hit, setting.document.circular.body)
    if match := w.SIGMA.search(read.rest + line[:25]) or w.SIGMA.search(column.head):
        hit.sigma = float(match["sigma"])
    hit.timed = table.has("since", "start", "jd", "date", "clock")
    hit.epoch_s, hit.epoch = time_of(table, row, setting.document.circular.body, setting.day)
    site = row.cell(table, "site")
    hit.telescope = site.text if site and re.search(r"[A-Za-z]{2}", site.text) else None
    _named(setting, table, row, hit)
    if cited := row.cell(table, "cited"):
        hit.assertion = "cited" if re.search(r"\d{3,}|et al|GCN", cited.text) else "asserted"
    return hit


def _band(setting: Setting, table: Table, row: Row, read: _Read, index: int) -> str | None:
    """The band of a cell: its own word, its row's column of bands, a word of its row, what the text says above."""
    if read.front and (own := band_of_word(read.front)):
        return own
    if (cell := row.cell(table, "band")) and (band := normalise_band(cell.text)):
        return band
    if (noted := re.match(r" ?\((?:in )?([A-Za-z][\w'-]{0,9})\)", read.rest)) and (band := band_of_word(noted[1])):
        return band
    line = setting.document.circular.body[row.start : row.cells[index].start]
    words = [
        b
        for word in line.replace("|", " ").split()[-3:]
        if (b := band_of_word(word)) and len(word) <= 8 and not word[0].isdigit()
    ]
    if words and not table.has("band"):
        return words[-1]
    if table.has("band"):
        return None
    heads = {_cousins(setting, c.band) for c in table.columns if c.kind == "mag" and c.band}
    if len(heads) == 1:
        return heads.pop()
    above = [m for m in setting.mentions if m.start < setting.document.body.at(table.start)]
    single = [m for m in above if len(m.bands) == 1]
    return single[-1].bands[0] if single and above[-1] is single[-1] else setting.only_band


def _named(setting: Setting, table: Table, row: Row, hit: Hit) -> None:
    """The object that a row names. Rows of several objects are of candidates: each has its own name or none."""
    cells = [row.cells[i].text for i, c in enumerate(table.columns) if c.kind == "name" and i in row.cells]
    if not cells:
        return
    names = [n for text in cells for n in find_names(text)]
    several = len({cell.text for r in table.rows if (cell := r.cell(table, "name"))}) > 1
    if several and names:
        best = next((n for n in names if n.catalogue == "tns"), names[0])
        hit.object = best.name if best.name != setting.document.about else None
    elif several:
        hit.target = "other object"
        hit.leave("one of several candidates, without a name of its own")
    elif names:
        hit.object = setting.object_of("body", hit.start, hit.end, " ".join(cells))


def _cousins(setting: Setting, band: str | None) -> str | None:
    """`Rmag` over images that the text calls Rc means Rc."""
    if band not in ("R", "I"):
        return band
    family = {b for m in setting.mentions for b in m.bands if b[0] == band}
    return f"{band}c" if family and family <= {f"{band}c", band} and f"{band}c" in family else band


def _error_beside(table: Table, row: Row, index: int, hit: Hit, body: str) -> None:
    """The error in the next column, or printed behind the value without a head of its own."""
    after = [i for i in sorted(row.cells) if i > index]
    for i in after[:3]:
        cell = row.cells[i]
        if table.columns[i].kind in ("mag", "limit", "band"):
            break
        if table.columns[i].kind != "error":
            continue
        match = re.fullmatch(r"(?:\+/-|\+-|\u00b1|~)?\s*(\d?\.\d+|\d)", cell.text.strip())
        if match and float(match[1]) < 3:
            hit.error = [float(match[1])] * 2
            shift = cell.text.index(match[1])
            hit.error_span = (cell.start + shift, cell.start + shift + len(match[1]))
        return
    if table.columns[index] is table.columns[-1] and not table.has("error"):
        cell = row.cells[index]
        match = re.match(r"[ \t]+(?:\+/-)?(0?\.\d{1,3}|1\.\d{1,3})(?![\d.])", body[cell.end : row.end])
        if match:
            hit.error = [float(match[1])] * 2
            hit.error_span = (cell.end + match.start(1), cell.end + match.end(1))


def _not_ours(setting: Setting, table: Table) -> str | None:
    """Why a table is not of the source: positions without times are a list of stars."""
    above = setting.document.circular.body[max(0, table.start - 260) : table.start]
    timed = table.has("since", "start", "date", "clock", "jd", "exposure")
    if timed:
        return None
    head = " ".join(c.head for c in table.columns)
    stars = _REFERENCE.search(above[-200:]) or re.search(r"\bstars?\b|USNO|\bR2\b", head, re.I)
    if stars and (table.has("ra", "coord", "name") or sum(c.kind == "mag" for c in table.columns) >= 2):
        return "reference stars"
    if (
        table.has("ra")
        and not table.has("band", "name", "error")
        and sum(c.band is not None for c in table.columns) >= 1
    ):
        return "positions and magnitudes without times: reference stars"
    return None


def _stacked_limit(setting: Setting, table: Table) -> bool:
    """Whether the head of the magnitudes goes on upwards: "3-sig." over "lim." over "mag."."""
    columns = [c for c in table.columns if c.kind == "mag"]
    if len(columns) != 1 or table.style != "spaces":
        return False
    place = columns[0]
    for line in reversed(setting.document.circular.body[max(0, table.start - 400) : table.start].split("\n")[-4:-1]):
        if not re.search(r"\S {3,}\S", line):
            return False
        if re.search(r"\blim", line[max(0, place.start - 6) : place.end + 4], re.I):
            return True
    return False


def _about_limits(setting: Setting, table: Table) -> bool:
    """Whether the words above speak of limits alone."""
    above = Even(setting.document.circular.body[max(0, table.start - 260) : table.start]).text.strip()
    last = re.split(r"(?<=[.!?]) (?=[A-Z])|\n", above)[-1]
    return (
        bool(_LIMITS_ONLY.search(last))
        and not w.MIXED.search(last)
        and not re.search(r"\bmagnitudes? (?:of|for) the\b|detect(?:ed|ion)", last)
    )
