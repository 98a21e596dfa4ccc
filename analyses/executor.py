"""Where analyses run: the executor that the settings ask for, by the contract of `analyses/jobs.py`."""

from __future__ import annotations

from pathlib import Path

from analyses.inline import InlineExecutor
from analyses.jobs import Executor, Job
from analyses.kept import KeepingExecutor, ResultCache
from analyses.local import LocalExecutor
from analyses.settings import ExecutorSettings
from analyses.worker import Setup
from nuncius.core.errors import ConfigurationError

__all__ = ["Executor", "InlineExecutor", "Job", "LocalExecutor", "open_executor"]


def open_executor(settings: ExecutorSettings, workers: int, kept: Path | None = None) -> Executor:
    """The executor that the settings ask for; it keeps results in the folder `kept`. Raises ConfigurationError."""
    made: Executor
    if settings.kind == "dask":
        try:
            from analyses.daskexecutor import DaskExecutor
        except ImportError as error:
            raise ConfigurationError(
                f'[executor] kind = "dask" needs the package distributed, here and on every worker: '
                f"pip install 'nuncius[dask]' ({error})"
            ) from error
        made = DaskExecutor(settings, workers)
    else:
        made = LocalExecutor(workers, setup=Setup.as_here(memory_mb=settings.memory_mb))
    return KeepingExecutor(made, ResultCache(kept, settings.cache_mb)) if kept and settings.cache_mb else made
