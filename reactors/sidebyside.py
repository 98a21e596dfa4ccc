"""Decides about an archive's events by one or two rule sets and sets their words against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from analyses.fields import Surroundings
from analyses.orbits import Orbits
from nuncius.core.event import Event, iso
from nuncius.journal.records import Decision, NewReaction
from reactors.asking import Queries
from reactors.context import context
from reactors.deciding import FIRES, deciding_line
from reactors.evaluation import Evaluation
from reactors.findings import Findings
from reactors.identities import Identities, private_table
from reactors.judging import conditions
from reactors.previewing import Preview
from reactors.ruleset import RuleSet
from reactors.runs import Entry
from reactors.scene import Scene
from reactors.trial import Heard, Trial
from reactors.whereabouts import Whereabouts


class SideBySide:
    """Takes entries in order of arrival: known twice or not, about which object, and what the rules say."""

    def __init__(
        self, rules: RuleSet, other: RuleSet | None, blob: Callable[[str], bytes], queries: Queries | None
    ) -> None:
        self._whereabouts = Whereabouts()
        around = Surroundings(events=self._whereabouts.between, orbits=Orbits())
        sides = [side for side in (rules, other) if side is not None]
        self.trials = [Trial(side, blob=blob, around=around, queries=queries) for side in sides]
        self.findings = Findings()
        self._identities = Identities()
        self._seen = private_table("CREATE TABLE seen (id BLOB PRIMARY KEY) WITHOUT ROWID")
        self.entries = self.events = self.duplicates = self.passed = 0
        self.first: datetime | None = None
        self.last: datetime | None = None

    def take(self, entry: Entry) -> None:
        """One entry of the archive."""
        self.entries += 1
        if self._known(entry.event.id):
            self.duplicates += 1
            return
        told = self._identities.identified(entry.event) if entry.named else entry.event
        if entry.noted:
            self._whereabouts.note(told)
        for event in [*([told] if entry.heard else []), *_facts(entry, told.object)]:
            self.events += 1
            self.first = self.first or event.received
            self.last = event.received
            heard = [list(trial.hear(event)) for trial in self.trials]
            if any(heard):
                self._record(heard)

    def _known(self, event_id: str) -> bool:
        digest = blake2b(event_id.encode("utf-8", "replace"), digest_size=12).digest()
        return self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount == 0

    def _record(self, heard: Sequence[Sequence[Heard]]) -> None:
        """Count what each side said; where there are two, set their words about the same event against each other."""
        said: list[dict[tuple[str, str], _Said]] = []
        for side, items in enumerate(heard):
            said.append({})
            for item in items:
                self.passed += item.decided.passed.rules if item.decided.passed and side == len(heard) - 1 else 0
                for one in _said(item, self.trials[side]):
                    said[side][(one.decision.rule, item.event.id)] = one
                    self.findings.decided(side, one.decision, item.event)
                    if one.decision.outcome in FIRES:
                        t0 = self.trials[side].t0(item)
                        self.findings.fired(side, one.decision.rule, item.event, t0=t0, per=one.per, title=one.title)
        if len(said) == 2:
            for key in {**said[0], **said[1]}:
                self._compare(key, said[0].get(key), said[1].get(key))

    def _compare(self, key: tuple[str, str], before: _Said | None, now: _Said | None) -> None:
        """`now` is what the rules under test say, `before` what the ones they are compared with said."""
        fires = [one is not None and one.decision.outcome in FIRES for one in (before, now)]
        change = {(True, False): "lost", (False, True): "gained", (True, True): "changed"}.get((fires[0], fires[1]))
        if change is None:
            return
        fired = now if fires[1] else before
        assert fired is not None
        silent, side = (now, 1) if change == "lost" else (before, 0)
        if change != "changed":
            line = deciding_line(silent.decision) if silent is not None else self._why_silent(side, key[0], fired)
        elif not (line := _changed(before, now)):
            return
        self.findings.differs(
            rule=key[0],
            about=fired.about,
            per=fired.per,
            event=fired.event,
            change=change,
            line=line,
            title=fired.title,
        )

    def _why_silent(self, side: int, name: str, fired: _Said) -> str:
        """Why a rule set says nothing about what fires in the other: the rule is not there, does not hear it, or was
        passed over by a cheap comparison, of which no decision is made where many rules listen."""
        trial = self.trials[side]
        rule = trial.rules.named(name)
        if rule is None:
            return "the rule is not there"
        if fired.event.kind == "timer":
            waits = [wait for wait in trial.memory.waits(name, fired.per) if wait.form != "schedule"]
            return f"it waits until {iso(waits[-1].due)}" if waits else "it waits for nothing there"
        if rule not in trial.rules.listening(fired.event.kind) or rule.aliases:
            return "the rule hears no such event"
        scene = Scene(Evaluation(context(fired.event), trial.maps), rule.variables)
        outcome, reason, trace = conditions(rule, scene)
        return deciding_line(Decision(rule=name, rule_hash=rule.hash, outcome=outcome, reason=reason, trace=trace))


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's decision about an event, with what it would do."""

    decision: Decision
    event: Event
    about: str
    per: str = ""
    title: str = ""
    acts: list[Preview] = []


def _facts(entry: Entry, obj: str | None) -> Iterator[Event]:
    """The facts that were read in an entry; those about its own object are given it now that it is known."""
    for fact in entry.facts:
        own = obj is not None and fact.object is None
        yield msgspec.structs.replace(fact, object=obj, data=fact.data | {"object": obj}) if own else fact


def _said(heard: Heard, trial: Trial) -> Iterator[_Said]:
    """What each rule said about an event. A rule in shadow has no reaction to look at."""
    reactions: dict[str, NewReaction] = {reaction.rule: reaction for reaction in heard.decided.reactions}
    for decision in heard.decided.decisions:
        reaction = reactions.get(decision.rule)
        acts = trial.preview(heard, reaction) if reaction is not None else []
        says = [act.what for act in acts if act.do == "post"] or [str(act) for act in acts] or [decision.reason]
        yield _Said(
            decision=decision,
            event=heard.event,
            about=heard.about,
            per=reaction.per if reaction else "",
            title=says[0].strip().partition("\n")[0],
            acts=acts,
        )


def _changed(before: _Said | None, now: _Said | None) -> str:
    """The first action that is another, in one line; empty where all are the same."""
    if before is None or now is None:
        return ""
    if before.decision.outcome != now.decision.outcome:
        return f"{before.decision.outcome} → {now.decision.outcome}"
    for number in range(max(len(before.acts), len(now.acts))):
        one, other = (said.acts[number] if number < len(said.acts) else None for said in (before, now))
        if one is not None and other is not None and one.would == other.would == "skipped":
            continue  # for another reason, maybe, but neither does anything
        if one is not None and other is not None and one.would != other.would:
            # Inputs are long, and it is the condition that decided.
            return f"action {number + 1} ({one.do} {_cut(one.what)}): {_would(one)} → {_would(other)}"
        pair = ["nothing" if act is None else str(act) for act in (one, other)]
        if pair[0] != pair[1]:
            return f"action {number + 1}: {_cut(pair[0])} → {_cut(pair[1])}"
    return ""


def _would(act: Preview) -> str:
    return f"{act.would}: {act.why}" if act.why else act.would


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 150 else line[:149] + "…"
