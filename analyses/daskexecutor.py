"""Analyses on many machines, by Dask: the executor of installations that scale out.

A job waits for the scheduler as it waits for a free worker. A worker that dies takes no job along: Dask gives it to
another, up to three times. A scheduler that dies takes what it was doing along; the jobs are handed in again when it
is back, and only when that takes longer than `patience_s` do they end as WorkerLost.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from concurrent.futures import CancelledError, Future, wait
from typing import Any

from distributed import Client, KilledWorker
from distributed import Future as Remote
from distributed.comm.core import CommClosedError

from analyses import daskworker
from analyses.contract import describe
from analyses.daskline import Line
from analyses.progress import Progress
from analyses.run import closed
from analyses.settings import ExecutorSettings
from analyses.worker import Setup
from nuncius.core.errors import Cancelled, ConfigurationError, NunciusError, WorkerLost
from nuncius.core.result import Result

log = logging.getLogger(__name__)

#: How often a waiting job looks whether the line is still there, in seconds.
LOOK_S = 1.0
#: A job whose worker, scheduler or data was lost is handed in again so often.
MOST_TRIES = 4


class DaskJob:
    """A run on some machine; a thread here hands it in, again where need be, and waits."""

    def __init__(self, name: str, line: Line, patience_s: float) -> None:
        self.name, self._line, self._patience_s = name, line, patience_s
        self._future: Future[Result] = Future()
        self._finish = threading.Lock()
        self._wake = threading.Event()
        self._key = ""

    def work(
        self, setup: Setup, inputs: dict[str, Any], blobs: dict[str, bytes], deadline_s: float, topic: str
    ) -> None:
        """The thread's target: until there is a result, or no hope of one."""
        lost: Exception = WorkerLost("never begun")
        try:
            for _ in range(MOST_TRIES):
                client = self._line.client(self._future.done)
                self._key = f"nuncius-{self.name}-{uuid.uuid4().hex}"  # Dask may still hold what was lost
                try:
                    given = self._line.blobs(client, blobs)
                    args = (setup, self.name, inputs, given, deadline_s, topic)
                    outcome = self._outcome(client, client.submit(daskworker.work, *args, key=self._key, pure=False))
                except (OSError, CancelledError, CommClosedError) as error:
                    lost = error
                    continue
                if isinstance(outcome, Result):
                    self._settle(result=outcome)
                else:
                    self._settle(error=outcome)
                return
            raise WorkerLost(f"it was lost {MOST_TRIES} times, the last time by {type(lost).__name__}: {lost}")
        except KilledWorker as error:
            self._settle(error=WorkerLost(f"analysis '{self.name}': {error.last_worker} died over it, as others did"))
        except WorkerLost as error:
            self._settle(error=WorkerLost(f"analysis '{self.name}': {error}"))
        except NunciusError as error:
            self._settle(error=error)
        except Exception as error:
            log.exception("analysis '%s' on Dask", self.name)
            hint = "do all workers have the same Nuncius and Python as the service?"
            self._settle(error=ConfigurationError(f"analysis '{self.name}': {type(error).__name__}: {error}; {hint}"))

    def _outcome(self, client: Client, remote: Remote[Any]) -> Result | NunciusError:
        """What came of one handing in; None of it is left on the cluster. Raises CancelledError where it was lost."""
        remote.add_done_callback(lambda _: self._wake.set())
        deserted: float | None = None
        try:
            while not remote.done():
                self._wake.wait(LOOK_S)
                if self._future.done():
                    raise Cancelled("given up")
                if client.status != "running":
                    raise CancelledError("the connection to the scheduler was lost")
                if self._line.peopled(client):
                    deserted = None
                    continue
                deserted = deserted or time.monotonic()
                if time.monotonic() - deserted > self._patience_s:
                    raise WorkerLost(self._line.trouble)
            outcome: Result | NunciusError = remote.result(timeout=60)
            return outcome
        finally:
            self._line.progress.pop(self._key, None)
            self._wake.clear()
            if client.status == "running" and not remote.done():
                with contextlib.suppress(Exception):  # the scheduler forgets it by itself when we are gone
                    remote.cancel()

    def _settle(self, *, result: Result | None = None, error: BaseException | None = None) -> None:
        with self._finish:
            if self._future.done():
                return
            if result is not None:
                self._future.set_result(result)
            else:
                self._future.set_exception(error)

    def give_up(self, why: Exception) -> None:
        """End the job now, with that error; its thread takes it back from the cluster."""
        self._settle(error=why)
        self._wake.set()

    def result(self, timeout_s: float | None = None) -> Result:
        if not wait([self._future], timeout_s).done:
            raise TimeoutError(f"analysis '{self.name}' is not done after {timeout_s:g} s")
        return self._future.result()

    def done(self) -> bool:
        return self._future.done()

    def progress(self) -> Progress | None:
        return None if self._future.done() else self._line.progress.get(self._key)

    def cancel(self) -> None:
        self.give_up(Cancelled(f"analysis '{self.name}' was cancelled"))


class DaskExecutor:
    """Runs analyses wherever the scheduler sends them. `workers` is how many to start where `settings.cluster` names a
    cluster to be started from here."""

    def __init__(self, settings: ExecutorSettings, workers: int = 2, *, setup: Setup | None = None) -> None:
        self._settings = settings
        self._setup = setup or Setup.as_here(memory_mb=settings.memory_mb)
        self._topic = f"nuncius-{uuid.uuid4().hex}"
        self._line = Line(settings, workers, self._topic)
        self._lock = threading.Lock()
        self._open: dict[DaskJob, threading.Thread] | None = {}

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> DaskJob:
        describe(name)
        job = DaskJob(name, self._line, self._settings.patience_s)
        given = (self._setup, inputs, blobs, deadline_s, self._topic)
        thread = threading.Thread(target=job.work, args=given, name=f"analysis-{name}", daemon=True)
        with self._lock:
            if self._open is None:
                raise closed(name)
            self._open = {other: by for other, by in self._open.items() if by.is_alive()} | {job: thread}
            thread.start()
        return job

    def trouble(self) -> str:
        return self._line.trouble

    def close(self) -> None:
        with self._lock:
            left, self._open = self._open or {}, None
        for job in left:
            job.give_up(closed(job.name))
        for thread in left.values():
            thread.join(LOOK_S)
        self._line.close()
