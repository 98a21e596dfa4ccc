"""When the rows of a table were observed: seconds since T0 and UTC, by the columns of time."""

from __future__ import annotations

import re
from datetime import date, datetime

from kg.extraction.dates import find_dates, moment
from kg.extraction.epochs import find_epochs, julian, seconds_in
from kg.extraction.normalise import Even
from kg.extraction.tables import Row, Table


def time_of(table: Table, row: Row, original: str, day: date | None) -> tuple[float | None, str | None]:
    """(seconds since T0, UTC in ISO form) of a row, the middle where start and end are given; `day` is the event's."""
    start, stop = _seconds(table, row, "start", original), _seconds(table, row, "stop", original)
    epoch_s = _seconds(table, row, "since", original)
    if epoch_s is None and start is not None:
        exposure = _seconds(table, row, "exposure", original) if stop is None else None
        epoch_s = (start + stop) / 2 if stop is not None else start + exposure / 2 if exposure else start
    utc = _julian(table, row)
    if utc is None and (table.has("date", "clock") or epoch_s is None):
        utc = _printed(original[row.start : row.end], day)
    return None if epoch_s is None else round(epoch_s, 3), iso(utc) if utc else None


def iso(moment: datetime) -> str:
    """UTC as facts have it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _julian(table: Table, row: Row) -> datetime | None:
    cell = row.cell(table, "jd")
    number = re.search(r"\d{5,7}(?:\.\d+)?", cell.text) if cell else None
    return julian("JD" if float(number[0]) > 2e6 else "MJD", number[0]) if number else None


def _printed(row: str, day: date | None) -> datetime | None:
    """A date with its clock, or a date with its fraction, in a row."""
    line = Even(row.replace("|", " ")).text
    moments = [e.utc for e in find_epochs(line, day=day) if e.utc is not None and e.dated]
    if not moments:
        dates = [d for d in find_dates(line, near=day) if d.fraction is not None]
        moments = [m for d in dates if (m := moment(d, (d.fraction or 0.0) * 86400.0, day))]
    return moments[0] if moments else None


def _seconds(table: Table, row: Row, kind: str, original: str) -> float | None:
    """A cell of a column of time in seconds, where its unit is known."""
    for i, column in enumerate(table.columns):
        if column.kind != kind or i not in row.cells:
            continue
        text = row.cells[i].text
        match = re.search(r"(?<![\d:.-])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d:])", text)
        if match is None or ":" in text or re.search(r"\d{4}-\d\d", text):
            return None
        behind = original[row.cells[i].start : row.cells[i].end + 8]
        own = re.match(r"[^\s|]+ ?(ks|s|sec|min|h|hr|hrs|hours?|d|days?)\b", behind)
        unit = own[1] if own else column.unit
        if unit is None and kind in ("start", "stop", "exposure"):
            unit = "s"
        if unit is None and float(match[0]) >= 100 and "." not in match[0]:
            unit = "s"  # MASTER's tables give no unit; days and hours are never that many
        return float(match[0]) * seconds_in(unit) if unit else None
    return None
