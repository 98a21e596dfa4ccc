"""`check: feeds, backlog` or `check: all`: sanity checks of the platform, reported with what is broken first. Later
actions may use `broken` (how many) and `answer` under its `as` name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from analyses.checks.contract import Finding, Platform, checks, perform
from nuncius.core.result import Table
from reactors.actions.contract import ACTIONS, Done, Work
from reactors.saying import report
from reactors.scene import Scene

_SIGNS = {True: "well", False: "broken", None: "not set up"}


def words(text: str) -> list[str]:
    """Names between commas or blanks; none for `all`."""
    found = text.replace(",", " ").split()
    return [] if found == ["all"] else found


class Check:
    """Looks at the platform."""

    options: Collection[str] = ("as",)

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        for name in words(action["what"]):
            checks()[name]

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        # The platform is another one each time: the same event is checked once, the next one again.
        return [action["what"], scene.ev["id"]]

    def perform(self, work: Work) -> Done:
        platform = Platform(journal=work.journal, now=work.now, data_dir=work.data_dir)
        findings = perform(words(work.step.action["what"]), platform)
        broken = [finding for finding in findings if finding.ok is False]
        answer = _answer(findings, broken)
        rows: list[list[str | float | None]] = [
            [finding.name, _SIGNS[finding.ok], finding.reason]
            for finding in sorted(findings, key=lambda f: (f.ok is not False, f.name))
        ]
        said = report(
            work,
            title=answer,
            text="\n".join(f"{finding.name}: {finding.mend}" for finding in broken if finding.mend),
            tables=[Table(name="checks", columns=["check", "is", "because"], rows=rows)],
        )
        values = {"broken": {"value": float(len(broken))}, "looked_at": {"value": float(len(findings))}}
        return Done(result={"answer": answer, "values": values}, reports=[said])


def _answer(findings: list[Finding], broken: list[Finding]) -> str:
    if not broken:
        return f"All {len(findings)} checks are well"
    return f"{len(broken)} of {len(findings)} checks: {'; '.join(f'{f.name} is broken' for f in broken)}"


ACTIONS.add("check", Check())
