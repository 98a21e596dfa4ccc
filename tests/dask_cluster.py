"""A real Dask scheduler and worker processes on loopback, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent


class Cluster:
    """Starts with a scheduler and `workers` worker processes of one thread each."""

    def __init__(self, workers: int = 2) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nuncius-dask-")
        self._environment = os.environ | {
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",  # three by default; each death costs seconds
            "DASK_TEMPORARY_DIRECTORY": self._folder.name,
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)]),
        }
        self.workers: list[subprocess.Popen[bytes]] = []
        self.port = 0
        self.start_scheduler()
        for _ in range(workers):
            self.start_worker()

    def start_scheduler(self) -> None:
        """At the same port as before."""
        said = Path(self._folder.name) / "scheduler.json"
        said.unlink(missing_ok=True)
        port = ["--port", str(self.port), "--scheduler-file", str(said), "--no-dashboard", "--no-jupyter"]
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", *port)
        until = time.monotonic() + 30
        while not said.exists() or not said.read_text():
            assert time.monotonic() < until, "the scheduler does not start"
            time.sleep(0.05)
        self.address = json.loads(said.read_text())["address"]
        self.port = int(self.address.rpartition(":")[2])

    def start_worker(self, nanny: str = "--no-nanny", *, daemon: bool = False) -> subprocess.Popen[bytes]:
        """A worker, without a nanny as a rule, so that it can be killed and does not come again."""
        self._environment["DASK_DISTRIBUTED__WORKER__DAEMON"] = str(daemon)
        options = ["--nthreads", "1", nanny, "--no-dashboard", "--host", "127.0.0.1", "--memory-limit", "0"]
        self.workers.append(self._start("worker", self.address, *options))
        return self.workers[-1]

    def _start(self, *what: str) -> subprocess.Popen[bytes]:
        log = (Path(self._folder.name) / "log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *what],
                env=self._environment,
                cwd=self._folder.name,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def mend(self, workers: int) -> None:
        """Start what has ended, so that there are a scheduler and so many workers; others end."""
        if self.scheduler.poll() is not None:
            self.start_scheduler()
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        for _ in range(workers - len(self.workers)):
            self.start_worker()
        for worker in self.workers[workers:]:
            worker.kill()
            worker.wait()

    def log(self) -> str:
        """All that they printed."""
        return (Path(self._folder.name) / "log").read_text()

    def close(self) -> None:
        """End them all."""
        for process in [*self.workers, self.scheduler]:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait()
        self._folder.cleanup()
