"""What every source that is asked promises: pages from old to new, each with the state from which to go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

import msgspec

from listeners.formats import Message
from listeners.polling.web import Web


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was published and cannot be asked for any more, or may have been: told once, never silently.
    `key` names the gap (`16001-16050`), so that the same one twice is one."""

    key: str
    detail: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some messages, the oldest first, and the source's state (anything that JSON can hold) once they are kept. One
    without messages says that the source is still at it, and prolongs its turn."""

    messages: list[Message] = []
    gaps: list[Gap] = []
    state: Any


class Source(Protocol):
    """Something to ask for news. It reads and never writes; whatever it must remember is in the state it gives."""

    @property
    def name(self) -> str:
        """A short stable name, shown in `nuncius status`: `arxiv:astro-ph.HE`."""
        ...

    @property
    def every_s(self) -> float:
        """How often it is asked, in seconds."""
        ...

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """What is new since `state` (None at the very first time), from old to new, so that an outage in the middle
        leaves no gap. Raises TransientError where asking again later may help, ConfigurationError for what a person
        must mend; what was given before it raised is kept."""
        ...
