"""Several events together: when one of them comes, its partners are looked up among those that came before, so it does
not matter which was first. Nothing is kept for it, so a restart loses nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from nuncius.core.event import Event
from reactors.bounds import GRACE_S, LATE_S, MAX_COMBINATIONS
from reactors.hearing import Hearing
from reactors.judging import Case
from reactors.rule import Alias, Rule, Window
from reactors.scene import Scene
from reactors.shelves import Seen


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Sets of events to look at, or why there are none."""

    cases: list[Case] = []
    why: str = ""
    open_until: datetime | None = None


def find(rule: Rule, hearing: Hearing) -> Found:
    """All sets of events that the one just heard completes."""
    heard, window = hearing.seen, rule.window or Window(start_s=0.0, end_s=0.0)
    own = [alias for alias in rule.aliases if is_one_of(hearing.event, alias.kinds)]
    newer = _newer(rule, hearing, own)
    if newer is not None:
        return Found(why=f"late: {newer.id}, a newer word on the same, has come before it")
    if hearing.memory.is_retracted(heard):
        return Found(why="late: it has been retracted")
    anchor_alias = anchor_of(rule)
    cases: list[Case] = []
    whys: list[str] = []
    until: datetime | None = None
    for alias in own:
        for anchor in _anchors(rule, alias, anchor_alias, window, hearing):
            end = anchor.t0 + timedelta(seconds=window.end_s)
            if heard.received > end + timedelta(seconds=LATE_S):
                whys.append(f"too late: it came {_ago(heard.received - end)} after the window closed")
                continue
            sets, missing = _sets(rule, alias, anchor_alias, anchor, window, hearing)
            cases += [_case(rule, anchor, found, end, hearing) for found in sets]
            if missing and heard.received <= end:
                until = max(until, end) if until else end
            whys += [f"nothing for '{name}' within {_shown(window)} of {anchor.id}" for name in missing]
    if not cases and not whys:
        whys = [f"no '{anchor_alias.name}' around it, within {_shown(window)}"]
        until = heard.t0 - timedelta(seconds=window.start_s)
        until = until if heard.received <= until else None
    if len(cases) > MAX_COMBINATIONS:
        about = f"rule {rule.name}: more than {MAX_COMBINATIONS} sets of events; the nearest are looked at"
        hearing.memory.complain(about)
        cases = cases[:MAX_COMBINATIONS]
    return Found(cases=cases, why="; ".join(dict.fromkeys(whys[:4])), open_until=until)


def anchor_of(rule: Rule) -> Alias:
    """The alias that the window is measured from, which `ev` is bound to."""
    of = rule.window.of if rule.window else ""
    return next((alias for alias in rule.aliases if alias.name == of), rule.aliases[0])


def is_one_of(event: Event, kinds: Sequence[str]) -> bool:
    """Whether an event is of one of the kinds, or below it."""
    return any(event.is_a(kind) for kind in kinds)


def choose(rule: Rule, items: Sequence[Seen], hearing: Hearing, *, beside: Sequence[Seen] = ()) -> list[Seen]:
    """Partners that count: of each instrument's words on an object the latest, and none that was taken back. What
    belongs to the same sequence as one of `beside` is no partner of it."""
    taken = {item.identity for item in beside} | {(item.id,) for item in beside}
    latest: dict[tuple[str, ...], Seen] = {}
    for item in items:
        if item.identity in taken or (item.id,) in taken or not _counts(rule, item, hearing):
            continue
        held = latest.get(item.identity)
        if held is None or held.order < item.order:
            latest[item.identity] = item
    return list(latest.values())


def _counts(rule: Rule, item: Seen, hearing: Hearing) -> bool:
    if item.retraction or (not item.real and not rule.decides_tense):
        return False
    return not hearing.memory.is_retracted(item)


def _newer(rule: Rule, hearing: Hearing, own: Sequence[Alias]) -> Seen | None:
    """A later word of the same sender on the same object, which came first."""
    heard = hearing.seen
    if heard.object is None or not heard.order[0]:
        return None
    kinds = tuple(dict.fromkeys(kind for alias in own for kind in alias.kinds))
    newest = hearing.memory.newest(kinds, heard.identity, heard.t0 - timedelta(days=1))
    return newest if newest is not None and newest.order > heard.order else None


def _anchors(rule: Rule, alias: Alias, anchor: Alias, window: Window, hearing: Hearing) -> list[Seen]:
    """Anchors whose window the event just heard lies in, the nearest first; itself, where it is the anchor."""
    heard = hearing.seen
    if alias.name == anchor.name:
        return [heard]
    start, end = heard.t0 - timedelta(seconds=window.end_s), heard.t0 - timedelta(seconds=window.start_s)
    found = choose(rule, hearing.memory.partners(anchor.kinds, start, end), hearing, beside=[heard])
    return _nearest(found, heard.t0)


def _sets(
    rule: Rule, alias: Alias, anchor_alias: Alias, anchor: Seen, window: Window, hearing: Hearing
) -> tuple[list[dict[str, Seen]], list[str]]:
    """Events for all aliases around an anchor, the one just heard among them; and aliases that have none."""
    heard = hearing.seen
    start, end = anchor.t0 + timedelta(seconds=window.start_s), anchor.t0 + timedelta(seconds=window.end_s)
    fixed = {anchor_alias.name: anchor, alias.name: heard}
    names, choices = [], []
    for other in rule.aliases:
        if other.name in fixed:
            continue
        around = hearing.memory.partners(other.kinds, start, end)
        names.append(other.name)
        choices.append(_nearest(choose(rule, around, hearing, beside=list(fixed.values())), anchor.t0))
    missing = [name for name, found in zip(names, choices, strict=True) if not found]
    sets = [
        fixed | dict(zip(names, picked, strict=True))
        for picked in itertools.islice(_product(choices), MAX_COMBINATIONS + 1)
        if len({item.identity for item in picked}) == len(picked)
    ]
    return sets, missing


def _product(choices: Sequence[Sequence[Seen]]) -> Iterator[tuple[Seen, ...]]:
    return itertools.product(*choices)


def _nearest(items: Sequence[Seen], moment: datetime) -> list[Seen]:
    return sorted(items, key=lambda item: (abs(item.t0 - moment), item.t0, item.id))


def _case(rule: Rule, anchor: Seen, found: dict[str, Seen], end: datetime, hearing: Hearing) -> Case:
    aliases = {alias.name: hearing.read(found[alias.name]) for alias in rule.aliases}
    late_s = (hearing.event.received - end).total_seconds()
    late = f"late: came {_ago(hearing.event.received - end)} after the window closed" if late_s > GRACE_S else ""
    return case_of(rule, hearing.read(anchor), aliases, hearing, late=late)


def case_of(rule: Rule, anchor: Event, aliases: dict[str, Event], hearing: Hearing, *, late: str = "") -> Case:
    """A set of events, ready to be looked at. By default a rule acts per all their objects."""
    evaluation = hearing.together(anchor, aliases)
    scene = Scene(evaluation, rule.variables, evaluation.given)
    objects = dict.fromkeys(event.object or event.id for event in aliases.values())
    return Case(event=anchor, scene=scene, aliases=aliases, default_per=" ".join(objects) or None, late=late)


def _shown(window: Window) -> str:
    return f"{window.start_s:+g} s … {window.end_s:+g} s"


def _ago(span: timedelta) -> str:
    seconds = span.total_seconds()
    for unit, size in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
