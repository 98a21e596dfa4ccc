"""What the graph says of one object, as plain values for its page: who says what since when, what contradicts what,
circulars with the words that were read from them, papers, and the light curve. Knows nothing of HTML or HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from console.spans import Piece, Span, pieces
from kg.claim import Claim, said
from kg.contradictions import Contradiction, contradictions
from kg.knowledge import Reader
from kg.lightcurve import Point, light_curve
from kg.literature import papers
from kg.plots import draw, timed
from kg.vocabulary import event_iri
from nuncius.journal.records import Stored

if TYPE_CHECKING:
    from kg.store import GraphStore

#: Claims and circulars on one page; further ones are a page away.
CLAIMS_SHOWN, LETTERS_SHOWN, PAIRS_SHOWN = 100, 8, 20
#: Characters of a circular that a page shows; longer ones are rare and are linked.
LONGEST = 30_000
#: What says something of the text rather than of the object stands last.
_OF_THE_TEXT = frozenset({"cites", "corrects", "report_type", "follows_up", "event_name", "alias", "instrument"})


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One claim. `standing` is empty where nothing speaks against it; `resource` is the page of the claim itself."""

    number: int
    predicate: str
    value: str
    who: str
    source: str
    document: str
    since: datetime
    assertion: str
    standing: str
    disputed: bool
    quote: str
    resource: str


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two claims that cannot both be right."""

    predicate: str
    why: str
    sigmas: float | None
    earlier: Said
    later: Said


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A circular with what was read from it. `replaced` names the newer version that counts instead."""

    anchor: str
    source: str
    title: str
    title_pieces: list[Piece]
    received: datetime
    by: str
    url: str
    pieces: list[Piece]
    cut: bool
    claims: list[Said]
    replaced: str


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `total` claims and `letters_total` circulars there are; lists hold one page. `placed`: some claim is a
    position."""

    claims: list[Said]
    total: int
    pairs: list[Pair]
    pairs_total: int
    letters: list[Letter]
    letters_total: int
    papers: list[dict[str, Any]]
    curve: int
    placed: bool


def resource(iri: str) -> str:
    """The address here of anything that the graph names."""
    return "/resource?iri=" + quote(iri, safe=":/")


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at the graph gave."""

    claims: list[Claim]
    pairs: list[Contradiction]
    papers: list[dict[str, Any]]
    curve: int


@lru_cache(maxsize=64)
def _read(graph: GraphStore, obj: str, stamp: int) -> _Read:
    """Reading a thousand claims takes most of a second, and an open page asks again and again; `stamp` changes with
    what is said of the object."""
    reader = Reader(graph)
    found = reader.claims(obj)
    magnitudes = [claim for claim in found if claim.predicate == "magnitude"]
    return _Read(
        claims=sorted(found, key=lambda c: (c.predicate in _OF_THE_TEXT, c.predicate, c.received, c.start or 0)),
        pairs=contradictions(found),
        papers=papers(reader, obj) if reader.mentioning(obj) else [],
        curve=len(timed(light_curve(magnitudes, reader.t0(obj)))) if magnitudes else 0,
    )


def known(
    graph: GraphStore, obj: str, events: Sequence[Stored], *, claims_page: int = 1, letters_page: int = 1
) -> Known:
    """What is known of an object."""
    read = _read(graph, obj, Reader(graph).fingerprint(obj))
    lines = _Lines(read)
    first = (claims_page - 1) * CLAIMS_SHOWN
    letters = _newest_first(events)
    at = (letters_page - 1) * LETTERS_SHOWN
    return Known(
        claims=[lines[claim.node] for claim in read.claims[first : first + CLAIMS_SHOWN]],
        total=len(read.claims),
        pairs=[_pair(pair, lines) for pair in reversed(read.pairs[-PAIRS_SHOWN:])],
        pairs_total=len(read.pairs),
        letters=[_letter(item, newest, read.claims, lines) for item, newest in letters[at : at + LETTERS_SHOWN]],
        letters_total=len(letters),
        papers=read.papers,
        curve=read.curve,
        placed=any(claim.predicate == "position" for claim in read.claims),
    )


