"""Settings of regression runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec


class RegressSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where test cases are and what running them may take."""

    testcases: tuple[Path, ...] = ()
    """Files and folders of test cases; none: the shipped ones."""
    environments: Path | None = None
    """Folder of the environments that are built; `environments` in the data folder unless set."""
    environments_mb: Annotated[int, msgspec.Meta(ge=100)] = 10_000
    """Space for environments in MB; those unused for longest go first."""
    memory_mb: Annotated[int, msgspec.Meta(ge=256)] = 4096
    """Memory that one run of a case may use, in MB."""
