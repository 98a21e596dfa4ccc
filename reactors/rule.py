"""A rule as the engine sees it: checked and compiled. Made by `reactors/loader.py`, never by hand."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import msgspec

from nuncius.core.report import Severity
from reactors.compiling import Expression
from reactors.vocabulary import TENSE_FIELDS

Status = Literal["live", "shadow", "off"]


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `if`, and where it stands."""

    expression: Expression
    line: int


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """At most `count` firings in `window_s` seconds of processing time, for each value of `per` (None: in all)."""

    count: int
    window_s: float
    per: Expression | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """`actions`, `on_fail` and `on_retract` are plain mappings, as the journal keeps them, so that a reaction goes on
    as it was decided when its rule is edited meanwhile. `hash` changes with the meaning, not with layout."""

    name: str
    when: tuple[str, ...]
    actions: tuple[dict[str, Any], ...]
    conditions: tuple[Condition, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()  # name, expression
    per: Expression | None = None
    limit: Limit | None = None
    status: Status = "live"
    severity: Severity = Severity.INFO
    about: str = ""
    owner: str = ""
    on_retract: tuple[dict[str, Any], ...] = ()
    on_fail: tuple[dict[str, Any], ...] = ()
    file: str = ""
    line: int = 0
    hash: str = ""

    @cached_property
    def decides_tense(self) -> bool:
        """Whether its conditions name the tense, and so decide about tests and retractions themselves."""
        read = [c.expression for c in self.conditions]
        read += [expression for c in read for call in c.calls for expression in call.arguments]
        named = {parts[1] for e in read for parts in e.fields if parts[0] == "ev" and len(parts) > 1}
        return bool(named & TENSE_FIELDS) or any(
            f"ev.{f}" in source for _, source in self.variables for f in TENSE_FIELDS
        )

    @cached_property
    def by_cost(self) -> tuple[Condition, ...]:
        """Conditions, the cheap ones first."""
        dear = {name for name, source in self.variables if "(" in source}
        return tuple(
            sorted(self.conditions, key=lambda c: max(c.expression.cost, int(bool(c.expression.names & dear))))
        )
