"""Tables in circulars: fixed-width columns, pipes, ASCII art, tabs, commas, Markdown. Reads lines of the original,
since the even text has none; every cell keeps its place there.

A table begins at a line that names columns (`heads.is_head`) and ends at the first line that is no row. Grammars ask
for the kinds of columns they know.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from kg.extraction.bands import NAME, normalise_band
from kg.extraction.columns import Token, align, tokens_of
from kg.extraction.heads import Column, is_head, may_be_head, read_head
from kg.openings import compiled

Style = Literal["pipes", "tabs", "commas", "spaces"]
#: Rows of one table, of all tables, and tables read of one text; no honest circular has more.
MOST_ROWS, ALL_ROWS, MOST_TABLES = 400, 800, 24


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell's text without its rim, and its place in the original."""

    text: str
    start: int
    end: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row: its cells by index of their column (missing ones are left out), and its own line or lines. `band` is that
    of the line above its block, where a line between the rows names one."""

    cells: dict[int, Cell]
    start: int
    end: int
    band: str | None = None

    def cell(self, table: Table, kind: str) -> Cell | None:
        """The first cell in a column of this kind."""
        return next((self.cells[i] for i, c in enumerate(table.columns) if c.kind == kind and i in self.cells), None)


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table with its columns and rows; `start` is where its head begins in the original."""

    style: Style
    columns: list[Column]
    rows: list[Row]
    start: int
    end: int

    def has(self, *kinds: str) -> bool:
        """Whether a column of one of these kinds is there."""
        return any(c.kind in kinds for c in self.columns)


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    start: int


#: Character for character, so that places stay: unusual blanks, and lines drawn with characters made for it.
_EVEN = {ord(c): " " for c in "\r\u00a0\u2002\u2003\u2009\u202f"}
_EVEN |= {ord(c): "|" for c in "\u2502\u2503\u2551\u2506\u250a\uff5c\u00a6"}
_EVEN |= {ord(c): "-" for c in "\u2500\u2501\u2550\u2504\u2508\u2574\u2576"}
_EVEN |= {code: "+" for code in range(0x250C, 0x2574) if code not in _EVEN}
_RULE = compiled(r"[\s|+=_:.*~#\ufffd-]*")
_WORTH = compiled(r"mag|lim|filt|band|flt|\bOT\b|\bUL|\bRA\b|R\.A\.|phot|[tT]-?T0|UTC?\b|Date", re.I)
#: A head names a column of magnitudes or limits, or bands alone.
_HEADLIKE = compiled(
    r"mag|lim|\bO[TA]\b|\bULs?\b|bright|depth|phot|fterglow|(?<![\w.'(-])(?:[UBVRIJHKgrizu]'?|[RI]_?[cC]|K_?s|m)(?![\w.',)-])",
    re.I,
)
_PROSE = compiled(r"[A-Za-z]{4,}")
_BRACKETS = compiled(r"(?:\s*[(\[][^()\[\]]{0,40}[)\]])+\s*")
_IN_BRACKETS = compiled(r"[(\[][^()\[\]]{0,40}[)\]]")
#: Between rows: the band of those that follow.
_BLOCK = compiled(rf"\s*(?P<band>{NAME})(?:[ -](?:band|filter|magnitudes?))?\s*:?\s*")
#: Columns that say when.
_TIMES = frozenset({"since", "start", "jd", "date", "clock"})
_ERROR = compiled(r"(?:\+/-|\+-|\u00b1)\s?\d*\.\d+")
#: The last word of a head, alone on its line.
_SCRAP = compiled(r"\(?(?:magnitudes?|mags?\.?|limits?|err(?:ors?|\.)?|AB|exposure|filter)\)?", re.I)
_UNITS = compiled(r"(?<![A-Za-z])(days?|hours?|hrs?|h|min(?:utes?)?|d|ks|s|sec(?:onds?)?)(?![A-Za-z])")


def find_tables(original: str) -> list[Table]:
    """Every table of a text, in order."""
    if not _WORTH.search(original):
        return []
    lines = _lines(original)
    found: list[Table] = []
    i = 0
    while i < len(lines) and len(found) < MOST_TABLES and sum(len(t.rows) for t in found) < ALL_ROWS:
        line = lines[i].text
        columns = _columns(line) if len(line) < 300 and _HEADLIKE.search(line) else []
        if columns:
            table, i = _read(lines, i, columns)
            if table.rows:
                found.append(table)
        else:
            i += 1
    return found


