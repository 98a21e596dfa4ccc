"""Performs the inline tests of rules on a virtual clock: what was expected against what the engine says. Nothing is
sent and nothing is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.event import Event, iso
from reactors.deciding import line_text
from reactors.given import Blobs, given_events
from reactors.rule import Rule
from reactors.ruleset import RuleSet
from reactors.ruletest import RuleTest, as_test, instant
from reactors.testcompare import Came, differences, offset
from reactors.trial import Heard, Trial

#: A rule's windows are waited for as long as this after the last event, unless the test says `until`.
LONGEST = timedelta(days=60)


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """A test and what became of it: no `differences` where it passed."""

    __test__ = False  # pytest would take it for a test

    rule: str
    file: str
    line: int
    about: str
    differences: list[str] = []
    came: list[Came] = []
    t0: datetime

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.differences


def run_tests(rules: Sequence[Rule]) -> list[TestResult]:
    """All inline tests of these rules, each on a past of its own."""
    return [run_test(rule, plain) for rule in rules for plain in rule.tests]


def run_test(rule: Rule, plain: dict[str, Any]) -> TestResult:
    """One test of a rule. Files and archives are looked for beside the rule's file."""
    test = as_test(plain)
    told: dict[str, Any] = {"rule": rule.name, "file": rule.file, "line": test.line, "about": test.about, "t0": test.t0}
    try:
        came = list(_perform(rule, test))
    except NunciusError as error:
        return TestResult(**told, differences=[f"the test cannot be performed: {error}"])
    return TestResult(**told, came=came, differences=differences(test, came))


def _perform(rule: Rule, test: RuleTest) -> Iterator[Came]:
    blobs = Blobs()
    events = given_events(test.given, test.t0, Path(rule.file).parent, blobs)
    # A rule that is switched off can be tested all the same: that is how one is made ready.
    tried = msgspec.structs.replace(rule, status="live") if rule.status == "off" else rule
    start = min([test.t0, *(event.received for event in events)])
    queries = None if test.graph is None else _Given(test.graph)
    trial = Trial(RuleSet([tried]), blob=blobs, start=start, queries=queries)
    if test.outage is not None:
        begin, end = test.outage
        early, events = _split(events, begin)
        missed, events = _split(events, end)
        yield from _heard(trial, rule, test, early)
        yield from _said(trial, rule, test, trial.stand_still(begin, end, missed))
    yield from _heard(trial, rule, test, events)
    yield from _said(trial, rule, test, _run_on(trial, rule, test))


def _heard(trial: Trial, rule: Rule, test: RuleTest, events: Sequence[Event]) -> Iterator[Came]:
    if rule.schedule is not None and events:
        yield from _said(trial, rule, test, trial.run_until(events[0].received))
    for event in events:
        yield from _said(trial, rule, test, trial.hear(event))


def _split(events: Sequence[Event], at: datetime) -> tuple[list[Event], list[Event]]:
    """Events that come before a moment, and the others."""
    return [e for e in events if e.received < at], [e for e in events if e.received >= at]


class _Given:
    """The graph as a test gives it: rows of stored queries, whatever is asked of them; others find nothing."""

    def __init__(self, rows: Mapping[str, list[dict[str, Any]]]) -> None:
        self._rows = rows

    def get(self, name: str, params: Mapping[str, Any], *, as_of: datetime | None = None) -> list[dict[str, Any]]:
        return self._rows.get(name, [])


def _said(trial: Trial, rule: Rule, test: RuleTest, heard: Iterator[Heard]) -> Iterator[Came]:
    """The rule's own decisions, each as it stood then."""
    for item in heard:
        for decision in item.decided.decisions:
            if decision.rule != rule.name:
                continue
            reactions = [reaction for reaction in item.decided.reactions if reaction.rule == rule.name]
            yield Came(
                at=iso(item.event.received) or "",
                event=item.event.id,
                outcome=decision.outcome,
                reason=decision.reason,
                per=", ".join(reaction.per for reaction in reactions),
                trace=decision.trace,
                acts=[act for reaction in reactions for act in trial.preview(item, reaction, test.results)],
            )


def _run_on(trial: Trial, rule: Rule, test: RuleTest) -> Iterator[Heard]:
    """How long the clock runs on: as the test says, else until every window has closed. A schedule never ends, so
    without `until` it rings no more after the last event."""
    last = trial.clock.now()
    if test.until:
        yield from trial.run_until(max(last, instant(test.until, test.t0)))
        return
    while rule.schedule is None and (due := trial.memory.open_waits.last_due()) is not None and due <= last + LONGEST:
        yield from trial.run_until(due)


def told(result: TestResult) -> list[str]:
    """A test for people: what differs, what came, and the trace of each decision."""
    lines = [f"  {text}" for text in result.differences]
    for one in result.came:
        lines.append(f"  came {offset(one.at, result.t0)} {one.outcome} on {one.event}: {one.reason}")
        lines += [f"      {line_text(line)}" for line in one.trace if line.get("if")]
        lines += [f"      would: {act}" for act in one.acts]
    if not result.came:
        lines.append("  came nothing")
    return lines
