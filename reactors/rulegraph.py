"""Which rule listens to what and emits what, and where rules feed each other in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from reactors.rule import Rule
from reactors.schedules import spelled

#: Actions that are told with what they are done to.
_NAMED = ("run", "check", "regress")


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A rule with the kinds that it hears, looks out for (`watches`: partners that must not come) and emits."""

    rule: str
    status: str
    hears: list[str]
    watches: list[str] = []
    clock: str = ""
    emits: list[str] = []
    does: list[str] = []
    mutes: list[str] = []


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """All rules, and every loop as the rules along it: the first hears what the last emits."""

    nodes: list[Node]
    loops: list[list[str]] = []


def graph_of(rules: Sequence[Rule]) -> Graph:
    """The graph of these rules; those that are off are in it, and close no loop."""
    nodes = [_node(rule) for rule in rules]
    return Graph(nodes=nodes, loops=_loops(nodes))


def _node(rule: Rule) -> Node:
    acts = list(_actions([*rule.actions, *rule.on_fail, *rule.on_retract]))
    return Node(
        rule=rule.name,
        status=rule.status,
        hears=list(dict.fromkeys([*rule.when, *(kind for alias in rule.aliases for kind in alias.kinds)])),
        watches=list(rule.absent.alias.kinds) if rule.absent else [],
        clock=_clock(rule),
        emits=list(dict.fromkeys(act["what"] for act in acts if act["do"] == "emit")),
        does=list(dict.fromkeys(f"{act['do']} {act['what']}" if act["do"] in _NAMED else act["do"] for act in acts)),
        mutes=list(rule.mutes.rules) if rule.mutes else [],
    )


def _clock(rule: Rule) -> str:
    if rule.schedule is not None:
        return spelled(rule.schedule) if not rule.schedule.cron else f"cron {spelled(rule.schedule)}"
    return f"{', '.join(f'{s:g} s' for s in rule.after.delays_s)} after T0" if rule.after is not None else ""


def _actions(actions: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for action in actions:
        yield action
        yield from _actions(action.get("else", []))


def hears(node: Node, kind: str) -> bool:
    """Whether a rule hears events of this kind."""
    return any(kind == k or kind.startswith(k + ".") for k in [*node.hears, *node.watches])


def _loops(nodes: Sequence[Node]) -> list[list[str]]:
    """The shortest loop through each rule that is on one; a loop is told once."""
    live = [node for node in nodes if node.status != "off" and node.emits]
    after = {
        node.rule: [other.rule for other in live if any(hears(other, kind) for kind in node.emits)] for node in live
    }
    found: dict[frozenset[str], list[str]] = {}
    for start in after:
        loop = _back_to(start, after)
        if loop:
            found.setdefault(frozenset(loop), loop)
    return list(found.values())


def _back_to(start: str, after: dict[str, list[str]]) -> list[str]:
    """The shortest way from a rule back to itself, breadth first; empty where there is none."""
    paths, seen = [[start]], set[str]()
    while paths:
        path = paths.pop(0)
        for rule in after.get(path[-1], []):
            if rule == start:
                return path
            if rule not in seen:
                seen.add(rule)
                paths.append([*path, rule])
    return []


def edges(graph: Graph) -> Iterator[tuple[str, str, str]]:
    """(from, to, sort) with sort one of hears, watches, emits, mutes; kinds and rules by their names."""
    for node in graph.nodes:
        yield from ((kind, node.rule, "hears") for kind in node.hears)
        yield from ((kind, node.rule, "watches") for kind in node.watches)
        yield from ((node.rule, kind, "emits") for kind in node.emits)
        yield from ((node.rule, rule, "mutes") for rule in node.mutes)
        if node.clock:
            yield node.clock, node.rule, "hears"
    yield from _kinship(graph)


def _kinship(graph: Graph) -> Iterator[tuple[str, str, str]]:
    """What is emitted also reaches those that hear a kind above it."""
    heard = {kind for node in graph.nodes for kind in [*node.hears, *node.watches]}
    for kind in sorted({kind for node in graph.nodes for kind in node.emits}):
        yield from ((kind, above, "is a") for above in sorted(heard) if kind.startswith(above + "."))


def loop_text(loop: Sequence[str]) -> str:
    """A loop in one line."""
    return f"loop: {' → '.join([*loop, loop[0]])}"
