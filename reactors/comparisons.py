"""The cheap comparisons in a condition: `ev.far < 1e-8`, `ev.mission == "LVK"`, `has(ev.ra)`, `area(ev.sky, 0.9) < 30`.
Where one of them is not true, neither is the condition, so thousands of rules can be sifted without asking each."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from reactors.compiling import Call, Expression
from reactors.expression import Node, parse, path

_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """`subject op value`; the subject is a path of `ev`, or a call of one of our functions."""

    subject: str
    op: str
    value: Any = None
    path: tuple[str, ...] = ()
    call: Call | None = None


@lru_cache(maxsize=65_536)
def comparisons(expression: Expression) -> tuple[Comparison, ...]:
    """What must hold for the expression to be true; not all that it says, but nothing that it does not."""
    calls = {call.source: call for call in expression.calls}
    return tuple(_required(parse(expression.source), expression.source, calls))


_whole: dict[str, Comparison | None] = {}


def whole(expression: Expression) -> Comparison | None:
    """The comparison of a field that is all that an expression says, if it is so simple; then no CEL is needed."""
    source = expression.source
    if source not in _whole:
        if len(_whole) > 65_536:
            _whole.clear()
        found = None if expression.calls or expression.names else _comparison(parse(source), source, {})
        simple = found is not None and (found.op in OPERATORS or (found.op in ("has", "!has") and len(found.path) == 2))
        _whole[source] = found if simple else None
    return _whole[source]


def _required(node: Node, source: str, calls: dict[str, Call]) -> list[Comparison]:
    if node.sort == "binary" and node.value == "&&":
        return [c for part in node.parts for c in _required(part, source, calls)]
    found = _comparison(node, source, calls)
    return [found] if found is not None else []


def _comparison(node: Node, source: str, calls: dict[str, Call]) -> Comparison | None:
    if node.sort == "binary" and node.value in _SWAPPED:
        left, right = node.parts
        value = _literal(right)
        if value is not None:
            return _about(left, str(node.value), value, source, calls)
        value = _literal(left)
        return None if value is None else _about(right, _SWAPPED[str(node.value)], value, source, calls)
    if node.sort == "binary" and node.value == "in" and node.parts[1].sort == "list":
        values = [_literal(part) for part in node.parts[1].parts]
        alike = len({type(value) for value in values}) == 1 and None not in values
        return _about(node.parts[0], "in", values, source, calls) if alike else None
    negated = node.sort == "unary" and node.value == "!"
    inner = node.parts[0] if negated else node
    if inner.sort == "call" and inner.value == "has" and len(inner.parts) == 1:
        return _about(inner.parts[0], "!has" if negated else "has", True, source, {})
    if inner.sort == "field":
        return _about(inner, "==", not negated, source, {})
    return None


def _about(node: Node, op: str, value: Any, source: str, calls: dict[str, Call]) -> Comparison | None:
    if isinstance(value, bool) and op not in ("==", "!=", "has", "!has"):
        return None
    parts = path(node)
    if parts is not None:
        named = ".".join(parts)
        return (
            Comparison(subject=named, op=op, value=value, path=parts) if parts[0] == "ev" and len(parts) > 1 else None
        )
    call = calls.get(source[node.start : node.end]) if node.sort == "call" else None
    if call is None or any(argument.names for argument in call.arguments) or not isinstance(value, float):
        return None
    return Comparison(subject=call.source, op=op, value=value, call=call)


def _literal(node: Node) -> Any:
    """A number, a text or a truth; None for anything else."""
    if node.sort == "unary" and node.value == "-":
        inner = _literal(node.parts[0])
        return -inner if isinstance(inner, float) else None
    if node.sort != "literal" or node.value is None:
        return None
    if isinstance(node.value, bool | str):
        return node.value
    return float(node.value) if isinstance(node.value, int | float) else None
