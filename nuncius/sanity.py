"""What sanity checks may look at in this installation, and the duties by which the running service makes them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from analyses.checks.catalogue import catalogue
from analyses.checks.contract import Check, Platform
from analyses.checks.looking import look
from analyses.checks.recording import record
from chat.reachable import questions
from nuncius.core.clock import Clock
from nuncius.core.errors import ConfigurationError, NunciusError, TransientError
from nuncius.journal import Journal, Turn, Turns
from nuncius.recurring import Again, Duty
from nuncius.settings import Settings

if TYPE_CHECKING:
    from analyses.executor import Executor
    from kg.store import GraphStore
    from reactors.rulebook import RuleBook

log = logging.getLogger(__name__)

#: Beyond its deadline a check's turn is held so long before another process takes it over, in seconds.
LEASE_S = 30.0
#: How soon a check is made again that found other than what is known, in seconds.
SOON_S = 60.0


def surroundings(
    settings: Settings,
    journal: Journal,
    *,
    graph: GraphStore,
    executor: Executor,
    rules: RuleBook,
    live: bool,
) -> Callable[[datetime], Platform]:
    """What a check may look at within the service, at a moment."""
    platform = Platform(
        journal=journal,
        now=datetime.min.replace(tzinfo=UTC),
        data_dir=settings.data_dir,
        settings=settings.checks,
        live=live,
        graph=graph,
        graph_dir=settings.graph_dir,
        executor=executor,
        kafka=settings.kafka if live else None,
        chat=questions(settings.targets, settings.slack, settings.email) if live else {},
        rules=partial(rule_errors, rules),
    )
    return lambda now: msgspec.structs.replace(platform, now=now)


def beside(settings: Settings, now: datetime) -> Platform:
    """The same from beside the service, for the command line. What is damaged does not keep the other checks from being
    made. Raises ConfigurationError where nothing has run here yet."""
    from reactors.rulebook import RuleBook

    url = settings.journal_url
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).exists():
        raise ConfigurationError(
            f"there is no journal at {file} yet: start `nuncius run` once, or name a settings file"
        )
    journal, trouble = None, ""
    try:
        journal = Journal.open(url, synchronous=settings.journal.synchronous, migrate=False, busy_timeout_s=5.0)
    except NunciusError as error:
        trouble = str(error)

    def errors() -> list[str]:
        return rule_errors(RuleBook(settings.rule_paths, quiet=True))

    return Platform(
        journal=journal,
        now=now,
        data_dir=settings.data_dir,
        settings=settings.checks,
        live=True,
        trouble=trouble,
        graph_dir=settings.graph_dir,
        kafka=settings.kafka,
        chat=questions(settings.targets, settings.slack, settings.email),
        rules=errors,
    )


def rule_errors(book: RuleBook) -> list[str]:
    """What is wrong with rule files, in words."""
    return [str(problem) for problem in book.problems if problem.level == "error"]


def check_duties(
    settings: Settings, platform: Callable[[datetime], Platform], clock: Clock, stop: threading.Event
) -> list[Duty]:
    """One duty for each check, at its own pace. A file of checks that cannot be read keeps no alert from being heard:
    without those of `checks.paths` the shipped ones are made, of which `checks` says what is wrong."""
    try:
        known = catalogue(settings.checks)
    except ConfigurationError as error:
        log.error("checks of your own are not made: %s", error)
        known = catalogue(msgspec.structs.replace(settings.checks, paths=()))
    return [
        Duty(
            name=f"check:{name}",
            every_s=check.every_s,
            work=partial(_do, check, platform, clock, stop),
            lease_s=check.deadline_s + LEASE_S,
        )
        for name, check in known.items()
    ]


def _do(
    check: Check, platform: Callable[[datetime], Platform], clock: Clock, stop: threading.Event, _: Turn, __: Turns
) -> Again | None:
    """Make a check and keep what it found. Its turn was taken before, so no other process makes it now. Where it finds
    other than what is known, it is made again soon: one look is a slip, and people should not wait for hours."""
    around = platform(clock.now())
    (looked,) = look([check], around, stop=stop)
    if stop.is_set():
        raise TransientError("the service was stopped; the check is made again when it is back")
    ok = looked.finding.ok
    state = record(around.book, looked, clock.now())
    if ok is False:
        log.warning("check %s (%s): %s", check.name, state.state, looked.finding.reason)
    doubtful = ok is not None and ok != {"well": True, "failing": False, "flapping": ok}.get(state.state)
    return Again(after_s=SOON_S) if doubtful else None
