"""Expressions on events, in three truth values: compiles once per rule file, converts an event once for all rules, and
computes the sky only where the cheap comparisons leave the answer open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import unquote

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.event import Event, iso
from reactors import cel
from reactors.checking import Edit, check, decimal_edits, presence_edits
from reactors.expression import ExpressionError, Node, bound_names, parse, paths
from reactors.functions import IMPLEMENTED, Maps, Unknown
from reactors.vocabulary import FUNCTIONS, Type

MAX_TEXT = 100_000  # characters of one field that a condition sees
MAX_LIST = 2_000
MAX_NESTING = 10


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


class Outcome(msgspec.Struct, frozen=True):
    """A value, or why there is none: `unknown` (something is missing) or `error` (something is wrong)."""

    state: Literal["value", "unknown", "error"]
    value: Any = None
    why: str = ""

    @property
    def truth(self) -> str:
        """`true`, `false`, `unknown` or `error`, for a condition."""
        if self.value is True:
            return "true"
        if self.value is False:
            return "false"
        return "error" if self.state == "value" else self.state


_TRUE, _FALSE = Outcome("value", True), Outcome("value", False)


@lru_cache(maxsize=65_536)
def compile_expression(source: str, names: frozenset[str] = frozenset()) -> Expression:
    """Parse, check, mend and compile. Raises ExpressionError with the place in `source`."""
    tree = parse(source)
    kind = check(tree, names)
    calls, edits = _calls(source, tree, names)
    inside = [(start, end) for start, end, _ in edits]
    more = [*decimal_edits(tree), *presence_edits(tree)]
    edits += [edit for edit in more if not any(start <= edit[0] and edit[1] <= end for start, end in inside)]
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


def context(event: Event) -> dict[str, Any]:
    """An event as `ev`: its data flattened, the envelope's fields over them, numbers as floats, nothing binary."""
    ev: dict[str, Any] = {str(key): clean for key, value in event.data.items() if (clean := _clean(value)) is not None}
    envelope = {
        "id": event.id,
        "kind": event.kind,
        "source": event.source,
        "object": event.object,
        "tense": event.tense.value,
        "revision": float(event.revision),
        "received": iso(event.received),
        "trigger_time": iso(event.trigger_time),
    }
    ev["name"] = ev.get("name") or _name(ev, event)
    return ev | {key: value for key, value in envelope.items() if value is not None}


def _name(ev: dict[str, Any], event: Event) -> str:
    """What people call the object: the name that the event gives, else the last part of its IRI, else a number."""
    names = [*_texts(ev.get("event_name")), *_texts(ev.get("ids"))]
    if event.object:
        tail = unquote(event.object.rstrip("/").rsplit("/", 1)[-1]).replace("_", " ")
        scope, colon, number = tail.rpartition(":")  # an object known by a trigger number alone: fermi-gbm:524666471
        who = " ".join(_texts([ev.get("mission"), ev.get("instrument")])) or scope
        return f"{who} {number}" if colon else tail
    return names[0] if names else event.id


def _texts(value: Any) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str) and text]


def _clean(value: Any, depth: int = 0) -> Any:
    if type(value) is float:  # by far the most
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if depth >= MAX_NESTING:
        return None
    if isinstance(value, dict):
        return {str(k): c for k, v in value.items() if (c := _clean(v, depth + 1)) is not None}
    if isinstance(value, list | tuple):
        return [c for v in value[:MAX_LIST] if (c := _clean(v, depth + 1)) is not None]
    return None


