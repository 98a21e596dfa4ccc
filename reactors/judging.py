"""From conditions that hold to what is done: the place, what was done there before, and what may hold it back. Every
step says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from nuncius.core.event import Event, iso
from nuncius.journal.records import Member, NewReaction, Outcome, Wait
from reactors.bounds import MAX_QUEUE
from reactors.hearing import Hearing
from reactors.memory import Past, window_start
from reactors.naming import digest
from reactors.planning import plan
from reactors.rule import Rule
from reactors.scene import Scene
from reactors.shelves import made


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A wait, and the events that it rests on."""

    wait: Wait
    events: Sequence[Event] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says about an event, with all that follows."""

    outcome: Outcome
    reason: str
    trace: list[dict[str, Any]] = []
    reactions: list[NewReaction] = []
    waits: list[Opened] = []
    closes: list[str] = []


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule looks at: the event bound to `ev`, those of the aliases, and how it came to it. `again`: a firing of
    its own, not a revision of the last one in its place; `apart` names a place of its own beside the rule's others."""

    event: Event
    scene: Scene
    aliases: Mapping[str, Event] = {}
    others: Sequence[Event] = ()
    default_per: str | None = None
    late: str = ""
    again: bool = False
    apart: str = ""

    @property
    def members(self) -> list[Member]:
        """All events that it rests on, `ev`'s first."""
        found = {e.id: member_of(e) for e in (self.event, *self.aliases.values(), *self.others)}
        return list(found.values())


def member_of(event: Event) -> Member:
    """What a retraction needs to know of an event."""
    return Member(event=event.id, object=event.object, mission=str(event.data.get("mission") or ""))


def conditions(rule: Rule, scene: Scene) -> tuple[Outcome, str, list[dict[str, Any]]]:
    """All conditions, the cheap ones first: once one of these is false, the sky is not computed."""
    return look_at([(c.expression, c.line) for c in rule.by_cost], [c.line for c in rule.conditions], scene)


def look_at(
    asked: Sequence[tuple[Any, int]], lines: Sequence[int], scene: Scene
) -> tuple[Outcome, str, list[dict[str, Any]]]:
    """Expressions with their lines, ANDed; the trace in the order of `lines`."""
    evaluation = scene.evaluation
    false: list[str] = []
    trace: list[dict[str, Any]] = []
    for expression, number in asked:
        line: dict[str, Any] = {"line": number, "if": expression.source}
        trace.append(line)
        if false and expression.cost:
            line |= {"is": "skipped", "why": "another condition is false"}
            continue
        got, line["seen"] = evaluation.look(expression, scene.values)
        truth = line["is"] = got.truth
        if truth == "false":
            false.append(expression.source)
        elif truth != "true":
            line["why"] = got.why or f"gives {got.value!r}, neither true nor false"
    order = {number: place for place, number in enumerate(lines)}
    trace.sort(key=lambda line: order.get(line["line"], 0))
    if false:
        return "not", f"false: {'; '.join(false)}", trace
    wrong: Sequence[tuple[str, Outcome]] = (("error", "error"), ("unknown", "unknown"))
    for truth, outcome in wrong:
        why = [f"{line['if']}: {line['why']}" for line in trace if line["is"] == truth]
        if why:
            return outcome, "; ".join(why), trace
    return "fired", "all conditions hold" if trace else "no conditions", trace


def per_of(rule: Rule, case: Case) -> str | None:
    """The identity that a rule acts per: its `per`, else the object, else the event itself; None where unknown."""
    event = case.event
    if rule.per is None:
        return event.object or event.id if case.default_per is None else case.default_per
    got = case.scene.evaluation.evaluate(rule.per, case.scene.values)
    if got.state == "value":
        return str(got.value)
    # `per: ev.object` means the same as saying nothing, also where there is no object yet.
    return event.id if rule.per.source.strip() == "ev.object" else None


def fire(rule: Rule, case: Case, hearing: Hearing, reason: str, trace: list[dict[str, Any]]) -> Verdict:
    """The conditions hold: what becomes of it."""
    reason = f"{reason}; {case.late}" if case.late else reason
    per = per_of(rule, case)
    if per is None:
        source = rule.per.source if rule.per else ""
        return Verdict(outcome="unknown", reason=f"per: {source} is unknown", trace=trace)
    memory, now = hearing.memory, hearing.now
    slot = place_of(rule, per, apart=hearing.event.id if rule.mode == "parallel" else case.apart)
    going = memory.unfinished(slot) if rule.mode in ("restart", "skip", "queue") else 0
    again = case.again or (rule.mode == "restart" and going > 0)
    reaction, past = plan(
        rule, case.event, case.scene, per, now, memory, slot=slot, cause=hearing.event.id, again=again
    )
    if not again and past is not None and past.standing and [p["inputs"] for p in past.parts] == _inputs(reaction):
        return Verdict(outcome="unchanged", reason=f"nothing new since {past.event}", trace=trace)
    if overtaken := _overtaken(case, past, hearing):
        return Verdict(outcome="not", reason=overtaken, trace=trace)
    if rule.status == "shadow":
        return Verdict(outcome="shadow", reason=f"{reason}; in shadow, so nothing is done", trace=trace)
    held = _held_back(rule, case, reaction, hearing, going)
    if held is not None:
        return msgspec.structs.replace(held, trace=trace)
    reaction = _complete(rule, case, reaction, hearing)
    waits = _escalations(rule, case, reaction, hearing)
    memory.note(reaction, now)
    return Verdict(outcome="fired", reason=reason, trace=trace, reactions=[reaction], waits=waits)


