"""Checks an expression's tree when a rule is loaded: unknown names, wrong types, misuse of functions, and mends
what CEL is needlessly strict about (whole numbers next to decimal ones). Says where and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence

from nuncius.core.registry import did_you_mean
from reactors.eventfields import strange_field
from reactors.expression import MACROS, Node, bound_names, path, paths
from reactors.literals import check_literals
from reactors.tokens import ExpressionError
from reactors.vocabulary import (
    CEL_FUNCTIONS,
    FIELDS,
    FUNCTIONS,
    INNER,
    INTEGERS,
    METHODS,
    USAGE,
    Type,
)

Edit = tuple[int, int, str]  # start, end, replacement


def check(tree: Node, names: Collection[str], events: Collection[str] = ("ev",)) -> Type:
    """The type that the expression gives. `names` are those known beside `ev`: aliases, variables and earlier results;
    `events` are those that stand for events. Raises ExpressionError."""
    known = {"ev", *names, *bound_names(tree)}
    for node in tree.walk():
        if node.sort == "name" and node.value not in known and node.value not in CEL_FUNCTIONS:
            hint = f"fields of the event are ev.{node.value}" if node.value in FIELDS else ""
            near = did_you_mean(str(node.value), sorted(known | set(FUNCTIONS)))
            raise ExpressionError(f"unknown name '{node.value}'{'' if hint else near}", offset=node.start, hint=hint)
        if node.sort == "method" and node.value in MACROS:
            _check_macro(node)
        if node.sort in ("call", "method"):
            _check_call(node, bound_names(tree))
    return _type(tree, events)


def unusual_fields(tree: Node, events: Mapping[str, Sequence[str]]) -> list[tuple[int, str]]:
    """Fields that no event has: near a known word but not it, or never seen in events of these kinds. As (offset,
    message); likely slips, so they are warnings. What `has()` asks for may be missing."""
    asked = {
        p[:n]
        for call in tree.walk()
        if call.sort == "call" and call.value == "has"
        for _, p in paths(call)
        for n in (2, 3)
    }
    found = []
    for node, parts in paths(tree):
        if len(parts) < 2 or parts[0] not in events:
            continue
        near = difflib.get_close_matches(parts[1], FIELDS, n=1, cutoff=0.8)
        if parts[1] not in FIELDS and near:
            found.append((node.start, f"no notice has a field '{parts[1]}'; did you mean '{parts[0]}.{near[0]}'?"))
        elif parts[:2] not in asked and (strange := strange_field(parts[1], events[parts[0]])):
            found.append((node.start, strange))
        elif len(parts) > 2 and parts[:3] not in asked and parts[2] not in INNER.get(parts[1], (parts[2],)):
            known = did_you_mean(parts[2], sorted(INNER[parts[1]]))
            found.append((node.start, f"no notice has '{parts[2]}' in its '{parts[1]}'{known}"))
    return found


def _check_macro(node: Node) -> None:
    if len(node.parts) < 3 or node.parts[1].sort != "name":
        raise ExpressionError(
            f"'{node.value}' wants a name and an expression",
            offset=node.start,
            hint=f"for example ev.ids.{node.value}(x, x.startsWith('S'))",
        )
    for inside in node.parts[-1].walk():
        if inside.sort == "method" and inside.value in MACROS:
            raise ExpressionError(f"'{inside.value}' inside '{node.value}': one loop at a time", offset=inside.start)


def _check_call(node: Node, bound: frozenset[str]) -> None:
    name = str(node.value)
    if node.sort == "method":
        if name not in METHODS:
            near = did_you_mean(name, sorted(METHODS))
            raise ExpressionError(f"no function is called '.{name}()'{near}", offset=node.parts[0].end + 1)
        return
    if name in FUNCTIONS:
        wanted = FUNCTIONS[name][0]
        if len(node.parts) != wanted:
            raise ExpressionError(
                f"'{name}' takes {wanted} values, received {len(node.parts)}",
                offset=node.start,
                hint=f"for example {USAGE[name]}",
            )
        check_literals(node)
        loose = {p[0] for part in node.parts for _, p in paths(part)} & bound
        if loose:
            raise ExpressionError(f"'{name}' cannot be used inside a loop over '{min(loose)}'", offset=node.start)
    elif name not in CEL_FUNCTIONS:
        near = did_you_mean(name, sorted({*FUNCTIONS, *CEL_FUNCTIONS}))
        raise ExpressionError(f"no function is called '{name}'{near}", offset=node.start)


def _type(node: Node, events: Collection[str]) -> Type:
    """The type of a node; raises where two parts cannot go together."""
    kinds = [_type(part, events) for part in node.parts if not (node.sort == "method" and node.value in MACROS)]
    if node.sort == "literal":
        if isinstance(node.value, bool):
            return "bool"
        return "null" if node.value is None else "text" if isinstance(node.value, str) else "number"
    if node.sort in ("name", "field", "index"):
        parts = path(node)
        return FIELDS.get(parts[1], "dyn") if parts and len(parts) == 2 and parts[0] in events else "dyn"
    if node.sort == "call" and node.value in FUNCTIONS:
        return FUNCTIONS[str(node.value)][1]
    if node.sort in ("call", "method"):
        return CEL_FUNCTIONS.get(str(node.value), "dyn")
    if node.sort == "unary":
        _want(node.parts[0], kinds[0], "bool" if node.value == "!" else "number", f"'{node.value}'")
        return "bool" if node.value == "!" else kinds[0]
    if node.sort == "binary":
        return _binary(node, kinds[0], kinds[1])
    if node.sort == "ternary":
        _want(node.parts[0], kinds[0], "bool", "before '?'")
        return kinds[1] if kinds[1] == kinds[2] else "dyn"
    return "list" if node.sort == "list" else "map"


def _want(node: Node, got: Type, wanted: Type, where: str) -> None:
    if got not in (wanted, "dyn"):
        raise ExpressionError(f"{where} wants a {wanted}, received a {got}", offset=node.start)


def _binary(node: Node, left: Type, right: Type) -> Type:
    operator = str(node.value)
    if operator in ("&&", "||"):
        _want(node.parts[0], left, "bool", f"'{operator}'")
        _want(node.parts[1], right, "bool", f"'{operator}'")
        return "bool"
    if operator == "in":
        if right not in ("list", "map", "dyn"):
            hint = "for text write a.contains(b)" if right == "text" else ""
            raise ExpressionError(f"'in' wants a list or a map, received a {right}", offset=node.start, hint=hint)
        return "bool"
    if "dyn" not in (left, right) and left != right and not {left, right} <= {"time", "duration"}:
        raise ExpressionError(
            f"'{operator}' between a {left} and a {right}", offset=node.start, hint=_mixed_hint(node, left, right)
        )
    if operator in ("==", "!=", "<", "<=", ">", ">="):
        return "bool"
    if operator != "+" and "text" in (left, right):
        hint = "times are text: timestamp(ev.received) - timestamp(ev.trigger_time) < duration('1h')"
        raise ExpressionError(f"'{operator}' between texts", offset=node.start, hint=hint)
    if operator == "%" and not any(_whole(part) for part in node.parts):
        raise ExpressionError("'%' needs whole numbers", offset=node.start, hint="write int(ev.x) % 2")
    return _sum_type(left, right)


def _sum_type(left: Type, right: Type) -> Type:
    if {left, right} == {"time", "duration"}:
        return "time"
    if left == right == "time":
        return "duration"
    return left if left != "dyn" else right


def _mixed_hint(node: Node, left: Type, right: Type) -> str:
    if node.parts[0].sort == "binary" and left == "bool":
        return "comparisons do not chain: write a < x && x < b"
    if {left, right} == {"text", "time"}:
        return "write timestamp(ev.trigger_time)"
    return ""


def _whole(node: Node) -> bool:
    """Whether a node is a whole number by a function that gives one, not merely written without a point."""
    if node.sort in ("call", "method"):
        return node.value in INTEGERS
    return node.sort in ("unary", "binary") and any(_whole(part) for part in node.parts)


def decimal_edits(node: Node, *, whole: bool = False) -> list[Edit]:
    """Edits that write whole numbers as decimal ones where CEL would refuse to mix them: all numbers of an event are
    decimal, so `area / 2` must become `area / 2.0`. Indices and arguments of CEL's own functions stay as they are."""
    if node.sort == "literal":
        number = isinstance(node.value, int) and not isinstance(node.value, bool)
        return [(node.start, node.end, f"{node.value}.0")] if number and not whole else []
    if node.sort == "index":
        return [*decimal_edits(node.parts[0]), *decimal_edits(node.parts[1], whole=True)]
    if node.sort == "binary":
        whole = any(_whole(part) for part in node.parts)
    elif node.sort in ("call", "method"):
        whole = node.value not in (FUNCTIONS if node.sort == "call" else MACROS)
    return [edit for part in node.parts for edit in decimal_edits(part, whole=whole)]


def presence_edits(node: Node) -> list[Edit]:
    """Edits that make `has(ev.a.b)` false, not unknown, where `ev.a` itself is missing."""
    edits = []
    for call in node.walk():
        parts = path(call.parts[0]) if call.sort == "call" and call.value == "has" and len(call.parts) == 1 else None
        if parts and len(parts) > 2 and all(part.isidentifier() for part in parts):
            steps = [".".join(parts[: n + 1]) for n in range(1, len(parts))]
            edits.append((call.start, call.end, "(" + " && ".join(f"has({step})" for step in steps) + ")"))
    return edits
