"""A message to people, before any chat target has dressed it."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from nuncius.core.result import Table

_MARKUP = re.compile(r"([\\`*_\[\]<>])")


def as_written(text: str) -> str:
    """A text of others for use within a line of a report's text: its markup is shown and not obeyed."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


class Severity(StrEnum):
    """Decides channel, mention or silence."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    PAGE = "page"


class ReportState(StrEnum):
    """Whether a report still stands."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A figure kept as a blob in the journal under its SHA-256."""

    name: str
    sha256: str
    caption: str
    alt: str


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled URL."""

    label: str
    url: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file for machines, kept as a blob in the journal under its SHA-256: a result as JSON, say."""

    name: str
    sha256: str
    media_type: str = "application/json"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One message in the thread of an object.

    `thread` is the object's IRI. `slot` names the place in the thread: a later report with the same slot and
    another `key` replaces it in place. `key` is the idempotency key: the same key is never delivered twice to
    one target. `event_id` and `rule` are the cause. `revision` counts versions of a slot from 1; 0 says
    how far the work is whose answer will stand there.

    `asks` is the number of the open question that it puts, 0 once that is over, `hint` how to answer where there are no
    buttons; `marks` are people's verdicts on it. With `to`
    (`slack:U0123`) it is for that person only; `subscription` is the number of what they subscribed to.
    """

    thread: str
    slot: str
    key: str
    title: str
    text: str = ""
    severity: Severity = Severity.INFO
    state: ReportState = ReportState.CURRENT
    revision: int = 1
    rule: str = ""
    event_id: str = ""
    tables: list[Table] = []
    pictures: list[Picture] = []
    attachments: list[Attachment] = []
    caveats: list[str] = []
    links: list[Link] = []
    asks: int | None = None
    hint: str = ""
    marks: list[str] = []
    to: str = ""
    subscription: int | None = None
