"""The line to a Dask scheduler: opened when it is first needed, opened again when it was lost."""

from __future__ import annotations

import contextlib
import importlib
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import dask
from distributed import Client
from distributed import Future as Remote
from distributed.security import Security

from analyses.progress import Progress
from nuncius.core.errors import ConfigurationError, WorkerLost

if TYPE_CHECKING:
    from analyses.settings import ExecutorSettings

log = logging.getLogger(__name__)

#: How long one attempt to reach the scheduler may take, and the pause before the next, in seconds.
CONNECT_S = 3.0
PAUSE_S = 0.5
#: How often to ask whether there are workers, in seconds.
LOOK_S = 5.0
#: Bytes from which a sky map is laid down on a worker once, instead of being sent along with each task.
BIG = 64 * 1024
#: As many of them are kept there for later tasks.
KEPT = 16


class Line:
    """One client, shared by all jobs. `lost` is how long a job waits for a scheduler, or for a first worker."""

    def __init__(self, settings: ExecutorSettings, workers: int, topic: str) -> None:
        self._settings, self._workers, self._topic = settings, workers, topic
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._cluster: Any = None
        self._closed = False
        self._maps: dict[str, Remote[Any]] = {}
        self._peopled = (0.0, True)
        self.progress: dict[str, Progress] = {}
        #: Why jobs wait, where it is not for a free worker.
        self.trouble = ""

    def client(self, given_up: Callable[[], bool]) -> Client:
        """The client, connected. Raises WorkerLost when there is no scheduler within the patience set, or when the job
        is given up meanwhile."""
        until = time.monotonic() + self._settings.patience_s
        warned = False
        while True:
            with self._lock:
                if self._closed or given_up():
                    raise WorkerLost("nobody waits for it any more")
                if self._client is not None and self._client.status == "running":
                    self.trouble = ""
                    return self._client
                why = self._connect()
                if not why:
                    continue
                self.trouble = f"{self._where} cannot be reached: {why}"
            if time.monotonic() > until:
                raise WorkerLost(self.trouble)
            if not warned:
                log.warning("%s cannot be reached, analyses wait for it: %s", self._where, why)
                warned = True
            time.sleep(PAUSE_S)

    def blobs(self, client: Client, blobs: dict[str, bytes]) -> dict[str, Any]:
        """The sky maps as a task takes them: small ones as they are, big ones by where they lie. Raises OSError."""
        given: dict[str, Any] = {}
        for sha256, content in blobs.items():
            if len(content) < BIG:
                given[sha256] = content
                continue
            with self._lock:
                lying = self._maps.pop(sha256, None)
                if lying is None or lying.status != "finished" or lying.client is not client:
                    try:
                        lying = client.scatter([content], hash=False, timeout=CONNECT_S)[0]
                    except TimeoutError:  # no worker to hold it yet
                        given[sha256] = content
                        continue
                self._maps[sha256] = lying  # the last one used is the last to go
                while len(self._maps) > KEPT:
                    self._maps.pop(next(iter(self._maps)))
            given[sha256] = lying
        return given

    def peopled(self, client: Client) -> bool:
        """Whether the scheduler has any worker."""
        with self._lock:
            looked, has = self._peopled
            if time.monotonic() - looked > LOOK_S:
                with contextlib.suppress(Exception):  # a line that was just lost tells by itself
                    has = bool(client.nthreads())
                self._peopled = (time.monotonic(), has)
                self.trouble = "" if has else f"{self._where} has no worker"
            return has

    def close(self) -> None:
        """Let go of the client and of a cluster that was started here."""
        with self._lock:
            self._closed = True
            self._maps.clear()
            for part in (self._client, self._cluster):
                if part is not None:
                    with contextlib.suppress(Exception):  # what is gone already need not be closed
                        part.close()

    @property
    def _where(self) -> str:
        return f"the Dask scheduler {self._settings.scheduler or self._settings.cluster}"

    def _connect(self) -> str:
        """Open the line; in words why that was not possible."""
        if self._client is not None:
            if self._client.status == "connecting":  # it tries by itself, and closes where it fails
                return "the connection was lost"
            self._client = None
        try:
            at = self._settings.scheduler or self._own_cluster()
            security = _security(self._settings)
            client = Client(at, timeout=CONNECT_S, set_as_default=False, security=security, name="nuncius")
            client.subscribe_topic(self._topic, self._hear)
        except (OSError, RuntimeError, ValueError) as error:
            return str(error) or type(error).__name__
        self._client = client
        return ""

    def _own_cluster(self) -> Any:
        if self._cluster is None:
            module, _, name = self._settings.cluster.rpartition(".")
            try:
                kind = getattr(importlib.import_module(module), name)
            except (ImportError, AttributeError, ValueError) as error:
                raise ConfigurationError(
                    f"[executor] cluster: '{self._settings.cluster}' cannot be imported ({error}); a class such as "
                    "distributed.LocalCluster or dask_jobqueue.SLURMCluster"
                ) from error
            dask.config.set({"distributed.worker.daemon": False})  # for good: workers are started one by one, later too
            self._cluster = kind(**self._settings.options)
            self._cluster.scale(self._workers)
        return self._cluster

    def _hear(self, said: tuple[float, Any]) -> None:
        _, told = said
        if isinstance(told, dict) and "key" in told:
            self.progress[told["key"]] = Progress(float(told["fraction"]), str(told["words"]))


def _security(settings: ExecutorSettings) -> Security | None:
    if settings.tls_ca is None:
        return None
    files = {"tls_ca_file": settings.tls_ca, "tls_client_cert": settings.tls_cert, "tls_client_key": settings.tls_key}
    given = {name: str(file) for name, file in files.items() if file is not None}
    return Security(require_encryption=True, **given)
