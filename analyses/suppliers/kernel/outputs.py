"""Writes the outputs of a notebook as JSON when its last cell has run: numbers, texts, tables, files. Standard library
only: whatever the values are of, they are asked by what they can do."""

import base64
import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MOST_ROWS = 500
MOST_CELLS = 20_000
LONGEST = 2000


def collect(namespace: "dict[str, Any]", names: "Iterable[str]", file: str) -> None:
    """Write each named value; one that is missing, or cannot be told, is told as such."""
    said: dict[str, dict[str, Any]] = {}
    for name in names:
        if name not in namespace:
            said[name] = {"sort": "missing"}
            continue
        try:
            said[name] = told(namespace[name], name)
        except Exception as error:
            said[name] = {"sort": "unknown", "type": f"{type(namespace[name]).__name__}: {error}"[:200]}
    Path(file).write_text(json.dumps(said, default=str, allow_nan=False), encoding="utf-8")


def told(value: Any, name: str) -> "dict[str, Any]":
    """One value: `sort` says what it is."""
    if value is None:
        return {"sort": "none"}
    if isinstance(value, bool):
        return {"sort": "text", "text": "yes" if value else "no"}
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        return _text(value)
    if (number := _number(value)) is not None:
        return {"sort": "number", **number}
    if (table := _table(value)) is not None:
        return table
    if (picture := _picture(value, name)) is not None:
        return picture
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, list | tuple) or hasattr(value, "tolist"):
        return _list(value)
    if isinstance(getattr(value, "value", None), str):  # oda_api's ODATextProduct
        return _text(value.value)
    return {"sort": "unknown", "type": type(value).__name__}


def _text(value: str) -> "dict[str, Any]":
    if value and len(value) < 1000 and "\n" not in value and os.path.isfile(value):
        return {"sort": "file", "file": os.path.abspath(value), "bytes": os.path.getsize(value)}
    return {"sort": "text", "text": value[:LONGEST]}


def _finite(value: Any) -> "float | None":
    number = float(value)
    return number if math.isfinite(number) else None


def _number(value: Any) -> "dict[str, Any] | None":
    """A number, one of numpy, a Quantity of astropy, or one with an error of `uncertainties`."""
    if hasattr(value, "nominal_value") and hasattr(value, "std_dev"):
        error = _finite(value.std_dev)
        return {"value": _finite(value.nominal_value), "minus": error, "plus": error}
    unit = getattr(value, "unit", None)
    if unit is not None and getattr(value, "isscalar", False) and hasattr(value, "value"):
        return {"value": _finite(value.value), "unit": unit.to_string() if hasattr(unit, "to_string") else str(unit)}
    if isinstance(value, int | float):
        return {"value": _finite(value)}
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item") and isinstance(value.item(), int | float):
        return {"value": _finite(value.item())}
    return None


def _cell(value: Any) -> "str | float | None":
    value = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    if isinstance(value, bool) or value is None or type(value).__name__ == "MaskedConstant":
        return None if not isinstance(value, bool) else str(value)
    if isinstance(value, int | float):
        return _finite(value)
    return str(value)[:200]


def _table(value: Any) -> "dict[str, Any] | None":
    """A table of astropy (or oda_api's around one), a frame of pandas, or an array with named columns."""
    inner = getattr(value, "table", None)
    if inner is not None and hasattr(inner, "colnames"):
        value = inner
    units: dict[str, Any] = {}
    if hasattr(value, "colnames"):
        names = list(value.colnames)
        units = {name: getattr(value[name], "unit", None) for name in names}
    elif hasattr(value, "columns") and hasattr(value, "iloc"):
        names = list(value.columns)
    elif getattr(getattr(value, "dtype", None), "names", None):
        names = list(value.dtype.names)
    else:
        return None
    names = names[:50]
    count = len(value)
    shown = min(count, MOST_ROWS, MOST_CELLS // max(len(names), 1))
    columns = [list(value[name][:shown]) for name in names]
    rows = [[_cell(column[row]) for column in columns] for row in range(shown)]
    titles = [f"{name} [{units[name]}]" if units.get(name) else str(name) for name in names]
    return {"sort": "table", "columns": titles, "rows": rows, "count": count}


def _picture(value: Any, name: str) -> "dict[str, Any] | None":
    """A figure of matplotlib, or oda_api's PictureProduct."""
    file = Path(f".nuncius-{name}.png").absolute()
    if hasattr(value, "savefig"):
        value.savefig(file, format="png", dpi=150)
    elif hasattr(value, "write_file") and "icture" in type(value).__name__:
        value.write_file(str(file))
    elif isinstance(getattr(value, "b64data", None), str):
        file.write_bytes(base64.b64decode(value.b64data))
    else:
        return None
    return {"sort": "file", "file": str(file), "bytes": file.stat().st_size}


def _mapping(value: "dict[Any, Any]") -> "dict[str, Any]":
    """A quantity in our words, else the pairs of a small table."""
    if "value" in value and set(value) <= {"value", "unit", "minus", "plus", "error", "limit"}:
        words = {key: _cell(value[key]) for key in value}
        if "error" in words:
            words["minus"] = words["plus"] = words.pop("error")
        return {"sort": "number", **{key: word for key, word in words.items() if word is not None or key == "value"}}
    rows = [[str(key)[:200], _cell(one)] for key, one in list(value.items())[:MOST_ROWS]]
    return {"sort": "table", "columns": ["name", "value"], "rows": rows, "count": len(value)}


def _list(value: Any) -> "dict[str, Any]":
    """A list of texts, or a column of numbers."""
    entries = value.tolist() if hasattr(value, "tolist") else list(value)
    entries = entries if isinstance(entries, list) else [entries]
    if entries and all(isinstance(entry, str) for entry in entries):
        return {"sort": "texts", "texts": [entry[:LONGEST] for entry in entries[:50]]}
    rows = [[_cell(cell) for cell in (entry if isinstance(entry, list | tuple) else [entry])] for entry in entries]
    width = max((len(row) for row in rows), default=1)
    even = [row + [None] * (width - len(row)) for row in rows[: min(MOST_ROWS, MOST_CELLS // width)]]
    titles = ["value"] if width == 1 else [f"column {number}" for number in range(1, width + 1)]
    return {"sort": "table", "columns": titles, "rows": even, "count": len(rows)}
