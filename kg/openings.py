"""Patterns that look at the character before they try their words; grammars compile theirs here.

A pattern such as `\\b(?:retracted|withdrawn|...)` without heed of case makes the engine try each word at each place of
a text. `compiled` reads off which characters a match can begin with at all and puts one look-ahead for them in front.
The pattern matches what it matched before, and passes over a text in two thirds of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from re import _constants as op  # type: ignore[attr-defined]  # Python's own parse of a pattern has no public door
from re import _parser as parser  # type: ignore[attr-defined]
from string import ascii_lowercase, digits, whitespace
from typing import Any

#: What a match may begin with is told of ASCII only; other characters always go on to the pattern itself.
_ASCII = frozenset(map(chr, range(128)))
_CLASSES = {
    op.CATEGORY_DIGIT: frozenset(digits),
    op.CATEGORY_SPACE: frozenset(whitespace) | frozenset("\x1c\x1d\x1e\x1f"),
    op.CATEGORY_WORD: frozenset(c for c in _ASCII if c.isalnum() or c == "_"),
}
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
_WIDTHLESS = (op.AT, op.ASSERT, op.ASSERT_NOT)


class _Unknown(Exception):
    """A match may begin with what is not listed here."""


def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile`, with the look-ahead in front where it makes the search faster."""
    return re.compile(_with_opening(pattern, flags), flags)


def dealt(patterns: Iterable[tuple[str, str]]) -> str:
    """Many alternatives as one pattern, dealt out by the character of ASCII that they begin with, so that at each place
    only a few are tried. Each has a name for its group, empty for none; what begins with several characters stands with
    each of them, under its name and the character's number."""
    found: dict[str, list[str]] = {}
    for name, pattern in patterns:
        characters, empty = _first(parser.parse(pattern), folded=False)
        if empty or not characters:
            raise ValueError(f"{pattern!r} begins with no character of ASCII: it cannot be dealt out")
        for character in sorted(characters):
            group = f"?P<{name}_{ord(character)}>" if name else "?:"
            found.setdefault(character, []).append(f"({group}{pattern})")
    return "|".join(f"(?=\\x{ord(c):02x})(?:{'|'.join(some)})" for c, some in sorted(found.items()))


def _with_opening(pattern: str, flags: int) -> str:
    if flags & re.VERBOSE or pattern.startswith("(?i)"):
        return pattern
    folded = bool(flags & re.IGNORECASE)
    tree = parser.parse(pattern, flags)
    try:
        characters, empty = _first(tree, folded)
    except _Unknown:
        return pattern
    if empty or characters.issuperset(ascii_lowercase) or (not folded and _plain(tree)):
        return pattern
    return f"(?-i:(?=[^{_ranges(_ASCII - characters)}]))(?:{pattern})"


def _ranges(characters: frozenset[str]) -> str:
    """Characters as ranges of a character class."""
    codes = sorted(map(ord, characters))
    runs = [[code for _, code in run] for _, run in groupby(enumerate(codes), lambda place: place[1] - place[0])]
    return "".join(f"\\x{run[0]:02x}-\\x{run[-1]:02x}" for run in runs)


def _plain(tree: Any) -> bool:
    """Whether a pattern begins with characters as they stand: for those the engine looks by itself."""
    kind, value = tree[0]
    if kind is op.SUBPATTERN:
        return _plain(value[3])
    if kind is op.BRANCH:
        return all(branch and branch[0][0] is op.LITERAL for branch in value[1])
    if kind in _REPEATS:
        return _plain(value[2])
    return kind in (op.LITERAL, op.IN)


def _first(tree: Iterable[tuple[Any, Any]], folded: bool) -> tuple[frozenset[str], bool]:
    """The ASCII characters that a match of a sequence can begin with, and whether it can be empty."""
    found: frozenset[str] = frozenset()
    for kind, value in tree:
        if kind in _WIDTHLESS:
            continue
        characters, empty = _first_of(kind, value, folded)
        found |= characters
        if not empty:
            return found, False
    return found, True


def _first_of(kind: Any, value: Any, folded: bool) -> tuple[frozenset[str], bool]:
    """The same of one element of a sequence."""
    if kind is op.LITERAL:
        return _cases(chr(value), folded), False
    if kind is op.IN:
        return frozenset().union(*(_item(item, what, folded) for item, what in value)), False
    if kind is op.SUBPATTERN:
        _, added, removed, tree = value
        return _first(tree, (folded or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE)
    if kind in _REPEATS:
        characters, empty = _first(value[2], folded)
        return characters, empty or value[0] == 0
    if kind is op.BRANCH:
        branches = [_first(branch, folded) for branch in value[1]]
        return frozenset().union(*(characters for characters, _ in branches)), any(empty for _, empty in branches)
    raise _Unknown


def _item(kind: Any, value: Any, folded: bool) -> frozenset[str]:
    """The ASCII characters of an item of a character class."""
    if kind is op.LITERAL:
        return _cases(chr(value), folded)
    if kind is op.CATEGORY and value in _CLASSES:
        return _CLASSES[value]
    if kind is op.RANGE:
        span = map(chr, range(value[0], min(value[1], 127) + 1))
        return frozenset().union(*(_cases(character, folded) for character in span))
    raise _Unknown


def _cases(character: str, folded: bool) -> frozenset[str]:
    """A character, in both cases where case is of no heed; such a one beyond ASCII may stand for any of them."""
    if character.isascii():
        return frozenset((character.lower(), character.upper())) if folded else frozenset(character)
    if folded and any(c.isascii() for c in character.lower() + character.upper() + character.casefold()):
        raise _Unknown
    return frozenset()