def _lines(original: str) -> list[_Line]:
    """The lines of a text; what a mailer broke inside a table of pipes, or behind a head's last word but one, is put
    together again, character for character."""
    lines: list[_Line] = []
    at = 0
    for text in original.split("\n"):
        line = text.translate(_EVEN)
        last = lines[-1] if lines else None
        if last and _continues(last.text, line):
            lines[-1] = _Line(text=f"{last.text} {line}", start=last.start)
        else:
            lines.append(_Line(text=line, start=at))
        at += len(text) + 1
    return lines


def _continues(line: str, following: str) -> bool:
    """Whether a line goes on in the next one."""
    head, tail = line.strip(), following.strip()
    if head.startswith("|") and head.endswith("|") and tail.endswith("|"):
        return not tail.startswith(("|", "+", "-"))
    if _ERROR.fullmatch(tail):
        return bool(re.search(r"\s\d\d\.\d+$", head))
    return bool(_SCRAP.fullmatch(tail)) and bool(_WORTH.search(head)) and not re.search(r"\d\d\.\d|[.:,;]$", head)


def style_of(line: str) -> Style:
    """How a line keeps its cells apart."""
    if line.count("|") >= 2:
        return "pipes"
    if line.strip().count("\t") >= 2:
        return "tabs"
    return "commas" if line.count(",") >= 2 else "spaces"


def _columns(line: str) -> list[Column]:
    """The columns that a line is the head of; empty where it is none."""
    columns = read_head(line) if may_be_head(line) else []
    if not is_head(columns, line):
        return []
    style = style_of(line)
    if style == "spaces":
        return columns
    whole: list[Column] = []
    for cell in _split(line, 0, style):
        inside = read_head(cell.text)
        # The word of a cell that says most: "Upp.Lim. (AB)" is a limit, "Mag +/- err" a magnitude.
        kinds = [c for c in inside if c.kind in ("limit", "mag")] or inside
        bands = [c for c in columns if c.start >= cell.start and c.end <= cell.end and c.band]
        kind = kinds[0].kind if kinds else bands[0].kind if bands else "other"
        unit = next((c.unit for c in inside if c.unit), None)
        band = next((c.band for c in [*kinds[:1], *bands] if c.band), None)
        whole.append(Column(kind=kind, head=cell.text, start=cell.start, end=cell.end, band=band, unit=unit))
    return whole


def _split(line: str, start: int, style: Style) -> list[Cell]:
    """The cells of a line with their places; rims of pipes are no cells."""
    mark = {"pipes": "|", "tabs": "\t", "commas": ","}[style]
    pieces: list[Cell] = []
    at = 0
    for piece in line.split(mark):
        text = piece.strip(" \t\u00a0*`")
        offset = at + (piece.index(text) if text else 0)
        pieces.append(Cell(text=text, start=start + offset, end=start + offset + len(text)))
        at += len(piece) + 1
    if style == "tabs":
        return [p for p in pieces if p.text]
    if style == "pipes":
        pieces = pieces[1:] if not pieces[0].text else pieces
        pieces = pieces[:-1] if pieces and not pieces[-1].text else pieces
    return pieces


def _read(lines: list[_Line], head: int, columns: list[Column]) -> tuple[Table, int]:
    """The table under a head, and the line behind it."""
    style = _style(lines, head)
    if style == "spaces":
        columns = read_head(lines[head].text)
    rows: list[Row] = []
    band: str | None = None
    i, blank = head + 1, 0
    last = head
    while i < len(lines) and len(rows) < MOST_ROWS:
        line = lines[i]
        if not line.text.strip() or _RULE.fullmatch(line.text):
            blank = blank + 1 if not line.text.strip() else 0
            if blank > 4:
                break
        elif not rows and i <= head + 3 and _is_units(line.text):
            columns = _with_units(_merged(columns, line.text), line.text)
        elif rows and (named := _BLOCK.fullmatch(line.text)) and normalise_band(named["band"]):
            band, blank = normalise_band(named["band"]), 0
        elif rows and _BRACKETS.fullmatch(line.text):
            pass  # the exposure of a block
        elif (row := _row(lines, i, style, columns)) is not None:
            rows.append(msgspec.structs.replace(row, band=band) if band else row)
            i += row.end > line.start + len(line.text)
            last, blank = i, 0
        elif not (rows and len(line.text.strip()) < 20 and i + 1 < len(lines) and _row(lines, i + 1, style, columns)):
            break  # a scrap between rows ("+ 1 x 40") ends no table
        i += 1
    end = lines[last].start + len(lines[last].text)
    table = Table(style=style, columns=columns, rows=rows, start=lines[head].start, end=end)
    return table, max(last, head) + 1


