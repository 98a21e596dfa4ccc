"""Texts with `${…}` in them: read at load time, filled in when a rule fires. A value that is missing is written as
"unknown", because a report that lacks one number is better than no report."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from reactors.compiling import Expression, compile_expression
from reactors.evaluation import Evaluation, Outcome
from reactors.tokens import ExpressionError

_FORMAT = re.compile(r"\s*:\s*(\.\d)?([feg])$")
MAX_LENGTH = 8_000


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """`${expression}` or `${expression:.1f}`."""

    source: str
    expression: Expression
    format: str = ""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A text in pieces."""

    source: str
    pieces: tuple[str | Hole, ...]

    @property
    def names(self) -> frozenset[str]:
        """Variables and earlier results that it uses."""
        return frozenset().union(*(p.expression.names for p in self.pieces if isinstance(p, Hole)))

    @property
    def single(self) -> Hole | None:
        """The hole, where the text is nothing else: then its value keeps its type."""
        only = self.pieces[0] if len(self.pieces) == 1 else None
        return only if isinstance(only, Hole) and not only.format else None


def parse_template(text: str, names: Collection[str] = ()) -> Template:
    """Read a text. Raises ExpressionError with the place in `text`."""
    return _parse(text, frozenset(names))


@lru_cache(maxsize=16_384)
def _parse(text: str, names: frozenset[str]) -> Template:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a text of {len(text)} characters; at most {MAX_LENGTH} are allowed")
    pieces: list[str | Hole] = []
    at = 0
    while (start := text.find("${", at)) >= 0:
        if start > at:
            pieces.append(text[at:start])
        end = _closing(text, start + 2)
        source = text[start + 2 : end]
        spec = _FORMAT.search(source)
        bare = source[: spec.start()] if spec and "?" not in source else source
        try:
            expression = compile_expression(bare, names)
        except ExpressionError as error:
            raise ExpressionError(str(error), offset=start + 2 + error.offset, hint=error.hint) from None
        form = f"{spec[1] or ''}{spec[2]}" if spec and bare != source else ""
        pieces.append(Hole(source=source, expression=expression, format=form))
        at = end + 1
    if at < len(text):
        pieces.append(text[at:])
    return Template(source=text, pieces=tuple(pieces))


def _closing(text: str, start: int) -> int:
    """Where the `}` of a hole is, past maps and quoted texts inside it."""
    depth, quote = 0, ""
    for at in range(start, len(text)):
        character = text[at]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth == 0:
                return at
            depth -= 1
    raise ExpressionError("'${' is never closed", offset=start - 2, hint="write ${expression}")


def fill(template: Template, evaluation: Evaluation, values: Mapping[str, Outcome]) -> tuple[str, list[str]]:
    """The text with its holes filled, and why each of those that could not be filled is unknown."""
    out, gaps = [], []
    for piece in template.pieces:
        if isinstance(piece, str):
            out.append(piece)
            continue
        got = evaluation.evaluate(piece.expression, values)
        if got.state == "value":
            out.append(written(got.value, piece.format))
        else:
            out.append("unknown")
            gaps.append(f"${{{piece.source}}}: {got.why}")
    return "".join(out), gaps


def fill_value(value: Any, evaluation: Evaluation, values: Mapping[str, Outcome], names: Collection[str]) -> Any:
    """An input of an analysis: texts are filled, a text that is one hole keeps the type of its value, and one that
    is unknown is None (left to the analysis' default)."""
    if isinstance(value, dict):
        return {key: fill_value(inner, evaluation, values, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill_value(inner, evaluation, values, names) for inner in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    template = parse_template(value, names)
    if template.single is None:
        return fill(template, evaluation, values)[0]
    got = evaluation.evaluate(template.single.expression, values)
    return got.value if got.state == "value" else None


def written(value: Any, form: str = "") -> str:
    """A value as people write it: five significant digits, whole numbers whole, or as `form` (.1f, .2e) says."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if form:
            return format(float(value), form)
        if float(value).is_integer() and abs(value) < 1e15:
            return str(int(value))
        return f"{value:.5g}" if abs(value) < 1e5 else f"{value:.0f}" if abs(value) < 1e15 else f"{value:.4e}"
    if isinstance(value, list):
        return ", ".join(written(item) for item in value)
    if isinstance(value, dict):
        numbers = all(isinstance(item, int | float) for item in value.values())
        pairs = sorted(value.items(), key=lambda pair: (-pair[1] if numbers else 0, pair[0]))
        return ", ".join(f"{key} {written(item)}" for key, item in pairs)
    return str(value)
