"""Lays out a small table in fixed-width characters, for targets without tables of their own."""

from __future__ import annotations

from nuncius.core.result import Table

Cell = str | float | None


def cell(value: Cell) -> str:
    """A cell as people read it: six significant digits, a dash for nothing."""
    if value is None:
        return "–"
    return f"{value:.6g}".replace("-", "−") if isinstance(value, float) else str(value)


def layout(table: Table, *, max_rows: int = 40, max_width: int = 40) -> str:
    """The table as lines: numbers to the right, long cells shortened, rows beyond `max_rows` counted."""
    rows = [[_short(cell(value), max_width) for value in row] for row in table.rows[:max_rows]]
    head = [_short(name, max_width) for name in table.columns]
    count = max([len(head), *(len(row) for row in rows)])
    padded = [line + [""] * (count - len(line)) for line in [head, *rows]]
    widths = [max(len(line[i]) for line in padded) for i in range(count)]
    right = [numeric(table, i) for i in range(count)]
    lines = ["  ".join(_align(text, w, r) for text, w, r in zip(line, widths, right, strict=True)) for line in padded]
    lines.insert(1, "  ".join("─" * width for width in widths))
    if len(table.rows) > max_rows:
        lines.append(f"… {len(table.rows) - max_rows} more rows")
    return "\n".join(line.rstrip() for line in lines)


def numeric(table: Table, column: int) -> bool:
    """Whether a column holds numbers (and gaps) only, so that it reads best aligned to the right."""
    values = [row[column] for row in table.rows if column < len(row) and row[column] is not None]
    return bool(values) and all(isinstance(value, int | float) for value in values)


def _align(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def _short(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"
