"""Where analyses run. One contract, several places: this process, local worker processes, later other machines.

The contract, which one test suite checks over every executor:

- `submit` returns at once; an unknown analysis is refused there with ConfigurationError.
- The deadline counts from the moment the work begins, not while it waits for a free worker.
- `result` gives the Result or raises what went wrong: DeadlineExceeded, Cancelled, TransientError (a worker died, a
  connection was lost: try again) or PermanentError (it would fail again). Python's own TimeoutError says only that
  `timeout_s` passed while the work goes on.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import multiprocessing
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, Protocol

from analyses.contract import describe, known
from analyses.run import run
from nuncius.core.errors import Cancelled, DeadlineExceeded, TransientError
from nuncius.core.result import Result

if TYPE_CHECKING:
    from pebble import ProcessPool


#: Imports what analyses need, once, in the fork server; never imported here, where it would cost two seconds.
WARM = "analyses.warm"


class Job(Protocol):
    """One run of one analysis."""

    def result(self, timeout_s: float | None = None) -> Result:
        """Wait for the result; see the contract above for what it raises."""
        ...

    def done(self) -> bool:
        """Whether `result` would return or raise at once."""
        ...

    def cancel(self) -> None:
        """Stop the work, also in mid-run; a job that is done stays as it is."""
        ...


class Executor(Protocol):
    """Runs analyses by name. `blobs` holds the bytes of the sky maps that inputs name by SHA-256."""

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> Job:
        """Begin a run."""
        ...

    def close(self) -> None:
        """Stop all work and let go of the workers. Jobs that were not done, and later ones, give TransientError:
        nobody withdrew them, so they are for another executor to do."""
        ...


def _closed(name: str) -> TransientError:
    return TransientError(f"analysis '{name}' was not done: the executor was closed")


def begin_worker(modules: Sequence[str]) -> None:
    """Know all analyses, those in `modules` too, and leave Ctrl-C to the parent, which cancels in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    known()
    for module in modules:
        importlib.import_module(module)


class LocalJob:
    """A run in a worker process."""

    def __init__(self, name: str, deadline_s: float, future: Future[Result]) -> None:
        self._name, self._deadline_s, self._future = name, deadline_s, future
        self._withdrawn = False

    def result(self, timeout_s: float | None = None) -> Result:
        if not wait([self._future], timeout_s).done:
            raise TimeoutError(f"analysis '{self._name}' is not done after {timeout_s:g} s")
        try:
            return self._future.result()
        except CancelledError:
            if not self._withdrawn:
                raise _closed(self._name) from None
            raise Cancelled(f"analysis '{self._name}' was cancelled") from None
        except TimeoutError:  # `run` never lets one out, so this is the pool's own
            raise DeadlineExceeded(f"analysis '{self._name}' took longer than {self._deadline_s:g} s") from None
        except (OSError, BrokenProcessPool) as error:  # pebble's ProcessExpired is an OSError
            raise TransientError(f"analysis '{self._name}': its worker process died ({error})") from error

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

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> Job:
        describe(name)
        with self._lock:
            if self._open is None:
                raise _closed(name)
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
            initargs=(self._modules,),
            context=context,
        )


class InlineJob:
    """A run in a thread of this process; deadline and cancellation are raised inside it."""

    def __init__(self, name: str, inputs: dict[str, Any], blobs: dict[str, bytes], deadline_s: float) -> None:
        self.name, self._inputs, self._blobs, self._deadline_s = name, inputs, blobs, deadline_s
        self._finish = threading.Lock()
        self._future: Future[Result] = Future()
        self._thread: int | None = None

    def work(self, turn: threading.Lock) -> None:
        """Run when it is this job's turn: the thread's target."""
        with turn:
            if self._future.done():
                return
            self._thread = threading.get_ident()
            late = DeadlineExceeded(f"analysis '{self.name}' took longer than {self._deadline_s:g} s")
            watch = threading.Timer(self._deadline_s, self.give_up, [late])
            watch.daemon = True
            watch.start()
            try:
                result = run(self.name, self._inputs, self._blobs)
                self._settle(result=result)
            except BaseException as error:
                self._settle(error=error)
            finally:
                watch.cancel()
                self._thread = None

    def _settle(self, *, result: Result | None = None, error: BaseException | None = None) -> None:
        with self._finish:
            if self._future.done():
                return
            if result is not None:
                self._future.set_result(result)
            else:
                self._future.set_exception(error)

    def give_up(self, why: Exception) -> None:
        """End the job now, with that error."""
        with self._finish:  # so that the thread is surely still at this job, and not one that took over its number
            if self._future.done():
                return
            self._future.set_exception(why)
            if self._thread is not None:
                # Ends a Python loop at its next step; a long call inside C runs to its end, its result unread.
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(SystemExit))

    def result(self, timeout_s: float | None = None) -> Result:
        if not wait([self._future], timeout_s).done:
            raise TimeoutError(f"analysis '{self.name}' is not done after {timeout_s:g} s")
        return self._future.result()

    def done(self) -> bool:
        return self._future.done()

    def cancel(self) -> None:
        self.give_up(Cancelled(f"analysis '{self.name}' was cancelled"))


class InlineExecutor:
    """The same contract without processes, one run at a time: for tests and for a single run from a shell."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._jobs: list[InlineJob] | None = []

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> Job:
        describe(name)
        if self._jobs is None:
            raise _closed(name)
        job = InlineJob(name, inputs, blobs, deadline_s)
        self._jobs = [other for other in self._jobs if not other.done()] + [job]
        threading.Thread(target=self._work, args=(job,), name=f"analysis-{name}", daemon=True).start()
        return job

    def _work(self, job: InlineJob) -> None:
        with contextlib.suppress(SystemExit):  # given up while it was already ending
            job.work(self._turn)

    def close(self) -> None:
        left, self._jobs = self._jobs or [], None
        for job in left:
            job.give_up(_closed(job.name))
