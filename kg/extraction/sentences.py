"""Where sentences of an even text begin and end, each text looked through once. What stands directly behind a full stop
belongs to the new sentence."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache

from kg.extraction.normalise import BREAK

#: A sentence reaches no farther than this from a span: a table without full stops is no sentence.
_REACH = 600
#: A longer run without a full stop is a table.
_LONGEST = 2000


@lru_cache(maxsize=8)
def _breaks(text: str) -> tuple[list[int], list[int]]:
    """Starts and ends of all that parts sentences."""
    found = [match.span() for match in BREAK.finditer(text)]
    return [start for start, _ in found], [end for _, end in found]


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of the sentence of `text` around a span."""
    starts, ends = _breaks(text)
    before = bisect_right(ends, start) - 1
    behind = bisect_left(starts, end)
    begin = ends[before] if before >= 0 else 0
    stop = starts[behind] + 1 if behind < len(starts) else len(text)
    return max(begin, start - _REACH), min(stop, end + _REACH)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The spans of all sentences of a text, in order; one that is very long comes in parts."""
    starts, ends = _breaks(text)
    begin = 0
    for start, end in zip((*starts, len(text)), (*ends, len(text)), strict=True):
        for part in range(begin, start + 1, _LONGEST):
            yield part, min(part + _LONGEST, start + 1, len(text))
        begin = end
