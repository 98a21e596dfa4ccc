"""Says in a few words what an edit changed, for those who read the message before it."""

from __future__ import annotations

import difflib

from chat.markdown import parse
from chat.plaintable import cell
from nuncius.core.report import Report, ReportState

_MOST = 6


def what_changed(old: Report | None, new: Report) -> list[str]:
    """Short lines, the most telling first: state, severity, title, text, numbers in tables, pictures."""
    if old is None:
        return ["the report was made anew"]
    lines = []
    if new.state is not old.state:
        lines.append(new.state.value if new.state is not ReportState.CURRENT else "stands again")
    if new.severity is not old.severity:
        lines.append(f"severity {old.severity.value} → {new.severity.value}")
    if new.title != old.title:
        lines.append(f"now: {new.title}")
    lines += _table_changes(old, new) + _text_changes(old, new)
    if [p.sha256 for p in new.pictures] != [p.sha256 for p in old.pictures]:
        lines.append(f"{len(new.pictures)} new picture{'' if len(new.pictures) == 1 else 's'}")
    if len(lines) > _MOST:
        lines = [*lines[: _MOST - 1], f"and {len(lines) - _MOST + 1} more changes"]
    return lines or ["inputs changed, the answer did not"]


def _text_changes(old: Report, new: Report) -> list[str]:
    before, after = _lines(old.text), _lines(new.text)
    found = []
    for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "replace" and a2 - a1 == 1 and b2 - b1 == 1:
            found.append(f"{_short(before[a1])} → {_short(after[b1])}")
        elif tag in ("replace", "insert"):
            found += [_short(line) for line in after[b1:b2]]
        elif tag == "delete":
            found += [f"no longer: {_short(line)}" for line in before[a1:a2]]
    return found


def _lines(text: str) -> list[str]:
    return [line for block in parse(text) for line in "".join(s.text for s in block.spans).split("\n") if line.strip()]


def _table_changes(old: Report, new: Report) -> list[str]:
    """Cells that differ between tables of one name, rows matched by their first cell."""
    found = []
    for table in new.tables:
        before = next((t for t in old.tables if t.name == table.name and t.columns == table.columns), None)
        if before is None:
            continue
        rows = {cell(row[0]): row for row in before.rows if row}
        for row in table.rows:
            was = rows.get(cell(row[0]) if row else "")
            if was is None or len(was) != len(row):
                continue
            for name, a, b in zip(table.columns[1:], was[1:], row[1:], strict=False):
                if cell(a) != cell(b):
                    found.append(f"{_short(cell(row[0]))}, {name}: {_short(cell(a))} → {_short(cell(b))}")
    return found


def _short(text: str) -> str:
    return text if len(text) <= 160 else text[:159] + "…"
