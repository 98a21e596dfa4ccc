"""What an executor promises. One contract, several places: this process, local worker processes, other machines.

The contract, which one test suite checks over every executor:

- `submit` returns at once; an unknown analysis is refused there with ConfigurationError.
- The deadline counts from the moment the work begins, not while it waits for a free worker.
- `result` gives the Result or raises what went wrong: DeadlineExceeded, Cancelled, WorkerLost (the process or machine
  that did it is gone), another TransientError (a connection was lost: try again) or PermanentError (it would fail
  again; more memory than `memory_mb` is such). Python's own TimeoutError says only that `timeout_s` passed while the
  work goes on.
"""

from __future__ import annotations

from typing import Any, Protocol

from analyses.progress import Progress
from nuncius.core.result import Result


class Job(Protocol):
    """One run of one analysis."""

    def result(self, timeout_s: float | None = None) -> Result:
        """Wait for the result; see the contract above for what it raises."""
        ...

    def done(self) -> bool:
        """Whether `result` would return or raise at once."""
        ...

    def progress(self) -> Progress | None:
        """What the analysis said last of how far it is; None where it says nothing, or no longer runs."""
        ...

    def cancel(self) -> None:
        """Stop the work, also in mid-run; a job that is done stays as it is."""
        ...


class Executor(Protocol):
    """Runs analyses by name. `blobs` holds the bytes of the sky maps that inputs name by SHA-256."""

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> Job:
        """Begin a run."""
        ...

    def trouble(self) -> str:
        """Why no analysis can be begun just now, other than that all workers are busy; empty where that is not so."""
        ...

    def close(self) -> None:
        """Stop all work and let go of the workers. Jobs that were not done, and later ones, give WorkerLost:
        nobody withdrew them, so they are for another executor to do."""
        ...
