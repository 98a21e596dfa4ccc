"""What a check of the platform is: a function that looks at one thing and says how it is and how to mend it.

    @check("disk", about="Room on the disk that holds the journal", every_s=300)
    def disk(platform: Platform) -> Finding:

A check changes nothing. What it raises is a finding too: the check could not be made. Checks that are data only are
read from `config/checks/*.yaml` by `declared.py`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from analyses.checks.damping import Policy
from analyses.checks.settings import ChecksSettings
from nuncius.core.errors import NunciusError
from nuncius.core.registry import Registry, discover
from nuncius.journal import Journal

if TYPE_CHECKING:
    from analyses.executor import Executor
    from kg.store import GraphStore
    from listeners.kafka_settings import KafkaSettings

#: The platform that checks without another name are about: this installation.
OWN = "nuncius"

Weight = Literal["info", "warning", "page"]


class NoJournal(NunciusError):
    """A check that reads the journal was made where it cannot be opened."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How one thing is: well, broken, or (None) not set up or not to be told. `mend` says what to do about it, `values`
    what was measured."""

    name: str
    ok: bool | None
    reason: str
    mend: str = ""
    values: dict[str, float] = {}


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """What a check may look at; parts that are None are not there, or not at hand. `live`: in the running service or
    beside it, on the wall clock, not in a replay. `trouble` is why there is no journal. `graph` is the writer's own
    store, `graph_dir` where a reader finds it. `chat` holds a question to each chat target: is it there? `rules` names
    the rule files that do not load."""

    journal: Journal | None
    now: datetime
    data_dir: Path | None = None
    settings: ChecksSettings = ChecksSettings()
    live: bool = False
    trouble: str = ""
    graph: GraphStore | None = None
    graph_dir: Path | None = None
    executor: Executor | None = None
    kafka: KafkaSettings | None = None
    chat: Mapping[str, Callable[[], str]] = {}
    rules: Callable[[], list[str]] | None = None

    @property
    def book(self) -> Journal:
        """The journal. Raises NoJournal where it cannot be opened."""
        if self.journal is None:
            raise NoJournal(self.trouble or "the journal cannot be opened")
        return self.journal


Look = Callable[[Platform], Finding]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A named check: how often the service makes it, how long it may take, how much it weighs (`info` is told and wakes
    nobody), which platform it is about and which of its features a pass proves."""

    name: str
    about: str
    look: Look
    platform: str = OWN
    every_s: float = 300.0
    deadline_s: float = 30.0
    severity: Weight = "warning"
    proves: tuple[str, ...] = ()
    policy: Policy = Policy()
    kind: str = "built in"


CHECKS: Registry[Check] = Registry("check")


def check(
    name: str,
    *,
    about: str,
    every_s: float = 300.0,
    deadline_s: float = 30.0,
    severity: Weight = "warning",
    proves: tuple[str, ...] = (),
    policy: Policy | None = None,
) -> Callable[[Look], Look]:
    """Register a function as the check `name` of this installation."""

    def register(look: Look) -> Look:
        one = Check(
            name=name,
            about=about,
            look=look,
            every_s=every_s,
            deadline_s=deadline_s,
            severity=severity,
            proves=proves,
            policy=policy or Policy(),
        )
        CHECKS.add(name, one)
        return look

    return register


@cache
def checks() -> Registry[Check]:
    """All checks that are code."""
    discover(importlib.import_module("analyses.checks"))
    return CHECKS
