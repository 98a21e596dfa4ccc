"""Cuts a text at the spans that claims were read from, so that a page can mark them. Knows nothing of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Characters `start` to `end` of a text, and the number of the claim that was read from them."""

    start: int
    end: int
    number: int


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a text. `numbers` are the claims that it belongs to (none: plain text), `ends` those whose span ends
    with it: there a page puts the reference."""

    text: str
    numbers: list[int]
    ends: list[int]


def pieces(text: str, spans: Sequence[Span]) -> list[Piece]:
    """The text in pieces, in order; joined they are the text again. Spans may overlap; one that lies outside, such as
    one read from another version, is left out."""
    held = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    cuts = sorted({0, len(text), *(s.start for s in held), *(s.end for s in held)})
    out = []
    for start, end in pairwise(cuts):
        numbers = sorted({s.number for s in held if s.start <= start and end <= s.end})
        out.append(Piece(text=text[start:end], numbers=numbers, ends=sorted({s.number for s in held if s.end == end})))
    return out