def place_of(rule: Rule, per: str, *, apart: str = "") -> str:
    """The slot of a rule's reactions; side by side each has its own."""
    return f"{rule.name}/{digest(per)[:12]}" + (f"/{digest(apart)[:8]}" if apart else "")


def _inputs(reaction: NewReaction) -> list[str]:
    return [part["inputs"] for part in reaction.context["parts"]]


def _overtaken(case: Case, past: Past | None, hearing: Hearing) -> str:
    """Why a notice that comes late says nothing new: its own sender has since made a newer one, or taken it back.
    Feeds overtake each other, and an outage is caught up with afterwards."""
    event, when = case.event, made(case.event)
    if not when or case.aliases or event.id != hearing.event.id:
        return ""  # of several events, revisions are told apart where partners are chosen
    mission = str(event.data.get("mission") or "")
    if past is not None and past.standing and past.mission == mission and when < past.made:
        return f"late: made at {when}, before {past.event} that was already acted on"
    taken_back = hearing.memory.retracted_by(event, hearing.stored.seq)
    if taken_back is not None and when < made(taken_back):
        return f"late: made at {when}, before its retraction {taken_back.id}"
    return ""


def _held_back(rule: Rule, case: Case, reaction: NewReaction, hearing: Hearing, going: int) -> Verdict | None:
    """What keeps a rule that would fire from it: rules that mute it, people who silenced it, its limit, its mode."""
    memory, now = hearing.memory, hearing.now
    for muter in hearing.rules.muters(rule.name):
        values = memory.mutes(muter.name, now)
        if values and (same := _same(muter, case.scene)) is not None and same in values:
            about = f" for {same}" if same else ""
            return Verdict(outcome="muted", reason=f"the rule '{muter.name}' fired and mutes it{about}")
    silence = memory.silence(rule.name, case.event.object, now)
    if silence is not None:
        by = f" by {silence.by}" if silence.by else ""
        reason = f"silenced{by} until {iso(silence.until)}: {silence.why} (silence {silence.id})"
        return Verdict(outcome="silenced", reason=reason)
    if rule.limit is not None:
        value = str(reaction.context["limit"])
        fired = memory.firings(rule.name, value, window_start(now, rule.limit.window_s))
        if fired >= rule.limit.count:
            for_whom = f" for {value}" if value else ""
            reason = f"fired {fired} times in {rule.limit.window_s:g} s{for_whom}; the limit is {rule.limit.count}"
            return Verdict(outcome="limited", reason=reason)
    if rule.mode == "skip" and going:
        return Verdict(outcome="skipped", reason="mode: skip, and what it began before has not ended")
    if rule.mode == "queue" and going >= MAX_QUEUE:
        memory.complain(f"rule {rule.name}: {MAX_QUEUE} reactions wait in one place; later ones are dropped")
        return Verdict(outcome="limited", reason=f"mode: queue, and {going} reactions wait already")
    return None


def _same(muter: Rule, scene: Scene) -> str | None:
    """The value of `mutes.same`, as another rule's event has it; None where it is unknown."""
    expression = muter.mutes.same if muter.mutes else None
    if expression is None:
        return ""
    own = Scene(scene.evaluation, muter.variables, scene.given)
    got = scene.evaluation.evaluate(expression, own.values)
    return str(got.value) if got.state == "value" else None


def _complete(rule: Rule, case: Case, reaction: NewReaction, hearing: Hearing) -> NewReaction:
    """With the other events that it rests on, and what it mutes."""
    members = case.members[1:]
    more: dict[str, Any] = {}
    if case.aliases:
        more["aliases"] = {name: event.id for name, event in case.aliases.items()}
    if members:
        more["members"] = [msgspec.to_builtins(member) for member in members]
        more["mock"] = not all(e.is_real for e in (case.event, *case.aliases.values(), *case.others))
    if rule.mutes is not None and (same := _same(rule, case.scene)) is not None:
        until = hearing.now + timedelta(seconds=rule.mutes.for_s)
        more["mutes"] = {"until": iso(until), "value": same}
    return msgspec.structs.replace(reaction, context=reaction.context | more, members=members, mode=rule.mode)


def _escalations(rule: Rule, case: Case, reaction: NewReaction, hearing: Hearing) -> list[Opened]:
    """Whom to page when nothing was done by then. A revision does not begin the time anew."""
    running = {w.data.get("index") for w in hearing.memory.waits(rule.name, reaction.per) if w.form == "escalate"}
    opened = []
    for index, escalation in enumerate(rule.escalate):
        if index in running:
            continue
        wait = Wait(
            key=digest(rule.name, "escalate", index, reaction.slot, hearing.event.id),
            rule=rule.name,
            form="escalate",
            due=hearing.now + timedelta(seconds=escalation.after_s),
            per=reaction.per,
            event=case.event.id,
            members=case.members,
            data={"index": index, "slot": reaction.slot},
        )
        if hearing.memory.full(rule.name):
            hearing.memory.complain(f"rule {rule.name}: too many open waits; an escalation is not watched for")
            continue
        opened.append(Opened(wait=wait, events=[case.event]))
    return opened
