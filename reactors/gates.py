"""Whether a step's turn has come to nothing: its list could not be had, a person said no, or it stands in for something
that was done. Says why, in words for the step's row."""

from __future__ import annotations

from typing import Any

import msgspec

from nuncius.journal import Journal, StoredStep
from nuncius.journal.records import LeasedStep
from reactors.actions.contract import Work

#: How a question ends without an approval.
REFUSED = ("rejected", "expired")


class PassedOver(msgspec.Struct, frozen=True, kw_only=True):
    """A step is not done: `cause` (if, gap, needs, else) is kept with it, `why` is for people."""

    cause: str
    why: str


def passed_over(step: LeasedStep, journal: Journal) -> PassedOver | None:
    """Why a step is not done, as far as other steps decide that."""
    action = step.action
    if "gap" in action:
        return PassedOver(cause="gap", why=str(action["gap"]))
    needs, instead = action.get("needs", ()), action.get("instead_of")
    if not needs and instead is None:
        return None
    others = {str(other.action.get("place")): other for other in journal.steps(step.reaction.id)}
    for place in needs:
        if why := _refused(others.get(place)):
            return PassedOver(cause="needs", why=why)
    if instead is not None and not _undone(others.get(instead)):
        return PassedOver(cause="else", why="else: what it stands in for was done, or not to be done at all")
    return None


def own_condition(work: Work) -> PassedOver | None:
    """Why a step's own `if` does not let it be done."""
    condition = work.step.action.get("if")
    if condition is None or (met := work.scene.evaluate(condition)).truth == "true":
        return None
    return PassedOver(cause="if", why=f"if: {condition} is {met.truth} {met.why}".strip())


def _refused(asked: StoredStep | None) -> str:
    """Why a question was not approved; empty where it was, or where its own `if` said that none is needed."""
    if asked is None:
        return "the question before it is not there"
    if asked.state == "skipped":
        return "" if _result(asked).get("skipped") == "if" else "the question before it was not put"
    names = _result(asked).get("names", {})
    return "" if names.get("approved") else f"not approved: {_result(asked).get('answer') or asked.error}"


def _undone(main: StoredStep | None) -> bool:
    """Whether `else` applies: its `if` did not hold; or people did not approve."""
    if main is None:
        return False
    if main.action["do"] == "ask":
        return _result(main).get("names", {}).get("state") in REFUSED
    return main.state == "skipped" and _result(main).get("skipped") == "if"


def _result(step: StoredStep) -> dict[str, Any]:
    return step.result or {}
