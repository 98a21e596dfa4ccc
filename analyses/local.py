"""Analyses in worker processes on this machine: the executor of the service. Only this module knows pebble."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyses import suppliers
from analyses.contract import describe, known
from analyses.run import closed, run
from nuncius.core.errors import Cancelled, DeadlineExceeded, TransientError
from nuncius.core.result import Result

if TYPE_CHECKING:
    from pebble import ProcessPool

#: Imports what analyses need, once, in the fork server; never imported here, where it would cost two seconds.
WARM = "analyses.warm"


def begin_worker(modules: Sequence[str], paths: Sequence[Path] = (), services: Mapping[str, str] | None = None) -> None:
    """Know all analyses, those in `modules` and those that files in `paths` describe too, and leave Ctrl-C to the
    parent, which cancels in order. Workers give way to their parent: taking alerts in and deciding on them must not
    wait for a plot."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)
    suppliers.use(paths, services)
    known()
    for module in modules:
        importlib.import_module(module)


class LocalJob:
    """A run in a worker process."""

    def __init__(self, name: str, deadline_s: float, future: Future[Result]) -> None:
        self._name, self._deadline_s, self._future = name, deadline_s, future
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
            raise TransientError(f"analysis '{self._name}': its worker process died ({failure})") from failure
        if isinstance(failure, CancelledError):  # set by the pool on what it was running
            raise Cancelled(f"analysis '{self._name}' was cancelled") if self._withdrawn else closed(self._name)
        raise failure

    def done(self) -> bool:
        return self._future.done()

    def cancel(self) -> None:
        self._withdrawn = True
        self._future.cancel()


class LocalExecutor:
    """Worker processes on this machine. They come from a fork server that has the heavy imports done, because a
    fork of a process with threads may hang, and a fresh interpreter takes two seconds to import astropy.

    A worker that spins past its deadline is killed; one that dies takes its own job along and no other.
    `modules` are imported in each worker, so that analyses defined elsewhere are known there.
    """

    def __init__(self, workers: int = 2, *, modules: Sequence[str] = (), max_tasks: int = 200) -> None:
        self._workers, self._modules, self._max_tasks = workers, tuple(modules), max_tasks
        self._lock = threading.Lock()
        self._open: set[Future[Result]] | None = set()
        self._pool = self._fresh_pool()

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> LocalJob:
        describe(name)
        with self._lock:
            if self._open is None:
                raise closed(name)
            if not self._pool.active:  # an idle worker was killed: pebble gives the whole pool up
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool = self._fresh_pool()
            future = self._pool.schedule(run, args=(name, inputs, blobs), timeout=deadline_s)
            self._open = {other for other in self._open if not other.done()} | {future}
        return LocalJob(name, deadline_s, future)

    def close(self) -> None:
        with self._lock:
            left, self._open = self._open or set(), None
            for future in left:  # pebble would leave those that wait for them waiting for ever
                future.cancel()
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()

    def _fresh_pool(self) -> ProcessPool:
        from pebble import ProcessPool

        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if context.get_start_method() == "forkserver":
            context.set_forkserver_preload([WARM])
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=self._max_tasks,  # whatever leaks ends with the worker
            initializer=begin_worker,
            initargs=(self._modules, suppliers.paths(), suppliers.services()),
            context=context,
        )
