"""What others' outputs become: numbers, tables, pictures, light curves and files, gathered into one `Result`. Bounded:
whatever is too long for a thread is cut, the cut is told, and the whole goes into the folder that `keep` names."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyses.suppliers.said import MAX_FIGURES, MAX_PIXELS, MAX_ROWS
from nuncius.core.errors import FormatError, PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Figure, Result, Table

if TYPE_CHECKING:
    from astropy.table import Table as AstropyTable

MAX_COLUMNS = 24
MAX_TEXT = 2000
#: Numbers in the answer's line; the others stand below it.
SHOWN = 3
_KINDS = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF8", "gif"), (b"SIMPLE  =", "fits"))
_MARKUP = re.compile(rb"^\s*(<\?xml|<svg|<!DOCTYPE svg)", re.IGNORECASE)


class Pieces:
    """Gathers pieces in the order in which they come; `result` makes the whole of them. `what` names whose they are."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.values: dict[str, Quantity] = {}
        self.tables: list[Table] = []
        self.figures: list[Figure] = []
        self.caveats: list[str] = []
        self.files: dict[str, bytes] = {}
        self.answer = ""
        self._words: list[list[str | float | None]] = []

    def number(self, name: str, value: float, unit: str = "", error: float | None = None) -> None:
        """A quantity; one that is not finite is told in words, for no rule should compare with it."""
        if math.isfinite(value):
            made = Quantity(value=float(value), unit=unit, minus=error, plus=error)
            self.values[self._fresh(plain(name), self.values)] = made
        else:
            self.text(name, f"not a number ({value})")

    def text(self, name: str, words: str) -> None:
        """A line of text."""
        if len(words) > MAX_TEXT:
            self.file(f"{name}.txt", words.encode())
            words = f"{words[:MAX_TEXT]}…"
        self._words.append([name, words])

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Columns and rows of plain values."""
        if len(rows) > MAX_ROWS or len(columns) > MAX_COLUMNS:
            self.caveats.append(
                f"Table {name}: {min(len(rows), MAX_ROWS)} of {len(rows)} rows and {min(len(columns), MAX_COLUMNS)} of "
                f"{len(columns)} columns are shown; `keep` names a folder for the whole."
            )
        shown = [[cell(value) for value in row[:MAX_COLUMNS]] for row in rows[:MAX_ROWS]]
        self.tables.append(Table(name=name, columns=list(columns[:MAX_COLUMNS]), rows=shown))

    def astropy_table(self, name: str, table: AstropyTable) -> None:
        """A table of astropy's, units in the heads of its columns; it is kept as ECSV."""
        heads = [f"{column} [{table[column].unit}]" if table[column].unit else column for column in table.colnames]
        columns = [table[column].tolist() for column in table.colnames[:MAX_COLUMNS]]
        rows = list(zip(*(values[: MAX_ROWS + 1] for values in columns), strict=True))
        if len(table) > len(rows):
            rows += [()] * (len(table) - len(rows))
        self.table(name, heads, rows)
        out = io.StringIO()
        table.write(out, format="ascii.ecsv")
        self.file(f"{name}.ecsv", out.getvalue().encode())

    def picture(self, name: str, content: bytes, caption: str = "") -> None:
        """A PNG, or a JPEG or GIF made into one. Raises PermanentError for what is no picture."""
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "GIF"]) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise PermanentError(f"{self.what}: picture {name!r} has more than {MAX_PIXELS} pixels")
                png = content
                if picture.format != "PNG":
                    out = io.BytesIO()
                    picture.convert("RGB").save(out, format="png")
                    png = out.getvalue()
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise PermanentError(f"{self.what}: picture {name!r} cannot be read as PNG, JPEG or GIF") from error
        self.figure(name, png, caption or name.replace("_", " "))

    def figure(self, name: str, png: bytes, caption: str, alt: str = "") -> None:
        """A picture that we drew or checked."""
        if len(self.figures) == MAX_FIGURES:
            self.caveats.append(f"More than {MAX_FIGURES} figures: {name} is kept as a file only.")
            self.file(f"{name}.png", png)
            return
        taken = {figure.name: figure for figure in self.figures}
        self.figures.append(Figure(name=self._fresh(plain(name), taken), png=png, caption=caption, alt=alt or caption))

    def file(self, name: str, content: bytes) -> None:
        """A file for `keep`."""
        self.files[self._fresh(re.sub(r"[^\w.+-]", "-", name).lstrip(".-")[:100] or "file", self.files)] = content

    def content(self, name: str, content: bytes) -> None:
        """Bytes of a sort that they tell themselves: a picture, FITS, a table, or else a file."""
        content = _unpacked(content, name, self.what)
        kind = next((word for head, word in _KINDS if content.startswith(head)), "")
        if kind in ("png", "jpg", "gif"):
            self.picture(name, content)
        elif kind == "fits":
            from analyses.suppliers.fitspieces import fits_file

            fits_file(self, name, content)
        elif is_drawing(content):
            self.file(f"{name}.svg", content)
            self.caveats.append(f"{name} is an SVG drawing, which a thread cannot show; `keep` names a folder for it.")
        elif content.startswith(b"# %ECSV"):
            self.ecsv(name, content.decode("utf-8", "replace"))
        else:
            self.file(name if "." in name else f"{name}.bin", content)

    def ecsv(self, name: str, text: str) -> None:
        """A table as ECSV. Raises PermanentError."""
        from astropy.table import Table as AstropyTable

        try:
            self.astropy_table(name, AstropyTable.read(text.splitlines(), format="ascii.ecsv"))
        except Exception as error:  # astropy raises what it likes
            raise PermanentError(f"{self.what}: table {name!r} is no ECSV: {error}") from error

    def result(self, about: str, keep: str, provenance: Mapping[str, Any]) -> Result:
        """The whole. Raises PermanentError where there is nothing at all, or `keep` cannot be written to."""
        if not (self.values or self.tables or self.figures or self.files or self._words):
            raise PermanentError(f"{self.what}: it ended well and gave nothing: no output that could be understood")
        tables = [*self.tables]
        if self._words:
            tables.insert(0, Table(name="text", columns=["name", "text"], rows=self._words))
        if keep:
            _write(Path(keep), self.files, self.what)
            rows: list[list[str | float | None]] = [[str(Path(keep) / n), len(c)] for n, c in self.files.items()]
            tables.append(Table(name="files", columns=["file", "bytes"], rows=rows))
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}
        return Result(
            answer=self.answer or self._answer(about),
            values=self.values,
            tables=tables,
            figures=self.figures,
            caveats=self.caveats,
            provenance={**provenance, **({"files": hashes} if hashes else {})},
        )

    def _answer(self, about: str) -> str:
        numbers = [f"{name.replace('_', ' ')} {value}" for name, value in list(self.values.items())[:SHOWN]]
        if not numbers and len(self._words) == 1 and len(str(self._words[0][1])) < 200:
            numbers = [str(self._words[0][1])]
        counts = ((self.tables, "table"), (self.figures, "figure"), (self.files, "file"))
        others = [f"{len(some)} {word}{'s' * (len(some) != 1)}" for some, word in counts if some]
        return f"{about}: {', '.join(numbers or others or ['done'])}"

    @staticmethod
    def _fresh(name: str, taken: Mapping[str, Any]) -> str:
        stem, dot, end = name.rpartition(".") if "." in name else (name, "", "")
        tries = (f"{stem}_{number}{dot}{end}" for number in range(2, 10_000))
        return name if name not in taken else next(found for found in tries if found not in taken)


def plain(name: str) -> str:
    """A name that rules and files can have."""
    found = re.sub(r"\W+", "_", name).strip("_")[:80] or "value"
    return f"_{found}" if found[0].isdigit() else found


def is_drawing(content: bytes) -> bool:
    """Whether it is an SVG."""
    return bool(_MARKUP.match(content[:200]))


def cell(value: Any) -> str | float | None:
    """A value as a cell of a table."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return (value if isinstance(value, str) else json.dumps(value, default=str))[:200].rstrip("\0")


def _unpacked(content: bytes, name: str, what: str) -> bytes:
    from analyses.lightcurvefiles import unpacked

    try:
        return unpacked(content, name)
    except FormatError as error:
        raise PermanentError(f"{what}: {error}") from error


def _write(folder: Path, files: Mapping[str, bytes], what: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise PermanentError(f"{what}: keep: {folder} cannot be written to: {error.strerror}") from error
