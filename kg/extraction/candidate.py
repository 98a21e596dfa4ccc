"""What a grammar answers in: everything that may be a fact, taken or left, with the reason in words.

A grammar proposes generously. `taken` is its own verdict, which stands where nothing else scores candidates; a scorer
may overrule it (kg/extraction/__init__.py). Values are read from the span and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Limit, Where


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One value that the text may be stating. Fields are those of `Fact`; `start` and `end` are in the even text.

    `object` None means the event that the circular is about. `confidence` is the grammar's own estimate that the
    fact is right. `features` are numbers for a scorer, by name; `why` says for people why it was taken or left.
    """

    predicate: str
    where: Where
    start: int
    end: int
    value: float | str | dict[str, float] | None = None
    object: str | None = None
    unit: str = ""
    error: list[float] | None = None
    error_probability: float | None = None
    limit: Limit | None = None
    lower: float | None = None
    upper: float | None = None
    qualifier: dict[str, Any] = {}
    assertion: Assertion = "asserted"
    confidence: float
    taken: bool = True
    why: str = ""
    features: dict[str, float] = {}


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """How one family of facts is found, and how its spans are read again for the anchor gate: `reads_again` sees a
    fact's text alone, without its surroundings, and says whether that gives the fact's value."""

    predicates: tuple[str, ...]
    propose: Callable[[Document], Iterable[Candidate]]
    reads_again: Callable[[Fact], bool]
