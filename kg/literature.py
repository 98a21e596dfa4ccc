"""The papers of an object: who says what of it, where, and what that contradicts. One row for each work, its newest
record first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kg.claim import Claim, said
from kg.contradictions import Contradiction, contradictions
from kg.knowledge import Document, Reader

#: What stands in a row of what a paper says of the object: quantities, not instruments and citations.
_SAID = ("redshift", "t90", "fluence", "flux", "magnitude", "position", "classification", "counterpart", "host",
         "coincidence", "non_detection", "trigger_time")  # fmt: skip


def papers(reader: Reader, obj: str) -> list[dict[str, Any]]:
    """All works that are about the object or mention it, the newest first."""
    members = set(reader.members(obj))
    claims = reader.claims(obj)
    disputes = contradictions(claims)
    works: dict[str, list[Document]] = {}
    for document in reader.mentioning(obj):
        works.setdefault(document.work, []).append(document)
    rows = [_row(reader, members, records, claims, disputes) for records in works.values()]
    return sorted(rows, key=lambda row: (row["received"], row["document"]), reverse=True)


def _row(
    reader: Reader,
    members: set[str],
    records: Sequence[Document],
    claims: Sequence[Claim],
    disputes: Sequence[Contradiction],
) -> dict[str, Any]:
    newest = records[-1]
    said_of = reader.words(newest.name)
    pages = {record.name for record in records}
    own = [c for c in claims if c.document in pages and c.predicate in _SAID]
    about = any(members & set(reader.words(record.name).about) for record in records)
    others = [(pair, claim) for pair in disputes for claim in (pair.earlier, pair.later) if claim.document in pages]
    identifiers = {i for record in records for i in reader.words(record.name).identifiers}
    return {
        "document": newest.source,
        "by": newest.by,
        "published": said_of.published or f"{newest.received:%Y-%m-%d}",
        "title": newest.title,
        "relation": "about" if about else "mentions",
        "state": "withdrawn" if newest.withdrawn else "stands",
        "version": said_of.version,
        "says": list(dict.fromkeys(f"{c.predicate} {said(c)}" + _doubt(c) for c in own)),
        "contradicts": list(dict.fromkeys(_against(pair, claim) for pair, claim in others)),
        "identifiers": sorted(identifiers),
        "url": newest.name,
        "received": newest.received,
        "spans": [{"says": said(c), "text": c.text, "where": c.where, "start": c.start, "end": c.end} for c in own],
        "cites": said_of.cites,
    }


def _doubt(claim: Claim) -> str:
    doubt = {"hedged": ", perhaps", "negated": ", denied", "hypothetical": ", if", "cited": ", cited"}
    return doubt.get(claim.assertion, "")


def _against(pair: Contradiction, own: Claim) -> str:
    other = pair.earlier if own is pair.later else pair.later
    apart = f", {pair.sigmas:.1f} sigma" if pair.sigmas is not None and pair.sigmas < 1e4 else ""
    return f"{pair.predicate} {said(other)} of {other.source or other.document}{apart}"
