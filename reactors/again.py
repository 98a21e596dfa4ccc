"""Questions that were left open: a rule that asks the graph and got no answer is looked at again when a fact about the
same object arrives. (A revision asks by itself.)"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from nuncius.core.event import Event
from nuncius.journal.records import Stored
from reactors.hearing import Hearing
from reactors.judging import Verdict
from reactors.rule import Rule

#: Kinds that say that the graph knows more about an object.
FACTS = "kg.fact"
#: Open questions about one object that are looked at again.
MOST = 100


def look_again(hearing: Hearing, judge: Callable[[Rule, Hearing], Verdict]) -> Iterator[tuple[Rule, Verdict]]:
    """What rules say now on events that they had no answer about before the fact just heard."""
    fact = hearing.event
    if fact.object is None or not fact.is_a(FACTS) or not hearing.rules.ask_graph:
        return
    for name, event_id in hearing.memory.questions(fact.object)[:MOST]:
        rule, event = hearing.rules.named(name), hearing.memory.event(event_id)
        if rule is None or not rule.asks_graph or event is None:
            continue
        asking = _hearing_of(event, hearing)
        if hearing.memory.is_retracted(asking.seen):
            hearing.memory.question(fact.object, name, None)
            continue
        verdict = judge(rule, asking)
        note_answer(rule, event, verdict, hearing)
        if verdict.outcome != "unknown":
            told = f"{event_id}, looked at again after {fact.id}: {verdict.reason}"
            yield rule, msgspec.structs.replace(verdict, reason=told)


def _hearing_of(event: Event, hearing: Hearing) -> Hearing:
    stored = Stored(seq=hearing.stored.seq, event=event, journalled=hearing.stored.journalled)
    return Hearing(stored, hearing.rules, now=hearing.now, memory=hearing.memory, maps=hearing.maps)


def note_answer(rule: Rule, event: Event, verdict: Verdict, hearing: Hearing) -> None:
    """Keep in mind what was left open, and what no longer is."""
    if rule.asks_graph and event.object is not None:
        hearing.memory.question(event.object, rule.name, event if verdict.outcome == "unknown" else None)
