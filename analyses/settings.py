"""Settings of analyses."""

from __future__ import annotations

from pathlib import Path

import msgspec


class AnalysesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Analyses that files describe: notebooks, commands, services, MMODA products."""

    paths: tuple[Path, ...] = ()
    """Files and folders of YAML besides the shipped ones; an analysis in a later path replaces its namesake."""
