"""Analyses in threads of this process: the executor of tests."""

from __future__ import annotations

import contextlib
import ctypes
import tempfile
import threading
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

from analyses.contract import describe
from analyses.progress import Progress, heard, telling
from analyses.run import closed, run
from nuncius.core.errors import Cancelled, DeadlineExceeded
from nuncius.core.result import Result


class InlineJob:
    """A run in a thread of this process; deadline and cancellation are raised inside it."""

    def __init__(self, name: str, inputs: dict[str, Any], blobs: dict[str, bytes], deadline_s: float) -> None:
        self.name, self._inputs, self._blobs, self._deadline_s = name, inputs, blobs, deadline_s
        self._finish = threading.Lock()
        self._future: Future[Result] = Future()
        self._thread: int | None = None
        self._told = Path()

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
                with tempfile.TemporaryDirectory(prefix="nuncius-progress-") as folder:
                    self._told = Path(folder) / "told"
                    with telling(str(self._told)):
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

    def progress(self) -> Progress | None:
        return heard(self._told)

    def cancel(self) -> None:
        self.give_up(Cancelled(f"analysis '{self.name}' was cancelled"))


class InlineExecutor:
    """The same contract without processes, one run at a time: for tests. Its deadline strikes inside this process, so a
    service should not use it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._jobs: list[InlineJob] | None = []

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> InlineJob:
        describe(name)
        if self._jobs is None:
            raise closed(name)
        job = InlineJob(name, inputs, blobs, deadline_s)
        self._jobs = [other for other in self._jobs if not other.done()] + [job]
        threading.Thread(target=self._work, args=(job,), name=f"analysis-{name}", daemon=True).start()
        return job

    def _work(self, job: InlineJob) -> None:
        with contextlib.suppress(SystemExit):  # given up while it was already ending
            job.work(self._turn)

    def trouble(self) -> str:
        return ""

    def close(self) -> None:
        left, self._jobs = self._jobs or [], None
        for job in left:
            job.give_up(closed(job.name))
