"""What every listener promises: it puts what arrives into the journal, and nothing else. It decides nothing."""

from __future__ import annotations

import threading
from typing import Protocol

from nuncius.journal import Journal


class Listener(Protocol):
    """A way in. One thread runs each listener."""

    @property
    def name(self) -> str:
        """A short stable name, shown in `nuncius status`: `kafka:nuncius-abc`."""
        ...

    def run(self, journal: Journal, stop: threading.Event) -> None:
        """Listen until `stop` is set. Survives everything transient; raises ConfigurationError for what only a
        person can mend."""
        ...
