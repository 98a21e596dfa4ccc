"""Objects that have no name but a label: "source #1", "object B", "S3"; one spelling for each, whoever speaks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.openings import compiled

_LABEL = compiled(
    r"\b(?P<noun>[Ss]ource|[Oo]bject|[Cc]andidate|[Ss]tar|[Gg]alaxy) ?\(?"
    r"(?P<label>(?:#|[Nn]o\. ?)?[A-Z]?\d{1,2}|[A-Z])\b"
    # "the object 2 arcsec south" has no label.
    r"(?!\.\S|-|['/]\w|\"| ?(?:and \d+ ?)?(?:arc|deg|mag|sigma|hours?|days?|h\b|s\b|%))"
    r"|(?<![\w.])(?P<bare>S\d)\b(?!\.\S|-|['/]\w)"
)
_IT = compiled(r"\W*(?:(?:The|This|That) (?:\w+ ){0,2}(?:source|object|spectrum|star|candidate)|It)\b")


def labelled(text: str) -> Iterator[str]:
    """The labelled objects of a text, in order. A source and an object with one label are one thing."""
    for match in _LABEL.finditer(text):
        noun = (match["noun"] or "source").lower()
        label = match["bare"] or re.sub(r"^(?:#|[Nn]o\. ?)", "", match["label"])
        yield f"{'source' if noun == 'object' else noun} {label}"


def labelled_before(text: str, begin: int, end: int) -> str | None:
    """The labelled object that a sentence speaks of: the last one that it names before a place; of "the object" and
    "it", the only one named so far."""
    if here := list(labelled(text[begin:end])):
        return here[-1]
    told = set(labelled(text[max(0, begin - 1500) : begin])) if _IT.match(text, begin, end) else set()
    return told.pop() if len(told) == 1 else None
