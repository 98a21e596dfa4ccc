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


class DataSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where light curves of an instrument are had from, so that joint reports look into its data: `[data.bat]` with the
    instrument's key in config/instruments.toml."""

    files: str = ""
    """Files of an archive of yours, which may have `*`, `**`, `{t0:%Y%m%d}` (T0 in UTC, by the codes of strftime) and
    `{name}` (GRB130427A): `/data/bat/{t0:%Y}/*{t0:%y%m%d}*.lc`. Those that cover T0 are searched. At the same place on
    every machine where analyses run."""
    places: str = ""
    """Files beside them that tell where the spacecraft was, a line of RA, Dec (degrees) and km from the Earth's centre:
    then delays between instruments give annuli on the sky."""
    analysis: str = ""
    """Instead of files: an analysis that finds a burst (`significance` among its values), or one with an input `keep`
    that fetches light curves, `mmoda-spi-acs` say."""
    before_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """A burst is looked for from so long before T0, in seconds; otherwise as the messenger asks."""
    after_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """The same after T0."""
    options: dict[str, Any] = msgspec.field(default_factory=dict, name="with")
    """Other inputs of `burst-search`, or of the analysis: `{columns = [4]}`, `{effective_area = […]}`."""

    def __post_init__(self) -> None:
        if self.files and self.analysis:
            raise ValueError("either `files` or `analysis`, not both")


class ArchivesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Catalogues that `archival-context` asks by position; none unless named here, and its shipped list always."""

    ask: tuple[str, ...] = ()
    """Keys of `config/catalogues.toml` or of `catalogues`: `["simbad", "glade", "fermi-lat"]`, or `["all"]`. Needs the
    extra `archives`."""
    catalogues: Path | None = None
    """A file of catalogues of yours, in the words of the shipped one; a key in it replaces its namesake."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 20.0
    """Seconds within which a catalogue must have answered; one that has not costs only its own row."""
    keep_days: Annotated[float, msgspec.Meta(ge=0)] = 30.0
    """Days for which an answer is kept in the data folder, so that the same question is not asked again; 0: none."""


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
