"""Turns the text of an expression into something to evaluate: parsed, checked, mended, our functions taken out (they
are computed outside CEL and bound as values), compiled once for all rules that say the same."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from reactors import cel
from reactors.checking import Edit, check, decimal_edits, presence_edits
from reactors.expression import Node, bound_names, parse, paths
from reactors.tokens import ExpressionError
from reactors.vocabulary import FUNCTIONS, Type


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call of one of our functions; `source` names it in traces and is its key in the event's cache."""

    function: str
    source: str
    arguments: tuple[Expression, ...]


class Expression(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled expression. `names` are the variables it uses beside `ev`; `fields` the paths it reads, with
    `optional` those only asked for by `has()`."""

    source: str
    type: Type
    program: cel.Program
    calls: tuple[Call, ...] = ()
    names: frozenset[str] = frozenset()
    fields: tuple[tuple[str, ...], ...] = ()
    optional: frozenset[tuple[str, ...]] = frozenset()

    @property
    def cost(self) -> int:
        """0 for comparisons, 1 where the sky is needed."""
        return 1 if self.calls else 0


@lru_cache(maxsize=65_536)
def compile_expression(source: str, names: frozenset[str] = frozenset()) -> Expression:
    """Parse, check, mend and compile. Raises ExpressionError with the place in `source`."""
    tree = parse(source)
    kind = check(tree, names)
    calls, edits = _calls(source, tree, names)
    inside = [(start, end) for start, end, _ in edits]
    more = [*decimal_edits(tree), *presence_edits(tree)]
    edits += [edit for edit in more if not any(start <= edit[0] and edit[1] <= end for start, end in inside)]
    # What stands at an index may be of any type; CEL's own check would take `ev.a + ev.p['x']` for a whole number.
    for node in tree.walk():
        if node.sort == "index" and not any(start <= node.start and node.end <= end for start, end in inside):
            edits += [(node.start, node.start, "dyn("), (node.end, node.end, ")")]
    bound = bound_names(tree)
    used = {node.value for node in tree.walk() if node.sort == "name"} & names
    asked = {p for n in tree.walk() if n.sort == "call" and n.value == "has" for _, p in paths(n)}
    fields = tuple(dict.fromkeys(p for _, p in paths(tree) if p[0] not in bound and (len(p) > 1 or p[0] in names)))
    try:
        program = cel.compile_program(_edited(source, edits), frozenset(used))
    except ExpressionError as error:
        raise ExpressionError(str(error), offset=min(error.offset, len(source)), hint=error.hint) from None
    return Expression(
        source=source,
        type=kind,
        program=program,
        calls=calls,
        names=frozenset(used),
        fields=fields,
        optional=frozenset(asked),
    )


def _calls(source: str, tree: Node, names: frozenset[str]) -> tuple[tuple[Call, ...], list[Edit]]:
    """The outermost calls of our functions, and edits that put placeholders in their place."""
    calls: list[Call] = []
    edits: list[Edit] = []

    def visit(node: Node) -> None:
        if node.sort != "call" or node.value not in FUNCTIONS:
            for part in node.parts:
                visit(part)
            return
        arguments = tuple(compile_expression(source[p.start : p.end], names) for p in node.parts)
        edits.append((node.start, node.end, f"_f{len(calls)}"))
        calls.append(Call(function=str(node.value), source=source[node.start : node.end], arguments=arguments))

    visit(tree)
    if len(calls) > cel.MAX_CALLS:
        raise ExpressionError(f"{len(calls)} calls of functions in one expression; at most {cel.MAX_CALLS}")
    return tuple(calls), edits


def _edited(source: str, edits: list[Edit]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        source = source[:start] + text + source[end:]
    return source
