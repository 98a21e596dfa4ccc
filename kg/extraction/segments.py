"""Third step of extraction: which part of a circular's body a place stands in: header, authors, body, table, quoted
text, correction note, acknowledgements. Works on lines of the original, since the even text has none."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal

import msgspec

from kg.openings import compiled

Part = Literal["header", "authors", "body", "table", "quoted", "note", "acknowledgements"]


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the original body, `start` to `end`."""

    part: Part
    start: int
    end: int


_HEADER = compiled(r"^(?:TITLE|NUMBER|SUBJECT|DATE|FROM|EDITOR)\s*:[^\n]*(?:\n|\Z)", re.M)
#: A note of the archive's operators; the authors' text ends where it begins.
_NOTE = compiled(r"\[\s*(?:GCN|Editor|[A-Za-z' ]{0,20}NOTE)[^\]]{0,1500}(?:\]|\Z)", re.I)
#: A mail's mark of quoting; `>From` is a mailer's guard and `> 22.3` a limit.
_MARKED = compiled(r"^[ \t]{0,3}>(?:[ \t>]+(?![\d.~=<])|(?=[\"']))[^\n]*(?:\n|\Z)", re.M)
#: Words of another text, told from a report that stands between quotation marks as a whole.
_SAID = compiled(
    r"(?:\b(?:wrote|writes?|stated?|states|said|says|quot\w+|sentence|phrase|paragraph|text|line|instead of|"
    r"originally)|GCN\W{0,3}\d+\W{0,3}(?:reads?)?)[\s:,]{0,4}(?P<quote>\"[^\"]{5,600}\")",
    re.I,
)
_MENDED = compiled(r"(?:should|must|to) (?:be |read|replace)|replaced|correct", re.I)
_THANKS = compiled(
    r"^[ \t\"]*(?:"
    r"(?:We|I|The authors?|[A-Z][\w.& ]{0,30}) (?:would (?:also )?like to |also |gratefully |warmly |kindly |are |"
    r"is |am |wish to |very |extremely |most )*(?:thank|acknowledge|grateful|indebted|thankful)\b"
    r"|Acknowledge?ments?|This (?:message|note|circular|GCN|work|research|report|publication)\b[^\n.]{0,60}"
    r"\b(?:cited|citeable|citable|made use|makes use|product|supported|funded|based on)"
    r"|The message may be cited|[A-Z][\w/ -]{2,40} is (?:a |an )?(?:\w+[ -]){0,4}(?:mission|project|collaboration|"
    r"partnership|observatory|facility|network|instrument|experiment)\b|The IceCube Neutrino Observatory is|"
    r"Based on observations|For (?:further|more) information|The Fermi-LAT is a|GUANO is a|CZTI is built|"
    r"The National Radio|Distribution Statement)",
    re.M,
)
_REPORTING = compiled(
    r"\b(?:reports?|reported|communicates?|communicate|writes?|write|announces?|announce|behalf|team|collaborations?|"
    r"consortium|inform)\b[^.\n]{0,120}:?\s*\"?\s*$",
    re.I,
)
_INITIAL = compiled(r"\b[A-Z]\.[ -]?(?:[A-Z]\.[ -]?)*[A-Z][\w'-]+|[A-Z]\.(?=,)")
_TELLS = compiled(r"\b(?:we|observed|detected|was|were|shows?|obtained|find|found)\b", re.I)
_PARAGRAPH = compiled(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
_CELLS = compiled(r"\S(?:[ \t]{2,}|\t|[ \t]*\|[ \t]*)(?=\S)")
_NUMBER = compiled(r"\d")


def segments(body: str) -> list[Segment]:
    """The parts of a body that are no plain text, in order, without overlap: what is in none of them is body."""
    found: list[Segment] = []
    spans: list[tuple[int, int]] = []
    for segment in _proposed(body):
        free = all(segment.end <= start or end <= segment.start for start, end in spans)
        if free and segment.end > segment.start:
            found.append(segment)
            spans.append((segment.start, segment.end))
            if len(found) >= 400:  # a hostile text; no circular has so many parts
                break
    return sorted(found, key=lambda s: s.start)


def _proposed(body: str) -> Iterator[Segment]:
    """Parts from the surest to the vaguest."""
    for match in _HEADER.finditer(body[:2000]):
        yield Segment(part="header", start=match.start(), end=match.end())
    if "[" in body:
        for match in _NOTE.finditer(body):
            yield Segment(part="note", start=match.start(), end=match.end())
    if ">" in body:
        for match in _MARKED.finditer(body):
            yield Segment(part="quoted", start=match.start(), end=match.end())
    if '"' in body:
        for match in _SAID.finditer(body):
            if not _MENDED.search(body[max(0, match.start() - 30) : match.start("quote")]):
                yield Segment(part="quoted", start=match.start("quote"), end=match.end("quote"))
    paragraphs = [(m.start(), m.end()) for m in _PARAGRAPH.finditer(body)]
    yield from _authors(body, paragraphs[:6])
    for start, end in paragraphs:
        if thanks := _THANKS.search(body, start, end):
            yield Segment(part="acknowledgements", start=thanks.start(), end=end)
    yield from _tables(body)


def _authors(body: str, paragraphs: list[tuple[int, int]]) -> Iterator[Segment]:
    """The list of names at the top: paragraphs up to the one that ends in "report:", or that hold names and say
    nothing."""
    last = 0
    for start, end in paragraphs:
        if start > 6000:
            break
        text = body[start:end]
        if len(text) < 4000 and _REPORTING.search(text[-200:]) and text.rstrip().rstrip('"').endswith(":"):
            last = end
            break
        if len(_INITIAL.findall(text[:1500])) >= 2 and not _TELLS.search(text):
            last = end
        elif last:
            break
    if last:
        yield Segment(part="authors", start=0, end=last)


def _tables(body: str) -> Iterator[Segment]:
    """Runs of at least two lines of cells, most of them with numbers."""
    run: list[tuple[int, int, bool]] = []
    at = 0
    for line in body.split("\n"):
        cells = len(_CELLS.findall(line[:400]))
        if cells >= 2 or (run and re.fullmatch(r"[\s|+=_-]+", line) and line.strip()):
            run.append((at, at + len(line), bool(_NUMBER.search(line))))
        elif line.strip() or len(run) < 2:
            yield from _table(run)
            run = []
        at += len(line) + 1
    yield from _table(run)


def _table(run: list[tuple[int, int, bool]]) -> Iterator[Segment]:
    if len(run) >= 2 and sum(numbers for _, _, numbers in run) >= 1:
        yield Segment(part="table", start=run[0][0], end=run[-1][1])


class Parts:
    """The parts of one body, to be asked about places of the original."""

    def __init__(self, body: str) -> None:
        self.segments = segments(body)
        self._starts = [s.start for s in self.segments]

    def at(self, place: int) -> Part:
        """The part that a place of the original stands in."""
        index = bisect_right(self._starts, place) - 1
        if index >= 0 and place < self.segments[index].end:
            return self.segments[index].part
        return "body"
