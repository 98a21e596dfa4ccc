"""Second step of extraction: the text made even (wraps, Unicode signs, LaTeX) without losing one original position.

Every grammar reads `Even.text` and answers in spans of it; `Even.span` turns them back into spans of the original.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

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
    """A text made even, with the original place of each of its characters."""

    def __init__(self, original: str) -> None:
        self.original = original
        self._starts: Sequence[int] = range(len(original))
        self._ends: Sequence[int] = range(1, len(original) + 1)
        self.text = original
        # Most spans of facts are even as they came.
        if _RULE.search(original):
            self._make_even(original)

    def _make_even(self, original: str) -> None:
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for match in _RULE.finditer(original):
            if match.start() > at:
                pieces.append(original[at : match.start()])
                starts.extend(range(at, match.start()))
                ends.extend(range(at + 1, match.start() + 1))
            if match.lastindex is not None:
                new = _RULES[match.lastindex - 1][1]
                pieces.append(new)
                starts.extend([match.start()] * len(new))
                ends.extend([match.end()] * len(new))
            at = match.end()
        pieces.append(original[at:])
        starts.extend(range(at, len(original)))
        ends.extend(range(at + 1, len(original) + 1))
        self.text = "".join(pieces)
        self._starts = starts
        self._ends = ends

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span of a non-empty span of `text`, without white space at its edges."""
        first, last = self._starts[start], self._ends[end - 1]
        while first < last and self.original[first].isspace():
            first += 1
        while last > first and self.original[last - 1].isspace():
            last -= 1
        return first, last

    def at(self, place: int) -> int:
        """Where a place of the original stands in `text`; of what was left out, where the next character stands."""
        return bisect_left(self._starts, place)


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
