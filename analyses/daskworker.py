"""One analysis on one of many machines: what a Dask worker is asked to do. Only the modules `dask…` here know Dask.

A thread of a Dask worker cannot be stopped, so each worker has worker processes of its own: the executor of a single
machine, with its deadlines, memory limits and kills. The thread only waits, and looks whether the result is wanted.
"""

from __future__ import annotations

import multiprocessing
import threading
from typing import TYPE_CHECKING, Any

from distributed import get_worker

from analyses.local import LocalExecutor
from nuncius.core.errors import Cancelled, ConfigurationError, NunciusError
from nuncius.core.result import Result

if TYPE_CHECKING:
    from distributed import Worker

    from analyses.worker import Setup

#: How often a thread looks whether its result is still wanted, and how far the analysis is, in seconds.
LOOK_S = 0.25

_executors: dict[Setup, LocalExecutor] = {}
_lock = threading.Lock()


def work(
    setup: Setup, name: str, inputs: dict[str, Any], blobs: dict[str, bytes], deadline_s: float, topic: str
) -> Result | NunciusError:
    """The result, or what went wrong as a value: raised, Dask would log it as a fault of its own."""
    try:
        return _work(setup, name, inputs, blobs, deadline_s, topic)
    except NunciusError as error:
        return error


def _work(
    setup: Setup, name: str, inputs: dict[str, Any], blobs: dict[str, bytes], deadline_s: float, topic: str
) -> Result:
    worker = get_worker()
    key = worker.get_current_task()
    job = _executor(setup, worker).schedule(name, inputs, blobs=blobs, deadline_s=deadline_s)
    told = None
    while True:
        try:
            return job.result(LOOK_S)
        except TimeoutError:
            pass
        if not _wanted(worker, key):
            job.cancel()
            raise Cancelled(f"analysis '{name}' was cancelled")
        said = job.progress()
        if said is not None and said != told:
            told = said
            worker.log_event(topic, {"key": key, "fraction": said.fraction, "words": said.words})


def _wanted(worker: Worker, key: Any) -> bool:
    """Whether somebody still waits for this task: not where it was cancelled, or whoever asked for it is gone."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state in ("executing", "long-running")


def _executor(setup: Setup, worker: Worker) -> LocalExecutor:
    """This worker's processes for that setup, as many as the worker has threads."""
    if multiprocessing.current_process().daemon:
        raise ConfigurationError(
            f"the Dask worker {worker.address} may start no processes: start it with the environment variable "
            "DASK_DISTRIBUTED__WORKER__DAEMON=False"
        )
    with _lock:
        if setup not in _executors:
            _executors[setup] = LocalExecutor(worker.state.nthreads, setup=setup)
        return _executors[setup]
