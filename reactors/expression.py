"""Reads a CEL expression into a small tree, so that a rule can be checked, explained and its numbers mended before
the evaluator (`reactors/cel.py`) sees it. Evaluates nothing.

The grammar is that of https://github.com/google/cel-spec/blob/master/doc/langdef.md without messages and bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from reactors.tokens import ExpressionError, Token, literal, tokens_of

MAX_LENGTH = 2000  # characters; a condition that is longer is a program
MAX_DEPTH = 24  # brackets within brackets; CEL itself gives up at 32
MAX_TOKENS = 300
MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})

Sort = Literal["literal", "name", "field", "index", "call", "method", "unary", "binary", "ternary", "list", "map"]

_WORDS = {"and": "&&", "or": "||", "not": "!", "is": "==", "AND": "&&", "OR": "||", "NOT": "!"}
_LEVELS = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One node; `value` is the literal, the name, the field, the function or the operator. A method's first part is
    what it is called on."""

    sort: Sort
    start: int
    end: int
    value: Any = None
    parts: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it, outer before inner."""
        yield self
        for part in self.parts:
            yield from part.walk()


def parse(source: str) -> Node:
    """The tree of an expression. Raises ExpressionError saying where and what to write instead."""
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"an expression of {len(source)} characters; at most {MAX_LENGTH} are allowed")
    if not source.strip():
        raise ExpressionError("an empty expression", hint="write a condition, for example ev.far < 1e-8")
    tokens = tokens_of(source)
    if len(tokens) > MAX_TOKENS:
        raise ExpressionError(f"an expression of {len(tokens)} words and signs; at most {MAX_TOKENS} are allowed")
    parser = _Parser(tokens)
    tree = parser.expression()
    left = parser.token
    if left.sort != "end":
        raise ExpressionError(f"unexpected {left.text!r}", offset=left.start, hint=_leftover_hint(left))
    return tree


def _leftover_hint(token: Token) -> str:
    if token.text in _WORDS:
        return f"write '{_WORDS[token.text]}'"
    if token.text == ":":
        return "texts need quotes, angles are decimal degrees such as 187.7059, and a format is such as ${ev.far:.1e}"
    return "units are not written: angles are degrees, rates hertz" if token.sort == "name" else ""


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> Token | None:
        """The next token, if it is one of these operators."""
        token = self.token
        if token.text in texts and token.sort in ("op", "name"):
            self.at += 1
            return token
        return None

    def need(self, text: str) -> Token:
        token = self.take(text)
        if token is None:
            got = repr(self.token.text) if self.token.text else "the end"
            raise ExpressionError(f"expected '{text}', got {got}", offset=self.token.start)
        return token

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"brackets nested deeper than {MAX_DEPTH}", offset=self.token.start)
        condition = self.binary(0)
        if self.take("?"):
            yes = self.binary(0)
            self.need(":")
            no = self.expression()
            condition = Node(sort="ternary", start=condition.start, end=no.end, parts=(condition, yes, no))
        self.depth -= 1
        return condition

    def binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while operator := self.take(*_LEVELS[level]):
            right = self.binary(level + 1)
            left = Node(sort="binary", start=left.start, end=right.end, value=operator.text, parts=(left, right))
        return left

    def unary(self) -> Node:
        operators = []
        while operator := self.take("!", "-"):
            operators.append(operator)
        node = self.member()
        for operator in reversed(operators):
            node = Node(sort="unary", start=operator.start, end=node.end, value=operator.text, parts=(node,))
        return node

    def member(self) -> Node:
        node = self.primary()
        while True:
            if self.take("."):
                name = self.token
                if name.sort != "name":
                    raise ExpressionError("expected a field name after '.'", offset=name.start)
                self.at += 1
                if self.take("("):
                    parts, end = self.until(")")
                    if (node.sort, node.value) == ("name", "kg"):  # one of our functions, not a method of a value
                        node = Node(sort="call", start=node.start, end=end, value=f"kg.{name.text}", parts=tuple(parts))
                    else:
                        node = Node(sort="method", start=node.start, end=end, value=name.text, parts=(node, *parts))
                else:
                    node = Node(sort="field", start=node.start, end=name.end, value=name.text, parts=(node,))
            elif self.take("["):
                index = self.expression()
                node = Node(sort="index", start=node.start, end=self.need("]").end, parts=(node, index))
            else:
                return node

    def until(self, close: str) -> tuple[tuple[Node, ...], int]:
        """Expressions separated by commas up to the closing bracket."""
        parts: list[Node] = []
        while not (end := self.take(close)):
            parts.append(self.expression())
            if not self.take(","):
                end = self.need(close)
                break
        return tuple(parts), end.end

    def primary(self) -> Node:
        token = self.token
        self.at += 1
        if token.sort in ("number", "text"):
            return Node(sort="literal", start=token.start, end=token.end, value=literal(token))
        if token.sort == "name":
            return self.named(token)
        if token.text == "(":
            inside = self.expression()
            end = self.need(")").end
            return msgspec.structs.replace(inside, start=token.start, end=end)
        if token.text == "[":
            parts, end = self.until("]")
            return Node(sort="list", start=token.start, end=end, parts=parts)
        if token.text == "{":
            return self.map(token)
        self.at -= 1
        got = repr(token.text) if token.text else "the end"
        raise ExpressionError(f"expected a value, got {got}", offset=token.start)

    def named(self, token: Token) -> Node:
        if token.text in ("true", "false", "null"):
            value = {"true": True, "false": False, "null": None}[token.text]
            return Node(sort="literal", start=token.start, end=token.end, value=value)
        if token.text in _WORDS:
            raise ExpressionError(
                f"'{token.text}' is not CEL", offset=token.start, hint=f"write '{_WORDS[token.text]}'"
            )
        if self.take("("):
            parts, end = self.until(")")
            return Node(sort="call", start=token.start, end=end, value=token.text, parts=parts)
        return Node(sort="name", start=token.start, end=token.end, value=token.text)

    def map(self, token: Token) -> Node:
        parts: list[Node] = []
        while not (end := self.take("}")):
            parts.append(self.expression())
            self.need(":")
            parts.append(self.expression())
            if not self.take(","):
                end = self.need("}")
                break
        return Node(sort="map", start=token.start, end=end.end, parts=tuple(parts))


def path(node: Node) -> tuple[str, ...] | None:
    """`ev.p_astro.BNS` as ("ev", "p_astro", "BNS"); None for anything that is not a plain path."""
    if node.sort == "name":
        return (str(node.value),)
    if node.sort == "field":
        inner = path(node.parts[0])
        return None if inner is None else (*inner, str(node.value))
    if node.sort == "index" and isinstance(node.parts[1].value, str) and node.parts[1].sort == "literal":
        inner = path(node.parts[0])
        return None if inner is None else (*inner, node.parts[1].value)
    return None


def bound_names(node: Node) -> frozenset[str]:
    """Names that a macro binds anywhere in the tree: the x of `list.exists(x, …)`."""
    return frozenset(
        str(n.parts[1].value)
        for n in node.walk()
        if n.sort == "method" and n.value in MACROS and len(n.parts) > 1 and n.parts[1].sort == "name"
    )


def paths(node: Node) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """The longest plain paths of a tree, in the order written."""
    whole = path(node)
    if whole is not None:
        yield node, whole
        return
    for part in node.parts:
        yield from paths(part)
