"""What an action is: how a rule's words for it are checked, which inputs it resolves to, and how it is performed.

An action never talks to the outside: it returns what is to be said (reports) or a job that is under way; the runner
stores that in one transaction.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, Protocol

import msgspec

from analyses.executor import Executor, Job
from nuncius.core.registry import Registry, discover
from nuncius.core.report import Report
from nuncius.core.result import Result
from nuncius.journal import Journal
from nuncius.journal.records import LeasedStep
from reactors.scene import Scene


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """An action has come to its end: what to say, and what later actions may use under its `as` name."""

    result: dict[str, Any] = {}
    reports: list[Report] = []


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """An action is under way; `finish` makes its end from the job's result."""

    job: Job
    finish: Callable[[Result], Done]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One step to perform: the step, the event in its scene, and the means."""

    step: LeasedStep
    scene: Scene
    journal: Journal
    executor: Executor


class Action(Protocol):
    """An action's words and deeds. `options` are the keys it takes beside `if` and `to`."""

    options: Collection[str]

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        """Look over an action when its rule is loaded; raises NunciusError (ExpressionError for a place in it)."""
        ...

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        """All that the event determines of what the action will do; the same inputs are not acted on twice."""
        ...

    def perform(self, work: Work) -> Done | Running:
        """Begin, and end where it takes no time. Raises TransientError or PermanentError."""
        ...


ACTIONS: Registry[Action] = Registry("action")


@cache
def actions() -> Registry[Action]:
    """All actions."""
    discover(importlib.import_module("reactors.actions"))
    return ACTIONS
