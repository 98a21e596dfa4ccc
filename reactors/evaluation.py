"""Expressions on an event, in three truth values: the event is converted once for all rules, and the sky is computed
only where the cheap comparisons leave the answer open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from nuncius.core.errors import NunciusError
from reactors import cel
from reactors.comparisons import OPERATORS, whole
from reactors.compiling import Call, Expression
from reactors.functions import IMPLEMENTED, Maps, Unknown


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


class Evaluation:
    """One event, seen by any number of expressions; function values are computed once and shared.

    `aliases` are further events that expressions name. Those who look at many sets of events share `called`, and say
    by `ids` which event each name (`ev` too) stands for.
    """

    def __init__(
        self,
        ev: dict[str, Any],
        maps: Maps,
        *,
        aliases: Mapping[str, dict[str, Any]] | None = None,
        called: dict[tuple[str, ...], Outcome] | None = None,
        ids: Mapping[str, str] | None = None,
    ) -> None:
        self.ev = ev
        self._maps = maps
        self._events = {"ev": ev, **(aliases or {})}
        self.given = dict(aliases or {})
        self._aliases = frozenset(self.given)
        self._converted: Any = None
        self._ids = ids or {}
        self._called: dict[tuple[str, ...], Outcome] = {} if called is None else called
        self._looked: dict[str, tuple[Outcome, dict[str, Any]]] = {}

    @property
    def _activation(self) -> Any:
        """The events as CEL has them, converted when first needed."""
        if self._converted is None:
            self._converted = cel.activation(self._events, self._aliases)
        return self._converted

    def look(self, expression: Expression, values: Mapping[str, Outcome]) -> tuple[Outcome, dict[str, Any]]:
        """The value and what was seen for it; worked out once for all rules that ask the same of this event."""
        if not expression.names <= self._aliases:
            return self.evaluate(expression, values), self.seen(expression, values)
        found = self._looked.get(expression.source)
        if found is None:
            found = self._looked[expression.source] = (self.evaluate(expression, values), self.seen(expression, values))
        return found

    @property
    def maps(self) -> Maps:
        """What functions look up: actions may too."""
        return self._maps

    def evaluate(self, expression: Expression, values: Mapping[str, Outcome] | None = None) -> Outcome:
        """The expression's value. `values` are its names beside `ev`. Never raises."""
        quick = self._compare(expression)
        if quick is not None:
            return quick
        names = expression.names
        bound = {name: values[name] for name in names if name in values} if values else {}
        known = {name: outcome.value for name, outcome in bound.items() if outcome.state == "value"}
        given = expression.program.run(self._activation if names <= self._aliases else self._bind(known, names))
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

    def _compare(self, expression: Expression) -> Outcome | None:
        """The truth of a plain comparison; None where CEL has more to say."""
        simple = whole(expression)
        if simple is None:
            return None
        value = self.lookup(simple.path)
        if simple.op in ("has", "!has"):
            return _TRUE if (value is None) == (simple.op == "!has") else _FALSE
        if type(value) is not type(simple.value) or value != value:
            return None  # missing, of another type, or not a number
        return _TRUE if OPERATORS[simple.op](value, simple.value) else _FALSE

    def call(self, call: Call, values: Mapping[str, Outcome]) -> Outcome:
        """The value of one of our functions, from the cache where it depends on the event alone."""
        key = self._key(call)
        if key is not None and key in self._called:
            return self._called[key]
        outcome = self._compute(call, values)
        if key is not None:
            self._called[key] = outcome
        return outcome

    def _key(self, call: Call) -> tuple[str, ...] | None:
        """What its value depends on; None where that is more than the events."""
        names = frozenset[str]().union(*(argument.names for argument in call.arguments))
        if not names <= self._aliases:
            return None
        return (call.source, *(self._ids.get(name, "") for name in ("ev", *sorted(names))))

    def _compute(self, call: Call, values: Mapping[str, Outcome]) -> Outcome:
        arguments = []
        for argument in call.arguments:
            whole = self._events.get(argument.source.strip())
            got = Outcome("value", whole) if whole is not None else self.evaluate(argument, values)
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
        key = self._key(call)
        return None if key is None else self._called.get(key)

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
        missing = [
            p for p in expression.fields if p[0] in self._events and p not in expression.optional and self._absent(p)
        ]
        reasons = [f"{'.'.join(p)} is not given" for p in missing]
        reasons += [part.why for part in parts if part.state == "unknown"]
        return Outcome("unknown", why="; ".join(reasons) or f"{given.missing} is not given")

    def _seen_words(self, expression: Expression) -> str:
        seen = self.seen(expression)
        return "; saw " + ", ".join(f"{key} = {value!r}" for key, value in seen.items()) if seen else ""

    def _absent(self, parts: tuple[str, ...]) -> bool:
        return self.lookup(parts) is None

    def lookup(self, parts: tuple[str, ...]) -> Any:
        """The value at a path; None where there is none."""
        value: Any = self._events.get(parts[0])
        for part in parts[1:]:
            if not isinstance(value, dict) or part not in value:
                return None
            value = value[part]
        return value

    def seen(self, expression: Expression, values: Mapping[str, Outcome] | None = None) -> dict[str, Any]:
        """The values that an expression looked at, short enough to be kept with the decision."""
        seen = {}
        for name in sorted(expression.names):
            if name not in self._aliases and values and name in values and values[name].state == "value":
                seen[name] = short(values[name].value)
        for parts in expression.fields:
            if parts[0] in self._events and len(parts) > 1 and (value := self.lookup(parts)) is not None:
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
