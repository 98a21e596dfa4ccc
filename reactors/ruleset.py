"""Rules in force, arranged by what they listen to, what they look back at and whom they mute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reactors.bounds import FEED_KINDS, LATE_S
from reactors.naming import digest
from reactors.rule import Rule
from reactors.sieve import SIEVE_ABOVE, Sieve

#: Beyond the windows, for clocks that differ.
_MARGIN_S = 86_400.0


class RuleSet:
    """Rules by the kinds they listen to."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.hash = digest([rule.hash for rule in self.rules])
        in_force = [rule for rule in self.rules if rule.status != "off"]
        self._named = {rule.name: rule for rule in in_force}
        self.scheduled = tuple(rule for rule in in_force if rule.schedule is not None)
        self.ask_graph = any(rule.asks_graph for rule in in_force)
        self._muters: dict[str, list[Rule]] = {}
        for rule in in_force:
            for muted in rule.mutes.rules if rule.mutes and rule.status == "live" else ():
                self._muters.setdefault(muted, []).append(rule)
        self._by_kind: dict[str, list[Rule]] = {}
        for rule in in_force:
            for kind in rule.when if rule.schedule is None else ():
                self._by_kind.setdefault(kind, []).append(rule)
        self._listening: dict[str, tuple[Rule, ...]] = {}
        self._sieves: dict[str, Sieve | None] = {}
        self._by_names: dict[str, Sieve] = {}
        self._wanted = _wanted(in_force)
        self._kept: dict[str, tuple[tuple[str, float], ...]] = {}

    def named(self, name: str) -> Rule | None:
        """The rule of that name, unless it is off."""
        return self._named.get(name)

    def listening(self, kind: str) -> tuple[Rule, ...]:
        """Rules for events of this kind; a rule on `gcn.notice` hears all below it. Those that mute others come first,
        the rest stand in their order."""
        if kind not in self._listening:
            heard = [r for prefix in _prefixes(kind) for r in self._by_kind.get(prefix, ())]
            chosen = {rule.name for rule in heard}
            own = [rule for rule in self.rules if rule.name in chosen]
            self._listening[kind] = tuple(sorted(own, key=lambda rule: rule.mutes is None))
        return self._listening[kind]

    def sieve(self, kind: str) -> Sieve | None:
        """What sifts the rules for events of this kind; None where they are few."""
        if kind not in self._sieves:
            listening = self.listening(kind)
            if len(listening) <= SIEVE_ABOVE:
                self._sieves[kind] = None
            else:
                names = ",".join(rule.name for rule in listening)
                self._sieves[kind] = self._by_names.get(names) or self._by_names.setdefault(names, Sieve(listening))
        return self._sieves[kind]

    def listing(self, index: str) -> list[list[Any]]:
        """The rules, with their comparisons, that a sieve's index stands for."""
        return next(sieve.listing for sieve in self._by_names.values() if sieve.index == index)

    def kept(self, kind: str) -> tuple[tuple[str, float], ...]:
        """As which kinds an event may be asked for later, and for how many seconds."""
        if kind not in self._kept:
            self._kept[kind] = tuple((p, self._wanted[p]) for p in _prefixes(kind) if p in self._wanted)
        return self._kept[kind]

    def muters(self, name: str) -> Sequence[Rule]:
        """Rules that mute this one."""
        return self._muters.get(name, ())


def _prefixes(kind: str) -> Iterator[str]:
    words = kind.split(".")
    return (".".join(words[:n]) for n in range(1, len(words) + 1))


def _wanted(rules: Sequence[Rule]) -> dict[str, float]:
    """Kinds that rules look back at, and how long an event may matter to them."""
    wanted: dict[str, float] = {}
    for rule in rules:
        kinds = [kind for alias in rule.aliases for kind in alias.kinds] if len(rule.aliases) > 1 else []
        kinds += rule.when if rule.count > 1 else ()
        if rule.absent is not None:
            kinds += [*rule.absent.alias.kinds, *FEED_KINDS]
        reach = max(abs(rule.window.start_s), abs(rule.window.end_s)) if rule.window else 0.0
        for kind in kinds:
            wanted[kind] = max(wanted.get(kind, 0.0), 2 * reach + LATE_S + _MARGIN_S)
    return wanted
