"""`count: n`: so many different events within the window, wherever in it the one just heard lies and in whatever order
they came. Revisions of one instrument's word on an object count once; what was taken back does not count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from reactors.correlation import choose
from reactors.hearing import Hearing
from reactors.judging import Case, Verdict, conditions, fire, per_of, place_of
from reactors.rule import Rule
from reactors.scene import Scene
from reactors.shelves import Seen


def judge(rule: Rule, hearing: Hearing) -> Verdict:
    """The event must hold by itself; then the others around it are counted."""
    case = Case(event=hearing.event, scene=Scene(hearing.alone, rule.variables), default_per="")
    outcome, reason, trace = conditions(rule, case.scene)
    if outcome != "fired":
        return Verdict(outcome=outcome, reason=reason, trace=trace)
    per = per_of(rule, case)
    width = timedelta(seconds=-rule.window.start_s if rule.window else 0.0)
    heard = hearing.seen
    if per is None:
        return Verdict(outcome="unknown", reason=f"per: {rule.per.source if rule.per else ''} is unknown", trace=trace)
    around = hearing.memory.partners(rule.when, heard.t0 - width, heard.t0 + width)
    same = [item for item in choose(rule, around, hearing, beside=[heard]) if _holds(rule, item, per, hearing)]
    together = _densest([*same, heard], heard.t0, width)
    if len(together) < rule.count:
        reason = f"{len(together)} of {rule.count} within {width.total_seconds():g} s so far"
        return Verdict(outcome="waiting", reason=reason, trace=trace)
    others = [hearing.read(item) for item in together if item.id != heard.id]
    reason = f"{len(together)} within {width.total_seconds():g} s; {reason}"
    past = hearing.memory.latest(place_of(rule, per))
    # The next bout is told anew, though its words may be the same; one more in the same bout is a revision.
    known = {past.event, *(m.event for m in past.members)} if past is not None else set()
    counted = Case(
        event=hearing.event,
        scene=case.scene,
        others=others,
        default_per="",
        again=past is not None and past.standing and not known & {item.id for item in together},
    )
    return fire(rule, counted, hearing, reason, trace)


def _holds(rule: Rule, item: Seen, per: str, hearing: Hearing) -> bool:
    """Whether an earlier event fulfils the conditions, for the same `per`; worked out once for each rule's meaning."""
    known = hearing.memory.held(rule.hash, item.id)
    if known is None:
        event = hearing.read(item)
        case = Case(event=event, scene=Scene(hearing.together(event, {}), rule.variables), default_per="")
        holds = conditions(rule, case.scene)[0] == "fired"
        own = per_of(rule, case) if holds else None
        known = "no" if own is None else f"={own}"
        hearing.memory.hold(rule.hash, item.id, known)
    return known == f"={per}"


def _densest(items: Sequence[Seen], t0: datetime, width: timedelta) -> list[Seen]:
    """The fullest stretch of `width` that contains the moment, events in order of T0."""
    items = sorted(items, key=lambda item: (item.t0, item.id))
    best: list[Seen] = []
    for first in items:
        if first.t0 > t0 or first.t0 + width < t0:
            continue
        inside = [item for item in items if first.t0 <= item.t0 <= first.t0 + width]
        if len(inside) > len(best):
            best = inside
    return best
