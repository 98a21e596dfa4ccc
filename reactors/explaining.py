"""Why did it, why didn't it: what a rule said about an event, from the trace that was kept, else worked out anew; with
what holds it back now. Reads the journal, changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from kg.names import normalise_name
from kg.objects import resolve
from nuncius.core.errors import ConfigurationError
from nuncius.core.event import Event, iso
from nuncius.core.registry import did_you_mean
from nuncius.journal import Journal
from nuncius.journal.records import Decision, Stored
from reactors.circumstances import MOST, circumstances
from reactors.given import Blobs, given_events
from reactors.recalling import JournalMemory
from reactors.rule import Rule
from reactors.ruleset import RuleSet
from reactors.trial import Trial

#: From when to when a circular or notice may name the objects that are suggested for an unknown name.
SUGGESTED = 6


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One word of a rule on an event. `source`: "kept" with the decision, or "computed" now. `outcome` "deaf": the rule
    does not listen to such events."""

    rule: str
    event: str
    at: str
    source: str
    outcome: str
    reason: str
    trace: list[dict[str, Any]] = []
    would: list[str] = []
    circumstances: list[str] = []


def explain(
    journal: Journal | None, rules: RuleSet, name: str, event: str, *, now: datetime, files: bool = False
) -> list[Explanation]:
    """All that the rule `name` has to say about `event`: an event's id, a name of an object or, where `files` of this
    machine may be looked at, one that holds notices. Raises ConfigurationError that helps where there is no such
    rule or event."""
    rule = next((rule for rule in rules.rules if rule.name == name), None)
    if rule is None and not (journal and journal.decisions(rule=name, limit=1)):
        known = [rule.name for rule in rules.rules]
        raise ConfigurationError(f"no rule is named '{name}'{did_you_mean(name, known)}")
    if files and Path(event).is_file():
        return _of_file(_there(rule, name), Path(event))
    if journal is None:
        raise ConfigurationError(f"'{event}' is no file, and there is no journal to look for it in")
    stored = _events(journal, event)
    if not stored:
        raise ConfigurationError(f"nothing is known of '{event}'{_suggestions(journal, event)}")
    every = [one for item in stored for one in _of_stored(journal, rules, rule, name, item)]
    # Of all that is journalled about an object the rule hears some: the rest would hide them.
    found = [one for one in every if one.outcome != "deaf"] or every
    about = circumstances(journal, rules, rule, stored, now=now) if rule is not None else [f"'{name}' is gone by now"]
    if found and about:
        found[-1] = msgspec.structs.replace(found[-1], circumstances=about)
    return found


def _there(rule: Rule | None, name: str) -> Rule:
    if rule is None:
        raise ConfigurationError(f"the rule '{name}' is gone by now; only its past decisions can be shown")
    return rule


def _events(journal: Journal, event: str) -> list[Stored]:
    """The event of that id, else all about the object of that name. What was waited for is told with the event that it
    waited on."""
    found = journal.get(event)
    if found is not None:
        return [found]
    obj = resolve(journal, event)
    return [item for item in journal.events_of(obj) if item.event.kind != "timer"] if obj else []


def _suggestions(journal: Journal, event: str) -> str:
    """Objects of nearly that name."""
    names = [name for item in journal.objects(limit=MOST) for name in item.names]
    wanted = normalise_name(event) or event
    near = did_you_mean(wanted, names)
    if near.startswith("; did"):
        return near
    some = ", ".join(names[:SUGGESTED])
    return f"; name an event's id, a file, or an object{f' such as {some}' if some else ' (the journal has none yet)'}"


