"""`check: feeds, backlog`, `check: all` or `check: ${ev.platform}`: sanity checks by name or by platform, reported with
what is broken first. Later actions may use `broken` (how many) and `answer` under its `as` name."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from analyses.checks.catalogue import catalogue, choose
from analyses.checks.contract import Check as Looked
from analyses.checks.contract import Finding, Platform
from analyses.checks.looking import look
from analyses.checks.recording import record
from analyses.checks.settings import ChecksSettings
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table
from reactors.actions.contract import ACTIONS, Done, Running, Work
from reactors.inthread import InThread
from reactors.saying import report
from reactors.scene import Scene
from reactors.templates import parse_template
from reactors.tokens import ExpressionError

_SIGNS = {True: "well", False: "broken", None: "not set up"}
#: A word so like a shipped check's name is a slip; any other may be a check or a platform of this installation's own.
ALIKE = 0.8
#: Seconds for all of them; each has its own deadline, an hour at most.
MOST_S = 4000.0


def words(text: str) -> list[str]:
    """Names between commas or blanks; none for `all`."""
    found = text.replace(",", " ").split()
    return [] if found == ["all"] else found


class Check:
    """Looks at the platform."""

    options: Collection[str] = ("as",)

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        if "${" in action["what"]:
            parse_template(action["what"], names)
            return
        asked = words(action["what"])
        shipped = catalogue(ChecksSettings()) if asked else {}
        known = [*shipped, *{one.platform for one in shipped.values()}]
        for name in asked:
            near = difflib.get_close_matches(name, known, n=1, cutoff=ALIKE)
            if name not in known and near:
                raise ExpressionError(f"no check or platform is named '{name}'", hint=f"did you mean '{near[0]}'?")

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        # The platform is another one each time: the same event is checked once, the next one again.
        return [action["what"], scene.ev["id"]]

    def perform(self, work: Work) -> Done | Running:
        platform = (
            work.platform(work.now)
            if work.platform is not None
            else Platform(journal=work.journal, now=work.now, data_dir=work.data_dir)
        )
        text = work.scene.text(work.step.action["what"])[0]
        if work.platform is not None and not platform.live:  # how things stand today says nothing of that day
            nothing = Result(answer=f"Checks ({text}): none is made in a replay of the past", values=_values([]))
            return _done(work, nothing)
        asked = words(text)
        known = catalogue(platform.settings)
        there = {*known, *(one.platform for one in known.values())}
        chosen = [] if asked and not there & set(asked) else choose([w for w in asked if w in there], known)
        strange = [word for word in asked if word not in there]
        # In a thread: some take as long as the service needs for an alert, and the runner has other steps to do.
        job = InThread(partial(_looks, chosen, platform, strange), MOST_S)
        return Running(job=job, finish=lambda result: _done(work, result))


def _looks(chosen: Sequence[Looked], platform: Platform, strange: Sequence[str], stop: threading.Event) -> Result:
    """Make the checks. In the service each look counts, as those do that it makes by itself."""
    found = look(chosen, platform, stop=stop)
    if platform.live and not stop.is_set():
        for looked in found:
            record(platform.book, looked, platform.now)
    return _result([looked.finding for looked in found] + [_strange(word) for word in strange])


def _strange(word: str) -> Finding:
    mend = f"name its addresses under [checks.platforms.{word}] and `like` which platform it is, see docs/checks.md"
    return Finding(name=word, ok=None, reason="no check or platform of that name is known here", mend=mend)


def _result(findings: list[Finding]) -> Result:
    broken = [finding for finding in findings if finding.ok is False]
    ordered = sorted(findings, key=lambda f: (f.ok is not False, f.ok is None, f.name))
    rows: list[list[str | float | None]] = [[f.name, _SIGNS[f.ok], f.reason] for f in ordered]
    return Result(
        answer=_answer(findings, broken),
        values=_values(findings),
        tables=[Table(name="checks", columns=["check", "is", "because"], rows=rows)],
        caveats=[f"{finding.name}: {finding.mend}" for finding in broken if finding.mend],
    )


def _values(findings: list[Finding]) -> dict[str, Quantity]:
    broken = sum(finding.ok is False for finding in findings)
    return {"broken": Quantity(value=float(broken)), "looked_at": Quantity(value=float(len(findings)))}


def _done(work: Work, result: Result) -> Done:
    said = report(work, title=result.answer, text="\n".join(result.caveats), tables=result.tables)
    values = {name: {"value": quantity.value} for name, quantity in result.values.items()}
    return Done(result={"answer": result.answer, "values": values}, reports=[said])


def _answer(findings: list[Finding], broken: list[Finding]) -> str:
    if broken:
        return f"{len(broken)} of {len(findings)} checks: {'; '.join(f'{f.name} is broken' for f in broken)}"
    well = sum(finding.ok is True for finding in findings)
    return f"All {len(findings)} checks are well" if well else "No check could tell: nothing is set up for it"


ACTIONS.add("check", Check())
