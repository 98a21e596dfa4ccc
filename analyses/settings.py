"""Settings of analyses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec


class AnalysesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Analyses that files describe: notebooks, commands, services, MMODA products."""

    paths: tuple[Path, ...] = ()
    """Files and folders of YAML besides the shipped ones; an analysis in a later path replaces its namesake."""
    services: dict[str, str] = {}
    """Addresses of services by the names that files of analyses know them by: `mmoda = "https://…/dispatch-data"`
    switches on the shipped products of MMODA. Their token comes from ODA_TOKEN or ODA_TOKEN_FILE."""


class ExecutorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where analyses run, what each may use, and which results are kept."""

    kind: Literal["local", "dask"] = "local"
    """`local`: worker processes on this machine, as many as `workers` says. `dask`: wherever a Dask scheduler sends
    them."""
    scheduler: str = ""
    """Address of a Dask scheduler, `tcp://scheduler:8786`."""
    cluster: str = ""
    """Instead of `scheduler`: a class that starts one with `workers` workers, `distributed.LocalCluster` or
    `dask_jobqueue.SLURMCluster`."""
    options: dict[str, Any] = {}
    """What that class is given, such as `queue`, `cores` and `memory`."""
    tls_ca: Path | None = None
    """With a `tls://` scheduler: the certificate of who signed its own."""
    tls_cert: Path | None = None
    """With a `tls://` scheduler: our certificate."""
    tls_key: Path | None = None
    """With a `tls://` scheduler: the key of our certificate."""
    patience_s: Annotated[float, msgspec.Meta(gt=0)] = 600.0
    """So long a job waits for a scheduler that cannot be reached, or that has no worker, before its step ends and is
    tried again later, in seconds."""
    memory_mb: Annotated[int, msgspec.Meta(ge=0)] = 4096
    """Megabytes that one analysis may use, on Linux; 0: no bound."""
    cache_mb: Annotated[int, msgspec.Meta(ge=0)] = 1024
    """Megabytes of results kept in the data folder, so that the same analysis of the same inputs by the same software
    need not run again; 0: none."""

    def __post_init__(self) -> None:
        if self.kind == "dask" and bool(self.scheduler) == bool(self.cluster):
            raise ValueError(
                "kind = 'dask' needs either `scheduler`, an address, or `cluster`, a class that starts one"
            )
        if self.scheduler.startswith("tls://") and not self.tls_ca:
            raise ValueError(f"the scheduler {self.scheduler} is reached by TLS: name `tls_ca`, `tls_cert`, `tls_key`")