def _of_stored(journal: Journal, rules: RuleSet, rule: Rule | None, name: str, item: Stored) -> list[Explanation]:
    kept = journal.decisions(event_id=item.event.id, rule=name, limit=MOST)
    rung = [
        decision
        for wait in (journal.waits_of(name, limit=MOST) if kept else ())
        if wait.event == item.event.id and wait.state == "rung"
        for decision in journal.decisions(event_id=f"timer:{wait.key}", rule=name, limit=1)
    ]
    told = sorted([*kept, *rung], key=lambda decision: decision.id)
    if told:
        return [_explained(d, d.event_id, iso(d.decided) or "", source="kept") for d in told]
    return [] if rule is None else [_computed(journal, rules, rule, item)]


def _explained(decision: Decision, event: str, at: str, *, source: str, would: Sequence[str] = ()) -> Explanation:
    return Explanation(
        rule=decision.rule,
        event=event,
        at=at,
        source=source,
        outcome=decision.outcome,
        reason=decision.reason,
        trace=decision.trace,
        would=list(would),
    )


def _computed(journal: Journal, rules: RuleSet, rule: Rule, item: Stored) -> Explanation:
    """What the rule as it is now says about an event that it has not decided about."""
    deaf = _deaf(rule, item.event)
    if deaf is not None:
        return deaf
    memory = JournalMemory(journal, upto=item.seq - 1)
    trial = Trial(_alone(rule), blob=journal.blob, start=item.event.received, memory=memory, upto=item.seq - 1)
    obj = item.event.object or next(iter(_objects(journal, item)), None)
    event = msgspec.structs.replace(item.event, object=obj)
    return _tried(trial, rule, event, rings=False)[0]


def _objects(journal: Journal, item: Stored) -> list[str]:
    names = item.event.data.get("event_name")
    found = [resolve(journal, str(name)) for name in (names if isinstance(names, list) else [])]
    return [obj for obj in found if obj]


def _alone(rule: Rule) -> RuleSet:
    """A set of this rule only. One that is off says what it would say."""
    return RuleSet([msgspec.structs.replace(rule, status="live") if rule.status == "off" else rule])


def _deaf(rule: Rule, event: Event) -> Explanation | None:
    """Why a rule does not hear an event at all."""
    kinds = [*rule.when, *(rule.absent.alias.kinds if rule.absent else ())]
    if any(event.is_a(kind) for kind in kinds):
        return None
    listens = f"hears {', '.join(kinds)}" if kinds else "runs by the clock and hears no event"
    reason = f"the rule {listens}; this event is of kind {event.kind}"
    return Explanation(
        rule=rule.name,
        event=event.id,
        at=iso(event.received) or "",
        source="computed",
        outcome="deaf",
        reason=reason,
    )


def _of_file(rule: Rule, path: Path) -> list[Explanation]:
    """What the rule says about the notices in a file, one after the other, as if nothing had been before."""
    blobs = Blobs()
    events = given_events([{"file": path.name}], datetime.now().astimezone(), path.parent, blobs)
    trial = Trial(_alone(rule), blob=blobs)
    told: list[Explanation] = []
    for event in events:
        told += [deaf] if (deaf := _deaf(rule, event)) else _tried(trial, rule, event, rings=True)
    due = trial.memory.open_waits
    waiting = [f"waits until {iso(wait.due)} ({wait.form})" for wait in due]
    if told and waiting:
        told[-1] = msgspec.structs.replace(told[-1], circumstances=waiting)
    return told


def _tried(trial: Trial, rule: Rule, event: Event, *, rings: bool) -> list[Explanation]:
    told: list[Explanation] = []
    for heard in trial.hear(event):
        if heard.rang and not rings:
            continue
        for decision in heard.decided.decisions:
            reactions = [r for r in heard.decided.reactions if r.rule == decision.rule]
            would = [str(act) for reaction in reactions for act in trial.preview(heard, reaction)]
            at = iso(heard.event.received) or ""
            told.append(_explained(decision, heard.event.id, at, source="computed", would=would))
    if not told:
        off = "it is off" if rule.status == "off" else "no decision is kept"
        told.append(
            Explanation(
                rule=rule.name, event=event.id, at="", source="computed", outcome="not", reason=f"nothing said: {off}"
            )
        )
    return told
