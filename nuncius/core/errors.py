"""The one error tree. Retry by type, only at the edges.

    NunciusError
    ├── ConfigurationError   the installation is set up wrongly; a person must mend it
    ├── FormatError          a message that cannot be understood; journalled as rejected, never retried
    ├── TransientError       may succeed later (network, lease, rate limit); retried with back-off
    │   ├── DeadlineExceeded   the work took longer than it was given
    │   └── WorkerLost         the process or machine that did the work is gone; tried again unasked
    └── PermanentError       will fail again in the same way; reported, not retried
        └── Cancelled          withdrawn on purpose (a retraction, a newer revision)

Messages name the thing (event id, file and line, field), the value received and how to mend it.
"""

from __future__ import annotations


class NunciusError(Exception):
    """Base of all errors raised on purpose."""


class ConfigurationError(NunciusError):
    """The installation is set up wrongly."""


class FormatError(NunciusError):
    """A message or a file cannot be understood."""


class TransientError(NunciusError):
    """May succeed later; `retry_after_s` is the wait that the other side asked for, in seconds."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeadlineExceeded(TransientError):
    """The work took longer than it was given."""


class WorkerLost(TransientError):
    """The process or the machine that did the work went away; another may do it."""


class PermanentError(NunciusError):
    """Will fail again in the same way."""


class Cancelled(PermanentError):
    """Withdrawn on purpose: by a retraction, a newer revision or a person."""
