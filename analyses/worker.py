"""What happens inside a worker process: how it begins, what it may use, and one run of one analysis."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from analyses import archives, suppliers
from analyses.contract import known
from analyses.progress import telling
from analyses.run import run
from nuncius.core.errors import PermanentError
from nuncius.core.result import Result

MB = 1024 * 1024


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker must know and keep to: the modules and files that define analyses besides our own, the addresses of
    services, what archives are asked, and the memory that it may use beyond what it begins with (0: as much as there
    is)."""

    modules: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    services: tuple[tuple[str, str], ...] = ()
    archives: str = ""
    memory_mb: int = 0

    @classmethod
    def as_here(cls, modules: Sequence[str] = (), *, memory_mb: int = 0) -> Setup:
        """What this process knows, for those that work for it."""
        services = tuple(sorted(suppliers.services().items()))
        return cls(
            modules=tuple(modules),
            paths=suppliers.paths(),
            services=services,
            archives=archives.passed_on(),
            memory_mb=memory_mb,
        )


#: What this process may use beyond what it began with; 0: as much as there is. Set once, when the worker begins.
_memory_mb = 0


def begin(setup: Setup) -> None:
    """Know all analyses, and leave Ctrl-C to the parent, which cancels in order. Workers give way to their parent:
    taking alerts in and deciding on them must not wait for a plot."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)
    suppliers.use(setup.paths, dict(setup.services))
    archives.pass_on(setup.archives)
    known()
    for module in setup.modules:
        importlib.import_module(module)
    _limit(setup.memory_mb)


def work(name: str, inputs: Mapping[str, Any], blobs: Mapping[str, bytes], told: str = "") -> Result:
    """One run; what the analysis says of its progress goes to the file `told`."""
    with telling(told):
        try:
            return run(name, inputs, blobs)
        except PermanentError as error:
            if not isinstance(error.__cause__, MemoryError):
                raise
    # Raised here, so that nothing holds on to what filled the memory.
    bound = f"the {_memory_mb} MB that it may use" if _memory_mb else "there is"
    raise PermanentError(
        f"analysis '{name}' needs more memory than {bound}: give it less, or more by `memory_mb` in [executor]"
    )


def _end_with_parent() -> None:
    """A parent that is killed cannot end its workers, and one that spins would go on for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _limit(memory_mb: int) -> None:
    """Bound what this process may take beyond what it has now. The kernel counts what is private and writable
    (RLIMIT_DATA), since the whole address space (RLIMIT_AS) holds libraries and reserves of threads that nobody uses.
    Only Linux counts so; elsewhere nothing is bounded."""
    global _memory_mb
    if not memory_mb or sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    most = pages * resource.getpagesize() + memory_mb * MB
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    _memory_mb = memory_mb
