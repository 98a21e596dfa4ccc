"""Notices overtake each other and come twice: in the end the same has fired."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from rules_samples import NOON

from nuncius.core.event import Event
from nuncius.journal import Decided, Journal, Stored
from reactors.engine import decide
from reactors.functions import Maps
from reactors.loader import load_rules
from reactors.recalling import RamMemory
from reactors.ruleset import RuleSet
from reactors.timers import ring_due

RULES = """
rule: pair
when: {gw: lvk.alert, grb: gcn.notice}
within: 10m
if: gw.far < grb.rate_snr
do: [{post: "${gw.id} ${grb.id}"}]
---
rule: triple
when: {gw: lvk.alert, grb: gcn.notice.fermi, nu: gcn.notice.icecube}
within: {of: nu, from: -20m, to: 20m}
do: [{post: "${gw.id} ${grb.id} ${nu.id}"}]
---
rule: bout
when: gcn.notice
within: 20m
count: 3
per: "'all'"
do: [{post: "many"}]
---
rule: missing
when: lvk.alert
within: 1h
without: {grb: gcn.notice.fermi}
where: grb.rate_snr > 3
do: [{post: "none for ${ev.id}"}]
---
rule: single
when: gcn.notice
if: ev.rate_snr > 2
do: [{post: "${ev.id}"}]
"""
KINDS = ("lvk.alert.x", "gcn.notice.fermi.gbm.x", "gcn.notice.icecube.ic86.x", "gcn.notice.swift.bat.x")
_loaded = load_rules(RULES, "t.yaml")
RULE_SET = RuleSet(_loaded.rules)


@st.composite
def skies(draw: st.DrawFn) -> list[Event]:
    """Some events within two hours, each about an object of its own; all come in the hour after the last happened."""
    events = []
    for number in range(draw(st.integers(2, 9))):
        kind = draw(st.sampled_from(KINDS))
        t0 = NOON + timedelta(minutes=draw(st.integers(0, 60)))
        data = {"mission": kind.split(".")[2], "instrument": "x", "far": float(draw(st.integers(0, 6)))}
        data["rate_snr"] = float(draw(st.integers(0, 6)))
        events.append(
            Event(
                id=f"e{number}", kind=kind, source="t", object=f"o{number}", trigger_time=t0, received=NOON, data=data
            )
        )
    return events


def run(events: list[Event]) -> list[Decided]:
    """All that is said, with windows closed at the end."""
    memory, maps, said = RamMemory(), Maps(lambda _: b""), []
    known: set[str] = set()
    for number, event in enumerate(events):
        received = NOON + timedelta(hours=1, seconds=number)  # inside the windows of all
        if event.id in known:  # the journal keeps it once
            continue
        known.add(event.id)
        event = msgspec.structs.replace(event, received=received)
        said += list(ring_due(RULE_SET, received, memory=memory, maps=maps))
        stored = Stored(seq=number + 1, event=event, journalled=received)
        if decided := decide(RULE_SET, stored, now=received, memory=memory, maps=maps):
            said.append(decided)
    said += list(ring_due(RULE_SET, NOON + timedelta(days=9), memory=memory, maps=maps))
    return said


def fired(said: list[Decided]) -> set[tuple[str, str]]:
    """Which rules fired, and on which events (for a count: that it fired)."""
    found = set()
    for decided in said:
        for reaction in decided.reactions:
            together = sorted(reaction.context.get("aliases", {}).values()) or [reaction.context["event"]]
            found.add((reaction.rule, "" if reaction.rule == "bout" else " ".join(together)))
    return found


@settings(max_examples=150, deadline=None)
@given(skies(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_change_what_fires(events: list[Event], random: object) -> None:
    assert not _loaded.errors
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fired(run(events)) == fired(run(shuffled))


@settings(max_examples=75, deadline=None)
@given(skies(), st.randoms(use_true_random=False))
def test_what_comes_twice_changes_nothing(events: list[Event], random: object) -> None:
    twice = sorted([*events, *events], key=lambda _: random.random())  # type: ignore[attr-defined]
    once = list(dict.fromkeys(event.id for event in twice))
    by_id = {event.id: event for event in events}
    assert fired(run(twice)) == fired(run([by_id[event_id] for event_id in once]))


def test_the_samples_fire_every_rule() -> None:
    """The property would hold as well of rules that never fire."""

    def at(name: str, kind: str, minute: int, snr: float) -> Event:
        data = {"mission": kind.split(".")[2], "far": 1.0, "rate_snr": snr}
        t0 = NOON + timedelta(minutes=minute)
        return Event(id=name, kind=kind, source="t", object=name, trigger_time=t0, received=NOON, data=data)

    events = [at("a", KINDS[0], 0, 1), at("b", KINDS[1], 5, 3), at("c", KINDS[2], 6, 2), at("d", KINDS[3], 7, 2)]
    assert {rule for rule, _ in fired(run(events))} == {"pair", "triple", "bout", "missing", "single"}


@settings(max_examples=15, deadline=None)
@given(skies(), st.randoms(use_true_random=False))
def test_a_journal_remembers_what_memory_does(tmp_path_factory: object, events: list[Event], random: object) -> None:
    """The live memory, made anew from the journal after each event as by restarts, says the same as one that was told
    everything in one go."""
    from nuncius.core.clock import VirtualClock
    from reactors.reactor import Reactor
    from reactors.rulebook import RuleBook

    folder = tmp_path_factory.mktemp("order")  # type: ignore[attr-defined]
    (folder / "r.yaml").write_text(RULES)
    book = RuleBook([folder / "r.yaml"])
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    with Journal.open(f"sqlite:///{folder / 'j.db'}", synchronous="normal") as journal:
        clock = VirtualClock(NOON)
        for number, event in enumerate(shuffled):
            received = NOON + timedelta(hours=1, seconds=number)
            journal.append([msgspec.structs.replace(event, received=received)])
            reactor = Reactor(journal, book, clock)
            while reactor.step():
                pass
        clock.advance_to(NOON + timedelta(days=9))
        reactor = Reactor(journal, book, clock)
        while reactor.step():
            pass
        found = set()
        for reaction in journal.reactions(limit=10_000):
            together = sorted(reaction.context.get("aliases", {}).values()) or [reaction.context["event"]]
            found.add((reaction.rule, "" if reaction.rule == "bout" else " ".join(together)))
    assert found == fired(run(shuffled))