class _Lines:
    """The line of each claim by its node, made when it is asked for: a page shows a few of thousands."""

    def __init__(self, read: _Read) -> None:
        self._claims = {claim.node: (number, claim) for number, claim in enumerate(read.claims, start=1)}
        self._disputed = {claim.node for pair in read.pairs for claim in (pair.earlier, pair.later)}

    def __getitem__(self, node: str) -> Said:
        number, claim = self._claims[node]
        return _said(claim, number, node in self._disputed)

    def number(self, node: str) -> int:
        """Its place in the list."""
        return self._claims[node][0]


def _said(claim: Claim, number: int, disputed: bool) -> Said:
    return Said(
        number=number,
        predicate=claim.predicate.replace("_", " "),
        value=said(claim)[:300],
        who=claim.by or "?",
        source=claim.source,
        document=claim.document,
        since=claim.received,
        assertion="" if claim.assertion == "asserted" else claim.assertion,
        standing="" if claim.status == "stands" else claim.status,
        disputed=disputed,
        quote=" ".join(claim.text.split())[:300],
        resource=resource(claim.node),
    )


def _pair(pair: Contradiction, lines: _Lines) -> Pair:
    return Pair(
        predicate=pair.predicate.replace("_", " "),
        why=pair.why,
        sigmas=pair.sigmas if pair.sigmas is not None and pair.sigmas < 1e4 else None,
        earlier=lines[pair.earlier.node],
        later=lines[pair.later.node],
    )


def _newest_first(events: Sequence[Stored]) -> list[tuple[Stored, Stored]]:
    """Circulars, each with its newest version, the newest first."""
    own = [item for item in events if item.event.kind == "gcn.circular"]
    newest = {item.event.data.get("circular"): item for item in sorted(own, key=lambda item: item.event.revision)}
    return [(item, newest[item.event.data.get("circular")]) for item in reversed(own)]


def _letter(item: Stored, newest: Stored, claims: Sequence[Claim], lines: _Lines) -> Letter:
    event, document = item.event, event_iri(item.event.id)
    subject, body = str(event.data.get("subject") or ""), str(event.data.get("body") or "")
    counts = newest.seq == item.seq
    own = [claim for claim in claims if claim.document == document and claim.start is not None] if counts else []
    spans = {
        where: [Span(start=c.start or 0, end=c.end or 0, number=lines.number(c.node)) for c in own if c.where == where]
        for where in ("subject", "body")
    }
    number = str(event.data.get("circular") or "").removesuffix(".0")
    return Letter(
        anchor=f"e{item.seq}",
        source=f"GCN {number}",
        title=subject,
        title_pieces=pieces(subject, spans["subject"]),
        received=event.received,
        by=own[0].by if own else "",
        url=document,
        pieces=pieces(body[:LONGEST], spans["body"]),
        cut=len(body) > LONGEST,
        claims=[lines[c.node] for c in sorted(own, key=lambda c: (c.where == "body", c.start or 0))],
        replaced="" if counts else f"version {int(newest.event.data.get('version') or newest.event.revision + 1)}",
    )


def curve_picture(graph: GraphStore, obj: str, label: str) -> bytes | None:
    """The light curve as PNG; None where circulars give no magnitude with a time."""
    reader = Reader(graph)
    t0 = reader.t0(obj)
    points = light_curve(reader.claims(obj, ("magnitude",)), t0)
    return _drawn(msgspec.json.encode(points), label, t0) if timed(points) else None


@lru_cache(maxsize=32)
def _drawn(points: bytes, label: str, t0: datetime | None) -> bytes:
    """Drawing takes most of a second and the same curve is asked for again and again."""
    with TemporaryDirectory(prefix="nuncius-curve-") as folder:
        path = Path(folder) / "curve.png"
        draw(msgspec.json.decode(points, type=list[Point]), path, name=label, t0=t0)
        return path.read_bytes()
