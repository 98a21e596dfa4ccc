"""The composition: `assemble` shows the whole flow, in pipeline order; `App` keeps its parts running.

Every part is a loop over rows of the journal, so each can stop, die and start again on its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from analyses import suppliers
from analyses.executor import Executor, open_executor
from analyses.regression.announcing import announce_cases
from analyses.regression.laboratory import Laboratory
from chat import acknowledging, unsubscribing
from chat.contract import Target
from chat.courier import Courier, CourierSettings
from chat.desk.desk import Desk
from chat.routing import Routes
from chat.slack_parts import slack_parts
from chat.targets import open_targets
from kg.consumer import GraphConsumer
from kg.named_queries import NamedQueries
from kg.objects import identify
from kg.store import GraphStore
from listeners.contract import Listener
from nuncius.core.clock import Clock, SystemClock, VirtualClock
from nuncius.core.errors import ConfigurationError, NunciusError
from nuncius.journal import Journal
from nuncius.ownership import take_over, this_process
from nuncius.recurring import Duty, Recurring
from nuncius.sanity import check_duties, surroundings
from nuncius.settings import Settings
from reactors.means import live_means
from reactors.reactor import Reactor
from reactors.rulebook import RuleBook
from reactors.runner import Runner
from reactors.subscribed import Subscribed

log = logging.getLogger(__name__)

#: A part that fails unexpectedly is started again after this many seconds, doubling up to a minute.
FIRST_RESTART_S = 0.5
LONGEST_RESTART_S = 60.0


@dataclass(kw_only=True)
class App:
    """The running parts. `parts` maps a name to a loop that returns when the event it is given is set."""

    settings: Settings
    journal: Journal
    graph: GraphStore
    executor: Executor
    rules: RuleBook
    targets: Sequence[Target]
    parts: dict[str, Callable[[threading.Event], None]]
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Start every part in a thread of its own."""
        for name, part in self.parts.items():
            thread = threading.Thread(target=self._keep_running, args=(name, part), name=name, daemon=True)
            self.threads.append(thread)
            thread.start()

    def _keep_running(self, name: str, part: Callable[[threading.Event], None]) -> None:
        """Run a part until it returns; whatever it raises is logged and it starts again, because one broken
        part must not stop the others."""
        pause = FIRST_RESTART_S
        while not self.stop.is_set():
            started = time.monotonic()
            try:
                part(self.stop)
                return
            except Exception as error:
                known = isinstance(error, NunciusError)
                log.error("%s stopped: %s; starts again in %.1f s", name, error, pause, exc_info=not known)
            self.stop.wait(pause)
            ran_well = time.monotonic() - started > LONGEST_RESTART_S
            pause = FIRST_RESTART_S if ran_well else min(pause * 2, LONGEST_RESTART_S)

    def settled(self) -> bool:
        """Whether everything that has arrived is in the graph, decided, run and delivered."""
        return not self.waiting()

    def waiting(self) -> dict[str, int]:
        """What is still to be done, by stage; stages with nothing to do are left out."""
        last = self.journal.last_seq()
        behind = {name: last - self.journal.cursor(name) for name in ("kg", "reactors")}
        return {name: count for name, count in (behind | self.journal.unfinished()).items() if count > 0}

    def close(self) -> None:
        """Stop every part, wait for them and close what they shared."""
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=10)
        self.executor.close()
        self.graph.close()
        self.journal.close()


def assemble(
    settings: Settings,
    listeners: Sequence[Listener],
    *,
    duties: Sequence[Duty] = (),
    checks: bool = False,
    clock: Clock | None = None,
) -> App:
    """The whole flow: what arrives is journalled, understood, decided on, acted on and reported. `duties` are what is
    done again and again beside it, such as asking for new papers; `checks` says whether sanity checks are made too."""
    clock = clock or SystemClock()
    _make(settings.data_dir, "data folder")
    if settings.web.rules_folder is not None:
        _make(settings.web.rules_folder, "web.rules_folder")

    suppliers.use(settings.analyses.paths, settings.analyses.services)
    for problem in suppliers.problems():
        log.error("%s", problem)
    journal = Journal.open(settings.journal_url, synchronous=settings.journal.synchronous)
    owner = this_process()
    take_over(journal, owner)
    graph = GraphStore.open(settings.graph_dir)
    people = settings.everybody
    kept = settings.data_dir / "rules-last-good"
    rules = RuleBook(settings.rule_paths, keep=kept, beside=Subscribed(journal), duty=people.duty)
    for signed in (unsubscribing, acknowledging):
        signed.use(settings.data_dir, settings.web.address)
    executor = open_executor(settings.executor, settings.workers, settings.results_dir)
    routes = Routes(settings.targets, settings.means)
    targets = open_targets(routes.targets, settings.means)

    stop = threading.Event()
    live = not isinstance(clock, VirtualClock)
    platform = surroundings(settings, journal, graph=graph, executor=executor, rules=rules, live=live)

    parts: dict[str, Callable[[threading.Event], None]] = {}
    for listener in listeners:
        parts[listener.name] = partial(listener.run, journal)
    if duties:
        parts["duties"] = Recurring(journal, duties, clock=clock, owner=owner).run
    if checks:  # apart from the other duties, whose threads a check that hangs must not hold
        own = check_duties(settings, platform, clock, stop)
        parts["checks"] = Recurring(journal, own, clock=clock, owner=owner).run
    parts["kg"] = GraphConsumer(journal, graph).run
    queries = NamedQueries(graph)
    means = live_means(journal, queries, clock, settings.orbits)
    parts["reactors"] = Reactor(journal, rules, clock, identify=identify, maps=means).run
    laboratory = Laboratory(journal, settings.regress, settings.data_dir, queries.get, now=clock.now)
    if live:  # a replay's journal holds only what the archive does
        parts["cases"] = partial(announce_cases, journal, laboratory.cases, clock.now)
    parts["runner"] = Runner(
        journal,
        executor,
        targets=settings.targets,
        routes=routes,
        clock=clock,
        owner=owner,
        maps=live_means(journal, queries, clock, settings.orbits),
        data_dir=settings.data_dir,
        platform=platform,
        laboratory=laboratory if live else None,  # a replay of the past builds nothing of today
        sources=settings.data,
    ).run
    slack = settings.slack if "slack" in routes.targets else None
    patience = CourierSettings(page_url=(slack.page_url if slack else "") or settings.web.address)
    for target in targets:
        # Messages leave on the wall clock, also in a replay.
        parts[f"chat.{target.name}"] = Courier(
            journal, target, SystemClock(), owner, settings=patience, people=people
        ).run
    desk = Desk(journal, lambda: rules.rules, SystemClock(), graph=graph)
    parts |= slack_parts(journal, desk, slack, SystemClock(), people)
    if settings.web.enabled:
        from console.server import serve

        settings.hooks.open_to()  # a sender that cannot be let in as it is set is told at the start
        settings.web.check()
        if settings.oidc is not None:
            settings.oidc.check()
        parts["console"] = partial(
            serve,
            journal,
            settings.web,
            hooks=settings.hooks,
            metrics=settings.metrics,
            slack=slack,
            graph=graph,
            rules=lambda: rules.rules,
            people=settings.everybody,
            oidc=settings.oidc,
            reached=routes.places,
        )
    return App(
        settings=settings,
        journal=journal,
        graph=graph,
        executor=executor,
        rules=rules,
        targets=targets,
        parts=parts,
        stop=stop,
    )


def _make(folder: Path, what: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{what} {folder} cannot be made: {error.strerror}") from error
