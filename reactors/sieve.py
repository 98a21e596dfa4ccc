"""Which of thousands of rules an event leaves in question. Their cheap comparisons are shared: all of `ev.far < x`
are answered by one search among the sorted x. Sets of rules are the bits of one number."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from nuncius.journal.records import PassedOver
from reactors.comparisons import Comparison, comparisons
from reactors.evaluation import Evaluation, short
from reactors.naming import digest
from reactors.rule import Rule

#: With fewer rules each is asked by itself, and its whole trace is kept.
SIEVE_ABOVE = 16
#: A function that fewer rules ask is looked at rule by rule, among those that are left.
SHARED_BY = 8


class _Group:
    """All comparisons of one subject that can be answered together."""

    def __init__(self, sample: Comparison) -> None:
        self.subject, self.path, self.call = sample.subject, sample.path, sample.call
        self.op = sample.op
        self.type: type = type(sample.value[0] if sample.op == "in" else sample.value)
        self.rules = 0
        self._at: dict[Any, int] = {}

    def add(self, comparison: Comparison, rule: int) -> None:
        bit = 1 << rule
        self.rules |= bit
        for value in comparison.value if comparison.op == "in" else [comparison.value]:
            self._at[value] = self._at.get(value, 0) | bit

    def finish(self) -> None:
        """Sort, and add up: `_below[n]` are the rules of the n smallest values."""
        if self.op in ("<", "<=", ">", ">="):
            self._values = sorted(self._at)
            self._below = [0]
            for value in self._values:
                self._below.append(self._below[-1] | self._at[value])
            self._above = [0]
            for value in reversed(self._values):
                self._above.append(self._above[-1] | self._at[value])
            self._above.reverse()

    def dead(self, value: Any) -> int:
        """Rules whose comparison is not true for a value (None: missing)."""
        op = self.op
        if op == "has":
            return self.rules if value is None else 0
        if op == "!has":
            return 0 if value is None else self.rules
        if value is None:
            return self.rules
        if type(value) is not self.type or (isinstance(value, float) and math.isnan(value)):
            return 0  # CEL has a word to say on types: ask it
        if op in ("==", "in"):
            return self.rules & ~self._at.get(value, 0)
        if op == "!=":
            return self._at.get(value, 0)
        if op == "<":
            return self._below[bisect_right(self._values, value)]
        if op == "<=":
            return self._below[bisect_left(self._values, value)]
        if op == ">":
            return self._above[bisect_left(self._values, value)]
        return self._above[bisect_right(self._values, value)]


#: The map that fields stand in; rules ruled out where it is missing; each field with its subject, the rules ruled out
#: where it is missing, and its groups.
_Place = tuple[tuple[str, ...], int, list[tuple[str, str, int, list[_Group]]]]


class Sieve:
    """The rules that listen to a kind, sifted by their comparisons."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.all = (1 << len(rules)) - 1
        self.listing: list[list[Any]] = []
        self._gated = 0
        groups: dict[tuple[str, str, str], _Group] = {}
        for number, rule in enumerate(rules):
            if rule.aliases or rule.after is not None or rule.absent is not None:
                continue  # what they say may follow from more than the event
            asked: list[list[Any]] = []
            for condition in rule.conditions:
                found = comparisons(condition.expression)
                told = [[c.subject, c.op, c.value] for c in found]
                asked.append([condition.line, condition.expression.source, told])
                for comparison in found:
                    first = comparison.value[0] if comparison.op == "in" else comparison.value
                    op = "==" if comparison.op == "in" else comparison.op
                    key = (comparison.subject, op, type(first).__name__)
                    groups.setdefault(key, _Group(comparison)).add(comparison, number)
            self.listing.append([rule.name, rule.hash, asked])
            self._gated |= 0 if rule.decides_tense else 1 << number
        for group in groups.values():
            group.finish()
        self._fields = _by_place([group for group in groups.values() if group.call is None])
        called = [group for group in groups.values() if group.call is not None]
        self._called = [group for group in called if group.rules.bit_count() >= SHARED_BY]
        self._own: dict[int, list[_Group]] = {}
        for group in called:
            for number in _bits(group.rules) if group.rules.bit_count() < SHARED_BY else ():
                self._own.setdefault(number, []).append(group)
        self.index = digest(self.listing)

    def sift(self, evaluation: Evaluation, gate: str) -> tuple[list[Rule], PassedOver | None]:
        """Rules that remain in question, in their order, and a note on the others. `gate` says why rules that do not
        name the tense are not asked."""
        dead = self._gated if gate else 0
        seen: dict[str, Any] = {"": gate} if gate else {}
        for parents, absent, fields in self._fields:
            inside = evaluation.lookup(parents)
            if not isinstance(inside, dict):
                dead |= absent
                continue
            for name, subject, missing, groups in fields:
                value = inside.get(name)
                if value is None:
                    dead |= missing
                    continue
                seen[subject] = value if type(value) is float else short(value)
                for group in groups:
                    dead |= group.dead(value)
        alive = self.all & ~dead
        for group in self._called:
            if group.rules & alive:
                alive &= ~_dead(group, evaluation, seen)
        left = _bits(alive)
        for number in left:
            if any(_dead(group, evaluation, seen) >> number & 1 for group in self._own.get(number, ())):
                alive ^= 1 << number
        passed = len(self.rules) - alive.bit_count()
        note = PassedOver(index=self.index, rules=passed, seen=seen) if passed else None
        return [self.rules[n] for n in _bits(alive)], note


def _by_place(groups: Sequence[_Group]) -> list[_Place]:
    """Groups by the map that their fields stand in, then by field: each is looked up once."""
    places: dict[tuple[str, ...], dict[str, list[_Group]]] = {}
    for group in groups:
        places.setdefault(group.path[:-1], {}).setdefault(group.path[-1], []).append(group)
    found = []
    for parents, by_name in places.items():
        fields = [(name, own[0].subject, _missing(own), own) for name, own in by_name.items()]
        absent = 0
        for _, _, missing, _ in fields:
            absent |= missing
        found.append((parents, absent, fields))
    return found


def _missing(groups: Sequence[_Group]) -> int:
    """Rules that are ruled out where a field is missing."""
    dead = 0
    for group in groups:
        dead |= group.dead(None)
    return dead


def _dead(group: _Group, evaluation: Evaluation, seen: dict[str, Any]) -> int:
    """Rules that what a function gives rules out; none where it gives nothing, which they then say themselves."""
    if group.call is None:
        return 0
    got = evaluation.call(group.call, {})
    if got.state != "value" or type(got.value) is not float:
        return 0
    seen[group.subject] = got.value
    return group.dead(got.value)


def _bits(number: int) -> list[int]:
    found = []
    while number:
        low = number & -number
        found.append(low.bit_length() - 1)
        number ^= low
    return found
