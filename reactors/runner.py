"""The worker that acts: leases steps of reactions, performs them by `reactors/actions`, and stores each end together
with what is to be said, in one transaction. Steps of different reactions run side by side."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from analyses.executor import Executor
from nuncius.core.clock import Clock, VirtualClock
from nuncius.core.errors import NunciusError, PermanentError, TransientError
from nuncius.core.report import Report, Severity
from nuncius.journal import Journal
from nuncius.journal.records import LeasedStep
from reactors.actions.contract import Done, Running, Work, actions
from reactors.context import context
from reactors.evaluation import Evaluation
from reactors.functions import Maps
from reactors.naming import digest
from reactors.saying import report
from reactors.scene import Scene

log = logging.getLogger(__name__)

#: After a crash this long passes before somebody else takes a step over.
LEASE_S = 20.0
#: How often a running step is renewed, which is also how soon a retraction stops it.
RENEW_S = 1.0
POLL_S = 0.05
FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 300.0


class _Active(msgspec.Struct, kw_only=True):
    work: Work
    running: Running
    renewed: datetime


class Runner:
    """Performs steps. `targets` are the chat targets that every report goes to; `owner` names this process."""

    def __init__(
        self,
        journal: Journal,
        executor: Executor,
        *,
        targets: Sequence[str],
        clock: Clock,
        owner: str,
        parallel: int = 8,
    ) -> None:
        self._journal = journal
        self._executor = executor
        self._targets = tuple(targets)
        self._clock = clock
        self._owner = owner
        self._parallel = parallel
        self._maps = Maps(journal.blob)
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

    @property
    def busy(self) -> bool:
        """Whether a step is under way."""
        return bool(self._active)

    def _begin(self, step: LeasedStep) -> None:
        try:
            scene = self._scene(step)
            work = Work(step=step, scene=scene, journal=self._journal, executor=self._executor)
        except NunciusError as error:
            self._finish(step, "failed", error=str(error))
            return
        try:
            condition = step.action.get("if")
            if condition is not None and (met := scene.evaluate(condition)).truth != "true":
                self._finish(step, "skipped", error=f"if: {condition} is {met.truth} {met.why}".strip())
                return
            started = actions()[step.action["do"]].perform(work)
            if isinstance(started, Running):
                self._active[step.id] = _Active(work=work, running=started, renewed=self._clock.now())
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
            if self._journal.renew(step_id, self._owner, now, LEASE_S):
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
        """The event that caused the reaction, its rule's variables and the results of earlier steps."""
        about = step.reaction.context
        given: dict[str, Any] = {name: _result_values(result) for name, result in step.earlier.items()}
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
        self._finish(work.step, "done", result=done.result, reports=done.reports)

    def _fail(self, work: Work, error: NunciusError) -> None:
        """Try again where that may help and the rule asks for it; otherwise say so in the thread."""
        step = work.step
        if isinstance(error, TransientError) and step.attempt <= int(step.action.get("retry", 0)):
            pause = error.retry_after_s or min(FIRST_RETRY_S * 2 ** (step.attempt - 1), LONGEST_RETRY_S)
            retry_at = self._clock.now() + timedelta(seconds=pause)
            self._finish(step, "retry", error=str(error), retry_at=retry_at)
            return
        log.warning("rule %s, %s: %s", step.reaction.rule, step.action["what"], error)
        self._finish(step, "failed", error=str(error), reports=[self._failure_note(work, error)])

    def _failure_note(self, work: Work, error: NunciusError) -> Report:
        """In the action's own place, so that a later success replaces it."""
        action, about = work.step.action, work.step.reaction.context
        name = action["what"] if action["do"] == "run" else action["do"]
        title, text = f"{name} did not work", str(error)
        posts = about.get("on_fail", [])
        if posts:
            scene = Scene(work.scene.evaluation, about["vars"], {"error": str(error)})
            title, _, text = scene.text("\n".join(post["what"] for post in posts))[0].partition("\n")
        note = report(work, title=title, text=text)
        severity = note.severity if note.severity is not Severity.PAGE else Severity.WARNING
        return msgspec.structs.replace(note, key=digest(note.key, "failed"), severity=severity)

    def _finish(
        self,
        step: LeasedStep,
        outcome: Any,
        *,
        result: dict[str, Any] | None = None,
        error: str = "",
        reports: Sequence[Report] = (),
        retry_at: datetime | None = None,
    ) -> None:
        kept = self._journal.finish_step(
            step.id,
            self._owner,
            now=self._clock.now(),
            outcome=outcome,
            result=result,
            error=error,
            retry_at=retry_at,
            reports=[(target, said) for said in reports for target in self._targets],
        )
        if not kept:
            log.info("step %s was taken back while it ran: its result is dropped", step.id)


def _result_values(result: dict[str, Any]) -> dict[str, Any]:
    """What a text may name of an earlier result: `loc.answer` and each value as a number."""
    values = {name: float(quantity["value"]) for name, quantity in result.get("values", {}).items()}
    return {**values, "answer": result.get("answer", result.get("text", ""))}
