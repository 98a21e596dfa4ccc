"""A circular made ready to be read: even texts with their way back to the original, and whose event it is about.

Made once for each circular; every grammar reads the same document.
"""

from __future__ import annotations

from functools import cached_property

from kg.extraction.events import Named, named
from kg.extraction.fact import Circular, Where
from kg.extraction.normalise import Even
from kg.extraction.segments import Part, Parts
from kg.extraction.sentences import sentence
from kg.names import find_names, normalise_name
from kg.triggers import find_triggers

#: Characters read of a subject and of a body. Real circulars stay far below; what is longer is a mistake or an attack.
READ = 200_000


class Document:
    """`subject` and `body` are even texts. `about` is the canonical name of the circular's event, None where it names
    none; `objects` are all events that it is about, `names` are where it says so."""

    def __init__(self, circular: Circular) -> None:
        self.circular = circular
        self.subject = Even(circular.subject[:READ])
        self.body = Even(circular.body[:READ])

    def even(self, where: Where) -> Even:
        """The even text of a place."""
        return self.subject if where == "subject" else self.body

    def original(self, where: Where) -> str:
        """The text as it came."""
        return self.circular.subject if where == "subject" else self.circular.body

    def sentence(self, where: Where, start: int, end: int) -> str:
        """The sentence around a span of the even text."""
        text = self.even(where).text
        begin, stop = sentence(text, start, end)
        return text[begin:stop]

    @cached_property
    def parts(self) -> Parts:
        """The parts of the body: authors, tables, quoted text, notes, acknowledgements."""
        return Parts(self.circular.body[:READ])

    def part(self, where: Where, start: int, end: int) -> Part:
        """Which part a span of the even text stands in; a subject is a header."""
        return "header" if where == "subject" else self.parts.at(self.body.span(start, end)[0])

    @cached_property
    def names(self) -> list[Named]:
        """Names and aliases of the events that the circular is about, the main one first."""
        return named(self.subject, self.body)

    @cached_property
    def objects(self) -> list[str]:
        """The events that the circular is about; most are about one."""
        return list(dict.fromkeys(n.value for n in self.names if n.taken and not n.alias))

    @cached_property
    def about(self) -> str | None:
        """Canonical name of the event that the circular is about; the archive's own where the text names none."""
        if self.objects:
            return self.objects[0]
        return next((n for e in self.circular.event_name if (n := normalise_name(e))), None)

    def object_at(self, where: Where, start: int, end: int) -> str | None:
        """Which event a place speaks of. Where a circular is about several, it is the last one named before the
        place in its sentence, else the only one named behind it there, else the last one before it."""
        if len(self.objects) < 2 or where == "subject":
            return self.about
        text = self.body.text
        begin, stop = sentence(text, start, end)
        before = [name for name, place in self._mentioned if place < start]
        inside = [name for name, place in self._mentioned if begin <= place < end]
        behind = {name for name, place in self._mentioned if end <= place < stop}
        if inside:
            return inside[-1]
        if len(behind) == 1:
            return behind.pop()
        return before[-1] if before else self.about

    @cached_property
    def _mentioned(self) -> list[tuple[str, int]]:
        """Where the body names the events that the circular is about, in order."""
        of = {normalise_name(n.value) or n.value: n.of for n in self.names if n.taken and n.of in self.objects}
        places = [(of[n.name], n.start) for n in find_names(self.body.text) if n.name in of]
        if any("trigger" in name for name in of):
            places += [(of[t.name], t.start) for t in find_triggers(self.body.text) if t.name in of]
        return sorted(places, key=lambda place: place[1])
