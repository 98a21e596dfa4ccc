"""The journal of the installation, opened for the tools that need one."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nuncius.journal import Journal


@contextmanager
def journal_of(config: Path | None) -> Iterator[Journal]:
    """The journal that the settings name. Raises ConfigurationError where there is none."""
    from nuncius.core.errors import ConfigurationError
    from nuncius.journal import Journal
    from nuncius.settings import load

    settings = load(config)
    url = settings.journal_url
    if url.startswith("sqlite:///") and not Path(url[10:]).exists():
        raise ConfigurationError(f"no journal at {url[10:]}; NUNCIUS_DATA_DIR names another folder")
    with Journal.open(url, synchronous=settings.journal.synchronous, migrate=False) as journal:
        yield journal


def login() -> str:
    """Who runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "somebody"
