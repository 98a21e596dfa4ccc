"""What an analysis returns, and what a report shows."""

from __future__ import annotations

from typing import Any

import msgspec

from nuncius.core.quantity import Quantity


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, legible at the width of a chat thread (about 360 px on a phone). `alt` says in words what
    it shows, for those who cannot look."""

    name: str
    png: bytes
    caption: str
    alt: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A small table: column names with units in brackets, rows of cells."""

    name: str
    columns: list[str]
    rows: list[list[str | float | None]]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Answer first: `answer` is the line that people read, `values` what rules and the graph use.

    `provenance` names the analysis, its version, the inputs (large ones by SHA-256) and software versions.
    `caveats` are limits of this result that a reader must know.
    """

    answer: str
    values: dict[str, Quantity] = {}
    tables: list[Table] = []
    figures: list[Figure] = []
    caveats: list[str] = []
    provenance: dict[str, Any] = {}
