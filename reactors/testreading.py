"""Reads `test` of a rule file: notes what is wrong with inline tests, with its place, before any of them runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from nuncius.core.event import Tense
from nuncius.core.registry import did_you_mean
from reactors.reading import Reading
from reactors.ruletest import DEFAULT_T0, EXPECT_KEYS, TEST_KEYS, WORDS, as_test, instant
from reactors.vocabulary import FIELDS, KINDS
from reactors.yamlsource import Value

MOST_TESTS = 100
MOST_EVENTS = 500


def read_tests(value: Value | None, reading: Reading) -> tuple[dict[str, Any], ...]:
    """The value of `test`, as plain maps that `as_test` takes; notes what is wrong, with its place."""
    if value is None or value.content is None:
        return ()
    items = value.content if isinstance(value.content, list) else [value]
    if len(items) > MOST_TESTS:
        reading.add(value, f"{len(items)} tests; at most {MOST_TESTS} in one rule", "split the rule or its tests")
        return ()
    read: list[dict[str, Any]] = []
    for item in items:
        before = reading.errors
        if not isinstance(item.content, dict):
            reading.wrong(
                item, "a test is a map of given and expect", "for example - {given: {kind: lvk.alert}, expect: fires}"
            )
            continue
        _check(item, reading)
        if reading.errors == before:
            plain = item.plain() | {"line": item.line}
            if reading.guard(item, partial(as_test, plain)) is not None:
                read.append(plain)
    return tuple(read)


def _check(item: Value, reading: Reading) -> None:
    fields = {key: value for key, (_, value) in item.content.items()}
    _known(item, TEST_KEYS, "a test", reading)
    for key in ("given", "expect"):
        if key not in fields or (key == "expect" and fields[key].content is None):
            if key == "given" and "until" in fields:
                continue  # a rule on a schedule hears no event but the clock
            reading.add(item, f"a test needs '{key}'", "for example given: {kind: lvk.alert.preliminary, far: 1e-9}")
    given = fields.get("given")
    events = given.content if given is not None and isinstance(given.content, list) else [given] if given else []
    if len(events) > MOST_EVENTS:
        reading.add(item, f"{len(events)} events in one test; at most {MOST_EVENTS}", "name a file or an archive")
    for event in events:
        _check_given(event, reading)
    expect = fields.get("expect")
    wanted: Sequence[Value] = (
        expect.content if expect and isinstance(expect.content, list) else [expect] if expect else ()
    )
    for one in wanted:
        _check_expect(one, reading)
    for key in ("T0", "until"):
        if key in fields:
            _moment(fields[key], reading)
    _check_runs(fields.get("runs"), reading)


def _known(item: Value, keys: Sequence[str], what: str, reading: Reading) -> None:
    for key, (place, _) in item.content.items():
        if key not in keys:
            reading.add(place, f"unknown key '{key}' in {what}{did_you_mean(key, list(keys))}")


def _check_given(event: Value, reading: Reading) -> None:
    if not isinstance(event.content, dict):
        reading.wrong(
            event, "a given event is a map", "for example {kind: lvk.alert.preliminary, at: T0+5m, far: 1e-9}"
        )
        return
    fields = {key: value for key, (_, value) in event.content.items()}
    sources = [key for key in ("kind", "file", "archive") if key in fields]
    if len(sources) != 1:
        reading.add(event, "a given event has exactly one of kind, file and archive")
        return
    for key in ("at", "trigger_time"):
        if key in fields and fields[key].content is not None:
            _moment(fields[key], reading)
    if sources == ["kind"]:
        _check_words(event, fields, reading)
        return
    allowed = {"file": ("file", "at", "object"), "archive": ("archive", "ids")}[sources[0]]
    _known(event, allowed, f"a given {sources[0]}", reading)
    reading.text(fields[sources[0]], required=True)
    if sources == ["archive"] and not (isinstance(ids := fields.get("ids", event).content, list) and ids):
        reading.add(event, "an archive needs the ids of the events that are meant", "ids: [ivo://…]")


def _check_words(event: Value, fields: dict[str, Value], reading: Reading) -> None:
    kind = reading.text(fields["kind"], required=True)
    if kind and not any(kind == k or kind.startswith(k + ".") for k in KINDS):
        reading.add(fields["kind"], f"no event is of kind '{kind}'{did_you_mean(kind, list(KINDS))}")
    reading.choice(fields.get("tense"), [tense.value for tense in Tense], Tense.INITIAL.value)
    if kind.startswith("custom."):
        return  # its fields are what a rule gives it
    known = [*FIELDS, "at"]
    for key, (place, _) in event.content.items():
        hint = did_you_mean(key, known)
        if key not in known and hint.startswith("; did"):
            reading.add(place, f"no event has the field '{key}'{hint}", warning=True)


def _check_expect(one: Value, reading: Reading) -> None:
    if isinstance(one.content, dict):
        _known(one, EXPECT_KEYS, "what is expected", reading)
        fields = {key: value for key, (_, value) in one.content.items()}
        reading.choice(fields.get("outcome"), WORDS, "fires")
        if "at" in fields:
            _moment(fields["at"], reading)
        _check_runs(fields.get("runs"), reading)
    else:
        reading.choice(one, WORDS, "fires")


def _check_runs(runs: Value | None, reading: Reading) -> None:
    for run in runs.content if runs is not None and isinstance(runs.content, list) else [runs] if runs else []:
        if not isinstance(run.content, str | dict):
            reading.wrong(run, "what runs is an action's word, or a map of it to inputs", "runs: [localization]")


def _moment(value: Value, reading: Reading) -> None:
    reading.guard(value, partial(instant, str(value.content), DEFAULT_T0))
