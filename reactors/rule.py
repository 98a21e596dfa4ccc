"""A rule as the engine sees it: checked and compiled. Made by `reactors/loader.py`, never by hand."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import msgspec

from nuncius.core.report import Severity
from reactors.compiling import Expression
from reactors.vocabulary import TENSE_FIELDS

#: What a rule, and a template, may be called.
RULE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")

Status = Literal["live", "shadow", "off"]
Mode = Literal["latest", "restart", "queue", "parallel", "skip"]
Missed = Literal["once", "skip", "each"]


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `if`, and where it stands."""

    expression: Expression
    line: int


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """At most `count` firings in `window_s` seconds of processing time, for each value of `per` (None: in all)."""

    count: int
    window_s: float
    per: Expression | None = None


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """A name for an event of one of these kinds, in `when: {alias: kind}` and in `without`."""

    name: str
    kinds: tuple[str, ...]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the T0 of the anchor's event (`of`, an alias; the first where empty): `start_s` <= T0 <= `end_s`."""

    start_s: float
    end_s: float
    of: str = ""


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """What must not have come when the window closes: no event of `alias`, or none for which `where` holds."""

    alias: Alias
    where: tuple[Condition, ...] = ()


class After(msgspec.Struct, frozen=True, kw_only=True):
    """`when: {after: 1h, of: kind}`: conditions are looked at `delay_s` seconds after the T0 of an event of `kinds`;
    with several moments (`after: [1h, 1d]`) at each of `more_s` too."""

    delay_s: float
    kinds: tuple[str, ...]
    more_s: tuple[float, ...] = ()

    @property
    def delays_s(self) -> tuple[float, ...]:
        """All moments, in order."""
        return (self.delay_s, *self.more_s)


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """`when: {cron, tz}`, `{every}` or `{at, tz}`: one of `cron` (five fields, in the time zone `tz`), `every_s` and
    `at` (moments in UTC, in order, each once)."""

    cron: str = ""
    tz: str = "UTC"
    every_s: float | None = None
    at: tuple[datetime, ...] = ()


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """Page somebody `after_s` seconds after the rule fired, unless the condition `unless` holds by then: the person
    `to`, or in the thread of that name; everybody in the object's thread where it is empty.

    `unless` may name `acknowledged`, `approved`, `rejected`, `done` and `failed` of the reaction."""

    after_s: float
    page: str
    unless: str = ""
    to: str = ""


class Mutes(msgspec.Struct, frozen=True, kw_only=True):
    """When the rule fires, the named `rules` are muted for `for_s` seconds where `same` gives the same value."""

    rules: tuple[str, ...]
    for_s: float
    same: Expression | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """`actions`, `on_fail` and `on_retract` are plain mappings, as the journal keeps them, so that a reaction goes on
    as it was decided when its rule is edited meanwhile. `hash` changes with the meaning, not with layout.

    `when` are all kinds that the rule must hear, whatever its form. The form is the first of these that is there:
    `schedule`, `after`, `aliases` (all of), else any of `when`; `absent`, `count` and `window` refine it. `missed` says
    what becomes of moments of the first two that passed while the service did not run. `ev` is
    the event that arrived; with `aliases` it is the anchor's. `tests` are kept as written.
    """

    name: str
    when: tuple[str, ...]
    aliases: tuple[Alias, ...] = ()
    window: Window | None = None
    absent: Absence | None = None
    count: int = 1
    after: After | None = None
    schedule: Schedule | None = None
    missed: Missed = "once"
    mode: Mode = "latest"
    escalate: tuple[Escalation, ...] = ()
    mutes: Mutes | None = None
    tests: tuple[dict[str, Any], ...] = ()
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
        events = {"ev", *(alias.name for alias in self.aliases)}
        named = {parts[1] for e in read for parts in e.fields if parts[0] in events and len(parts) > 1}
        return bool(named & TENSE_FIELDS) or any(
            f"{event}.{f}" in source for _, source in self.variables for event in events for f in TENSE_FIELDS
        )

    @cached_property
    def asks_graph(self) -> bool:
        """Whether its conditions ask the graph, so that a new fact may answer them."""
        asked = [call.function for c in self.conditions for call in c.expression.calls]
        return any(name.startswith("kg.") for name in asked) or any("kg." in source for _, source in self.variables)

    @cached_property
    def by_cost(self) -> tuple[Condition, ...]:
        """Conditions, the cheap ones first."""
        dear = {name for name, source in self.variables if "(" in source}
        return tuple(
            sorted(self.conditions, key=lambda c: max(c.expression.cost, int(bool(c.expression.names & dear))))
        )
