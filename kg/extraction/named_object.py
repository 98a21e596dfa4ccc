"""Whose value it is, where a sentence names another event than the circular's own."""

from __future__ import annotations

from kg.extraction.document import Document
from kg.extraction.fact import Where
from kg.names import day_of, find_names

#: Names of events that a value may belong to; a catalogue's source is a place, not an event.
_EVENTS = ("grb", "gbm", "lvk", "gw", "icecube", "ep", "tns", "hawc", "frb", "xrf", "survey")


def object_near(document: Document, where: Where, start: int, end: int) -> str | None:
    """Whose value stands at a span: the event that the same sentence names last before it, where that is neither the
    circular's own nor one of its aliases; else the circular's (of several, the one that the place speaks of)."""
    text = document.even(where).text
    begin = max(text.rfind(". ", 0, start), text.rfind("\n", 0, start), start - 250, 0)
    own = {name.value for name in document.names} | {document.about}
    if document.about and any(c.isdigit() for c in text[begin:start]):
        for name in reversed(find_names(text[begin:start])):
            if name.name in own:
                break
            if name.catalogue in _EVENTS and not _same_burst(name.name, document.about):
                return name.name
    return document.object_at(where, start, end)


def _same_burst(name: str, about: str) -> bool:
    """`GRB 230812` for `GRB 230812B`, `bn230812790` for either: one burst under a shorter or other name."""
    return name.startswith(about) or about.startswith(name) or (day_of(name) or "") == (day_of(about) or "-")
