"""A circular made ready to be read: even texts with their way back to the original, and whose event it is about.

Made once for each circular; every grammar reads the same document.
"""

from __future__ import annotations

from functools import cached_property

from kg.extraction.fact import Circular, Where
from kg.extraction.mentions import Mention, event_names
from kg.extraction.normalise import Even, sentence
from kg.extraction.segments import Part, Parts
from kg.names import find_names, normalise_name
from kg.naming import equated

#: Characters read of a subject and of a body. Real circulars stay far below; what is longer is a mistake or an attack.
READ = 200_000


class Document:
    """`subject` and `body` are even texts. `about` is the canonical name of the circular's event, None where it names
    none; `names` are where it says so."""

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
    def names(self) -> list[tuple[Where, Mention]]:
        """Where the event's own name and its aliases stand."""
        found = find_names(self.subject.text)
        return list(event_names(self.subject, self.body, equated(self.subject.text, found) if found else []))

    @cached_property
    def about(self) -> str | None:
        """Canonical name of the event that the circular is about; the archive's own where the text names none."""
        named = next((str(m.value) for _, m in self.names if m.predicate == "event_name"), None)
        return named or next((n for e in self.circular.event_name if (n := normalise_name(e))), None)
