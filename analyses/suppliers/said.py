"""What a command or a notebook says of its result, in JSON, as a `Result`. Bounded and checked: it comes from outside.

{"answer": "Bright: 12.3 sigma", "values": {"snr": 12.3, "t90": {"value": 3.2, "unit": "s", "minus": 0.1, "plus": 0.1}},
 "tables": [{"name": "bins", "columns": ["time [s]", "counts"], "rows": [[0.0, 12]]}],
 "figures": [{"file": "curve.png", "caption": "Light curve", "alt": "One peak at 3 s"}], "caveats": ["no dead time"]}
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result, Table

MB = 1024 * 1024
MAX_FIGURE = 8 * MB
MAX_PIXELS = 25_000_000
MAX_FIGURES = 12
MAX_ROWS = 500

Line = Annotated[str, msgspec.Meta(max_length=2000)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][\w .()/^*+-]*$", max_length=80)]


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quantity as `nuncius.core.quantity` has it."""

    value: float
    unit: str = ""
    minus: float | None = None
    plus: float | None = None
    error_probability: float = 0.6827
    limit: Literal["<", ">"] | None = None


class Rows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table; cells may be any plain value."""

    name: Line
    columns: list[Line]
    rows: Annotated[list[list[str | float | bool | None]], msgspec.Meta(max_length=MAX_ROWS)] = []


class Drawn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PNG among the files that the run wrote."""

    file: str
    name: str = ""
    caption: Line = ""
    alt: Line = ""


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A result in words."""

    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    values: dict[Name, float | Value] = {}
    tables: Annotated[list[Rows], msgspec.Meta(max_length=20)] = []
    figures: Annotated[list[Drawn], msgspec.Meta(max_length=MAX_FIGURES)] = []
    caveats: Annotated[list[Line], msgspec.Meta(max_length=50)] = []


def read(said: bytes, folder: Path, *, what: str) -> Result:
    """The result of these bytes; figures lie in `folder`. Raises PermanentError naming what is wrong."""
    try:
        return result(msgspec.json.decode(said, type=Said), folder, what=what)
    except msgspec.ValidationError as error:
        raise PermanentError(f"{what}: its result is not in our words: {error}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        begins = said[:80].decode("utf-8", "replace")
        raise PermanentError(
            f"{what}: its result is no JSON: {error}; it begins {begins!r}. Missing numbers are null, not NaN"
        ) from error


def result(said: Said, folder: Path, *, what: str, provenance: dict[str, Any] | None = None) -> Result:
    """The result. Raises PermanentError for a figure that is not there, or no PNG that can be shown."""
    return Result(
        answer=said.answer,
        values={name: _quantity(value) for name, value in said.values.items()},
        tables=[_table(table, what) for table in said.tables],
        figures=[_figure(drawn, folder, number, what) for number, drawn in enumerate(said.figures, 1)],
        caveats=list(said.caveats),
        provenance=provenance or {},
    )


def _quantity(value: float | Value) -> Quantity:
    if isinstance(value, Value):
        return Quantity(**msgspec.structs.asdict(value))
    return Quantity(value=float(value))


def _table(table: Rows, what: str) -> Table:
    width = len(table.columns)
    for number, row in enumerate(table.rows, 1):
        if len(row) != width:
            raise PermanentError(f"{what}: table '{table.name}', row {number}: {len(row)} cells under {width} columns")
    rows = [[str(cell) if isinstance(cell, bool) else cell for cell in row] for row in table.rows]
    return Table(name=table.name, columns=list(table.columns), rows=rows)


def _figure(drawn: Drawn, folder: Path, number: int, what: str) -> Figure:
    file = (folder / drawn.file).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise PermanentError(f"{what}: there is no figure {drawn.file!r} among the files that it wrote")
    if file.stat().st_size > MAX_FIGURE:
        raise PermanentError(f"{what}: figure {drawn.file!r} is larger than {MAX_FIGURE // MB} MB")
    png = file.read_bytes()
    _must_be_png(png, f"{what}: figure {drawn.file!r}")
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in drawn.name or file.stem)[:60] or f"figure-{number}"
    caption = drawn.caption or f"Figure {number}"
    return Figure(name=name, png=png, caption=caption, alt=drawn.alt or caption)


def _must_be_png(png: bytes, which: str) -> None:
    """Raises PermanentError. Reads the picture's head only: nothing is unpacked here."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise PermanentError(f"{which} is no PNG") from error
    if width * height > MAX_PIXELS:
        raise PermanentError(f"{which} has {width} x {height} pixels; at most {MAX_PIXELS} are shown")
