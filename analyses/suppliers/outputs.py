"""The outputs of an nb2workflow service as pieces of a result: JSON values, files as base64 beside their names.

By the same words as a notebook of our own: `answer` is the headline, `caveats` are caveats, `x_error` the error of x.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from analyses.suppliers.annotated import Annotation
from analyses.suppliers.pieces import Pieces
from analyses.suppliers.products import encoded
from nuncius.core.errors import PermanentError

CONTENT = "_content"
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}")
_HEADS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"SIMPLE  =", b"\x1f\x8b", b"<?xml", b"<svg")
_UNFINITE = {"nan", "inf", "-inf", "infinity", "-infinity"}


def gather(pieces: Pieces, outputs: Mapping[str, Any], declared: Mapping[str, Annotation]) -> None:
    """All outputs. Raises PermanentError for a file that is damaged."""
    for name, value in outputs.items():
        if name.endswith(CONTENT) and name.removesuffix(CONTENT) in outputs:
            continue
        if name.endswith("_error") and _number(outputs.get(name.removesuffix("_error"))) is not None:
            continue
        if name.endswith("_url") and name.removesuffix("_url") in outputs:
            pieces.caveats.append(f"{name.removesuffix('_url')} was too large to be sent; it stays with the service.")
        elif isinstance(content := outputs.get(name + CONTENT), str):
            pieces.content(name, _file(pieces, name, content))
        else:
            _value(pieces, name, value, outputs, declared.get(name, Annotation()))
    for name in declared:
        if name not in outputs:
            pieces.caveats.append(f"The service did not give the output {name}.")


def _value(pieces: Pieces, name: str, value: Any, outputs: Mapping[str, Any], said: Annotation) -> None:
    number = _number(value)
    if name == "answer" and isinstance(value, str):
        pieces.answer = " ".join(value.split())[:2000]
    elif name == "caveats" and isinstance(value, str | list):
        pieces.caveats += [str(line)[:2000] for line in ([value] if isinstance(value, str) else value)]
    elif number is not None:
        error = _number(outputs.get(f"{name}_error"))
        pieces.number(name, number, said.unit, error if error is not None and math.isfinite(error) else None)
    elif isinstance(value, str):
        _text(pieces, name, value, said)
    elif isinstance(value, list):
        _list(pieces, name, value)
    elif isinstance(value, dict) and not encoded(pieces, value, name):
        _dict(pieces, name, value)
    elif isinstance(value, bool):
        pieces.text(name, "yes" if value else "no")


def _number(value: Any) -> float | None:
    """A number; the service writes those that are not finite as text."""
    if isinstance(value, str) and value.strip().lower() in _UNFINITE:
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(pieces: Pieces, name: str, value: str, said: Annotation) -> None:
    if value.startswith("# %ECSV"):
        pieces.ecsv(name, value)
    elif value[:1] in ("{", "[") and (found := _json(value)) is not None:
        _value(pieces, name, found, {}, said)
    elif len(value) > 200 and _BASE64.fullmatch(value) and (content := _bytes(value)).startswith(_HEADS):
        pieces.content(name, content)
    else:
        pieces.text(name, value)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _list(pieces: Pieces, name: str, value: list[Any]) -> None:
    """Numbers in a row, rows of a table, or products."""
    if value and all(isinstance(one, dict) for one in value):
        if encoded(pieces, value[0], f"{name}_1"):
            for number, one in enumerate(value[1:], 2):
                encoded(pieces, one, f"{name}_{number}")
            return
        columns = list(dict.fromkeys(str(key) for one in value for key in one))
        pieces.table(name, columns, [[one.get(column) for column in columns] for one in value])
    elif value and all(isinstance(one, list) for one in value):
        width = max(len(one) for one in value)
        columns = [f"column {number}" for number in range(1, width + 1)]
        pieces.table(name, columns, [one + [None] * (width - len(one)) for one in value])
    elif value:
        pieces.table(name, ["number", name], [[number, one] for number, one in enumerate(value)])
    _whole(pieces, name, value)


def _dict(pieces: Pieces, name: str, value: dict[str, Any]) -> None:
    """Columns of one length are a table; else names and values."""
    columns = list(value.values())
    if columns and all(isinstance(one, list) for one in columns) and len({len(one) for one in columns}) == 1:
        pieces.table(name, [str(key) for key in value], list(zip(*columns, strict=True)))
    elif value:
        pieces.table(name, ["name", "value"], [[key, one] for key, one in value.items()])
    _whole(pieces, name, value)


def _whole(pieces: Pieces, name: str, value: Any) -> None:
    pieces.file(f"{name}.json", json.dumps(value).encode())


def _file(pieces: Pieces, name: str, content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PermanentError(f"{pieces.what}: the file {name!r} is damaged: no base64 ({error})") from error


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return b""
