"""Settings of analyses."""

from __future__ import annotations

from pathlib import Path

import msgspec


class AnalysesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Analyses that files describe: notebooks, commands, services, MMODA products."""

    paths: tuple[Path, ...] = ()
    """Files and folders of YAML besides the shipped ones; an analysis in a later path replaces its namesake."""
    services: dict[str, str] = {}
    """Addresses of services by the names that files of analyses know them by: `mmoda = "https://…/dispatch-data"`
    switches on the shipped products of MMODA. Their token comes from ODA_TOKEN or ODA_TOKEN_FILE."""
