"""Analyses in worker processes on this machine: the executor of the service. Only this module knows pebble."""

from __future__ import annotations

import itertools
import multiprocessing
import shutil
import tempfile
import threading
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyses import worker
from analyses.contract import describe
from analyses.progress import Progress, heard
from analyses.run import closed
from nuncius.core.errors import Cancelled, DeadlineExceeded, WorkerLost
from nuncius.core.result import Result

if TYPE_CHECKING:
    from pebble import ProcessPool

#: Imports what analyses need, once, in the fork server; never imported here, where it would cost two seconds.
WARM = "analyses.warm"


class LocalJob:
    """A run in a worker process."""

    def __init__(self, name: str, deadline_s: float, future: Future[Result], told: Path) -> None:
        self._name, self._deadline_s, self._future, self._told = name, deadline_s, future, told
        self._withdrawn = False

    def result(self, timeout_s: float | None = None) -> Result:
        try:
            # `exception` gives what went wrong and raises only about the waiting; `wait` would overlook a future
            # that was cancelled when the pool was already gone.
            failure = self._future.exception(timeout_s)
        except TimeoutError:
            raise TimeoutError(f"analysis '{self._name}' is not done after {timeout_s:g} s") from None
        except CancelledError:
            if not self._withdrawn:
                raise closed(self._name) from None
            raise Cancelled(f"analysis '{self._name}' was cancelled") from None
        if failure is None:
            return self._future.result()
        if isinstance(failure, TimeoutError):  # `run` never lets one out, so this is the pool's own
            raise DeadlineExceeded(f"analysis '{self._name}' took longer than {self._deadline_s:g} s")
        if isinstance(failure, OSError | BrokenProcessPool):  # pebble's ProcessExpired is an OSError
            raise WorkerLost(f"analysis '{self._name}': its worker process died ({failure})") from failure
        if isinstance(failure, CancelledError):  # set by the pool on what it was running
            raise Cancelled(f"analysis '{self._name}' was cancelled") if self._withdrawn else closed(self._name)
        raise failure

    def done(self) -> bool:
        return self._future.done()

    def progress(self) -> Progress | None:
        return heard(self._told)

    def cancel(self) -> None:
        self._withdrawn = True
        self._future.cancel()


class LocalExecutor:
    """Worker processes on this machine. They come from a fork server that has the heavy imports done, because a
    fork of a process with threads may hang, and a fresh interpreter takes two seconds to import astropy.

    A worker that spins past its deadline is killed; one that dies takes its own job along and no other.
    """

    def __init__(self, workers: int = 2, *, setup: worker.Setup | None = None, max_tasks: int = 200) -> None:
        self._workers, self._max_tasks = workers, max_tasks
        self._setup = setup or worker.Setup.as_here()
        self._told = Path(tempfile.mkdtemp(prefix="nuncius-progress-"))
        self._count = itertools.count()
        self._lock = threading.Lock()
        self._open: set[Future[Result]] | None = set()
        self._pool = self._fresh_pool()

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> LocalJob:
        describe(name)
        return self.schedule(name, inputs, blobs=blobs, deadline_s=deadline_s)

    def schedule(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> LocalJob:
        """The same for an analysis that only the workers need to know."""
        with self._lock:
            if self._open is None:
                raise closed(name)
            if not self._pool.active:  # an idle worker was killed: pebble gives the whole pool up
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool = self._fresh_pool()
            told = self._told / str(next(self._count))
            future = self._pool.schedule(worker.work, args=(name, inputs, blobs, str(told)), timeout=deadline_s)
            self._open = {other for other in self._open if not other.done()} | {future}
        future.add_done_callback(lambda _: told.unlink(missing_ok=True))
        return LocalJob(name, deadline_s, future, told)

    def trouble(self) -> str:
        return ""

    def close(self) -> None:
        with self._lock:
            left, self._open = self._open or set(), None
            for future in left:  # pebble would leave those that wait for them waiting for ever
                future.cancel()
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            shutil.rmtree(self._told, ignore_errors=True)

    def _fresh_pool(self) -> ProcessPool:
        from pebble import ProcessPool

        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if context.get_start_method() == "forkserver":
            context.set_forkserver_preload([WARM])
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=self._max_tasks,  # whatever leaks ends with the worker
            initializer=worker.begin,
            initargs=(self._setup,),
            context=context,
        )
