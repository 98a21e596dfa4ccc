"""Results that are kept on disk, so that the same analysis of the same inputs by the same software need not run again.

Only an analysis that says so (`cached`) is kept. The key is the digest of its name, version and inputs together with
that of all software (`analyses/environment.py`); what other software gave, on a Dask worker say, is not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from analyses.contract import Analysis, describe
from analyses.environment import environment
from analyses.progress import Progress
from analyses.run import cache_key
from nuncius.core.result import Result

if TYPE_CHECKING:
    from analyses.jobs import Executor, Job

log = logging.getLogger(__name__)

MB = 1024 * 1024
#: When there is no room, so much of it is made free at once: the least recently used go.
SPARE = 0.1


class _Stored(msgspec.Struct, frozen=True):
    computed: datetime
    result: Result


class ResultCache:
    """A folder of results, each in a file named by its key; several processes may share it."""

    def __init__(self, folder: Path, limit_mb: int) -> None:
        self._folder, self._limit = folder, limit_mb * MB
        self._size: int | None = None
        environment()

    def get(self, analysis: Analysis, inputs: dict[str, Any]) -> Result | None:
        """The result kept for these inputs and this software; its provenance says since when."""
        path = self._path(analysis, inputs)
        try:
            digest, _, content = path.read_bytes().partition(b"\n")
            if hashlib.sha256(content).hexdigest().encode() != digest:
                raise msgspec.DecodeError("its bytes are damaged")
            stored = msgspec.msgpack.decode(content, type=_Stored)
            os.utime(path)  # the least recently used go first
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            log.warning("the kept result %s is not used: %s", path, error)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        kept = {"computed": stored.computed.isoformat(timespec="seconds")}
        return msgspec.structs.replace(stored.result, provenance=stored.result.provenance | {"kept": kept})

    def put(self, analysis: Analysis, inputs: dict[str, Any], result: Result) -> None:
        """Keep a result, if this software gave it and there is room."""
        if result.provenance.get("environment") != environment():
            return
        path = self._path(analysis, inputs)
        try:
            content = msgspec.msgpack.encode(_Stored(datetime.now(UTC), result))
            if len(content) > self._limit * SPARE:
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as file:
                file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            os.replace(file.name, path)
            self._make_room(len(content))
        except (OSError, TypeError, ValueError, OverflowError) as error:  # of no harm: it is computed again
            log.warning("the result of '%s' is not kept: %s", analysis.name, error)

    def _path(self, analysis: Analysis, inputs: dict[str, Any]) -> Path:
        key = hashlib.sha256(f"{cache_key(analysis, inputs)} {environment()}".encode()).hexdigest()
        return self._folder / key[:2] / key

    def _make_room(self, added: int) -> None:
        """Delete the least recently used where the limit is passed. Others write too, so the folder itself is asked."""
        if self._size is not None and self._size + added <= self._limit:
            self._size += added
            return
        files = []
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(OSError):
                files.append((path.stat().st_mtime, path.stat().st_size, path))
        self._size = sum(size for _, size, _ in files)
        if self._size <= self._limit:
            return
        for _, size, path in sorted(files):
            with contextlib.suppress(OSError):
                path.unlink()
            self._size -= size
            if self._size <= self._limit * (1 - SPARE):
                break


class KeptJob:
    """A run that was done before."""

    def __init__(self, result: Result) -> None:
        self._result = result

    def result(self, timeout_s: float | None = None) -> Result:
        return self._result

    def done(self) -> bool:
        return True

    def progress(self) -> Progress | None:
        return None

    def cancel(self) -> None:
        pass


class KeepingJob:
    """A run whose result is kept when somebody asks for it."""

    def __init__(self, job: Job, cache: ResultCache, analysis: Analysis, inputs: dict[str, Any]) -> None:
        self._job, self._cache, self._analysis, self._inputs = job, cache, analysis, inputs
        self._kept = False

    def result(self, timeout_s: float | None = None) -> Result:
        result = self._job.result(timeout_s)
        if not self._kept:
            self._kept = True
            self._cache.put(self._analysis, self._inputs, result)
        return result

    def done(self) -> bool:
        return self._job.done()

    def progress(self) -> Progress | None:
        return self._job.progress()

    def cancel(self) -> None:
        self._job.cancel()


class KeepingExecutor:
    """Another executor, asked only for what is not kept."""

    def __init__(self, executor: Executor, cache: ResultCache) -> None:
        self._executor, self._cache = executor, cache

    def submit(self, name: str, inputs: dict[str, Any], *, blobs: dict[str, bytes], deadline_s: float) -> Job:
        analysis = describe(name)
        if not analysis.cached:
            return self._executor.submit(name, inputs, blobs=blobs, deadline_s=deadline_s)
        known = self._cache.get(analysis, inputs)
        if known is not None:
            return KeptJob(known)
        job = self._executor.submit(name, inputs, blobs=blobs, deadline_s=deadline_s)
        return KeepingJob(job, self._cache, analysis, inputs)

    def trouble(self) -> str:
        return self._executor.trouble()

    def close(self) -> None:
        self._executor.close()
