"""The worker that acts: leases steps of reactions, performs them by `reactors/actions`, and stores each end together
with what is to be said, in one transaction. Steps of different reactions run side by side."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from analyses.checks.contract import Platform
from analyses.executor import Executor
from analyses.regression.laboratory import Laboratory
from analyses.settings import DataSource
from nuncius.core.clock import Clock, VirtualClock
from nuncius.core.errors import NunciusError, PermanentError, TransientError, WorkerLost
from nuncius.core.event import Event
from nuncius.core.report import Report
from nuncius.journal import Journal, NewReaction, NewReview
from nuncius.journal.records import LeasedStep, StepOutcome
from reactors.actions.contract import Asking, Done, Running, Work, actions
from reactors.context import context
from reactors.evaluation import Evaluation
from reactors.failing import failure_note, follow_up
from reactors.functions import Maps
from reactors.gates import own_condition, passed_over
from reactors.results import named_results
from reactors.saying import withdrawn
from reactors.scene import Scene
from reactors.telling import Telling

log = logging.getLogger(__name__)

#: After a crash this long passes before somebody else takes a step over.
LEASE_S = 20.0
#: How often a running step is renewed, which is also how soon a retraction stops it.
RENEW_S = 1.0
POLL_S = 0.05
#: A step whose worker died is done again so often unasked: that says nothing about its analysis.
LOST_RETRIES = 3
FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 300.0


class _Active(msgspec.Struct, kw_only=True):
    work: Work
    running: Running
    renewed: datetime
    telling: Telling


class Runner:
    """Performs steps. `targets` are the chat targets that every report goes to, `routes` gives those of a report's one
    reader (without it, they are reached at the target that their name begins with); `owner` names this process; `maps`
    is what functions in texts may look up; `data_dir` is where the service keeps its data, `platform` what sanity
    checks may look at, `laboratory` where test cases run."""

    def __init__(
        self,
        journal: Journal,
        executor: Executor,
        *,
        targets: Sequence[str],
        routes: Callable[[str], Sequence[str]] | None = None,
        clock: Clock,
        owner: str,
        parallel: int = 8,
        maps: Maps | None = None,
        data_dir: Path | None = None,
        platform: Callable[[datetime], Platform] | None = None,
        laboratory: Laboratory | None = None,
        sources: Mapping[str, DataSource] | None = None,
    ) -> None:
        self._journal = journal
        self._executor = executor
        self._targets = tuple(targets)
        self._routes = routes or self._by_door
        self._clock = clock
        self._owner = owner
        self._parallel = parallel
        self._maps = maps or Maps(journal.blob)
        self._data_dir = data_dir
        self._platform = platform
        self._laboratory = laboratory
        self._sources = sources or {}
        self._active: dict[int, _Active] = {}

    def tick(self) -> int:
        """Begin what is due and end what is done; returns how many steps moved."""
        moved = sum(self._look_after(step_id) for step_id in list(self._active))
        free = self._parallel - len(self._active)
        if free <= 0:
            return moved
        leased = self._journal.lease_steps(self._owner, now=self._clock.now(), lease_s=LEASE_S, limit=free)
        for step in leased:
            # A replay's clock leaps, so our own lease may have run out while the work goes on.
            if step.id not in self._active:
                self._begin(step)
                moved += 1
        return moved

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; what is under way then is cancelled and queued again for whoever comes next."""
        try:
            while not stop.is_set():
                if self.tick():
                    continue
                if isinstance(self._clock, VirtualClock):
                    self._clock.sleep(POLL_S)  # retries become due although the archive has ended
                self._journal.wait_for_work(POLL_S)
        finally:
            for active in self._active.values():
                active.running.job.cancel()
                self._finish(active.work.step, "retry", error="the service was stopped")
            self._active.clear()

    def _tell(self, said: Report) -> None:
        """Say how far work is. Not part of the step's transaction: said again after a crash, its key is known."""
        self._journal.enqueue([(target, said) for target in self._readers(said)], now=self._clock.now())

    @property
    def busy(self) -> bool:
        """Whether a step is under way."""
        return bool(self._active)

    def _begin(self, step: LeasedStep) -> None:
        try:
            scene = self._scene(step)
        except NunciusError as error:
            self._finish(step, "failed", error=str(error))
            return
        work = Work(
            step=step,
            scene=scene,
            now=self._clock.now(),
            journal=self._journal,
            executor=self._executor,
            data_dir=self._data_dir,
            platform=self._platform,
            laboratory=self._laboratory,
            sources=self._sources,
            tell=self._tell,
        )
        try:
            passed = passed_over(step, self._journal) or own_condition(work)
            if passed is not None:
                self._end(work, "skipped", result={"skipped": passed.cause}, error=passed.why)
                return
            started = actions()[step.action["do"]].perform(work)
            if isinstance(started, Running):
                self._active[step.id] = _Active(
                    work=work, running=started, renewed=self._clock.now(), telling=Telling()
                )
            elif isinstance(started, Asking):
                self._finish(step, "retry", retry_at=started.review.due, reports=started.reports, review=started.review)
            else:
                self._done(work, started)
        except NunciusError as error:
            self._fail(work, error)
        except Exception as error:
            log.exception("step %s of rule %s", step.id, step.reaction.rule)
            self._fail(work, PermanentError(f"{type(error).__name__}: {error}"))

    def _look_after(self, step_id: int) -> bool:
        """Renew or end a step that is under way; True when it has ended."""
        active = self._active[step_id]
        now = self._clock.now()
        if not active.running.job.done():
            if now - active.renewed < timedelta(seconds=RENEW_S):
                return False
            active.renewed = now
            said = active.running.job.progress()
            so_far = None if said is None else {"fraction": said.fraction, "words": said.words}
            if self._journal.renew(step_id, self._owner, now, LEASE_S, progress=so_far):
                if said is not None and (word := active.telling.word(active.work, said)) is not None:
                    self._journal.enqueue([(target, word) for target in self._readers(word)], now=now)
                return False
            log.info("step %s is no longer wanted: cancelled", step_id)
            active.running.job.cancel()
            del self._active[step_id]
            return True
        del self._active[step_id]
        try:
            self._done(active.work, active.running.finish(active.running.job.result(timeout_s=1.0)))
        except NunciusError as error:
            self._fail(active.work, error)
        except Exception as error:
            log.exception("step %s of rule %s", step_id, active.work.step.reaction.rule)
            self._fail(active.work, PermanentError(f"{type(error).__name__}: {error}"))
        return True

    def _scene(self, step: LeasedStep) -> Scene:
        """The event that caused the reaction, those it rests on under their aliases, its rule's variables and the
        results of earlier steps."""
        about = step.reaction.context
        given: dict[str, Any] = {name: self._ev(event) for name, event in about.get("aliases", {}).items()}
        given |= named_results(step.earlier)
        if "item" in step.action:
            given["item"] = step.action["item"]
        if "error" in about:
            given["error"] = about["error"]
        if "retracted_by" in about:
            given["retraction"] = self._ev(about["retracted_by"])
        variables = [(str(name), str(source)) for name, source in about["vars"]]
        return Scene(
            Evaluation(self._ev(about["event"]), self._maps), variables, given, absent=about.get("results", [])
        )

    def _ev(self, event_id: str) -> dict[str, Any]:
        stored = self._journal.get(event_id)
        if stored is None:
            raise PermanentError(f"the event {event_id} is not in the journal")
        return context(stored.event)

    def _done(self, work: Work, done: Done) -> None:
        action = work.step.action
        result = done.result | ({"item": action["item"]} if "item" in action else {})
        self._end(work, "done", result=result, reports=done.reports, events=done.events)

    def _fail(self, work: Work, error: NunciusError) -> None:
        """Try again where that may help and the rule asks for it, or where a worker was lost; otherwise say so in the
        thread."""
        step = work.step
        retries = int(step.action.get("retry", LOST_RETRIES if isinstance(error, WorkerLost) else 0))
        if isinstance(error, TransientError) and step.attempt <= retries:
            pause = error.retry_after_s or min(FIRST_RETRY_S * 2 ** (step.attempt - 1), LONGEST_RETRY_S)
            retry_at = self._clock.now() + timedelta(seconds=pause)
            self._finish(step, "retry", error=str(error), retry_at=retry_at)
            return
        log.warning("rule %s, %s: %s", step.reaction.rule, step.action["what"], error)
        self._end(
            work,
            "failed",
            error=str(error),
            reports=[failure_note(work, error)],
            follow_ups=follow_up(work, error),
        )

    def _end(self, work: Work, outcome: StepOutcome, *, reports: Sequence[Report] = (), **more: Any) -> None:
        """End a step for good. The first that ends after a retraction, however it ends, marks what was said."""
        marked = withdrawn(work) if work.step.reaction.retracts is not None else []
        self._finish(work.step, outcome, reports=[*marked, *reports], **more)

    def _readers(self, report: Report) -> Sequence[str]:
        """The targets that a report goes to: all, or where its one reader is."""
        return self._routes(report.to) if report.to else self._targets

    def _by_door(self, reader: str) -> Sequence[str]:
        return [target for target in self._targets if target == reader.partition(":")[0]]

    def _finish(
        self,
        step: LeasedStep,
        outcome: StepOutcome,
        *,
        result: dict[str, Any] | None = None,
        error: str = "",
        reports: Sequence[Report] = (),
        events: Sequence[Event] = (),
        retry_at: datetime | None = None,
        review: NewReview | None = None,
        follow_ups: Sequence[NewReaction] = (),
    ) -> None:
        kept = self._journal.finish_step(
            step.id,
            self._owner,
            now=self._clock.now(),
            outcome=outcome,
            result=result,
            error=error,
            retry_at=retry_at,
            reports=[(target, said) for said in reports for target in self._readers(said)],
            events=events,
            review=review,
            follow_ups=follow_ups,
        )
        if not kept:
            log.info("step %s was taken back while it ran: its result is dropped", step.id)
