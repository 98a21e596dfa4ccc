"""Words without which a pattern cannot match, read off the pattern itself: a text that holds none of them is passed
over without a search. What is found stays the same; most circulars speak of few of the things grammars look for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]  # Python's own parse of a pattern has no public door
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from kg.openings import compiled

_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
_Words = frozenset[str]


def needed(pattern: str, flags: int = 0) -> tuple[str, ...]:
    """Pieces of text, in small letters, of which each match holds at least one; none where that cannot be told."""
    words = _of_all(parser.parse(pattern, flags)) or frozenset()
    return tuple(sorted(w for w in words if not any(other != w and other in w for other in words)))


class Cued:
    """A pattern that is tried only on texts that hold one of its words."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = compiled(pattern, flags)
        self.words = needed(pattern, flags)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self.pattern.finditer(text) if self._may(text) else iter(())

    def search(self, text: str) -> re.Match[str] | None:
        return self.pattern.search(text) if self._may(text) else None

    def match(self, text: str, *span: int) -> re.Match[str] | None:
        return self.pattern.match(text, *span)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self.pattern.fullmatch(text)

    def _may(self, text: str) -> bool:
        lower = lowered(text)
        for word in self.words:  # a plain loop: it is asked some hundred times a circular
            if word in lower:
                return True
        return not self.words


@lru_cache(maxsize=8)
def lowered(text: str) -> str:
    """A text in small letters, kept for the next pattern that asks."""
    return text.lower()


def _of_all(tree: Iterable[tuple[Any, Any]]) -> _Words | None:
    """Of what a sequence holds one after the other the part that is most telling: whose shortest word is longest."""
    found: list[_Words | None] = []
    run = ""
    for kind, value in tree:
        if kind is op.LITERAL and value < 128:
            run += chr(value).lower()
            continue
        found += [frozenset([run])] if run else []
        run = ""
        found.append(_of_one(kind, value))
    found += [frozenset([run])] if run else []
    return max((w for w in found if w), key=lambda words: (min(map(len, words)), -len(words)), default=None)


def _of_one(kind: Any, value: Any) -> _Words | None:
    """The same of one element; of branches each must hold one."""
    if kind is op.SUBPATTERN:
        return _of_all(value[3])
    if kind is op.BRANCH:
        branches = [_of_all(branch) for branch in value[1]]
        return None if None in branches else frozenset().union(*(words for words in branches if words))
    return _of_all(value[2]) if kind in _REPEATS and value[0] else None
