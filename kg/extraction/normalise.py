"""Second step of extraction: the text made even (wraps, Unicode signs, LaTeX) without losing one original position.

Every grammar reads `Even.text` and answers in spans of it; `Even.span` turns them back into spans of the original.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from kg.openings import compiled

#: One alternative each, longest first; what is not listed is copied character by character.
_RULES: list[tuple[str, str]] = [
    (r"[ \t\r\x0b\x0c]*\n(?:[ \t\r>|]*\n)+[ \t]*", "\n"),  # a blank line ends a paragraph
    (r"\\(?:pm|mp)\b\s*", "+/-"),
    (r"\\(?:sim|simeq|approx)\b\s*", "~"),
    (r"\\(?:lesssim|lsim)\b\s*", "<~"),
    (r"\\(?:gtrsim|gsim)\b\s*", ">~"),
    (r"\\(?:leq?|lt)\b\s*", "<"),
    (r"\\(?:geq?|gt)\b\s*", ">"),
    (r"&lt;", "<"),
    (r"&gt;", ">"),
    (r"&amp;", "&"),
    (r"&plusmn;", "+/-"),
    (r"\s*±\s*", "+/-"),
    (r"\s*\+\s?[/\\]\s?-\s*", "+/-"),
    (r"(?<=\d)\s\+-\s(?=[\d.])", "+/-"),
    (r"\+-(?=\s?[\d.])", "+/-"),
    (r"[\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d\u00ad]", "-"),
    (r"[\u223c\u2248\u2243\u2245\uff5e\u02dc]", "~"),
    (r"[\u2264\u2a7d\u2266]", "<="),
    (r"[\u2265\u2a7e\u2267]", ">="),
    (r"[\u2272]", "<~"),
    (r"[\u2273]", ">~"),
    (r"[\u2018\u2019\u2032]", "'"),
    (r"[\u201c\u201d]", '"'),
    (r"\*\*|\$", ""),  # Markdown bold, LaTeX mathematics
    (r"[\s\u00a0\u2000-\u200b\u202f\u3000]{2,}|[^\S ]|[\u200b]", " "),
]
#: The look-aheads pass over plain letters, digits and stops, and single blanks in front of such, at the cost of a
#: comparison.
_RULE = compiled(
    r"(?=[\s\\&+*$\u0080-\uffff])(?! [!-*,-~])(?:" + "|".join(f"({pattern})" for pattern, _ in _RULES) + ")"
)


class Even:
    """A text made even, with the original place of each of its characters: only where something became longer or
    shorter a step is noted, and between steps both go on side by side."""

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = original
        #: Of each step: where it begins and ends in `text`, and in the original.
        self._steps: list[tuple[int, int, int, int]] = [(0, 0, 0, 0)]
        # Most spans of facts are even as they came.
        if _RULE.search(original):
            self._make_even(original)
        self._begins = [step[0] for step in self._steps]

    def _make_even(self, original: str) -> None:
        pieces: list[str] = []
        at = ahead = 0  # `ahead`: by how much the text is longer than the original so far
        for match in _RULE.finditer(original):
            start, end = match.span()
            pieces.append(original[at:start])
            at = end
            new = _RULES[match.lastindex - 1][1] if match.lastindex is not None else ""
            pieces.append(new)
            if len(new) != 1 or end - start != 1:
                begin = start + ahead
                self._steps.append((begin, begin + len(new), start, end))
                ahead += len(new) - (end - start)
        pieces.append(original[at:])
        self.text = "".join(pieces)

    def _original(self, place: int) -> tuple[int, int]:
        """Where a character of `text` begins and ends in the original."""
        _, stop, start, end = self._steps[bisect_right(self._begins, place) - 1]
        return (start, end) if place < stop else (end + place - stop, end + place - stop + 1)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span of a non-empty span of `text`, without white space at its edges."""
        first, last = self._original(start)[0], self._original(end - 1)[1]
        while first < last and self.original[first].isspace():
            first += 1
        while last > first and self.original[last - 1].isspace():
            last -= 1
        return first, last

    def at(self, place: int) -> int:
        """Where a place of the original stands in `text`; of what was left out, where the next character stands."""
        return bisect_left(range(len(self.text)), place, key=lambda i: self._original(i)[0])


BREAK = compiled(
    r"\n|(?<!\bal)(?<!\be\.g)(?<!\bi\.e)(?<!\b[A-Z])(?<!\bFig)(?<!\bDr)(?<!\bvs)[.!?][\"')\]]* +(?=>?[A-Z(\[\"'])"
)


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of the sentence of `text` around a span. Sentences end at full stops before a capital, and at
    blank lines; initials and "et al." do not end one."""
    begin = 0
    for match in BREAK.finditer(text, max(0, start - 1200), start):
        begin = match.end()
    after = BREAK.search(text, end, end + 601)
    return max(begin, start - 600), min(after.start() + 1 if after else len(text), end + 600)
