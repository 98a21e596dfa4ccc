"""What an action is: how a rule's words for it are checked, which inputs it resolves to, and how it is performed.

An action never talks to the outside: it returns what is to be said (reports), what happened (events), a job that is
under way or a question to people; the runner stores that in one transaction.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import msgspec

from analyses.checks.contract import Platform
from analyses.executor import Executor, Job
from analyses.regression.laboratory import Laboratory
from analyses.settings import DataSource
from nuncius.core.event import Event
from nuncius.core.registry import Registry, discover
from nuncius.core.report import Report
from nuncius.core.result import Result
from nuncius.journal import Journal, NewReview
from nuncius.journal.records import LeasedStep
from reactors.scene import Scene


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """An action has come to its end: what to say, what to journal, and what later actions may use under its `as`
    name (`values`, `answer` and all of `names` in `result`)."""

    result: dict[str, Any] = {}
    reports: list[Report] = []
    events: list[Event] = []


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """An action is under way; `finish` makes its end from the job's result."""

    job: Job
    finish: Callable[[Result], Done]


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """An action waits for a person: it is performed again when somebody has answered, or at the review's `due`."""

    review: NewReview
    reports: list[Report] = []


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One step to perform: the step, the event in its scene, the moment, and the means. `data_dir` is where
    the service keeps what is not in the journal, `platform` what sanity checks may look at, `laboratory` where
    test cases run, `sources` where instruments' data are had from; `tell` says at once how far long work is, in the
    place where its report will stand."""

    step: LeasedStep
    scene: Scene
    now: datetime
    journal: Journal
    executor: Executor
    data_dir: Path | None = None
    platform: Callable[[datetime], Platform] | None = None
    laboratory: Laboratory | None = None
    sources: Mapping[str, DataSource] = {}
    tell: Callable[[Report], None] | None = None


class Action(Protocol):
    """An action's words and deeds. `options` are the keys it takes beside `if`, `to`, `for_each` and `else`."""

    options: Collection[str]

    def check(self, action: dict[str, Any], names: Collection[str]) -> None:
        """Look over an action when its rule is loaded; raises NunciusError (ExpressionError for a place in it)."""
        ...

    def inputs(self, action: dict[str, Any], scene: Scene) -> Any:
        """All that the event determines of what the action will do; the same inputs are not acted on twice."""
        ...

    def perform(self, work: Work) -> Done | Running | Asking:
        """Begin, and end where it takes no time. Raises TransientError or PermanentError."""
        ...


ACTIONS: Registry[Action] = Registry("action")


@cache
def actions() -> Registry[Action]:
    """All actions."""
    discover(importlib.import_module("reactors.actions"))
    return ACTIONS