class Evaluation:
    """One event, seen by any number of expressions; function values are computed once and shared."""

    def __init__(self, ev: dict[str, Any], maps: Maps) -> None:
        self.ev = ev
        self._maps = maps
        self._activation = cel.activation({"ev": ev})
        self._called: dict[tuple[str, str], Outcome] = {}
        self._looked: dict[str, tuple[Outcome, dict[str, Any]]] = {}

    def look(self, expression: Expression, values: Mapping[str, Outcome]) -> tuple[Outcome, dict[str, Any]]:
        """The value and what was seen for it; worked out once for all rules that ask the same of this event."""
        if expression.names:
            return self.evaluate(expression, values), self.seen(expression, values)
        found = self._looked.get(expression.source)
        if found is None:
            found = self._looked[expression.source] = (self.evaluate(expression), self.seen(expression))
        return found

    def evaluate(self, expression: Expression, values: Mapping[str, Outcome] | None = None) -> Outcome:
        """The expression's value. `values` are its names beside `ev`. Never raises."""
        names = expression.names
        bound = {name: values[name] for name in names if name in values} if values else {}
        known = {name: outcome.value for name, outcome in bound.items() if outcome.state == "value"}
        given = expression.program.run(self._bind(known, names) if names else self._activation)
        if given.known or not expression.calls:
            return self._outcome(expression, given, values or {}, {})
        results: dict[str, Outcome] = {}
        order = list(IMPLEMENTED)
        places = sorted(enumerate(expression.calls), key=lambda pair: order.index(pair[1].function))
        for place, call in places:
            result = results[f"_f{place}"] = self.call(call, values or {})
            if result.state == "value":
                known[f"_f{place}"] = result.value
                given = expression.program.run(self._bind(known, names))
                if given.known:
                    break
        return self._outcome(expression, given, values or {}, results)

    def call(self, call: Call, values: Mapping[str, Outcome]) -> Outcome:
        """The value of one of our functions, from the cache where it depends on the event alone."""
        shared = not any(argument.names for argument in call.arguments)
        key = (call.function, call.source)
        if shared and key in self._called:
            return self._called[key]
        outcome = self._compute(call, values)
        if shared:
            self._called[key] = outcome
        return outcome

    def _compute(self, call: Call, values: Mapping[str, Outcome]) -> Outcome:
        arguments = []
        for argument in call.arguments:
            whole = argument.fields == () and argument.source.strip() == "ev"
            got = Outcome("value", self.ev) if whole else self.evaluate(argument, values)
            if got.state != "value":
                return Outcome(got.state, why=f"{call.source}: {got.why}")
            arguments.append(got.value)
        try:
            return Outcome("value", IMPLEMENTED[call.function](self._maps, *arguments))
        except Unknown as error:
            return Outcome("unknown", why=f"{call.source}: {error}")
        except (NunciusError, ArithmeticError, ValueError, TypeError) as error:
            return Outcome("error", why=f"{call.source}: {error}")

    def called(self, call: Call) -> Outcome | None:
        """What a function gave, if anything has asked for it; for traces, which compute nothing."""
        return self._called.get((call.function, call.source))

    def _bind(self, known: Mapping[str, Any], names: frozenset[str]) -> Any:
        return cel.activation({"ev": self.ev, **known}, names)

    def _outcome(
        self,
        expression: Expression,
        given: cel.Given,
        values: Mapping[str, Outcome],
        results: Mapping[str, Outcome],
    ) -> Outcome:
        if given.known:
            return _TRUE if given.value is True else _FALSE if given.value is False else Outcome("value", given.value)
        parts = [*results.values(), *(values[name] for name in sorted(expression.names) if name in values)]
        for part in parts:
            if part.state == "error":
                return part
        if given.error:
            return Outcome("error", why=f"{given.error}{self._seen_words(expression)}")
        missing = [p for p in expression.fields if p[0] == "ev" and p not in expression.optional and self._absent(p)]
        reasons = [f"{'.'.join(p)} is not given" for p in missing]
        reasons += [part.why for part in parts if part.state == "unknown"]
        return Outcome("unknown", why="; ".join(reasons) or f"{given.missing} is not given")

    def _seen_words(self, expression: Expression) -> str:
        seen = self.seen(expression)
        return "; saw " + ", ".join(f"{key} = {value!r}" for key, value in seen.items()) if seen else ""

    def _absent(self, parts: tuple[str, ...]) -> bool:
        return self._lookup(parts) is None

    def _lookup(self, parts: tuple[str, ...]) -> Any:
        value: Any = self.ev
        for part in parts[1:]:
            if not isinstance(value, dict) or part not in value:
                return None
            value = value[part]
        return value

    def seen(self, expression: Expression, values: Mapping[str, Outcome] | None = None) -> dict[str, Any]:
        """The values that an expression looked at, short enough to be kept with the decision."""
        seen = {}
        for name in sorted(expression.names):
            if values and name in values and values[name].state == "value":
                seen[name] = short(values[name].value)
        for parts in expression.fields:
            if parts[0] == "ev" and (value := self._lookup(parts)) is not None:
                seen[".".join(parts)] = short(value)
        for call in expression.calls:
            result = self.called(call)
            if result is not None and result.state == "value":
                seen[call.source] = result.value
        return seen


def short(value: Any) -> Any:
    """A value for a trace: numbers and truth as they are, the rest as at most 120 characters."""
    if isinstance(value, bool | float | int):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"
