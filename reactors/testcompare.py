"""What an inline test expected against what came, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from nuncius.core.event import iso
from reactors.deciding import FIRES
from reactors.previewing import Preview
from reactors.ruletest import Expected, RuleTest, instant

#: Outcomes that may well follow a firing: the same rule has acted before.
_AFTER_FIRING = ("shadow", "unchanged", "limited", "muted", "silenced", "skipped", "waiting")


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of the rule under test, as it came."""

    at: str
    event: str
    outcome: str
    reason: str
    per: str = ""
    trace: list[dict[str, Any]] = []
    acts: list[Preview] = []


def differences(test: RuleTest, came: Sequence[Came]) -> list[str]:
    """What is not as expected, in words; empty where all is."""
    if test.each:
        wrong = []
        if len(test.expect) != len(came):
            wrong.append(f"expected {len(test.expect)} decisions, {len(came)} came")
        for number, (expected, one) in enumerate(zip(test.expect, came, strict=False), start=1):
            wrong += [f"decision {number}: {text}" for text in _compare(test, expected, one)]
        return wrong
    return [text for expected in test.expect for text in _deciding(test, expected, came)]


def _deciding(test: RuleTest, expected: Expected, came: Sequence[Came]) -> list[str]:
    """One word about the whole test: `fires` is about the (last) firing, any other about the last decision, and then
    nothing may have fired before."""
    if expected.outcome == "silent":
        return [f"expected no decision at all, {len(came)} came: {_outcomes(came)}"] if came else []
    if not came:
        return [f"expected {expected.outcome}, but the rule heard nothing: its kinds are not among what is given"]
    fired = [one for one in came if one.outcome in FIRES]
    if expected.outcome == "fires":
        return _compare(test, expected, fired[-1] if fired else came[-1])
    if fired and expected.outcome not in _AFTER_FIRING:
        return [f"expected {expected.outcome} and nothing else, but it {fired[0].outcome} at {fired[0].at}"]
    return _compare(test, expected, came[-1])


def _outcomes(came: Sequence[Came]) -> str:
    return ", ".join(one.outcome for one in came)


def _compare(test: RuleTest, expected: Expected, came: Came) -> list[str]:
    outcomes = FIRES if expected.outcome == "fires" else {expected.outcome}
    if came.outcome not in outcomes:
        return [f"expected {expected.outcome}, came {came.outcome}: {came.reason}"]
    wrong = []
    if expected.at and instant(expected.at, test.t0) != datetime.fromisoformat(came.at):
        wrong.append(f"expected at {offset(iso(instant(expected.at, test.t0)) or '', test.t0)}, came at "
                     f"{offset(came.at, test.t0)}")  # fmt: skip
    if expected.per and expected.per not in came.per:
        wrong.append(f"expected for {expected.per}, came for {came.per or 'nothing'}")
    if expected.because and not _because(expected.because, came):
        wrong.append(f"expected because of {expected.because!r}, came because: {came.reason}")
    posts = [act.what for act in came.acts if act.do == "post" and act.would == "runs"]
    wrong += [
        f"expected a post with {text!r}, came {posts or 'none'}"
        for text in expected.post
        if not any(_squeeze(text) in _squeeze(post) for post in posts)
    ]
    return wrong + (_runs(expected.runs, came.acts) if expected.runs is not None else [])


def _because(text: str, came: Came) -> bool:
    """Whether a condition's line, or words of the reason, decided."""
    wanted = _squeeze(text)
    truth = {"not": "false", "unknown": "unknown", "error": "error"}.get(came.outcome, "true")
    lines = [_squeeze(str(line.get("if", ""))) for line in came.trace if line.get("is") == truth]
    return wanted in lines or wanted in _squeeze(came.reason)


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _runs(runs: Sequence[str | dict[str, Any]], acts: Sequence[Preview]) -> list[str]:
    """What would run, in order, beside what should; posts count only where the test names posts."""
    wanted = [next(iter(run.items())) if isinstance(run, dict) and run else (str(run), None) for run in runs]
    names_posts = any(name == "post" for name, _ in wanted)
    would = [act for act in acts if act.would in ("runs", "depends") and (names_posts or act.do != "post")]
    names = [_name(act) for act in would]
    if [name for name, _ in wanted] != [_word(act, [n for n, _ in wanted]) for act in would]:
        skipped = [f"{_name(act)} is {act.would}: {act.why}" for act in acts if act not in would and act.do != "post"]
        return [f"expected to run {[name for name, _ in wanted]}, came {names}", *skipped]
    wrong: list[str] = []
    for (name, inputs), act in zip(wanted, would, strict=True):
        if isinstance(inputs, dict):
            have = act.inputs if isinstance(act.inputs, dict) else {}
            wrong += [
                f"{name}: expected {key} = {value!r}, came {have.get(key)!r}"
                for key, value in inputs.items()
                if not _same(value, have.get(key))
            ]
        elif inputs is not None and _squeeze(str(inputs)) not in _squeeze(act.what):
            wrong.append(f"expected {name} with {str(inputs)!r}, came {act.what!r}")
    return wrong


def _word(act: Preview, wanted: Sequence[str]) -> str:
    """An action may be called by its verb (`post`, `ask`) or by what it runs (`localization`)."""
    return act.do if act.do in wanted and act.what not in wanted else _name(act)


def _name(act: Preview) -> str:
    return act.do if act.do in ("post", "ask", "page", "emit") else act.what


def _same(expected: Any, came: Any) -> bool:
    if isinstance(expected, int | float) and isinstance(came, int | float) and not isinstance(expected, bool):
        return abs(float(expected) - float(came)) <= 1e-9 * max(abs(float(expected)), abs(float(came)))
    if isinstance(expected, dict) and isinstance(came, dict):
        return all(_same(value, came.get(key)) for key, value in expected.items())
    return bool(expected == came)


def offset(at: str, t0: datetime) -> str:
    """A moment as the test would write it: T0+5m."""
    seconds = (datetime.fromisoformat(at) - t0).total_seconds()
    sign, size = ("-" if seconds < 0 else "+"), abs(seconds)
    if not size:
        return "T0"
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if size >= length and size % length == 0:
            return f"T0{sign}{size / length:g}{unit}"
    return f"T0{sign}{size:g}s"
