"""Reads a notebook as nb2workflow does: the cell tagged `parameters` by its syntax tree, its comments as annotations,
and which values the cell tagged `outputs` names. Runs nothing, and needs no Jupyter.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from analyses.contract import Parameter
from analyses.suppliers import annotated
from analyses.suppliers.annotated import Annotation
from nuncius.core.errors import ConfigurationError

MAX_BYTES = 20 * 1024 * 1024
#: Classes of the ontology whose values name files.
_FILES = frozenset({"POSIXPath", "FileReference"})


class Notebook(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook: its inputs, how those that are times are written, which name files, and its outputs; `at` is the
    cell of its parameters."""

    file: Path
    content: bytes
    data: dict[str, Any]
    parameters: dict[str, Parameter]
    forms: dict[str, str]
    paths: frozenset[str]
    outputs: dict[str, Annotation]
    at: int


def read_notebook(file: Path) -> Notebook:
    """Raises ConfigurationError naming the file, the cell, the line and how to mend it."""
    content, data = _load(file)
    cells = data["cells"]
    at = _tagged(cells, "parameters")
    if at is None:
        raise ConfigurationError(
            f"{file.name}: no cell is tagged `parameters`; tag the one whose assignments are the inputs"
        )
    found = list(_statements(cells[at], f"{file.name}, cell {at + 1}"))
    parameters: dict[str, Parameter] = {}
    forms: dict[str, str] = {}
    paths: set[str] = set()
    for name, value, comment, where in found:
        try:
            said = annotated.read(comment)
            default = _literal(value, name)
            parameters[name] = annotated.parameter_of(name, default, said)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where}: {error}") from error
        forms[name] = said.form
        if _FILES & set(said.classes):
            paths.add(name)
    return Notebook(
        file=file,
        content=content,
        data=data,
        parameters=parameters,
        forms=forms,
        paths=frozenset(paths),
        outputs=_outputs(cells, file.name),
        at=at,
    )


def _load(file: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ConfigurationError(f"{file}: larger than {MAX_BYTES} bytes; clear its outputs")
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file}: no notebook: {error}") from error
    if not isinstance(data, dict) or data.get("nbformat") != 4 or not isinstance(data.get("cells"), list):
        raise ConfigurationError(f"{file}: no notebook in format 4; open and save it with a recent Jupyter")
    for cell in data["cells"]:
        if not isinstance(cell, dict) or not isinstance(cell.get("metadata", {}), dict):
            raise ConfigurationError(f"{file}: one of its cells is none")
        source = cell.get("source", "")
        cell["source"] = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return content, data


def _tagged(cells: list[dict[str, Any]], tag: str) -> int | None:
    """The first code cell with that tag."""
    for number, cell in enumerate(cells):
        tags = cell.get("metadata", {}).get("tags", [])
        if cell.get("cell_type") == "code" and isinstance(tags, list) and tag in tags:
            return number
    return None


def _statements(cell: dict[str, Any], place: str) -> Iterator[tuple[str, ast.expr | None, str, str]]:
    """Name, value, comment and place of every assignment, and of every name that stands alone."""
    # Magics are no Python: a line of them does nothing here.
    source = re.sub(r"(?m)^\s*[%!].*$", "pass", cell["source"])
    try:
        tree, comments = ast.parse(source), _comments(source)
    except (SyntaxError, tokenize.TokenError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigurationError(f"{place}: no Python: {error}") from error
    lines = source.splitlines()
    for node in tree.body:
        name, value = _named(node)
        if name is None:
            continue
        comment = comments.get(node.end_lineno or node.lineno, "")
        above = lines[node.lineno - 2].strip() if node.lineno > 1 else ""
        if not comment and above.startswith("#"):
            comment = above.lstrip("# ")
        yield name, value, comment, f"{place}, line {node.lineno}"


def _named(node: ast.stmt) -> tuple[str | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name):
        return node.value.id, None
    return None, None


def _comments(source: str) -> dict[int, str]:
    """The comment behind the code of each line that has one; a hash within a text is none."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip()
    }


def _literal(value: ast.expr | None, name: str) -> Any:
    if value is None:
        return None
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise ConfigurationError(
            f"the default of '{name}' is no plain value ({ast.unparse(value)[:60]}); write a number, a text or a list"
        ) from error


def _outputs(cells: list[dict[str, Any]], name: str) -> dict[str, Annotation]:
    """The values to read when the notebook has run; none where no cell is tagged."""
    at = _tagged(cells, "outputs")
    if at is None:
        return {}
    found = {}
    for output, _, comment, where in _statements(cells[at], f"{name}, cell {at + 1}"):
        try:
            found[output] = annotated.read(comment)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where}: {error}") from error
    return found
