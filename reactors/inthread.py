"""Work of an action in a thread of this process, as a job: for what waits for processes of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from analyses.progress import Progress
from nuncius.core.errors import DeadlineExceeded, NunciusError, PermanentError
from nuncius.core.result import Result


class InThread:
    """`work` is told by an event when it shall stop: at its deadline, and when it is cancelled;
    `progress` says how far it is, where the work can tell."""

    def __init__(
        self,
        work: Callable[[threading.Event], Result],
        deadline_s: float,
        *,
        progress: Callable[[], Progress | None] = lambda: None,
    ) -> None:
        self._work, self._deadline_s, self._progress = work, deadline_s, progress
        self._stop, self._ended = threading.Event(), threading.Event()
        self._result: Result | None = None
        self._error: Exception | None = None
        self._late = False
        threading.Thread(target=self._run, name="action", daemon=True).start()

    def _run(self) -> None:
        watch = threading.Timer(self._deadline_s, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            self._result = self._work(self._stop)
        except Exception as error:
            self._error = error
        finally:
            watch.cancel()
            self._ended.set()

    def _give_up(self) -> None:
        self._late = True
        self._stop.set()

    def done(self) -> bool:
        return self._ended.is_set()

    def progress(self) -> Progress | None:
        return self._progress()

    def cancel(self) -> None:
        self._stop.set()

    def result(self, timeout_s: float | None = None) -> Result:
        if not self._ended.wait(timeout_s):
            raise TimeoutError(f"the work is not done after {timeout_s:g} s")
        if self._late and self._result is None:
            raise DeadlineExceeded(f"it took longer than {self._deadline_s:g} s; what was done is kept")
        if self._error is not None:
            if isinstance(self._error, NunciusError):
                raise self._error
            raise PermanentError(f"{type(self._error).__name__}: {self._error}") from self._error
        assert self._result is not None
        return self._result