def _is_units(line: str) -> bool:
    """Whether a line is the second one of a head: words without numbers, or brackets alone."""
    return len(line) < 200 and not re.search(r"\d", _IN_BRACKETS.sub("", line))


def _merged(columns: list[Column], line: str) -> list[Column]:
    """Columns with those that only the second line of the head names: "R  error" over "UT(center)  (300 s)"."""
    kinds = {c.kind for c in columns}
    more = [c for c in read_head(line) if c.kind in _TIMES and not kinds & _TIMES]
    return sorted([*columns, *more[:1]], key=lambda c: c.start) if more else columns


def _with_units(columns: list[Column], line: str) -> list[Column]:
    """Columns of time with the units that a second line of the head gives them."""
    units = _UNITS.findall(line)
    long = next((u for u in units if u[0] in "dh" or u.startswith("min")), None)
    unit = long or (units[0] if units else None)
    return [
        msgspec.structs.replace(c, unit=unit) if c.kind == "since" and c.unit is None and unit else c for c in columns
    ]


def _style(lines: list[_Line], head: int) -> Style:
    """The style of a table by its head, commas only where the line under it has them, too."""
    style = style_of(lines[head].text)
    if style != "commas":
        return style
    under = next((line.text for line in lines[head + 1 : head + 5] if not _RULE.fullmatch(line.text)), "")
    return "commas" if style_of(under) == "commas" else "spaces"


def _row(lines: list[_Line], at: int, style: Style, columns: list[Column]) -> Row | None:
    """A line read as a row, with the next one where its magnitude was wrapped; None where it is none."""
    line = lines[at]
    if len(line.text) > 400 or not re.search(r"\d", line.text):
        return None
    end = line.start + len(line.text)
    if style != "spaces" and style_of(line.text) == style:
        cells = _mended(_split(line.text, line.start, style))
        if len(cells) == len(columns) or (style == "pipes" and len(cells) == len(columns) - 1 > 3):
            return Row(cells={i: c for i, c in enumerate(cells) if c.text}, start=line.start, end=end)
    if style == "pipes" and "|" not in line.text:
        return None
    tokens = tokens_of(line.text.replace("|", " ").replace("\t", " "))
    words = sum(t.kind == "word" and bool(_PROSE.match(t.text)) for t in tokens)
    if len(tokens) < 2 or words > 5 or words > len(tokens) - words + 1:
        return None
    placed, score = align(columns, tokens)
    row = Row(cells={i: _cell(t, line) for i, t in placed.items()}, start=line.start, end=end)
    wanted = [i for i, c in enumerate(columns) if c.kind in ("mag", "limit")]
    if any(i in placed and placed[i].kind in ("value", "number", "none") for i in wanted):
        return row if score > 0 else None
    return _joined(lines, at, row, wanted)


def _mended(cells: list[Cell]) -> list[Cell]:
    """Cells with the pipe that belongs to one of them: MASTER calls a polariser `P|`."""
    for i, cell in enumerate(cells[:-1]):
        if cell.text == "P" and not cells[i + 1].text:
            return [*cells[:i], Cell(text="P|", start=cell.start, end=cell.end + 1), *cells[i + 2 :]]
    return cells


def _cell(token: Token, line: _Line) -> Cell:
    start = line.start + token.start
    return Cell(text=line.text[token.start : token.end], start=start, end=start + token.end - token.start)


def _joined(lines: list[_Line], at: int, row: Row, wanted: list[int]) -> Row | None:
    """A row whose magnitude was wrapped onto the next line, with it."""
    following = lines[at + 1] if at + 1 < len(lines) else None
    tokens = tokens_of(following.text) if following else []
    if following and len(tokens) == 1 and tokens[0].kind == "value" and len(row.cells) >= 2:
        cells = row.cells | {wanted[-1]: _cell(tokens[0], following)}
        return Row(cells=cells, start=row.start, end=following.start + len(following.text))
    return None
